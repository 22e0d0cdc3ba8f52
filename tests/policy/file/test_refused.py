"""Refuse: the complete list of what is not enforced yet; it may only shrink."""

import json
from typing import Any

import pytest

from interlock.errors import PolicyError
from interlock.policy.file.refused import KEYS, VALUES, belongs, refusal
from interlock.policy.file.sections import parts
from interlock.policy.load import parse, read_text

Json = dict[str, Any]

NOT_ENFORCED_YET: dict[str, Json] = {
    "": {"trusted_servers": ["files"]},
    "guardrails[].inspect_args": {"commitments": "ask"},
    "output": {
        "commitments": "ask",
        "per_topic": {"job.*": {"secrets": "redact"}},
        "rules": [{"when": "has(output.x)", "decision": "quarantine"}],
    },
    "rules[].review.auth =": {"passkey": "passkey"},
    "autonomy.scope[] =": {"tool": "tool", "topic": "topic"},
    "output.entities.* =": {"hash": "hash"},
    "output.secrets =": {"hash": "hash"},
}  # fmt: skip
"""By place, with a value that is right; a place that ends in ` =` lists values. No entry may be
added."""

EACH = [
    (place, name, value)
    for place, names in NOT_ENFORCED_YET.items()
    for name, value in names.items()
]


def at_place(place: str, inner: Any) -> Json:
    """Write a policy that has `inner` at a place."""
    value: Any = inner
    for step in reversed(place.split(".") if place else []):
        name, items = step.removesuffix("[]"), step.endswith("[]")
        if name == "review":
            value = {"tool": "a", "action": "escalate", "review": value}
        else:
            value = {"US_SSN" if name == "*" else name: [value] if items else value}
    return {"groups": {"ops": ["dee"], "leads": ["eli"]}, **value}


def written(place: str, name: str, value: Any) -> str:
    """Write a policy in which one thing is not enforced."""
    if place.endswith(" ="):
        return json.dumps(at_place(place.removesuffix(" ="), value))
    return json.dumps(at_place(place, {name: value}))


def test_the_list_is_complete() -> None:
    """What the loader refuses is what stands here, no more and no less."""
    refused = {place: set(names) for place, names in KEYS.items()}
    refused |= {f"{place} =": set(names) for place, names in VALUES.items()}

    assert refused == {place: set(names) for place, names in NOT_ENFORCED_YET.items()}


@pytest.mark.parametrize(("place", "name", "value"), EACH)
def test_each_is_refused_by_name_in_its_place(place: str, name: str, value: Any) -> None:
    """A key or value that nothing enforces stops the load, and says which it is and where."""
    text = written(place, name, value)
    column = text.rindex(f'"{name}"') + 1
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value) == f"p:1:{column}: {refusal(name)}"


@pytest.mark.parametrize(("place", "name", "value"), EACH)
def test_each_is_read_by_those_who_only_look(place: str, name: str, value: Any) -> None:
    """A reading has the whole document and names what would stop the load, and where."""
    reading = read_text(written(place, name, value), "p")

    assert [(each.name, each.place) for each in reading.refused] == [
        (name, place.removesuffix(" ="))
    ]
    assert reading.document.groups == {"ops": ("dee",), "leads": ("eli",)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("audit: {sampling: {rat: 0.1}}",
         "1:20: unknown key `rat` in `audit.sampling`; did you mean `rate`?"),
        ("audit: {sampling: {}}", "1:19: `rate` is missing in `sampling`; add it"),
        ("audit: {sampling: {rate: 10}}", "1:26: `rate` is `10`; expected a number from 0 up to 1"),
        ("audit: {mandatory: [{match: {amount_above: 1, tool: [a]}}]}",
         "1:47: unknown key `tool` in `audit.mandatory[].match`; did you mean `tools`?"),
        ("timeouts: {critical: approve}",
         "1:22: `critical` is `approve`; expected deny | escalate; silence never approves"),
        ("timeouts: {medum: deny}",
         "1:12: unknown key `medum` in `timeouts`; did you mean `medium`?"),
        ("routing: {finance: ana}", "1:11: `routing` names `finance`; expected `<tag>_actions`"),
        ("demotion_triggers: [{error_rate_over: 1}]",
         "1:22: unknown key `error_rate_over` in `demotion_triggers[]`; did you mean"),
        ("demotion_triggers: [sleep]", "1:21: `demotion_triggers` is `sleep`; expected policy_"),
        ("demote_to: {safety_incident: 4}",
         "1:30: `safety_incident` is `4`; expected a whole number"),
        ("demote_to: {safety_incident: next}",
         "1:30: `safety_incident` is `next`; expected previous"),
        ("evidence_contract: {required_fields: [job_hsh]}",
         "1:39: `required_fields` is `job_hsh`; expected approver_id"),
        ("signals: {anomaly: {window: 30}}", "1:29: `window` is `30`; expected a duration such as"),
        ("output: {per_topic: {a: {secret: allow}}}",
         "1:26: unknown key `secret` in `output.per_topic.*`; did you mean `secrets`?"),
        ("output: {rules: [{decision: deny}]}",
         "1:29: `decision` is `deny`; expected allow | hash"),
        ("rules: [{tool: a, action: escalate, review: {quorum: many}}]",
         "1:54: `quorum` is `many`; expected majority | unanimous"),
        ("rules: [{tool: a, action: escalate, review: {quorum: true}}]",
         "1:54: `quorum` is `true`; expected a whole number from 1, `majority` or `unanimous`"),
        ("rules: [{tool: a, action: allow, on_silence: halt}]",
         "1:46: `on_silence` is `halt`; expected halt_agent | hold_result | none"),
        ("decision_matrix: {a: {low: {group: g, votes: majority}}}",
         "1:39: unknown key `votes` in `decision_matrix.*.*`; did you mean `vote`?"),
        ("default: deny\naudit: {}\nzzz: 1", "3:1: unknown key `zzz`"),
    ],
)  # fmt: skip
def test_a_mistake_within_has_its_own_error(text: str, said: str) -> None:
    """What is refused is read in full first, so that a misspelt key in it is a line and column."""
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value).startswith(f"p:{said}")


def test_levels_refuse_the_same() -> None:
    """A rule of a level has no other values than a rule."""
    rule = "{decision: require_approval, review: {auth: passkey}}"
    with pytest.raises(PolicyError, match="`passkey` is part of policy v1"):
        parse(f"autonomy_levels: {{level_0: {{rules: [{rule}]}}}}")


def test_null_promises_nothing() -> None:
    """A key that is written as null is absent, and absent is not refused."""
    assert parse("rules: [{tool: a, action: allow, on_silence: ~}]").snapshot


def test_every_place_is_a_section() -> None:
    """The list names sections that are read, and keys and values that they know."""
    sections = parts()
    open_places = {"guardrails[].inspect_args"}

    assert set(KEYS) - open_places <= set(sections)
    assert not [
        place for place in KEYS.keys() - open_places if KEYS[place] - sections[place].shapes.keys()
    ]


def test_a_misplaced_key_is_sent_to_its_section() -> None:
    """What people put into the wrong section is told its place, and that place has the key."""
    with pytest.raises(PolicyError) as caught:
        parse("unlisted: deny", "p")

    assert str(caught.value) == "p:1:1: unknown key `unlisted`; it belongs in `decision_matrix`"
    assert "unlisted" in parts()["decision_matrix"].shapes
    assert "quorum" in parts()[belongs("quorum").split("`")[1]].shapes
