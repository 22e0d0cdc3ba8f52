"""Make: a week of requests, with a truth about each that only the simulator knows."""

from bisect import bisect_right
from itertools import accumulate
from random import Random
from typing import Any, Final, NamedTuple

HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S

ASKS: Final = 2000
"""Requests of ordinary agents in the week."""
FLOOD: Final = 1000
"""Requests of the one agent that runs wild."""
FLOOD_AT_S: Final = DAY_S + 10.5 * HOUR_S
"""When it does: on Tuesday at half past ten, with one reviewer away who has not said so."""
FLOOD_S: Final = 600.0
"""For how long."""
WILD: Final = "sync-bot"
DIFFERENT: Final = 250
"""Different requests in the flood; the others repeat one of them."""

BAD: Final = 0.02
"""Share of requests that should not be approved. Source: see `people.PAPERS`, for 1 to 2 %."""

_HOURS: Final = (
    *(0.15,) * 7, 3.0, 5.0, 7.0, 8.0, 7.0, 5.0, 6.0, 7.5, 7.0, 5.5, 4.0, 2.5, 1.5, *(0.15,) * 4,
)  # fmt: skip
"""How much is asked in each hour of a weekday, beside the others."""
_DAYS: Final = (1.1, 1.0, 1.0, 1.0, 0.9, 0.12, 0.12)
_AGENTS: Final = tuple(f"agent-{number:02}" for number in range(1, 13))
_BUSY: Final = tuple(1 / (1 + number) for number in range(12))
"""How much each agent asks beside the others: the first twelve times what the last does."""
_TOOLS: Final = ("crm.update", "mail.send", "refund.issue", "account.close")
_OFTEN: Final = (0.42, 0.28, 0.27, 0.03)
_LARGE: Final = 0.15
"""Share of refunds that two people must approve."""
RISK: Final = {
    "crm.update": "low", "mail.send": "medium", "refund.issue": "high", "account.close": "critical",
}  # fmt: skip


class Ask(NamedTuple):
    """One request of an agent."""

    at: float
    """When it is made, seconds from Monday's midnight."""
    agent: str
    tool: str
    args: dict[str, Any]
    bad: bool
    """Whether it should not be approved; nobody in the week knows."""

    @property
    def risk(self) -> str:
        """Return its risk, as the policy has it."""
        return RISK[self.tool]

    @property
    def is_flood(self) -> bool:
        """Whether it is of the agent that runs wild."""
        return self.agent == WILD


def week(seed: int, asks: int = ASKS, flood: int = FLOOD) -> list[Ask]:
    """Return the requests of a week in the order of their times; the same seed, the same week."""
    dice = Random(f"traffic {seed}")
    hours = [day * hour for day in _DAYS for hour in _HOURS]
    edges = list(accumulate(hours))
    made = [_ordinary(_moment(edges, dice), number, dice) for number in range(asks)]
    different = min(DIFFERENT, flood) or 1
    wild = [_wild(number, different, dice) for number in range(flood)]
    return sorted(made + wild, key=lambda ask: ask.at)


def _moment(edges: list[float], dice: Random) -> float:
    """Draw a time of the week, as busy as its hour is."""
    hour = bisect_right(edges, dice.random() * edges[-1])
    return (min(hour, len(edges) - 1) + dice.random()) * HOUR_S


def _ordinary(at: float, number: int, dice: Random) -> Ask:
    (agent,), (tool,) = dice.choices(_AGENTS, _BUSY), dice.choices(_TOOLS, _OFTEN)
    return Ask(at, agent, tool, _args(tool, number, dice), dice.random() < BAD)


def _args(tool: str, number: int, dice: Random) -> dict[str, Any]:
    customer = f"cus_{dice.randrange(4000):04}"
    match tool:
        case "crm.update":
            return {"customer": customer, "field": "note", "value": f"ticket {number} answered"}
        case "mail.send":
            to = f"{customer}@customers.example"
            return {"to": to, "subject": f"Your ticket {number}", "body": "It is on its way."}
        case "refund.issue":
            large = dice.random() < _LARGE
            amount = dice.randrange(1001, 4000) if large else dice.randrange(60, 900)
            return {"order": f"ord_{number:05}", "amount": amount, "customer": customer}
        case _:
            return {"customer": customer, "reason": f"asked in ticket {number}"}


def _wild(number: int, different: int, dice: Random) -> Ask:
    at = FLOOD_AT_S + FLOOD_S * dice.random()
    value = f"record {number % different} synchronised"
    args = {"customer": f"cus_{number % different:04}", "field": "synced", "value": value}
    return Ask(at, WILD, "crm.update", args, bad=_is_bad(number % different))


def _is_bad(number: int) -> bool:
    """Say which of the flood's different requests are bad: every fiftieth, as of the others."""
    return number % round(1 / BAD) == 7
