"""Ask: the person at the terminal."""

from collections.abc import Iterator

import pytest
from cli_kit import Desk

from interlock.cli.asking import Quit, ask
from interlock.testing.scenario import Approve, Edit, HumanStep, Refuse, Respond


@pytest.fixture
def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> "Typed":
    """Answer an open request with lines typed at the terminal."""
    monkeypatch.setenv("INTERLOCK_REVIEWER", "rita")
    return Typed(desk, monkeypatch)


class Typed:
    """A person who types given lines, then closes the terminal."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.case = desk.gate.inbox.show(desk.ask())
        self.now = desk.gate.ledger.clock.now()
        self.patch = monkeypatch

    def __call__(self, *lines: str) -> HumanStep | None:
        """Be asked once."""
        left: Iterator[str] = iter(lines)

        def answer(_: str) -> str:
            try:
                return next(left)
            except StopIteration:
                raise EOFError from None

        self.patch.setattr("builtins.input", answer)
        return ask(self.case, self.now)


def test_the_answers(typed: Typed) -> None:
    """Each letter is its answer, by the reviewer of this terminal."""
    assert typed("a", "fine") == Approve(by="rita", reason="fine")
    assert typed("Deny", "no") == Refuse(by="rita", reason="no")
    assert typed("e", '{"amount": 4}', "less") == Edit(by="rita", args={"amount": 4}, reason="less")
    assert typed("r", "ask again") == Respond(by="rita", message="ask again")
    assert typed("s") is None


def test_nonsense_is_asked_again(typed: Typed) -> None:
    """Words that are no answer, and arguments that are no JSON, decide nothing."""
    assert typed("", "x", "e", "{oops", "a", "") == Approve(by="rita", reason="")


def test_who_quits_decides_nothing(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not understood is answered with what is; `q` leaves."""
    with pytest.raises(Quit):
        typed("what?", "q")

    assert "understood are a, d, e, r, s and q" in capsys.readouterr().out


def test_a_closed_terminal_leaves_it_open(typed: Typed) -> None:
    """Who goes away has not answered, and is asked nothing more."""
    for lines in ((), ("a",)):
        with pytest.raises(Quit):
            typed(*lines)


def test_the_case_is_shown_first(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    """What `show` shows stands above the question."""
    typed("s")

    assert "Big refunds need a person" in capsys.readouterr().out
