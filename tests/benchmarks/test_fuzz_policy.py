"""Fuzz: the command runs, and finds what breaks its laws."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import fuzz_policy
from interlock import Policy, PolicyError


@pytest.mark.slow
@pytest.mark.timeout(60)  # some hundred policies are loaded
def test_mutations_break_no_law(tmp_path: Path) -> None:
    """Whatever the bytes, a text loads or is refused, and what loads decides."""
    assert fuzz_policy.main(["--texts", "400", "--seed", "11", "--keep", str(tmp_path)]) == 0


def test_a_crash_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader that raises anything but a policy error breaks a law, and its text is kept."""

    def crash(*_: Any) -> Policy:
        raise KeyError("rules")

    monkeypatch.setattr(fuzz_policy.Policy, "parse", crash)
    assert fuzz_policy.main(["--texts", "3", "--keep", str(tmp_path)]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["load-raised-KeyError.yaml"]


def test_an_error_without_a_place_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of two lines, or without its place, breaks a law."""

    def crash(*_: Any) -> Policy:
        raise PolicyError("something is wrong\nsomewhere")

    monkeypatch.setattr(fuzz_policy.Policy, "parse", crash)
    assert fuzz_policy.main(["--texts", "3", "--keep", str(tmp_path)]) == 1
