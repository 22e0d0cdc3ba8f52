"""Decide: the queue of calls that wait for a human, and the answers to them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Unpack

from interlock.app.answering import Answerer, Answers, Reasoner
from interlock.app.cases import Case, Decided, case
from interlock.app.due import catch_up_all
from interlock.app.people import Credentials, Desk
from interlock.app.stopping import stop
from interlock.app.viewing import barred, opened, whole
from interlock.conduct import Conductor
from interlock.conduct.escalating import snooze, snooze_asked
from interlock.conduct.glass import GlassFinding
from interlock.conduct.overseeing import ACKNOWLEDGED, STOPPED, acknowledge
from interlock.conduct.retrying import retried
from interlock.desk.waiting import QueueAge, queues
from interlock.errors import DeskError, LedgerReadOnly
from interlock.ledger import queries
from interlock.ledger.glass import unreviewed
from interlock.ledger.similar import call_before
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import hidden, overdue, unheard, veto_windows, waits
from interlock.path.proof import REASON_MAX
from interlock.path.review import VoteAnswer


class Inbox:
    """What waits for a human, and how it is answered.

    Ids are request or call ids, or a prefix that only one has; to answer, one of at least
    `LEAST_CHARS` characters. Who answers is `by`, and shows it by what they hold: a key signs the
    answer, a token goes with it.
    """

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Answer through `conductor`, look into `ledger`."""
        self._conductor = conductor
        self._ledger = ledger
        self._desk = Desk(conductor, ledger)
        self._answers = Answers(conductor, ledger)

    def pending(
        self,
        thread: str | None = None,
        tenant: str | None = None,
        *,
        limit: int | None = None,
        after: str | None = None,
        viewer: str | None = None,
        snoozed: bool = False,
    ) -> list[Case]:
        """Return what waits, oldest first; what is overdue is expired first, if it can be.

        At most `limit` of it, from behind the request or call `after`; without what is not for
        `viewer`, nor put off by them save with `snoozed`. Raises `UnknownId`.
        """

        def look() -> list[Case]:
            last = None if after is None else queries.find_call(self._ledger, after)
            without = hidden(self._ledger, viewer, snoozed=snoozed)
            page: Any = {"limit": limit, "after": last, "without": without}
            waiting = queries.pending(self._ledger, thread, tenant, **page)
            return opened(self._conductor.ports, self._ledger, waiting, viewer)

        seen, due = self._ledger.on_one(lambda: (look(), self._overdue()))
        if not due:
            return seen
        self._try_to_expire()
        return self._ledger.on_one(look)

    def _overdue(self) -> list[str]:
        return overdue(self._ledger, self._ledger.clock.now())

    def count(
        self,
        thread: str | None = None,
        tenant: str | None = None,
        *,
        after: str | None = None,
        viewer: str | None = None,
        snoozed: bool = False,
    ) -> int:
        """Return how many calls `pending` returns."""
        last = None if after is None else queries.find_call(self._ledger, after)
        page: Any = {"after": last, "without": hidden(self._ledger, viewer, snoozed=snoozed)}
        return queries.count_pending(self._ledger, thread, tenant, **page)

    def queues(self, tenant: str | None = None) -> list[QueueAge]:
        """Return by route how long questions wait: those open, and those ended within a day.

        Raises `PolicyError` where no policy was ever used.
        """
        self._try_to_expire()
        targets = self._conductor.ports.policy().document.approval_queue_policy
        return queues(waits(self._ledger, tenant), targets)

    def snooze(
        self,
        name: str,
        *,
        for_s: float,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> datetime:
        """Take a question out of your own view for some seconds; return until when.

        It moves nothing: the question expires and escalates all the same. Raises `DeskError`.
        """
        call, ports = queries.find_to_change(self._ledger, name), self._conductor.ports
        who = self._desk.who(by, held)
        shown = self._desk.act(who, held, "snoozed", snooze_asked(call.id, for_s, reason))
        return retried(ports.clock, partial(snooze, ports, call.id, for_s, who, reason, shown))

    def expire_overdue(self) -> int:
        """Do what time asks of every request that waits; return of how many."""
        return catch_up_all(self._conductor, self._ledger)

    def _try_to_expire(self) -> None:
        """Expire what is overdue; a ledger that may only be read is shown as it stands."""
        with suppress(LedgerReadOnly):
            self.expire_overdue()

    def show(self, name: str, *, viewer: str | None = None) -> Case:
        """Return one call with its votes, as `viewer` sees it. Raises `UnknownId`."""
        look = partial(whole, self._conductor.ports, self._ledger, name, viewer)
        seen, due = self._ledger.on_one(lambda: (look(), self._overdue()))
        if seen.call_id not in due:
            return seen
        self._try_to_expire()
        return self._ledger.on_one(look)

    def similar(self, name: str) -> Case | None:
        """Return the call that the same agent made last of the same tool before this one."""
        earlier = call_before(self._ledger, queries.find_call(self._ledger, name))
        return case(earlier, None) if earlier else None

    def why_not(self, name: str, by: str) -> str | None:
        """Say why somebody may not approve a call that waits; None where they may.

        In the words, and by the people, of now; how they must show who they are is not looked at.
        """
        ports = self._conductor.ports
        return self._ledger.on_one(partial(barred, ports, self._ledger, name, by))

    def approve(self, name: str, **given: Unpack[Reasoner]) -> Case:
        """Let a call run, as it is shown. Raises `DeskError` and its kinds."""
        return self._answer(name, "approve", given)

    def break_glass(self, name: str, *, reason: str, **given: Unpack[Answerer]) -> Case:
        """Let a call run in an emergency, alone, whoever else is asked; another looks at it after.

        It takes the role `break-glass` in the ledger, a token or a key, and a reason. Everything
        but who is asked, and how many, holds as ever. Raises `DeskError` and its kinds.
        """
        return self._answer(name, "break_glass", Reasoner(**given, reason=reason))

    def deny(self, name: str, **given: Unpack[Reasoner]) -> Case:
        """Refuse a call; the agent is told the reason."""
        return self._answer(name, "deny", given)

    def edit(
        self,
        name: str,
        *,
        args: Mapping[str, Any],
        tool: str | None = None,
        unknown_tool: bool = False,
        **given: Unpack[Reasoner],
    ) -> Case:
        """Propose other arguments instead; policy decides the edited call again.

        A tool that neither its host nor the policy knows is refused, save with `unknown_tool`.
        """
        if not isinstance(args, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DeskError(f"an edit needs all the new arguments as an object, not {args!r:.40}")
        said: dict[str, Any] = {"args": dict(args), "tool": tool}
        return self._answer(name, "edit", given, unknown_tool=unknown_tool, **said)

    def respond(self, name: str, *, message: str, **given: Unpack[Answerer]) -> Case:
        """Answer the agent in place of the tool."""
        if not message.strip():
            raise DeskError("a response needs a message: what the agent is told; add --message")
        return self._answer(name, "respond", given, message=message)

    def cancel(self, name: str, **given: Unpack[Reasoner]) -> Case:
        """Withdraw a call that waits, or that was approved and did not run; then with a reason."""
        return self._answer(name, "cancel", given)

    def take_back(
        self, name: str, *, reason: str, by: str | None = None, held: Credentials | None = None
    ) -> Case:
        """Take an approval back, before anything runs; the reason is told.

        While others are missing one's own is void and the question stays open; once the call was
        approved it ends. Raises as `veto` does, also where nothing of one's own is there.
        """
        if reason.strip() and queries.find_to_change(self._ledger, name).state == "pending":
            return self._answer(name, "retract", Reasoner(by=by, held=held, reason=reason))
        return self.show(stop(self._conductor, self._ledger, name, "taken_back", reason, by, held))

    def veto(
        self, name: str, *, reason: str, by: str | None = None, held: Credentials | None = None
    ) -> Case:
        """Stop a call that policy lets run and tells you of, before its veto window is over.

        Raises `AlreadyDecided` once it ran, `DeskError` and its kinds.
        """
        return self.show(stop(self._conductor, self._ledger, name, "vetoed", reason, by, held))

    def decided(self, name: str | None = None, thread: str | None = None) -> list[Decided]:
        """Return requests that have their verdict, newest last; their threads may wait for it.

        Calls whose veto window is over, or that were vetoed, stand for requests of their own.
        """
        mine = None
        if name is not None:
            call = queries.find_call(self._ledger, name)
            mine, thread = call.key, call.key.thread_id
        closed = queries.closed_requests(self._ledger, thread)
        closed += queries.closed_windows(self._ledger, thread)
        return [
            Decided(key.host, key.thread_id, key.checkpoint_ns, call_id, request_id, state)
            for key, call_id, request_id, state in closed
            if mine is None or key == mine
        ]

    def oversight(self, limit: int = 100, tenant: str | None = None) -> list[Case]:
        """Return the calls that people are told of, not asked about, newest last.

        They run under `notify`, or somebody broke the glass for them. Those whose veto window is
        open are among them at once, with `veto_until`; those that somebody must acknowledge have
        `acknowledge_until`, also when that time is over.
        """
        told = queries.notified(self._ledger, limit, tenant)
        ids = [call.id for call in told]
        until, due = veto_windows(self._ledger, ids), unheard(self._ledger, ids)
        notified = [
            replace(
                case(call, None, veto_until=until.get(call.id)),
                acknowledge_until=None if call.state in STOPPED else due.get(call.id),
            )
            for call in told
        ]
        both = [*self.unreviewed(tenant), *notified]
        return sorted(both, key=lambda one: one.created_at)[-limit:]

    def unreviewed(self, tenant: str | None = None) -> list[Case]:
        """Return the calls for which somebody broke the glass, and that nobody looked at yet."""
        found = unreviewed(self._ledger, tenant)
        due = unheard(self._ledger, [call.id for call, _ in found])
        return [
            replace(
                case(call, queries.request_of(self._ledger, call)),
                acknowledge_until=due.get(call.id),
                broken_by=by,
            )
            for call, by in found
        ]

    def acknowledge(
        self,
        name: str,
        *,
        by: str | None = None,
        held: Credentials | None = None,
        finding: GlassFinding | None = None,
        reason: str = "",
    ) -> Case:
        """Take notice of a call that people are told of.

        Of one for which somebody broke the glass, `finding` and `reason` say what was found.
        Raises `DeskError` and its kinds.
        """
        call, ports = queries.find_to_change(self._ledger, name), self._conductor.ports
        who, reason = self._desk.who(by, held), reason[:REASON_MAX]
        about = (call.id, call.id, call.proposal.digest, finding or ACKNOWLEDGED)
        said = (self._desk.say(who, held, about, reason), finding, reason)
        retried(ports.clock, partial(acknowledge, ports, call.id, who, *said))
        return self.show(call.id)

    def _answer(self, name: str, answer: VoteAnswer, given: Answerer, **said: Any) -> Case:  # noqa: ANN401 - what each answer says
        return self.show(self._answers.answer(name, answer, given, **said).id)
