"""Tell: promotions and incidents from entries, in their order."""

from typing import Any

from interlock.autonomy.career import CareerEntry, career

BOT = {"tenant": "", "agent": "bot"}
OPENED = {**BOT, "promotion": "rise_1", "from": 0, "to": 1, "digest": "d"}


def entry(kind: str, **body: Any) -> CareerEntry:
    """Make an entry."""
    return CareerEntry("entry_x", "2026-01-01T00:00:00.000000Z", kind, "ana", "local", body)


def test_a_question_is_open_until_it_is_over() -> None:
    """Answers belong to their question; a rise, or an end of it, closes it."""
    opened = entry("promotion_opened", **OPENED)
    answered = entry("promotion_answered", **BOT, request_id="rise_1", answer="approve")
    stray = entry("promotion_answered", **BOT, request_id="rise_2", answer="approve")
    for last in ("promoted", "promotion_ended"):
        ended = entry(last, **BOT, promotion="rise_1")
        known = career([opened, answered, stray])
        waiting = known.open_promotion("", "bot")

        assert waiting is not None
        assert waiting.answers == (answered,)
        assert known.open_promotion("acme", "bot") is None
        assert career([opened, answered, ended]).open_promotion("", "bot") is None


def test_an_incident_of_all_tenants_is_one_of_each() -> None:
    """It is open for every tenant's agent of that name until a person closes it."""
    opened = entry("incident_opened", **BOT, incident="i", cause="safety_incident", reason="x")
    closed = entry("incident_closed", **BOT, incident="i")

    assert len(career([opened]).open_incidents("acme", "bot")) == 1
    assert career([opened]).open_incidents("", "other") == []
    assert career([opened, closed]).open_incidents("acme", "bot") == []
    assert career([opened, closed]).incidents["i"].concerns == "safety_incident: x"
