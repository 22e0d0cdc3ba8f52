"""Read: every trick of YAML is refused where it stands."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import PolicyError
from interlock.policy.file.source import MAX_DEPTH, Mark, inside, locate, node_at, parse_tree, plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "p:2:1: duplicate key `a`; it stands in line 1 already"),
        ("a: {b: 1, b: 2}\n", "p:1:11: duplicate key `b`; it stands in line 1 already"),
        ("a: 1\n'a': 2\n", "p:2:1: duplicate key `a`; it stands in line 1 already"),
        ("a: &x 1\nb: *x\n", "p:1:4: anchor `&x` is not allowed; remove it"),
        ("a: *x\n", "p:1:4: alias `*x` is not allowed; write the value out"),
        ("a: !!str 1\n", "p:1:4: tag `tag:yaml.org,2002:str` is not allowed; remove it"),
        ("a: !!python/object/apply:os.system [x]\n", "p:1:4: tag"),
        ("a: ! x\n", "p:1:4: tag `!` is not allowed; remove it"),
        ("<<: {a: 1}\n", "p:1:1: merge key `<<` is not allowed; write the members out"),
        ("a: no\n", "p:1:4: unquoted `no` is not the same in all YAML versions; quote it"),
        ("on: 1\n", "p:1:1: unquoted `on` is not the same in all YAML versions; quote it"),
        ("a: 012\n", "p:1:4: unquoted `012`"),
        ("a: [1:30]\n", "p:1:5: unquoted `1:30`"),
        ("1: a\n", "p:1:1: a key must be text; quote it"),
        ("true: a\n", "p:1:1: a key must be text; quote it"),
        ("? [a]\n: b\n", "p:1:3: a key must be text; quote it"),
        ("a: 1\n---\nb: 2\n", "p:2:1: a second document starts here; expected one a file"),
        ("%YAML 1.1\n---\na: 1\n", "p:1:1: a YAML directive is not allowed here; remove it"),
        ("", "p:1:1: the file is empty; write at least `version: v1`"),
        ("# nothing\n", "p:1:1: the file is empty; write at least `version: v1`"),
        ("a: [\n", "p:2:1: not valid YAML: "),
        ("a: b: c\n", "p:1:5: not valid YAML: "),
        ("a:\n\t- b\n", "p:2:1: not valid YAML: "),
        ("a: \x07\n", "p:1:1: not valid YAML: "),
        ("a: \ud800\n", "p:1:1: the text holds a lone surrogate; expected valid Unicode"),
        ('a: "\\ud800"\n', "p:1:7: not valid YAML: "),
    ],
)
def test_tricks_are_refused_in_their_place(text: str, said: str) -> None:
    """Each error names file, line and column, and says what to do."""
    with pytest.raises(PolicyError) as caught:
        parse_tree(text, "p")

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_depth_is_limited() -> None:
    """The deepest list that is allowed loads, one deeper does not."""
    parse_tree(nested(MAX_DEPTH), "p")
    with pytest.raises(PolicyError, match=f"p:1:{MAX_DEPTH + 1}: nested deeper than 32 levels"):
        parse_tree(nested(MAX_DEPTH + 1), "p")


@pytest.mark.parametrize("text", ["[" * 250_000, "{a: " * 60_000, "- " * 120_000, "? " * 120_000])
def test_bombs_end_quickly(text: str) -> None:
    """Deep nonsense of the largest size is refused before it costs anything."""
    began = time.perf_counter()
    with pytest.raises(PolicyError):
        parse_tree(text, "p")

    assert time.perf_counter() - began < 3


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_policy_error(text: str) -> None:
    """Nothing but `PolicyError` with a place comes out of nonsense."""
    said = "p:"
    try:
        parse_tree(text, "p")
    except PolicyError as error:
        said = str(error)

    assert said.startswith("p:")


TREE = "a:\n  b: [x, {c: 1}]\n"


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("a",), False, (2, 3)),
        (("a",), True, (1, 1)),
        (("a", "b", 0), False, (2, 7)),
        (("a", "b", 1, "c"), False, (2, 14)),
        (("a", "b", 1, "c"), True, (2, 11)),
        (("a", "absent", "deeper"), False, (2, 3)),
        (("a", "b", 7), False, (2, 6)),
    ],
)
def test_values_are_found_where_they_stand(
    path: tuple[str | int, ...], place: tuple[int, int], *, key: bool
) -> None:
    """A value, its key, or the parent of what is not written."""
    assert locate(parse_tree(TREE, "p"), path, key=key) == Mark("p", *place)


def test_plain_strips_the_places() -> None:
    """Dicts, tuples and scalars remain."""
    assert plain(parse_tree(TREE, "p")) == {"a": {"b": ("x", {"c": 1})}}


@pytest.mark.parametrize(
    "written",
    [
        "args.count > 3 && HERE",
        "'args.a == ''x'' && HERE'",
        '"args.a == \\"x\\" && HERE"',
        "\"args.a == 'éü😀' && HERE\"",
        "args.count >\n    3 && HERE",
        "'args.count >\n    3  && HERE'",
        ">-\n    args.count\n    > 3 &&\n    HERE\n",
        ">-\n    args.count\n\n      > 3 &&\n    HERE\n",
        "|\n    args.count\n    > 3 &&  HERE\n",
        "|-\n    HERE && args.x\n",
        "HERE",
        "'HERE'",
    ],
)
def test_a_place_inside_a_text(written: str) -> None:
    """A place in a text is found in the file, however the text is quoted or folded."""
    text = f"a: 1\nwhen: {written}"
    node = node_at(parse_tree(text, "f"), ("when",))
    mark = inside(node, str(node.value).index("HERE"))

    assert text.split("\n")[mark.line - 1][mark.column - 1 :].startswith("HERE")


def test_a_place_above_what_is_not_written() -> None:
    """What a file does not write stands where its nearest section does."""
    root = parse_tree("a:\n  b: [1]\n", "f")

    assert node_at(root, ("a", "b", 0)).value == 1
    assert node_at(root, ("a", "c", "d")).mark == ("f", 2, 3)
