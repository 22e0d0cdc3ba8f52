"""Observations: what is kept of a call says nothing of its arguments, and costs little."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.observation import (
    BOUNDS,
    Observation,
    Unmeasured,
    magnitude,
    observe,
    said_in,
    size_class,
)

KEY = b"one installation's own key"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
arguments = st.dictionaries(st.text(max_size=8), json_values, max_size=5)


def seen(args: dict[str, Any], tool: str = "mail.send", key: bytes = KEY) -> Observation:
    """Observe a call that is within bounds."""
    found = observe(tool, args, key)
    assert isinstance(found, Observation)
    return found


class TestLaws:
    @given(arguments)
    def test_any_arguments_are_observed_or_missing(self, args: dict[str, Any]) -> None:
        """No JSON raises, whatever its texts, numbers and depth."""
        assert isinstance(observe("t", args, KEY), Observation | Unmeasured)

    @given(st.dictionaries(st.text("abc"), st.text("xyz"), min_size=2, max_size=5))
    def test_the_order_of_members_does_not_matter(self, args: dict[str, str]) -> None:
        """The same call is the same, however its members are ordered."""
        turned = dict(reversed(list(args.items())))

        assert seen(args).same == seen(turned).same
        assert seen(args).layout == seen(turned).layout

    @given(st.floats(0, 1e12))
    def test_a_size_class_is_within_a_fifth(self, number: float) -> None:
        """A size class tells a number's magnitude by a factor below 1.2."""
        low, high = magnitude(size_class(number)), magnitude(size_class(number) + 1)

        assert low <= number * (1 + 1e-9) + 1e-9
        assert number <= high * (1 + 1e-9)
        assert (high + 1) / (low + 1) < 1.2


class TestPrivacy:
    def test_no_value_is_kept(self) -> None:
        """Neither texts nor exact numbers stand in an observation, only paths and classes."""
        kept = repr(seen({"to": "ana@example.com", "amount": 1234.5, "note": "meet at Rosenheim"}))

        assert "to" in kept
        assert all(word not in kept for word in ("ana", "example", "1234.5", "Rosenheim", "rosen"))

    def test_another_key_gives_other_digests(self) -> None:
        """What one installation keeps tells another nothing."""
        mine, other = seen({"to": "ana"}), seen({"to": "ana"}, key=b"other")

        assert mine.same != other.same
        assert mine.arguments[0].value != other.arguments[0].value
        assert mine.words.isdisjoint(other.words)

    def test_digests_are_numbers_json_carries(self) -> None:
        """Every digest is below 2^53."""
        found = seen({"to": "ana@example.com"})
        digests = [found.same, found.layout, *found.words, *[d for _, d in found.identifiers]]

        assert all(0 <= digest < 2**53 for digest in digests)


class TestWhatIsSeen:
    @pytest.mark.parametrize(
        "text",
        ["ana@example.com", "https://x.test/a", "www.x.test", "/etc/passwd", "ORDER-1", "GB33BUKB"],
    )
    def test_what_names_one_thing_is_an_identifier(self, text: str) -> None:
        """Addresses, links, paths and ids are found inside a sentence, in any letter case."""
        alone, within = seen({"x": text}), seen({"x": f"please use ({text.upper()}), now!"})

        assert len(alone.identifiers) == 1
        assert alone.identifiers == within.identifiers

    def test_plain_words_name_nothing(self) -> None:
        """A sentence without names or numbers has no identifiers."""
        assert seen({"x": "Please send the report, and be quick."}).identifiers == ()

    def test_the_form_is_how_it_is_written(self) -> None:
        """Ids of one kind share a form; another kind's has its own."""
        first, second, other = (
            seen({"id": text}).arguments[0].form
            for text in ("ORDER-112543", "ORDER-9", "EH9025920092")
        )

        assert first == second != other

    def test_a_sign_is_a_form_and_its_size_a_magnitude(self) -> None:
        """A negative amount is as large as the positive one, and written otherwise."""
        plus, minus = seen({"n": 40}).arguments[0], seen({"n": -40}).arguments[0]

        assert plus.size == minus.size
        assert plus.form != minus.form

    def test_a_list_is_one_path(self) -> None:
        """Values of a list share a path without an index; an empty one is seen as well."""
        found = seen({"to": ["a", "b"], "cc": [], "x": [{"y": 1}]})

        assert [each.path for each in found.arguments] == ["to[]", "to[]", "cc", "x[].y"]

    def test_same_is_exact(self) -> None:
        """Arguments that differ in grouping or order of a list are other calls."""
        assert seen({"a": ["x", "y"]}).same != seen({"a": ["y", "x"]}).same
        assert seen({"a": [["x"], []]}).same != seen({"a": [[], ["x"]]}).same
        assert seen({"a": 1}).same == seen({"a": 1.0}).same
        assert seen({}, tool="a").same != seen({}, tool="b").same

    def test_values_of_python_are_observed(self) -> None:
        """Dates and decimals, which calls of plain functions carry, are values too."""
        found = seen({"on": date(2026, 1, 1), "sum": Decimal("12.50")})

        assert found.arguments[1].size == size_class(12.5)


def deep(levels: int) -> dict[str, Any]:
    """Nest an object."""
    nested: dict[str, Any] = {}
    for _ in range(levels):
        nested = {"a": nested}
    return nested


class TestSaid:
    SAID = said_in(["Pay Ana (ana@example.com) for ORDER-7", "thanks"])

    def test_names_and_words_that_the_user_did_not_say_are_counted(self) -> None:
        """A name of somebody else is unprompted; words are told in quarters."""
        found = observe("t", {"to": "eve@evil.test", "x": "pay"}, KEY, said=self.SAID)

        assert isinstance(found, Observation)
        assert (found.unprompted, found.unsaid) == (1, 3)

    def test_what_the_user_said_is_not(self) -> None:
        """Letter case and place do not matter."""
        found = observe("t", {"to": "ANA@example.com", "id": "order-7"}, KEY, said=self.SAID)

        assert isinstance(found, Observation)
        assert (found.unprompted, found.unsaid) == (0, 0)

    def test_without_the_user_it_is_missing(self) -> None:
        """A host that does not see the user claims nothing."""
        assert (seen({"to": "ana"}).unprompted, seen({"to": "ana"}).unsaid) == (None, None)

    def test_what_the_user_said_is_bounded(self) -> None:
        """Of endless messages the first characters are kept."""
        assert len(said_in(["x" * 10_000_000]).text) == BOUNDS.characters


class Trap:
    """What must not be called."""

    def __repr__(self) -> str:
        raise AssertionError("called")

    __str__ = __hash__ = __eq__ = __repr__  # type: ignore[assignment]


class TestHostile:
    @pytest.mark.parametrize(
        ("args", "reason"),
        [
            ({"body": "x" * 10_000_000}, "too_large"),
            ({"x" * 10_000_000: 1}, "too_large"),
            ({"all": list(range(1_000_000))}, "too_large"),
            (deep(50_000), "too_large"),
            ({"n": 10**5000}, "unreadable"),
            ({"n": float("nan")}, "unreadable"),
            ({"t": "\ud800"}, "unreadable"),
            ({"o": object()}, "unreadable"),
            ({"o": Trap()}, "unreadable"),
            ({"o": set(range(1_000_000))}, "unreadable"),
            ({"b": b"x" * 10_000_000}, "too_large"),
            ({"t": " ".join(f"id{n}" for n in range(600))}, "too_large"),
        ],
    )
    def test_costs_a_bounded_amount_and_is_missing(self, args: dict[str, Any], reason: str) -> None:
        """What is too large or unreadable is missing within 50 ms of work, and says so."""
        start = time.process_time()
        found = observe("t", args, KEY)
        took_s = time.process_time() - start

        assert isinstance(found, Unmeasured)
        assert found.reason == reason
        assert found.words
        assert took_s < 0.05

    @pytest.mark.parametrize("unit", ["a", "a@", "/", "1.", "\u0301", "a-", "[(", " x1y"])
    def test_no_text_within_bounds_is_slow(self, unit: str) -> None:
        """The longest text that is looked at takes at most 50 ms of work, whatever it holds."""
        text = (unit * BOUNDS.characters)[: BOUNDS.characters - 100]
        start = time.process_time()
        observe("t", {"x": text}, KEY)

        assert time.process_time() - start < 0.05
