"""Read: a section is its known keys, and those that its author names."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from interlock.errors import PolicyError
from interlock.policy.file.part import Beside, Part
from interlock.policy.file.shape import Flag, Number, Text
from interlock.policy.file.source import parse_tree, plain


class Fence(NamedTuple):
    height: float
    name: str | None = None
    gate: bool = False
    posts: Mapping[str, float] = {}


def post(key: str) -> str | None:
    return key.removeprefix("post_") if key.startswith("post_") else None


FENCE = Part(
    "garden.fence",
    Fence,
    {"height": Number(0.0), "name": Text(), "gate": Flag()},
    Beside("posts", Number(), post, {"^post_": {"type": "number"}}),
)


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("{height: 2}", Fence(2.0)),
        ("{height: 2, name: ~}", Fence(2.0)),
        ("{height: 2, post_oak: 3, gate: true}", Fence(2.0, gate=True, posts={"oak": 3.0})),
    ],
)
def test_a_section_is_one_value(text: str, fence: Fence) -> None:
    """Known keys are fields, null is absent, and the author's own keys are kept by their name."""
    assert FENCE.read(parse_tree(text, "p"), "fence") == fence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{name: a}", "1:1: `height` is missing in `fence`; add it"),
        ("{height: 2, hight: 3}",
         "1:13: unknown key `hight` in `garden.fence`; did you mean `height`?"),
        ("{height: 2, quorum: 3}",
         "1:13: unknown key `quorum` in `garden.fence`; it belongs in `rules[].review`"),
        ("{height: 2, post_oak: x}", "1:23: `post_oak` is `x`; expected a number"),
        ("{height: 2, gate: ~}", "1:19: `gate` is `null`; expected `true` or `false`"),
        ("[]", "1:1: `fence` is `[]`; expected a mapping"),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_refused_in_its_place(text: str, said: str) -> None:
    """Missing, unknown and ill-typed keys are told apart, and so is a key of another section."""
    with pytest.raises(PolicyError) as caught:
        FENCE.read(parse_tree(text, "p"), "fence")

    assert str(caught.value) == f"p:{said}"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("{height: 2, post_oak: 3}", True),
        ("{height: 2, post_oak: x}", False),
        ("{height: 2, pole_oak: 3}", False),
        ("{post_oak: 3}", False),
    ],
)
def test_the_schema_says_the_same(text: str, *, accepted: bool) -> None:
    """Keys beside the known ones have a pattern in the JSON Schema."""
    validator: Any = Draft202012Validator(FENCE.schema())

    assert validator.is_valid(plain(parse_tree(text, "p"))) is accepted
