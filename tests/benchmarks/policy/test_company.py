"""Company: a large policy that loads from many files and decides as its oracle says."""

from pathlib import Path

import pytest
from benchmarks.policy.calls import assessed, proposed
from benchmarks.policy.company import Call, calls, company, expected

from interlock.path.decision import decide
from interlock.policy.load import load


@pytest.mark.parametrize("size", [20, 150])
def test_every_call_is_decided_as_the_oracle_says(tmp_path: Path, size: int) -> None:
    """Decision and determining rules agree, also for undeclared tools and missing signals."""
    of = company(size)
    written = of.write(tmp_path / "policy")
    policy = load(tmp_path / "policy")

    assert written == sum(each.stat().st_size for each in (tmp_path / "policy").rglob("*.yaml"))
    assert len(policy.rules.specific) == size
    for call in calls(of, 150):
        said = decide(policy, assessed(policy, call, proposed(call)))
        assert (said.kind, said.rules) == expected(of.rules, call), call


def test_the_calls_hold_what_is_hard() -> None:
    """Some tools are undeclared, some signals missing, and all decisions occur."""
    of = company(400)
    made = calls(of, 300)

    assert any(call.tags is None for call in made)
    assert any("confidence" not in call.signals for call in made)
    assert {expected(of.rules, call)[0] for call in made} == {
        "allow", "notify", "require_approval", "deny",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("decisions", "expects"),
    [
        ((), ("require_approval", ())),
        (("allow",), ("allow", ("r0",))),
        (("allow", "deny", "deny"), ("deny", ("r1", "r2"))),
    ],
)
def test_the_oracle_by_hand(
    decisions: tuple[str, ...], expects: tuple[str, tuple[str, ...]]
) -> None:
    """Nothing matched asks; else the strictest counts, with all rules that say it."""
    call = Call("a.b", {}, "bot", "prod", {}, "a.b", frozenset())
    rules = [
        {"id": f"r{at}", "match": {"tools": ["a.*"]}, "decision": decision}
        for at, decision in enumerate(decisions)
    ]

    assert expected(rules, call) == expects
