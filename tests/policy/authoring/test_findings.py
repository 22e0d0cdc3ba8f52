"""Name: codes that stay."""

import re

from interlock.policy.authoring.findings import FINDINGS, RETIRED, LintFinding
from interlock.policy.file.source import Mark


def test_codes_are_numbered_without_a_gap() -> None:
    """A code is `IL` and three digits; none but retired ones is left out or stands for two."""
    codes = [f"IL{at:03}" for at in range(1, len(FINDINGS) + len(RETIRED) + 1)]
    assert list(FINDINGS) == [code for code in codes if code not in RETIRED]
    names = [kind.name for kind in FINDINGS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_only_what_stops_a_load_is_an_error() -> None:
    """Two codes are errors: what does not load, and what nothing enforces."""
    errors = [code for code, kind in FINDINGS.items() if kind.severity == "error"]

    assert errors == ["IL001", "IL002"]


def test_findings_sort_by_place() -> None:
    """In the order of the file, whatever was looked for first."""
    late, early = (LintFinding(Mark("p", line, 1), "IL004", "", "") for line in (10, 9))

    assert sorted([late, early]) == [early, late]
    assert early.kind is FINDINGS["IL004"]
