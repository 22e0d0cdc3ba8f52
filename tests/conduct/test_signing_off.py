"""Sign off: who may, how many must, and what a word counts for when the evidence is gone."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.people import Token
from interlock.errors import AlreadyDecided, DeskError, NotEligible, UnknownId
from interlock.signing import new_key

from .career import DAY_S, GRADED, Career  # isort: skip

STRICT = GRADED.replace(
    "groups:",
    """  - id: two-signatures
    match: {tools: ["interlock.autonomy.promote"]}
    decision: require_approval
    review: {route: board, quorum: 2, auth: signed}
groups:""",
)


@pytest.fixture
def career(tmp_path: Path, database: str) -> Iterator[Career]:
    """One agent's career, in each database."""
    made = Career(tmp_path)
    yield made
    made.gate.close()


class TestWho:
    @pytest.mark.parametrize("by", ["bot", "olga", "dee", "mallory", "BOT", "Olga"])
    def test_nobody_apart_from_the_route(self, tmp_path: Path, by: str) -> None:
        """The agent, its owner, whoever is not asked: their word is refused and changes nothing."""
        career = Career(tmp_path)
        asked = career.ready()

        with pytest.raises(NotEligible):
            career.gate.autonomy.sign(asked.id, by=by, reason="let it")
        assert career.level == 0
        assert career.kinds == ["promotion_opened"]
        career.gate.close()

    def test_a_quorum_of_signatures(self, tmp_path: Path) -> None:
        """Where a rule says so two people sign, each with a key; one of them twice is one."""
        career = Career(tmp_path, STRICT)
        keys = {}
        root = new_key()
        career.gate.reviewers.add("root")
        career.gate.reviewers.add_key("root", root.public)
        for name in ("ana", "bea"):
            keys[name] = new_key()
            career.gate.reviewers.add(name, held=root)
            career.gate.reviewers.add_key(name, keys[name].public, held=root)
        token = career.gate.reviewers.new_token("bea", held=keys["bea"])[1]
        asked, sign = career.ready(), career.gate.autonomy.sign

        with pytest.raises(NotEligible):
            sign(asked.id, by="ana", reason="a name alone")
        with pytest.raises(NotEligible):
            sign(asked.id, by="bea", held=Token(token.secret), reason="a token is too weak")
        for reason in ("seen", "seen again"):
            assert sign(asked.id, by="ana", held=keys["ana"], reason=reason).ended is None
        assert career.level == 0
        assert sign(asked.id, by="bea", held=keys["bea"], reason="me too").ended is not None

        assert career.level == 1
        assert career.gate.audit.verify().ok
        career.gate.close()

    def test_a_reason_is_needed(self, career: Career) -> None:
        """Who agrees says why."""
        with pytest.raises(DeskError, match="--reason"):
            career.gate.autonomy.sign(career.ready().id, by="ana", reason=" ")


class TestWhen:
    def test_once(self, career: Career) -> None:
        """A question that is over takes no answer, and one that never was is unknown."""
        asked = career.ready()
        career.gate.autonomy.sign(asked.id, by="ana", reason="fine")

        with pytest.raises(AlreadyDecided):
            career.gate.autonomy.sign(asked.id, "deny", by="bea", reason="no")
        with pytest.raises(UnknownId):
            career.gate.autonomy.sign("rise_none", by="ana", reason="fine")
        assert career.level == 1

    def test_the_evidence_is_looked_at_again(self, career: Career) -> None:
        """I14: what went wrong since people were asked keeps the level where it is."""
        asked = career.ready()
        career.call(verdict="deny")
        ended = career.gate.autonomy.sign(asked.id, by="ana", reason="fine").ended

        assert ended is not None
        assert (ended.kind, ended.body["how"]) == ("promotion_ended", "overtaken")
        assert "1 error in 4 actions" in ended.body["why"]
        assert career.level == 0

    def test_a_fall_ends_the_question(self, career: Career) -> None:
        """Who fell meanwhile does not rise by an answer to what was asked before."""
        career.risen()
        asked = career.ready()
        career.gate.autonomy.open_incident("bot", reason="paid a stranger", by="dee")

        with pytest.raises(AlreadyDecided, match="overtaken"):
            career.gate.autonomy.sign(asked.id, by="ana", reason="fine")
        assert career.level == 0

    def test_no_sign_off_survives_another_policy(self, tmp_path: Path) -> None:
        """Where the policy has no criteria any more, nobody rises by a question of before."""
        career = Career(tmp_path)
        asked = career.ready()
        career.gate.close()
        start = GRADED.index("promotion_criteria")
        without = GRADED[:start] + GRADED[GRADED.index("demotion_triggers") :]
        other = Career(tmp_path, without, career.clock)
        ended = other.gate.autonomy.sign(asked.id, by="ana", reason="fine").ended

        assert ended is not None
        assert ended.body["how"] == "overtaken"
        assert other.level == 0
        other.gate.close()


@pytest.mark.timeout(60)  # two connections each, and one may wait for the other
def test_two_promotions_do_not_race(tmp_path: Path, database: str) -> None:
    """I14: of two processes that ask, and two people who sign at once, one level comes of it."""
    ours = Career(tmp_path)
    for _ in range(3):
        ours.call()
    ours.gate.ledger.seal_entries()
    ours.clock.advance(8 * DAY_S)
    theirs = Career(tmp_path, clock=ours.clock)
    both = (ours, theirs)

    def at_once(work: list[threading.Thread]) -> None:
        for each in work:
            each.start()
        for each in work:
            each.join()

    at_once([threading.Thread(target=each.gate.autonomy.catch_up) for each in both])
    (asked,) = ours.gate.autonomy.requests()
    said: list[str] = []

    def sign(career: Career, by: str) -> None:
        try:
            career.gate.autonomy.sign(asked.id, by=by, reason="fine")
            said.append("signed")
        except AlreadyDecided:
            said.append("late")

    at_once(
        [
            threading.Thread(target=sign, args=(each, by))
            for each, by in zip(both, ("ana", "bea"), strict=True)
        ]
    )

    assert sorted(said) == ["late", "signed"]
    assert ours.level == 1
    assert ours.kinds.count("promotion_opened") == ours.kinds.count("promoted") == 1
    assert ours.gate.audit.verify().ok
    for each in both:
        each.gate.close()
