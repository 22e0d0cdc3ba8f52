"""Sightings: what was seen of a call comes back as it was, and anything else is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.observation import Observation, observe
from interlock.signals.profile import before
from interlock.signals.sighting import Sighting

from .conftest import KEY, LOOKED, SAID, seen  # isort: skip

texts = st.text("ab@é\0\ud800 9", max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


class TestText:
    @given(st.dictionaries(texts, values, max_size=4), st.none() | st.floats(0, 1e6))
    def test_comes_back_as_it_was(self, args: dict[str, object], at_s: float | None) -> None:
        """Whatever call can be observed is kept whole, and later scored and learned the same."""
        call = observe("pay", args, KEY, at_s=at_s, said=SAID)
        if isinstance(call, Observation):
            sighting = Sighting(call, before(call, [call, *LOOKED]), 1.25, {"declared": 0.5})

            assert Sighting.from_text(sighting.to_text()) == sighting
            assert Sighting.from_text(Sighting(call).to_text()) == Sighting(call, said={})

    def test_holds_no_argument(self) -> None:
        """Neither value nor name of what a call pays stands in what is kept of it."""
        kept = Sighting(seen("pay", {"to": "eve@evil.test", "note": "rosebud"})).to_text()

        assert "evil" not in kept
        assert "rosebud" not in kept

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "7", '{"v":2}', '{"v":1,"call":[]}', "[" * 100_000, "null"]
    )
    def test_of_another_hand_is_nothing(self, text: str) -> None:
        """What was edited or written by another version is as if the call had not been seen."""
        assert Sighting.from_text(text) is None
