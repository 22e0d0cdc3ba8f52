"""Weigh: whatever is changed of a case is named, also by who has the record's own key."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.canon import digest
from interlock.errors import TamperError
from interlock.ledger import dsse
from interlock.ledger.notes import Signer, Verifier
from interlock.ledger.weighing import Weighed, read_case, weigh
from interlock.signing import new_key

from .casework import Casework, altered  # isort: skip

pytestmark = pytest.mark.timeout(60)  # each makes people, an edited call and its run anew


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Casework]:
    """A ledger with people and no call."""
    made = Casework(tmp_path)
    yield made
    made.gate.close()


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to each member of a JSON value."""
    items: dict[Any, Any] = dict(enumerate(list[Any](value))) if hasattr(value, "append") else value
    for name, item in items.items():
        yield (*here, name)
        if hasattr(item, "__getitem__") and not hasattr(item, "encode"):
            yield from paths(item, (*here, name))


def other(value: Any) -> Any:
    """Return another value of the same kind."""
    match value:
        case bool() | None:
            return not value
        case int() | float():
            return value + 1
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case list():
            return [*value, *value[-1:]] or [0]
        case _:
            return {**value, "more": 1}


def changed(statement: Any, path: tuple[Any, ...], how: str) -> Any:
    """Return a copy in which one member is another one, or gone."""
    made = copy.deepcopy(statement)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    if how == "gone":
        del inner[path[-1]]
    else:
        inner[path[-1]] = other(inner[path[-1]])
    return made


def unread(statement: Any, path: tuple[Any, ...], how: str) -> bool:
    """Whether a member may go: the record's key alone says that a case has all there is.

    Arguments; the last entries; and who was enrolled without a key or a token.
    """
    members = statement["predicate"]
    last = ("predicate", "revisions", 1, len(members["revisions"][1]) - 1)
    bare = [one["entry"]["kind"] == "person_added" for one in members["ledger"]]
    people = [("predicate", "ledger", at) for at, is_bare in enumerate(bare) if is_bare]
    is_optional = path[:2] == ("predicate", "arguments") and len(path) < 4
    return how == "gone" and (is_optional or path in (last, *people))


@pytest.mark.timeout(60)  # a hundred whole cases
def test_every_change_is_named(work: Casework) -> None:
    """Each member changed or taken out: a key that signs whatever it is given hides nothing."""
    statement, key = work.statement(work.whole()), work.key
    places = sorted(paths(statement), key=repr)

    @settings(max_examples=100)
    @given(st.sampled_from(places), st.sampled_from(("other", "gone")))
    def law(path: tuple[Any, ...], how: str) -> None:
        made = changed(statement, path, how)
        found = weigh(work.resealed(made), key, [work.ana.public])
        assert bool(found.problems) != unread(statement, path, how), (path, how)

    law()


@given(st.data())
@settings(max_examples=60)
def test_no_envelope_is_too_odd(data: st.DataObject) -> None:
    """Whatever stands in a file, something is said of it, and nothing is raised."""
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    odd = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
    signer = Signer("interlock/x", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    members = ("_type", "subject", "predicateType", "predicate")
    statement = data.draw(st.fixed_dictionaries(dict.fromkeys(members, odd)) | odd)

    assert weigh(statement, signer.verifier).problems
    assert weigh(dsse.sealed(statement, signer), signer.verifier).problems  # pyright: ignore[reportArgumentType] - not an object


class TestForged:
    """By somebody without the record's key."""

    def test_signed_by_another(self, work: Casework) -> None:
        """A case that agrees with itself under another key is not this record's."""
        envelope = work.gate.audit.case(work.whole())
        mine = Ed25519PrivateKey.generate()
        stranger = Signer(work.key.name, mine)
        again = dsse.sealed(dsse.opened(envelope, work.key), stranger)

        assert "no signature" in weigh(again, work.key).problems[0]
        assert "names another key" in weigh(again, stranger.verifier).problems[0]

    def test_a_byte_of_the_payload(self, work: Casework) -> None:
        """Nothing of what is not signed is shown as a finding."""
        envelope = work.gate.audit.case(work.whole())
        payload = envelope["payload"]
        found = weigh({**envelope, "payload": "A" + payload[1:]}, work.key)

        assert found == Weighed(found.problems)
        assert len(found.problems) == 1


Cut = Callable[[list[Any]], list[Any]]

CUTS: list[tuple[str, Cut, str]] = [
    ("revisions", lambda all_: all_[1:], "one is missing"),
    ("revisions", lambda all_: [all_[0], all_[1][1:]], "not in the form of version 1"),
    ("revisions", lambda all_: [all_[0], all_[1][:2] + all_[1][3:]], "expected 2"),
    ("revisions", lambda all_: all_[::-1], "one is missing"),
    ("revisions", lambda all_: [all_[0], all_[1] + all_[0]], "another chain"),
    ("revisions", lambda all_: [all_[0], []], "no entry"),
    ("ledger", lambda all_: all_[::-1], "not in their order"),
    ("ledger", lambda all_: [], "by a credential that no entry gave them"),
    ("policies", lambda all_: [], "is not in the case"),
    ("votes", lambda all_: all_[1:], "votes are not those"),
    ("requests", lambda all_: all_[1:], "requests are not those"),
]


class TestInside:
    """By somebody who has the record's key and not the reviewers'."""

    def test_an_answer_is_put_into_anothers_mouth(self, work: Casework) -> None:
        """An entry made anew, hash and all, is in no tree that was signed."""
        statement = work.statement(work.whole())
        forged = statement["predicate"]["revisions"]
        entry = next(one["entry"] for one in forged[-1] if one["entry"]["kind"] == "voted")
        entry["actor"] = "liz"
        members = {name: entry[name] for name in ("id", "chain", "position", "at", "kind")}
        members |= {name: entry[name] for name in ("state", "actor", "auth", "previous")}
        members["written"] = json.dumps(entry["body"])
        entry["hash"] = digest("interlock/entry/v1", members)

        problems = weigh(work.resealed(statement), work.key).problems
        assert any(entry["id"] in problem for problem in problems)

    @pytest.mark.parametrize(("part", "cut", "told"), CUTS)
    def test_a_part_is_left_out(self, work: Casework, part: str, cut: Cut, told: str) -> None:
        """A case without its beginning, an entry in the middle or its people is named."""
        statement = work.statement(work.whole())
        parts = cut(statement["predicate"][part])
        try:
            made = altered(statement, **{part: parts})
        except (IndexError, KeyError):
            made = {**statement, "predicate": {**statement["predicate"], part: parts}}

        found = weigh(work.resealed(made), work.key)
        assert any(told in problem for problem in found.problems), found.problems

    def test_the_policy_is_another(self, work: Casework) -> None:
        """A policy that would have asked less is not the one that decided."""
        statement = work.statement(work.whole())
        (kept,) = statement["predicate"]["policies"]
        easier = {**kept, "document": kept["document"].replace('"quorum": 2', '"quorum": 1')}

        assert easier != kept
        found = weigh(work.resealed(altered(statement, policies=[easier])), work.key)
        assert any("does not give its digest" in problem for problem in found.problems)

    def test_the_arguments_are_another(self, work: Casework) -> None:
        """What was approved was not this amount."""
        call = work.whole()
        said = work.statement(call)["predicate"]["arguments"]
        said[call]["canonical"] = said[call]["canonical"].replace("80", "8")
        found = weigh(work.resealed(altered(work.statement(call), arguments=said)), work.key)

        assert any("do not give its digest" in problem for problem in found.problems)

    def test_a_case_that_is_cut_off_is_not_ended(self, work: Casework) -> None:
        """Without its last entry a case holds, and says that something may follow."""
        statement = work.statement(work.whole())
        first, last = statement["predicate"]["revisions"]
        cut = altered(statement, revisions=[first, last[:-1]], arguments={})
        found = weigh(work.resealed(cut), work.key)

        assert (found.problems, found.ended) == ((), False)

    def test_an_edit_without_what_came_of_it(self, work: Casework) -> None:
        """A case that stops at an edited revision lacks the one that ran."""
        statement = work.statement(work.whole())
        first = statement["predicate"]["revisions"][:1]
        found = weigh(work.resealed(altered(statement, revisions=first, arguments={})), work.key)

        assert any("a revision is missing" in problem for problem in found.problems)


class TestPeople:
    def test_a_key_that_is_lost_later_held_then(self, work: Casework) -> None:
        """By the places in the tree, no clock: what was signed before stays signed."""
        call = work.whole()
        work.gate.reviewers.revoke_credential(work.ana_id, reason="lost", last=True, held=work.ana)

        assert weigh(work.gate.audit.case(call), work.key).problems == ()

    @pytest.mark.parametrize("kind", ["credential_revoked", "person_revoked"])
    def test_a_key_that_was_lost_before(self, work: Casework, kind: str) -> None:
        """An answer after the entry that ended its key is named, whatever a table said then."""
        with work.gate.ledger.begin() as tx:
            body: dict[str, Any] = {"principal": "ana", "id": work.ana_id, "asked": {}}
            tx.note(kind, body, actor="ana", auth="local")
        found = weigh(work.gate.audit.case(work.whole()), work.key)

        assert any("was not in force then" in problem for problem in found.problems)

    def test_reviewers_keys_from_elsewhere(self, work: Casework) -> None:
        """Who knows ana's key does not believe the record which one is hers."""
        envelope = work.gate.audit.case(work.whole())
        stranger = new_key().public

        assert weigh(envelope, work.key, [stranger, work.ana.public]).ok
        (problem,) = weigh(envelope, work.key, [stranger]).problems
        assert work.ana.public in problem


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_no_json(text: str) -> None:
    """A file of another kind is named so."""
    with pytest.raises(TamperError, match="no JSON"):
        read_case(text)


def test_a_key_of_its_own(work: Casework) -> None:
    """The key is given; the one that stands in the case is not believed."""
    envelope = work.gate.audit.case(work.whole())
    wrong = Verifier(work.key.name, bytes.fromhex(new_key().public))

    assert not weigh(envelope, wrong).ok
