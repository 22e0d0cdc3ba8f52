"""Tell: a play, one line per step."""

from typing import Any

import pytest

from interlock.cli import playbill
from interlock.testing.report import Event


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("said", "", "human", "hi\nthere", {}), 'user     "hi\\nthere"'),
        (Event("said", "", "ai", "ok", {}), 'agent    "ok"'),
        (
            Event("proposed", "c", "pay", "", {"usd": 5, "_interlock": {"confidence": 1}}),
            "propose  pay  usd=5",
        ),
        (Event("asked", "req_1", "pay", "too much", {}), "ask      pay  too much"),
        (
            Event("answered", "req_1", "pay", "approve", {"by": "ana", "reason": "fine"}),
            "answer   pay  ana approves: fine",
        ),
        (
            Event("answered", "r", "pay", "edit", {"by": "ana", "args": {"usd": 1}, "reason": ""}),
            "answer   pay  ana edits to usd=1",
        ),
        (
            Event("answered", "r", "pay", "respond", {"by": "ana", "message": "no", "reason": ""}),
            "answer   pay  ana answers the agent: no",
        ),
        (
            Event("answered", "req_1", "pay", "too_late", {"after_s": 60.0, "by": "x"}),
            "answer   pay  nobody, for 60 s",
        ),
        (Event("refused", "req_1", "pay", "needs a reason", {}), "refused  pay  needs a reason"),
        (Event("waiting", "req_1", "pay", "", {}), "wait     pay  req_1 stays open"),
        (
            Event("ended", "c", "pay", "released", {"rules": ["a", "b"]}),
            "release  pay  released (a, b)",
        ),
        (
            Event("ended", "c", "pay", "denied", {"reason": "no way"}),
            "release  pay  denied: no way",
        ),
    ],
)
def test_an_event_is_one_line(event: Event, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, what and how it came out, on one line."""
    playbill.tell(event)

    assert capsys.readouterr().out == f"       {line}\n"


def test_redactions_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Fields and reasons of what was found stand on the line."""
    found = [{"field": "response.ssn", "reason": "PII detected", "action": "replaced"}]
    outcome: dict[str, Any] = {"output_review": {"redaction_details": found}}
    playbill.tell(Event("ended", "c", "look", "redacted", outcome))

    assert "redacted: response.ssn: PII detected" in capsys.readouterr().out


def test_what_is_cut_is_counted() -> None:
    """A long text says how much of it is missing."""
    assert playbill.cut("x" * 130) == "x" * 120 + " +10 chars"
    assert playbill.cut_shown("x" * 121) == "x" * 120 + " +1 chars"


def test_nothing_an_agent_says_takes_effect(capsys: pytest.CaptureFixture[str]) -> None:
    """Terminal codes and markup are shown letter by letter."""
    playbill.tell(Event("said", "", "ai", "\x1b[2J[bold]done[/bold]\u202e", {}))

    assert capsys.readouterr().out == '       agent    "⟨U+001B⟩[2J[bold]done[/bold]⟨U+202E⟩"\n'


def test_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts and times stand in two tables."""
    counts = {name: at for at, names in enumerate(playbill._ROWS.values()) for name in names}
    playbill.counts_table(counts)
    playbill.steps_table([("execute", 3, 1.25, 9.0)])
    out = capsys.readouterr().out

    assert "2 redacted, 2 quarantined, 2 withheld, 2 in doubt" in out
    assert "execute  3      1.2        9.0" in out
