"""Compare: what went and what came, and nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.display import visible
from interlock.terminal.differing import WORDS_MAX, differences, words

TEXTS = st.lists(st.sampled_from(["a", "b", " ", "⟦-x⟧", "refund", "1"]), max_size=20).map(
    lambda parts: visible("".join(parts))
)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    """Without what came it is the one text, without what went the other; none forges a mark."""
    told = words(before, after)

    assert re.sub(r"⟦\+[^⟧]*⟧", "", told).replace("⟦-", "").replace("⟧", "") == before
    assert re.sub(r"⟦-[^⟧]*⟧", "", told).replace("⟦+", "").replace("⟧", "") == after


def test_word_by_word() -> None:
    """Only the words that differ are marked."""
    told = differences({"to": "pay Ana 40 now", "a": 1, "b": 2}, {"to": "pay Bob 40 now", "a": 1})

    assert told == [("b", "⟦-2⟧"), ("to", '"pay ⟦-Ana⟧⟦+Bob⟧ 40 now"')]
    assert differences({"a": 1}, {"a": 1}) == []


def test_a_huge_text_takes_no_squared_time() -> None:
    """Beyond a bound only beginning and end are told apart, which stays true."""
    before = "x " * WORDS_MAX + "old" + " y" * WORDS_MAX
    told = words(before, before.replace("old", "new"))

    assert told.count("⟦") == 2
    assert "⟦-old⟧⟦+new⟧" in told
