"""Sampling: a keyed hash that is even, the same everywhere, and unknown without the key."""

from hypothesis import given
from hypothesis import strategies as st

from interlock.ledger.sampling import draw

KEY = b"k" * 32


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_number_from_zero_to_one(key: bytes, name: str, ref: str) -> None:
    """From 0, which can be, to 1, which cannot; the same each time."""
    drawn = draw(key, name, ref)
    assert 0 <= drawn < 1
    assert draw(key, name, ref) == drawn


def test_each_share_is_drawn_as_often_as_it_says() -> None:
    """Of 10,000 ids a tenth is below 0.1, within four standard deviations."""
    below = sum(draw(KEY, "canary", f"req_{at}") < 0.1 for at in range(10_000))
    assert abs(below - 1000) < 120


def test_names_keys_and_ids_draw_apart() -> None:
    """What is drawn for one purpose says nothing of another."""
    known = {
        draw(KEY, "canary", "a"),
        draw(KEY, "second_look", "a"),
        draw(KEY, "canary", "b"),
        draw(b"x" * 32, "canary", "a"),
        draw(KEY, "canarya", ""),
    }
    assert len(known) == 5
