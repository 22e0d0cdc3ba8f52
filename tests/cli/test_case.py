"""Describe: one call for the person who decides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cli_kit import Desk

from interlock.app.cases import Case
from interlock.cli.case import STANDING, SUMMARY_LENGTH, describe, summary
from interlock.clock import stamp
from interlock.path.record import TRANSITIONS
from interlock.policy.decisions import Silence

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def case(desk: Desk) -> Case:
    """A case that waits."""
    return desk.gate.inbox.show(desk.ask())


def words(case: Case, now: datetime) -> str:
    """Everything that is said, as one text."""
    return "\n".join(
        f"{section.title} {label} {text}"
        for section in describe(case, now)
        for label, text in section.rows
    )


def test_every_state_has_its_words() -> None:
    """No state of a call is shown as a bare word that only we understand."""
    assert STANDING.keys() | {"new", "proposed", "inspected"} == TRANSITIONS.keys()


def test_silence_is_explained_before_it_happens(case: Case) -> None:
    """A case that waits says when it ends, with offset, and that nothing will run."""
    assert case.expires_at is not None
    told = words(case, case.expires_at - timedelta(minutes=30))

    assert "(in 30 min)" in told
    assert "it is not executed" in told
    assert "overdue" in words(case, case.expires_at)


@pytest.mark.parametrize(
    ("silence", "says", "never"),
    [
        ("deny", "it is not executed, and the agent is told", "RUNS"),
        ("escalate", "`leads` is asked anew".replace("`", ""), "RUNS"),
        ("approve", "it RUNS, whoever is missing", "it is not executed"),
    ],
)
def test_it_says_what_silence_means(silence: Silence, says: str, never: str, case: Case) -> None:
    """Who looks learns who is asked by now, who next and when, and what nobody's answer does."""
    assert case.expires_at is not None
    early = case.expires_at - timedelta(minutes=5)
    waiting = replace(
        case, silence=silence, asked=("ops",), next_asked="leads", next_asked_at=early
    )
    told = words(waiting, early)

    assert says in told
    assert never not in told
    assert "silence asked ops" in told
    assert "silence next leads from" in told


def test_what_silence_approved_is_no_persons_word(case: Case) -> None:
    """Also once it ran, who looks sees that nobody answered."""
    told = words(replace(case, state="released", by_silence=True), datetime.now(UTC))

    assert "silence approved by nobody: policy took it for a yes that nobody answered" in told
    assert "answers" not in told
    vote = {"answer": "approve", "by": "bo", "auth": "local", "reason": "", "at": stamp(NOW)}
    few = words(replace(case, state="released", by_silence=True, votes=(vote,)), NOW)
    assert "silence approved by nobody: policy took it for a yes that too few answered" in few


def test_an_approval_that_nobody_used(case: Case) -> None:
    """Who looks is not told that nobody answered, where people did."""
    over = replace(case, state="expired")

    assert "state nobody, or too few, answered in time" in words(over, NOW)
    assert "state approved, but nothing ran it in time" in words(replace(over, unused=True), NOW)


def test_a_case_that_is_over_offers_nothing(case: Case) -> None:
    """Without an open request there is no silence and no next command."""
    told = words(replace(case, state="released"), datetime.now(UTC))

    assert "interlock approve" not in told
    assert "silence" not in told


def test_the_agents_words_stand_apart(case: Case) -> None:
    """What the agent claims is in a section of its own, marked as unverified, escaped."""
    told = replace(case, why="ok\n\nwhat\n  amount 1\u202e", confidence_0_1=0.5)
    (claim,) = [s for s in describe(told, datetime.now(UTC)) if "claimed" in s.title]

    assert claim.title == "claimed by the agent, unverified"
    assert claim.rows == [
        ("confidence", "0.5"),
        ("why", '"ok\\n\\nwhat\\n ␠amount 1⟨U+202E⟩"'),
    ]


def test_a_declared_confidence_says_whose_it_is(case: Case) -> None:
    """A signal that is only the agent's own word is marked where it is shown as a reason."""
    told = replace(case, signals={"confidence": 0.5}, confidence_0_1=0.5)
    host = replace(told, confidence_0_1=0.9)

    assert "confidence = 0.5 (declared by the agent)" in words(told, datetime.now(UTC))
    assert "declared" not in words(host, datetime.now(UTC))


def test_only_what_settles_is_said_to_count(case: Case) -> None:
    """A rule that could not be evaluated counts only where it is one of those that settle."""
    told = replace(case, rules=("big",), not_evaluable=("big", "small-refund"))

    assert "not evaluable big, so it counts" in words(told, datetime.now(UTC))
    assert "small-refund, so" not in words(told, datetime.now(UTC))
    assert "not evaluable small-refund" in words(told, datetime.now(UTC))


def test_an_edit_shows_both(case: Case) -> None:
    """The arguments before the edit stay visible, and whose edit it is."""
    edited = replace(case, before={"amount": 399}, revision=1, editors=("ana", "b\u202eo"))
    told = words(edited, datetime.now(UTC))

    assert "before the edit amount 399" in told
    assert "(edited by ana, b" in told
    assert "\u202e" not in told


def test_a_revision_that_policy_made_is_nobodys_edit(case: Case) -> None:
    """What constraints forced is said to be the policy's, and no person's."""
    told = words(replace(case, before={"amount": 399}, revision=1), datetime.now(UTC))

    assert "(changed by policy, revision 1)" in told
    assert "before the change amount 399" in told
    assert "edited" not in told


def test_a_summary_says_what_it_leaves_out() -> None:
    """A long list of arguments is cut with the number of characters that are missing."""
    long = summary({f"k{at}": "v" * 30 for at in range(9)})

    assert long[SUMMARY_LENGTH:].startswith(" +")
    assert long.endswith(" chars")
    assert summary({"a": 1}) == "a=1"


def test_an_argument_that_the_tool_does_not_declare_is_marked(case: Case) -> None:
    """It stands among the arguments, and again with what that may mean, escaped."""
    marked = words(replace(case, undeclared=("no\u202ete",)), datetime.now(UTC))

    assert "not declared" not in words(case, datetime.now(UTC))
    assert (
        "not declared no⟨U+202E⟩te: the tool's schema does not name it; it may do nothing" in marked
    )


def test_what_undoes_a_call_is_shown(case: Case) -> None:
    """The compensating tool stands with its arguments, escaped, where there is one."""
    offer = {"call_id": "c", "tool": "refund.re\u202everse", "args": {"amount": 5}}
    told = replace(case, answer={"record": {"compensate": [offer]}})

    assert "to undo refund.re⟨U+202E⟩verse amount=5" in words(told, datetime.now(UTC))
    assert "to undo" not in words(replace(case, answer={"record": {}}), datetime.now(UTC))
