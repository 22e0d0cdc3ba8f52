"""Hand over: prepared values are one call's own, and all work of a decision is bounded."""

import time

import pytest

from interlock import Policy
from interlock.policy.variables import MAX_STEPS_TOGETHER, Variables, Work


def test_nothing_is_converted_before_an_expression_is_reached() -> None:
    """Roots are kept as they are, and nothing is prepared at first."""
    roots = {"args": {"amount": 3}}
    variables = Variables(roots)

    assert variables.roots is roots
    assert variables.prepared is None


def test_what_is_prepared_is_one_calls_own() -> None:
    """Two calls with the same roots share nothing that an expression left."""
    roots = {"args": {"amount": 3}}
    one, other = Variables(roots), Variables(roots)
    one.prepared = "made"

    assert other.prepared is None


def test_what_is_spent_stays_spent() -> None:
    """The last step may be taken; once more was asked for, nothing is left of anything."""
    work = Work()

    assert work.spend(MAX_STEPS_TOGETHER)
    assert not work.exceeded
    assert not work.spend(1)
    assert not work.spend(0)
    assert work.exceeded


def _many(when: str, count: int = 400) -> Policy:
    lines = [
        f'  - {{id: g{at}, match: {{tools: [t], when: "{when.format(at)}"}}}}'
        for at in range(count)
    ]
    head = "tools: {t: {args: {l: array, s: string}}}\nrules: [{tool: t, action: allow}]"
    return Policy.parse("\n".join([head, "guardrails:", *lines]))


@pytest.mark.parametrize(
    "when",
    [
        "args.l.exists(x, x.contains('q{}'))", "args.l.exists(x, x == 'q{}')", "'q{}' in args.l",
        "args.l.exists(x, x.matches('q{}'))", "args.l == ['q{}']",
    ],
)  # fmt: skip
def test_a_decision_takes_no_longer_than_it_may(when: str) -> None:
    """All guardrails together, of which each alone could be evaluated: then none is passed."""
    asked = {"name": "t", "args": {"l": ["ab"] * 9_000}}
    policy = _many(when)
    policy.decide({"name": "t", "args": {"l": []}})

    kinds, spent_s = set[str](), list[float]()
    for _ in range(3):
        began = time.thread_time()
        kinds.add(policy.decide(asked).kind)
        spent_s.append(time.thread_time() - began)

    assert kinds == {"deny"}
    assert min(spent_s) < 0.05


def test_the_order_of_rules_is_nothing_to_what_exceeds() -> None:
    """Where all is too much, none is evaluated, and the explanation says so."""
    policy = _many("args.l.exists(x, x.contains('q{}'))", 60)
    asked = {"name": "t", "args": {"l": ["ab"] * 9_000}}
    decision = policy.decide(asked).decision

    assert len(decision.not_evaluable) == 60
    assert "too long together" in decision.reason


def test_what_many_rules_ask_of_usual_calls_is_evaluated() -> None:
    """400 expressions over 100 items, or 200 searches of 5,000 characters."""
    listed = _many("args.l.exists(x, x.contains('q{}'))")
    searched = _many("args.s.matches('q{}[a-z]+.*rm -rf')", 200)

    assert listed.decide({"name": "t", "args": {"l": ["ab"] * 100}}).kind == "allow"
    assert searched.decide({"name": "t", "args": {"s": "x" * 5_000}}).kind == "allow"


def test_searches_of_arguments_are_work_too() -> None:
    """`args_match` over a long text spends what expressions do."""
    rules = "\n".join(
        f"  - {{id: g{at}, match: {{tools: [t], args_match: {{s: 'a{at}[a-z]*b'}}}}}}"
        for at in range(2_000)
    )
    policy = Policy.parse(
        f"tools: {{t: {{}}}}\nrules: [{{tool: t, action: allow}}]\nguardrails:\n{rules}"
    )
    decision = policy.decide({"name": "t", "args": {"s": "x" * 20_000}})

    assert decision.kind == "deny"
    assert "too long together" in decision.reason
