"""Tell: who answered, and whose approval is there or missing."""

from dataclasses import replace

import pytest
from cli_kit import Desk

from interlock.app.cases import Case
from interlock.cli.answers import answer, approvals, missing


@pytest.fixture
def case(desk: Desk) -> Case:
    """A case that waits."""
    return desk.gate.inbox.show(desk.ask())


def said(case: Case) -> str:
    """What is said of approvals, as one text."""
    return "\n".join(f"{label} {text}" for label, text in approvals(case))


def test_who_approved_and_who_is_missing(case: Case) -> None:
    """Where several must approve it says whose approval is there, what lacks, and when none can."""
    several = replace(
        case,
        asked=("finance", "legal"),
        approved_by=("bo\u202e",),
        missing=({"group": "finance", "more": 1}, {"group": "", "more": 2}),
    )
    told = said(several)
    alone = said(replace(several, too_few=({"group": "legal", "more": 1},)))

    assert "approved by bo⟨U+202E⟩" in told
    assert "missing 1 of finance, 2 more" in told
    assert "alarm" not in told
    assert "alarm 1 of legal: too few may approve it" in alone


def test_enough_approved_before_fewer_had_to(case: Case) -> None:
    """Who looks is told why the call still waits, and what to do about it."""
    shrunk = replace(case, asked=("finance",), approved_by=("bo\u202e", "cy"), missing=())
    told = said(shrunk)

    assert "enough by now, as fewer must approve than before" in told
    assert "but a change of people approves nothing, so the call still waits" in told
    assert "to do bo⟨U+202E⟩ or cy approves once more, or denies" in told
    assert "missing" not in told


def test_of_anyones_one_approval_there_is_nothing_to_say(case: Case) -> None:
    """Nor of a question that is over."""
    assert approvals(case) == [("not by", "bot, cust, olga, payments")]
    assert approvals(replace(case, state="released", asked=("finance",))) == []
    assert missing(()) == ""


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, "(signed)"),
        ({"credential": "cred_1", "added_by": ""}, "(signed)"),
        (
            {"credential": "cred_1", "added_by": "ro\u202eot"},
            "(signed), by what ro⟨U+202E⟩ot added",
        ),
        ({"auth": "local"}, "(local: a name alone)"),
        ({"in_place_of": "bo"}, "(signed), in the place of bo"),
    ],
)
def test_by_what_somebody_showed_who_they_are(more: dict[str, str], shown: str) -> None:
    """Who added what they showed is named with it: they say whose it is."""
    vote = {"answer": "break_glass", "auth": "signed", "reason": "fire"}
    told = answer({**vote, "at": "2026-03-31T12:00:00.000000Z", **more})

    assert told.startswith("break glass at 2026-03-31 ")
    assert told.endswith(f"{shown}: fire")
