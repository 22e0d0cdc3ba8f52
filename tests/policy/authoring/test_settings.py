"""Compare settings: what differs, which way, and what calls have shown."""

import pytest

from interlock.policy.authoring.settings import Changed, Setting, differing, unasked
from interlock.policy.load import read_text

BASE = """
groups: {g: [ana, bo]}
hold_siblings: effects
output: {secrets: redact, injection: quarantine}
signals: {confidence: {source: []}, retries: {window_sec: 6000}}
autonomy: {initial_level: 1}
tools:
  t: {risk_tags: [write], owner: ana, isolation: subprocess, facts: {n: args.n}}
rules:
  - {id: all, match: {tools: [t]}, decision: allow}
  - {match: {risk_tags: [read]}, decision: allow, reason: reads}
guardrails:
  - {id: day, match: {tools: [t]}, budget: {fact: n, max: 5, per: day, by: all}}
  - {id: late, match: {tools: [x]}, require: "args.n < 5"}
"""


def seen(rules: list[str], tools: list[str]) -> tuple[Changed, Changed]:
    """Return what changed calls show that became looser."""
    one = Changed(frozenset(rules), frozenset(tools))
    return one, one


def settings(was: str, now: str) -> tuple[Setting, ...]:
    """Compare the base with itself after a replacement."""
    assert was in BASE
    old, new = (read_text(each, "p").document for each in (BASE, BASE.replace(was, now)))
    return differing(old, new)


@pytest.mark.parametrize(
    ("was", "now", "path", "direction"),
    [
        ("hold_siblings: effects", "hold_siblings: none", "hold_siblings", "looser"),
        ("hold_siblings: effects", "hold_siblings: all", "hold_siblings", "stricter"),
        ("secrets: redact", "secrets: allow", "output.secrets", "looser"),
        ("injection: quarantine", "injection: allow", "output.injection", "looser"),
        ("risk_tags: [write],", "risk_tags: [write], effect: read,", "tools.t.effect", "looser"),
        ("owner: ana, ", "", "tools.t.owner", "looser"),
        ("owner: ana, ", "owner: bo, ", "tools.t.owner", "unknown"),
        ("isolation: subprocess, ", "", "tools.t.isolation", "looser"),
        ("source: []", "source: [declared]", "signals.confidence.source", "looser"),
        ("window_sec: 6000", "window_sec: 1", "signals.retries.window_sec", "looser"),
        ("per: day", "per: minute", "guardrails[day].budget.per", "looser"),
        ("per: day", "per: week", "guardrails[day].budget.per", "stricter"),
        ("by: all", "by: agent", "guardrails[day].budget.by", "looser"),
        ("{id: late,", "{id: late, stage: decide,", "guardrails[late].stage", "looser"),
        ("initial_level: 1", "initial_level: 0", "autonomy.initial_level", "stricter"),
        ("[ana, bo]", "[ana, bo, cy]", "groups.g", "looser"),
        ("[ana, bo]", "[ana, cy]", "groups.g", "unknown"),
    ],
)
def test_a_setting_that_differs(was: str, now: str, path: str, direction: str) -> None:
    """Each is named by its path with its direction, and no call speaks for it."""
    found = settings(was, now)

    assert [(each.path, each.direction) for each in found] == [(path, direction)]
    assert unasked(found, *seen(["day", "all"], ["t"])) == found


def test_a_guardrail_added_is_stricter_and_one_dropped_looser() -> None:
    """Each of its settings, whatever it says."""
    line = "  - {id: often, rate: {max: 5, per: hour}}\n"
    more = BASE + line
    old, new = (read_text(each, "p").document for each in (BASE, more))

    assert {each.direction for each in differing(old, new)} == {"stricter"}
    assert {each.direction for each in differing(new, old)} == {"looser"}
    assert "guardrails[often].rate.per" in [each.path for each in differing(old, new)]


def test_names_and_reasons_are_no_settings() -> None:
    """Nor is the order of rules."""
    assert settings("reason: reads", "reason: for reading") == ()
    assert settings("{id: all, match", "{id: everything, match") == ()
    assert settings("rules:\n  - {id: all, match: {tools: [t]}, decision: allow}", "rules:") != ()
    moved = "rules:\n  - {match: {risk_tags: [read]}, decision: allow}\n"
    assert settings("rules:\n", moved) == ()


def test_what_changed_calls_show_is_not_listed() -> None:
    """A rule that settles a changed call, a tool of one."""
    found = settings("args.n <", "args.n <=")

    assert [each.path for each in found] == ["guardrails[late].require"]
    assert unasked(found, *seen(["day"], ["x"])) == found
    assert unasked(found, *seen(["late"], ["x"])) == ()
    tagged = settings("risk_tags: [write]", "risk_tags: [read]")
    assert unasked(tagged, *seen([""], ["t"])) == ()
    assert unasked(tagged, *seen([""], ["u"])) == tagged


def test_an_expression_is_not_cleared_by_calls_that_became_stricter() -> None:
    """Another change of its rule, or of its tool, may be all that they show."""
    found = settings("args.n <", "args.n <=")
    changed, nothing = (
        Changed(frozenset({"late"}), frozenset({"t"})),
        Changed(frozenset(), frozenset()),
    )

    assert unasked(found, changed, nothing) == found
