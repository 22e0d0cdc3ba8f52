"""Keep: the shop's books, a real SQLite database that the tools read and change.

`shop.sql` beside this file holds the tables and the rows that a new shop starts with; they are the
same on every machine. Each method is one transaction on its own connection, so that tools may run
in threads. Money comes in and goes out in dollars and is kept in cents.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("shop.sql")


class ShopError(Exception):
    """Something the shop cannot do; the message is meant for the agent."""


class CarrierUnavailable(ShopError):
    """The carrier's tracking service did not answer; a later attempt may succeed."""


class Shop:
    """The shop's database."""

    def __init__(self, path: Path) -> None:
        """Use the database at `path`; see `create` and `open`."""
        self.path = path

    @classmethod
    def create(cls, path: Path) -> "Shop":
        """Make a new shop at `path`, in place of whatever shop was there."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.executescript(f"BEGIN;{SCRIPT.read_text(encoding='utf-8')}COMMIT;")
        finally:
            db.close()
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "Shop":
        """Use the shop at `path`, making a new one where there is none."""
        return cls(path) if path.exists() else cls.create(path)

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read rows without any right to write."""
        db = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)
        db.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in db.execute(sql, values)]
        finally:
            db.close()

    def article(self, topic: str) -> dict[str, Any]:
        """Return the house rule about `topic`."""
        found = self.rows("SELECT topic, text FROM articles WHERE topic = ?", topic)
        topics = ", ".join(row["topic"] for row in self.rows("SELECT topic FROM articles"))
        return _one(found, f"no house rule about `{topic}`; there are: {topics}")

    def customer(self, customer_id: str) -> dict[str, Any]:
        """Return one customer's whole record."""
        found = self.rows("SELECT * FROM customers WHERE id = ?", customer_id)
        return _one(found, f"no customer `{customer_id}`")

    def order(self, order_id: str) -> dict[str, Any]:
        """Return one order with its lines, payment and what has been paid back."""
        order = _one(
            self.rows("SELECT * FROM orders WHERE id = ?", order_id), f"no order `{order_id}`"
        )
        lines = self.rows(
            "SELECT sku, title, quantity, price_cents / 100.0 AS price_usd"
            " FROM order_lines WHERE order_id = ? ORDER BY rowid",
            order_id,
        )
        paid, refunded = self._balance(order_id)
        return {**order, "lines": lines, "paid_usd": paid / 100, "refunded_usd": refunded / 100}

    def orders(self, customer_id: str, status: str | None = None) -> list[dict[str, Any]]:
        """Return a customer's orders, newest first."""
        return self.rows(
            "SELECT o.id, o.placed_on, o.status, p.amount_cents / 100.0 AS paid_usd"
            " FROM orders o JOIN payments p ON p.order_id = o.id"
            " WHERE o.customer_id = ?1 AND (?2 IS NULL OR o.status = ?2)"
            " ORDER BY o.placed_on DESC, o.id DESC",
            customer_id,
            status,
        )

    def notes(self, customer_id: str) -> list[dict[str, Any]]:
        """Return what colleagues and web forms wrote about a customer, oldest first."""
        self.customer(customer_id)
        return self.rows(
            "SELECT id, author, text FROM notes WHERE customer_id = ? ORDER BY id", customer_id
        )

    def track(self, order_id: str) -> dict[str, Any]:
        """Ask the carrier where a parcel is.

        Raises `CarrierUnavailable` as often as the database says.
        """
        found = self.rows("SELECT * FROM shipments WHERE order_id = ?", order_id)
        parcel = _one(found, f"order `{order_id}` has no parcel under way")
        if parcel.pop("failures_left") > 0:
            self._write(
                "UPDATE shipments SET failures_left = failures_left - 1 WHERE order_id = ?",
                order_id,
            )
            raise CarrierUnavailable(f"{parcel['carrier']} did not answer; try again")
        return parcel

    def refund(self, order_id: str, amount_usd: float, reason: str) -> dict[str, Any]:
        """Pay back part or all of an order; never more than is left of what was paid."""
        amount = _cents(amount_usd)
        with self._transaction() as db:
            paid, refunded = self._balance(order_id)
            if amount > paid - refunded:
                raise ShopError(
                    f"order `{order_id}` has {(paid - refunded) / 100:.2f} USD left to pay back"
                )
            done = db.execute(
                "INSERT INTO refunds (order_id, amount_cents, reason) VALUES (?, ?, ?)",
                (order_id, amount, reason),
            )
        return {"refund": done.lastrowid, "order_id": order_id, "amount_usd": amount / 100}

    def credit(self, customer_id: str, amount_usd: float, reason: str) -> dict[str, Any]:
        """Give a customer shop credit."""
        self.customer(customer_id)
        row = self._write(
            "INSERT INTO credits (customer_id, amount_cents, reason) VALUES (?, ?, ?)",
            customer_id,
            _cents(amount_usd),
            reason,
        )
        return {"credit": row, "customer_id": customer_id, "amount_usd": _cents(amount_usd) / 100}

    def add_note(self, customer_id: str, author: str, text: str) -> dict[str, Any]:
        """Write a note about a customer."""
        self.customer(customer_id)
        row = self._write(
            "INSERT INTO notes (customer_id, author, text) VALUES (?, ?, ?)",
            customer_id,
            author,
            text,
        )
        return {"note": row, "customer_id": customer_id}

    def send(self, recipient: str, subject: str, body: str) -> dict[str, Any]:
        """Put a mail into the outbox, from where it leaves at once."""
        row = self._write(
            "INSERT INTO outbox (recipient, subject, body) VALUES (?, ?, ?)",
            recipient,
            subject,
            body,
        )
        return {"mail": row, "to": recipient}

    def delete_customer(self, customer_id: str) -> dict[str, Any]:
        """Delete a customer and everything about them; it cannot be undone."""
        self.customer(customer_id)
        own = "(SELECT id FROM orders WHERE customer_id = :id)"
        with self._transaction() as db:
            for table in ("order_lines", "payments", "refunds", "shipments"):
                db.execute(f"DELETE FROM {table} WHERE order_id IN {own}", {"id": customer_id})
            for table in ("orders", "credits", "notes"):
                db.execute(f"DELETE FROM {table} WHERE customer_id = :id", {"id": customer_id})
            db.execute("DELETE FROM customers WHERE id = :id", {"id": customer_id})
        return {"deleted": customer_id}

    def _balance(self, order_id: str) -> tuple[int, int]:
        """Return what was paid and what was paid back, in cents."""
        found = self.rows(
            "SELECT sum(p.amount_cents) AS paid,"
            " (SELECT coalesce(sum(amount_cents), 0) FROM refunds WHERE order_id = ?1) AS refunded"
            " FROM payments p WHERE p.order_id = ?1 GROUP BY p.order_id",
            order_id,
        )
        row = _one(found, f"no order `{order_id}`")
        return row["paid"], row["refunded"]

    def _write(self, sql: str, *values: object) -> int | None:
        with self._transaction() as db:
            return db.execute(sql, values).lastrowid

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        finally:
            db.close()


def _one(found: list[dict[str, Any]], otherwise: str) -> dict[str, Any]:
    if not found:
        raise ShopError(otherwise)
    return found[0]


def _cents(amount_usd: float) -> int:
    return round(amount_usd * 100)
