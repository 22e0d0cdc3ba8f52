"""Shapes of what people corrected."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.feedback import CorrectedCall, Material, label, pair

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip
arguments = st.dictionaries(st.text(max_size=4), json_values, max_size=3)


def corrected(material: Material, *, right: bool = False) -> CorrectedCall:
    """Return a correction that says little else."""
    return CorrectedCall(
        "rejection", right, material, {"turn_id": "m"}, {"level": 1}, {"leaf": 3}, {}
    )


@given(arguments, arguments)
def test_a_pair_holds_both_calls_as_they_were(before: Any, after: Any) -> None:
    """Arguments are the objects that were proposed and that ran, never text."""
    made = pair(corrected(Material("pay", before, instead={"tool": "refund", "args": after})))

    assert made is not None
    assert made["rejected"][0]["tool_calls"][0]["function"] == {"name": "pay", "arguments": before}
    assert made["chosen"][0]["tool_calls"][0]["function"] == {"name": "refund", "arguments": after}


@given(arguments, st.text(max_size=5), st.booleans())
def test_what_is_written_is_read_again(args: Any, words: str, edited: bool) -> None:
    """Nothing of what is to be redacted is lost on the way through JSON."""
    instead = {"tool": "x", "args": args} if edited else None
    told = Material("pay", args, ({"agent": "a", "says": words},), words, instead)

    assert Material.of(told.json()) == told


@pytest.mark.parametrize("words", ["", "  \n"])
def test_nothing_better_is_no_pair(words: str) -> None:
    """Where nobody said what would have been better, or all was right, there is no pair."""
    assert pair(corrected(Material("pay", {}, words=words))) is None
    assert pair(corrected(Material("pay", {}, words="fine"), right=True)) is None


def test_a_label_says_what_was_known() -> None:
    """Prompt, call and label as trainers want them, with what calibrators need beside."""
    said = ({"agent": "user", "says": "pay it"}, {"agent": "planner", "says": ""})
    made = label(corrected(Material("pay", {"to": 1}, said), right=True))

    assert made["prompt"] == [{"role": "user", "content": "user: pay it"}]
    assert made["completion"][0]["content"] == ""
    assert (made["label"], made["level"], made["provenance"]) == (True, 1, {"leaf": 3})
    unheard = label(corrected(Material("pay", {})))
    assert "not in the record" in unheard["prompt"][0]["content"]
