"""Translate: a judgement and a context come back from JSON as they were."""

import json
from dataclasses import replace
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import to_json
from interlock.conduct.judging import judgement
from interlock.ledger.judgements import (
    context_json,
    judgement_json,
    read_context,
    read_judgement,
)
from interlock.path.assessment import assess
from interlock.path.decision import decide
from interlock.path.proposal import Agent, CallKey, Context, Link, propose
from interlock.policy.evaluation.guardrails import Meter
from interlock.policy.load import parse

POLICY = parse("version: v1")
PROPOSAL = propose(CallKey("", "main", "t", "", "m", "c"), "pay", {}, Context(Agent("bot")))
SEEN = assess(POLICY, PROPOSAL, {}, 0)
JUDGED = judgement(POLICY, SEEN, decide(POLICY, SEEN))
meters = st.lists(
    st.builds(
        Meter,
        st.text(max_size=5),
        st.text(max_size=5),
        st.just(60.0),
        st.none() | st.integers(0, 9),
    )
).map(tuple)


@given(meters, st.dictionaries(st.text("ab", max_size=2), st.integers(0, 10**12)))
def test_a_judgement_survives(counted: tuple[Meter, ...], usage: dict[str, int]) -> None:
    """Meters, usage and all else are read back equal."""
    judged = replace(JUDGED, meters=counted, usage=MappingProxyType(usage))
    assert read_judgement(to_json(judgement_json(judged))) == judged


@given(st.text(max_size=5), st.dictionaries(st.text("ab"), st.integers(-5, 5)))
def test_a_context_survives(name: str, facts: dict[str, int]) -> None:
    """Agent, chain and facts are read back equal."""
    chain = (Link("boss", name),)
    context = Context(Agent(name), principal=name, chain=chain, facts=MappingProxyType(facts))
    assert read_context(json.loads(to_json(context_json(context)))) == context
