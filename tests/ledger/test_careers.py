"""Recount: who writes a rise into the record, or into what is kept beside it, is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from interlock.ledger import tables
from interlock.ledger.store import SqlTransaction

from ..conduct.career import Career  # isort: skip

AT = "2026-01-01T00:00:00.000000Z"


def raised(tx: SqlTransaction, promotion: str, to: int, **more: Any) -> None:
    """Write a rise, as somebody with the database may: level and entry."""
    body = {"tenant": "", "agent": "bot", "from": to - 1, "to": to, "reason": "x"}
    tx.note("promoted", {**body, "promotion": promotion, **more}, actor="interlock")
    at = str(tx.now().isoformat(timespec="microseconds")).replace("+00:00", "Z")
    tx.levels.put(("", "bot"), to, "interlock", "x", at)


def of_nothing(career: Career, tx: SqlTransaction) -> None:
    """Raise by no question."""
    raised(tx, "rise_none", 1)


def unsigned(career: Career, tx: SqlTransaction) -> None:
    """Raise by a question that nobody answered."""
    opened = career.gate.autonomy.history("bot")[0].body
    raised(tx, opened["promotion"], 1, policy=opened["policy"], approvals=["ana"])


def twice(career: Career, tx: SqlTransaction) -> None:
    """Raise by two levels at once."""
    opened = career.gate.autonomy.history("bot")[0].body
    raised(tx, opened["promotion"], 2, policy=opened["policy"])


def other_evidence(career: Career, tx: SqlTransaction) -> None:
    """Ask with evidence that the log does not give."""
    body = dict(career.gate.autonomy.history("bot")[0].body)
    evidence = {**body["evidence"], "now": [0, 500, 0, 0, 0, 0, 0, 0]}
    tx.note("promotion_opened", {**body, "promotion": "rise_2", "evidence": evidence})


def kept_evidence(career: Career, tx: SqlTransaction) -> None:
    """Edit what is kept of an agent's work."""
    table = tables.evidence
    body = TEXT.replace("[0,3,", "[0,300,")
    tx.connection.execute(update(table).where(table.c.agent == "bot").values(body=body))


TEXT = ""
FORGERIES: dict[Callable[[Career, SqlTransaction], None], str] = {
    of_nothing: "by no question that was open",
    unsigned: "by too few of those who had to sign off",
    twice: "which is not what people were asked",
    other_evidence: "is not the log's",
    kept_evidence: "the evidence of agent `bot` differs",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda each: each.__name__)
def test_what_is_forged_is_named(
    tmp_path: Path, forge: Callable[[Career, SqlTransaction], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """I14: each way to a level without evidence and people for it is a line of `verify`."""
    career = Career(tmp_path)
    career.ready()
    assert career.gate.audit.verify().problems == ()
    with career.gate.ledger.begin() as tx:
        work = tx.levels.work(("", "bot"))
        assert work is not None
        monkeypatch.setitem(globals(), "TEXT", work.to_text())
        forge(career, tx)
    problems = career.gate.audit.verify().problems

    assert [line for line in problems if FORGERIES[forge] in line]
    career.gate.close()
