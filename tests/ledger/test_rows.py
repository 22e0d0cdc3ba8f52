"""Rows: what is written is read back as it was."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import TamperError
from interlock.ledger import rows
from interlock.path.inspection import Finding, Inspection, Span
from interlock.path.proposal import Agent, Context, Link
from interlock.policy.decisions import (
    Allow,
    Ask,
    Decision,
    Deny,
    Notify,
    ReviewTerms,
    decision_json,
    read_decision,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
ids = st.lists(texts, max_size=3).map(tuple)


def _ask(rules: tuple[str, ...], reason: str, terms: ReviewTerms) -> Ask:
    return Ask(rules, reason, terms=terms)


terms = st.builds(ReviewTerms, st.floats(1, 1e6), st.floats(1, 1e6), st.booleans())
decisions = st.one_of(
    *(st.builds(kind, ids, texts, ids, st.booleans()) for kind in (Allow, Notify, Deny)),
    st.builds(
        _ask,
        ids,
        texts,
        st.builds(ReviewTerms, st.floats(1, 1e6), st.floats(1, 1e6), st.booleans()),
    ),
)


@given(decisions)
def test_decisions(decision: Decision) -> None:
    """A decision comes back equal, terms and all."""
    assert read_decision(decision_json(decision)) == decision


@given(texts, texts, texts, st.integers())
def test_contexts(agent: str, principal: str, says: str, number: int) -> None:
    """What the host said comes back equal, big numbers too."""
    context = Context(
        Agent(agent, owner=says), principal, "t", (Link(agent, says),), {"s": 0.5}, {"n": number}
    )
    assert rows.read_context(rows.decode(rows.dump(rows.context_json(context)).encode())) == context


@given(texts, st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda s: Span(*s)))
def test_inspections(path: str, span: Span | None) -> None:
    """Findings come back equal."""
    found = Inspection("REDACT", (Finding(path, "US_SSN", "redact", "presidio", span, 0.85),))

    assert rows.read_inspection(rows.dump(rows.inspection_json(found))) == found


@pytest.mark.parametrize(
    "read", [rows.read_call, rows.read_request, rows.read_vote, rows.read_sealed, rows.read_entry]
)
def test_a_row_that_lacks_something(read: Callable[[rows.Row], object]) -> None:
    """A row that cannot be read was edited; its id and the command that names the edit are said."""
    with pytest.raises(TamperError, match=r"row `call_x` cannot be read.*interlock audit verify"):
        read({"id": "call_x", "call_id": "call_x"})
