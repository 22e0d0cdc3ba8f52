"""Make the tables of new SQLite ledgers as the migrations made those of the first, and faster.

The migrations run once in each process of the tests; what they left in an empty database is written
down and replayed. A database that has tables already, and every other kind, is migrated each time.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeAlias

from alembic.config import Config
from sqlalchemy import Connection

Upgrade: TypeAlias = Callable[[Config, str], None]


def replaying(upgrade: Upgrade) -> Upgrade:
    """Return an `alembic.command.upgrade` that migrates an empty database only once."""
    left: list[str] = []

    def upgraded(config: Config, revision: str) -> None:
        connection: Connection = config.attributes["connection"]
        driver: Any = connection.connection.driver_connection
        if revision != "head" or not isinstance(driver, sqlite3.Connection) or _tables(driver):
            upgrade(config, revision)
            return
        if not left:
            upgrade(config, revision)
            left.extend(_statements(driver))
            return
        for statement in left:
            driver.execute(statement)

    return upgraded


def _tables(driver: sqlite3.Connection) -> int:
    return driver.execute("select count(*) from sqlite_master").fetchone()[0]


def _statements(driver: sqlite3.Connection) -> list[str]:
    around = {"BEGIN TRANSACTION;", "COMMIT;"}
    return [line for line in driver.iterdump() if line not in around]
