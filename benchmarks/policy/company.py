"""Write: the policy of a company of many teams, calls to it, and what its rules mean.

Each team has things and tools on them, a catalogue and some fifty rules of its own; a few rules
are about everybody. `expected` is the oracle: it knows the rules as they are written here, asks
all of them, and shares no code with the program.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("read",),
    "read": ("read", "pii"),
    "update": ("write",),
    "delete": ("write", "delete"),
    "pay": ("write", "financial"),
    "export": ("read", "egress"),
}
"""What tools do, and the tags of those that do it."""
THINGS: Final = ("account", "invoice", "order", "report", "ticket")
STRICTNESS: Final = ("allow", "allow_with_constraints", "notify", "require_approval", "deny")
SIGNALS: Final = {
    "confidence_below": ("confidence", -1),
    "anomaly_score_above": ("anomaly_score", 1),
    "retry_count_above": ("retry_count", 1),
}
"""The signal that a condition looks at, and on which side of the limit it holds."""
EVERYBODY: Final[tuple[dict[str, Any], ...]] = (
    {"match": {"risk_tags": ["secrets"], "unless": {"environments": ["dev"]}}, "decision": "deny"},
    {"match": {"risk_tags": ["financial"], "amount_usd_above": 9000}, "decision": "deny"},
    {"match": {"risk_tags_all": ["pii", "egress"]}, "decision": "require_approval"},
    {"match": {"anomaly_score_above": 0.95}, "decision": "deny"},
    {"match": {"risk_tags": ["write"], "retry_count_above": 4}, "decision": "require_approval"},
    {"match": {"topics": ["job.*.audit.delete"]}, "decision": "deny"},
)
"""Rules about every team's tools."""


@dataclass(frozen=True)
class Call:
    """One call and all that its decision rests on."""

    tool: str
    args: dict[str, Any]
    agent: str
    environment: str
    signals: dict[str, float]
    topic: str
    tags: frozenset[str] | None
    """None: nobody declared the tool."""


@dataclass(frozen=True)
class Company:
    """A policy, as its files have it: file name to sections."""

    files: dict[str, dict[str, Any]]
    tools: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def rules(self) -> list[dict[str, Any]]:
        """All rules of all files."""
        return [rule for sections in self.files.values() for rule in sections["rules"]]

    def write(self, folder: Path) -> int:
        """Write the files as people lay them out, a line a rule; return their size in bytes."""
        (folder / "policy.d").mkdir(parents=True)
        for name, sections in self.files.items():
            (folder / name).write_text("\n".join(_lines(sections)) + "\n", encoding="utf-8")
        return sum((folder / name).stat().st_size for name in self.files)


def company(rules: int) -> Company:
    """Lay out a policy of so many rules."""
    everybody = [{"id": f"all-{at}", **rule} for at, rule in enumerate(EVERYBODY)]
    files: dict[str, dict[str, Any]] = {"policy.yaml": {"rules": everybody}}
    tools: dict[str, dict[str, Any]] = {}
    left, team = rules - len(everybody), 0
    while left > 0:
        name = f"team{team:03}"
        own = [{"id": f"{name}-{at}", **rule} for at, rule in enumerate(_team_rules(name))][:left]
        catalogue = dict(_team_tools(name))
        files[f"policy.d/{name}.yaml"] = {"tools": catalogue, "rules": own}
        tools |= catalogue
        left, team = left - len(own), team + 1
    return Company(files, tools)


def calls(of: Company, count: int, seed: int = 7) -> list[Call]:
    """Make calls over all teams: one in 25 to a tool that nobody declared, some without signals."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    return [_call(of, chance) for _ in range(count)]


def _call(of: Company, chance: random.Random) -> Call:
    tool = chance.choice(list(of.tools))
    entry = of.tools[tool]
    team = tool.split(".", 1)[0]
    declared = chance.random() >= 0.04
    name = tool if declared else f"{tool}-new"
    given = {
        "confidence": round(chance.random(), 2),
        "anomaly_score": round(chance.random() ** 2, 2),
        "retry_count": chance.choice([0, 0, 0, 1, 3, 5]),
    }
    signals = {key: value for key, value in given.items() if chance.random() < 0.97}
    args = {"id": "X-1", "amount": chance.choice([20, 300, 2500, 12000])}
    return Call(
        name,
        args,
        chance.choice([f"{team}-bot", f"{team}-lead", "helper"]),
        chance.choice(["prod", "dev"]),
        signals,
        entry["topic"] if declared else name,
        frozenset(entry["risk_tags"]) if declared else None,
    )


def _team_tools(team: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for thing in THINGS:
        for verb, tags in VERBS.items():
            facts = {"facts": {"amount_usd": "args.amount"}} if verb == "pay" else {}
            topic = f"job.{team}.{thing}.{verb}"
            yield f"{team}.{thing}.{verb}", {"topic": topic, "risk_tags": list(tags), **facts}


def _team_rules(team: str) -> Iterator[dict[str, Any]]:
    """Write a team's rules: half by literal names, half by globs, tags, facts and signals."""

    def rule(decision: str, reason: str, **match: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return {"match": match, "decision": decision, "reason": f"{team}: {reason}"}

    job = f"job.{team}"
    yield rule("allow", "lists are open", topics=[f"{job}.*.list"], agents=[f"{team}-*"])
    yield rule("require_approval", "unsure", topics=[f"{job}.*"], confidence_below=0.3)
    for thing in THINGS:
        tool, topic = f"{team}.{thing}", f"{job}.{thing}"
        lead = {"agents": [f"{team}-lead"]}
        yield rule("allow", "reads are open", topics=[f"{topic}.read", f"{topic}.list"])
        yield rule("allow", "edits by our agents", tools=[f"{tool}.update"], agents=[f"{team}-*"])
        yield rule("notify", "others' edits", tools=[f"{tool}.update"], unless=lead)
        yield rule("allow", "small sums", tools=[f"{tool}.pay"], amount_usd_at_most=100)
        yield rule("require_approval", "sums", tools=[f"{tool}.pay"], amount_usd_above=100)
        yield rule("deny", "kept", topics=[f"{topic}.delete"], environments=["prod"])
        yield rule("require_approval", "deletes", tools=[f"{tool}.delete"], unless=lead)
        strange = {"topics": [f"{topic}.*"], "risk_tags": ["egress"], "anomaly_score_above": 0.8}
        yield rule("deny", "strange exports", **strange)
        tried = {"tools": [f"{tool}.export"], "retry_count_above": 2}
        yield rule("require_approval", "tried too often", **tried)
        yield rule("allow", "exports by our lead", tools=[f"{tool}.export"], **lead)


def _lines(sections: Mapping[str, Any]) -> Iterator[str]:
    if "tools" in sections:
        yield "tools:"
        yield from (f"  {name}: {_flow(entry)}" for name, entry in sections["tools"].items())
    yield "rules:"
    yield from (f"  - {_flow(rule)}" for rule in sections["rules"])


def _flow(value: Mapping[str, Any]) -> str:
    return re.sub(r'"([a-z_]+)":', r"\1:", json.dumps(value))


# The oracle ------------------------------------------------------------------------------------


def expected(rules: list[dict[str, Any]], call: Call) -> tuple[str, tuple[str, ...]]:
    """Say what must be decided, and the ids of the rules that settle it, sorted."""
    truths = [(rule, _holds(rule["match"], call)) for rule in rules]
    matched = [rule for rule, truth in truths if truth]
    unsure = [rule for rule, truth in truths if truth is None]
    said = matched + [rule for rule in unsure if STRICTNESS.index(rule["decision"]) >= 2]
    kinds = [rule["decision"] for rule in said] + ([] if matched else ["require_approval"])
    kind = max(kinds, key=STRICTNESS.index)
    return kind, tuple(sorted(rule["id"] for rule in said if rule["decision"] == kind))


def _holds(match: Mapping[str, Any], call: Call) -> bool | None:
    truths = []
    for key, wanted in match.items():
        truth = _one(key, wanted, call)
        if truth is False:
            return False
        truths.append(truth)
    return None if None in truths else True


def _one(key: str, wanted: Any, call: Call) -> bool | None:  # noqa: ANN401 - JSON
    match key:
        case "unless":
            exempt = _holds(wanted, call)
            return None if exempt is None else not exempt
        case "tools" | "topics" | "agents" | "environments":
            return any(_regex(each).fullmatch(getattr(call, key[:-1])) for each in wanted)
        case "risk_tags" | "risk_tags_all":
            has = [None if call.tags is None else each in call.tags for each in wanted]
            return None if None in has else any(has) if key == "risk_tags" else all(has)
        case "amount_usd_above" | "amount_usd_at_most":
            if call.tags is not None and "financial" not in call.tags:
                return False
            return None if call.tags is None else (call.args["amount"] > wanted) == ("above" in key)
        case _:
            name, side = SIGNALS[key]
            return (call.signals[name] - wanted) * side > 0 if name in call.signals else None


@cache
def _regex(glob: str) -> re.Pattern[str]:
    """Translate a glob: a last segment `*` is one or more, any other star stays in its segment."""
    head, _, last = glob.rpartition(".")
    body = re.escape(f"{head}." if last == "*" else glob).replace(r"\*", "[^.]*")
    return re.compile(body + ".*" if last == "*" else body)
