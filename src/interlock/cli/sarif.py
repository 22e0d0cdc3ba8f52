"""Write: findings as SARIF 2.1.0, which code hosts show beside the lines they are about.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from interlock.policy.authoring.findings import FINDINGS, LintFinding

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Iterable[LintFinding], version: str) -> dict[str, Any]:
    """Return one run with all kinds of findings described; `version` is the program's."""
    codes = list(FINDINGS)
    rules = [
        {
            "id": code,
            "name": kind.name,
            "shortDescription": {"text": kind.means},
            "defaultConfiguration": {"level": kind.severity},
        }
        for code, kind in FINDINGS.items()
    ]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "interlock", "version": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, codes.index(each.code)) for each in findings],
            }
        ],
    }


def _result(finding: LintFinding, rule: int) -> dict[str, Any]:
    file, line, column = finding.mark
    place = {
        "artifactLocation": {"uri": _uri(file)},
        "region": {"startLine": line, "startColumn": column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.kind.severity,
        "message": {
            "text": f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message
        },
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
