"""Draw: by a key and a chance, never by chance alone or by what an agent may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.sampling import AUDIT, MANDATORY, Chance, chance_of, drawn, number
from interlock.policy.operations import Sampling, SamplingWeights

WEIGHTS = SamplingWeights({"prod": 3.0, "write": 2.0, "read": 0.5})
STRATIFIED = Sampling(0.10, "stratified", WEIGHTS)
IDS = [f"call_{number}" for number in range(4000)]


@pytest.mark.parametrize(
    ("tags", "stratum", "chance"),
    [
        (("read",), "read", 0.05),
        (("read", "write"), "write", 0.2),
        (("write", "prod"), "prod", 0.3),
        (("egress",), "other", 0.1),
        ((), "other", 0.1),
        (None, "unknown", 0.3),
    ],
)
def test_the_largest_weight_counts(
    tags: tuple[str, ...] | None, stratum: str, chance: float
) -> None:
    """A call is as likely as its heaviest tag makes it; unknown tags may be the heaviest."""
    found = chance_of(STRATIFIED, tags, mandatory=False)

    assert (found.stratum, found.inclusion_0_1) == (stratum, pytest.approx(chance))


@given(st.floats(0, 1), st.dictionaries(st.sampled_from("abc"), st.floats(0, 100)), st.booleans())
def test_a_chance_is_one(rate: float, weights: dict[str, float], mandatory: bool) -> None:
    """Whatever the weights, a chance lies in 0..1, and what is mandatory is certain."""
    sampling = Sampling(rate, "stratified", SamplingWeights(weights))
    found = chance_of(sampling, ("a", "b"), mandatory=mandatory)

    assert 0 <= found.inclusion_0_1 <= 1
    assert not mandatory or found == Chance(MANDATORY, 1.0)


@pytest.mark.parametrize("strategy", ["uniform", "every_nth"])
def test_without_strata_all_are_alike(strategy: str) -> None:
    """Tags do not matter, and no call's turn can be counted out."""
    sampling = Sampling(0.10, strategy, WEIGHTS)  # type: ignore[arg-type]

    assert chance_of(sampling, ("prod",), mandatory=False) == Chance("all", 0.10)


def test_without_sampling_only_the_mandatory_is_drawn() -> None:
    """A policy that samples nothing still has its mandatory cases."""
    assert chance_of(None, ("prod",), mandatory=False).inclusion_0_1 == 0
    assert chance_of(None, None, mandatory=True).inclusion_0_1 == 1


def test_whoever_has_the_key_draws_the_same_again() -> None:
    """An auditor reproduces each draw; another key draws others, so no agent foretells them."""
    chance = Chance("all", 0.1)
    ours, again, theirs = (
        [drawn(number(key, AUDIT, each), chance).drawn for each in IDS]
        for key in (b"k", b"k", b"other")
    )

    assert ours == again
    assert sum(a and b for a, b in zip(ours, theirs, strict=True)) < 0.3 * sum(ours)


@pytest.mark.parametrize(("chance", "least", "most"), [(0.1, 320, 480), (0, 0, 0), (1, 4000, 4000)])
def test_as_many_are_drawn_as_the_chance_says(chance: float, least: int, most: int) -> None:
    """Of 4,000 calls the share that is drawn is the chance; 0 draws none and 1 all."""
    found = [drawn(number(b"k", AUDIT, each), Chance("all", chance)) for each in IDS]

    assert least <= sum(one.drawn for one in found) <= most


@given(call=st.integers(), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_higher_chance_drops_nobody(call: str, low: float, high: float) -> None:
    """What one chance draws, every higher one draws."""
    low, high = sorted((low, high))

    own = number(b"k", AUDIT, f"{call}")

    assert drawn(own, Chance("a", low)).drawn <= drawn(own, Chance("b", high)).drawn


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_number_from_zero_to_one(key: bytes, name: str, ref: str) -> None:
    """From 0, which can be, to 1, which cannot; the same each time."""
    own = number(key, name, ref)

    assert 0 <= own < 1
    assert number(key, name, ref) == own


def test_names_keys_and_ids_draw_apart() -> None:
    """What is drawn for one purpose says nothing of another."""
    known = {
        number(b"k" * 32, "canary", "a"),
        number(b"k" * 32, "second_look", "a"),
        number(b"k" * 32, "canary", "b"),
        number(b"x" * 32, "canary", "a"),
        number(b"k" * 32, "canarya", ""),
    }

    assert len(known) == 5
