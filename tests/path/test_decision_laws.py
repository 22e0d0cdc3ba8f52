"""Decide: the laws, for every section of a policy, against a naive reference."""

import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from interlock.app.policy import Policy
from interlock.path.decision import strictest
from interlock.policy.constraints import Constraints, together
from interlock.policy.decisions import STRICTNESS, Ask, Decision, Kind
from interlock.policy.evaluation.rules import Heard, RuleSet, consult
from interlock.policy.subject import Subject

from .asking import decided, explained, loaded, seen  # isort: skip
from .reference import (
    EXPRESSIONS,
    PERMISSIVE,
    RISKS,
    Json,
    Question,
    reference,
    tightest,
    universal,
)  # isort: skip

TOOLS: Final[Json] = {
    "a.read": {
        "topic": "job.read",
        "risk_tags": ["read"],
        "effect": "read",
        "isolation": "subprocess",
        "facts": {"amount": "args.amount"},
    },
    "a.write": {
        "topic": "job.write.now",
        "risk_tags": ["write", "prod"],
        "isolation": "subprocess",
        "facts": {"amount": "args.amount", "tier": "args.tier"},
    },
    "a.find": {"topic": "job.find", "risk_tags": ["read"], "isolation": "subprocess", "facts": {}},
}
GROUPS: Final[Json] = {"g1": ["ana", "bo"], "g2": ["bo", "cy"], "g3": ["cy"]}
SPEAK_AT_GUARD: Final = "approval.groups.exists(g, g == 'g1')"
"""The one expression about who approved; before the guard nobody can tell."""

# What is tried.

CONDITIONS: Final[Json] = {
    "topics": [["*"], ["job.*"], ["job.write.*"], ["job.read", "x.y"], ["**.now"]],
    "tools": [["a.*"], ["a.read"], ["**"], ["x.y", "a.write"]],
    "agents": [["bot"], ["*"]],
    "environments": [["prod"], ["*"]],
    "principals": [["ana"]],
    "risk_tags": [["write"], ["read", "prod"]],
    "risk_tags_all": [["write", "prod"]],
    "levels": [[0], [1, 2]],
    "confidence_below": [0.5],
    "anomaly_score_above": [0.5],
    "risk_score_above": [0.5],
    "retry_count_above": [1],
    "first_time_action": [True, False],
    "error_streak_above": [2],
    "unprompted_identifier": [True, False],
    "tainted_by": [["web.*"], ["*"], ["mail.read", "x"]],
    "after_untrusted_read": [True, False],
    "unasked_effects": [True, False, ["delete"], ["secrets", "access"]],
    "amount_above": [10],
    "amount_at_most": [10],
    "tier_is": ["gold", 1],
    "tier_in": [["gold", 1]],
    "when": [text for text in EXPRESSIONS if text != SPEAK_AT_GUARD],
    "args_match": [{"tier": "^g"}, {"tier": "o", "to": "@corp$"}, {"logged_in": "yes"}],
}


def any_of(choices: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


def exempted(match: Json, unless: Json | None) -> Json:
    return {**match, "unless": unless} if unless else match


def beside(one: Json, two: Json) -> Json:
    return one | two


@st.composite
def conditions(draw: st.DrawFn) -> Json:
    keys = draw(st.lists(any_of(sorted(CONDITIONS)), max_size=3, unique=True))
    return {key: draw(any_of(CONDITIONS[key])) for key in keys}


exemptions = conditions().filter(lambda match: not universal(match))
matches: st.SearchStrategy[Json] = st.builds(
    exempted, conditions(), st.one_of(st.none(), st.none(), exemptions)
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(sorted(STRICTNESS))
limits: st.SearchStrategy[Json] = (
    st.fixed_dictionaries(
        {},
        optional={
            "max_amount": any_of([5, 15]),
            "max_runtime_sec": any_of([1.5, 60]),
            "max_rows": any_of([3, 4]),
            "network_allowlist": any_of([["a.org"], ["a.org", "b.org"], ["c.org"]]),
            "args": any_of(
                [{"tier": "tin"}, {"tier": "gold", "deep.way": 1}, {"deep": {"way": 1}}]
            ),
            "args_drop": any_of([["tier"], ["note"], ["deep"]]),
        },
    )
    .map(lambda each: dict(list(each.items())[:2]))
    .filter(lambda each: tightest([each]) is not None)
)


def named(rules: list[Json], prefix: str) -> list[Json]:
    """Name the rules; keep the first fallback only."""
    fallbacks = [rule for rule in rules if universal(rule["match"])]
    kept = [rule for rule in rules if rule not in fallbacks] + fallbacks[:1]
    return [{**rule, "id": f"{prefix}{at}"} for at, rule in enumerate(kept)]


@st.composite
def rules(draw: st.DrawFn) -> Json:
    rule: Json = {"match": draw(matches), "decision": draw(kinds)}
    if draw(st.integers(0, 3)) == 0:
        rule["constraints"] = draw(limits.filter(bool))
    if rule["decision"] == "require_approval" and draw(st.booleans()):
        rule["review"] = {"route": draw(any_of(sorted(GROUPS)))}
    return rule


def rule_lists(prefix: str) -> st.SearchStrategy[list[Json]]:
    return st.lists(rules(), max_size=4).map(lambda given: named(given, prefix))


levels = st.fixed_dictionaries(
    {"level_0": rule_lists("zero-").map(lambda given: {"rules": given})},
    optional={"level_2": rule_lists("two-").map(lambda given: {"rules": given})},
)
ACTIONS: Final = ["a.*", "a.write", "job.**", "x.y", "job.read"]
numeric = st.fixed_dictionaries(
    {
        "fact": st.just("amount"),
        "max_autonomous": any_of([0, 10, -5, 15.5, {"0": 0, "2": 20}, {"0": -5, "1": 10}]),
    },
    optional={"above": any_of(["deny", "require_approval"])},
)
tiers = st.fixed_dictionaries(
    {
        "fact": st.just("tier"),
        "order": st.just(["tin", "gold", "jade"]),
        "max_autonomous": any_of(["tin", "gold", {"0": "tin", "1": "jade"}]),
    },
    optional={"above": any_of(["deny", "require_approval"])},
)
boundaries: st.SearchStrategy[Json] = st.builds(
    beside,
    st.dictionaries(any_of(ACTIONS), numeric, max_size=2),
    st.dictionaries(any_of(["a.*", "a.write", "job.**"]), tiers, max_size=1),
)
WORDS: Final = ["auto-approve", "g1", "g2", "deny"]
cells = any_of(WORDS) | st.dictionaries(
    any_of(["prod", "pr*", "p*d", "dev", "*", "default"]), any_of(WORDS), min_size=1
)
rows = st.dictionaries(any_of(list(RISKS)), cells, max_size=4)
matrices: st.SearchStrategy[Json] = st.builds(
    beside,
    any_of([{}, {"unlisted": "deny"}]),
    st.dictionaries(any_of(ACTIONS), rows, max_size=2),
)
risks: st.SearchStrategy[list[Json]] = st.lists(
    st.fixed_dictionaries({"level": any_of(list(RISKS))}, optional={"match": matches}), max_size=3
)
WINDOWS: Final = ["minute", "day"]
demands = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"require": any_of([text for text in EXPRESSIONS if text != SPEAK_AT_GUARD])}
    ),
    st.just({"require": SPEAK_AT_GUARD, "stage": "guard"}),
    st.fixed_dictionaries(
        {
            "budget": st.fixed_dictionaries(
                {
                    "fact": st.just("amount"),
                    "max": any_of([20, 10.5]),
                    "per": any_of(WINDOWS),
                }
            )
        }
    ),
    st.fixed_dictionaries(
        {"rate": st.fixed_dictionaries({"max": any_of([1, 2]), "per": any_of(WINDOWS)})}
    ),
    st.fixed_dictionaries(
        {
            "inspect_args": st.dictionaries(
                any_of(["CREDIT_CARD", "secrets"]), any_of(["deny", "ask"]), min_size=1
            )
        }
    ),
)


@st.composite
def guardrails(draw: st.DrawFn) -> Json:
    given = draw(demands)
    early = () if {"budget", "rate"} & given.keys() else ("decide",)
    stage = draw(any_of([{}, *({"stage": each} for each in ("both", "guard", *early))]))
    return {"match": draw(matches), **stage, **given}


guardrail_lists = st.lists(guardrails(), max_size=3).map(
    lambda each: [{**rail, "id": f"bar{at}"} for at, rail in enumerate(each)]
)
documents: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"tools": st.just(TOOLS), "groups": st.just(GROUPS), "rules": rule_lists("r")},
    optional={
        "default": any_of(["require_approval", "deny"]),
        "autonomy_levels": levels,
        "boundaries": boundaries,
        "decision_matrix": matrices,
        "risk": risks,
        "guardrails": guardrail_lists,
        "default_constraints": limits.filter(bool),
    },
)
silences = st.fixed_dictionaries(
    {
        "confidence": any_of([{"missing": "ignore"}, {"missing": "escalate"}]),
        "anomaly": any_of([{"cold_start": "ignore"}, {"cold_start": "escalate"}]),
    }
)
scores = any_of([0.1, 0.9, 0, 95, "high", True, math.nan, -math.inf])
questions = st.builds(
    Question,
    tool=any_of(["a.read", "a.write", "a.find", "x.y"]),
    args=st.fixed_dictionaries(
        {},
        optional={
            "amount": any_of([5, 10, 20.5, -1, "many", True, None]),
            "tier": any_of(["gold", "tin", "jade", 1, True]),
            "to": any_of(["ana@corp", "eve@x", 3]),
            "logged_in": any_of(["yes", "no"]),
        },
    ),
    agent=any_of(["bot", "other"]),
    principal=any_of(["", "ana", "bo"]),
    environment=any_of([None, "prod", "dev"]),
    signals=st.fixed_dictionaries(
        {},
        optional={
            "confidence": scores,
            "anomaly_score": scores,
            "risk_score": scores,
            "retry_count": any_of([0, 1, 2, "2"]),
            "first_time_action": any_of([True, False, 1]),
            "error_streak": any_of([0, 2, 3, "3"]),
            "unprompted_identifier": any_of([True, False, "yes"]),
            "tainted_by": any_of([(), ("web.get",), ("mail.read", "x.y"), "web.get"]),
            "after_untrusted_read": any_of([True, False]),
            "unasked_effects": any_of([(), ("delete",), ("access", "x"), True]),
        },
    ),
    level=st.integers(0, 3),
    usage=st.dictionaries(any_of(["bar0", "bar1", "bar2"]), any_of([0, 1_000_000, 10_000_000])),
    found=any_of([None, frozenset(), frozenset({"CREDIT_CARD"}), frozenset({"secrets"})]),
    groups=any_of([None, frozenset(), frozenset({"g1"}), frozenset({"g1", "g2"})]),
)


def loosest_first(decision: Decision) -> int:
    """Rank a decision; the two that run without a word rank alike."""
    return 0 if decision.kind in PERMISSIVE else STRICTNESS[decision.kind]


def eligible(decision: Decision) -> tuple[str, ...] | None:
    return decision.terms.eligible if isinstance(decision, Ask) else None


def as_written(given: Constraints) -> Json:
    """Write limits as the file has them."""
    said = given._asdict()
    del said["enforcement"], said["max_facts"]
    facts = {f"max_{name}": most for name, most in given.max_facts.items()}
    plain: Json = {name: value for name, value in said.items() if value not in (None, (), {})}
    lists = {name: sorted(plain[name]) for name in LISTS if name in plain}
    return {**plain, **lists, **facts} | ({"args": dict(given.args)} if given.args else {})


LISTS: Final = ("network_allowlist", "args_drop")


def no_looser(decision: Decision, before: Decision) -> None:
    """Check that a decision lets through no more than another: in kind, limits and people."""
    assert loosest_first(decision) >= loosest_first(before)
    if decision.kind == "deny":
        return
    assert together((decision.constraints, before.constraints)) == decision.constraints
    if decision.kind == before.kind and (asked := eligible(before)) is not None:
        assert set(eligible(decision) or ()) <= set(asked)
        assert eligible(decision) is not None


@pytest.mark.timeout(60)  # hundreds of policies a law, each loaded
class TestLaws:
    @settings(max_examples=400)
    @given(documents, silences | st.none(), questions)
    def test_agrees_with_the_reference(
        self, doc: Json, silence: Json | None, ask: Question
    ) -> None:
        """Decision, who settled it, what was unknown, limits and approvers are the naive ones."""
        doc = {**doc, **({"signals": silence} if silence else {})}
        answer, wanted = decided(doc, ask), reference(doc, ask)

        assert (answer.kind, answer.rules, answer.not_evaluable) == wanted[:3]
        assert eligible(answer) == wanted.eligible
        if answer.kind != "deny":
            assert as_written(answer.constraints) == wanted.limits

    @given(documents, questions)
    def test_deny_overrides_everything(self, doc: Json, ask: Question) -> None:
        """A deny rule that matches denies, whatever else the policy says."""
        stop = {"id": "stop", "match": {"levels": [0, 1, 2, 3]}, "decision": "deny"}

        assert decided({**doc, "rules": [*doc["rules"], stop]}, ask).kind == "deny"

    @given(documents, questions)
    def test_allowed_only_by_an_explicit_rule(self, doc: Json, ask: Question) -> None:
        """What runs unasked names rules, boundaries or cells of the policy that say so."""
        policy = loaded(doc)
        answer = decided(policy, ask)
        said = {each.id for each in explained(policy, ask) if each.decision == answer.kind}

        assert set(answer.rules) <= said or answer.kind == "deny"
        assert answer.rules or answer.kind in ("require_approval", "deny")

    @given(documents, questions, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, doc: Json, ask: Question, random: Random) -> None:
        """Shuffled rules, keys and sections decide the same, in the same words."""
        assert decided(shuffled(doc, random), ask) == decided(doc, ask)

    @given(documents, questions)
    def test_saying_it_twice_changes_nothing(self, doc: Json, ask: Question) -> None:
        """A second copy of every specific rule and guardrail changes neither kind nor limits."""
        again = [
            {**rule, "id": f"again-{rule['id']}"}
            for rule in doc["rules"]
            if not universal(rule["match"])
        ]
        bars = doc.get("guardrails", [])
        twice = [{**bar, "id": f"again-{bar['id']}"} for bar in bars]
        spent = {f"again-{name}": amount for name, amount in ask.usage.items()} | dict(ask.usage)
        doubled = {**doc, "rules": doc["rules"] + again, "guardrails": bars + twice}
        one, two = decided(doc, ask), decided(doubled, replace(ask, usage=spent))

        assert (one.kind, one.constraints, eligible(one)) == (
            two.kind,
            two.constraints,
            eligible(two),
        )

    @given(documents, exemptions, questions)
    def test_a_rule_as_strict_as_what_it_silences_never_loosens(
        self, doc: Json, match: Json, ask: Question
    ) -> None:
        """Adding a rule no looser than fallback and default never loosens a decision."""
        silenced = [rule for rule in doc["rules"] if universal(rule["match"])]
        said = [rule["decision"] for rule in silenced] + [doc.get("default", "require_approval")]
        rule: Json = {
            "id": "new",
            "match": match,
            "decision": max(said, key=STRICTNESS.__getitem__),
        }
        if silenced and (kept := silenced[0].get("constraints") or filled(doc, silenced[0])):
            rule["constraints"] = kept
        if silenced and "review" in silenced[0] and rule["decision"] == "require_approval":
            rule["review"] = silenced[0]["review"]

        no_looser(decided({**doc, "rules": [*doc["rules"], rule]}, ask), decided(doc, ask))

    @given(documents, guardrails(), questions)
    def test_a_guardrail_never_loosens(self, doc: Json, bar: Json, ask: Question) -> None:
        """Adding a guardrail never loosens a decision, nor its limits, nor who may approve."""
        bars = [*doc.get("guardrails", []), {**bar, "id": "new"}]
        ask = replace(ask, usage={**ask.usage, "new": 1_000_000})

        no_looser(decided({**doc, "guardrails": bars}, ask), decided(doc, ask))

    @given(documents, st.sampled_from([*ACTIONS, "*"]), questions)
    def test_a_cell_that_denies_never_loosens(self, doc: Json, action: str, ask: Question) -> None:
        """Adding a row to the matrix that denies at every risk never loosens a decision."""
        matrix: Json = doc.get("decision_matrix", {})
        assume(action not in matrix)
        added: Json = {**doc, "decision_matrix": {**matrix, action: {}}}

        no_looser(decided(added, ask), decided(doc, ask))

    @settings(max_examples=200)
    @given(documents, questions, st.data())
    def test_a_missing_value_never_loosens(
        self, doc: Json, ask: Question, data: st.DataObject
    ) -> None:
        """What cannot be had, be it signal, argument, place, usage or finding, never loosens."""
        policy = loaded(doc)
        whole = [name for name in ("environment", "found") if getattr(ask, name) is not None]
        gone = data.draw(
            st.sampled_from([*ask.signals, *ask.args, *ask.usage, *whole, "principal"])
        )
        known, without = decided(policy, ask), decided(policy, lacking(ask, gone))

        no_looser(without, known)

    @given(documents, questions, kinds, kinds)
    def test_the_fallback_never_beats_a_specific_rule(
        self, doc: Json, ask: Question, said: Kind, instead: Kind
    ) -> None:
        """Where a specific rule is known to match, it is all the same what the fallback says."""
        given_ = [rule for rule in doc["rules"] if not universal(rule["match"])]
        given_.append({"id": "known", "match": {"levels": [0, 1, 2, 3]}, "decision": said})
        fallback = {"id": "else", "match": {"topics": ["*"]}, "decision": instead}

        assert decided({**doc, "rules": [*given_, fallback]}, ask) == decided(
            {**doc, "rules": given_}, ask
        )

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(documents, questions, st.integers(0, 4))
    def test_files_merged_equal_one_file(self, doc: Json, ask: Question, cut: int) -> None:
        """A policy spread over a folder is the policy in one file, to the digest."""
        whole = loaded(doc)
        later = {"rules": doc["rules"][cut:], "guardrails": doc.get("guardrails", [])[cut:]}
        first = {
            **doc,
            "rules": doc["rules"][:cut],
            "guardrails": doc.get("guardrails", [])[:cut],
        }
        apart = {name: first.pop(name) for name in ("boundaries", "groups") if name in first}
        parts = {"policy.yaml": first, "policy.d/a.yaml": later, "policy.d/b.yaml": apart}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "policy.d").mkdir()
            for name, part in parts.items():
                (Path(folder) / name).write_text(json.dumps(part))
            merged = Policy.load(folder)

        assert merged.compiled.digest == whole.compiled.digest
        assert decided(merged, ask) == decided(whole, ask)

    @given(documents, questions)
    def test_the_explanation_agrees(self, doc: Json, ask: Question) -> None:
        """Decision and determining rules follow from what is said of each rule."""
        policy = loaded(doc)
        answer, traces = decided(policy, ask), explained(policy, ask)
        counted = [trace for trace in traces if trace.counted]
        said: list[Kind] = [trace.decision for trace in counted]
        if not any(each.outcome == "matched" for each in counted if each.set != "guardrails"):
            said.append(policy.compiled.default)
        kind = strictest(said)

        assert answer.kind == kind or (answer.kind == "deny" and reference(doc, ask).kind == "deny")
        if answer.kind == kind:
            assert answer.rules == tuple(sorted(t.id for t in counted if t.decision == kind))
        assert set(answer.not_evaluable) == {
            trace.id for trace in traces if trace.outcome == "could not be evaluated"
        }
        assert all(trace.why for trace in traces)

    @given(documents, questions, st.integers(0, 3), st.sets(st.sampled_from(sorted(GROUPS))))
    def test_neither_level_nor_approval_lifts_a_guardrail(
        self, doc: Json, ask: Question, level: int, approved: set[str]
    ) -> None:
        """What a guardrail bars is denied at every level, before and after whatever approval."""
        bar = {"id": "bar", "match": {"tools": [ask.tool]}, "reason": "never"}
        policy = loaded({**doc, "guardrails": [*doc.get("guardrails", []), bar]})
        before = replace(ask, level=level, groups=None)
        after = replace(ask, level=level, groups=frozenset(approved))

        for answer in (decided(policy, before), decided(policy, after)):
            assert answer.kind == "deny"
            assert "bar" in answer.rules

    @given(documents, questions, st.sets(st.sampled_from(sorted(GROUPS))))
    def test_the_guard_is_no_looser_than_the_decision(
        self, doc: Json, ask: Question, approved: set[str]
    ) -> None:
        """With the same values, what is decided at the guard is no looser than before."""
        bars = [
            {**bar, "stage": "both"} if bar.get("stage") == "decide" else bar
            for bar in doc.get("guardrails", [])
        ]
        policy = loaded({**doc, "guardrails": bars})
        before = decided(policy, replace(ask, groups=None))

        no_looser(decided(policy, replace(ask, groups=frozenset(approved))), before)

    @settings(max_examples=200)
    @given(documents, questions)
    def test_the_index_leaves_nobody_out(self, doc: Json, ask: Question) -> None:
        """Each set says through its index what it says when every rule is asked."""
        policy = loaded(doc)
        subject = seen(policy, ask).subject
        for rule_set in policy.compiled.sets(subject.level, at_guard=ask.groups is not None):
            found, wanted = consult(rule_set, subject), all_asked(rule_set, subject)
            assert ids(found) == ids(wanted)
            assert found.sure == wanted.sure


def all_asked(rules: RuleSet, subject: Subject) -> Heard:
    """Consult a set rule by rule."""
    truths = [(rule, rule.holds(subject)) for rule in rules.specific]
    known = [rule for rule, truth in truths if truth]
    if not known and rules.fallback is not None:
        known.append(rules.fallback)
    unknown = [rule for rule, truth in truths if truth is None]
    counted = known + [rule for rule in unknown if rule.restrictive]
    return Heard(tuple(counted), tuple(unknown), bool(known))


def ids(heard: Heard) -> tuple[list[str], list[str]]:
    return sorted(one.id for one in heard.counted), sorted(one.id for one in heard.unknown)


def shuffled(value: Any, random: Random, *, lists: bool = True) -> Any:
    """Put rules, guardrails and the keys of every mapping into another order."""
    if isinstance(value, dict):
        parts = cast("Json", value)
        keys = random.sample(list(parts), len(parts))
        free = ("rules", "guardrails", "risk")
        return {key: shuffled(parts[key], random, lists=key in free) for key in keys}
    if isinstance(value, list) and lists:
        items = cast("list[Any]", value)
        return [shuffled(each, random, lists=False) for each in random.sample(items, len(items))]
    return cast("Any", value)


def filled(doc: Json, rule: Json) -> Json:
    """Return the default limits where a rule allows within limits and names none."""
    return (
        doc.get("default_constraints", {}) if rule["decision"] == "allow_with_constraints" else {}
    )


def lacking(ask: Question, gone: str) -> Question:
    """Return the question without one value."""
    match gone:
        case "environment" | "found":
            return replace(ask, **{gone: None})
        case "principal":
            return replace(ask, principal="")
        case _:
            parts = {
                name: {key: value for key, value in getattr(ask, name).items() if key != gone}
                for name in ("args", "signals", "usage")
            }
            return replace(ask, **parts)
