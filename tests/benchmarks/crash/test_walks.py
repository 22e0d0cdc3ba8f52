"""Walks, too, notice a broken ledger: the random ones that look at the product from inside."""

from pathlib import Path

import pytest
from benchmarks.crash.broken import BROKEN
from hypothesis import Phase

from interlock.errors import InterlockError

from ...conduct.test_state_machine import MANY, walk  # isort: skip


@pytest.mark.timeout(60)  # as many commits as it takes
@pytest.mark.parametrize("name", [*BROKEN])
def test_walks_find_what_is_broken(tmp_path: Path, name: str) -> None:
    """Within the same number of walks each ledger that is broken on purpose is found out."""
    with BROKEN[name][0](), pytest.raises((AssertionError, InterlockError)):
        walk(tmp_path, "", *MANY, (Phase.generate,))
