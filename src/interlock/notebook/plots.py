"""Plot: a day's decisions, and where the time of a call goes, both from the ledger alone."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from interlock.app.gate import Gate
from interlock.clock import parse_stamp

KINDS: Final = ("allow", "allow_with_constraints", "notify", "require_approval", "deny")
"""Decisions, loosest first."""

ENDS: Final[Mapping[str, str]] = {
    "released": "#2da44e",
    "redacted": "#bf8700",
    "withheld": "#8250df",
    "quarantined": "#6639ba",
    "responded": "#0969da",
    "rejected": "#fa4549",
    "denied": "#cf222e",
    "expired": "#a40e26",
    "pending": "#8c959f",
}
"""How calls end, with a colour each; other states are `elsewhere`."""

ELSEWHERE: Final = "#d0d7de"

STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("asked", "voted"): "wait for a human",
    ("voted", "claimed"): "resume and guard",
    ("claimed", "done"): "execute and inspect",
    ("claimed", "failed"): "execute and inspect",
    ("held", "claimed"): "wait for a sibling",
}
"""From one entry of a call to another: what the time between them was spent on."""

TURN: Final = "propose to release"
"""The whole of a call that asked nobody."""


def decisions_by_kind(gate: Gate, ax: Any = None, limit: int = 1000) -> Any:  # noqa: ANN401 - matplotlib's `Axes`, typed in part only
    """Plot how many calls got each decision, stacked by how they ended.

    Covers the newest `limit` calls; draws on `ax`, else on a figure of its own.
    """
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for call in gate.audit.calls(limit=limit):
        if call.judgement is not None:
            counted[call.judgement.decision.kind][call.state] += 1
    axes = ax or new_axes()
    seen = sorted({state for each in counted.values() for state in each}, key=_end_order)
    kinds = [kind for kind in KINDS if kind in counted]
    left = [0] * len(kinds)
    for state in seen:
        sizes = [counted[kind][state] for kind in kinds]
        axes.barh(_words(kinds), sizes, left=left, color=ENDS.get(state, ELSEWHERE), label=state)
        left = [before + size for before, size in zip(left, sizes, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("calls")
    axes.set_title("Decisions by kind, and how the calls ended")
    axes.xaxis.get_major_locator().set_params(integer=True)
    if seen:
        axes.legend(fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


def step_latency(gate: Gate, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot how long each part of a call's way took, milliseconds on a log scale.

    Times are those of the record's commits; what happens inside one commit is not told apart.
    """
    spent = latencies_ms(gate.audit.log())
    axes = ax or new_axes()
    names = [name for name in (TURN, *dict.fromkeys(STEPS.values())) if name in spent]
    axes.boxplot([spent[name] for name in names], orientation="horizontal")
    labels = [f"{name} ({len(spent[name])})" for name in names]
    axes.set_yticks(range(1, len(names) + 1), labels)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds")
    axes.set_title("Where the time of a call goes")
    return axes


def latencies_ms(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return the milliseconds spent on each step, over all calls of a record."""
    chains: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for entry in entries:
        at = parse_stamp(entry["at"]).timestamp() * 1000
        chains[entry["chain"]].append((entry["kind"], at))
    spent: dict[str, list[float]] = defaultdict(list)
    for chain in chains.values():
        kinds = dict(chain)
        if "asked" not in kinds and "held" not in kinds and "inspected" in kinds:
            spent[TURN].append(kinds["inspected"] - chain[0][1])
        for (first, last), step in STEPS.items():
            if first in kinds and last in kinds and kinds[last] >= kinds[first]:
                spent[step].append(kinds[last] - kinds[first])
    return dict(spent)


def _end_order(state: str) -> tuple[int, str]:
    known = list(ENDS)
    return (known.index(state) if state in ENDS else len(known), state)


def _words(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]


def new_axes() -> Any:  # noqa: ANN401 - as above
    """Return the axes of a figure of its own."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(8, 3), layout="constrained")[1]
