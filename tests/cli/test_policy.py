"""Ask a policy: from the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_kit import POLICY as GATE_POLICY
from cli_kit import Desk, Shell, one_line

from interlock.app.policy import Policy
from interlock.errors import PolicyError
from interlock.settings import default_ledger

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
@pytest.mark.parametrize("command", ["show", "explain", "test", "diff"])
def test_a_broken_policy(command: str, text: str, place: str, pack: Path, shell: Shell) -> None:
    """Every command names file, line and column in one line, and exits 1."""
    (pack / "policy.yaml").write_text(text)
    further = {"explain": [CALL], "diff": [str(pack)]}.get(command, [])
    ran = shell("policy", command, str(pack), *further)

    assert ran.code == 1
    assert place in one_line(ran)
    assert ran.out == ""
    checked = shell("policy", "check", str(pack))
    assert (checked.code, checked.err) == (1, "")
    assert place in checked.out.splitlines()[0]


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_missing_policy(command: str, shell: Shell, tmp_path: Path) -> None:
    """No file, an empty folder, a folder in place of a file's content: each is said."""
    for path in (tmp_path / "no.yaml", tmp_path):
        ran = shell("policy", command, str(path))
        assert ran.code == 1
        assert "no such file" in ran.out + ran.err


SHADOWED = POLICY + "  - {id: never, match: {tools: [pay], usd_above: 9}, decision: deny}\n"


def test_check_shows_the_line_and_what_to_do(pack: Path, shell: Shell) -> None:
    """Place, code and message; the line with a caret; the remedy; last what it all comes to."""
    (pack / "policy.yaml").write_text(SHADOWED)
    ran = shell("policy", "check", str(pack))
    at = ran.out.splitlines().index(
        "     5 |   - {id: big, match: {tools: [pay], usd_above: 50},"
        ' decision: require_approval, reason: "too much"}'
    )
    lines = ran.out.splitlines()

    assert ran.code == 0
    assert lines[at - 1].endswith(
        "policy.yaml:5:5: warning IL004: `big` never settles a call: `never` says deny of all of"
        " its calls"
    )
    assert lines[at + 1] == "       |     ^"
    assert lines[at + 2] == "  help: drop it, or exempt its calls from `never` with `unless`"
    assert (
        "fine, 4 rules, 1 tool, else require_approval; 1 warning, 1 note; snapshot v1:" in lines[-1]
    )


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (POLICY, ["--strict"], 0),
        (SHADOWED, [], 0),
        (SHADOWED, ["--strict"], 1),
        (SHADOWED, ["--strict", "--json"], 1),
        (SHADOWED, ["--sarif"], 0),
        (POLICY + "trusted_servers: [files]\n", [], 1),
        (POLICY + "trusted_servers: [files]\n", ["--sarif"], 1),
        ("rules: [", ["--json"], 1),
        (POLICY, ["--json", "--sarif"], 2),
    ],
)
def test_a_check_ends_with(
    text: str, options: list[str], code: int, pack: Path, shell: Shell
) -> None:
    """0 clean, 1 with errors or, where asked for, warnings; 2 misuse; notes never fail."""
    (pack / "policy.yaml").write_text(text)

    assert shell("policy", "check", str(pack), *options).code == code


def test_every_key_that_stops_a_load_is_told(pack: Path, shell: Shell) -> None:
    """All of them at once, each with its place; the rest of the file is checked as well."""
    (pack / "policy.yaml").write_text(
        SHADOWED + "trusted_servers: [files]\noutput: {commitments: ask}\n"
    )
    found = told(shell, "check", pack)

    assert not found["loads"]
    assert [(each["code"], each["line"]) for each in found["findings"]] == [
        ("IL019", 2),
        ("IL004", 5),
        ("IL002", 8),
        ("IL002", 9),
    ]
    assert (found["errors"], found["warnings"], found["notes"]) == (2, 1, 1)
    assert (
        "`trusted_servers` is part of policy v1 but is not enforced"
        in found["findings"][2]["message"]
    )
    with pytest.raises(PolicyError, match=r"policy\.yaml:8:1: `trusted_servers`"):
        Policy.load(pack)


def test_check_speaks_sarif(pack: Path, shell: Shell) -> None:
    """Code hosts get the same findings."""
    (pack / "policy.yaml").write_text(SHADOWED)
    log = json.loads(shell("policy", "check", str(pack), "--sarif").out)

    (run,) = log["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["IL019", "IL004"]
    assert run["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] == 5


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
    assert [trace["id"] for trace in found["trace"] if trace["settled"]] == ["big"]
    assert (found["call"]["risk"], found["call"]["facts"]) == ("medium", {"usd": 80})
    text = shell("policy", "explain", str(pack), CALL).out
    assert text.startswith("require approval: too much\n")
    assert all(rule in text for rule in outcomes)
    assert re.search(r"^\* +rules: big +require approval +matched ", text, re.MULTILINE)


def test_explain_says_who_is_asked(tmp_path: Path, shell: Shell) -> None:
    """How many of whom must approve, how they show it, who comes next, and what silence means."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "groups: {finance: [ana, bo], leads: [cy]}\n"
        "routing: {default: leads}\n"
        "escalation: {finance: [leads]}\n"
        "rules:\n"
        "  - {tool: pay, action: escalate, review: {route: finance, quorum: 2, auth: signed,"
        " groups_all: [leads], escalate_after_sec: 60}}\n"
        "  - {tool: look, action: escalate, review: {route: dpo}}\n"
    )
    ran = shell("policy", "explain", str(policy), '{"name": "pay", "args": {}}')
    asks = "asks 2 of finance (ana, bo) and 1 of leads (cy), by signature\n"
    assert asks in ran.out
    assert "then, each after 60 s, 1 of leads (cy)\n" in ran.out
    assert "nobody within 14400 s: deny\n" in ran.out
    found = json.loads(
        shell("policy", "explain", "--json", str(policy), '{"name": "look", "args": {}}').out
    )
    assert (found["terms"]["route"], found["terms"]["unstaffed"]) == ("dpo", ["dpo"])
    looked = shell("policy", "explain", str(policy), '{"name": "look", "args": {}}').out
    assert "dpo is a role: who has it in the ledger is asked" in looked


def test_explain_shows_how_far_a_signal_is(pack: Path, shell: Shell) -> None:
    """Its value, who says so, the rule that looks at it, where that speaks, and the distance."""
    near = shell("policy", "explain", str(pack), CALL).out
    past = shell("policy", "explain", str(pack), CALL.replace("0.9", "0.3")).out
    none = shell("policy", "explain", str(pack), '{"name": "pay", "args": {"usd": 8}}').out

    line = r"^confidence +{} +host +unsure +confidence_below: 0.5 +{}$"
    assert re.search(line.format("0.9", "0.4 to go"), near, re.MULTILINE)
    assert re.search(line.format("0.3", "0.2 past it"), past, re.MULTILINE)
    assert re.search(r"^confidence +missing +unsure .* could not be evaluated", none, re.MULTILINE)


def test_explain_a_call_of_a_ledger(pack: Path, desk: Desk, shell: Shell) -> None:
    """By its id, or its question's; `--level` does not go with it, as the level of then counts."""
    request = desk.ask(80)
    ledger = ["--ledger", default_ledger()]
    found = json.loads(shell("policy", "explain", str(pack), request, *ledger, "--json").out)
    (first,) = (each for each in found["signals"] if each["name"] == "first_time_action")

    assert (first["value"], first["source"], first["looks"]) == (True, "ledger", [])
    assert found["call"]["tool"] == "refund.issue"
    both = shell("policy", "explain", str(pack), request, *ledger, "--level", "2")
    assert (both.code, "the level of then counts" in both.err) == (2, True)
    missing = shell("policy", "explain", str(pack), "req_none", *ledger)
    assert (missing.code, missing.out) == (2, "")


def test_explain_leaves_out_what_is_about_other_tools(pack: Path, shell: Shell) -> None:
    """A page of many rules shows those of the call's tool; `--all` shows every one."""
    other = json.dumps({**json.loads(CALL), "name": "another.tool"})
    every = shell("policy", "explain", str(pack), other, "--all").out
    short = shell("policy", "explain", str(pack), other).out

    assert "rules: big" in every
    assert "rules: big" not in short
    assert re.search(r"^\d more about other tools; see them with --all$", short, re.MULTILINE)


def test_explain_tells_what_was_spent_and_what_limits_the_call(pack: Path, shell: Shell) -> None:
    """Usage and constraints stand before the rules; what was spent is part of the question."""
    (pack / "policy.yaml").write_text(
        POLICY.replace("decision: allow}", "decision: allow, constraints: {max_rows: 5}}")
        + "guardrails:\n"
        "  - {id: daily, match: {tools: [pay]}, budget: {fact: usd, max: 100, per: day}}\n"
    )
    call = {"name": "pay", "args": {"usd": 20}, "signals": {"confidence": 1}}
    text = shell("policy", "explain", str(pack), json.dumps(call)).out
    over = told(shell, "explain", pack, json.dumps({**call, "usage": {"daily": 90}}))

    assert text.startswith("allow with constraints: ")
    assert 'constraints: {"max_rows": 5}\n' in text
    assert "daily: 0 used, 20 more, of 100\n" in text
    assert (over["kind"], over["rules"]) == ("deny", ["daily"])
    assert over["usage"] == [{"guardrail": "daily", "before": 90.0, "share": 20.0, "most": 100}]


def test_explain_at_the_guard(pack: Path, shell: Shell) -> None:
    """With an approval, what is checked right before the call runs speaks, too."""
    (pack / "policy.yaml").write_text(
        POLICY + "guardrails: [{id: late, match: {tools: [pay]}, stage: guard}]\n"
    )
    call = {"name": "pay", "args": {"usd": 20}, "signals": {"confidence": 1}}

    assert told(shell, "explain", pack, json.dumps(call))["kind"] == "allow"
    approved = json.dumps({**call, "approval": {"approvers": ["ana"]}})
    assert told(shell, "explain", pack, approved)["rules"] == ["late"]


def test_explain_takes_an_agent_with_its_owner(pack: Path, shell: Shell) -> None:
    """As `Policy.explain` does; expressions see the owner."""
    (pack / "policy.yaml").write_text(
        POLICY + "guardrails: [{id: mine, match: {when: \"agent.owner == 'x'\"}}]\n"
    )
    mine, hers = ({"name": "pay", "agent": {"id": "b", "owner": who}} for who in "xy")

    assert told(shell, "explain", pack, json.dumps(mine))["rules"] == ["mine"]
    assert "mine" not in told(shell, "explain", pack, json.dumps(hers))["rules"]


def test_the_schema_is_json_either_way(shell: Shell) -> None:
    """Every command takes `--json`."""
    assert told(shell, "schema") == json.loads(shell("policy", "schema").out)


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
        ('{"name": "pay", "agent": {"owner": "x"}}', "`agent` is neither an id nor"),
        ('{"name": "pay", "agent": {"id": "b", "boss": "x"}}', "`agent` is neither an id nor"),
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
    assert re.search(
        r"^small +1\nbig +1\nunsure +1\n100% of the rules settle", ran.out, re.MULTILINE
    )
    assert told(shell, "test", pack)["coverage"] == {"small": 1, "big": 1, "unsure": 1}


def test_a_rule_that_decides_no_case_fails(pack: Path, shell: Shell) -> None:
    """It is named, counted with 0 cases, and missing from the share."""
    (pack / "policy.yaml").write_text(POLICY + "  - {id: idle, tool: other, action: block}\n")
    ran = shell("policy", "test", str(pack))

    assert ran.code == 1
    assert "rule `idle` decides no case that passes; add one, or drop the rule\n" in ran.out
    assert re.search(r"^idle +0\n75% of the rules settle a case$", ran.out, re.MULTILINE)


def test_cases_that_do_not(pack: Path, shell: Shell) -> None:
    """Exit 1; each failing case and each idle rule has its line."""
    (pack / "cases.yaml").write_text(CASES.replace("decision: allow", "decision: deny"))
    ran = shell("policy", "test", str(pack))

    assert ran.code == 1
    assert "a little: expected deny, got allow by `small`" in ran.out
    assert told(shell, "test", pack)["failures"] == [
        "a little: expected deny, got allow by `small`",
        "rule `small` decides no case that passes; add one, or drop the rule",
    ]


def test_the_schema_is_json_schema(shell: Shell) -> None:
    """Editors get a schema that knows the sections."""
    schema = json.loads(shell("policy", "schema").out)

    assert "2020-12" in schema["$schema"]
    assert {"tools", "rules", "output"} <= schema["properties"].keys()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('{"name": "x", "agent": {"a": 1}}', "`agent` is neither an id nor"),
        ('{"name": "x", "environment": 3}', "`environment` is no text"),
        ('{"name": "x", "level": 9}', "`level` is none of 0, 1, 2, 3"),
        ('{"name": "x", "level": true}', "`level` is none of 0, 1, 2, 3"),
        ('{"name": "x", "usage": [1]}', "`usage` is no JSON object"),
        ('{"name": "x", "approval": {"groups": "a"}}', "`approval` holds no lists of names"),
        ('{"name": "x", "found": "secrets"}', "`found` is no list of kinds"),
        ("{}", '"args": {...}'),
    ],
)
def test_a_call_whose_parts_are_of_another_kind(call: str, says: str, shell: Shell) -> None:
    """What cannot be a part of a call is misuse, in words that can be read."""
    ran = shell("policy", "explain", str(POLICIES / "customer_support"), call)

    assert ran.code == 2
    assert says in one_line(ran)


LOOSER = POLICY.replace("50}", "70}").replace("usd_above: 50", "usd_above: 70")


def test_a_policy_does_not_differ_from_itself(pack: Path, shell: Shell) -> None:
    """Exit 0 and not one change."""
    ran = shell("policy", "diff", str(pack), str(pack / "policy.yaml"))

    assert ran.code == 0
    assert re.search(r": of \d+ calls 0 looser, 0 stricter$", ran.out.strip())
    assert len(ran.out.splitlines()) == 1


def test_what_loosens_comes_first_and_fails(pack: Path, shell: Shell, tmp_path: Path) -> None:
    """Exit 1, the change by its rules, with a call that `explain` takes as it stands."""
    (tmp_path / "looser.yaml").write_text(LOOSER)
    ran = shell("policy", "diff", str(pack), str(tmp_path / "looser.yaml"))
    found = told(shell, "diff", pack, tmp_path / "looser.yaml")
    (change,) = [each for each in found["changes"] if each["rules_before"] == ["big"]]
    example = json.dumps(change["example"])

    assert (ran.code, found["loosens"]) == (1, True)
    assert ran.out.startswith("looser: require approval by big becomes allow by small; ")
    assert (change["before"], change["after"], change["tools"]) == (
        "require_approval",
        "allow",
        ["pay"],
    )
    assert 50 < change["example"]["args"]["usd"] <= 70
    assert told(shell, "explain", pack, example)["kind"] == "require_approval"
    assert told(shell, "explain", tmp_path / "looser.yaml", example)["kind"] == "allow"
    assert shell("policy", "diff", str(tmp_path / "looser.yaml"), str(pack)).code == 0


def test_a_setting_that_no_call_shows_is_printed_and_fails(
    pack: Path, shell: Shell, tmp_path: Path
) -> None:
    """With its path, both values and its direction; one that is known to be stricter passes."""
    other = tmp_path / "other.yaml"
    other.write_text(POLICY + "hold_siblings: none\n")
    ran = shell("policy", "diff", str(pack), str(other))

    assert ran.code == 1
    assert ran.out.splitlines()[:-1] == [
        "not compared by calls:",
        '  looser: hold_siblings: "effects" becomes "none"',
    ]
    assert told(shell, "diff", pack, other)["not_compared"] == [
        {"path": "hold_siblings", "before": "effects", "after": "none", "direction": "looser"}
    ]
    assert shell("policy", "diff", str(other), str(pack)).code == 0
    other.write_text(POLICY.replace("risk_tags: [write]", "risk_tags: [write], owner: ana"))
    assert shell("policy", "diff", str(pack), str(other)).code == 0
    other.write_text(POLICY + "environment: prod\n")
    said = shell("policy", "diff", str(pack), str(other))
    assert said.code == 1
    assert '  may loosen: environment: absent becomes "prod"' in said.out


def test_a_ledgers_calls_are_asked_again(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """With the signals and level recorded; the ledger is only read."""
    (tmp_path / "a.yaml").write_text(GATE_POLICY)
    (tmp_path / "b.yaml").write_text(
        GATE_POLICY.replace("amount_usd_at_most: 50", "amount_usd_at_most: 90").replace(
            "amount_usd_above: 50", "amount_usd_above: 90"
        )
    )
    call_id = desk.propose("refund.issue", {"amount": 80})
    desk.propose("refund.issue", {"amount": 10})
    before = [entry["id"] for entry in desk.gate.audit.log()]
    words = [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    found = told(shell, "diff", *words, "--ledger", default_ledger())

    assert (found["calls"], found["loosens"]) == (2, True)
    (change,) = found["changes"]
    assert (change["rules_before"], change["rules_after"], change["calls"]) == (
        ["big"],
        ["small"],
        1,
    )
    assert change["example"]["call_id"] == call_id
    assert [entry["id"] for entry in desk.gate.audit.log()] == before
    assert shell("policy", "diff", words[0], words[0], "--ledger", default_ledger()).code == 0
    assert shell("policy", "diff", *words, "--ledger", str(tmp_path / "no.db")).code == 3


@pytest.mark.parametrize("command", ["check", "show", "explain", "test", "schema", "diff"])
def test_every_command_has_examples(command: str, shell: Shell) -> None:
    """Help ends with lines that can be copied."""
    said = shell("policy", command, "--help").out

    assert f"interlock policy {command} " in said.partition("Examples:")[2]


class TestRefused:
    """A policy that names what a later version enforces."""

    LATER = POLICY.replace("rules:\n", "output: {commitments: ask}\nrules:\n")

    @pytest.fixture
    def later(self, tmp_path: Path) -> Path:
        """Write it."""
        (tmp_path / "later.yaml").write_text(self.LATER)
        return tmp_path / "later.yaml"

    def test_it_is_explained_and_said_not_to_load(self, later: Path, shell: Shell) -> None:
        """What the rest decides is shown after the keys for which nothing is loaded; exit 1."""
        with pytest.raises(PolicyError, match="not enforced"):
            Policy.load(later)
        said = shell("policy", "explain", str(later), CALL)
        found = json.loads(shell("policy", "explain", str(later), CALL, "--json").out)

        assert said.code == 1
        assert f"{later}:3:10: `commitments` is part of policy v1 but is not" in said.out
        assert "refuses to load it; what follows leaves these keys out" in said.out
        assert "require approval: too much" in said.out
        assert (found["loads"], found["kind"]) == (False, "require_approval")
        assert [(each["line"], each["column"]) for each in found["refused"]] == [(3, 10)]

    def test_it_is_shown_as_yaml_that_says_so(self, later: Path, shell: Shell) -> None:
        """The keys are named in comments and stand in the policy that is shown; exit 1."""
        said = shell("policy", "show", str(later))

        assert said.code == 1
        assert "# " in said.out.splitlines()[0]
        assert "`commitments`" in said.out.splitlines()[0]
        assert yaml.safe_load(said.out)["output"]["commitments"] == "ask"

    def test_it_is_compared_and_never_said_to_be_fine(self, later: Path, shell: Shell) -> None:
        """Whichever side it is, the calls are compared, and exit 1 says that one does not load."""
        fine = later.with_name("fine.yaml")
        fine.write_text(POLICY)
        for sides in ((later, fine), (fine, later)):
            said = shell("policy", "diff", *map(str, sides))
            found = json.loads(shell("policy", "diff", *map(str, sides), "--json").out)

            assert said.code == 1
            assert "refuses to load it" in said.out
            assert (found["loads"], len(found["refused"])) == (False, 1)
            assert found["calls"] > 0

    def test_what_is_no_policy_is_neither(self, later: Path, shell: Shell) -> None:
        """All other errors stop as before."""
        later.write_text(self.LATER.replace("usd_at_most", "usdd_at_most"))

        for words in (["explain", str(later), CALL], ["show", str(later)]):
            said = shell("policy", *words)
            assert said.code != 0
            assert "usdd" in said.out + said.err
