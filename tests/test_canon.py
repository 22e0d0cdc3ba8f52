"""Canonical form: one byte form per value, reversible or refused by name."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import MAX_DEPTH, decode, digest, encode, fingerprint, to_json
from interlock.errors import CanonError

text = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.none() | st.booleans() | text | st.integers(-(2**53) + 1, 2**53 - 1)
odd = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]))
    | st.decimals(allow_nan=False, allow_infinity=False)
)


def other_text(value: object) -> str:
    """Write a time as JSON writers like to."""
    return value.isoformat() if isinstance(value, date) else str(value)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return JSON-like values over leaves."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(text | st.sampled_from(["$int", "$bytes", "$"]), inner, max_size=4)
            | st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=12,
    )


json_values = st.recursive(
    plain | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=20,
)


class TestLaws:
    @given(st.dictionaries(st.text(st.characters(max_codepoint=127)), text | st.integers(0, 9**9)))
    def test_flat_members_have_the_same_form(self, members: dict[str, str | int]) -> None:
        """The quick way writes texts and small integers as the long way does."""
        names = {name.lstrip("$"): value for name, value in members.items()}
        assert encode(names, flat=True) == encode(names)

    @pytest.mark.parametrize(
        "other", [datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), 1.0, b"a", ["a"], None, True]
    )
    def test_another_kind_never_has_the_flat_form_of_a_text_or_number(self, other: Any) -> None:
        """What is no text or integer is not taken for one that reads alike."""
        flat = encode({"at": other}, flat=True)
        assert flat not in {encode({"at": same}) for same in (str(other), other_text(other), 1)}

    def test_a_lone_surrogate_is_refused_the_quick_way_too(self) -> None:
        """Text that is no Unicode is named, not written."""
        with pytest.raises(CanonError, match="lone surrogate"):
            encode({"actor": "\ud800"}, flat=True)

    @given(st.integers(10**14, 10**18) | st.integers(-(10**18), -(10**14)))
    def test_long_numbers_are_read_as_they_were(self, number: int) -> None:
        """No number is rounded, however many digits stand around it."""
        assert decode(encode({"n": number, "text": str(number)})) == {
            "n": number,
            "text": str(number),
        }

    @given(nested(plain | odd))
    def test_comes_back_as_it_was(self, value: Any) -> None:
        """Whatever is carried is carried reversibly; 1.0 and 1 are one number."""
        assert decode(encode(value)) == value
        assert decode(to_json(value).encode()) == value

    @given(nested(plain | odd), nested(plain | odd))
    def test_different_values_have_different_bytes(self, one: Any, other: Any) -> None:
        """Two values share bytes only if they are equal."""
        if encode(one) == encode(other):
            assert one == other

    @given(json_values)
    def test_plain_json_is_rfc8785(self, value: Any) -> None:
        """On plain JSON the form is exactly that of RFC 8785, also on the quick way."""
        if not _has_tag(value):
            assert encode(value) == rfc8785.dumps(value)

    @given(nested(plain | odd))
    def test_a_fixed_point(self, value: Any) -> None:
        """Encoding what was decoded gives the same bytes, so stored bytes stay what they are."""
        assert encode(decode(encode(value))) == encode(value)

    @given(st.binary(), st.text(max_size=5), st.text(max_size=5))
    def test_domains_never_meet(self, value: bytes, one: str, other: str) -> None:
        """The same value under two domains has two digests."""
        domains = {"a" + one.replace("\x00", ""), "b" + other.replace("\x00", "")}
        assert len({digest(domain, value) for domain in domains}) == len(domains)


def _has_tag(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key.startswith("$") or _has_tag(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_tag(item) for item in value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"amount": math.nan}, "`args.amount` is nan"),
        ({"amount": [1, math.inf]}, "`args.amount[1]` is inf"),
        ({"note": "a\ud800b"}, "`args.note` holds a lone surrogate at character 1"),
        ({"rows": [{"a\udfff": 1}]}, "lone surrogate"),
        ({"x": {1: 2}}, "`args.x` has a key of type int"),
        ({"x": {1, 2}}, "`args.x` has type set"),
        ({"x": object()}, "`args.x` has type object"),
        ({"n": 10**4200}, "`args.n` has over 4,000 digits"),
        ({"d": Decimal("NaN")}, "`args.d` has type Decimal"),
    ],
)
def test_refused_by_name(value: Any, says: str) -> None:
    """What cannot be carried is refused with the argument's path."""
    with pytest.raises(CanonError) as caught:
        encode(value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("leaf", [1, 1.5])
def test_deep_nesting_is_refused_not_crashed(leaf: float) -> None:
    """A value nested deeper than the limit is an error, at the limit it is carried."""
    deep: Any = leaf
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(CanonError, match="nested deeper"):
        encode(deep)
    at_limit: Any = leaf
    for _ in range(MAX_DEPTH):
        at_limit = {"a": at_limit}
    assert decode(encode(at_limit)) == at_limit


def test_big_integers_keep_their_digits() -> None:
    """A 64-bit id is carried exactly, where plain JSON readers would round it."""
    value = {"id": 2**63 + 1}

    assert decode(encode(value)) == value
    assert json.loads(encode(value)) == {"id": {"$int": str(2**63 + 1)}}


def test_dates_and_times_stay_apart() -> None:
    """A date is not the datetime of its midnight."""
    assert encode(date(2026, 1, 1)) != encode(datetime(2026, 1, 1))  # noqa: DTZ001
    assert decode(encode(date(2026, 1, 1))) == date(2026, 1, 1)


@given(
    st.datetimes(timezones=st.none() | st.timezones() | st.just(UTC)),
    st.sampled_from([0, 1]),
)
def test_a_moment_keeps_its_zone_and_its_fold(moment: datetime, fold: int) -> None:
    """Readings that a clock shows twice stay apart, and a zone does not become its offset."""
    moment = moment.replace(fold=fold)
    read = decode(encode({"at": moment}))["at"]

    assert (read.replace(tzinfo=None), read.fold) == (moment.replace(tzinfo=None), fold)
    assert (read.tzinfo, read.utcoffset()) == (moment.tzinfo, moment.utcoffset())
    assert decode(to_json(moment).encode()) is not None


@pytest.mark.parametrize("zone", [None, UTC, ZoneInfo("Europe/Berlin")])
def test_the_hour_that_comes_twice_has_two_digests(zone: Any) -> None:
    """Source: PEP 495: at the end of summer time, `fold` says which half past two it is."""
    first = datetime(2025, 10, 26, 2, 30, tzinfo=zone)

    assert digest("args", first) != digest("args", first.replace(fold=1))


def test_a_zone_is_not_its_offset() -> None:
    """A day later in a zone is not a day later at an offset: the two differ in bytes."""
    berlin = datetime(2025, 10, 25, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    offset = datetime(2025, 10, 25, 12, tzinfo=timezone(timedelta(hours=2)))

    assert encode(berlin) != encode(offset)
    assert decode(encode(offset)) == offset


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2025-10-25T12:00:00+02:00[Mars/Olympus]", "install tzdata"),
        ("2025-10-25T12:00:00+02:00[../../etc/passwd]", "install tzdata"),
        ("2025-10-25T12:00:00+05:00[Europe/Berlin]", "update tzdata"),
    ],
)
def test_a_zone_that_is_another_here_is_refused(text: str, says: str) -> None:
    """What was approved is not run at another moment, because the zone's rules changed."""
    with pytest.raises(CanonError, match=says):
        decode(json.dumps({"$datetime": text}).encode())


def test_fingerprints_need_the_key() -> None:
    """Equal values have equal fingerprints under one key only."""
    assert fingerprint(b"k", "args", b"{}") == fingerprint(b"k", "args", b"{}")
    assert fingerprint(b"k", "args", b"{}") != fingerprint(b"l", "args", b"{}")
