"""Levels: whatever happens in whatever order, a level rises by evidence and sign-off alone."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.errors import DeskError

from .career import DAY_S, Career  # isort: skip

CAP = 2
OPS = st.one_of(
    st.tuples(st.just("work"), st.integers(1, 4)),
    st.tuples(st.just("work"), st.integers(1, 4)),
    st.tuples(st.just("days"), st.sampled_from([-3, 1, 8, 8])),
    st.tuples(st.just("sign"), st.sampled_from(["ana", "bea", "olga", "bot"])),
    st.tuples(st.just("sign"), st.just("ana")),
    st.tuples(st.just("refused"), st.just(0)),
    st.tuples(st.just("failed"), st.just(0)),
    st.tuples(st.just("violates"), st.just(0)),
    st.tuples(st.just("declined"), st.just("bea")),
    st.tuples(st.just("incident"), st.sampled_from(["low", "high"])),
    st.tuples(st.just("closed"), st.just("ana")),
    st.tuples(st.just("by hand"), st.integers(0, 3)),
)


class Walk:
    """One agent, and what may happen to it."""

    def __init__(self, folder: Path) -> None:
        """Open its ledger."""
        self.career = Career(folder)
        self.desk = self.career.gate.autonomy

    def do(self, what: str, how: Any) -> None:  # noqa: C901, PLR0912 - one case for each thing
        """Let something happen; what people may not do they are refused."""
        career = self.career
        match what:
            case "work":
                for _ in range(how):
                    career.call()
                self.desk.catch_up()
            case "days":
                career.clock.advance(how * DAY_S)
            case "sign" | "declined":
                for asked in self.desk.requests():
                    answer = "approve" if what == "sign" else "deny"
                    with suppress(DeskError):
                        self.desk.sign(asked.id, answer, by=how, reason="looked at it")  # type: ignore[arg-type] - one of two
            case "refused":
                career.call("launch", verdict="deny")
            case "failed":
                career.world.result = ValueError("no")
                career.call()
                career.world.result = "ok"
            case "violates":
                career.call(amount=5000)
            case "incident":
                self.desk.open_incident("bot", reason="x", severity=how, by="dee")
            case "closed":
                for each in self.desk.incidents():
                    self.desk.close_incident(each.id, by=how, reason="fixed")
            case _:
                with suppress(DeskError):
                    self.desk.set("bot", how, by="dee", reason="by hand")

    def level(self) -> int:
        """Return the level that the entries tell, each step of which keeps the laws."""
        level = 0
        for entry in self.desk.history("bot"):
            if entry.kind not in ("level_set", "promoted", "demoted"):
                continue
            to = entry.body["to"]
            assert to <= max(level, CAP)
            if to > level:
                assert (entry.kind, to) == ("promoted", level + 1)
                assert entry.body["approvals"] in (["ana"], ["bea"])
            level = to
        return level


@pytest.mark.timeout(60)  # some hundred calls, each committed
@settings(max_examples=12)
@given(st.lists(OPS, max_size=24))
def test_the_laws_of_levels(ops: list[tuple[str, Any]]) -> None:
    """I14: up by one with evidence and a sign-off, never above the cap; down at once; verified."""
    with TemporaryDirectory() as folder:
        walk = Walk(Path(folder))
        for what, how in ops:
            before = walk.career.level
            walk.do(what, how)
            after = walk.career.level
            assert after == walk.level()
            if what in ("violates", "incident"):
                assert after < before or before == 0
            if what != "sign":
                assert after <= before
        found = walk.career.gate.audit.verify()
        walk.career.gate.close()
    assert found.problems == ()


def test_a_walk_to_the_top_and_down(tmp_path: Path) -> None:
    """The walk above can rise: work, time and sign-off, twice; and then an incident."""
    walk = Walk(tmp_path)
    for what, how in [("work", 3), ("days", 8), ("sign", "ana")] * 3:
        walk.do(what, how)
    assert walk.level() == walk.career.level == CAP
    walk.do("incident", "high")

    assert walk.level() == 0
    walk.career.gate.close()
