"""A case with all that one can have: an edit, signed, token and bare answers, and people."""

import copy
from pathlib import Path
from typing import Any

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.ledger import dsse
from interlock.ledger.evidence import statement_of
from interlock.ledger.notes import Verifier
from interlock.ledger.sealing import latest, signer_of
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.signing import PersonKey, new_key
from interlock.tools.run import run

from ..databases import ledger_of  # isort: skip

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}, note: {risk_tags: [write]}}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval, review: {quorum: 2}}
  - {id: note, match: {tools: [note]}, decision: require_approval}
"""


class Casework:
    """A ledger in which ana has a key, tim a token and liz her name; eve enrolled for nothing."""

    def __init__(self, folder: Path, policy: str = POLICY) -> None:
        """Open the folder's ledger."""
        self._folder, self._policy = folder, policy
        self.gate = self.again()
        self.gate.ledger.wrote = lambda _: None
        desk = self.gate.reviewers
        self.ana: PersonKey = new_key()
        for name in ("ana", "tim", "liz", "eve"):
            desk.add(name, identities=[f"{name}@example.org"])
        self.ana_id = desk.add_key("ana", self.ana.public)
        self.tim_id, self.tim = desk.new_token("tim", held=self.ana)
        self._turns = 0

    def again(self) -> Gate:
        """Open the ledger, as another process does."""
        url, policy = ledger_of(self._folder), Policy.parse(self._policy)
        return Gate.open(policy, url, clock=FrozenClock(), state=self._folder)

    def propose(self, tool: str, **args: Any) -> str:
        """Make one call that waits."""
        self._turns += 1
        intents = (Intent(tool, args, "c"),)
        context = Context(Agent("bot", owner="olga"), principal="cust")
        (call,) = self.gate.conductor.propose(
            Turn(context, "main", "t", "", f"m{self._turns}", intents)
        )
        return call

    def go(self, call: str) -> Any:
        """Take a call as far as it goes."""
        return perform(self.gate.conductor, call, self._run)

    def _run(self, ready: Ready) -> Outcome:
        return run(ready, lambda _tool, _args: Done("ok"))

    def whole(self) -> str:
        """Make a call that liz edits, ana signs for and tim shows a token for, and that runs."""
        inbox = self.gate.inbox
        first = self.propose("pay", amount=90, to="Jo Doe")
        inbox.edit(first, args={"amount": 80, "to": "Jo Doe"}, by="liz", reason="too much")
        (waiting,) = list(inbox.pending())
        inbox.approve(waiting.id, held=self.ana, by="ana", reason="checked")
        inbox.approve(waiting.id, held=self.tim, by="tim", reason="seen")
        self.go(waiting.call_id)
        return waiting.call_id

    @property
    def key(self) -> Verifier:
        """The record's verifier key."""
        with self.gate.ledger.read() as db:
            head = latest(db)
        assert head is not None
        return Verifier.read(head.key)

    def resealed(self, statement: dict[str, Any]) -> dict[str, Any]:
        """Sign a statement with the record's own key, as whoever has it can."""
        with self.gate.ledger.read() as db:
            head = latest(db)
        return dsse.sealed(statement, signer_of(self.gate.ledger.audit_key, head, "here"))

    def statement(self, call: str, *, with_arguments: bool = True) -> dict[str, Any]:
        """Return a case's statement."""
        envelope = self.gate.audit.case(call, with_arguments=with_arguments)
        return dsse.opened(envelope, self.key)


def altered(statement: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a statement about another predicate, its subject as that says."""
    return statement_of({**copy.deepcopy(statement["predicate"]), **members})
