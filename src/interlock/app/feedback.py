"""Export: what people corrected, redacted as results are, for whoever trains or calibrates."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from interlock.app.keys import write_secret
from interlock.conduct import Conductor
from interlock.conduct.values import Call
from interlock.desk.feedback import CorrectedCall, Material, label, pair
from interlock.errors import DeskError, LedgerError
from interlock.ledger import queries
from interlock.ledger.feedback import PersonsWord, words
from interlock.ledger.sealing import seal
from interlock.ledger.store import SqlLedger
from interlock.path.inspection import inspect
from interlock.path.redaction import redacted
from interlock.policy.file.entities import ENTITIES
from interlock.policy.output import OutputPolicy

FeedbackKind: TypeAlias = Literal["pairs", "labels"]

WHY_NOT: Final = ("erased", "held", "unsettled", "wordless")
"""Why a correction is left out: what the call said was erased or archived; inspection would hold
it; an edited call never ran, or was found wrong itself; nobody said what would have been better."""


@dataclass(slots=True)
class Exported:
    """How much was exported, and why the rest was not."""

    kind: FeedbackKind
    lines: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    """By `WHY_NOT`."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        left = {why: self.left_out[why] for why in WHY_NOT}
        return {"kind": self.kind, "lines": self.lines, "left_out": left}


class FeedbackDesk:
    """What people corrected."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Read `ledger`; redact by the policy of `conductor`."""
        self._ports, self._ledger = conductor.ports, ledger

    def export(
        self,
        out: Path,
        kind: FeedbackKind = "pairs",
        *,
        since: str | None = None,
        tenant: str | None = None,
        redact: Collection[str] = (),
    ) -> Exported:
        """Write one JSON object a line to a new file that nobody else may read.

        `since` is a stamp: of what was said from then on. `redact` names entities that are taken
        out besides those of the policy's `output`. Raises `DeskError` for a file that is there, or
        an entity that nothing looks for.
        """
        output, exported = self._output(redact), Exported(kind)
        with suppress(LedgerError):  # lines then have no leaf
            seal(self._ledger)
        lines = [
            json.dumps(line, ensure_ascii=False)
            for line in self._lines(exported, output, since, tenant)
        ]
        write_secret(out, "".join(f"{line}\n" for line in lines).encode())
        exported.lines = len(lines)
        return exported

    def _output(self, redact: Collection[str]) -> OutputPolicy:
        if unknown := sorted({*redact} - {*ENTITIES}):
            raise DeskError(f"nothing looks for `{unknown[0]}`; see interlock policy check")
        own = self._ports.policy().output
        kept = {name: action for name, action in own.entities.items() if action != "allow"}
        return own._replace(entities={**dict.fromkeys(redact, "redact"), **kept})

    def _lines(
        self, exported: Exported, output: OutputPolicy, since: str | None, tenant: str | None
    ) -> Iterator[dict[str, Any]]:
        last = {word.call.id: word for word in words(self._ledger, since, tenant)}
        for word in last.values():  # of what was asked twice the last answer counts
            if (why := _why_not(word, exported.kind)) is not None:
                exported.left_out[why] += 1
            elif (told := self._told(word, output)) is None:
                exported.left_out["held"] += 1
            else:
                line = pair(told) if exported.kind == "pairs" else label(told)
                if line is not None:
                    yield line
                elif not told.right:
                    exported.left_out["wordless"] += 1

    def _told(self, word: PersonsWord, output: OutputPolicy) -> CorrectedCall | None:
        """Take out what a result would lose; None where it would be held, or withheld."""
        parts = {**_material(word).json(), "context": _context(word.call)}
        found = inspect(parts, None, output, self._ports.detectors())
        if found.verdict not in ("ALLOW", "REDACT"):
            return None
        left = redacted(parts, "response", found, self._ports.anonymizer())
        return CorrectedCall(
            word.kind,
            word.kind == "approval" or word.entry.body.get("verdict") == "fine",
            Material.of(left),
            dict(left.get("context") or {}),
            _measured(word),
            _provenance(word),
            queries.schema_of(self._ledger, word.call),
        )


def _why_not(word: PersonsWord, kind: FeedbackKind) -> str | None:
    """Say why nothing can be told of a correction; None where it can."""
    if word.is_gone:
        return "erased"
    return "unsettled" if kind == "pairs" and not word.is_settled else None


def _material(word: PersonsWord) -> Material:
    proposal, edited = word.call.proposal, word.edited
    said = tuple(link._asdict() for link in proposal.context.chain)
    answer = word.call.answer
    spoken = str(answer.content) if word.kind == "response" and answer else ""
    instead = None
    if edited is not None:
        instead = {"tool": edited.proposal.tool, "args": edited.proposal.args}
    reason = str(word.entry.body.get("reason", ""))
    return Material(proposal.tool, proposal.args, said, spoken or reason, instead)


def _context(call: Call) -> dict[str, Any]:
    context, judged, key = call.proposal.context, call.judgement, call.key
    return {
        "agent": context.agent.id,
        "model": context.agent.model,
        "version": context.agent.version,
        "tenant": context.tenant,
        "topic": judged.topic if judged else "",
        "risk": judged.risk if judged else "",
        "risk_tags": list(judged.risk_tags) if judged else [],
        "host": key.host,
        "thread_id": key.thread_id,
        "turn_id": key.turn_id,
        "tool_call_id": key.tool_call_id,
    }


def _measured(word: PersonsWord) -> dict[str, Any]:
    judged, body = word.call.judgement, word.entry.body
    signals = dict(judged.signals) if judged else {}
    return {
        "verdict": body.get("verdict"),
        "drawn": body.get("drawn"),
        "inclusion": body.get("inclusion"),
        "declared_confidence": word.call.proposal.claim.confidence_0_1,
        "signals": {
            name: value for name, value in signals.items() if isinstance(value, bool | int | float)
        },
        "decision": judged.decision.kind if judged else "",
        "rules": list(judged.decision.rules) if judged else [],
        "level": judged.level if judged else None,
    }


def _provenance(word: PersonsWord) -> dict[str, Any]:
    judged, entry = word.call.judgement, word.entry
    return {
        "entry": entry.id,
        "hash": entry.hash,
        "leaf": word.leaf,
        "at": entry.at,
        "call_id": word.call.id,
        "digest": word.call.proposal.digest,
        "edited_digest": word.edited.proposal.digest if word.edited else None,
        "policy_snapshot": judged.snapshot if judged else "",
        "policy": judged.policy if judged else "",
    }
