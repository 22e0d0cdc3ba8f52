"""Count back: when one human approved, under whichever of their names."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from interlock.clock import parse_stamp, stamp
from interlock.ledger import tables
from interlock.path.people import People

_VOTES = tables.votes.c


def approvals(
    db: Connection, people: People, who: str, since: datetime, limit: int
) -> list[datetime]:
    """Return when somebody approved since a time, the newest first, at most `limit`."""
    names = [name for name in voters(db) if people.behind(name) == who]
    return of_names(db, names, since, limit)


def of_names(db: Connection, names: Collection[str], since: datetime, limit: int) -> list[datetime]:
    """Return when any of these names approved since a time, the newest first, at most `limit`."""
    given = (
        _VOTES.by.in_(sorted(names)) & (_VOTES.answer == "approve") & (_VOTES.at >= stamp(since))
    )
    query = select(_VOTES.at).where(given).order_by(_VOTES.at.desc()).limit(limit)
    return [parse_stamp(at) for at in db.execute(query).scalars()] if names else []


def voters(db: Connection) -> Iterator[str]:
    """Return every name that ever answered, as it was written, by one look for each.

    Names are kept as people wrote them; `Ana` and `ana` are two of them and one human.
    Source: https://wiki.postgresql.org/wiki/Loose_indexscan, which SQLite takes as well.
    """
    first = select(func.min(_VOTES.by).label("by")).cte("voters", recursive=True)
    following = select(func.min(_VOTES.by)).where(_VOTES.by > first.c.by).scalar_subquery()
    names = first.union_all(select(following).where(first.c.by.is_not(None)))
    yield from db.execute(select(names.c.by).where(names.c.by.is_not(None))).scalars()
