"""Describe: one call for the person who must decide it.

Everything of the agent's is written by `desk.display`; what the agent says of itself stands apart
and is marked as its own claim. Silence is explained before it happens.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from interlock.app.cases import Case
from interlock.cli.answers import answer, approvals
from interlock.cli.follow import follow
from interlock.cli.halted import halt_rows, lift
from interlock.cli.screen import local, span
from interlock.desk.disclosing import disclosure
from interlock.desk.display import render_args, visible
from interlock.policy.decisions import Silence

DIGEST_SHOWN: Final = 12
"""Hex digits of a digest that are shown to people."""

STANDING: Final = {
    "decided": "decided, may run",
    "held": "held: behind another call of its turn, or for a veto",
    "pending": "waits for a human",
    "approved": "approved, not yet run",
    "auto_approved": "nobody, or too few, answered; policy takes that for a yes; not yet run",
    "executing": "running",
    "done": "ran; its result is not inspected yet",
    "failed": "failed; what it said is not inspected yet",
    "in_doubt": "in doubt: it may have run; check before anything else",
    "retried": "in doubt before, runs once more when it is delivered again",
    "compensated": "may have run, and was undone",
    "released": "ran, result delivered",
    "redacted": "ran, result delivered with redactions",
    "withheld": "ran, result withheld",
    "quarantined": "ran, result held in quarantine",
    "destroyed": "ran, result destroyed",
    "denied": "denied by policy, nothing ran",
    "halted": "switched off, nothing ran; see `interlock halts`",
    "rejected": "denied by a human, nothing ran",
    "responded": "answered by a human, nothing ran",
    "expired": "nobody, or too few, answered in time, nothing ran",
    "cancelled": "cancelled, nothing ran",
    "vetoed": "vetoed by a human, nothing ran",
    "superseded": "replaced by an edit, nothing ran",
    "conflict": "a second delivery with other arguments, refused; nothing ran",
    "invalid_arguments": "arguments did not fit the tool, nothing ran",
    "posed": "waits for a human",
    "disclosed": "was a probe; nothing could run",
}
"""What each state means, for people."""

SUMMARY_LENGTH: Final = 72
"""Characters of a summary before it is cut."""


class Section(NamedTuple):
    """A heading and its lines, each a label and a text; an empty label continues."""

    title: str
    rows: list[tuple[str, str]]
    typed: bool = False
    """Whether its lines are commands, to be typed as they stand."""


def describe(case: Case, now: datetime, ledger: str | None = None) -> list[Section]:
    """Say of a call: what, why it is asked, what follows, what is claimed, what silence means.

    The next commands repeat `ledger`, which was given for this one.
    """
    sections = [
        _head(case, now),
        Section("halted", halt_rows(case.halt)),
        Section("what", [*_what(case), *_undeclared(case)]),
        Section(
            "before the edit" if case.editors else "before the change",
            _lines(case.before, "arguments") if case.before else [],
        ),
        Section("why", _why(case)),
        Section("if it runs", _consequences(case)),
        Section("to undo", _undoing(case)),
        Section("claimed by the agent, unverified", _claim(case)),
        Section(
            "how it came here", [(visible(c["agent"]), visible(c["says"])) for c in case.chain]
        ),
        Section("disclosed", _disclosed(case)),
        Section("too late", [("", text) for text in case.later]),
        Section("answers", [(visible(vote["by"]), answer(vote)) for vote in case.votes]),
        Section("approvals", approvals(case)),
        Section("silence", _silence(case, now)),
        Section("next", _next(case, ledger), typed=True),
    ]
    return [section for section in sections if section.rows]


def summary(args: Mapping[str, object]) -> str:
    """Say what is asked, in one line that may be cut."""
    told = ", ".join(f"{path}={text}" for path, text in render_args(args, limit=40))
    return (
        told
        if len(told) <= SUMMARY_LENGTH
        else f"{told[:SUMMARY_LENGTH]} +{len(told) - SUMMARY_LENGTH} chars"
    )


def _lines(args: dict[str, object], alone: str) -> list[tuple[str, str]]:
    return [(path or alone, text) for path, text in render_args(args)]


def _what(case: Case) -> list[tuple[str, str]]:
    """List the arguments; erased or archived ones are not shown as none."""
    return [("gone", visible(case.gone))] if case.gone else _lines(case.args, "arguments")


def _undeclared(case: Case) -> list[tuple[str, str]]:
    said = "the tool's schema does not name it; it may do nothing, or something else"
    return [("not declared", f"{visible(name)}: {said}") for name in case.undeclared]


def _disclosed(case: Case) -> list[tuple[str, str]]:
    return [("", line) for line in disclosure(case.probe)] if case.probe else []


def _head(case: Case, now: datetime) -> Section:
    who = f"edited by {visible(', '.join(case.editors))}" if case.editors else "changed by policy"
    edited = f" ({who}, revision {case.revision})" if case.revision else ""
    on_behalf = f" for {visible(case.principal)}" if case.principal else ""
    rows = [
        ("state", _state(case, now)),
        ("call", case.call_id + edited),
        ("agent", visible(case.agent) + on_behalf),
        *([("tenant", visible(case.tenant))] if case.tenant else []),
        ("thread", f"{visible(case.thread_id)} of {visible(case.host)}"),
        ("digest", case.digest[:DIGEST_SHOWN]),
    ]
    return Section(f"{case.id}  {visible(case.tool)}", rows)


def _state(case: Case, now: datetime) -> str:
    if case.state == "pending" and case.expires_at is not None and now >= case.expires_at:
        return f"overdue; it {silence(case)} when touched, nothing ran"
    if case.lost:
        return "its process was lost; it runs again when its host delivers it"
    if case.unused:
        return "approved, but nothing ran it in time; nothing ran"
    return STANDING.get(case.state, case.state)


def _why(case: Case) -> list[tuple[str, str]]:
    rows = [("decision", case.decision.replace("_", " "))]
    rows += [("rule", visible(rule)) for rule in case.rules] or [("rule", "none matched")]
    rows += [("not evaluable", _unclear(case, rule)) for rule in case.not_evaluable]
    rows += [("reason", visible(case.reason))] if case.reason else []
    rows += [("signal", text) for text in _signals(case)]
    said = [(name, each) for name in sorted(case.reasons) for each in case.reasons[name]]
    rows += [("", f"{name}: {visible(each)}") for name, each in said]
    return [*rows, ("level", str(case.level)), ("policy", visible(case.policy_snapshot))]


def _unclear(case: Case, rule: str) -> str:
    """Name a rule that could not be evaluated; only a restrictive one counts all the same."""
    return visible(rule) + (", so it counts" if rule in case.rules else "")


def _signals(case: Case) -> list[str]:
    """Write each signal; a confidence that is the agent's own word says so."""
    own = case.confidence_0_1 is not None and case.signals.get("confidence") == case.confidence_0_1
    return [
        f"{name} = {text}" + (" (declared by the agent)" if own and name == "confidence" else "")
        for name, text in render_args(case.signals)
        if name
    ]


def _consequences(case: Case) -> list[tuple[str, str]]:
    rows = [("", visible(case.consequences))]
    return rows + [("fact", f"{name} = {text}") for name, text in render_args(case.facts) if name]


def _undoing(case: Case) -> list[tuple[str, str]]:
    """Name what could undo the call, or what ran before it; nothing of it runs by itself."""
    offers = case.answer["record"].get("compensate", ()) if case.answer else ()
    return [
        (
            visible(offer["tool"]),
            ", ".join(f"{path}={text}" for path, text in render_args(offer["args"])),
        )
        for offer in offers
    ]


def _claim(case: Case) -> list[tuple[str, str]]:
    rows = [] if case.confidence_0_1 is None else [("confidence", f"{case.confidence_0_1:g}")]
    return rows + ([("why", f'"{visible(case.why)}"')] if case.why else [])


def _silence(case: Case, now: datetime) -> list[tuple[str, str]]:
    if case.veto_until is not None:
        return [("veto until", local(case.veto_until)), ("then", "it runs")]
    if case.broken_by:
        return [("approved by", f"{visible(case.broken_by)} alone, who broke the glass")]
    if case.by_silence and case.expires_at is not None:
        end, who = local(case.expires_at), "too few" if case.votes else "nobody"
        return [("approved by", f"nobody: policy took it for a yes that {who} answered by {end}")]
    if case.state != "pending" or case.expires_at is None:
        return []
    left = (case.expires_at - now).total_seconds()
    when = f"in {span(left)}" if left > 0 else f"{span(-left)} ago"
    asked = [("asked", visible(", ".join(case.asked)))] if case.asked else []
    if case.next_asked is not None and case.next_asked_at is not None:
        asked += [("next", f"{visible(case.next_asked)} from {local(case.next_asked_at)}")]
    return [
        *asked,
        ("answer by", f"{local(case.expires_at)} ({when})"),
        ("then", _MEANING[case.silence or "deny"].format(visible(case.next_asked or ""))),
    ]


_MEANING: Final[Mapping[Silence, str]] = {
    "deny": "it is not executed, and the agent is told that nobody, or too few, answered",
    "escalate": "{} is asked anew, and it is not executed before somebody answers",
    "approve": "it RUNS, whoever is missing: policy takes silence for a yes here",
}


def silence(case: Case) -> str:
    """Say in a word or two what it means when nobody answers."""
    if case.halt is not None:
        return "is halted"
    match case.silence:
        case "approve":
            return "RUNS"
        case "escalate":
            return f"asks {visible(case.next_asked or '')}"
        case "deny" | None:
            return "expires"


def _next(case: Case, ledger: str | None) -> list[tuple[str, str]]:
    first = [("", follow(lift(case.halt), ledger))] if case.halt else []
    return [*first, *_commands(case, ledger)]


def _commands(case: Case, ledger: str | None) -> list[tuple[str, str]]:
    if case.veto_until is not None:
        return [("", follow(f'veto {case.call_id} --reason "…"', ledger))]
    if case.state == "in_doubt":
        settle = f"doubt settle {case.call_id}"
        return [
            ("", follow(f'{settle} --{how} --reason "…"', ledger))
            for how in ("done", "failed", "retry", "compensate")
        ]
    if case.state in ("approved", "auto_approved"):
        return [("", follow(f'cancel {case.call_id} --reason "…"', ledger))]
    if case.state != "pending":
        return []
    because = ' --reason "…"' if case.reason_required else ""
    because += ' --confirm "…"' if case.risk == "critical" else ""
    commands = (
        f"approve {case.id}{because}",
        f'deny {case.id} --reason "…"',
        f"edit {case.id} --args '{{…}}'",
        f'respond {case.id} --message "…"',
    )
    return [("", follow(words, ledger)) for words in commands]
