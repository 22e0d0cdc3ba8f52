"""Write: findings as SARIF 2.1.0."""

from pathlib import Path

import pytest

from interlock.cli.sarif import sarif
from interlock.policy.authoring.findings import FINDINGS, LintFinding
from interlock.policy.file.source import Mark

FINDING = LintFinding(
    Mark("policies/a b/policy.yaml", 7, 3), "IL004", "`x` never settles", "drop it"
)


def test_a_result_names_its_rule_and_its_place() -> None:
    """Rule by id and index, level, message with the remedy, file, line and column."""
    (run,) = sarif([FINDING], "1.2")["runs"]
    (result,) = run["results"]

    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "IL004"
    assert result["level"] == "warning"
    assert result["message"] == {"text": "`x` never settles; drop it"}
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "policies/a%20b/policy.yaml"},
        "region": {"startLine": 7, "startColumn": 3},
    }


def test_every_kind_is_described() -> None:
    """Tools show what a code means without a page of ours."""
    log = sarif([], "1.2")
    driver = log["runs"][0]["tool"]["driver"]

    assert (log["version"], driver["version"]) == ("2.1.0", "1.2")
    assert [rule["id"] for rule in driver["rules"]] == list(FINDINGS)
    assert {rule["defaultConfiguration"]["level"] for rule in driver["rules"]} == {
        "error",
        "warning",
        "note",
    }
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize("remedy", ["", "mend it"])
def test_an_absolute_path_is_a_file_uri(tmp_path: Path, remedy: str) -> None:
    """A place outside the checkout is named whole; no remedy leaves no stray semicolon."""
    mark = Mark(str(tmp_path / "p.yaml"), 1, 1)
    (result,) = sarif([LintFinding(mark, "IL001", "broken", remedy)], "1")["runs"][0]["results"]

    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (tmp_path / "p.yaml").as_uri()
    assert result["message"]["text"] == "; ".join(filter(None, ("broken", remedy)))
