"""Signals: what was learned of agents, how good their word is, and which threshold would do."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from interlock.app.signals import ERROR_RATE, AgentSignals, SourceFigures
from interlock.cli.options import AsJson, LedgerUrl, examples, family, opened
from interlock.cli.screen import Columns, amount, print_json, print_listing, say
from interlock.desk.display import visible
from interlock.intervals import Share
from interlock.signals.calibration import Bin

app = family()
signals = family()
app.add_typer(signals, name="signals", help="What was learned of agents.")

BAR: Final = 30
"""Characters of the longest bar of a diagram."""

Agent = Annotated[str | None, typer.Option("--agent", metavar="A", help="Only this agent.")]
ErrorRate = Annotated[
    float,
    typer.Option("--error-rate", metavar="R", help="Share of wrong calls that is wanted, 0 to 1."),
]


@signals.command(
    epilog=examples("interlock signals calibrate", "interlock signals calibrate --json")
)
def calibrate(ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """Learn anew, from the whole log, what is usual for agents and what their word was worth.

    For a ledger whose policy looks at signals from now on, and after calls were erased: what is
    usual is forgotten with them only here. Prints how far what was said lies from how often calls
    were right (expected calibration error, Brier score), as said and as corrected by the cases
    before each. Exit 1 where another process learned meanwhile; nothing is changed then.
    """
    with opened(ledger) as gate:
        found = gate.signals.calibrate()
    if as_json:
        agents = [one.json() for one in found.agents]
        print_json({"calls": found.calls, "agents": agents})
        return
    say(f"learned from {amount(found.calls, 'call')} that ended")
    print_listing([*_sources(found.agents)], _WORTH, "nothing was said of any of them")


@signals.command(epilog=examples("interlock signals report --agent bot-7 --error-rate 0.02"))
def report(
    agent: Agent = None,
    error_rate: ErrorRate = ERROR_RATE,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what is known of each agent, and the confidence from which few enough calls were wrong.

    Of the anomaly score: how many calls are known, and which share of the agent's own usual calls
    scored above each threshold, which are false alarms; of a cold agent, that there is no score.
    Of each source of confidence: what was said, and how often such calls were right. A suggested
    threshold counts the upper end of the 95 % interval, so that luck is not taken for skill.
    """
    with opened(ledger) as gate:
        found = gate.signals.report(agent, error_rate)
    if as_json:
        print_json([one.json() for one in found])
        return
    print_listing(found, _AGENTS, "nothing was learned yet; see `interlock signals calibrate`")
    for known, source in _sources(found):
        _diagram(known, source, error_rate)


def _sources(found: Sequence[AgentSignals]) -> Iterator[tuple[AgentSignals, SourceFigures]]:
    return ((known, source) for known in found for source in known.sources)


def _diagram(known: AgentSignals, source: SourceFigures, error_rate: float) -> None:
    """Draw what was said against how often it was right, and say which threshold would do."""
    say("")
    say(f"{_who(known)}, {_what(source)}, {amount(source.quality.cases, 'decided call')}")
    print_listing(source.reliability, _BINS, "")
    found = source.suggested
    if found is None:
        say(f"no threshold keeps wrong calls under {error_rate:.1%}, as far as these calls show")
        return
    say(
        f"`confidence_below: {found.said_0_1:.3g}`: {_interval(found.wrong)} of the others wrong, "
        f"{found.asked.value:.0%} asked about"
    )


def _who(known: AgentSignals) -> str:
    names = (known.agent, known.model, known.tenant and f"tenant {known.tenant}")
    return ", ".join(visible(name) for name in names if name)


def _what(source: SourceFigures) -> str:
    return f"{source.source}, {visible(source.tool_class) or 'all tools'}"


def _interval(share: Share) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%}) of {share.of}"


def _above(known: AgentSignals) -> str:
    return ", ".join(f"{at:g}: {share.value:.1%}" for at, share in known.above)


def _bar(of: Bin) -> str:
    """Draw how often calls were right, and a mark at what was said of them."""
    bar = "█" * round(BAR * of.right.value)
    at = min(BAR - 1, round(BAR * of.said_0_1))
    padded = bar.ljust(BAR)
    return f"{padded[:at]}│{padded[at + 1 :]}"


_AGENTS: Columns[AgentSignals] = {
    "agent": lambda one: visible(one.agent),
    "tenant": lambda one: visible(one.tenant),
    "model": lambda one: visible(one.model),
    "usual calls": lambda one: f"{one.calls:.0f}",
    "false alarms above": lambda one: f"no score yet: {one.cold}" if one.cold else _above(one),
    "right": lambda one: _interval(one.right) if one.decided else "",
}
_BINS: Columns[Bin] = {
    "said": lambda one: f"{one.said_0_1:.2f}",
    "right": lambda one: f"{one.right.value:.2f}",
    "of": lambda one: str(one.right.of),
    "│ said, █ right": _bar,
}
_WORTH: Columns[tuple[AgentSignals, SourceFigures]] = {
    "agent": lambda one: _who(one[0]),
    "source": lambda one: _what(one[1]),
    "cases": lambda one: str(one[1].quality.cases),
    "ECE": lambda one: f"{one[1].quality.ece:.3f}",
    "corrected": lambda one: f"{one[1].quality.ece_corrected:.3f}",
    "Brier": lambda one: f"{one[1].quality.brier:.3f}",
    "corrected ": lambda one: f"{one[1].quality.brier_corrected:.3f}",
}
