"""Relax: one step at a time, and never past a person to nobody at once."""

from typing import Any

import pytest

from interlock.app.relaxing import step_down


@pytest.mark.parametrize(
    ("review", "then"),
    [
        ({"route": "fin", "quorum": 2}, {"review": {"route": "fin", "quorum": 1}}),
        ({"route": "fin", "quorum": "unanimous"}, {"review": {"route": "fin", "quorum": 1}}),
        (
            {"groups_all": ["fin", "ops"], "reason_required": True},
            {"review": {"groups_all": ["fin"], "reason_required": True}},
        ),
        ({"route": "fin"}, {"decision": "notify", "veto_window_sec": 300}),
        ({"quorum": 1, "groups_all": ["ops"]}, {"decision": "notify", "veto_window_sec": 300}),
        (None, {"decision": "notify", "veto_window_sec": 300}),
    ],
)
def test_one_step_at_a_time(review: dict[str, Any] | None, then: dict[str, Any]) -> None:
    """Of several people one goes on being asked; what nobody is asked about can be vetoed."""
    entry = {"id": "big", "match": {"tools": ["pay"]}, "decision": "require_approval"}
    asked = {**entry, "review": review} if review else entry

    assert step_down(asked) == {**entry, **then}


def test_the_way_down_ends() -> None:
    """From the strictest question there are three steps to a notice."""
    entry: dict[str, Any] = {
        "id": "big",
        "decision": "require_approval",
        "match": {"tools": ["pay"]},
        "review": {"route": "fin", "quorum": 2, "groups_all": ["fin", "ops"]},
    }
    seen: list[str] = []
    while entry["decision"] != "notify":
        entry = step_down(entry)
        seen.append(entry["decision"])

    assert seen == ["require_approval", "require_approval", "notify"]
