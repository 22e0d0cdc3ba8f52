"""Walk: the members of a result, each with its path."""

from typing import Any

import pytest

from interlock.canon import MAX_DEPTH
from interlock.path.members import ROOTS, Place, Walk, number_text, path_of, shown, walk_members


def walked(content: object, artifact: object = None, internal: tuple[str, ...] = ()) -> Walk:
    return walk_members((content, artifact), internal)


def texts(walk: Walk) -> dict[str, str]:
    return {path_of(one.places, frozenset()): one.text for one in walk.texts}


def test_each_text_and_number_is_met_in_document_order() -> None:
    """Lists, objects and the artifact are walked; constants hold nothing to find."""
    walk = walked({"b": ["x", 7], "a": {"n": None}}, {"c": "y"})

    assert list(texts(walk).items()) == [
        ("response.b[0]", "x"),
        ("response.b[1]", "7"),
        ("artifact.c", "y"),
    ]
    assert set(walk.keys) == {"a", "b", "c", "n"}


def test_json_within_a_text_is_walked_too() -> None:
    """A text that is JSON has its members below it; JSON among other words its place as well."""
    assert texts(walked('{"a": "x"}')) == {"response.a": "x"}
    among = texts(walked('see [{"a": "x"}]'))
    assert among["response[0][0].a"] == "x"


@pytest.mark.parametrize("value", ['{"a": 1, "a": 2}', {1: "x"}, object(), 1 << 9000])
def test_what_can_be_read_in_two_ways_or_none_is_refused(value: Any) -> None:
    """A name that is given twice, a name that is no text, and what is no JSON are not walked."""
    assert len(walked([value]).refused) == 1


def test_what_is_nested_too_deeply_is_refused() -> None:
    """A result is walked to the depth that the canonical form carries, and no deeper."""
    deep: object = "x"
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]

    walk = walked(deep)

    assert len(walk.refused) == 1
    assert walk.texts == []


def test_what_is_internal_is_not_looked_into() -> None:
    """A member that is removed anyway is named, and its texts are left alone."""
    walk = walked({"notes": {"a": "x"}, "b": "y"}, internal=("notes",))

    assert [path_of(places, frozenset()) for places in walk.internal] == ["response.notes"]
    assert texts(walk) == {"response.b": "y"}


def test_two_steps_never_look_alike() -> None:
    """A name with a dot, a place in a list and a hidden name are written differently."""
    steps = [Place("a", 0), Place("a.b", 0), Place(0, 0), Place("[0]", 0), Place("x" * 65, 3)]
    written = [shown(step) for step in steps]

    assert written == [".a", '["a.b"]', "[0]", '["[0]"]', "[key 3]"]
    assert path_of((ROOTS[1], Place("ssn", 1)), frozenset({"ssn"})) == "artifact[key 1]"


def test_a_number_is_written_as_it_is_read() -> None:
    """A whole float is its integer; another keeps its fraction."""
    assert [number_text(one) for one in (3.0, 3.5, 10**20)] == ["3", "3.5", "1" + "0" * 20]
