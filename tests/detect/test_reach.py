"""Reach: a run holds every match of its expression, and what is not understood is everywhere."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.reach import Runs, read_by

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
EXPRESSIONS = (
    r"\b\d{3}-\d{4}\b", r"(?<!\d)\d{2}(?!\d)", r"(?<=ab\s*)\d+", r"a(?=b\d)", r"[^\s\"]+x",
    r"([-:])\d\1", r"(?:a|b)+?\.", r"^\d+$", r"k[a-c]{2,}", r"\b(?!11)\d\d\b", r"[\w.]+@\w+",
)  # fmt: skip


@given(
    expression=st.sampled_from(EXPRESSIONS),
    text=st.text('0123ab-:. \n"x@Kk\u212a\u017f\u0661é', max_size=60),
)
def test_runs_around_all_ends_find_what_the_whole_text_finds(expression: str, text: str) -> None:
    """Searched run by run, from the ends of its matches alone, nothing is lost, added or moved."""
    compiled = regex.compile(expression, FLAGS)
    whole = [match.span() for match in compiled.finditer(text)]
    runs = list(Runs(expression).runs(text, [(end, end) for _, end in whole]))
    found = [m.span() for a, b in runs for m in compiled.finditer(text, a, b + 1)]

    assert found == whole
    assert all(start < end for start, end in runs)
    assert runs == sorted(set(runs))


def test_one_run_is_yielded_for_many_ends_in_it() -> None:
    """Ends that lie together give one run, and an end outside any run gives none."""
    reach = Runs(r"\d+")

    assert list(reach.runs("ab 1234 c 56", [(1, 2), (4, 7), (12, 12)])) == [(3, 7), (10, 12)]
    assert list(reach.runs("1 2 3", [(1, 5)])) == [(0, 1), (2, 3), (4, 5)]


def test_what_is_not_understood_may_read_everything() -> None:
    """Syntax that only the `regex` package has makes the whole text the run."""
    for expression in (r"[[:alpha:]]+", r"(?:ab){e<=1}", r"a(?i)b", r"\p{L}+", r"a.*b"):
        assert read_by(expression) is None
        assert list(Runs(expression).runs("x y\nz", [(3, 3)])) == [(0, 5)]
        assert not list(Runs(expression).runs("x y", []))


def test_either_case_of_a_letter_is_read() -> None:
    """Flags and inline flags may ignore case, so both cases always count."""
    assert read_by(r"k[a-b]") == frozenset("kKaAbB")
