"""Recognise: a ledger of the first schema opens, keeps everything and verifies."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Answered, Ready, Waiting, perform
from interlock.ledger.engine import HEAD, pick
from interlock.ledger.first_form import first_digest
from interlock.ledger.sqlite import APPLICATION_ID
from interlock.path.execution import Done, Outcome
from interlock.tools.run import run

DUMP = Path(__file__).with_name("ledger_0001.sql")
"""Written by the version before budgets: four calls of a turn, one that waits, one edited."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as that version left it."""
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as db:
        db.executescript(DUMP.read_text())
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.close()
    return path


def opened(
    path: Path, policy: str = "rules: [{match: {tools: [nobody]}, decision: allow}]"
) -> Gate:
    return Gate.open(Policy.parse(policy), str(path), clock=FrozenClock(), state=path.parent)


LATER = (
    *("usage", "tiles", "checkpoints", "archived", "timers", "alembic_version"),
    *(
        "people",
        "identities",
        "credentials",
        "delegations",
        "challenges",
        "halts",
        "resumptions",
        "probes",
        "learned",
        "evidence",
    ),
)


_ADDED = {
    ("entries", "leaf_index"),
    ("calls", "observation"),
    ("requests", "level"),
    ("votes", "proof"),
    ("votes", "on_screen_ms"),
    ("people", "away_until"),
}
"""Columns that came later."""


def rows(path: Path) -> dict[str, list[Any]]:
    """Read every table that the first schema had, in the columns it had."""
    db = sqlite3.connect(path)
    query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    found: dict[str, list[Any]] = {}
    for (name,) in db.execute(query).fetchall():
        if name in LATER:
            continue
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        known = ", ".join(f'"{column}"' for column in columns if (name, column) not in _ADDED)
        found[name] = db.execute(f"SELECT {known} FROM {name} ORDER BY 1, 2").fetchall()
    db.close()
    return found


def test_the_upgrade_keeps_everything(old: Path) -> None:
    """Every row of every table stays as it was; the new tables are there and empty."""
    before = rows(old)
    with opened(old) as gate, gate.ledger.engine.connect() as connection:
        assert pick(str(old)).revision(connection) == HEAD
        assert connection.exec_driver_sql("SELECT count(*) FROM usage").scalar() == 0

    assert rows(old) == before


def test_an_upgraded_ledger_verifies(old: Path) -> None:
    """Regression: what a newer version adds to decisions and policies looked like tampering."""
    with opened(old) as gate:
        assert gate.audit.verify().problems == ()


def test_a_call_of_then_runs_now(old: Path) -> None:
    """Regression: a decision without meters could not be read; its call was stuck for ever."""
    ran: list[Any] = []

    def effect(tool: str, args: dict[str, Any]) -> Done:
        ran.append((tool, args))
        return Done("ok")

    def runs(ready: Ready) -> Outcome:
        return run(ready, effect)

    with opened(old) as gate:
        first, *_ = gate.inbox.pending()
        progress = perform(gate.conductor, first.call_id, runs)
        assert isinstance(progress, Waiting)
        gate.inbox.approve(progress.request.id, by="bo", reason="ok")
        assert isinstance(perform(gate.conductor, first.call_id, runs), Answered)
        assert gate.audit.verify().problems == ()
    assert ran == [("pay", {"amount": first.args["amount"]})]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE policies SET document = replace(document, 'deny', 'allow')",
        "UPDATE policies SET snapshot = 'v1:000000'",
        "UPDATE calls SET judgement = replace(judgement, '\"level\":0', '\"level\":3')",
        "UPDATE requests SET terms = replace(terms, '600.0', '6000.0')",
    ],
)
def test_tampering_with_what_is_old_is_still_found(old: Path, change: str) -> None:
    """Old rows are read as they were written, and not one bit more freely."""
    opened(old).close()
    with sqlite3.connect(old) as db:
        assert db.execute(change).rowcount > 0
    db.close()

    with opened(old) as gate:
        assert not gate.audit.verify().ok


def test_a_key_of_now_is_not_in_the_first_digest() -> None:
    """The first form leaves out what came later, and nothing that there was."""
    plain = "rules: [{tool: pay, action: escalate}]"
    digests = {
        first_digest(Policy.parse(text).compiled.document)
        for text in (plain, plain + "\ngroups: {leads: [ana]}")
    }

    assert len(digests) == 1
    assert first_digest(Policy.parse("default: deny").compiled.document) not in digests
