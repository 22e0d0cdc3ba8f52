"""List: sections that are read in more than one form give one value."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.load import parse
from interlock.policy.operations import ExecuteAfter


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sealed", ExecuteAfter("sealed", "sealed", "sealed", "sealed")),
        ("commit", ExecuteAfter()),
        ("{high: sealed, critical: sealed}", ExecuteAfter(high="sealed", critical="sealed")),
    ],
)
def test_execute_after(written: str, read: ExecuteAfter) -> None:
    """A word stands for every risk; a risk that is not named runs after the commit."""
    audit = parse(f"audit: {{execute_after: {written}}}").document.audit

    assert audit is not None
    assert audit.execute_after == read


@pytest.mark.parametrize("written", ["later", "{urgent: sealed}", "[sealed]", "{high: yes}"])
def test_what_is_no_execute_after(written: str) -> None:
    """Any other word, risk or form is an error with its place."""
    with pytest.raises(PolicyError, match=r"^[^:]+:1:\d+: "):
        parse(f"audit: {{execute_after: {written}}}")
