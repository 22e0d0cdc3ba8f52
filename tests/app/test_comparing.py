"""Compare: what loosens is found, and a policy does not differ from itself."""

from pathlib import Path

import pytest

from interlock.app.comparing import Change, Difference, compare_generated
from interlock.app.policy import Policy
from interlock.policy.authoring.generation import questions

PACKS = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))

BASE = """
environment: dev
tools:
  pay: {risk_tags: [write], facts: {usd: args.usd, n: size(args.to)},
    args: {usd: number, to: array}}
  look: {topic: job.look, risk_tags: [read], effect: read}
groups: {leads: [ana, bo]}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: small, match: {tools: [pay], usd_at_most: 50}, decision: allow, constraints: {max_rows: 9}}
  - {id: big, match: {tools: [pay], usd_above: 50}, decision: require_approval,
     review: {route: leads}}
  - {id: many, match: {n_above: 3}, decision: deny}
  - {id: unsure, match: {confidence_below: 0.5, risk_tags: [write]}, decision: require_approval}
  - {id: new, match: {agents: [new-bot], first_time_action: true}, decision: require_approval}
  - {id: eu, match: {tools: [pay], when: "context.region == 'eu'"}, decision: deny}
autonomy_levels:
  level_0: {rules: []}
  level_2: {rules: [{match: {tools: [pay]}, decision: notify}]}
guardrails:
  - {id: daily, match: {tools: [pay]}, budget: {fact: usd, max: 100, per: day}}
  - {id: often, match: {tools: [look]}, rate: {max: 5, per: minute}}
  - {id: clean, match: {risk_tags: [write]}, inspect_args: {secrets: deny}}
  - {id: lead, match: {tools: [pay]}, stage: guard, require: "'leads' in approval.groups"}
"""


def diff(before: str, after: str) -> Difference:
    """Compare two texts."""
    old, new = Policy.parse(before), Policy.parse(after)
    asked = questions((old.compiled.document, new.compiled.document), 1_500)
    return compare_generated(old, new, asked)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("usd_at_most: 50", "usd_at_most: 60"),
        (
            "usd_above: 50}, decision: require_approval,\n     review: {route: leads}",
            "usd_above: 50}, decision: allow",
        ),
        ("n_above: 3", "n_above: 4"),
        ("confidence_below: 0.5", "confidence_below: 0.4"),
        ("agents: [new-bot]", "agents: [newer-bot]"),
        ("== 'eu'", "== 'eu-west'"),
        ("max: 100", "max: 120"),
        ("max: 5,", "max: 6,"),
        ("secrets: deny", "injection: deny"),
        ("decision: notify", "decision: allow"),
        ("level_2: {rules", "level_3: {rules"),
        ("'leads' in approval.groups", "size(approval.groups) >= 0"),
        ("max_rows: 9", "max_rows: 10"),
        (",\n     review: {route: leads}", ""),
        ("leads: [ana, bo]", "leads: [ana, bo, cy]"),
        ("{id: many, match: {n_above: 3}, decision: deny}", "{id: many, tool: z, action: block}"),
    ],
)
def test_a_loosening_is_found(was: str, now: str) -> None:
    """Each way to loosen a policy is found, and is no loosening the other way round."""
    looser = BASE.replace(was, now)
    assert looser != BASE
    # A call over a raised threshold is asked about by nobody now, unless another rule does.
    if was == "usd_at_most: 50":
        looser = looser.replace("usd_above: 50", "usd_above: 60")
    found = diff(BASE, looser)

    assert found.loosens
    assert found.changes[0].direction == "looser"
    assert "stricter" in [change.direction for change in diff(looser, BASE).changes]


def test_a_policy_does_not_differ_from_itself() -> None:
    """Nor from the same policy written otherwise."""
    again = BASE.replace("  - {id: reads", "  # a remark\n  - {id: reads")

    assert diff(BASE, again).changes == ()
    assert diff(BASE, again).calls > 1_000


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.parent.name)
def test_a_pack_does_not_differ_from_itself(pack: Path) -> None:
    """Asked about real policies, and some of their calls are let through."""
    policy = Policy.load(pack)
    asked = questions((policy.compiled.document,), 300)

    assert compare_generated(policy, policy, asked).changes == ()


def test_loosening_comes_first_then_the_larger_step() -> None:
    """Denied calls that now run stand before those that were asked about."""
    rules = "rules: [{{tool: a, action: {}, id: a}}, {{tool: b, action: {}, id: b}}]"
    strict, loose = (rules.format(*said) for said in (("block", "escalate"), ("allow", "allow")))
    strict = strict.replace("]", ", {tool: c, action: allow, id: c}]")
    loose = loose.replace("]", ", {tool: c, action: block, id: c}]")
    changes = diff(strict, loose).changes

    assert [(one.direction, one.rules_before) for one in changes] == [
        ("looser", ("a",)),
        ("looser", ("b",)),
        ("stricter", ("c",)),
    ]
    assert [one.tools for one in changes] == [("a",), ("b",), ("c",)]


def test_other_limits_in_both_directions_are_mixed() -> None:
    """A policy that gives here and takes there loosens, and says what differs."""
    limits = "constraints: {{max_rows: {}, max_result_bytes: {}}}"
    base = f"rules: [{{{{id: x, match: {{{{tools: [a]}}}}, decision: allow, {limits}}}}}]"
    found = diff(base.format(5, 100), base.format(6, 99))
    (change,) = found.changes

    assert (change.direction, change.how, found.loosens) == ("mixed", ("constraints",), True)


def test_each_call_is_counted_and_ticked() -> None:
    """Progress moves once for every call that both were asked about."""
    policy = Policy.parse(BASE)
    ticks: list[int] = []
    asked = questions((policy.compiled.document,), 100)
    found = compare_generated(policy, policy, asked, lambda: ticks.append(1))

    assert found.calls == len(ticks) == len(asked)


def test_a_change_is_json() -> None:
    """Every member, by its name."""
    change = Change("looser", "deny", "allow", ("a",), ("b",), 1, ("t",), {"name": "t"}, ())

    assert change.json()["example"] == {"name": "t"}


TOOLS = """groups: {g: [a, b], h: [c]}
tools:
  t: {risk_tags: [write], topic: job.t, owner: a, args: {a: string, n: number},
    facts: {amt: args.n, s: "args.n * 2.0"}}
  u: {risk_tags: [read], effect: read, isolation: subprocess}
rules: [{match: {tools: [t, u]}, decision: allow}]
"""


def guarded(match: str) -> str:
    """Deny what matches."""
    return f"{TOOLS}guardrails: [{{id: bar, match: {{tools: [t], {match}}}}}]\n"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("when: 'args[\"n\"] > 50'", "when: 'args[\"n\"] > 90'"),
        ("args_match: {a: '^/etc/(passwd|shadow)$'}", "args_match: {a: '^/etc/(passwd)$'}"),
        (r"args_match: {a: '(?i)drop\s+table'}", "args_match: {a: 'DROP TABLE'}"),
        ("when: 'args.a.matches(\"rm +-rf\")'", "when: 'args.a.matches(\"rm  -rf\")'"),
        (
            "when: 'args.a.matches(\"rm\\\\\\\\s+-rf\")'",
            "when: 'args.a.matches(\"rm\\\\\\\\s-rf\")'",
        ),
        ("s_above: 100", "s_above: 500"),
    ],
)
def test_calls_find_what_patterns_indexes_and_computed_facts_hide(was: str, now: str) -> None:
    """A call is found that the first denies and the second lets through."""
    found = diff(guarded(was), guarded(now))

    assert [(one.direction, one.before, one.after) for one in found.changes][:1] == [
        ("looser", "deny", "allow")
    ]
    assert found.settings == ()


@pytest.mark.parametrize(
    ("path", "was", "now"),
    [
        ("hold_siblings", "hold_siblings: effects", "hold_siblings: none"),
        ("output.secrets", "output: {secrets: redact}", "output: {secrets: allow}"),
        ("tools.u.isolation", "effect: read, isolation: subprocess", "effect: read"),
        ("guardrails[day].budget.per", "per: day", "per: minute"),
        ("guardrails[day].budget.by", "by: all", "by: agent"),
    ],
)
def test_what_no_call_shows_is_named(path: str, was: str, now: str) -> None:
    """A setting that loosens counts as loosening; the other way round it does not."""
    base = TOOLS + (
        "hold_siblings: effects\noutput: {secrets: redact}\n"
        "guardrails: [{id: day, budget: {fact: amt, max: 5, per: day, by: all}}]\n"
    )
    assert was in base
    found, back = diff(base, base.replace(was, now)), diff(base.replace(was, now), base)

    assert [(each.path, each.direction) for each in found.settings] == [(path, "looser")]
    assert (found.loosens, back.loosens) == (True, False)
    assert [each.direction for each in back.settings] == ["stricter"]


_MASKED = "tools: {t: {args: {n: number}}}\nrules:\n- {tool: t, action: allow}\n"
_ASKS = "- {id: e, match: {tools: [t], when: 'args.n * 2.0 > 100.0'}, decision: require_approval}"
_BARS = "guardrails: [{id: e, match: {tools: [t], agents: [x], when: 'args.n * 2.0 > 100.0'}}]"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_ASKS, _ASKS.replace("100", "130").replace("require_approval", "deny")),
        (_BARS, _BARS.replace("100", "130").replace("[x]", "[x, y]")),
    ],
)
def test_a_stricter_change_of_a_rule_hides_no_looser_expression(before: str, after: str) -> None:
    """The number that is let pass now was never asked about; the expression is named."""
    found = diff(_MASKED + before, _MASKED + after)

    assert found.loosens
    assert any(each.path.endswith("when") for each in found.settings) or any(
        each.direction == "looser" for each in found.changes
    )
