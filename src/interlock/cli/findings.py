"""Print: what a check found, beside the lines it is about."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.text import Text

from interlock.cli.screen import amount, say
from interlock.desk.display import visible
from interlock.policy.authoring.findings import LintFinding, Severity
from interlock.policy.file.files import MAX_FILE_BYTES
from interlock.policy.file.source import Mark

if TYPE_CHECKING:
    from interlock.app.checking import Checked
    from interlock.policy.evaluation.compiled import CompiledPolicy

_STYLES: Final[Mapping[Severity, str]] = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
}
_WIDEST: Final = 200
"""Characters of a line that are shown."""


def print_findings(findings: Iterable[LintFinding]) -> None:
    """Print each finding; a file is read once."""
    lines: dict[str, list[str]] = {}
    for finding in findings:
        file = finding.mark.file
        if file not in lines:
            lines[file] = _lines(file)
        _print(finding, lines[file])


def _print(finding: LintFinding, lines: Sequence[str]) -> None:
    """Print place, code and message, the line with a caret under the place, and the remedy."""
    kind = finding.kind
    style = _STYLES[kind.severity]
    head = Text(f"{visible(str(finding.mark))}: ", style="bold")
    say(head, Text(f"{kind.severity} {finding.code}", style=style), f": {visible(finding.message)}")
    shown = _line(finding.mark, lines)
    if shown is not None:
        before, after = shown
        say(Text(f"{finding.mark.line:>6} | ", style="dim"), before, after)
        say(Text(f"{'':>6} | ", style="dim"), " " * cell_len(before), Text("^", style=style))
    if finding.remedy:
        say(Text(f"{'help':>6}: ", style="green"), visible(finding.remedy))


def finding_json(finding: LintFinding) -> dict[str, Any]:
    """Write a finding for programs."""
    return {
        "code": finding.code,
        "name": finding.kind.name,
        "severity": finding.kind.severity,
        "file": finding.mark.file,
        "line": finding.mark.line,
        "column": finding.mark.column,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def listed(findings: Iterable[LintFinding]) -> dict[str, Any]:
    """Write findings for programs, with how many there are of each severity."""
    each = list(findings)
    return {**_counts(each), "findings": [finding_json(finding) for finding in each]}


def _counts(findings: Iterable[LintFinding]) -> dict[str, int]:
    severities = [finding.kind.severity for finding in findings]
    return {f"{severity}s": severities.count(severity) for severity in _STYLES}


def sarif_log(findings: Iterable[LintFinding]) -> dict[str, Any]:
    """Write findings as SARIF."""
    from importlib.metadata import version

    from interlock.cli.sarif import sarif

    return sarif(findings, version("interlock"))


def outline(path: Path, policy: "CompiledPolicy | None") -> dict[str, Any]:
    """Write what a policy is, for programs; only its path where it is none."""
    if policy is None:
        return {"policy": str(path)}
    return {
        "policy": str(path),
        "snapshot": policy.snapshot,
        "digest": policy.digest,
        "tools": len(policy.document.tools),
        "rules": len(policy.rule_ids),
        "default": policy.default,
    }


def summary(path: Path, found: "Checked") -> str:
    """Say in one line how a check ended."""
    counts = [
        amount(number, name[:-1]) for name, number in _counts(found.findings).items() if number
    ]
    told = ", ".join(counts) or "nothing found"
    policy = found.policy
    if policy is None or not found.loads:
        return f"{path}: does not load; {told}"
    size = f"{amount(len(policy.rule_ids), 'rule')}, {amount(len(policy.document.tools), 'tool')}"
    return f"{path}: fine, {size}, else {policy.default}; {told}; snapshot {policy.snapshot}"


def _lines(file: str) -> list[str]:
    """Return the lines of a file; none where it is none, or larger than a policy may be."""
    try:
        if not Path(file).is_file():
            return []
        with Path(file).open("rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)
        return raw.decode("utf-8-sig").splitlines() if len(raw) <= MAX_FILE_BYTES else []
    except (OSError, UnicodeDecodeError, ValueError):
        return []


def _line(mark: Mark, lines: Sequence[str]) -> tuple[str, str] | None:
    """Return a line in two parts, at the column; None where there is none."""
    if mark.line > len(lines) or not lines[mark.line - 1].strip():
        return None
    line, at = lines[mark.line - 1][:_WIDEST], mark.column - 1
    return _words(line[:at]), _words(line[at:])


def _words(text: str) -> str:
    """Make what differs look different; spaces, which indent, and backslashes are the file's."""
    return " ".join(visible(word).replace("\\\\", "\\") for word in text.split(" "))
