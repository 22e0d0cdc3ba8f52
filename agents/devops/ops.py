"""Keep: the platform, real SQLite files that the tools read and change.

`ops.sql` beside this file makes the books: services, deployments, logs, migrations, resources. Each
database of the platform is a SQLite file of its own, which migrations change and a drop removes.
Each method that writes is one transaction on its own connection, so that tools may run in threads.
"""

import re
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).with_name("ops.sql")
DATABASES: Final = ("ci_shop", "scratch_42", "shop_prod")
"""Databases of a new platform; each starts with the first migration applied."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_BOOKS: Final = "ops"


class OpsError(Exception):
    """Something the platform cannot do; the message is meant for the agent."""


class Ops:
    """The platform's files in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use the platform in `folder`; see `create`."""
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> "Ops":
        """Make a new platform in `folder`, in place of whatever platform was there."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.db*"):
            old.unlink()
        ops = cls(folder)
        with ops._writing(_BOOKS) as db:
            _run(db, SCRIPT.read_text(encoding="utf-8"))
        for name in DATABASES:
            with ops._writing(name) as db:
                _run(db, "CREATE TABLE applied (migration TEXT PRIMARY KEY) STRICT;")
            ops.migrate(name, "0001_orders", dry_run=False)
        return ops

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read rows without any right to write; each database is a schema of its name."""
        with closing(sqlite3.connect(self._uri(_BOOKS), uri=True)) as db:
            db.row_factory = sqlite3.Row
            for path in sorted(self.folder.glob("*.db")):
                if path.stem != _BOOKS:
                    db.execute(f"ATTACH ? AS {path.stem}", (self._uri(path.stem),))
            return [dict(row) for row in db.execute(sql, values)]

    def services(self) -> list[dict[str, Any]]:
        """Return the services and what runs of each."""
        running = self.rows(
            "SELECT service, place, version FROM deployments WHERE state = 'live' ORDER BY place"
        )
        return [
            {
                "service": row["name"],
                "running": {
                    each["place"]: each["version"]
                    for each in running
                    if each["service"] == row["name"]
                },
            }
            for row in self.rows("SELECT name FROM services ORDER BY name")
        ]

    def deployments(self, service: str) -> list[dict[str, Any]]:
        """Return what was deployed of a service, newest first."""
        self._service(service)
        return self.rows(
            "SELECT version, place, state FROM deployments WHERE service = ? ORDER BY id DESC",
            service,
        )

    def logs(self, service: str, lines: int) -> list[dict[str, Any]]:
        """Return the last lines of a service's log, oldest first."""
        self._service(service)
        found = self.rows(
            "SELECT at, text FROM logs WHERE service = ? ORDER BY id DESC LIMIT ?", service, lines
        )
        return found[::-1]

    def migrations(self, database: str) -> list[dict[str, Any]]:
        """Return the migrations of a database, in order, and which of them are applied."""
        self._database(database)
        found = self.rows(
            "SELECT name, EXISTS (SELECT 1 FROM"
            f" {database}.applied WHERE migration = name) AS applied FROM migrations ORDER BY name"
        )
        return [{**row, "applied": bool(row["applied"])} for row in found]

    def deploy(self, service: str, version: str, place: str) -> dict[str, Any]:
        """Let a version run in a place, in place of what ran there."""
        self._service(service)
        if not self.rows("SELECT 1 FROM places WHERE name = ?", place):
            raise OpsError(f"no place `{place}` to deploy to")
        with self._writing(_BOOKS) as db:
            live = "service = ? AND place = ? AND state = 'live'"
            same = db.execute(
                f"SELECT 1 FROM deployments WHERE {live} AND version = ?", (service, place, version)
            )
            if same.fetchone() is None:
                db.execute(
                    f"UPDATE deployments SET state = 'replaced' WHERE {live}", (service, place)
                )
                db.execute(
                    "INSERT INTO deployments (service, version, place) VALUES (?, ?, ?)",
                    (service, version, place),
                )
        return {"service": service, "version": version, "place": place}

    def rollback(self, service: str, version: str, place: str) -> dict[str, Any]:
        """Take the version that runs in a place back; what ran before it runs again."""
        with self._writing(_BOOKS) as db:
            runs = db.execute(
                "SELECT id FROM deployments WHERE service = ? AND place = ? AND version = ?"
                " AND state = 'live'",
                (service, place, version),
            ).fetchone()
            before = db.execute(
                "SELECT id, version FROM deployments WHERE service = ? AND place = ?"
                " AND state = 'replaced' ORDER BY id DESC LIMIT 1",
                (service, place),
            ).fetchone()
            if runs is None or before is None:
                raise OpsError(f"`{service}` {version} does not run in {place}, or nothing before")
            db.execute("UPDATE deployments SET state = 'rolled back' WHERE id = ?", runs)
            db.execute("UPDATE deployments SET state = 'live' WHERE id = ?", (before[0],))
        return {"service": service, "version": before[1], "place": place}

    def migrate(self, database: str, migration: str, *, dry_run: bool) -> dict[str, Any]:
        """Apply a migration in one transaction, which a dry run takes back."""
        self._database(database)
        found = self.rows("SELECT sql FROM migrations WHERE name = ?", migration)
        if not found:
            raise OpsError(f"no migration `{migration}`")
        try:
            with self._writing(database, keep=not dry_run) as db:
                _run(db, found[0]["sql"])
                db.execute("INSERT INTO applied VALUES (?)", (migration,))
        except sqlite3.Error as error:
            raise OpsError(f"`{migration}` does not apply to `{database}`: {error}") from error
        return {"database": database, "migration": migration, "applied": not dry_run}

    def drop(self, database: str) -> dict[str, Any]:
        """Remove a database."""
        self._database(database).unlink()
        return {"dropped": database}

    def delete(self, resource: str) -> dict[str, Any]:
        """Delete a resource."""
        with self._writing(_BOOKS) as db:
            gone = db.execute("DELETE FROM resources WHERE name = ?", (resource,)).rowcount
        if not gone:
            raise OpsError(f"no resource `{resource}`")
        return {"deleted": resource}

    def _service(self, service: str) -> None:
        if not self.rows("SELECT 1 FROM services WHERE name = ?", service):
            raise OpsError(f"no service `{service}`")

    def _database(self, database: str) -> Path:
        path = self.folder / f"{database}.db"
        if not _NAME.fullmatch(database) or database == _BOOKS or not path.is_file():
            raise OpsError(f"no database `{database}`")
        return path

    def _uri(self, name: str) -> str:
        return f"{(self.folder / f'{name}.db').resolve().as_uri()}?mode=ro"

    @contextmanager
    def _writing(self, name: str, *, keep: bool = True) -> Generator[sqlite3.Connection]:
        """Write in one transaction, which is taken back on any error, or when it is not to keep."""
        with closing(
            sqlite3.connect(self.folder / f"{name}.db", timeout=10, isolation_level=None)
        ) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT" if keep else "ROLLBACK")


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run statements within the open transaction; `executescript` would commit it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
