"""Advise: each finding has the smallest file that has it, and one that has not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from interlock.policy.authoring.findings import FINDINGS, LintFinding
from interlock.policy.authoring.lint import FALLBACK, lint, not_enforced
from interlock.policy.decisions import Kind
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read, read_text

ROOT = Path(__file__).parents[3]

ALLOWS = "  - {tool: fine, action: allow}\n"


def found(text: str, asked: Kind = "require_approval") -> list[LintFinding]:
    """Find what there is in a text; every tool that is asked about is decided as `asked`."""

    def ask(tool: str, args: Mapping[str, Any]) -> Kind:
        del tool, args
        return asked

    reading = read_text(text, "p")
    policy = compile_policy(reading.document, reading.root)
    return [*not_enforced(reading.refused), *lint(policy, reading.root, ask)]


def codes(text: str, asked: Kind = "require_approval") -> set[str]:
    """Name the codes of what is found."""
    return {each.code for each in found(text, asked)}


PAIRS: dict[str, tuple[str, str]] = {
    "IL002": (
        """\
trusted_servers: [files]
rules:
  - {tool: fine, action: allow}
""",
        """\
rules:
  - {tool: fine, action: allow}
""",
    ),
    "IL003": (
        """\
tools: {a: {facts: {usd: args.usd}, args: {usd: number}}}
rules:
  - {match: {tools: [a], usd_above: 9, usd_below: 5}, decision: allow}
""",
        """\
tools: {a: {facts: {usd: args.usd}, args: {usd: number}}}
rules:
  - {match: {tools: [a], usd_above: 5, usd_below: 9}, decision: allow}
""",
    ),
    "IL004": (
        """\
rules:
  - {tool: a, action: allow}
  - {match: {tools: [a, b]}, decision: deny}
""",
        """\
rules:
  - {tool: a, action: allow}
  - {match: {tools: [a, b], confidence_below: 0.5}, decision: deny}
""",
    ),
    "IL005": (
        """\
rules:
  - {tool: a, action: allow}
  - {match: {tools: [a]}, decision: allow}
""",
        """\
rules:
  - {tool: a, action: allow}
  - {match: {topics: [a]}, decision: allow}
""",
    ),
    "IL006": (
        """\
tools: {a: {risk_tags: [read]}}
rules:
  - {tool: a, action: allow}
  - {match: {risk_tags: [delete]}, decision: deny}
""",
        """\
tools: {a: {risk_tags: [read]}, b: {risk_tags: [delete]}}
rules:
  - {tool: a, action: allow}
  - {match: {risk_tags: [delete]}, decision: deny}
""",
    ),
    "IL007": (
        """\
tools: {a: {risk_tags: [read]}}
rules:
  - {tool: a, action: allow}
guardrails: [{match: {risk_tags: [egress]}}]
""",
        """\
tools: {a: {risk_tags: [egress]}}
rules:
  - {tool: a, action: allow}
guardrails: [{match: {risk_tags: [egress]}}]
""",
    ),
    "IL008": (
        """\
tools: {a.b: {}}
rules:
  - {tool: a.b, action: allow}
  - {tool: 'c.*', action: allow}
""",
        """\
tools: {a.b: {}}
rules:
  - {tool: a.b, action: allow}
  - {tool: 'a.*', action: escalate}
""",
    ),
    "IL009": (
        """\
tools: {refund.issue: {}}
rules:
  - {tool: refund.isue, action: allow}
""",
        """\
tools: {refund.issue: {}}
rules:
  - {tool: shell.execute, action: allow}
""",
    ),
    "IL010": (
        """\
tools: {a: {facts: {usd: context.usd}}, b: {}}
rules:
  - {match: {tools: [a, b], usd_below: 5}, decision: allow}
""",
        """\
tools: {a: {facts: {usd: context.usd}}, b: {}}
rules:
  - {match: {tools: [a, b], usd_above: 5}, decision: deny}
  - {tool: fine, action: allow}
""",
    ),
    "IL011": (
        """\
tools: {a: {facts: {usd: context.usd}}, b: {}}
rules:
  - {tool: a, action: allow}
  - {match: {tools: [b], usd_above: 5}, decision: deny}
""",
        """\
tools: {a: {facts: {usd: context.usd}}, b: {}}
rules:
  - {tool: b, action: allow}
  - {match: {tools: [a], usd_above: 5}, decision: deny}
""",
    ),
    "IL012": (
        """\
rules: [{tool: a, action: escalate}, {match: {topics: ['*']}, decision: require_approval}]
""",
        """\
rules: [{tool: a, action: allow}, {match: {topics: ['*']}, decision: require_approval}]
""",
    ),
    "IL013": (
        """\
rules: [{match: {anomaly_score_above: 0.8}, decision: require_approval}]
""",
        """\
rules:
  - {match: {anomaly_score_above: 0.8}, decision: require_approval}
  - {match: {topics: ["*"]}, decision: allow}
""",
    ),
    "IL014": (
        """\
rules: [{match: {topics: ['*']}, decision: allow_with_constraints}]
""",
        """\
rules: [{match: {topics: ['*']}, decision: allow_with_constraints}]
default_constraints: {max_runtime_sec: 60}
""",
    ),
    "IL015": (
        """\
tools: {a: {owner: ana}}
groups: {g: [ana, bo]}
rules:
  - {match: {tools: [a]}, decision: require_approval, review: {route: g, quorum: 2}}
  - {tool: fine, action: allow}
""",
        """\
tools: {a: {owner: eve}}
groups: {g: [ana, bo]}
rules:
  - {match: {tools: [a]}, decision: require_approval, review: {route: g, quorum: 2}}
  - {tool: fine, action: allow}
""",
    ),
    "IL016": (
        """\
timeouts: {high: approve}
rules:
  - {tool: fine, action: allow}
""",
        """\
timeouts: {high: deny, low: approve}
rules:
  - {tool: fine, action: allow}
""",
    ),
    "IL017": (
        """\
groups: {a: [x], b: [y]}
escalation: {a: [b], b: [a]}
rules:
  - {tool: fine, action: allow}
""",
        """\
groups: {a: [x], b: [y]}
escalation: {a: [b], b: [boss]}
rules:
  - {tool: fine, action: allow}
""",
    ),
    "IL019": (
        """\
tools: {fine: {facts: {usd: args.usd}}}
rules:
  - {tool: fine, action: allow}
""",
        """\
tools: {fine: {facts: {usd: args.usd}, args: {usd: number}}}
rules:
  - {tool: fine, action: allow}
""",
    ),
    "IL020": (
        """\
groups: {g: [ana]}
rules:
  - {tool: fine, action: allow}
""",
        """\
groups: {g: [ana]}
rules:
  - {tool: a, action: escalate, review: {route: g}}
  - {tool: fine, action: allow}
""",
    ),
    "IL021": (
        """\
tools: {a: {}}
groups: {g: [ana], h: [bo]}
rules:
  - {tool: a, action: escalate, review: {route: g}}
  - {match: {topics: [a], confidence_below: 0.5},
     decision: require_approval,
     review: {route: h}}
  - {tool: fine, action: allow}
""",
        """\
tools: {a: {}}
groups: {g: [ana], h: [bo, ana]}
rules:
  - {tool: a, action: escalate, review: {route: g}}
  - {match: {topics: [a], confidence_below: 0.5},
     decision: require_approval,
     review: {route: h}}
  - {tool: fine, action: allow}
""",
    ),
    "IL022": (
        """\
tools: {fine: {risk_tags: [read]}}
rules:
  - {match: {risk_tags: [delete]}, decision: require_approval}
  - {tool: fine, action: allow}
""",
        """\
tools: {fine: {risk_tags: [read, delete]}}
rules:
  - {match: {risk_tags: [delete], confidence_below: 0.3}, decision: require_approval}
  - {tool: fine, action: allow}
""",
    ),
    "IL023": (
        """\
tools: {a: {args: {n: integer}}}
rules:
  - {match: {tools: [a]}, decision: allow, constraints: {args: {n: 1}}}
  - {match: {topics: [a]}, decision: allow, constraints: {args: {n: 2}}}
""",
        """\
tools: {a: {args: {n: integer}}}
rules:
  - {match: {tools: [a], agents: [x]}, decision: allow, constraints: {args: {n: 1}}}
  - {match: {tools: [a], agents: [y]}, decision: allow, constraints: {args: {n: 2}}}
""",
    ),
    "IL026": (
        """\
groups: {g: [a]}
rules: [{tool: fine, action: allow}]
decision_matrix: {fine: {low: g, high: g, critical: auto-approve}}
""",
        """\
groups: {g: [a]}
rules: [{tool: fine, action: allow}]
decision_matrix: {fine: {low: auto-approve, medium: g, high: g}}
""",
    ),
    "IL027": (
        """\
default: deny
rules:
  - {match: {tools: [fine]}, decision: notify}
""",
        """\
default: deny
rules:
  - {match: {tools: [fine], agents: [x]}, decision: notify}
  - {match: {tools: [fine]}, decision: allow}
""",
    ),
    "IL028": (
        """\
rules:
  - {match: {tools: [fine], args_match: {path: /data/}}, decision: allow}
""",
        """\
rules:
  - {match: {tools: [fine], args_match: {path: ^/data/}}, decision: allow}
  - {match: {tools: [fine], args_match: {path: /etc/}}, decision: deny}
""",
    ),
    "IL029": (
        """\
rules: [{tool: "**", action: allow}]
""",
        """\
rules: [{tool: "**", action: allow}]
guardrails: [{match: {tools: [fine]}}]
""",
    ),
    "IL030": (
        """\
rules: [{tool: fine, action: allow}, {tool: good, action: escalate, review: {route: dpo}}]
""",
        """\
groups: {dpo: [kim]}
rules: [{tool: fine, action: allow}, {tool: good, action: escalate, review: {route: dpo}}]
""",
    ),
    "IL031": (
        """\
groups: {ops: [kim], leads: [lee]}
escalation: {ops: [leads]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops, approval_ttl_sec: 300}}
""",
        """\
groups: {ops: [kim], leads: [lee]}
escalation: {ops: [leads]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops, approval_ttl_sec: 301}}
""",
    ),
    "IL032": (
        """\
groups: {ops: [kim], leads: [lee]}
escalation: {ops: [leads]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {groups_all: [ops]}}
""",
        """\
groups: {ops: [kim], leads: [lee]}
escalation: {ops: [leads]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {groups_all: [leads]}}
""",
    ),
    "IL033": (
        """\
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {inline: true, auth: signed}}
""",
        """\
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {inline: true, auth: local}}
""",
    ),
    "IL034": (
        """\
groups: {ops: [kim, lee]}
fatigue_controls: {cooldown_after_approvals: 9, cooldown_window_sec: 60, cooldown_sec: 600}
review_defaults: {approval_ttl_sec: 600}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops, quorum: unanimous}}
""",
        """\
groups: {ops: [kim, lee]}
fatigue_controls: {cooldown_after_approvals: 9, cooldown_window_sec: 60, cooldown_sec: 600}
review_defaults: {approval_ttl_sec: 600}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops}}
""",
    ),
    "IL035": (
        """\
groups: {ops: [kim, lee]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops, auth: signed, on_timeout: approve}}
""",
        """\
groups: {ops: [kim, lee]}
rules:
  - {tool: fine, action: allow}
  - {tool: good, action: escalate, review: {route: ops, on_timeout: approve}}
""",
    ),
}
"""Code to a text that has it and its nearest neighbour that has not."""


@pytest.mark.parametrize("code", PAIRS)
def test_a_finding_is_found_where_it_is(code: str) -> None:
    """The smallest file that triggers a finding has it; its neighbour has no such finding."""
    has, has_not = PAIRS[code]

    assert code in codes(has)
    assert code not in codes(has_not)
    assert all(f"{each.message}{each.remedy}".isascii() for each in found(has))


def test_every_kind_has_its_pair() -> None:
    """No code is without its test; three are tested by themselves."""
    assert FINDINGS.keys() - PAIRS.keys() == {"IL001", "IL018", "IL025"}


def test_a_file_that_is_not_read_is_named(tmp_path: Path) -> None:
    """A file of `policy.d` with another ending is not in force, and no load says so."""
    (tmp_path / "policy.d").mkdir()
    (tmp_path / "policy.yaml").write_text("rules:\n" + ALLOWS)
    (tmp_path / "policy.d" / "10.yml").write_text("rules: [{tool: fine, action: block}]\n")
    reading = read(tmp_path)
    policy = compile_policy(reading.document, reading.root)
    (finding,) = lint(policy, reading.root)

    assert (finding.code, Path(finding.mark.file).name) == ("IL025", "10.yml")


def test_a_matrix_that_lists_nothing_denies_everything() -> None:
    """`unlisted: deny` without a row leaves nothing; with one it is what it is for."""
    assert "IL012" in codes("decision_matrix: {unlisted: deny}\nrules:\n" + ALLOWS)
    assert "IL012" not in codes(
        "decision_matrix: {unlisted: deny, fine: {low: auto-approve}}\nrules:\n" + ALLOWS
    )


@pytest.mark.parametrize(
    "asked",
    ["rules: [{tool: a, action: escalate, review: {route: g}}]", "decision_matrix: {a: {low: g}}"],
)
def test_a_group_of_the_owner_alone_cannot_approve(asked: str) -> None:
    """One must approve where no quorum is written, and the owner never counts."""
    text = "groups: {g: [ana]}\ntools: {a: {owner: %s}}\n" + asked + "\n"

    assert "IL015" in codes(text % "ana")
    assert "IL015" not in codes(text % "eve")


def test_a_finding_says_where_what_and_what_to_do() -> None:
    """Place, severity, the names it is about, and a remedy."""
    (finding,) = [each for each in found(PAIRS["IL004"][0]) if each.code == "IL004"]

    assert str(finding.mark) == "p:2:5"
    assert finding.kind.severity == "warning"
    assert (
        finding.message
        == "`rules[0]` never settles a call: `rules[1]` says deny of all of its calls"
    )
    assert finding.remedy == "drop it, or exempt its calls from `rules[1]` with `unless`"


def test_the_fallback_line_is_printed_and_loads() -> None:
    """Who allows nothing reads the very line that does; with it nothing is left to find."""
    (finding,) = found(PAIRS["IL013"][0])

    assert finding.remedy.endswith(FALLBACK)
    assert codes(PAIRS["IL013"][1]) == set()


@pytest.mark.parametrize("asked", ["allow", "require_approval", "deny"])
@pytest.mark.parametrize(
    "tool",
    [
        "files.write: {args: {path: string, text: string}}",
        "rules.change: {topic: policy.change}",
    ],
)
def test_an_agent_that_writes_its_own_policy(tool: str, asked: Kind) -> None:
    """Told where a call that names the policy's file would run without anyone being asked."""
    text = f"tools:\n  {tool}\nrules: [{{match: {{topics: ['*']}}, decision: allow}}]\n"

    assert ("IL018" in codes(text, asked)) == (asked == "allow")


def test_what_is_blocked_need_not_be_there() -> None:
    """A glob over tools that a denial names is no slip; the same glob in a permission is."""
    text = "tools: {fine: {}}\nrules:\n" + ALLOWS + "  - {tool: 'shell.**', action: block}\n"

    assert codes(text) == set()
    assert codes(text.replace("block", "allow")) == {"IL008"}


def test_reading_files_is_not_writing_them() -> None:
    """A tool that only reads cannot change the policy, whatever it is allowed."""
    text = (
        "tools: {files.read: {args: {path: string}, effect: read}}\n"
        "rules: [{match: {topics: ['*']}, decision: allow}]\n"
    )

    assert "IL018" not in codes(text, "allow")


PACKS = sorted(path.parent for path in (ROOT / "policies").glob("*/policy.yaml"))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_packs_have_no_warning(pack: Path) -> None:
    """What is shown to newcomers is what a check is content with."""
    text = (pack / "policy.yaml").read_text()
    warned = [str(each) for each in found(text) if each.kind.severity != "note"]

    assert warned == []


def test_the_manual_lists_every_code() -> None:
    """`docs/findings.md` has a row for each code, with its severity and meaning."""
    manual = (ROOT / "docs" / "findings.md").read_text()

    for code, kind in FINDINGS.items():
        assert f"| `{code}` | {kind.name} | {kind.severity} | {kind.means} |" in manual
