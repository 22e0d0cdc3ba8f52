"""Answer: a person's word on one request, with what shows that it is theirs."""

from collections.abc import Mapping
from functools import partial
from math import isfinite
from typing import Any, TypedDict, cast

from interlock.app.people import Credentials, Desk
from interlock.app.stopping import stop
from interlock.conduct import Conductor
from interlock.conduct.probing import disclose
from interlock.conduct.proving import Challenge, vote_ballot
from interlock.conduct.retrying import retried
from interlock.conduct.taking_back import NOT_RUN, none_of, retract
from interlock.conduct.values import Call, Posed
from interlock.errors import AlreadyDecided, DeskError
from interlock.ledger import queries
from interlock.ledger.store import SqlLedger
from interlock.path.proof import Ballot
from interlock.path.review import ReviewRequest, Vote, VoteAnswer


class Answerer(TypedDict, total=False):
    """Who gives an answer, and how."""

    by: str | None
    """Their name; None: whose `held` it is, else the reviewer here."""
    held: Credentials | None
    """What shows that it is they: a key signs the answer, a token goes with it."""
    on_screen_s: float | None
    """How long they looked at the question, seconds; None: not measured."""


class Reasoner(Answerer, total=False):
    """The same, with a reason."""

    reason: str


class Answers:
    """Puts answers together and has them counted."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Answer through `conductor`, look into `ledger`."""
        self._conductor, self._ledger = conductor, ledger
        self._desk = Desk(conductor, ledger)

    def answer(
        self,
        name: str,
        answer: VoteAnswer,
        given: Answerer,
        *,
        unknown_tool: bool = False,
        **says: Any,  # noqa: ANN401 - what each answer says
    ) -> Call:
        """Give one answer; return the call as it then stands.

        Raises `UnknownId`, `DeskError` and its kinds.
        """
        call, request, by = self._ledger.on_one(lambda: self._question(name, given))
        held = given.get("held")
        if answer == "cancel" and call.state in NOT_RUN:
            said = (cast("Reasoner", given).get("reason", ""), given.get("by"), held)
            stop(self._conductor, self._ledger, call.id, "taken_back", *said)
            return queries.find_call(self._ledger, call.id)
        return self._say(call, self._vote(request, answer, by, given, says), held, unknown_tool)

    def _vote(
        self,
        request: ReviewRequest,
        answer: VoteAnswer,
        by: str,
        given: Answerer,
        says: Mapping[str, Any],
    ) -> Vote:
        return Vote(
            request_id=request.id,
            digest=request.digest,
            answer=answer,
            by=by,
            auth="local",
            at=self._ledger.clock.now(),
            policy=self._conductor.ports.policy().digest,
            on_screen_ms=_ms(given.get("on_screen_s")),
            reason=cast("Reasoner", given).get("reason", ""),
            **says,
        )

    def _say(self, call: Call, vote: Vote, held: Credentials | None, unknown_tool: bool) -> Call:
        """Have an answer counted; to a probe the first one ends it, so there is none to retract."""

        def covers(asked: Challenge, salt: str) -> Ballot:
            return vote_ballot(vote, call.id, asked, salt)

        ports, retracts = self._conductor.ports, vote.answer == "retract"
        if isinstance(call, Posed) and retracts:
            raise AlreadyDecided(none_of(vote))
        shown = self._desk.show(vote.by, held, vote.request_id, covers)
        if isinstance(call, Posed):
            take = partial(disclose, ports, vote, shown, unknown_tool=unknown_tool)
            return retried(ports.clock, take)
        if retracts:
            return retried(ports.clock, partial(retract, ports, vote, shown))
        return self._conductor.vote(vote, shown, unknown_tool=unknown_tool)

    def _question(self, name: str, given: Answerer) -> tuple[Call, ReviewRequest, str]:
        """Return what is answered, and who answers. Raises as `answer` does."""
        call = queries.find_to_change(self._ledger, name)
        request = queries.request_of(self._ledger, call)
        if request is None:
            raise AlreadyDecided(f"nobody is asked about `{name}`; it is {call.state}")
        if call.state == "superseded":
            newest = queries.revisions(self._ledger, call)[-1]
            now = newest.request_id or newest.id
            raise AlreadyDecided(f"`{name}` was edited; the call is now `{now}`")
        return call, request, self._desk.who(given.get("by"), given.get("held"))


def _ms(seconds: float | None) -> int | None:
    if seconds is None:
        return None
    if not isfinite(seconds) or seconds < 0:
        raise DeskError(f"`on_screen_s` is {seconds!r}; it is a number of seconds from 0, or None")
    return round(seconds * 1000)
