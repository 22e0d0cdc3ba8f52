"""Tally: the same facts give the same works, in whatever parts they come."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.evidence import ERRORS, Acted, CallPlace, Found
from interlock.autonomy.tally import (
    RECENT,
    AgentWork,
    LevelEntered,
    TallyFact,
    WorkTally,
    agent_of,
)
from interlock.policy.operations import ErrorRateTrigger

START = datetime(2026, 1, 1, tzinfo=UTC)
TENANTS, AGENTS = st.sampled_from(["", "acme", "globex"]), st.sampled_from(["bot", "cat"])
OUTCOMES = st.sampled_from(["unseen", "right", *ERRORS])


@st.composite
def logs(draw: st.DrawFn) -> list[TallyFact]:
    """Draw a log: calls that ended, findings about them and levels, at clocks that step back."""
    facts, ended = list[TallyFact](), list[Acted]()
    for seq in range(1, draw(st.integers(1, 40))):
        at = START + timedelta(hours=draw(st.integers(-200, 200)))
        kind = draw(st.sampled_from(["acted", "acted", "acted", "found", "level"]))
        if kind == "found" and ended:
            acted = draw(st.sampled_from(ended))
            facts.append(Found(seq, at, acted, draw(st.sampled_from(["right", "audit_harm"]))))
        elif kind == "level":
            level, is_set = draw(st.integers(0, 3)), draw(st.booleans())
            facts.append(LevelEntered(seq, at, draw(TENANTS), draw(AGENTS), level, is_set))
        else:
            place = CallPlace(draw(TENANTS), draw(AGENTS), "", "pay")
            level, owner = draw(st.integers(0, 3)), draw(st.sampled_from(["", "olga"]))
            ended.append(Acted(seq, at, place, level, draw(OUTCOMES), owner=owner))
            facts.append(ended[-1])
    return facts


@given(logs(), st.lists(st.integers(0, 40), max_size=4))
def test_pages_and_pens_change_nothing(facts: list[TallyFact], cuts: list[int]) -> None:
    """Folded whole, or page by page with each page written down and read again: the same works."""
    whole = WorkTally()
    whole.hear(facts)
    kept: dict[tuple[str, str], str] = {}
    for start, end in pairwise([0, *sorted(min(cut, len(facts)) for cut in cuts), len(facts)]):
        page = facts[start:end]
        agents = {agent_of(fact) for fact in page}
        read = {name: AgentWork.from_text(text) for name, text in kept.items() if name[1] in agents}
        part = WorkTally(read)
        part.hear(page)
        kept |= {name: work.to_text() for name, work in part.changed.items()}

    assert kept == {name: work.to_text() for name, work in whole.works.items()}


@given(logs())
def test_a_level_is_the_lower_of_its_own_and_of_all(facts: list[TallyFact]) -> None:
    """What is set for every tenant lies above no tenant's own."""
    tally = WorkTally()
    tally.hear(facts)
    own: dict[tuple[str, str], int] = {}
    for fact in facts:
        if isinstance(fact, LevelEntered) and fact.is_set:
            own[fact.tenant, fact.agent] = fact.level

    for (tenant, agent), work in tally.works.items():
        known = [own[name] for name in {(tenant, agent), ("", agent)} if name in own]
        assert work.set_level == min(known, default=None)


def acted(seq: int, outcome: str) -> Acted:
    """Make a call that ended, an hour after the one before."""
    place = CallPlace("", "bot", "", "pay")
    return Acted(seq, START + timedelta(hours=seq), place, 0, outcome)  # type: ignore[arg-type] - one of them


def test_errors_are_looked_for_in_the_window() -> None:
    """Many errors within the window are above the limit; once it is past them they are not."""
    tally, trigger = WorkTally(), ErrorRateTrigger(0.05, window_days=7, min_actions=5)
    tally.hear(acted(seq, "tool_failed" if seq % 2 else "right") for seq in range(1, 20))
    work = tally.works["", "bot"]

    assert work.errs_above(trigger, START + timedelta(days=1))
    assert not work.errs_above(trigger, START + timedelta(days=30))
    assert tally.erred == {("", "bot")}


def test_only_so_much_is_remembered() -> None:
    """Of a busy agent the last outcomes are kept, and none of those before its level."""
    tally = WorkTally()
    tally.hear(acted(seq, "right") for seq in range(1, RECENT + 50))
    assert len(tally.works["", "bot"].recent) == RECENT
    tally.hear([LevelEntered(RECENT + 60, START, "", "bot", 1)])

    assert tally.works["", "bot"].recent == ()
    assert tally.works["", "bot"].evidence.level == 1
