"""Review: what waits on the left, one case on the right, and keys that answer it.

An answer is for the case that is on the screen: whatever arrives, ends or is answered by others,
no other case moves under the hand. Enter approves nothing.
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from interlock.app.batches import BatchAnswers, CallBatch
from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.desk.disclosing import disclosure
from interlock.desk.display import render_args, visible
from interlock.errors import AlreadyDecided, InterlockError
from interlock.terminal.batch_page import counted_of, told_of
from interlock.terminal.batch_screen import BatchScreen
from interlock.terminal.dialogs import KEYS, Dialog, Given, Help, Wanted
from interlock.terminal.differing import differences
from interlock.terminal.editor import EDIT_MAX, Draft, Editor
from interlock.terminal.friction import Friction, friction, typed_names
from interlock.terminal.hand import SNOOZE_S, BatchVerb, Operator, ReviewVerb
from interlock.terminal.page import became
from interlock.terminal.pane import Pane
from interlock.terminal.queue import Describe, QueueApp
from interlock.terminal.reading import QueueScope

_SUMMARY_LINES: Final = 8
_SUMMARY_CHARS: Final = 60

_TAKEN_BACK: Final = ("approved", "pending")
"""States after an approval in which it can be taken back."""

_NAME_ALONE: Final = "your name alone says who you are, which policy takes here; it is no signature"


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
        scope: QueueScope | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show the queue of `gate` to one reviewer, as `QueueApp` says."""
        super().__init__(gate, describe, me, scope, now_s)
        self._approved: list[str] = []
        self._undoing = ""
        self._drafts: dict[str, str] = {}
        """Edits that were begun, by the case."""

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(Help(KEYS))

    def action_approve(self) -> None:
        """Approve the case on the screen, after what its risk takes."""
        if (case := self._open()) is None:
            return
        takes, pane = friction(case), self._desk.query_one(Pane)
        if self.why_not is not None:
            self.say(self.why_not)
        elif takes.reads and not pane.is_read(case.id):
            self.say(f"{case.risk} risk: read the case to its end first, with space")
        elif not pane.is_seen(case.id):
            self.say("look at the case first: that key came before it was on the screen")
        elif case.auth == "signed" and not self._hand.signs:
            self.say("this takes a signature: start interlock review with --key")
        else:
            reason = "why you approve" if takes.reasons else ""
            self._ask("approve", case, reason, confirms=takes.confirms, takes=takes)

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
        self.errand("the batch", partial(self._hand.batch, case), partial(self._open_batch, case))

    def _open_batch(self, case: Case, batch: CallBatch | None) -> None:
        if batch is None:
            self.say("nothing that is like it may be answered together with it now")
            return
        self._watch.show(batch.name)
        screen = BatchScreen(batch, self._now(), self._now_s)
        self.push_screen(screen, partial(self._chosen_for_all, case, batch))

    def action_undo(self) -> None:
        """Take back the last approval that was given here."""
        if not self.answers():
            return
        if not self._approved:
            self.say("nothing was approved here that could be taken back")
            return
        name = self._approved[-1]
        wanted = Wanted(f"take back your approval of {name}?", text="why; the agent is told")
        self._hear(wanted, partial(self._take_back, name), afresh=False)

    def _open(self) -> Case | None:
        """Return the case on the screen, if it still waits; say what it is otherwise."""
        if not self.answers():
            return None
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
        takes: Friction | None = None,
    ) -> None:
        """Ask for what an answer needs, then give it; at once where it needs nothing."""
        leaves = render_args(case.args, limit=_SUMMARY_CHARS)
        more = len(leaves) - _SUMMARY_LINES
        afresh = takes is not None and takes.reads
        lines = _halted(case)
        lines += [f"{path or 'arguments'}: {told}" for path, told in leaves[:_SUMMARY_LINES]]
        lines += [f"and {more} more values"] if more > 0 else []
        lines += [_NAME_ALONE] if afresh and not self._hand.shows else []
        names = typed_names(case) if takes is not None and takes.types else ()
        wanted = Wanted(_title(verb, case), lines, text, weighs=afresh, names=names)
        then = partial(self._give, verb, partial(self._hand.give, verb, case), case)
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

        wanted = wanted._replace(passphrase=self._hand.locked(afresh))
        self.push_screen(Dialog(wanted, self._now_s), heard)

    def _give(
        self, verb: str, answer: Callable[[Given, float], Case], case: Case, given: Given
    ) -> None:
        """Give an answer to the very case that was on the screen."""
        work = partial(answer, given, self._watch.spent_s(case.id))
        self.errand(f"{verb} {case.id}", work, partial(self._given, verb, case))

    def _given(self, verb: str, case: Case, after: Case) -> None:
        self._drafts.pop(case.id, None)
        if verb == "approve" and after.state in _TAKEN_BACK:
            self._approved.append(case.id)
        self.say(became(verb, case, after))
        if after.probe is not None:
            self.push_screen(Help("\n".join([f"{case.id}:", *disclosure(after.probe)])))

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
        self._hear(wanted, partial(self._give, "edit", answer, case), afresh=False)

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
        afresh = verb == "approve" and takes.reads
        self._hear(Wanted(title, lines, text, weighs=afresh), then, afresh=afresh)

    def _give_all(self, verb: BatchVerb, batch: CallBatch, looked_s: float, given: Given) -> None:
        work = partial(self._hand.give_all, verb, batch, given, looked_s)
        self.errand(f"{verb} {batch.name}", work, partial(self._given_all, verb))

    def _given_all(self, verb: BatchVerb, found: BatchAnswers) -> None:
        counted = [each for each in found if each.counted and each.state in _TAKEN_BACK]
        self._approved += [each.request_id for each in counted if verb == "approve"]
        self.say(f"{verb}: {counted_of(found)}")
        if told := told_of(found):
            self.push_screen(Help("\n".join(told)))

    def _put_off(self, name: str, given: Given) -> None:
        self.errand(
            f"to put {name} off",
            partial(self._hand.put_off, name, given),
            partial(self._is_off, name),
        )

    def _is_off(self, name: str, until: datetime) -> None:
        if self.case is not None and self.case.id == name:
            self.case = None
            self._watch.show("")
            self._desk.query_one(Pane).show("", lambda _: ())
        self.say(f"{name} is put off until {until.astimezone():%H:%M}")

    def _take_back(self, name: str, given: Given) -> None:
        self._undoing = name
        work = partial(self._hand.take_back, name, given)
        self.errand(f"to take back {name}", work, partial(self._taken_back, name))

    def _taken_back(self, name: str, after: Case) -> None:
        self._approved.remove(name)
        pending = after.state == "pending"
        so = "your approval is void, and it still waits" if pending else "nothing runs"
        self.say(f"{name} is taken back: {so}")

    def failed(self, error: InterlockError) -> None:
        """Forget an approval that can be taken back no more; one that nobody heard of is kept."""
        if self._undoing in self._approved and isinstance(error, AlreadyDecided):
            self._approved.remove(self._undoing)
        self._undoing = ""


def _title(verb: str, case: Case) -> str:
    return f"{verb} {visible(case.tool)} of {visible(case.agent)} ({case.id})?"


def _halted(case: Case) -> list[str]:
    """Say before an answer what a case's halt says after it."""
    return [f"does not run: {visible(case.halt.why)}"] if case.halt else []
