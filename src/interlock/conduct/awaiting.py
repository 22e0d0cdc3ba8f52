"""Await: that the record of a decision is sealed before its call runs, where policy asks for that.

A committed entry can be removed until a signed head covers it. With `audit.execute_after: sealed`
a call of that risk is claimed only when every entry of its own is covered.
"""

from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.values import Call, Judgement
from interlock.errors import LedgerError
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.settings import POLL_S, SEAL_WAIT_S


class Unsealed:
    """The call may run once what stands in the record of it is sealed."""


def wants_seal(policy: CompiledPolicy, judged: Judgement) -> bool:
    """Whether calls of this risk run only after the seal."""
    audit = policy.document.audit
    after = audit.execute_after if audit else None
    return after is not None and getattr(after, judged.risk) == "sealed"


def must_await_seal(tx: Transaction, ports: Ports, call: Call, judged: Judgement) -> bool:
    """Whether the seal stands between a call and its claim."""
    return wants_seal(ports.policy(), judged) and not tx.is_sealed(call.id)


def seal_now(ports: Ports, call_id: str, waited_s: float) -> float:
    """Seal here, or wait for who has the key; return how long was waited, seconds.

    Raises `LedgerError` when nobody seals: nothing runs.
    """
    try:
        ports.ledger.seal_entries()
    except LedgerError as error:
        if waited_s >= SEAL_WAIT_S:
            raise LedgerError(
                f"`{call_id}` runs only when its decision is sealed, and nobody sealed it within "
                f"{SEAL_WAIT_S:g} s; nothing ran: {error}"
            ) from error
        ports.clock.sleep(POLL_S)
        return waited_s + POLL_S
    return waited_s
