"""Describe: the published JSON Schema is current and accepts what loads."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from interlock.errors import PolicyError
from interlock.policy.authoring.schema import json_schema
from interlock.policy.load import parse

ROOT = Path(__file__).parents[3]
PUBLISHED = json.loads((ROOT / "policies" / "schema.json").read_text())
PACKS = sorted((ROOT / "policies").glob("*/policy.yaml"))

Json = dict[str, Any]


EXAMPLES = sorted((ROOT / "tests" / "policy" / "examples").rglob("*.yaml"))


VALIDATOR: Any = Draft202012Validator(PUBLISHED)


def accepts(text: str) -> bool:
    return VALIDATOR.is_valid(json.loads(json.dumps(yaml.safe_load(text))))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_formats_examples_are_accepted(path: Path) -> None:
    """Every section and form of the format is accepted, enforced or not."""
    assert accepts(path.read_text())


def test_the_published_schema_is_current() -> None:
    """`policies/schema.json` is what the sections say now."""
    assert json_schema() == PUBLISHED


def test_the_schema_is_a_schema() -> None:
    """It is valid JSON Schema itself."""
    Draft202012Validator.check_schema(PUBLISHED)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.parent.name)
def test_the_packs_are_accepted(path: Path) -> None:
    """Every pack that loads is accepted."""
    assert parse(path.read_text())
    assert accepts(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "rules: [{tool: a, action: block}]",
        "rules: [{match: {amount_above: 3, x_in: [a, 1]}, decision: deny}]",
        "autonomy_levels: {level_0: {rules: [{tool: a, action: allow}]}}",
        "output: {blocked_terms: [x], max_length: 5}",
        "output: {blocked_terms: {terms: [x], action: quarantine}}",
    ],
)
def test_what_loads_is_accepted(text: str) -> None:
    """Short forms, fact comparisons and levels."""
    assert parse(text)
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "boundary: {}",
        "boundaries: {a: {fact: x}}",
        "boundaries: {a: {fact: x, max_autonomus: 3}}",
        "boundaries: {a: {fact: x, max_autonomous: {'4': 3}}}",
        "decision_matrix: {a: {lo: deny}}",
        "decision_matrix: {a: {low: {group: x, votes: majority}}}",
        "decision_matrix: {unlisted: allow}",
        "guardrails: [{requires: 'true'}]",
        "guardrails: [{rate: {max: 20, per: month}}]",
        "risk: [{level: hi}]",
        "rules: [{match: {topics: ['job.?']}, decision: deny}]",
        "rules: [{match: {confidence_above: 0.5}, decision: deny}]",
        "rules: [{decision: allow, constraints: {max_amount: x}}]",
        "rules: [{decision: allow, constraints: {network_allowlist: ['https://a.example']}}]",
        "tools: {a: {args: {x: text}}}",
        "audit: {sampling: {rat: 1}}",
        "demotion_triggers: [{error_rate_over: 1}]",
        "output: {per_topic: {a: {blocked_term: [x]}}}",
        "timeouts: {critical: approve}",
        "rules: [{tool: a}]",
        "rules: [{match: {amount_above: x}, decision: deny}]",
        "rules: [{match: {topic: [a]}, decision: deny}]",
        "default: allow",
        "tools: {a: {effect: writes}}",
        "autonomy_levels: {level_1: {}}",
        "guardrails: [{budget: {fact: a, max: 1, per: day}, rate: {max: 1, per: day}}]",
        "guardrails: [{stage: decide, rate: {max: 1, per: day}}]",
        "guardrails: [{stage: decide, budget: {fact: a, max: 1, per: day}}]",
        "guardrails: [{inspect_args: {FOO: deny}}]",
        "guardrails: [{inspect_args: {PERSON: deny}}]",
        "guardrails: [{inspect_args: {}}]",
        "output: {entities: {FOO: redact}}",
        "output: {entities: {PERSON: redact}}",
        "output: {per_topic: {a: {entities: {FOO: redact}}}}",
        "rules: [{tool: a, action: allow, review: {inline: true}}]",
        "rules: [{tool: a, action: block, review: {inline: true}}]",
        "rules: [{tool: a, action: escalate, veto_window_sec: 5}]",
        "rules: [{match: {tools: [a]}, decision: deny, review: {inline: true}}]",
        "rules: [{match: {tools: [a]}, decision: allow, on_silence: none}]",
        "rules: [{match: {levels: [5]}, decision: deny}]",
        "autonomy_levels: {level_0: {rules: [{tool: a, action: allow, review: {}}]}}",
        "boundaries: {a: {fact: t, order: [x, y, x], max_autonomous: y}}",
        "boundaries: {a: {fact: t, max_autonomous: {5: 3}}}",
        "groups: {g: [ana, ana]}",
        "tools: {a: {args: {x: string}, schema: a.json}}",
    ],
)
def test_what_is_refused_is_not_accepted(text: str) -> None:
    """Editors mark what would not load."""
    assert not accepts(text)
    with pytest.raises(PolicyError):
        parse(text)


KEYS: dict[str, st.SearchStrategy[Any]] = {
    "decision": st.sampled_from(["allow", "deny", "require_approval", "notify", "other"]),
    "action": st.sampled_from(["allow", "block", "escalate", "notify"]),
    "tool": st.sampled_from(["a", "a.*", "a?", ""]),
    "match": st.sampled_from(
        [{}, {"tools": ["a"]}, {"levels": [3]}, {"levels": [5]}, {"usd_above": 1}, {"tool": "a"}]
    ),
    "review": st.sampled_from([{}, {"inline": True}, {"inline": 1}, {"ttl": 1}]),
    "constraints": st.sampled_from([{}, {"max_rows": 1}, {"max_rows": -1}, {"max_rows": 1.5}]),
    "reason": st.sampled_from(["x", "", 1]),
    "id": st.sampled_from(["x", "", 1]),
    "review_result": st.sampled_from([True, 1]),
    "veto_window_sec": st.sampled_from([1, 0]),
}
BAR: dict[str, st.SearchStrategy[Any]] = {
    "budget": st.sampled_from(
        [
            {"fact": "usd", "max": 1, "per": "day"},
            {"fact": "usd", "max": -1, "per": "day"},
            {"fact": "usd", "max": 1, "per": "month"},
        ]
    ),
    "rate": st.sampled_from([{"max": 1, "per": "day"}, {"max": 0.5, "per": "day"}, {"max": 1}]),
    "stage": st.sampled_from(["decide", "guard", "both", "never"]),
    "match": KEYS["match"],
    "require": st.sampled_from(["tool == 'a'", ""]),
    "inspect_args": st.dictionaries(
        st.sampled_from(["CREDIT_CARD", "secrets", "PERSON", "FOO"]),
        st.sampled_from(["deny", "ask", "allow"]),
        max_size=2,
    ),
}
ENTITIES = st.dictionaries(
    st.sampled_from(["CREDIT_CARD", "PERSON", "FOO"]),
    st.sampled_from(["allow", "redact", "deny"]),
    max_size=2,
)
SECTIONS: dict[str, st.SearchStrategy[Any]] = {
    "rules": st.fixed_dictionaries({}, optional=KEYS).map(lambda rule: [rule]),
    "guardrails": st.fixed_dictionaries({}, optional=BAR).map(lambda bar: [bar]),
    "output": st.fixed_dictionaries({}, optional={"entities": ENTITIES}),
    "groups": st.fixed_dictionaries(
        {"g": st.lists(st.sampled_from(["ana", "bo", ""]), max_size=3)}
    ),
    "boundaries": st.fixed_dictionaries(
        {
            "fact": st.just("usd"),
            "max_autonomous": st.one_of(
                st.sampled_from([1, -1, True]),
                st.dictionaries(st.sampled_from("035"), st.just(1), min_size=1, max_size=2),
            ),
        },
        optional={"above": st.sampled_from(["deny", "require_approval", "allow"])},
    ).map(lambda boundary: {"a": boundary}),
}
TOOLS = {"a": {"args": {"usd": "number"}, "facts": {"usd": "args.usd"}}}


@given(st.fixed_dictionaries({"tools": st.just(TOOLS)}, optional=SECTIONS))
def test_what_is_accepted_loads(document: Json) -> None:
    """In these forms the schema is as strict as the loader: what an editor accepts, loads."""
    text = json.dumps(document)
    if accepts(text):
        assert parse(text)


def undescribed(schema: Any, path: str = "") -> list[str]:
    """Name every property, at any depth, that says nothing of itself."""
    inner: dict[str, Any] = schema.get("properties", {})
    silent = [f"{path}.{name}" for name in inner if not inner[name].get("description")]
    for name, each in inner.items():
        silent += undescribed(each, f"{path}.{name}")
    further = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]
    return silent + [name for each in further if each for name in undescribed(each, path)]


def test_every_section_describes_itself() -> None:
    """A section is written once, with its own text, and says nothing of where it is kept here."""
    sections = PUBLISHED["$defs"]

    assert [name for name, each in sections.items() if not each["description"]] == []
    assert "$comment" not in json.dumps(PUBLISHED)


def test_what_is_not_enforced_says_so() -> None:
    """An editor shows at the key that a file with it does not load."""
    output = PUBLISHED["$defs"]["OutputPolicy"]["properties"]
    review = PUBLISHED["$defs"]["Review"]["properties"]

    assert output["commitments"]["description"].endswith("is checked and then refused.")
    assert "refused" not in review["batch"]["description"]


def test_every_key_is_described() -> None:
    """Whoever hovers over a key reads what it does."""
    assert undescribed(PUBLISHED) == []
    assert [name for each in PUBLISHED["$defs"].values() for name in undescribed(each)] == []
