"""Name: what `policy check` may find, each kind by a code that stays.

Errors stop a load. Warnings do not: the policy means what it says, and that is hardly what its
author meant. Notes say what nobody checked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.policy.file.source import Mark

Severity: TypeAlias = Literal["error", "warning", "note"]


class LintKind(NamedTuple):
    """One thing that may be wrong with a policy."""

    name: str
    """Two or three words, joined by hyphens."""
    severity: Severity
    means: str
    """What it means, in one sentence."""


FINDINGS: Final[Mapping[str, LintKind]] = MappingProxyType(
    {
        "IL001": LintKind("does-not-load", "error", "The file is no policy of version v1."),
        "IL002": LintKind(
            "not-enforced", "error", "Policy v1 has this key, and nothing here enforces it yet."
        ),
        "IL003": LintKind("unreachable-rule", "warning", "No call fulfils the rule's match."),
        "IL004": LintKind(
            "shadowed-rule", "warning", "A stricter rule is about every call of this one."
        ),
        "IL005": LintKind("repeated-rule", "warning", "Two rules of a set say the same."),
        "IL006": LintKind("idle-denial", "warning", "A denial is about no tool of the catalogue."),
        "IL007": LintKind(
            "idle-guardrail", "warning", "A guardrail is about no tool of the catalogue."
        ),
        "IL008": LintKind("idle-glob", "warning", "A glob holds no tool of the catalogue."),
        "IL009": LintKind("unknown-tool", "warning", "A name is nearly that of a catalogued tool."),
        "IL010": LintKind(
            "allow-without-fact",
            "warning",
            "A permission names a tool that has not the fact it rests on, so it never holds there.",
        ),
        "IL011": LintKind(
            "undeclared-fact", "warning", "No tool that the rule is about declares its fact."
        ),
        "IL012": LintKind(
            "all-to-humans", "warning", "Every call is asked about or denied, whatever it is."
        ),
        "IL013": LintKind(
            "nothing-allowed", "warning", "There are rules that ask or deny, and none that allows."
        ),
        "IL014": LintKind(
            "no-constraints",
            "warning",
            "`allow_with_constraints` names none, and there are no `default_constraints`.",
        ),
        "IL015": LintKind(
            "quorum-too-large", "warning", "More must approve than may, the tool's owner left out."
        ),
        "IL016": LintKind("silence-approves", "warning", "Silence approves a call of high risk."),
        "IL017": LintKind("escalation-loop", "warning", "An escalation leads back to itself."),
        "IL018": LintKind(
            "writes-own-policy", "warning", "An agent may change this policy without being asked."
        ),
        "IL019": LintKind(
            "unchecked-expression", "note", "An expression reads arguments of unknown types."
        ),
        "IL020": LintKind("unused-group", "warning", "Nothing names the group."),
        "IL021": LintKind(
            "nobody-eligible", "warning", "Two rules ask groups without a common member."
        ),
        "IL022": LintKind(
            "idle-rule",
            "note",
            "A rule that asks, or a guardrail, is about no tool of the catalogue.",
        ),
        "IL023": LintKind(
            "constraints-clash",
            "warning",
            "Two rules force what no call can keep to, so it is denied.",
        ),
        "IL025": LintKind(
            "file-left-out", "warning", "A file in `policy.d` is not read because of its ending."
        ),
        "IL026": LintKind(
            "looser-at-risk", "warning", "A row of the matrix is looser at a higher risk."
        ),
        "IL027": LintKind(
            "notice-runs", "warning", "A notice lets run what would be denied without it."
        ),
        "IL028": LintKind(
            "unanchored-pattern",
            "warning",
            "A pattern that permits or exempts is found anywhere in a text.",
        ),
        "IL029": LintKind(
            "everything-runs", "warning", "Every call is allowed; nothing is asked about or denied."
        ),
        "IL030": LintKind(
            "role-group",
            "note",
            "A group is not declared; who has that role in the ledger is asked.",
        ),
        "IL031": LintKind(
            "late-escalation", "warning", "A question is over before the next level is asked."
        ),
        "IL032": LintKind(
            "no-next-level", "warning", "What is asked of groups without a route never escalates."
        ),
        "IL033": LintKind(
            "inline-never-counts", "warning", "A run may answer, and no such answer approves."
        ),
        "IL034": LintKind(
            "nobody-stands-in",
            "warning",
            "All of a group must approve, and one may rest until the question is over.",
        ),
        "IL035": LintKind(
            "silence-is-no-approval",
            "warning",
            "Silence is to approve what takes more than a word.",
        ),
    }
)
"""Every kind of finding by its code. A code never changes its meaning."""
RETIRED: Final = frozenset({"IL024"})
"""Codes of what can no longer be wrong, and which stand for nothing else."""


class LintFinding(NamedTuple):
    """One finding in one file."""

    mark: Mark
    code: str
    message: str
    """What was found, with the names it is about."""
    remedy: str
    """What to do."""

    @property
    def kind(self) -> LintKind:
        """What the code stands for."""
        return FINDINGS[self.code]
