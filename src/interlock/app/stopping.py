"""Stop: a person's word that ends a call before it runs."""

from functools import partial
from typing import Literal, TypeAlias

from interlock.app.people import Credentials, Desk
from interlock.conduct import Conductor
from interlock.conduct.holding import veto
from interlock.conduct.retrying import retried
from interlock.conduct.taking_back import take_back
from interlock.errors import DeskError
from interlock.ledger.queries import find_to_change
from interlock.ledger.store import SqlLedger
from interlock.path.proof import REASON_MAX

Word: TypeAlias = Literal["vetoed", "taken_back"]
"""What a signature covers, and the kind of the entry."""


def stop(
    conductor: Conductor,
    ledger: SqlLedger,
    name: str,
    word: Word,
    reason: str,
    by: str | None,
    held: Credentials | None,
) -> str:
    """Say the word on a call; return its id. Raises `AlreadyDecided`, `DeskError` and its kinds."""
    if not reason.strip():
        raise DeskError("this needs a reason: the agent is told it; add --reason")
    call, desk, ports = find_to_change(ledger, name), Desk(conductor, ledger), conductor.ports
    who, reason = desk.who(by, held), reason[:REASON_MAX]
    do, ref = (veto, call.id) if word == "vetoed" else (take_back, call.request_id or call.id)
    shown = desk.say(who, held, (ref, call.id, call.proposal.digest, word), reason)
    retried(ports.clock, partial(do, ports, call.id, who, reason, shown))
    return call.id
