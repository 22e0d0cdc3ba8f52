"""Propose: two different calls never share a digest."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import CanonError
from interlock.path.proposal import (
    RESERVED_ARGUMENT,
    Agent,
    CallKey,
    Claim,
    Context,
    Proposal,
    fix,
    propose,
    split_claim,
)

KEY = CallKey("", "main", "t", "", "m", "c")
BOT = Context(Agent("bot"), principal="cust")

args = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.integers() | st.text("xy", max_size=2) | st.booleans()
)
contexts = st.builds(Context, st.builds(Agent, st.sampled_from(["bot", "bot2"])), st.text("pq"))
keys = st.builds(CallKey, *[st.sampled_from(["x", "y"])] * 6)
parts = st.tuples(keys, st.sampled_from(["t1", "t2"]), args, contexts, st.integers(0, 2))


def made(part: tuple[Any, ...]) -> Proposal:
    """Make a proposal with a fixed nonce."""
    key, tool, given_args, context, revision = part
    return propose(key, tool, given_args, context, revision=revision, nonce="n")


class TestLaws:
    @given(parts, parts)
    def test_different_calls_have_different_digests(
        self, one: tuple[Any, ...], other: tuple[Any, ...]
    ) -> None:
        """Tool, arguments, agent, principal, identity and revision all count; nothing else does."""
        first, second = made(one), made(other)
        same = (
            first.key,
            first.tool,
            first.canonical,
            first.context.agent.id,
            first.context.principal,
            first.revision,
        ) == (
            second.key,
            second.tool,
            second.canonical,
            second.context.agent.id,
            second.context.principal,
            second.revision,
        )
        assert (first.digest == second.digest) == same

    @given(parts)
    def test_the_digest_is_the_hash_of_the_canonical_form(self, part: tuple[Any, ...]) -> None:
        """Whoever has the parts computes the digest with any RFC 8785 writer."""
        made_of = made(part)
        parts_of_it = {
            "v": 1,
            "tool": made_of.tool,
            "tool_schema": made_of.tool_schema,
            "args": json.loads(made_of.canonical),
            "agent": made_of.context.agent.id,
            "principal": made_of.context.principal,
            "call_key": list(made_of.key),
            "revision": made_of.revision,
            "nonce": made_of.nonce,
        }
        canonical = rfc8785.dumps(parts_of_it)
        expected = hashlib.sha256(b"interlock/call/v1\x00" + canonical).hexdigest()
        assert made_of.digest == expected

    @given(parts)
    def test_the_digest_can_be_computed_again(self, part: tuple[Any, ...]) -> None:
        """From the stored parts the same digest follows; with another nonce it does not."""
        first = made(part)
        again = fix(
            first.key,
            first.tool,
            first.canonical,
            first.context,
            first.claim,
            first.tool_schema,
            first.revision,
            first.nonce,
        )
        assert again == first
        assert propose(first.key, first.tool, first.args, first.context).digest != first.digest

    @given(args)
    def test_arguments_come_back(self, given_args: dict[str, Any]) -> None:
        """What is stored is what was proposed."""
        assert propose(KEY, "t", given_args, BOT).args == given_args


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        ({"confidence": 0.4, "why": "new customer"}, Claim(0.4, "new customer")),
        ({"confidence": 1}, Claim(1.0, "")),
        ({"confidence": 1.1}, Claim(None, "")),
        ({"confidence": True}, Claim(None, "")),
        ({"confidence": float("nan")}, Claim(None, "")),
        ({"confidence": "0.9", "why": 5}, Claim(None, "")),
        ("nonsense", Claim(None, "")),
        (None, Claim(None, "")),
    ],
)
def test_a_claim_is_taken_out(said: object, claim: Claim) -> None:
    """The reserved argument reaches neither digest nor tool; a malformed claim is none."""
    plain, found = split_claim({"amount": 5, RESERVED_ARGUMENT: said})

    assert plain == {"amount": 5}
    assert found == claim


def test_a_claim_does_not_change_the_bytes() -> None:
    """The same call with and without a claim has the same canonical arguments."""
    with_claim = propose(KEY, "t", {"a": 1, RESERVED_ARGUMENT: {"confidence": 0.2}}, BOT)

    assert with_claim.canonical == propose(KEY, "t", {"a": 1}, BOT).canonical


def test_an_argument_that_cannot_be_carried_is_named() -> None:
    """The error names the argument, so that the agent can mend it."""
    with pytest.raises(CanonError, match=r"args\.amount"):
        propose(KEY, "t", {"amount": float("inf")}, BOT)


@pytest.mark.parametrize(
    "args",
    [
        {"text": "x" * 1_000_001}, {"text": "é" * 500_001}, {"l": list(range(30_000))},
        {f"k{at}": 1 for at in range(20_000)}, {"l": [["x" * 1_000] * 100] * 11},
    ],
)  # fmt: skip
def test_arguments_that_are_too_large_are_refused(args: dict[str, Any]) -> None:
    """Before anything is done with them, however they are large."""
    with pytest.raises(CanonError, match="larger than 1,000,000 bytes"):
        propose(KEY, "pay", args, BOT)
