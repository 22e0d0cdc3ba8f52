"""Review: what waits on the left, one case on the right, and keys that answer it.

An answer is for the case that is on the screen: whatever arrives, ends or is answered by others,
no other case moves under the hand. Enter approves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar, Final, TypeAlias

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.desk.display import render_args, visible
from interlock.errors import InterlockError
from interlock.terminal.dialogs import KEYS, Dialog, Given, Help, Wanted
from interlock.terminal.differing import compared
from interlock.terminal.friction import friction
from interlock.terminal.hand import Hand, Operator, ReviewVerb
from interlock.terminal.page import PagePart, left, page, row
from interlock.terminal.pane import Pane

LOOK_S: Final = 0.5
"""How often the ledger is looked at, seconds."""

QUEUE_MAX: Final = 200
"""Calls that the queue shows at once, the oldest."""

Describe: TypeAlias = Callable[[Case, datetime], Sequence[PagePart]]
"""Says everything of a case."""

_LIVE: Final = "silence"
"""The part whose times run; it stands above the case."""

_SUMMARY_LINES: Final = 8
_SUMMARY_CHARS: Final = 60


class ReviewApp(App[None]):
    """The queue and its keys."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #queue { width: 40%; height: 1fr; border: none; }
    #case { width: 60%; padding: 0 1; }
    #live { height: auto; max-height: 8; text-style: bold; }
    #said { height: auto; max-height: 4; color: $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "next", show=False),
        Binding("k,up", "move(-1)", "back", show=False),
        Binding("space,pagedown", "read(1)", "read on"),
        Binding("pageup", "read(-1)", "read back", show=False),
        Binding("a", "approve", "approve"),
        Binding("d", "deny", "deny"),
        Binding("r", "respond", "respond"),
        Binding("c", "withdraw", "withdraw"),
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
    ) -> None:
        """Show the queue of `gate`, of one thread or tenant if named, to one reviewer."""
        super().__init__()
        self._gate, self._describe, self._hand = gate, describe, Hand(gate.inbox, me)
        self._thread, self._tenant = thread, tenant
        self.cases: list[Case] = []
        """What the queue shows."""
        self.case: Case | None = None
        """What is on the screen, and what keys answer."""
        self._approved: list[str] = []
        self._rows: list[str] = []
        self._away = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        queue = OptionList(id="queue", markup=False)
        queue.can_focus = False
        with Horizontal():
            yield queue
            with Vertical(id="case"):
                yield Static(id="live")
                yield Pane()
        yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Begin with the oldest case, and look again and again."""
        self.look()
        if self.cases:
            self._choose(self.cases[0].id)
        self.set_interval(LOOK_S, self.look)

    def look(self) -> None:
        """Show what came since; the chosen case stays, whatever became of it."""
        inbox = self._gate.inbox
        try:
            waiting = inbox.pending(self._thread, self._tenant, limit=QUEUE_MAX)
            chosen = inbox.show(self.case.id) if self.case else None
        except InterlockError as error:
            self._away = True
            self.say(str(error))
            return
        if self._away:
            self._away = False
            self.say("")
        if chosen is not None:
            at = self._place()
            mine = [each.id for each in waiting]
            if chosen.id in mine:
                waiting[mine.index(chosen.id)] = chosen
            else:
                waiting.insert(min(at, len(waiting)), chosen)
        self.cases = waiting
        self._show(chosen)

    def say(self, words: str) -> None:
        """Say one thing to the reviewer."""
        self._tell("said", visible(words) if words else "")

    def _tell(self, place: str, words: str) -> None:
        """Put words where they are not yet."""
        where = self._desk.query_one(f"#{place}", Static)
        if str(where.content) != words:
            where.update(Content(words))

    def action_move(self, by: int) -> None:
        """Choose another case."""
        if self.cases:
            at = self._place() + by if self.case else 0
            self._choose(self.cases[min(max(at, 0), len(self.cases) - 1)].id)

    def on_option_list_option_selected(self, chosen: OptionList.OptionSelected) -> None:
        """Choose the case that was clicked."""
        self._choose(self.cases[chosen.option_index].id)

    def action_read(self, pages: int) -> None:
        """Read on."""
        self._desk.query_one(Pane).page_by(pages)

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
        lines = [f"{path or 'arguments'}: {told}" for path, told in leaves[:_SUMMARY_LINES]]
        lines += [f"and {more} more values"] if more > 0 else []
        title = f"{verb} {visible(case.tool)} of {visible(case.agent)} ({case.id})?"
        wanted, then = Wanted(title, lines, text), partial(self._give, verb, case)
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

    def _give(self, verb: ReviewVerb, case: Case, given: Given) -> None:
        """Give an answer to the very case that was on the screen."""
        try:
            after = self._hand.give(verb, case, given)
        except InterlockError as error:
            self.say(str(error))
        else:
            self._approved += [case.id] if after.state == "approved" else []
            self.say(f"{case.id} is {after.state.replace('_', ' ')} now")
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

    @property
    def _desk(self) -> Screen[object]:
        """The screen below any dialog."""
        return self.screen_stack[0]

    def _place(self) -> int:
        """Return where the chosen case stands in the queue."""
        names = [each.id for each in self.cases]
        return names.index(self.case.id) if self.case and self.case.id in names else 0

    def _choose(self, name: str) -> None:
        """Put a case on the screen."""
        self.case = next(each for each in self.cases if each.id == name)
        self._desk.query_one(Pane).show("", lambda _: ())
        self.look()

    def _show(self, chosen: Case | None) -> None:
        """Draw the queue, the times and, where it is not as it was, the case."""
        now, pane = self._gate.ledger.clock.now(), self._desk.query_one(Pane)
        self._show_queue(now)
        if chosen is None:
            self._tell("live", "choose a case with j or k" if self.cases else "nothing waits")
            return
        live = self._describe(replace(chosen, args={}, before=None), now)
        times = [told for title, rows in live if title == _LIVE for told in rows]
        words = [f"{visible(chosen.tool)}  {chosen.risk} risk  {left(chosen, now)}"]
        words += [f"{label}: {text}" for label, text in times]
        self._tell("live", "\n".join(words))
        if chosen != self.case or pane.shows != chosen.id:
            self.case = chosen
            pane.show(chosen.id, partial(page, self._parts(chosen, now)))

    def _show_queue(self, now: datetime) -> None:
        queue = self._desk.query_one("#queue", OptionList)
        width = max(20, queue.scrollable_content_region.width - 2)
        if (told := [row(each, now, width) for each in self.cases]) != self._rows:
            self._rows = told
            queue.clear_options()
            queue.add_options([Option(Content(one)) for one in told])
        queue.highlighted = self._place() if self.case else None

    def _parts(self, case: Case, now: datetime) -> list[PagePart]:
        """Say all of a case, with what differs from before an edit and from the last like it."""
        told = [part for part in self._describe(case, now) if part.title != _LIVE]
        return compared(told, case, self._gate.inbox.similar(case.id))
