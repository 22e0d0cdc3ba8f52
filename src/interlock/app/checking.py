"""Check: a policy as a whole: whether it loads, what stops it, and what it hardly means."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from interlock.app.policy import Asked, Policy, answered
from interlock.desk.naming import stranger
from interlock.errors import PolicyError
from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.generation import CALM
from interlock.policy.authoring.lint import lint, not_enforced
from interlock.policy.decisions import STRICTNESS, Kind
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.file.source import Mark
from interlock.policy.load import Reading, compiled, read

_PLACED: Final = re.compile(r"(?s)(.*?):(\d+):(\d+): (.*)")


class Checked(NamedTuple):
    """What a check of one policy found."""

    policy: CompiledPolicy | None
    """None where it is no policy; one that only names keys which nothing enforces is here."""
    findings: tuple[LintFinding, ...]

    @property
    def loads(self) -> bool:
        """Whether a gate would open with it."""
        return not self.of("error")

    def of(self, severity: str) -> tuple[LintFinding, ...]:
        """Return the findings of one severity."""
        return tuple(each for each in self.findings if each.kind.severity == severity)


class Readable(NamedTuple):
    """A policy that can be asked, whether or not a gate would open with it."""

    policy: Policy
    """Without what nothing enforces. To be asked, never to decide about calls that run."""
    stopping: tuple[LintFinding, ...]
    """Keys for which it does not load."""

    @property
    def loads(self) -> bool:
        """Whether a gate would open with it."""
        return not self.stopping


def readable(path: Path) -> Readable:
    """Read a policy past what nothing enforces yet. Raises `PolicyError` for all else."""
    reading = read(path)
    policy = Policy(compiled(reading, stranger))
    return Readable(policy, tuple(not_enforced(reading.refused)))


def checked(path: Path) -> Checked:
    """Check a policy file, or a folder; nothing is raised for what is wrong with it."""
    try:
        reading = read(path)
    except PolicyError as error:
        return Checked(None, (_not_loading(error),))
    stopping = tuple(not_enforced(reading.refused))
    try:
        policy = compiled(reading, stranger)
    except PolicyError as error:
        return Checked(None, (_not_loading(error), *stopping))
    return Checked(policy, tuple(sorted((*stopping, *_advice(policy, reading)))))


def _advice(policy: CompiledPolicy, reading: Reading) -> tuple[LintFinding, ...]:
    def loosest(tool: str, args: Mapping[str, Any]) -> Kind:
        call = {"name": tool, "args": args, "agent": "agent"}
        asked = [Asked(call, CALM, level) for level in range(TOP_LEVEL + 1)]
        kinds: list[Kind] = [answered(policy, each.assessed(policy)).kind for each in asked]
        return min(kinds, key=lambda kind: STRICTNESS[kind])

    return lint(policy, reading.root, loosest)


def _not_loading(error: PolicyError) -> LintFinding:
    """Take the one form of policy error apart again."""
    found = _PLACED.fullmatch(str(error))
    if found is None:
        return LintFinding(Mark("", 1, 1), "IL001", str(error), "")
    file, line, column, message = found.groups()
    said, _, remedy = message.rpartition("; ")
    mark = Mark(file, int(line), int(column))
    return LintFinding(mark, "IL001", said or message, remedy if said else "")
