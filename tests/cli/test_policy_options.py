"""Read: the policy that a command names, and how it is written for people."""

from pathlib import Path

import pytest

from interlock.cli.policy_options import as_yaml, loaded
from interlock.errors import PolicyError
from interlock.policy.load import parse


def test_it_loads_or_names_the_place(tmp_path: Path) -> None:
    """What does not load is named with file, line and column."""
    path = tmp_path / "p.yaml"
    path.write_text("rules: []\n")
    found = loaded(path)
    path.write_text("rule: []\n")

    assert found.compiled.document.rules == ()
    with pytest.raises(PolicyError, match=r"p\.yaml:1:1"):
        loaded(path)


def test_what_is_written_reads_back() -> None:
    """What people copy into a file is what was meant, whatever the text."""
    entry = {"id": "ä: #1", "match": {"tools": ["pay"], "usd_above": 50}, "decision": "deny"}

    written = f"rules:\n{as_yaml([entry])}\ntools: {{pay: {{facts: {{usd: args.usd}}}}}}\n"
    (rule,) = parse(written).document.rules
    assert (rule.id, dict(rule.match.comparisons)) == (entry["id"], {"usd_above": 50})
