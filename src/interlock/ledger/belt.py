"""Compare: the triggers that keep entries, with those that the migrations made.

They stop statements, not the owner of the database; that the owner took one off, turned it off, put
another in its place or changed what it does is told.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from sqlalchemy import Connection, text

_MADE_BY: Final = "interlock.ledger.migrations.versions.0003_tree"
_SQLITE: Final = "select name, sql from sqlite_master where type = 'trigger'"
_SERVER: Final = """
select tgname, tgtype, tgenabled = 'A' and tgqual is null and tgattr::text = '' and tgnargs = 0
    and p.pronamespace = c.relnamespace and not p.prosecdef and p.proconfig is null
    and l.lanname = 'plpgsql', prosrc
from pg_trigger t join pg_class c on c.oid = tgrelid join pg_proc p on p.oid = tgfoid
    join pg_language l on l.oid = prolang
where tgrelid = 'entries'::regclass and not tgisinternal
"""
_ROW_BEFORE_UPDATE, _ROW_BEFORE_DELETE, _BEFORE_TRUNCATE = 19, 11, 34
"""Bits of `tgtype`. Source: PostgreSQL, `catalog/pg_trigger.h`."""
_TYPES: Final = {
    "entries_never_change": _ROW_BEFORE_UPDATE,
    "entries_never_go": _ROW_BEFORE_DELETE,
    "entries_never_emptied": _BEFORE_TRUNCATE,
}


def belt(db: Connection) -> Iterator[str]:
    """Name the triggers that are gone, off or others than were made."""
    made: list[str] = [*import_module(_MADE_BY).BELT[db.dialect.name]]
    if db.dialect.name == "postgresql":
        body = made[0].split("$$")[1]
        wanted = {name: (kind, True, body) for name, kind in _TYPES.items()}
        found = {name: (kind, on, source) for name, kind, on, source in db.execute(text(_SERVER))}
    else:
        wanted = {each.split()[2]: (each,) for each in made}
        found = {name: (source,) for name, source in db.execute(text(_SQLITE))}
    for name in sorted(wanted.keys() - found.keys()):
        yield f"the trigger `{name}` is gone or off: somebody made way to change entries"
    for name in sorted(found.keys() - wanted.keys()):
        yield f"the trigger `{name}` is not the ledger's: somebody else's program runs on writing"
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            yield (
                f"the trigger `{name}` is gone or off, or does something else: "
                "somebody made way to change entries"
            )
