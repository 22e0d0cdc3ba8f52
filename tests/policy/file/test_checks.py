"""Check: what two sections say of each other is a line and a column."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import parse, read_text

REFUND = "tools: {refund: {facts: {amount: args.a, tier: args.t}, risk_tags: [egress]}}\n"
GROUPS = "groups: {ops: [dee, eli], legal: [dee, fay], boss: [dee], also-boss: [dee]}\n"
ASK = "rules: [{tool: a, action: escalate, review: {%s}}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tools: {a: {args: {x: string}, schema: a.json}}",
         "1:32: `schema` does not go with `args`; keep one of them"),
        ("tools: {a: {compensate: b}, bb: {}}",
         "1:25: no tool `b` in the catalogue; did you mean `bb`?; declare it in `tools`"),
        ("tools: {a: {compensate: a}}", "1:25: `a` cannot undo itself; name another"),
        ("groups: {ops: [dee, eli, dee]}", "1:26: duplicate member `dee`; remove one"),
        ("groups: {ops: []}", "1:15: `ops` is `[]`; expected a list with at least one entry"),
        (GROUPS + ASK % "route: opps",
         "2:53: unknown group `opps`; did you mean `ops`?; declare it under `groups`"),
        (GROUPS + ASK % "groups_all: [ops, leagl]", "2:64: unknown group `leagl`"),
        (GROUPS + "decision_matrix: {a: {low: auto-approve, high: opps}}",
         "2:48: unknown group `opps`"),
        (GROUPS + "decision_matrix: {a: {low: {prod: ops, default: opps}}}",
         "2:49: unknown group `opps`"),
        (GROUPS + "decision_matrix: {a: {low: {group: opps}}}", "2:28: unknown group `opps`"),
        (GROUPS + "autonomy_levels: {level_0: {rules: [{tool: a, action: escalate, "
         "review: {route: opss}}]}}", "2:81: unknown group `opss`"),
        (GROUPS + "routing: {default: opps}", "2:20: unknown group `opps`"),
        (GROUPS + "escalation: {ops: [legal, opps]}", "2:27: unknown group `opps`"),
        (GROUPS + ASK % "route: ops, quorum: 3",
         "2:66: 3 people must approve, but `ops` has 2; ask fewer, or add members"),
        (GROUPS + "routing: {write_actions: legal, default: ops}\n" + ASK % "quorum: 3",
         "3:54: 3 people must approve, but `legal` has 2"),
        (GROUPS + ASK % "route: boss, groups_all: [boss, ops], quorum: 2",
         "2:92: 3 people must approve, but `boss`, `ops` have 2"),
        (GROUPS + ASK % "groups_all: [boss, also-boss]",
         "2:58: 2 people must approve, but `boss`, `also-boss` have 1"),
        (GROUPS + ASK % "groups_all: [ops, legal], quorum: 4",
         "2:80: 4 people must approve, but `ops`, `legal` have 3"),
        ("groups: {g: [x, local:X]}", "1:17: `local:X` and `x` are one person; name them once"),
        ("groups: {g: [ana, bo, \uff22\uff4f]}",
         "1:23: `\uff22\uff4f` and `bo` are one person; name them once"),
        ("groups: {a: [x], b: [X]}\n" + ASK % "groups_all: [a, b]",
         "2:58: 2 people must approve, but `a`, `b` have 1"),
        (ASK % "quorum: majority",
         "1:54: `quorum: majority` is of a group; name it in `route`"),
        (GROUPS + ASK % "groups_all: [ops, legal], quorum: unanimous",
         "2:80: `quorum: unanimous` is of a group; name it in `route`"),
        ("rules: [{tool: a, action: allow, veto_window_sec: 3}]",
         "1:34: `veto_window_sec` is about a notice; it needs `notify`"),
        (REFUND + "boundaries: {refund: {fact: amont, max_autonomous: 50}}",
         ("2:29: unknown fact `amont`; no tool that this is about declares it; did you mean "
          "`amount`?")),
        (REFUND + "boundaries: {refund: {fact: tier, order: [one, two], max_autonomous: tow}}",
         "2:70: `tow` is no tier of `order`; did you mean `two`?"),
        (REFUND + "boundaries: {refund: {fact: tier, order: [one, two], max_autonomous: {0: 3.5}}}",
         "2:74: `3.5` is no tier of `order`"),
        (REFUND + "boundaries: {refund: {fact: tier, max_autonomous: one}}",
         "2:51: `one` is a tier; list all of them in `order`"),
        (REFUND + "boundaries: {refund: {fact: tier, order: [a, b, a], max_autonomous: a}}",
         "2:49: duplicate tier `a`; remove one"),
        (REFUND + "boundaries: {refund: {fact: amount, max_autonomous: {}}}",
         "2:53: `max_autonomous` names no level"),
        (REFUND + "boundaries: {refund: {fact: amount, max_autonomous: {4: 1}}}",
         "2:54: `max_autonomous` names `4`; expected an autonomy level, 0 to 3"),
        (REFUND + "rules: [{tool: refund, action: allow, constraints: {max_runtime: 3}}]",
         ("2:53: `max_runtime` limits a fact that no tool declares; did you mean "
          "`max_runtime_sec`?")),
        (REFUND + "default_constraints: {max_amont: 3}",
         "2:23: `max_amont` limits a fact that no tool declares; did you mean `max_amount`?"),
        (REFUND + "guardrails: [{stage: decide, budget: {fact: amount, max: 5, per: day}}]",
         "2:30: `stage: decide` would let calls that run at once spend more than the `budget`"),
        ("guardrails: [{rate: {max: 5, per: day}, stage: decide}]",
         "1:15: `stage: decide` would let calls that run at once spend more than the `rate`"),
        ("default_constraints: {args: {a.b: 1}, args_drop: [a]}",
         "1:1: constraints force and drop `a.b`"),
        ("default_constraints: {args: {a.b: 1, a: 2}}",
         "1:1: constraints force `a` and `a.b`, which is inside it"),
        (REFUND + "rules: [{match: {risk_tags: [egress]}, decision: allow, "
         "constraints: {network_allowlist: [a.example]}}]",
         ("2:71: `network_allowlist` cannot be enforced for `refund`, which runs in the host's "
          "process; give it `isolation: subprocess`, or say `enforcement: best_effort`")),
        (REFUND + "default_constraints: {network_allowlist: [a.example]}",
         "2:23: `network_allowlist` cannot be enforced for `refund`"),
        ("default_constraints: {network_allowlist: [A.example]}",
         "1:43: `network_allowlist` is `A.example`; expected a host name in small letters"),
        ("default_constraints: {network_allowlist: ['*.example']}", "1:43: `network_allowlist` is"),
        ("default_constraints: {network_allowlist: ['a.example:443']}", "1:43: `network_allow"),
        ("guardrails: [{budget: {fact: x, max: 1, per: day}, rate: {max: 1, per: day}}]",
         "1:52: `rate` does not go with `budget`; write two guardrails"),
        (REFUND + "guardrails: [{budget: {fact: amont, max: 1, per: day}}]",
         "2:30: unknown fact `amont`; no tool that this is about declares it; did you mean"),
        ("guardrails: [{inspect_args: {CREDIT_CRD: deny}}]",
         "1:30: unknown kind `CREDIT_CRD`; did you mean `CREDIT_CARD`?"),
        ("guardrails: [{inspect_args: {PERSON: deny}}]", "1:30: `PERSON` needs a language model"),
        ("guardrails: [{inspect_args: {}}]", "1:29: `inspect_args` names nothing to look for"),
        ("output: {per_topic: {a: {entities: {IBAN: redact}}}}",
         "1:37: unknown entity `IBAN`; did you mean `IBAN_CODE`?"),
        ("rules: [{match: {topics: ['job.?']}, decision: deny}]",
         "1:27: `topics` is `job.?`; expected a glob; globs know only `*` and `**`"),
        ("rules: [{tool: 'a[bc]', action: block}]", "1:16: `tools` is `a[bc]`; expected a glob"),
        ("tools: {'{a,b}': {}}", "1:9: `tools` names `{a,b}`; expected a glob"),
        ("boundaries: {'!a': {fact: x, max_autonomous: 3}}", "1:14: `boundaries` names `!a`"),
        ("decision_matrix: {'a?': {low: deny}}",
         "1:19: `decision_matrix` names `a?`; expected a glob"),
    ],
)  # fmt: skip
def test_a_contradiction_is_a_line_and_a_column(text: str, said: str) -> None:
    """Each is refused where it stands, in words that say what to do."""
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value).startswith(f"p:{said}")


@pytest.mark.parametrize(
    "text",
    [
        "tools: {a: {compensate: undo.b}, 'undo.*': {}}",
        REFUND + "boundaries: {refund: {fact: tier, order: [one, two], max_autonomous: {0: one}}}",
        REFUND + "boundaries: {refund: {fact: amount, max_autonomous: {0: 0, 1: 20, '3': 200}}}",
        REFUND + "boundaries: {other: {fact: anything, max_autonomous: 1}}",
        REFUND + "default_constraints: {max_amount: 3, max_runtime_sec: 9}",
        REFUND
        + "rules: [{match: {tools: [mail]}, decision: allow, "
        + "constraints: {network_allowlist: [a.example, localhost, 10.0.0.1]}}]",
        REFUND + "default_constraints: {network_allowlist: [a.example], enforcement: best_effort}",
        "tools: {a: {isolation: subprocess}}\ndefault_constraints: {network_allowlist: [a.b]}",
        GROUPS + "decision_matrix: {a: {low: {prod: ops, default: deny}}, unlisted: deny}",
        "guardrails: [{inspect_args: {CREDIT_CARD: deny, secrets: ask, injection: deny}}]",
    ],
)
def test_what_fits_together_loads(text: str) -> None:
    """What only looks alike is not refused."""
    assert parse(text).snapshot


def test_levels_are_texts_however_they_are_written() -> None:
    """A boundary's levels may be whole numbers or texts; both are the same policy."""
    limits = [
        parse(f"boundaries: {{a: {{fact: x, max_autonomous: {{{key}: 5}}}}}}").document
        for key in ("1", "'1'")
    ]

    assert limits[0] == limits[1]
    assert limits[0].boundaries["a"].max_autonomous == {"1": 5.0}


def test_whole_number_keys_are_for_levels_only() -> None:
    """Anywhere else a key is text, and one level is not named twice."""
    for text, said in (
        ("groups: {1: [a]}", "a key must be text; quote it"),
        ("boundaries: {a: {fact: x, max_autonomous: {1: 2, '1': 3}}}", "duplicate key `1`"),
        ("boundaries: {a: {fact: x, max_autonomous: {0x1: 2}}}", "a key must be text; quote it"),
    ):
        with pytest.raises(PolicyError, match=said):
            read_text(text)


@pytest.mark.parametrize(
    "text",
    [
        ASK % "route: dpo",
        ASK % "route: ops-leads",
        "decision_matrix: {a: {low: auto-approve, high: cto}}",
        "routing: {financial_actions: treasury, default: ops-leads}",
        "escalation: {ops: [ops-leads, duty-manager]}",
        ASK % "groups_all: [treasury, dpo], quorum: 3",
        "routing: {default: ops}\n" + ASK % "quorum: majority",
    ],
)
def test_any_other_name_is_a_role(text: str) -> None:
    """A group that is not declared is who has that role in the ledger; nobody counts it at load."""
    reading = read_text(GROUPS + text, "p")

    assert compile_policy(reading.document, reading.root).snapshot


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{cooldown_sec: 9}", "without `cooldown_after_approvals`"),
        ("{cooldown_after_approvals: 9}", "without `cooldown_sec`"),
        ("{cooldown_window_sec: 9}", "without `cooldown_after_approvals`"),
    ],
)
def test_a_rest_that_nothing_begins_or_that_is_none(text: str, said: str) -> None:
    """Half of a cool-down would be a promise nobody keeps."""
    with pytest.raises(PolicyError, match=said):
        parse(f"fatigue_controls: {text}\n", "p")
