"""Describe: the published JSON Schema is current and accepts what loads."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from interlock.policy.authoring.schema import json_schema
from interlock.policy.load import parse

ROOT = Path(__file__).parents[3]
PUBLISHED = json.loads((ROOT / "policies" / "schema.json").read_text())
PACKS = sorted((ROOT / "policies").glob("*/policy.yaml"))

Json = dict[str, Any]


EXAMPLES = sorted((ROOT / "tests" / "policy" / "examples").rglob("*.yaml"))


def accepts(text: str) -> bool:
    validator: Any = Draft202012Validator(PUBLISHED)
    return validator.is_valid(json.loads(json.dumps(yaml.safe_load(text))))


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
    ],
)
def test_what_is_refused_is_not_accepted(text: str) -> None:
    """Editors mark what would not load."""
    assert not accepts(text)


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
    review = PUBLISHED["$defs"]["Review"]["properties"]

    assert review["quorum"]["description"].endswith("is checked and then refused.")
    assert "refused" not in review["route"]["description"]


def test_every_key_is_described() -> None:
    """Whoever hovers over a key reads what it does."""
    assert undescribed(PUBLISHED) == []
    assert [name for each in PUBLISHED["$defs"].values() for name in undescribed(each)] == []
