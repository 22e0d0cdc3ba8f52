"""Recordings: read where they are, asked for where they are not."""

import gzip
import json
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.signals import recordings


def test_lines_are_read_compressed_or_not(tmp_path: Path) -> None:
    """A file of JSON lines gives its rows, also when it is compressed."""
    text = "".join(json.dumps({"n": n}) + "\n" for n in range(3)).encode()
    (tmp_path / "a.jsonl").write_bytes(text)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(text))
    options = Namespace(data=str(tmp_path))

    assert recordings.rows(options, "a.jsonl") == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert recordings.rows(options, "b.jsonl.gz") == recordings.rows(options, "a.jsonl")


@pytest.mark.parametrize(("data", "told"), [(None, "--data FOLDER"), ("/nowhere", "is not in")])
def test_without_data_it_ends_and_says_how(data: str | None, told: str) -> None:
    """There is no default folder: the message says what to give."""
    with pytest.raises(SystemExit, match=told):
        recordings.rows(Namespace(data=data), recordings.TAU)


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`INTERLOCK_BENCH_DATA` stands in for the option, which wins."""
    monkeypatch.setenv(recordings.VARIABLE, "here")

    assert recordings.parser("x").parse_args([]).data == "here"
    assert recordings.parser("x").parse_args(["--data", "there"]).data == "there"


def test_folds_part_the_groups_evenly() -> None:
    """Each group is in one fold, and folds differ by one group at most."""
    fold = recordings.folds({f"task_{n}" for n in range(12)})
    sizes = [list(fold.values()).count(number) for number in range(5)]

    assert sum(sizes) == 12
    assert max(sizes) - min(sizes) <= 1
