"""Prove: the checker finds words that are not of who they say, by the log alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from benchmarks.crash.calls import votes
from benchmarks.crash.evidence import Entry, Evidence, read
from benchmarks.crash.signatures import unproved

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context
from interlock.signing import new_key

POLICY = """
version: v1
rules:
  - {match: {tools: [pay]}, decision: require_approval, review: {quorum: 2, groups_all: [fin, sec]}}
groups: {fin: [ana], sec: [bo]}
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What is exported of signed, shown and bare words, and of a glass that was broken."""
    folder = tmp_path_factory.mktemp("told")
    gate = Gate.open(Policy.parse(POLICY), str(folder / "l.db"), clock=FrozenClock(), state=folder)
    with gate:
        key = new_key()
        gate.reviewers.add("ana", identities=["ana@corp"])
        gate.reviewers.add_key("ana", key.public)
        gate.reviewers.add("gil", roles=["break-glass"], held=key)
        token = gate.reviewers.new_token("gil", held=key)[1]
        both, alone = asked(gate, "1"), asked(gate, "2")
        gate.inbox.approve(both, by="ana", held=key, reason="ok")
        gate.inbox.approve(both, by="bo", reason="ok")
        gate.inbox.break_glass(alone, held=token, reason="fire")
        gate.inbox.cancel(alone, by="bo", reason="it burned down")
        gate.inbox.acknowledge(alone, held=key, finding="fine", reason="it burned")
        gate.autonomy.set("bot", 1, reason="good", held=key)
        gate.halt(agent="other", by="ana", reason="in a hurry")
        gate.reviewers.revoke_credential(
            gate.audit.log(decision=None)[1]["body"]["id"], reason="lost", held=key, last=True
        )
        gate.audit.export(folder / "export")
    (folder / "journals").mkdir()
    return read(folder / "export", folder / "journals")


def asked(gate: Gate, turn: str) -> str:
    """Have a call that waits."""
    intents = (Intent("pay", {"n": 1}, "c"),)
    (call,) = gate.conductor.propose(
        Turn(Context(Agent("bot"), principal="cust"), "h", "t", "", turn, intents)
    )
    gate.conductor.advance(call)
    return call


def changed(told: Evidence, change: Callable[[Entry], Entry | None]) -> Evidence:
    """Return the log with other entries, which the laws about hashes would name."""
    entries = [new for entry in told.entries if (new := change(entry)) is not None]
    calls = {name: replace(call) for name, call in told.calls.items()}
    for call in calls.values():
        call.entries = [entry for entry in entries if entry.chain == call.id]
    return Evidence(told.folder, entries, calls, [], [])


def test_an_honest_log(told: Evidence) -> None:
    """Signed, shown by a token, or bare; a glass that was broken; a key that was lost later."""
    assert [*unproved(told)] == []
    assert votes(told).violations == ()
    assert {entry.auth for entry in told.entries} >= {"signed", "token", "local", "unverified"}


def body(kind: str, **more: Any) -> Callable[[Entry], Entry]:
    """Change what the entries of a kind say."""
    return lambda entry: (
        replace(entry, body={**entry.body, **more}) if entry.kind == kind else entry
    )


def proof(kind: str, **more: Any) -> Callable[[Entry], Entry]:
    """Change what they show."""
    return lambda entry: (
        replace(entry, body={**entry.body, "proof": {**entry.body.get("proof", {}), **more}})
        if entry.kind == kind
        else entry
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (body("voted", reason="other"), "does not hold"),
        (body("voted", answer="deny"), "does not hold"),
        (body("acknowledged", finding="harm"), "does not hold"),
        (body("level_set", asked={"to": 3}), "does not hold"),
        (proof("voted", signature="00" * 64), "does not hold"),
        (proof("voted", credential="cred_x"), "not theirs"),
        (lambda e: None if e.kind == "credential_added" else e, "not theirs"),
        (
            lambda e: replace(e, actor="bo") if e.kind == "voted" and e.auth == "signed" else e,
            "not theirs",
        ),
        (
            lambda e: replace(e, auth="local") if e.body.get("answer") == "break_glass" else e,
            "showed or said too little",
        ),
        (
            lambda e: (
                replace(e, body={**e.body, "roles": []})
                if e.kind == "person_added" and e.body["principal"] == "gil"
                else e
            ),
            "without the role",
        ),
    ],
)
def test_a_word_that_is_not_theirs(
    told: Evidence, change: Callable[[Entry], Entry | None], said: str
) -> None:
    """I7: forged, edited, another's, or by a credential or a role that nobody gave."""
    found = changed(told, change)

    assert any(said in line for line in unproved(found))
    assert votes(found).violations


def test_a_signature_that_is_used_twice(told: Evidence) -> None:
    """The same words under the same nonce are a replay, wherever they stand."""
    signed = next(e for e in told.entries if e.kind == "voted" and e.auth == "signed")
    twice = Evidence(
        told.folder, [*told.entries[:-1], replace(signed, id="ent_2"), told.entries[-1]], {}, [], []
    )

    assert any("was used" in line for line in unproved(twice))


def test_a_key_that_was_lost_before(told: Evidence) -> None:
    """Whoever shows it after the entry that ended it shows nothing."""
    *rest, lost = told.entries
    assert lost.kind == "credential_revoked"
    at = next(n for n, e in enumerate(rest) if e.kind == "voted")
    moved = Evidence(told.folder, [*rest[:at], lost, *rest[at:]], {}, [], [])

    assert any("was not in force" in line for line in unproved(moved))
