"""Hold: a compiled policy is immutable, and writes itself out as itself."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from interlock.policy.load import parse
from interlock.policy.match import SIGNAL_NAMES
from interlock.policy.subject import Subject

TEXT = """
environment: prod
hold_siblings: all
tools: {a: {facts: {x: args.x}}, "b.*": {topic: "t\\x7f\\ufeff\\U0001F600"}}
rules:
  - {tool: a, action: escalate, review: {inline: true}}
  - {match: {x_in: [1, "1", true], unless: {tools: [a]}}, decision: allow}
autonomy_levels: {level_0: {rules: [{tool: a, action: block}]}}
autonomy: {initial_level: 2}
signals: {retries: {window_sec: 60}, confidence: {source: []}}
output: {max_length: 7, blocked_terms: [x]}
"""


def test_the_settings_are_at_hand() -> None:
    """What hosts ask for stands on the policy itself."""
    policy = parse(TEXT)

    assert (policy.environment, policy.hold_siblings, policy.initial_level) == ("prod", "all", 2)
    assert (policy.retry_window_s, policy.confidence_sources) == (60.0, ())
    assert policy.output.max_length
    assert policy.output.max_length.chars == 7


def test_the_canonical_text_is_the_policy() -> None:
    """What `canonical_text` writes loads as the same policy, and writes the same text."""
    policy = parse(TEXT)
    again = parse(policy.canonical_text())

    assert again.digest == policy.digest
    assert again.canonical_text() == policy.canonical_text()


def test_nothing_changes_a_policy() -> None:
    """Fields, catalogue and facts cannot be assigned."""
    policy: Any = parse(TEXT)
    with pytest.raises(FrozenInstanceError):
        policy.default = "allow"
    with pytest.raises(TypeError):
        policy.catalogue.literals["x"] = None
    with pytest.raises(TypeError):
        policy.tool("a").facts["y"] = None


def test_levels_speak_only_when_they_are_given() -> None:
    """Without `autonomy_levels` there is one rule set."""
    assert [each.name for each in parse("{}").sets(3)] == ["rules"]
    assert [each.name for each in parse(TEXT).sets(3)] == ["rules", "autonomy_levels.level_0"]


def test_threads_decide_while_another_compiles() -> None:
    """A policy is shared without a lock: every thread hears the same, whatever is loaded beside."""
    policy = parse(TEXT)
    subjects = [
        Subject(tool, tool, "bot", "", None, tags, {}, frozenset(), tags is not None, {}, level)
        for tool in ("a", "b.c", "d")
        for tags in (None, frozenset({"x"}))
        for level in range(4)
    ]

    def heard(_: int) -> list[list[str]]:
        return [[rule.id for rule in policy.consult(each).counted] for each in subjects]

    expected, digest = heard(0), policy.digest
    with ThreadPoolExecutor(8) as pool:
        compiling = [pool.submit(parse, TEXT) for _ in range(20)]
        deciding = list(pool.map(heard, range(200)))

    assert all(each == expected for each in deciding)
    assert {each.result().digest for each in compiling} == {digest} == {policy.digest}


@pytest.mark.parametrize(
    ("text", "heeded"),
    [
        ("rules: [{match: {tools: [a]}, decision: allow}]", set[str]()),
        ("rules: [{match: {unprompted_identifier: true}, decision: deny}]",
         {"unprompted_identifier"}),
        ("rules: [{match: {tools: [a], unless: {tainted_by: [b]}}, decision: deny}]",
         {"tainted_by"}),
        ("risk: [{level: high, match: {after_untrusted_read: true}}]", {"after_untrusted_read"}),
        ("guardrails: [{id: g, match: {retry_count_above: 3}, reason: r}]", {"retry_count"}),
        ("guardrails: [{id: g, match: {tools: [a]}, require: 'signals.confidence > 0.5'}]",
         SIGNAL_NAMES),
        ("rules: [{match: {when: '!signals.unprompted_identifier'}, decision: allow}]",
         SIGNAL_NAMES),
    ],
)  # fmt: skip
def test_the_signals_that_a_policy_looks_at(text: str, heeded: set[str]) -> None:
    """Whatever a rule, exemption, risk or guardrail looks at is heeded, so that it is measured."""
    assert parse(text).heeded == heeded
