"""Enrolments: what the entries alone tell of who answered."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import NotEligible
from interlock.ledger import rows
from interlock.path.people import Credential, Person
from interlock.path.proposal import Agent, Context
from interlock.path.record import rehash
from interlock.signing import PersonKey, new_key

from ..databases import ask, ledger_of  # isort: skip
from .conftest import by_hand  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval, review: {auth: signed}}
"""

NEW_KEY = base64.b64encode(bytes(range(32))).decode()
"""A key that anybody knows."""


@pytest.fixture
def signed(tmp_path: Path, database: str) -> Iterator[tuple[Gate, PersonKey]]:
    """A gate with a signed approval, a signed edit and a signed change of people."""
    gate = Gate.open(Policy.parse(POLICY), ledger_of(tmp_path), clock=FrozenClock(), state=tmp_path)
    key = new_key()
    gate.reviewers.add("ana", identities=["a@example.org"])
    gate.reviewers.add_key("ana", key.public)
    gate.reviewers.add("bob", held=key)
    requests = [_ask(gate, at) for at in range(2)]
    gate.inbox.approve(requests[0], held=key, by="a@example.org", reason="checked")
    gate.inbox.edit(requests[1], held=key, args={"amount": 9}, reason="less")
    yield gate, key
    gate.close()


def _ask(gate: Gate, at: int) -> str:
    turn = Turn(
        Context(Agent("bot")), "main", "t", "", f"m{at}", (Intent("pay", {"amount": at}, "c0"),)
    )
    (call,) = gate.conductor.propose(turn)
    gate.conductor.advance(call)
    return gate.inbox.show(call).id


def test_an_honest_record_verifies(signed: tuple[Gate, PersonKey]) -> None:
    """Every signature holds by keys that entries brought."""
    assert signed[0].audit.verify().problems == ()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ('update votes set proof = replace(proof, \'"signature":"\', \'"signature":"0\')', "vote"),
        ("update votes set reason = 'another' where answer = 'approve'", "vote `approve` of"),
        ("update votes set auth = 'token'", "vote `approve` of"),
        ("update votes set proof = null where answer = 'edit'", "vote `edit` of"),
        ("update credentials set public = '" + "0" * 64 + "'", "credential"),
        ("update credentials set revoked_at = added_at", "credential"),
        ("delete from credentials", "credential"),
        ("update people set roles = '[\"finance\"]' where principal = 'bob'", "person `bob`"),
        ("insert into identities values ('x', 'bob', '2026-01-01T00:00:00.000000Z')", "name `x`"),
        ("delete from people where principal = 'ana'", "person `ana`"),
        (
            "insert into delegations values ('d', 'ana', 'bob', '2026', '2027', null)",
            "delegation `d`",
        ),
    ],
)
def test_what_is_edited_by_hand_is_named(
    signed: tuple[Gate, PersonKey], tmp_path: Path, statement: str, named: str
) -> None:
    """A vote, a person, a name, a key or a deputy that no entry tells of so is named."""
    by_hand(tmp_path, statement)

    problems = signed[0].audit.verify().problems

    assert any(named in problem for problem in problems), problems


def _rewritten(tmp_path: Path, old: str, new: str, where: str) -> None:
    """Edit entries as whoever can take the belt off would, each with the hash it then has."""
    columns = ("id", "chain", "position", "at", "kind", "state", "actor", "auth", "body")
    names = ", ".join((*columns, "previous", "hash"))
    for row in ask(tmp_path, f"select {names} from entries where {where}"):
        said = dict(zip((*columns, "previous", "hash"), row, strict=True))
        entry = rows.read_entry({**said, "body": str(said["body"]).replace(old, new)})
        body = entry.written.replace("'", "''")
        by_hand(
            tmp_path,
            f"update entries set body = '{body}', hash = '{rehash(entry)}' where id = '{entry.id}'",
        )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"answer":"approve"', '"answer":"deny"'),
        ('"reason":"checked"', '"reason":"because"'),
        ('"principal":"ana"', '"principal":"bob"'),
        ('"nonce":"', '"nonce":"0'),
        ('"policy":"', '"policy":"0'),
    ],
)
def test_a_vote_that_was_rewritten_with_its_hash_has_no_signature(
    signed: tuple[Gate, PersonKey], tmp_path: Path, old: str, new: str
) -> None:
    """Whoever can rewrite the record, hashes and all, still has no key to sign with."""
    _rewritten(tmp_path, old, new, "kind = 'voted' and state = 'approved'")

    problems = signed[0].audit.verify().problems

    assert any("signature that does not hold" in problem for problem in problems), problems


def test_who_changes_the_records_key_shows_who_they_are(
    signed: tuple[Gate, PersonKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the name of somebody with a key, nor by another key; the record has a signature."""
    gate, key = signed
    with pytest.raises(NotEligible, match="--key"):
        gate.audit.change_key(NEW_KEY, reason="yearly", by="ana")
    with pytest.raises(NotEligible):
        gate.audit.change_key(NEW_KEY, reason="yearly", by="ana", held=new_key())
    gate.audit.change_key(NEW_KEY, reason="yearly", held=key)
    monkeypatch.setenv("INTERLOCK_KEY", NEW_KEY)
    (entry,) = [one for one in gate.audit.log() if one["kind"] == "key_changed"]

    assert (entry["actor"], entry["auth"]) == ("ana", "signed")
    assert gate.audit.verify().problems == ()


def test_a_key_change_that_was_rewritten_has_no_signature(
    signed: tuple[Gate, PersonKey], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the record's key was changed cannot be told anew."""
    gate, key = signed
    gate.audit.change_key(NEW_KEY, reason="yearly", held=key)
    monkeypatch.setenv("INTERLOCK_KEY", NEW_KEY)
    _rewritten(tmp_path, '"reason":"yearly"', '"reason":"stolen"', "kind = 'key_changed'")

    problems = gate.audit.verify().problems
    assert any("signature that does not hold" in problem for problem in problems), problems


def test_a_vote_that_is_weaker_than_its_question_is_named(
    signed: tuple[Gate, PersonKey], tmp_path: Path
) -> None:
    """A vote that was made a bare name's is no answer where only a signature is one."""
    by_hand(tmp_path, "update entries set auth = 'local' where kind = 'voted'")
    _rewritten(tmp_path, "", "", "kind = 'voted'")

    problems = signed[0].audit.verify().problems

    assert any("is local, and what it answers takes signed" in each for each in problems), problems


@pytest.mark.parametrize("shows", ["nothing", "another's"])
def test_an_enrolment_by_nobody_who_may_is_named(
    signed: tuple[Gate, PersonKey], shows: str
) -> None:
    """Whoever can write the database and gives somebody a key by hand is told of by the record."""
    gate, ana = signed
    _, bob = gate.reviewers.new_token("bob", held=ana)
    assert gate.audit.verify().ok
    with gate.ledger.begin() as tx:
        mine = tx.registry.people().held_by("bob")[0].id
        proof = {} if shows == "nothing" else {"proof": {"credential": mine, "principal": "bob"}}
        forged = Credential("cred_x", "lee", "key", new_key().public)
        tx.registry.put_person(Person("lee"), ())
        added: dict[str, Any] = {"principal": "lee", "roles": [], "identities": [], "asked": {}}
        tx.note("person_added", {**added, **proof}, "bob", "token" if proof else "local")
        tx.registry.add_credential(forged)
        said = {name: getattr(forged, name) for name in ("id", "principal", "kind", "public")}
        tx.note("credential_added", {**said, "asked": {}, **proof}, "bob", "local")
    assert bob.secret

    told = [one for one in gate.audit.verify().problems if "by nobody who may" in one]

    assert len(told) == 2, told


def test_an_outsider_checks_every_signature_by_the_export_alone(
    signed: tuple[Gate, PersonKey], tmp_path: Path
) -> None:
    """Without a line of ours: the entries, JSON, and Ed25519. An altered one fails."""
    signed[0].audit.export(tmp_path / "out")
    lines = (tmp_path / "out" / "entries.jsonl").read_text().splitlines()
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    keys = {
        entry["body"]["id"]: entry["body"]["public"]
        for entry in entries
        if entry["kind"] == "credential_added"
    }
    votes = [entry for entry in entries if entry["kind"] == "voted"]
    assert len(votes) == 2

    for vote in votes:
        check_as_an_outsider(vote, keys)
        for name in ("digest", "answer", "reason", "request_id"):
            altered = {**vote, "body": {**vote["body"], name: "other"}}
            with pytest.raises(InvalidSignature):
                check_as_an_outsider(altered, keys)


def check_as_an_outsider(vote: dict[str, Any], keys: dict[str, str]) -> None:
    """Verify a vote's signature. Source: `docs/record.md`, signed answers."""
    body, proof = vote["body"], vote["body"]["proof"]
    ballot = {
        "request_id": body["request_id"],
        "call_id": vote["chain"],
        "digest": body["digest"],
        "answer": body["answer"],
        "policy": proof["policy"],
        "principal": proof["principal"],
        "nonce": proof["nonce"],
        "reason": body["reason"],
        "content": proof.get("content", ""),
    }
    written = json.dumps(ballot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signed = b"interlock/vote/v1\x00" + written.encode()
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[proof["credential"]]))
    public.verify(bytes.fromhex(proof["signature"]), signed)


def _before_registrars(gate: Gate) -> PersonKey:
    """Enrol ana with a token, and by it bob with a key, as before there were registrars."""
    key = new_key()
    proof = {"proof": {"credential": "cred_a", "principal": "ana"}}
    for who, kind, public, by, auth, said in (
        ("ana", "token", "0" * 64, "root", "local", {}),
        ("bob", "key", key.public, "ana", "token", proof),
    ):
        credential = Credential(f"cred_{who[0]}", who, kind, public)  # pyright: ignore[reportArgumentType]
        made = {"id": credential.id, "kind": kind, "public": public}
        with gate.ledger.begin() as tx:
            tx.registry.put_person(Person(who), [])
            tx.note("person_added", {"principal": who, "roles": [], **said}, by, auth)
            tx.registry.add_credential(credential)
            tx.note("credential_added", {"principal": who, **made, **said}, by, auth)
    return key


class TestBeforeRegistrars:
    @pytest.fixture
    def gate(self, tmp_path: Path) -> Iterator[Gate]:
        """Open a ledger of no people yet."""
        policy, url = Policy.parse(POLICY), ledger_of(tmp_path)
        with Gate.open(policy, url, clock=FrozenClock(), state=tmp_path) as gate:
            yield gate

    def test_one_with_a_credential_takes_the_role_once(self, gate: Gate) -> None:
        """A ledger whose credentials are older verifies, and has one way to a registrar."""
        bob, desk = _before_registrars(gate), gate.reviewers
        assert gate.audit.verify().ok
        for who, roles in (("eve", []), ("ana", ["registrar"]), ("bob", ["finance"])):
            with pytest.raises(NotEligible, match="older than the role `registrar`"):
                desk.add(who, roles=roles, held=bob)
        desk.add_key("bob", new_key().public, held=bob)
        desk.add("bob", roles=["registrar"], held=bob)
        desk.add("eve", held=bob)
        desk.revoke("bob", roles=["registrar"], reason="left", last=True, held=bob)

        with pytest.raises(NotEligible, match="is no `registrar`"):
            desk.add("bob", roles=["registrar"], held=bob)
        assert gate.audit.verify().ok

    def test_what_was_allowed_then_is_named_after(self, gate: Gate) -> None:
        """Once there was a registrar, an entry by anybody else with a credential is named."""
        bob = _before_registrars(gate)
        gate.reviewers.add("bob", roles=["registrar"], held=bob)
        with gate.ledger.begin() as tx:
            proof = {"credential": "cred_a", "principal": "ana"}
            tx.registry.put_person(Person("eve"), [])
            tx.note(
                "person_added", {"principal": "eve", "roles": [], "proof": proof}, "ana", "token"
            )

        (wrong,) = gate.audit.verify().problems
        assert "by nobody who may: `ana` is no `registrar`" in wrong
