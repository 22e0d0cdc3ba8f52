"""Review: what waits on the left, one case on the right, and keys that answer it.

An answer is for the case that is on the screen: whatever arrives, ends or is answered by others,
no other case moves under the hand. Enter approves nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from interlock.app.batches import CallBatch
from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.desk.disclosing import disclosure
from interlock.desk.display import render_args, visible
from interlock.errors import InterlockError
from interlock.terminal.batch_page import counted_of, told_of
from interlock.terminal.batch_screen import BatchScreen
from interlock.terminal.dialogs import KEYS, Dialog, Given, Help, Wanted
from interlock.terminal.differing import differences
from interlock.terminal.editor import EDIT_MAX, Draft, Editor
from interlock.terminal.friction import friction
from interlock.terminal.hand import SNOOZE_S, BatchVerb, Operator, ReviewVerb
from interlock.terminal.pane import Pane
from interlock.terminal.queue import Describe, QueueApp

_SUMMARY_LINES: Final = 8
_SUMMARY_CHARS: Final = 60


class ReviewApp(QueueApp):
    """The queue and the keys that answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "approve"),
        Binding("d", "deny", "deny"),
        Binding("e", "edit", "edit"),
        Binding("r", "respond", "respond"),
        Binding("c", "withdraw", "withdraw"),
        Binding("s", "snooze", "put off"),
        Binding("b", "batch", "batch"),
        Binding("u", "undo", "undo"),
        Binding("question_mark", "help", "help"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(
        self,
        gate: Gate,
        describe: Describe,
        me: Operator,
        *,
        thread: str | None = None,
        tenant: str | None = None,
        mine: bool | None = None,
    ) -> None:
        """Show the queue of `gate` to one reviewer, as `QueueApp` says."""
        super().__init__(gate, describe, me, thread=thread, tenant=tenant, mine=mine)
        self._approved: list[str] = []
        self._drafts: dict[str, str] = {}
        """Edits that were begun, by the case."""

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(Help(KEYS))

    def action_approve(self) -> None:
        """Approve the case on the screen, after what its risk takes."""
        if (case := self._open()) is None:
            return
        takes = friction(case)
        if takes.reads and not self._desk.query_one(Pane).is_read(case.id):
            self.say(f"{case.risk} risk: read the case to its end first, with space")
            return
        if case.auth == "signed" and not self._hand.signs:
            self.say("this takes a signature: start interlock review with --key")
            return
        reason = "why you approve" if takes.reasons else ""
        self._ask("approve", case, reason, confirms=takes.confirms, afresh=takes.reads)

    def action_deny(self) -> None:
        """Refuse the case on the screen."""
        if (case := self._open()) is not None:
            self._ask("deny", case, "why; the agent is told")

    def action_respond(self) -> None:
        """Answer the agent in place of the tool."""
        if (case := self._open()) is not None:
            self._ask("respond", case, "what the agent is told instead")

    def action_withdraw(self) -> None:
        """Withdraw the case on the screen."""
        if (case := self._open()) is not None:
            self._ask("cancel", case, "why it is withdrawn")

    def action_snooze(self) -> None:
        """Put the case on the screen off, for whoever sits here alone."""
        if (case := self._open()) is not None:
            lines = ["only in your own view: it expires and escalates as it would have"]
            wanted = Wanted(f"put {case.id} off for {SNOOZE_S / 60:g} minutes?", lines, "why")
            self._hear(wanted, partial(self._put_off, case.id), afresh=False)

    def action_edit(self) -> None:
        """Change the arguments of the case on the screen; policy decides the change."""
        if (case := self._open()) is None:
            return
        if len(str(case.args)) > EDIT_MAX:
            self.say(f"too long to edit here; use interlock edit {case.id} --args FILE")
            return
        editor = Editor(case, self._drafts.get(case.id, ""))
        self.push_screen(editor, partial(self._drafted, case))

    def action_batch(self) -> None:
        """Show what waits that is like the case on the screen, where one look may answer it."""
        if (case := self._open()) is None:
            return
        try:
            batch = self._gate.batches.of(case.id)
        except InterlockError:
            self.say("nothing that is like it may be answered together with it now")
            return
        self._watch.show(batch.name)
        screen = BatchScreen(batch, self._gate.ledger.clock.now())
        self.push_screen(screen, partial(self._chosen_for_all, case, batch))

    def action_undo(self) -> None:
        """Take back the last approval that was given here."""
        if not self._approved:
            self.say("nothing was approved here that could be taken back")
            return
        name = self._approved[-1]
        wanted = Wanted(f"take back your approval of {name}?", text="why; the agent is told")
        self._hear(wanted, partial(self._take_back, name), afresh=False)

    def _open(self) -> Case | None:
        """Return the case on the screen, if it still waits; say what it is otherwise."""
        if self.case is None:
            self.say("choose a case first, with j or k")
        elif self.case.state != "pending":
            self.say(f"{self.case.id} is {self.case.state} already")
        else:
            return self.case
        return None

    def _ask(
        self,
        verb: ReviewVerb,
        case: Case,
        text: str,
        *,
        confirms: bool = True,
        afresh: bool = False,
    ) -> None:
        """Ask for what an answer needs, then give it; at once where it needs nothing."""
        leaves = render_args(case.args, limit=_SUMMARY_CHARS)
        more = len(leaves) - _SUMMARY_LINES
        lines = _halted(case)
        lines += [f"{path or 'arguments'}: {told}" for path, told in leaves[:_SUMMARY_LINES]]
        lines += [f"and {more} more values"] if more > 0 else []
        wanted = Wanted(_title(verb, case), lines, text)
        then = partial(self._give, partial(self._hand.give, verb, case), case)
        if confirms or text or self._hand.locked(afresh):
            self._hear(wanted, then, afresh=afresh)
        else:
            then(Given())

    def _hear(self, wanted: Wanted, then: Callable[[Given], None], *, afresh: bool) -> None:
        def heard(given: Given | None) -> None:
            if given is None:
                self.say("left as it was")
            else:
                then(given)

        self.push_screen(Dialog(wanted._replace(passphrase=self._hand.locked(afresh))), heard)

    def _give(self, answer: Callable[[Given, float], Case], case: Case, given: Given) -> None:
        """Give an answer to the very case that was on the screen."""
        try:
            after = answer(given, self._watch.spent_s(case.id))
        except InterlockError as error:
            self.say(str(error))
        else:
            self._drafts.pop(case.id, None)
            self._approved += [case.id] if after.id == case.id and after.state == "approved" else []
            name = case.id if after.id == case.id else f"{case.id} was edited: {after.id}"
            but = f", and does not run: {after.halt.why}" if after.halt else ""
            self.say(f"{name} is {after.state.replace('_', ' ')} now{but}")
            if after.probe is not None:
                self.push_screen(Help("\n".join([f"{case.id}:", *disclosure(after.probe)])))
        self.look()

    def _drafted(self, case: Case, draft: Draft | None) -> None:
        """Ask before an edit is sent; its text is kept until it is."""
        text, args = draft or ("", None)
        self._drafts[case.id] = text
        if args is None:
            self.say("nothing was sent; e goes on with the edit")
            return
        told = differences(case.args, args)
        lines = [f"{path}: {what}" for path, what in told[:_SUMMARY_LINES]]
        lines += [f"and {len(told) - len(lines)} more values"] if len(told) > len(lines) else []
        wanted = Wanted(_title("edit", case), lines, "why; policy decides the edited call anew")
        answer = partial(self._hand.edit, case, args)
        self._hear(wanted, partial(self._give, answer, case), afresh=False)

    def _chosen_for_all(self, case: Case, batch: CallBatch, verb: BatchVerb | None) -> None:
        """Ask before all of a batch are answered."""
        looked_s = self._watch.spent_s(batch.name)
        self._watch.show(case.id)
        if verb is None:
            return
        takes, first = friction(case), batch.cases[0]
        if verb == "approve" and first.auth == "signed" and not self._hand.signs:
            self.say("this takes a signature: start interlock review with --key")
            return
        lines = [*_halted(first), f"what varies: {', '.join(batch.table.varies) or 'nothing'}"]
        reason = "why; the agent is told" if verb == "deny" else "why you approve all of them"
        text = reason if verb == "deny" or takes.reasons else ""
        title = f"{verb} {len(batch.cases)} calls of {visible(first.tool)} ({batch.name})?"
        then = partial(self._give_all, verb, batch, looked_s)
        self._hear(Wanted(title, lines, text), then, afresh=verb == "approve" and takes.reads)

    def _give_all(self, verb: BatchVerb, batch: CallBatch, looked_s: float, given: Given) -> None:
        try:
            found = self._hand.give_all(verb, batch, given, looked_s)
        except InterlockError as error:
            self.say(str(error))
        else:
            self._approved += [each.request_id for each in found if each.state == "approved"]
            self.say(f"{verb}: {counted_of(found)}")
            if told := told_of(found):
                self.push_screen(Help("\n".join(told)))
        self.look()

    def _put_off(self, name: str, given: Given) -> None:
        try:
            until = self._hand.put_off(name, given)
        except InterlockError as error:
            self.say(str(error))
            return
        self.case = None
        self._watch.show("")
        self._desk.query_one(Pane).show("", lambda _: ())
        self.say(f"{name} is put off until {until.astimezone():%H:%M}")
        self.look()

    def _take_back(self, name: str, given: Given) -> None:
        try:
            self._hand.take_back(name, given)
        except InterlockError as error:
            self.say(str(error))
        else:
            self.say(f"{name} is taken back; nothing runs")
        self._approved.remove(name)
        self.look()


def _title(verb: str, case: Case) -> str:
    return f"{verb} {visible(case.tool)} of {visible(case.agent)} ({case.id})?"


def _halted(case: Case) -> list[str]:
    """Say before an answer what a case's halt says after it."""
    return [f"does not run: {visible(case.halt.why)}"] if case.halt else []
