"""What never stands in a tracked file: this machine, package hosts, talk of how it was made."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One letter of each word stands in brackets, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/([w]ork|[r]oot|[f]arm)/",
    "a temporary path": r"/tmp/([b]ash_jobs|[r]esearch|[i]face)",
    "a package host": r"[p]ythonhosted|[p]ypi\.org/simple|[r]egistry\.npmjs",
    "a stub": r"\b[T]ODO\b|\b[F]IXME\b|[N]otImplementedError",
    "a skipped test": r"pytest\.mark\.([s]kip|[x]fail)|pytest\.[s]kip\(|assert [T]rue$",
    "talk of how it was made": r"(?i)\b[i]ssue #?\d+|\b[t]his session|\b[s]teering\b|\b[c]eo\b",
}


def tracked() -> list[str]:
    """List the files that git tracks; all files of the known folders where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    folders = ("src", "tests", "docs", "agents", "policies", "notebooks", "benchmarks")
    return [str(path.relative_to(ROOT)) for name in folders for path in (ROOT / name).rglob("*.*")]


def lines() -> list[tuple[str, str]]:
    """Return each line of each tracked text file with its place."""
    out: list[tuple[str, str]] = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue  # a database or picture
        out += [(f"{name}:{at}", line) for at, line in enumerate(text.splitlines(), 1)]
    return out


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_says_it(what: str) -> None:
    """The tree speaks of the software only, and runs anywhere."""
    found = [place for place, line in lines() if re.search(FORBIDDEN[what], line)]

    assert not found


def test_the_lock_file_is_not_tracked() -> None:
    """`uv.lock` names package hosts and stays out of the history."""
    assert "uv.lock" not in tracked()


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", "cd /wo~rk/main"),
        ("a temporary path", "see /tmp/i~face.md"),
        ("a package host", "https://files.python~hosted.org/x"),
        ("a stub", "raise Not~ImplementedError"),
        ("a skipped test", "@pytest.mark.sk~ip"),
        ("talk of how it was made", "as iss~ue 2 asks"),
    ],
)
def test_the_patterns_catch(what: str, line: str) -> None:
    """Each pattern finds what it is for, so that a clean tree means something."""
    assert re.search(FORBIDDEN[what], line.replace("~", ""))
