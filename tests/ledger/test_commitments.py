"""Commit: what an entry says of its row without holding it."""

from interlock.ledger.commitments import commitments_of, committed, held_commitment
from interlock.path.record import Step

STEPS = (Step("proposed", "proposed", {"a": 1}), Step("decided", "decided"))
WRITTEN = {"nonce": "n", "claim": "[0.4, null]", "context": "{}", "answer": None, "judgement": None}


def test_the_last_entry_commits_to_what_is_written() -> None:
    """The digests of the written columns stand in the last step, and are those of the row."""
    (first, last), row = committed(STEPS, "n", {"claim": WRITTEN["claim"], "context": "{}"})

    assert first == STEPS[0]
    assert last.body["commitments"] == commitments_of(WRITTEN)
    assert row == {"claim": WRITTEN["claim"], "context": "{}"}


def test_a_commitment_holds_nothing_and_is_salted() -> None:
    """The same column under another nonce has another digest; its text stands nowhere."""
    one, other = commitments_of(WRITTEN), commitments_of({**WRITTEN, "nonce": "m"})

    assert one.keys() == other.keys() == {"claim", "context"}
    assert not set(one.values()) & set(other.values())
    assert "0.4" not in str(one)


def test_what_changes_nothing_commits_to_nothing() -> None:
    """Steps that write none of the columns stay as they are."""
    assert committed(STEPS, "n", {"fence": 1}) == (STEPS, {"fence": 1})


def test_a_held_result_is_bound_to_its_bytes_and_findings() -> None:
    """Other sealed bytes, or other findings, have another digest."""
    made = {
        held_commitment({"sealed": sealed, "inspection": found})
        for sealed in (b"a", b"b")
        for found in ("x", "y")
    }

    assert len(made) == 4
