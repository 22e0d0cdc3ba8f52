"""Contenders: each does what its row of the table says."""

import sqlite3
from pathlib import Path

import pytest
from benchmarks.ledger.contenders import BARE, CHAINED, UNCHAINED, UNSEEN, Place, open_contender
from benchmarks.ledger.crews import CannotStart, crew

from benchmarks.ledger import calls


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """Read a contender's database."""
    db = sqlite3.connect(file)
    found = db.execute(query).fetchall()
    db.close()
    return found


def test_bare_commits_write_rows_of_the_gates_sizes(tmp_path: Path) -> None:
    """The limit writes as many rows and bytes as one call does, in as many commits."""
    sizes = calls.row_sizes(tmp_path / "sized")
    place = Place(str(tmp_path), sizes=sizes)

    open_contender(BARE, place).call("one")

    written = rows(tmp_path / "bare.db", "SELECT length(body) FROM rows ORDER BY id")
    assert [size for (size,) in written] == [*sizes[0], *sizes[1]]
    (entries,) = rows(tmp_path / "sized" / "ledger.db", "SELECT count(*) FROM entries")
    assert entries == (6,)
    assert [len(commit) for commit in sizes] == [6, 5]


def test_entries_without_chains_are_as_large(tmp_path: Path) -> None:
    """Chained and unchained appends insert alike; only one of them hashes."""
    chained, plain = tmp_path / "chained", tmp_path / "plain"
    for folder, name in ((chained, CHAINED), (plain, UNCHAINED)):
        folder.mkdir()
        open_contender(name, Place(str(folder))).call("one")
    query = (
        "SELECT kind, state, body, length(id), length(chain), length(previous), length(hash) "
        "FROM entries ORDER BY seq"
    )

    assert rows(chained / "ledger.db", query) == rows(plain / "ledger.db", query)
    (linked,) = rows(
        chained / "ledger.db",
        "SELECT count(*) FROM entries one JOIN entries two ON two.previous = one.hash",
    )
    assert linked == (2,)
    assert rows(plain / "ledger.db", "SELECT count(DISTINCT hash) FROM entries") == [(1,)]


@pytest.mark.timeout(60)  # processes start
def test_a_crew_takes_calls_until_its_time_is_over(tmp_path: Path) -> None:
    """Every call that is counted stands in the ledger, beside those that warm a process up."""
    with crew(UNSEEN, Place(str(tmp_path)), 2) as ready:
        took = ready.take(0.2)

    (count,) = rows(tmp_path / "ledger.db", "SELECT count(*) FROM calls")
    assert count == (len(took["ms"]) + 2 * 5,)
    assert took["calls_s"] > 0


@pytest.mark.timeout(60)  # a process starts
def test_a_crew_that_cannot_start_says_so(tmp_path: Path) -> None:
    """A contender that does not open is no row of zeros."""
    with pytest.raises(CannotStart), crew(BARE, Place(str(tmp_path / "nowhere")), 1):
        pass
