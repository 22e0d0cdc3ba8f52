"""Tell: a play as it happens, one line per step, and what it came to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from interlock.cli.screen import print_table, say
from interlock.desk.display import render_args, visible

if TYPE_CHECKING:
    from interlock.testing.report import Event

WIDTH: Final = 120
"""Characters of a text before it is cut, with the number of those that are missing."""

DETAIL_WIDTH: Final = 160
"""The same, for what was found in a result."""

_STYLES: Final[Mapping[str, str]] = {
    "released": "green",
    "redacted": "yellow",
    "quarantined": "magenta",
    "withheld": "magenta",
    "denied": "red",
    "rejected": "red",
    "expired": "red",
    "in_doubt": "bold red",
    "asked": "bold yellow",
    "answered": "cyan",
    "waiting": "yellow",
}


def title(at: int, of: int, words: str, shows: str) -> None:
    """Announce a scenario."""
    say()
    say(Text(f"{at:>2}/{of}  {visible(words)}", style="bold"))
    say(Text(f"       {visible(shows)}", style="dim"))


def tell(event: "Event") -> None:
    """Print one event as one line."""
    match event.kind:
        case "said":
            who = "user" if event.tool == "human" else "agent"
            _line(who, "", f'"{cut(event.words)}"', "dim")
        case "proposed":
            _line("propose", event.tool, arguments(event.detail))
        case "asked":
            _line("ask", event.tool, visible(event.words), _STYLES["asked"])
        case "answered":
            _line("answer", event.tool, answer(event.words, event.detail), _STYLES["answered"])
        case "refused":
            _line("refused", event.tool, visible(event.words), "red")
        case "waiting":
            _line("wait", event.tool, f"{event.call} stays open", _STYLES["waiting"])
        case "ended":
            _line(
                "release", event.tool, ending(event.words, event.detail), _STYLES.get(event.words)
            )


def arguments(args: Mapping[str, Any]) -> str:
    """Write arguments in one line."""
    shown = render_args({name: value for name, value in args.items() if name != "_interlock"}, 40)
    return cut_shown(", ".join(f"{path}={text}" if path else text for path, text in shown))


def answer(verb: str, step: Mapping[str, Any]) -> str:
    """Write what a person did about a question."""
    if verb == "too_late":
        return f"nobody, for {step['after_s']:g} s"
    changed = f" to {arguments(step['args'])}" if verb == "edit" else ""
    said = step.get("message") or step.get("reason")
    because = f": {cut(str(said))}" if said else ""
    return f"{visible(str(step['by']))} {_VERBS.get(verb, verb)}{changed}{because}"


_VERBS: Final[Mapping[str, str]] = {
    "approve": "approves",
    "deny": "denies",
    "edit": "edits",
    "respond": "answers the agent",
    "cancel": "cancels",
}


def ending(how: str, outcome: Mapping[str, Any]) -> str:
    """Write how a call ended, by which rules, and what was found in its result."""
    rules = ", ".join(outcome.get("rules") or ())
    by = f" ({visible(rules)})" if rules else ""
    review: dict[str, Any] = outcome.get("output_review") or {}
    details: list[dict[str, Any]] = review.get("redaction_details") or []
    found = ", ".join(sorted({f"{each['field']}: {each['reason']}" for each in details}))
    told = found or (str(outcome.get("reason", "")) if how in _EXPLAINED else "")
    return f"{how}{by}" + (f": {cut(told, DETAIL_WIDTH)}" if told else "")


_EXPLAINED: Final = frozenset({"denied", "invalid_arguments", "conflict", "in_doubt"})
"""Ends whose reason no line before has said."""


def cut(text: str, width: int = WIDTH) -> str:
    """Write text so that it fits a line, and say how much of it is missing."""
    if len(text) <= width:
        return visible(text)
    return f"{visible(text[:width])} +{len(text) - width} chars"


def cut_shown(shown: str) -> str:
    """Cut text that is fit to be shown already."""
    return shown if len(shown) <= WIDTH else f"{shown[:WIDTH]} +{len(shown) - WIDTH} chars"


def steps_table(summary: list[tuple[str, int, float, float]]) -> None:
    """Print how long each step took."""
    rows = [(step, str(count), f"{mid:.1f}", f"{most:.1f}") for step, count, mid, most in summary]
    print_table(("step", "times", "median ms", "longest ms"), rows)


def counts_table(counts: Mapping[str, int]) -> None:
    """Print what was decided, asked, answered and found."""
    rows = [(what, ", ".join(_counted(counts, names))) for what, names in _ROWS.items()]
    if counts["edited"]:
        rows[0] = (rows[0][0], f"{rows[0][1]} (an edit is decided again)")
    print_table(("what", "how often"), rows)


_ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "decisions": ("calls", "allowed", "asked", "denied"),
    "people": ("approved", "rejected", "edited", "responded", "expired"),
    "results": ("redacted", "quarantined", "withheld", "in_doubt"),
}


def _counted(counts: Mapping[str, int], names: tuple[str, ...]) -> list[str]:
    return [f"{counts[name]} {name.replace('_', ' ')}" for name in names]


def _line(what: str, tool: str, words: str, style: str | None = None) -> None:
    name = f"{visible(tool)}  " if tool else ""
    say("       ", Text(f"{what:<9}", style="dim"), name, Text(words, style=style or ""))
