"""Keep: the ledger's schema."""

from interlock.cli.options import BUSY_S, AsJson, LedgerUrl, examples, family
from interlock.cli.screen import print_json, say
from interlock.settings import default_ledger

app = family()
db = family()
app.add_typer(db, name="db", help="The ledger's schema.")


@db.command(epilog=examples("interlock db status", "interlock db status --ledger old.db --json"))
def status(ledger: LedgerUrl = None, as_json: AsJson = False) -> int:
    """Say which schema a ledger has, and which one this version knows. Changes nothing."""
    from interlock.ledger.engine import HEAD, pick, schema_of

    url = ledger or default_ledger()
    found, shown = schema_of(url), pick(url).shown
    told = {"ledger": shown, "schema": found, "knows": HEAD, "current": found == HEAD}
    if as_json:
        print_json(told)
    else:
        state = "none yet" if found is None else found
        say(f"{shown}: schema {state}, this version knows {HEAD}")
    return 0 if found == HEAD else 1


@db.command(epilog=examples("interlock db upgrade", "interlock db upgrade --ledger team.db"))
def upgrade(ledger: LedgerUrl = None) -> None:
    """Bring a ledger to this version's schema, or make a new one."""
    from interlock.ledger.engine import HEAD, open_engine, pick, schema_of
    from interlock.ledger.erasure import copies_of

    url = ledger or default_ledger()
    before, shown = schema_of(url), pick(url).shown
    engine = open_engine(url, BUSY_S, upgrades=True)
    copies = [copy for copy in copies_of(engine) if copy.suffix == f".{before}"]
    engine.dispose()
    if before == HEAD:
        say(f"{shown}: up to date")
    else:
        say(f"{shown}: schema {before or 'none'} → {HEAD}")
        for copy in copies:
            say(f"as it was: {copy}; it holds what calls said, remove it when you need it no more")
