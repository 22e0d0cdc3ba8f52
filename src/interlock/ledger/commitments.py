"""Commit: what stands in a row and must not change, as digests in the entries.

Salted with the nonce that lies with the arguments: erasing them keeps the entries, and the
commitment to a small value cannot be guessed back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from interlock.canon import digest, digest_bytes
from interlock.ledger.rows import Row, change_row
from interlock.path.record import Step

COMMITTED: Final = ("answer", "claim", "context", "judgement")
"""Columns of a call that stand in its entries as salted commitments only."""

ATTEMPT: Final = "attempt"
"""Commitment to what later calls are counted and shown by: the fingerprint and the place."""

LEFT: Final = ("context", "claim", "fingerprint", "position", "judgement", "answer")
"""Columns of an erased call that nothing else in the record tells of."""


def committed(
    steps: Sequence[Step], nonce: str, changes: Mapping[str, Any]
) -> tuple[Sequence[Step], dict[str, Any]]:
    """Put commitments to what is written into the last entry; return steps and columns."""
    row = change_row(changes)
    made = _commitments(nonce, row)
    if not made:
        return steps, row
    *before, last = steps
    return [*before, replace(last, body={**last.body, "commitments": made})], row


def commitment(nonce: str, written: str) -> str:
    """Return the salted digest of a column as it is written."""
    return digest_bytes("interlock/column/v1", f"{nonce}\x00{written}".encode())


def commitments_of(row: Row) -> dict[str, str]:
    """Return the commitments that a call's row ought to have."""
    return _commitments(row["nonce"], row)


def _commitments(nonce: str, row: Mapping[Any, Any]) -> dict[str, str]:
    made = {name: commitment(nonce, row[name]) for name in COMMITTED if row.get(name)}
    if "fingerprint" in row:
        made[ATTEMPT] = commitment(nonce, f"{row['fingerprint']} {row['position']}")
    return made


def left_of(row: Row) -> str:
    """Return the digest of what is left of a call that was erased; it says nothing of anybody."""
    return digest("interlock/erased-call/v1", [row[name] for name in LEFT])


def held_commitment(row: Row) -> str:
    """Return the digest of a held result's sealed bytes and its inspection."""
    return digest("interlock/held/v1", [bytes(row["sealed"]).hex(), row["inspection"]])
