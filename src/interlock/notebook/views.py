"""View: what a policy says, what waits, and one call's way, as values that show themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.app.policy import Policy, PolicyAnswer
from interlock.clock import parse_stamp
from interlock.desk.display import render_args, visible
from interlock.notebook.html import Badge, table

TONES: Final[Mapping[str, str]] = {
    "allow": "good",
    "allow_with_constraints": "good",
    "notify": "warn",
    "require_approval": "warn",
    "deny": "bad",
    "approved": "good",
    "auto_approved": "warn",
    "released": "good",
    "pending": "warn",
    "held": "warn",
    "redacted": "warn",
    "withheld": "held",
    "quarantined": "held",
    "destroyed": "held",
    "denied": "bad",
    "rejected": "bad",
    "expired": "bad",
    "in_doubt": "bad",
}
"""Whether a decision or state is good news; anything else is neither."""


@dataclass(frozen=True, slots=True, repr=False)
class Played:
    """Calls, and what a policy says about each; nothing ran."""

    calls: tuple[Mapping[str, Any], ...]
    answers: tuple[PolicyAnswer, ...]

    @property
    def counts(self) -> Counter[str]:
        """How often each decision came out."""
        return Counter(answer.kind for answer in self.answers)

    def __repr__(self) -> str:
        counted = ", ".join(f"{count} {kind}" for kind, count in self.counts.items())
        return f"<{len(self.calls)} calls: {counted}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                visible(str(call["name"])),
                shown_args(call.get("args") or {}),
                badge(answer.kind),
                visible(", ".join(answer.rules)),
                visible(answer.reason),
            )
            for call, answer in zip(self.calls, self.answers, strict=True)
        ]
        snapshot = self.answers[0].snapshot if self.answers else "no calls"
        caption = f"{len(rows)} calls, policy {snapshot}"
        return table(("tool", "arguments", "decision", "rules", "reason"), rows, caption)


@dataclass(frozen=True, slots=True, repr=False)
class Queue:
    """What waits for a human."""

    cases: tuple[Case, ...]
    now: datetime

    def __repr__(self) -> str:
        return f"<waiting: {len(self.cases)}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                case.id,
                visible(case.tool),
                shown_args(case.args),
                Badge(case.risk, "bad" if case.risk in ("high", "critical") else "warn"),
                visible(case.reason),
                f'"{visible(case.why)}"' if case.why else "",
                self._left(case),
            )
            for case in self.cases
        ]
        heads = ("request", "tool", "arguments", "risk", "why", "agent claims, unverified", "left")
        return table(heads, rows, f"waiting for a human: {len(rows)}")

    def _left(self, case: Case) -> str:
        if case.expires_at is None:
            return ""
        return f"{max(0.0, (case.expires_at - self.now).total_seconds()) / 60:.0f} min"


@dataclass(frozen=True, slots=True, repr=False)
class Timeline:
    """One call's way through the gate, entry by entry."""

    case: Case
    entries: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        return f"<{self.case.call_id}: {', '.join(str(entry['kind']) for entry in self.entries)}>"

    def _repr_html_(self) -> str:
        start = parse_stamp(self.entries[0]["at"]) if self.entries else None
        rows = [
            (
                f"+{(parse_stamp(entry['at']) - start).total_seconds() * 1000:.0f} ms"
                if start
                else "",
                str(entry["kind"]),
                badge(str(entry["state"])),
                visible(str(entry["actor"])),
                told(entry["body"]),
                str(entry["hash"])[:12],
            )
            for entry in self.entries
        ]
        caption = f"{self.case.call_id}: {visible(self.case.tool)} {shown_args(self.case.args)}"
        return table(("after", "what", "state", "by", "about", "hash"), rows, caption)


def play(policy: Policy | Path | str, calls: Iterable[Mapping[str, Any]]) -> Played:
    """Ask a policy about calls: `{"name", "args", "agent", "signals", "level", "context"}`.

    `policy` is a policy, a file or a folder. Raises `PolicyError`, `CanonError`.
    """
    asked = policy if isinstance(policy, Policy) else Policy.load(policy)
    every = tuple(calls)
    answers = tuple(
        asked.decide(
            {name: call[name] for name in ("name", "args", "agent") if name in call},
            signals=call.get("signals") or {},
            level=call.get("level"),
            context=call.get("context") or {},
            environment=call.get("environment"),
        )
        for call in every
    )
    return Played(every, answers)


def queue(gate: Gate) -> Queue:
    """Show what waits for a human, oldest first."""
    return Queue(tuple(gate.inbox.pending()), gate.ledger.clock.now())


def timeline(gate: Gate, call_id: str) -> Timeline:
    """Show one call's way; any unique start of a call or request id will do. Raises `UnknownId`."""
    case = gate.inbox.show(call_id)
    return Timeline(case, tuple(gate.audit.log(call=case.call_id)))


def shown_args(args: Mapping[str, Any]) -> str:
    """Write arguments in one line; different arguments never look alike."""
    return ", ".join(f"{path}={text}" if path else text for path, text in render_args(args))


def badge(word: str) -> Badge:
    """Write a decision or state in its colour."""
    return Badge(word.replace("_", " "), TONES.get(word, "calm"))


def told(body: Mapping[str, Any]) -> str:
    """Write what an entry says that matters to a reader."""
    names = ("kind", "rules", "answer", "reason", "output_safety_decision", "outcome")
    said = [f"{name}={_text(body[name])}" for name in names if body.get(name)]
    return ", ".join(said)


def _text(value: object) -> str:
    if isinstance(value, list):
        return visible(", ".join(map(str, cast("list[object]", value))))
    return visible(str(value))
