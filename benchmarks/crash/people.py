"""Answer: what people do in the campaign, by name, by key, together, and now and then wrongly."""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.crash.agent import PEOPLE, SIGNERS
from benchmarks.crash.journal import Journal
from interlock import Gate
from interlock.app.cases import Case
from interlock.errors import DeskError
from interlock.signing import PersonKey

NEVER: Final = 0.05
"""Share of the questions that nobody answers."""
LATE: Final = 0.2
"""Share of the questions that nobody answers before the next level is asked."""


@cache
def key_of(seed: int, name: str) -> PersonKey:
    """Return somebody's key; every process of a campaign draws the same."""
    drawn = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return PersonKey(Ed25519PrivateKey.from_private_bytes(drawn))


def enrol(gate: Gate, seed: int) -> None:
    """Register those who sign, each by the first one's word."""
    first = SIGNERS[0]
    for name in SIGNERS:
        said: dict[str, Any] = {} if name == first else {"by": first, "held": key_of(seed, first)}
        gate.reviewers.add(name, **said)
        gate.reviewers.add_key(name, key_of(seed, name).public, **said)


def review(gate: Gate, journal: Journal, seed: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Look at the queue once; yield what a reviewer does, and what it is called."""
    cases: list[Case] = []
    yield "pending", lambda: cases.extend(gate.inbox.pending())
    random.shuffle(cases)
    for case in cases[:4]:
        yield "answer", partial(_answer, gate, journal, case, seed)
    yield "quarantine", partial(_let_out, gate)
    yield "doubt", partial(_settle, gate)


def _answer(gate: Gate, journal: Journal, case: Case, seed: int) -> None:
    """Answer one question: mostly as its order number says, now and then as people do."""
    slow = random.Random(f"slow {case.args['ref']}").random()
    if (slow < NEVER and _soon(case.expires_at)) or (slow < LATE and _soon(case.next_asked_at)):
        return
    fate = random.Random(case.args["ref"]) if random.random() < 0.8 else random.Random()
    verb = fate.choices(
        ("approve", "deny", "edit", "respond", "cancel", "ignore"), (58, 14, 12, 5, 3, 8)
    )[0]
    if verb == "edit" and case.revision > 1:
        verb = "approve"
    if verb == "ignore":
        return
    signs = case.tool == "grant" and (verb == "edit" or random.random() < 0.9)  # else is refused
    by = random.choice(SIGNERS if signs else PEOPLE)
    said: dict[str, Any] = {"by": by, "reason": "as ordered"}
    if by in SIGNERS and random.random() < 0.9:  # else by the bare name, which is refused
        said["held"] = key_of(seed, by)
    if verb == "edit":
        said["args"] = {**case.args, "amount": case.args.get("amount", 0) + 10}
    if verb == "respond":
        said = {**said, "message": "I did it myself"}
        del said["reason"]
    journal.write(
        what="shown", request=case.id, digest=case.digest, args=case.args, by=by, answer=verb
    )
    with suppress(DeskError):
        getattr(gate.inbox, verb)(case.id, **said)


def _soon(at: datetime | None) -> bool:
    """Tell whether one can wait for a time; not where who asked lived ahead of everybody."""
    return at is not None and at < datetime.now(UTC) + timedelta(minutes=1)


def _let_out(gate: Gate) -> None:
    """End a quarantine, some way or other."""
    for held in gate.quarantine.list()[:2]:
        by = random.choice(PEOPLE)
        verb = random.choice(("release", "redact", "destroy"))
        with suppress(DeskError):
            if verb == "destroy":
                gate.quarantine.destroy(held.call_id, reason="bad", by=by)
            else:
                redact = verb == "redact"
                gate.quarantine.release(held.call_id, reason="fine", by=by, redact=redact)


def _settle(gate: Gate) -> None:
    """Settle a doubt as some order numbers say; the others stay in doubt."""
    for doubt in gate.doubts.list():
        fate = random.Random(f"doubt {doubt.args['ref']}").choices(
            ("", "done", "failed", "retried", "compensated"), (50, 10, 10, 20, 10)
        )[0]
        if fate and random.random() < 0.3:
            with suppress(DeskError):
                by = random.choice(PEOPLE)
                gate.doubts.settle(doubt.call_id, fate, reason="looked", by=by)
