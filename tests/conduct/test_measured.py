"""Measured: what is missing is missing, whatever a host says."""

from interlock.conduct.measured import NOTHING, Measured


class TestMeasured:
    def test_no_host_fills_in_what_is_missing(self) -> None:
        """Over what a host gives stands what was measured, and what could not be."""
        seen = Measured({"a": 1}, missing={"b": "no time"})

        assert seen.over({"a": 0, "b": 0, "c": 2}) == {"a": 1, "c": 2}
        assert seen.words == {"b": ("could not be told: no time",)}

    def test_both_stand_beside_each_other(self) -> None:
        """Signals, words, what is missing and the observation of both count."""
        one = Measured({"a": 1}, {"a": ("why",)}, {"m": "x"}, "seen")
        two = Measured({"b": 2}, {"b": ("how",)}, {"n": "y"})
        both = one.beside(two)

        assert (both.signals, both.missing) == ({"a": 1, "b": 2}, {"m": "x", "n": "y"})
        assert both.reasons == {"a": ("why",), "b": ("how",)}
        assert both.observation == two.beside(one).observation == "seen"
        assert NOTHING.beside(one) == one
