"""Compare: whatever is changed in a table by hand differs from the entries, and is named."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context

from .conftest import by_hand, play  # isort: skip

HOLD_ONE = (
    "insert into outputs (call_id, sealed, inspection, state, created_at) "
    "select id, x'00', '{}', 'held', created_at from calls limit 1"
)
VOTE_AGAIN = (
    "insert into votes (request_id, digest, answer, by, auth, at, reason) "
    "select request_id, digest, answer, by, auth, at, reason from votes limit 1"
)
CHANGES = {
    "level raised": ("update levels set level = 3", "level of agent `bot`"),
    "level removed": ("delete from levels", "level of agent `bot`"),
    "request state": ("update requests set state = 'open'", "request"),
    "request excluded": ("update requests set excluded = '[\"eve\"]'", "request"),
    "request terms": ("update requests set terms = replace(terms, '3600', '9999')", "request"),
    "request expiry": ("update requests set expires_at = '2099-01-01T00:00:00.000000Z'", "request"),
    "request unreadable": ("update requests set terms = '{'", "request"),
    "requests gone": ("delete from requests", "is gone"),
    "decision": ("update calls set judgement = replace(judgement, 'allow', 'deny')", "decision"),
    "decision unreadable": ("update calls set judgement = '{'", "decision"),
    "editors": ("update calls set editors = '[\"eve\"]'", "editors"),
    "answer": ("update calls set answer = replace(answer, 'orders', 'others')", "answer"),
    "answer removed": ("update calls set answer = null", "answer"),
    "outcome": ("update calls set outcome = 'failed'", "outcome"),
    "agent": ("update calls set agent = 'other'", "agent"),
    "thread": ("update calls set thread_id = 'other'", "identity"),
    "arguments": ("update arguments set canonical = x'7b7d'", "arguments"),
    "vote's way": ("update votes set auth = 'signed'", "vote"),
    "vote's reason": ("update votes set reason = 'because'", "vote"),
    "run": ("update executions set outcome = 'failed'", "run"),
    "runs gone": ("delete from executions", "run"),
    "policy": ("update policies set document = replace(document, 'read', 'reed')", "kept policy"),
    "policy unreadable": ("update policies set document = '['", "kept policy"),
    "held": (HOLD_ONE, "held result"),
    "level's reason": ("update levels set reason = 'x'", "level"),
    "vote's time": ("update votes set at = '2099-01-01T00:00:00.000000Z'", "vote"),
    "vote twice": (VOTE_AGAIN, "vote"),
    "turn": ("update calls set turn = 'other'", "identity"),
    "context": ("update calls set context = replace(context, 'bot', 'bat')", "context"),
    "agent's owner": ("update calls set context = replace(context, 'null', '\"eve\"')", "context"),
    "claim": ("update calls set claim = '[0.9,\"sure\"]'", "claim"),
    "facts": (
        'update calls set judgement = replace(judgement, \'"facts":{\', \'"facts":{"a":1\')',
        "facts",
    ),
    "request of a call": ("update calls set request_id = 'req_x'", "request"),
    "time of a call": ("update calls set created_at = '2020-01-01T00:00:00.000000Z'", "time"),
    "fence": ("update calls set fence = 7", "fence"),
    "call of a request": ("update requests set call_id = 'call_x'", "request"),
    "policies gone": ("delete from policies", "not kept any more"),
    "policy's name": ("update policies set snapshot = 'v1:000000'", "kept policy"),
}


@pytest.mark.parametrize("what", list(CHANGES))
def test_a_changed_table_is_named(gate: Gate, tmp_path: Path, what: str) -> None:
    """I9: no table can be changed so that it differs from the entries and still verifies."""
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    play(gate, 2)
    assert gate.audit.verify().ok, gate.audit.verify().problems
    statement, says = CHANGES[what]
    assert by_hand(tmp_path, statement)[0] > 0

    problems = gate.audit.verify().problems

    assert any(says in problem for problem in problems), problems


def test_every_way_a_request_ends_verifies(gate: Gate) -> None:
    """Denied, edited, expired, withdrawn and answered requests are what their entries say."""
    for at in range(5):
        intents = (Intent("pay", {"amount": at}, "c"),)
        turn = Turn(Context(Agent("bot")), "main", "t", "", f"w{at}", intents)
        gate.conductor.propose(turn)
        (case,) = gate.inbox.pending()
        match at:
            case 0:
                gate.inbox.deny(case.id, by="ana")
            case 1:
                edited = gate.inbox.edit(case.id, args={"amount": 9}, by="ana")
                gate.inbox.cancel(edited.id, by="bo")
            case 2:
                gate.inbox.respond(case.id, message="no need", by="ana")
            case 3:
                gate.conductor.withdraw(turn.key(intents[0]), "the conversation went on")
            case _:
                gate.ledger.clock.sleep(20_000)
                gate.inbox.expire_overdue()
    states = {one.state for one in gate.inbox.decided()}

    assert states >= {"rejected", "cancelled", "responded", "expired"}
    assert gate.audit.verify().ok, gate.audit.verify().problems
