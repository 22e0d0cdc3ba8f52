"""Follow: one cause is one line, whatever follows from it."""

import pytest
from sqlalchemy import text

from .everything import Whole, examined  # isort: skip

ENTRY = (
    "select entries.id from entries join calls on calls.id = chain "
    "where calls.state = 'approved' and entries.position = "
)
MIDDLE, LAST = f"{ENTRY} 1", f"{ENTRY} version - 1"
EDITS = (
    "state = 'destroyed'",
    "kind = 'voted'",
    "actor = 'mallory'",
    "at = '2020-01-01T00:00:00.000000Z'",
    "body = replace(body, '{', '{\"x\":1,')",
    "body = '{'",
    "previous = hash",
    "hash = previous",
    "position = 90",
    "chain = 'call_other'",
    "leaf_index = 10000",
)


@pytest.mark.parametrize("entry", [MIDDLE, LAST], ids=["middle", "last"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_entry_is_one_line(whole: Whole, entry: str, edit: str) -> None:
    """Whatever of an entry is edited, wherever it stands in its chain, one line names it."""
    with whole.gate.ledger.read() as db:
        name = db.execute(text(entry)).scalar_one()
    statement = text(f"update entries set {edit} where id = '{name}'".replace(":1", "\\:1"))
    (line,) = examined(whole, statement).problems

    assert name in line


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ("kind = 'level_set'", "was lost or moved"),
        (f"id = ({MIDDLE})", "was lost or moved"),
        (f"id = ({LAST})", "last entries were removed"),
        ("chain = (select id from calls where state = 'approved')", "has no entries"),
        ("kind = 'voted' and chain in (select id from calls where state = 'approved')", "lost"),
    ],
)
def test_what_is_deleted_is_one_line(whole: Whole, which: str, says: str) -> None:
    """An entry that is gone is named by its chain and leaf, and what it told is not missed."""
    (line,) = examined(whole, text(f"delete from entries where {which}")).problems

    assert says in line
