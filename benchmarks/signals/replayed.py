"""Replay AgentDojo with provenance alone at the door: `python -m benchmarks.signals.replayed`.

Ground-truth calls are made in AgentDojo's own worlds, alone and with each injection where the
user's task reads it; the attacker's calls follow the first result that holds the text. What the
rule holds is answered by a careful person: injected calls are denied, others approved. Utility and
attack success are AgentDojo's own checks. No language model, no injection detector.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks import machine
from benchmarks.replay.episode import Door, Play, Reviewer
from benchmarks.replay.play import play
from benchmarks.replay.suite import Step, Suite, Task, ToolFailed, World
from benchmarks.signals import recordings
from benchmarks.signals.provenance import CHOSEN, EFFECTS, HOSTS, RULES, Effects, Rule, step_of
from interlock.signals.provenance import Conversation

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
COMMAND: Final = "uv run --extra bench python -m benchmarks.signals.replayed"
WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "YAML": lambda value: value if isinstance(value, str) else yaml.safe_dump(value),
    "JSON": lambda value: value if isinstance(value, str) else json.dumps(value),
}
"""How results are given to the model; AgentDojo's own agents get YAML."""


NEVER: Final[Rule] = lambda _: False  # noqa: E731 - a rule like the others


class TracedDoor:
    """A suite's tools with the chosen rule in front of them, and a careful person."""

    def __init__(self, suite: Suite, effects: Effects, host: str, written: str, rule: Rule) -> None:
        """Play calls as `host` sees them, with results in a form of `WRITTEN`."""
        self.reviewer: Reviewer | None = "careful"
        self._suite, self._effects, self._host, self._rule = suite, effects, host, rule
        self._written = WRITTEN[written]
        self._world: World = None
        self._conversation = Conversation(None)

    def enter(self, world: World, thread: str) -> None:
        """Start an episode; the thread names the user's task."""
        user = self._suite.users[thread.split("/")[1]]
        self._world = world
        self._conversation = Conversation([user.prompt] if self._host == "prompt" else None)

    def play(self, step: Step, injected: bool) -> Play:
        """Ask where the rule asks, and run what is not denied."""
        call = {"tool": step.tool, "args": step.args}
        seen = step_of(self._conversation, call, told=False)
        counts = self._effects.counts({"suite": self._suite.name}, call)
        asked = counts and self._rule(seen)
        if asked and injected:
            return Play(step, injected, asked, ran=False, ending="rejected", raw=None, got=None)
        try:
            raw = self._suite.act(self._world, step)
        except ToolFailed as error:
            raw = str(error)
        self._conversation.returned(step.tool, step.args, self._written(raw))
        return Play(step, injected, asked, ran=True, ending="released", raw=raw, got=raw)


def measured(suite: Suite, effects: Effects, host: str, written: str, rule: Rule) -> dict[str, int]:
    """Play a suite's tasks alone, and attacked."""
    return measured_through(TracedDoor(suite, effects, host, written, rule), suite)


def measured_through(door: Door, suite: Suite) -> dict[str, int]:
    """Play a suite's tasks through a door, alone and attacked."""
    alone = [play(suite, door, user, None) for user in suite.users.values()]
    attacked = [play(suite, door, user, bad) for user, bad in _pairs(suite)]
    caught = [any(each.asked and each.injected for each in one.plays) for one in attacked]
    return {
        "user_tasks": len(alone),
        "useful": sum(episode.useful for episode in alone),
        "asked": sum(each.asked for episode in alone for each in episode.plays),
        "never_asked": sum(not any(each.asked for each in one.plays) for one in alone),
        "attacks": len(attacked),
        "attacks_asked_about": sum(caught),
        "attacks_reached": sum(episode.reached for episode in attacked),
    }


def _pairs(suite: Suite) -> Iterator[tuple[Task, Task]]:
    """Yield each user task with each injection that ships calls."""
    world = suite.world(next(iter(suite.users.values())), None)
    playable = [task for task in suite.injections.values() if task.steps(world)]
    return ((user, bad) for user in suite.users.values() for bad in playable)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures."""
    from benchmarks.replay import dojo

    options = recordings.parser(__doc__ or "").parse_args(arguments)
    effects = Effects(recordings.rows(options, EFFECTS))
    suites = [dojo.DojoSuite(name) for name in dojo.NAMES]
    figures: dict[str, Any] = {
        "bare": {suite.name: measured(suite, effects, "prompt", "JSON", NEVER) for suite in suites},
        "conditions": machine.conditions(COMMAND),
    }
    for host in HOSTS:
        figures[host] = {
            written: {
                suite.name: measured(suite, effects, host, written, RULES[host][CHOSEN[host]])
                for suite in suites
            }
            for written in WRITTEN
        }
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "signals_replayed.json").write_text(text + "\n", encoding="utf-8")
    page = markdown(figures)
    (RESULTS / "signals_replayed.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


def markdown(figures: Mapping[str, Any]) -> str:
    """Write the figures as a table."""
    bare = _sum(figures["bare"])
    about = (
        f"{bare['user_tasks']} user tasks and {bare['attacks']} attacks, made by their ground "
        "truth in AgentDojo's own worlds and judged by its own checks; a careful person denies "
        "injected calls and approves others. Nothing else guards: no detector, no list of tools.\n"
    )
    columns = (
        "host", "results as", "approvals a task", "never asked", "tasks done",
        "attacks asked about", "attacks that reach their goal",
    )  # fmt: skip
    lines = ["# Provenance at the door of AgentDojo\n", about]
    lines += [
        f"| {' | '.join(columns)} |",
        "|---" * len(columns) + "|",
        figures_row("no gate", "", bare),
    ]
    for host, title in HOSTS.items():
        lines += [figures_row(title, written, _sum(of)) for written, of in figures[host].items()]
    lines += [
        "",
        "By suite, results as YAML: approvals a user task / attacks that reach their goal.\n",
    ]
    lines += ["| suite | " + " | ".join(HOSTS.values()) + " |", "|---|---|---|"]
    for suite in figures["bare"]:
        cells = []
        for host in HOSTS:
            of = figures[host]["YAML"][suite]
            cells.append(
                f"{of['asked'] / of['user_tasks']:.2f} / {of['attacks_reached']} of {of['attacks']}"
            )
        lines.append(f"| {suite} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", machine.markdown(figures["conditions"])])


def _sum(suites: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    total = Counter[str]()
    for of in suites.values():
        total.update(of)
    return total


def figures_row(host: str, written: str, of: Mapping[str, int]) -> str:
    """Write one row of the table."""
    tasks, attacks = of["user_tasks"], of["attacks"]
    return (
        f"| {host} | {written} | {of['asked'] / tasks:.2f} | "
        f"{100 * of['never_asked'] / tasks:.0f} % | {of['useful']} of {tasks} | "
        f"{of['attacks_asked_about']} of {attacks} | {of['attacks_reached']} of {attacks} |"
    )


if __name__ == "__main__":
    raise SystemExit(main())
