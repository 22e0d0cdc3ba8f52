"""Ask a policy: from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Shell, one_line

POLICIES = Path(__file__).parents[2] / "policies"

POLICY = """\
tools:
  pay: {risk_tags: [write], facts: {usd: args.usd}}
rules:
  - {id: small, match: {tools: [pay], usd_at_most: 50}, decision: allow}
  - {id: big, match: {tools: [pay], usd_above: 50}, decision: require_approval, reason: "too much"}
  - {id: unsure, match: {confidence_below: 0.5}, decision: require_approval}
"""
CALL = '{"name": "pay", "args": {"usd": 80}, "signals": {"confidence": 0.9}}'
CASES = """\
cases:
  - name: a little
    call: {name: pay, args: {usd: 5}}
    signals: {confidence: 1.0}
    decision: allow
    rules: [small]
  - name: much
    call: {name: pay, args: {usd: 500}}
    signals: {confidence: 1.0}
    decision: require_approval
  - name: doubt
    call: {name: pay, args: {usd: 5}}
    signals: {confidence: 0.1}
    decision: require_approval
    rules: [unsure]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A policy with its cases."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "cases.yaml").write_text(CASES)
    return tmp_path


def told(shell: Shell, *words: object) -> Any:
    """Run a command with --json and read what it printed."""
    return json.loads(shell("policy", *map(str, words), "--json").out)


def test_check_says_what_loaded(pack: Path, shell: Shell) -> None:
    """Counts, the default and the snapshot; the same for the folder and its file."""
    found = told(shell, "check", pack)

    assert (found["rules"], found["tools"], found["default"]) == (3, 1, "require_approval")
    assert found["snapshot"] == "v1:" + found["digest"][:6]
    assert told(shell, "check", pack / "policy.yaml")["digest"] == found["digest"]
    assert found["snapshot"] in shell("policy", "check", str(pack)).out


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rules: [{match: {toools: [x]}, decision: allow}]", "policy.yaml:1:18:"),
        ("rules: [}", "policy.yaml:1:9:"),
        ("a: &x 1\nb: *x", "policy.yaml:1:4:"),
        ("default: allow", "policy.yaml:1:10:"),
        ("rules: 7", "policy.yaml:1:8:"),
    ],
)
@pytest.mark.parametrize("command", ["check", "show", "explain", "test"])
def test_a_broken_policy(command: str, text: str, place: str, pack: Path, shell: Shell) -> None:
    """Every command names file, line and column in one line, and exits 1."""
    (pack / "policy.yaml").write_text(text)
    ran = shell("policy", command, str(pack), *([CALL] if command == "explain" else []))

    assert ran.code == 1
    assert place in one_line(ran)
    assert ran.out == ""


def test_a_missing_policy(shell: Shell, tmp_path: Path) -> None:
    """No file, an empty folder, a folder in place of a file's content: each is said."""
    for path in (tmp_path / "no.yaml", tmp_path):
        ran = shell("policy", "check", str(path))
        assert ran.code == 1
        assert one_line(ran)


def test_show_is_the_effective_policy(pack: Path, shell: Shell, tmp_path: Path) -> None:
    """What is shown is defaulted, and says the snapshot."""
    shown = told(shell, "show", pack)

    assert shown["policy"]["default"] == "require_approval"
    assert shown["policy"]["tools"]["pay"]["effect"] == "non_idempotent"
    text = shell("policy", "show", str(pack)).out
    assert shown["snapshot"] in text.splitlines()[0]
    assert "effect: non_idempotent" in text


def test_explain_names_every_rule(pack: Path, shell: Shell) -> None:
    """The decision, what settled it, and each rule with how it came out and why."""
    found = told(shell, "explain", pack, CALL)

    assert (found["kind"], found["rules"], found["reason"]) == (
        "require_approval",
        ["big"],
        "too much",
    )
    outcomes = {trace["id"]: trace["outcome"] for trace in found["trace"]}
    assert outcomes == {"small": "not matched", "big": "matched", "unsure": "not matched"}
    text = shell("policy", "explain", str(pack), CALL).out
    assert text.startswith("require approval: too much\n")
    assert all(rule in text for rule in outcomes)


def test_explain_reads_a_file_and_stdin(pack: Path, shell: Shell) -> None:
    """A call may be a file, `-` or JSON itself."""
    (pack / "call.json").write_text(CALL)

    from_file = shell("policy", "explain", str(pack), str(pack / "call.json")).out
    assert from_file == shell("policy", "explain", str(pack), "-", stdin=CALL).out
    assert from_file == shell("policy", "explain", str(pack), CALL).out


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("{", "no JSON"),
        ('{"args": {}}', "`name` is missing"),
        ('{"name": "pay", "arguments": {}}', "unknown key `arguments`"),
        ('{"name": "pay", "args": [1]}', "`args` is no JSON object"),
    ],
)
def test_a_call_that_is_none(call: str, says: str, pack: Path, shell: Shell) -> None:
    """What is no call is misuse, with what was expected."""
    ran = shell("policy", "explain", str(pack), call)

    assert ran.code == 2
    assert says in one_line(ran)


def test_the_level_is_the_options(pack: Path, shell: Shell) -> None:
    """--level wins over the call's own; levels are 0 to 3."""
    (pack / "policy.yaml").write_text(
        "autonomy_levels: {level_0: {name: a, rules: [{match: {topics: ['*']}, decision: deny}]},"
        " level_1: {name: b, rules: [{match: {topics: ['*']}, decision: allow}]}}"
    )
    call = '{"name": "pay", "level": 0}'

    assert told(shell, "explain", pack, call)["kind"] == "deny"
    assert told(shell, "explain", pack, call, "--level", 1)["kind"] == "allow"
    assert shell("policy", "explain", str(pack), call, "--level", "4").code == 2


def test_cases_that_hold(pack: Path, shell: Shell) -> None:
    """Exit 0 with the number of cases."""
    ran = shell("policy", "test", str(pack))

    assert ran.code == 0
    assert "3 cases, 0 failures" in ran.out


def test_cases_that_do_not(pack: Path, shell: Shell) -> None:
    """Exit 1; each failing case and each idle rule has its line."""
    (pack / "cases.yaml").write_text(CASES.replace("decision: allow", "decision: deny"))
    ran = shell("policy", "test", str(pack))

    assert ran.code == 1
    assert "a little: expected deny, got allow by `small`" in ran.out
    assert told(shell, "test", pack)["failures"] == [
        "a little: expected deny, got allow by `small`"
    ]


def test_the_schema_is_json_schema(shell: Shell) -> None:
    """Editors get a schema that knows the sections."""
    schema = json.loads(shell("policy", "schema").out)

    assert "2020-12" in schema["$schema"]
    assert {"tools", "rules", "output"} <= schema["properties"].keys()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('{"name": "x", "agent": {"a": 1}}', "`agent` is no text"),
        ('{"name": "x", "environment": 3}', "`environment` is no text"),
        ('{"name": "x", "level": 9}', "`level` is none of 0, 1, 2, 3"),
        ('{"name": "x", "level": true}', "`level` is none of 0, 1, 2, 3"),
        ("{}", '"args": {...}'),
    ],
)
def test_a_call_whose_parts_are_of_another_kind(call: str, says: str, shell: Shell) -> None:
    """What cannot be a part of a call is misuse, in words that can be read."""
    ran = shell("policy", "explain", str(POLICIES / "customer_support"), call)

    assert ran.code == 2
    assert says in one_line(ran)
