"""An agent that looks up a balance, then pays: what it usually does, and how others are asked."""

from typing import Any

import pytest

from interlock.signals import anomaly
from interlock.signals.anomaly import Anomaly
from interlock.signals.observation import Observation, UserWords, observe, said_in
from interlock.signals.oddities import oddities, surprise
from interlock.signals.profile import Profile

KEY = b"k"
SAID = said_in(
    [
        "Look at my account, then pay the invoice; paid, thank you!",
        "To ana@example.com, bo@example.com or cy@example.com.",
    ]
)
PEOPLE = ["ana@example.com", "bo@example.com", "cy@example.com"]


def seen(tool: str, args: dict[str, Any], **more: Any) -> Observation:
    """Observe a call."""
    found = observe(tool, args, KEY, **more)
    assert isinstance(found, Observation)
    return found


def live(profile: Profile, thread: list[Observation]) -> None:
    """Learn a thread as it happens: each call is weighed before any of it is learned."""
    nats = [surprise(oddities(profile, call, thread[:at])) for at, call in enumerate(thread)]
    for at, call in enumerate(thread):
        profile.learn(call, thread[:at], nats[at])


def payment(n: int) -> list[Observation]:
    """Look up a balance, then pay somebody usual a usual amount at an hour of the day."""
    at_s = 3600.0 * (9 + n % 8) + 86_400 * (n // 8)
    look = seen("balance", {"account": "GB33"}, at_s=at_s)
    pay = {"recipient": PEOPLE[n % 3], "amount": 20 + n % 10, "note": "invoice paid, thank you"}
    return [look, seen("pay", pay, at_s=at_s + 90, said=SAID)]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Know a hundred payments."""
    known = Profile()
    for n in range(100):
        live(known, payment(n))
    return known


def scored(profile: Profile, call: Observation, earlier: list[Observation]) -> Anomaly:
    """Score a call of a known agent."""
    found = anomaly.score(profile, call, earlier)
    assert isinstance(found, Anomaly)
    return found


def paid(said: UserWords | None = None, **changes: Any) -> Observation:
    """Pay as usual, save for some arguments."""
    usual = {"recipient": PEOPLE[0], "amount": 24, "note": "invoice paid, thank you"}
    return seen("pay", usual | changes, said=said)


LOOKED = [seen("balance", {"account": "GB33"})]
