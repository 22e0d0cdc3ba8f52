"""Traffic: a week of requests is the seed's, and has the flood in it."""

from collections import Counter

from benchmarks.week import traffic


def test_the_same_seed_is_the_same_week() -> None:
    """Arms are compared on the same requests; another seed has others."""
    assert traffic.week(1) == traffic.week(1)
    assert traffic.week(1) != traffic.week(2)


def test_the_flood_is_of_one_agent_in_ten_minutes() -> None:
    """A thousand requests beside the ordinary two thousand, three of four a repetition."""
    asks = traffic.week(3)
    wild = [ask for ask in asks if ask.is_flood]

    assert (len(asks) - len(wild), len(wild)) == (traffic.ASKS, traffic.FLOOD)
    assert len({str(ask.args) for ask in wild}) == traffic.DIFFERENT
    assert all(0 <= ask.at - traffic.FLOOD_AT_S <= traffic.FLOOD_S for ask in wild)


def test_people_are_asked_when_people_work() -> None:
    """Nine of ten ordinary requests are made on weekdays between seven and eight in the evening."""
    asks = [ask for ask in traffic.week(4, flood=0) if ask.at < 5 * traffic.DAY_S]
    hours = Counter(7 <= ask.at % traffic.DAY_S / traffic.HOUR_S < 20 for ask in asks)

    assert hours[True] > 0.9 * traffic.ASKS


def test_few_are_bad() -> None:
    """About one in fifty should not be approved, of the flood as of the others."""
    asks = traffic.week(5)
    for flood in (False, True):
        some = [ask.bad for ask in asks if ask.is_flood is flood]
        assert 0.01 < sum(some) / len(some) < 0.03
