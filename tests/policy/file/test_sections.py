"""List: shapes and values of the sections agree."""

import json
from collections.abc import Iterable

import pytest

from interlock.errors import PolicyError
from interlock.policy.file.part import Part
from interlock.policy.file.sections import DOCUMENT, parts
from interlock.policy.file.source import parse_tree
from interlock.policy.match import Match


def fields(part: Part) -> Iterable[str]:
    return getattr(part.model, "_fields", ())


@pytest.mark.parametrize("place", sorted(parts()))
def test_a_section_reads_every_field_of_its_value(place: str) -> None:
    """No field without its key, no key without its field."""
    part = parts()[place]
    elsewhere = {part.beside.field} if part.beside else set[str]()
    if place.endswith(".unless"):
        elsewhere.add("unless")  # an exemption has no exemptions

    assert set(part.shapes) == set(fields(part)) - elsewhere


def test_an_empty_policy_is_all_defaults() -> None:
    """Every section is optional."""
    assert DOCUMENT.read(parse_tree("{}", "p"), "policy") == DOCUMENT.model()


def test_comparisons_stand_beside_the_other_keys() -> None:
    """Fact comparisons are kept by their key."""
    match = parts()["rules[].match"].read(parse_tree("{x_above: 3, tools: [a]}", "p"), "match")

    assert match == Match(tools=("a",), comparisons={"x_above": 3})


@pytest.mark.parametrize(
    "path",
    [
        "**.internal_notes",
        "response.rows[0].note",
        "rows[*].note",
        "rows[].note",
        '**["a.b"]',
        "a.*",
    ],
)
def test_a_field_is_named_as_findings_name_it(path: str) -> None:
    """What a finding printed can be pasted."""
    read = parts()["output"].read(
        parse_tree(json.dumps({"internal_fields": [path]}), "p"), "output"
    )

    assert read.internal_fields == (path,)


@pytest.mark.parametrize(
    "path", ["rows[key 0].note", "rows[0]", "a..b", "rows[x].note", "['a.b']", "a.", '["a\\q"]', ""]
)
def test_a_path_that_could_mean_nothing_is_refused(path: str) -> None:
    """A field that would leave in silence is an error where it is written."""
    with pytest.raises(PolicyError, match=r"rows\[\*\]\.note"):
        parts()["output"].read(parse_tree(json.dumps({"internal_fields": [path]}), "p"), "output")
