"""Output: the texts are what they are said to be, and the committed figures are of the bars."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from benchmarks.output.texts import KINDS, fuzzed, text

from benchmarks.output import differential, speed

RESULTS: Final = Path(__file__).resolve().parents[3] / "benchmarks" / "results"


def kept(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_has_its_length_and_is_the_same_again(kind: str) -> None:
    """The same kind, size and seed give the same text, exactly as long as asked."""
    assert text(kind, 3_000) == text(kind, 3_000)
    assert len(text(kind, 3_000)) == 3_000
    assert text(kind, 3_000, seed=1) != text(kind, 3_000)


def test_fuzzed_texts_are_the_same_again() -> None:
    """A seed gives its texts again, and as many as asked."""
    assert list(fuzzed(30, 5)) == list(fuzzed(30, 5))
    assert len(set(fuzzed(30, 5))) > 25


def test_no_finding_differed() -> None:
    """The committed comparison is of thousands of texts, and its page says what it found."""
    result = kept("output_differential")

    assert result["texts"] >= 5_000
    assert result["laws"] == {differential.LAW: {"value": 0, "kept": True}}
    assert all(one["findings"] > one["texts"] for one in result["sets"].values())
    page = (RESULTS / "output_differential.md").read_text(encoding="utf-8")
    assert page == differential.page(result)


def test_what_is_missed_is_said() -> None:
    """The page of the committed timings names each bar, kept or missed, from the figures."""
    result = kept("output_speed")
    page = (RESULTS / "output_speed.md").read_text(encoding="utf-8")

    assert page == speed.page(result)
    assert (
        speed.laws([speed.Row(**row) for row in result["rows"]]).items() <= result["laws"].items()
    )
