"""Histories of an agent, made up: what it did, what was found of it, when its level changed."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from hypothesis import strategies as st

from interlock.autonomy.evidence import (
    ERRORS,
    Acted,
    ActionOutcome,
    CallPlace,
    Correction,
    Entered,
    Evidence,
    EvidenceFact,
    Exposure,
    Found,
    Success,
    Versions,
)
from interlock.policy.operations import PromotionCriteria

START = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = CallPlace("acme", "bot", "job.mail", "mail.send")
OURS = Versions("m1", "p1", "s1")
OUTCOMES: Final[tuple[ActionOutcome, ...]] = (*get_args(Success), *ERRORS)
FINDINGS: Final[tuple[Correction, ...]] = ("right", *ERRORS)
VERSIONS: Final = (OURS, OURS, OURS, Versions("m2", "p1", "s1"), Versions("m1", "p1", "s2"))


def day(number: float) -> datetime:
    """Return a moment by its days since the start."""
    return START + timedelta(days=number)


def did(seq: int, outcome: ActionOutcome = "unseen", **more: Any) -> Acted:
    """Act once, on the day of the sequence number."""
    given = {"at": day(seq), "place": PLACE, "level": 0, "versions": OURS}
    return Acted(seq=seq, outcome=outcome, **(given | more))


def criteria(**changes: Any) -> PromotionCriteria:
    """Return the criteria of the reference, save for some."""
    return PromotionCriteria(
        **(
            {"min_successful_actions": 50, "max_error_rate": 0.02, "review_period_days": 7}
            | changes
        )
    )


def exposed(level: int = 0, since: datetime = START, **counts: int) -> Evidence:
    """Return evidence of so many actions by how they went, begun at the start."""
    return Evidence(level=level, since=since, latest=since, now=Exposure(**counts))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Make evidence that may well suffice: few errors in up to some hundred actions."""
    few = st.integers(0, 3)
    unseen, right = draw(st.integers(0, 60)), draw(st.integers(0, 300))
    made = exposed(
        level=draw(few), unseen=unseen, right=right, edited=draw(few), audit_error=draw(few)
    )
    return made._replace(seq=1000, agents=(("bot", ("m1", "p1")),), tools=(("mail.send", "s1"),))


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[EvidenceFact]:
    """Make a history in the order of a log, whose clock does as it likes."""
    facts: list[EvidenceFact] = []
    calls: dict[int, Acted] = {}
    for seq in range(1, draw(st.integers(1, most)) + 1):
        at = START + timedelta(hours=draw(st.integers(-48, 400)))
        kind = draw(st.sampled_from(("acted", "acted", "found", "entered")))
        if kind == "found" and calls:
            acted = draw(st.sampled_from(tuple(calls.values())))
            facts.append(found := Found(seq, at, acted, draw(st.sampled_from(FINDINGS))))
            if acted.outcome not in ERRORS:
                calls[acted.seq] = acted._replace(outcome=found.outcome)
        elif kind == "entered":
            facts.append(Entered(seq, at, draw(st.integers(0, 3))))
        else:
            outcome, level = draw(st.sampled_from(OUTCOMES)), draw(st.integers(0, 3))
            versions = draw(st.sampled_from(VERSIONS))
            calls[seq] = did(seq, outcome, at=at, level=level, versions=versions)
            facts.append(calls[seq])
    return facts
