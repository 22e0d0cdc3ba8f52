"""Engines: one logical policy, said by those that are here as the oracle has it."""

import pytest
from benchmarks.policy.engines import ENGINES, by_hand, interlock_decision, interlock_whole
from benchmarks.policy.problem import DECISIONS, Problem


@pytest.mark.parametrize("build", [by_hand, interlock_decision, interlock_whole])
@pytest.mark.parametrize("globs", [False, True])
def test_the_policy_is_said_in_full(build: object, *, globs: bool) -> None:
    """Every request is decided as expected."""
    assert callable(build)
    problem = Problem(12, globs)
    decide = build(problem)

    for request in problem.requests():
        assert decide(request) == problem.expected(request)


def test_the_requests_reach_all_there_is() -> None:
    """Requests go to every rule of a small policy, and meet every decision and both limits."""
    problem = Problem(10, globs=False)
    requests = problem.requests()

    assert {request["tool"] for request in requests} == {f"svc{at}.write" for at in range(10)}
    assert {problem.expected(request) for request in requests} == {*DECISIONS}
    assert {request["env"] for request in requests} == {"prod", "dev"}


def test_every_engine_says_what_to_keep_in_mind() -> None:
    """No figure stands without its caption, and each name is one engine."""
    assert all(engine.note for engine in ENGINES)
    assert len({engine.name for engine in ENGINES}) == len(ENGINES)
