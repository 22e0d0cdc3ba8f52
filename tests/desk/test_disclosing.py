"""Disclose: the truth about a probe, in plain words."""

import pytest

from interlock.desk.disclosing import disclosure

CHANGED = [
    {"path": "amount", "before": "50", "after": "500"},
    {"path": "cc", "before": "", "after": '"eve"'},
]


@pytest.mark.parametrize(
    ("came_to", "said"),
    [
        ("caught", "you caught it; nothing ran"),
        ("missed", "you let it pass; nothing ran"),
        ("uncounted", "your answer counts in no figure; nothing ran"),
    ],
)
def test_a_canary_says_what_was_wrong_with_it(came_to: str, said: str) -> None:
    """Of which call it was made, every value that was changed, and that nothing ran."""
    told = disclosure({"kind": "canary", "of": "call_a", "came_to": came_to, "changed": CHANGED})

    assert told == [
        f"this was a canary, changed from call_a; {said}",
        "  amount: 50 -> 500",
        '  cc: nothing -> "eve"',
    ]


@pytest.mark.parametrize(("came_to", "said"), [("agreed", "agree"), ("disagreed", "do not agree")])
def test_a_second_look_says_what_the_first_was(came_to: str, said: str) -> None:
    """Only now: whoever looks is told after they answered."""
    probe = {"kind": "second_look", "of": "call_a", "how": "approved", "came_to": came_to}
    (told,) = disclosure({**probe, "changed": []})

    assert told.startswith("this was a second look at call_a, approved before; you")
    assert f"you {said} with the first answer" in told
