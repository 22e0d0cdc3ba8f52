"""Read: a ledger that does not state one revision that fits its tables is left as it is."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import LedgerError
from interlock.ledger.engine import open_engine, schema_of
from interlock.ledger.revision import stated

from ..databases import by_hand, ledger_of, opened  # isort: skip
from .conftest import SQLITE, play  # isort: skip

SAYS = "version is missing or does not fit its tables; .*restore a copy"


def test_one_is_stated() -> None:
    """None, two and an empty one are none."""
    assert stated(["0005"], "here") == "0005"
    for revisions in ([], ["0004", "0005"], [""], [None]):
        with pytest.raises(LedgerError, match=f"here: .*{SAYS}"):
            stated(revisions, "here")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from alembic_version",
        "insert into alembic_version values ('0001')",
        "update alembic_version set version_num = '0001'",
        "update alembic_version set version_num = '0000'",
    ],
)
def test_a_revision_that_does_not_fit(gate: Gate, tmp_path: Path, statement: str) -> None:
    """It is refused with the remedy, and no row and no table is changed."""
    play(gate, 1)
    url = ledger_of(tmp_path)
    with opened(tmp_path) as db:
        db.exec_driver_sql(statement)
        before = db.exec_driver_sql("select * from entries order by seq").all()

    with pytest.raises(LedgerError, match=SAYS):
        open_engine(url, upgrades=True)
    with gate.ledger.read() as db:
        assert db.exec_driver_sql("select * from entries order by seq").all() == before


@SQLITE
def test_a_table_of_revisions_that_is_gone(gate: Gate, tmp_path: Path) -> None:
    """A file with a ledger's tables and mark, and no revision at all, is no new ledger."""
    play(gate, 1)
    by_hand(tmp_path, "drop table alembic_version")
    for look in (schema_of, open_engine):
        with pytest.raises(LedgerError, match=SAYS):
            look(ledger_of(tmp_path))
