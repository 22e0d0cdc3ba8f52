"""Print: what a policy says of a call, how its cases came out, how two policies differ."""

import json
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.text import Text

from interlock.cli.options import opened
from interlock.cli.screen import amount, console, print_table, say
from interlock.desk.display import visible
from interlock.policy.decisions import Ask, Proof, ReviewTerms

if TYPE_CHECKING:
    from interlock.app.comparing import Change, Difference
    from interlock.app.explaining import Explained, Spent, ToldSignal
    from interlock.app.policy import Policy
    from interlock.path.decision import RuleTrace
    from interlock.policy.authoring.cases import PackReport
    from interlock.policy.authoring.settings import Setting
    from interlock.policy.evaluation.heeding import HeededSignal

_DECIDED: Final[Mapping[str, str]] = {
    "allow": "green",
    "allow_with_constraints": "green",
    "notify": "cyan",
    "require_approval": "yellow",
    "deny": "red",
}
_CAME_OUT: Final[Mapping[str, str]] = {
    "matched": "green",
    "not matched": "dim",
    "could not be evaluated": "magenta",
}


# Explain ----------------------------------------------------------------------------------------


def of_ledger(policy: "Policy", ledger: str, name: str, level: int | None) -> "Explained":
    """Explain a call of a ledger. Raises `UnknownId` for an id that it does not have."""
    if level is not None:
        raise typer.BadParameter("`--level` does not go with `--ledger`: the level of then counts")
    with opened(ledger) as gate:
        return gate.audit.explain(name, policy)


def print_explained(found: "Explained", *, every: bool = False) -> None:
    """Print the decision, what was known, and how each rule about the call's tool came out."""
    answer, subject = found.answer, found.subject
    say(_decision(answer.kind), f": {visible(answer.reason)}")
    say(f"settled by {visible(', '.join(answer.rules)) or 'no rule'}; policy {answer.snapshot}")
    place = f", environment {visible(subject.environment)}" if subject.environment else ""
    say(f"level {subject.level}, risk {subject.risk}{place}, topic {visible(subject.topic)}")
    if answer.constraints:
        say(f"constraints: {visible(_short(answer.constraints))}")
    if isinstance(answer.decision, Ask):
        for line in _asked(answer.decision.terms):
            say(line)
    for each in found.spent:
        say(_usage(each))
    _print_signals(found.signals)
    heads = ("", "rule", "says", "came out", "because")
    shown = [trace for trace in found.traces if every or trace.about]
    print_table(heads, [_row(trace, trace.id in answer.rules) for trace in shown])
    if others := len(found.traces) - len(shown):
        say(f"{others} more about other tools; see them with --all")


def _print_signals(signals: Sequence["ToldSignal"]) -> None:
    """Print each signal, who says so, and how far it is from where each rule speaks; then why."""
    if not signals:
        return
    heads = ("signal", "value", "from", "rule", "speaks at", "distance")
    print_table(heads, [row for each in signals for row in _signal_rows(each)])
    for each in signals:
        for line in each.reasons:
            say(f"{each.name}: {visible(line)}")


def _signal_rows(told: "ToldSignal") -> Iterator[tuple[str | Text, ...]]:
    value = Text("missing", style="magenta") if told.value is None else visible(_short(told.value))
    if not told.looks:
        yield told.name, value, told.source, "", "no rule looks at it", ""
    for at, (rule, look) in enumerate(told.looks):
        first = ("", "", "") if at else (told.name, value, told.source)
        wanted = visible(f"{look.key}: {_short(look.threshold)}")
        yield *first, visible(rule), wanted, _distance(look)


def _distance(look: "HeededSignal") -> Text:
    """Say how far a signal is from a threshold, or on which side of one it stands."""
    style = {True: "green", False: "dim", None: "magenta"}[look.holds]
    if look.distance is None:
        words = {True: "holds", False: "does not hold", None: "could not be evaluated"}[look.holds]
    else:
        words = f"{abs(look.distance):g} {'past it' if look.holds else 'to go'}"
    return Text(words, style=style)


def _asked(terms: ReviewTerms) -> Iterator[str]:
    """Say who is asked, how they show who they are, and what follows when nobody answers."""
    places = [_group(terms.quorum, terms.route or "", terms.eligible)]
    if terms.eligible is None and terms.groups:
        places = [f"{terms.quorum} people in all"] if terms.quorum > len(terms.groups) else []
    places += [_group(1, each.name, each.members) for each in terms.groups]
    yield f"asks {' and '.join(places)}, by {_PROOF[terms.auth]}"
    for name in terms.unstaffed:
        yield f"{visible(name)} is a role: who has it in the ledger is asked, else as said here"
    for level in terms.levels:
        yield f"then, each after {terms.escalate_after_s or 0:g} s, {_group(1, *level)}"
    yield f"nobody within {terms.approval_ttl_s:g} s: {terms.on_timeout}"


_PROOF: Final[Mapping[Proof, str]] = {"local": "name", "token": "token", "signed": "signature"}


def _group(count: int, name: str, members: Sequence[str] | None) -> str:
    who = ", ".join(members or ()) or "nobody here"
    return f"{count} of {visible(name)} ({visible(who)})" if name else f"{count} of anyone"


def _usage(spent: "Spent") -> str:
    share = "an unknown amount" if spent.share is None else f"{spent.share:g}"
    return f"{visible(spent.guardrail)}: {spent.before:g} used, {share} more, of {spent.most:g}"


def _row(trace: "RuleTrace", settled: bool) -> tuple[str | Text, ...]:
    name = f"{trace.set}: {visible(trace.id)}"
    return (
        Text("*" if settled else " ", style="bold"),
        Text(name, style="bold" if settled else ""),
        _decision(trace.decision),
        Text(trace.outcome, style=_CAME_OUT[trace.outcome]),
        visible(trace.why),
    )


def _decision(kind: str) -> Text:
    return Text(kind.replace("_", " "), style=_DECIDED[kind])


def _short(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, ensure_ascii=False, default=str)


# Cases ------------------------------------------------------------------------------------------


def print_coverage(report: "PackReport") -> None:
    """Print how many cases each rule settles, and the share of rules that settle one."""
    rows = [
        (visible(rule), Text(str(cases), style="" if cases else "bold red"))
        for rule, cases in report.settled.items()
    ]
    print_table(("rule", "cases"), rows)
    say(f"{report.share:.0%} of the rules settle a case")


# Diff -------------------------------------------------------------------------------------------


def generated(before: "Policy", after: "Policy", most: int) -> "Difference":
    """Ask two policies about calls made of what is written in them."""
    from interlock.app.comparing import compare_generated
    from interlock.policy.authoring.generation import questions

    asked = questions((before.compiled.document, after.compiled.document), most)
    with progress("asking both", len(asked)) as tick:
        return compare_generated(before, after, asked, tick)


def recorded(before: "Policy", after: "Policy", ledger: str, most: int) -> "Difference":
    """Ask two policies about the newest calls of a ledger."""
    from interlock.app.comparing import compare_recorded

    with opened(ledger) as gate:
        calls = gate.audit.calls(limit=most)
    with progress("asking both", len(calls)) as tick:
        return compare_recorded(before, after, calls, tick)


def print_difference(found: "Difference", before: str, after: str) -> None:
    """Print each group of changes with an example, loosening first."""
    for change in found.changes:
        _print_change(change)
    if found.settings:
        say("not compared by calls:")
    for setting in found.settings:
        _print_setting(setting)
    looser = sum(each.calls for each in found.changes if each.direction != "stricter")
    stricter = sum(each.calls for each in found.changes) - looser
    say(
        f"{before} to {after}: of {amount(found.calls, 'call')} "
        f"{looser} looser, {stricter} stricter"
    )


def _print_change(change: "Change") -> None:
    style = "green" if change.direction == "stricter" else "bold red"
    also = f", other {', '.join(change.how)}" if change.how else ""
    say(
        Text(change.direction, style=style),
        ": ",
        _decision(change.before),
        f" by {_names(change.rules_before)} becomes ",
        _decision(change.after),
        f" by {_names(change.rules_after)}{also}; {amount(change.calls, 'call')} of "
        f"{visible(', '.join(change.tools))}",
    )
    say(Text("  such as ", style="dim"), visible(_short(change.example)))


def _print_setting(setting: "Setting") -> None:
    style = "green" if setting.direction == "stricter" else "bold red"
    was, now = (
        "absent" if value is None else visible(_short(value))
        for value in (setting.before, setting.after)
    )
    way = "may loosen" if setting.direction == "unknown" else setting.direction
    say("  ", Text(way, style=style), f": {visible(setting.path)}: {was} becomes {now}")


def _names(rules: tuple[str, ...]) -> str:
    return visible(", ".join(rules)) or "no rule"


@contextmanager
def progress(what: str, total: int) -> Generator[Callable[[], None]]:
    """Show how far long work is to a person at a terminal; a pipe stays quiet."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
