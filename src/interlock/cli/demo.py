"""Play: the example agent's scenarios through the gate, and ask whoever is there."""

import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from rich.text import Text

from interlock.cli.follow import follow, follow_resume
from interlock.cli.options import examples, family
from interlock.cli.screen import amount, note, print_json, say
from interlock.desk.display import visible
from interlock.settings import state_dir

if TYPE_CHECKING:
    from interlock.cli.stage import Stage
    from interlock.conduct.values import Call
    from interlock.testing.report import Event, Report
    from interlock.testing.scenario import Human, Scenario

app = family()

SUMMED: Final = (
    "calls",
    "allowed",
    "asked",
    "approved",
    "rejected",
    "denied",
    "expired",
    "redacted",
    "quarantined",
    "in_doubt",
)
"""Counts of the summary, in its order."""


@app.command(
    epilog=examples(
        "interlock demo",
        "interlock demo --yes",
        "interlock demo --json --dir scratch",
        "interlock demo --model anthropic:claude-sonnet-4-5",
    )
)
def demo(
    yes: Annotated[
        bool, typer.Option("--yes", help="Let the scenarios' own reviewers answer.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="PROVIDER:MODEL",
            help="A LangChain model in place of the script; needs interlock[models].",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="FOLDER",
            help="Where ledger, threads and shop lie; else a new folder in your state directory.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON summary.")] = False,
) -> int:
    """Play a support agent's day through the gate, on a real database.

    Asks you where a human is needed. Without a terminal the threads are left waiting, and the next
    commands are printed.
    """
    from interlock.cli.stage import set_up

    note("setting up…")
    stage = set_up((folder or fresh_folder()).absolute(), model)
    from interlock.cli.asking import Quit

    try:
        return _play(stage, yes=yes, scripted_model=model is None, quiet=as_json)
    except Quit:
        _left(stage)
        return 0
    except KeyboardInterrupt:
        _left(stage)
        raise
    finally:
        stage.gate.close()


def _play(stage: "Stage", *, yes: bool, scripted_model: bool, quiet: bool) -> int:
    from interlock.testing.scenario import load_all

    scenarios = playable(load_all(stage.agent.SCENARIOS), untouched=not stage.gate.inbox.pending())
    reports: list[Report] = []
    for at, scenario in enumerate(scenarios, 1):
        if quiet:
            note(f"{at}/{len(scenarios)} {scenario.name}…")
        place = (at, len(scenarios))
        reports.append(
            _one(stage, scenario, place, yes=yes, quiet=quiet, scripted_model=scripted_model)
        )
        if yes and scripted_model and not quiet:
            _compare(stage, scenario, reports[-1])
    counts = total(reports)
    counts["allowed"] = allowed(stage.gate.audit.calls(), reports)
    verified = stage.gate.audit.verify()
    if quiet:
        summed = {name: counts[name] for name in SUMMED}
        print_json({**summed, "audit_verified": verified.ok}, indent=None)
        _note_waiting(stage, [request for report in reports for request in report.waiting])
    else:
        _sum_up(stage, counts, verified)
        _next_commands(stage, [request for report in reports for request in report.waiting])
    return 0 if verified.ok else 1


def playable(scenarios: "Iterable[Scenario]", *, untouched: bool) -> "list[Scenario]":
    """Leave out scenarios that let hours pass where somebody's requests wait: they would expire."""
    return [
        scenario
        for scenario in scenarios
        if untouched or all(step.answer != "too_late" for step in scenario.human)
    ]


def _one(
    stage: "Stage",
    scenario: "Scenario",
    place: tuple[int, int],
    *,
    yes: bool,
    quiet: bool,
    scripted_model: bool,
) -> "Report":
    """Play one scenario."""
    from interlock.cli import playbill
    from interlock.testing.scenarios import play

    if not quiet:
        playbill.title(*place, scenario.title, scenario.shows)
    aside = Aside(scenario)
    return play(
        scenario,
        cast("Any", stage.gate),
        stage.graph,
        None if yes else _human(stage, quiet=quiet),
        None if quiet else (aside.tell if scripted_model else playbill.tell),
        leap=stage.clock.advance,
    )


class Aside:
    """Tells of a play, and where its agent's script goes on as if somebody answered otherwise."""

    def __init__(self, scenario: "Scenario") -> None:
        """Expect the scenario's own answers."""
        self._left = list(scenario.human)
        self._otherwise = ""

    def tell(self, event: "Event") -> None:
        """Print an event; after a call's end, what the script takes for granted."""
        from interlock.cli import playbill

        playbill.tell(event)
        if event.kind == "answered":
            self._compare(event)
        elif event.kind == "ended" and self._otherwise:
            say(Text(f"       ({self._otherwise})", style="italic"))
            self._otherwise = ""

    def _compare(self, event: "Event") -> None:
        fits = [step for step in self._left if step.about in (None, event.tool)]
        if not fits:
            self._otherwise = "the script goes on as if nobody had been asked this"
            return
        self._left.remove(fits[0])
        if fits[0].answer != event.words:
            done = _DONE[fits[0].answer]
            self._otherwise = f"the script goes on as if the answer had been: {done}"


_DONE: Final = {
    "approve": "approved",
    "deny": "denied",
    "edit": "edited",
    "respond": "answered by a person",
    "cancel": "cancelled",
    "too_late": "none in time",
}


def _human(stage: "Stage", *, quiet: bool) -> "Human":
    """Return who answers: the person at the terminal, else nobody."""
    if quiet or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return lambda _: None
    from interlock.cli.asking import ask

    return lambda case: ask(case, stage.clock.now(), stage.ledger)


def _compare(stage: "Stage", scenario: "Scenario", report: "Report") -> None:
    """Say where a play did not go as its scenario expects."""
    from interlock.testing.report import shortfalls

    for line in shortfalls(scenario, report, stage.shop.rows):
        say("       not as expected: ", visible(line))


def _sum_up(stage: "Stage", counts: Counter[str], verified: Any) -> None:  # noqa: ANN401 - `Verification`
    from interlock.cli import playbill

    say()
    playbill.counts_table(counts)
    say()
    playbill.steps_table(stage.watch.summary())
    say()
    _say_verified(verified)
    say(f"ledger   {stage.ledger}")
    say("         ", follow("audit log", stage.ledger))


def _say_verified(verified: Any) -> None:  # noqa: ANN401 - `Verification`
    if verified.ok:
        say(f"audit    verified, {verified.entries} entries")
    for problem in verified.problems:
        say(f"audit    {visible(problem)}")


def _next_commands(stage: "Stage", waiting: list[str]) -> None:
    """Print what to type for each request that nobody answered; it works as it stands."""
    if not waiting:
        return
    say()
    say(f"{_wait(waiting)} for a person. Look at one with `show`, answer it, resume it;")
    say("in place of `approve` there are `deny`, `edit`, `respond` and `cancel`:")
    for request in waiting:
        case = stage.gate.inbox.show(request)
        say()
        say(Text(f"  # {visible(case.tool)}: {visible(case.reason)}", style="dim"))
        say("  ", follow(f"show {request}", stage.ledger))
        say("  ", follow(f"approve {request} --reason 'looked at it'", stage.ledger))
        say("  ", follow_resume(request, case.host, stage.ledger))


def _left(stage: "Stage") -> None:
    """Say where what waits lies, for who leaves in the middle, and that the record verifies."""
    say()
    _say_verified(stage.gate.audit.verify())
    say(f"ledger   {stage.ledger}")
    _next_commands(stage, [case.id for case in stage.gate.inbox.pending()])


def _note_waiting(stage: "Stage", waiting: list[str]) -> None:
    """Tell on stderr, beside the summary, what waits and how to look at the first."""
    if waiting:
        first = follow(f"show {waiting[0]}", stage.ledger)
        sys.stderr.write(f"interlock: {_wait(waiting)} for a person; next: {first}\n")


def _wait(waiting: list[str]) -> str:
    return f"{amount(len(waiting), 'request')} wait{'s' if len(waiting) == 1 else ''}"


def total(reports: Iterable["Report"]) -> Counter[str]:
    """Add up the counts of several plays."""
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
        counts.update(end for end in report.answers.values() if end in ("responded", "withheld"))
    return counts


def allowed(calls: "Iterable[Call]", reports: Iterable["Report"]) -> int:
    """Count what policy let through by itself; of what still waits no message tells."""
    threads = {report.thread_id for report in reports}
    return sum(
        call.judgement is not None
        and call.judgement.decision.kind not in ("require_approval", "deny")
        for call in calls
        if call.key.thread_id in threads
    )


def fresh_folder() -> Path:
    """Name a folder that no earlier demo used."""
    return state_dir() / "demo" / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
