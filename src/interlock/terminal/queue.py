"""Queue: what waits on the left, one case on the right; whatever comes, no other case moves there.

It is drawn anew twice a second, and read anew when somebody rings (`interlock.ledger.doorbell`),
when time moves something that waits, and now and then.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final, TypeAlias

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.desk.display import visible
from interlock.errors import InterlockError
from interlock.ledger.doorbell import listening
from interlock.terminal.differing import compared
from interlock.terminal.hand import Hand, Operator
from interlock.terminal.logged import logged
from interlock.terminal.look_timer import LookTimer
from interlock.terminal.page import PagePart, left, page, row
from interlock.terminal.pane import Pane

TICK_S: Final = 0.5
"""How often the times on the screen are drawn anew, seconds."""

LOOK_S: Final = 5.0
"""How often the ledger is looked at where nobody rings, seconds."""

QUEUE_MAX: Final = 200
"""Calls that the queue shows at once, the oldest."""

Describe: TypeAlias = Callable[[Case, datetime], Sequence[PagePart]]
"""Says everything of a case."""

_PARTS: Final = "#whose, #queue, #live, #said, Pane"
"""What is drawn on."""

_LIVE: Final = "silence"
"""The part whose times run; it stands above the case."""

_NOTHING_MINE: Final = "nothing waits that you are asked to look at; --all shows what others are"


class BellRung(Message):
    """Somebody wrote to the ledger."""


class Warned(Message):
    """The program warns of something."""

    def __init__(self, words: str) -> None:
        """Say of what."""
        super().__init__()
        self.words = words


class QueueApp(App[None]):
    """The queue, and the case that was chosen."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #left { width: 40%; }
    #whose { height: auto; color: $text-muted; }
    #queue { height: 1fr; border: none; }
    #case { width: 60%; padding: 0 1; }
    #live { height: auto; max-height: 8; text-style: bold; }
    #live.high { color: $warning; }
    #live.critical { color: $error; }
    #said { height: auto; max-height: 4; color: $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "next", show=False),
        Binding("k,up", "move(-1)", "back", show=False),
        Binding("space,pagedown", "read(1)", "read on"),
        Binding("pageup", "read(-1)", "read back", show=False),
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
        """Show the queue of `gate`, of one thread or tenant if named, to one reviewer.

        `mine`: what they are asked to look at, else others'; None: so where the policy shares it.
        """
        super().__init__()
        self._gate, self._describe, self._hand = gate, describe, Hand(gate, me)
        self._thread, self._tenant, self._mine = thread, tenant, mine
        self._watch = LookTimer(gate.ledger.clock.now)
        self.cases: list[Case] = []
        """What the queue shows."""
        self.case: Case | None = None
        """What is on the screen, and what keys answer."""
        self._rows: list[str] = []
        self._away = self._rung = False
        self._nothing, self._whose = "nothing waits", ""
        self._bell = ExitStack()
        self._next_look = gate.ledger.clock.now()

    def compose(self) -> ComposeResult:
        """Lay out."""
        queue = OptionList(id="queue", markup=False)
        queue.can_focus = False
        with Horizontal():
            with Vertical(id="left"):
                yield Static(id="whose")
                yield queue
            with Vertical(id="case"):
                yield Static(id="live")
                yield Pane()
        yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Begin with the oldest case, and look whenever somebody rings."""
        self._bell.enter_context(logged(lambda words: self.post_message(Warned(words))))
        self.look()
        if self.cases:
            self._choose(self.cases[0].id)
        self.set_interval(TICK_S, self.tick)
        self._bell.enter_context(listening(self._gate.ledger, self._ring))

    def on_unmount(self) -> None:
        """Listen no more."""
        self._bell.close()

    def _ring(self) -> None:
        """Ask, from the thread that listens, for one look; several rings before it are one."""
        if not self._rung:
            self._rung = True
            self._rung = self.post_message(BellRung()) and self._rung

    def on_warned(self, warned: Warned) -> None:
        """Say it."""
        if self._stands:
            self.say(warned.words)

    def on_bell_rung(self) -> None:
        """Look, since somebody rang."""
        self._rung = False
        if self._stands:
            self.look()

    def tick(self) -> None:
        """Draw the times; look where one of them is over, or nobody rang for a while."""
        if not self._stands:
            return
        if self._gate.ledger.clock.now() >= self._next_look:
            self.look()
        else:
            self._show(self.case)

    @property
    def _stands(self) -> bool:
        """Whether the screen is all there; a ring or a tick may come as it is taken down."""
        return bool(self.screen_stack) and len(self._desk.query(_PARTS)) == _PARTS.count(",") + 1

    def look(self) -> None:
        """Show what came since; the chosen case stays, whatever became of it."""
        self._next_look = self._gate.ledger.clock.now() + timedelta(seconds=LOOK_S)
        try:
            waiting = self._waiting()
            chosen = self._chosen(self.case.id) if self.case else None
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
        self._next_look = min((self._next_look, *_times(waiting)))
        self._show(chosen)

    def _waiting(self) -> list[Case]:
        """Return what there is to answer, of what is the same the oldest; not what was put off."""
        me, shared = self._hand.name, self._gate.queue
        mine = me is not None and (self._mine or (self._mine is None and shared.is_shared_with(me)))
        where = (self._thread, self._tenant)
        self._nothing, self._whose = _NOTHING_MINE if mine else "nothing waits", ""
        if me is not None and mine:
            own = shared.at_hand(me, *where, viewer=me)
            found, self._whose = own.cases[:QUEUE_MAX], own.told
        else:
            found = self._gate.inbox.pending(*where, limit=QUEUE_MAX, viewer=me)
        return [each for each in found if not each.duplicate_of]

    def _chosen(self, name: str) -> Case:
        return self._gate.inbox.show(name, viewer=self._hand.name)

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
        self._watch.show(name)
        self._desk.query_one(Pane).show("", lambda _: ())
        self.say("")  # what was said was about another one
        self.look()

    def _show(self, chosen: Case | None) -> None:
        """Draw the queue, the times and, where it is not as it was, the case."""
        now, pane = self._gate.ledger.clock.now(), self._desk.query_one(Pane)
        self._show_queue(now)
        if chosen is None:
            self._tell("live", "choose a case with j or k" if self.cases else self._nothing)
            return
        live = self._describe(replace(chosen, args={}, before=None), now)
        times = [told for title, rows in live if title == _LIVE for told in rows]
        words = [f"{visible(chosen.tool)}  {chosen.risk} risk  {left(chosen, now)}"]
        words += [f"{label}: {text}" for label, text in times]
        self._tell("live", "\n".join(words))
        self._desk.query_one("#live").set_classes(chosen.risk)
        if chosen != self.case or pane.shows != chosen.id:
            self.case = chosen
            pane.show(chosen.id, partial(page, self._parts(chosen, now)))

    def _show_queue(self, now: datetime) -> None:
        self._tell("whose", self._whose)
        self._desk.query_one("#whose").display = bool(self._whose)
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


def _times(waiting: Sequence[Case]) -> list[datetime]:
    """Return when time moves what waits."""
    open_ = [each for each in waiting if each.state == "pending"]
    times = [at for each in open_ for at in (each.expires_at, each.next_asked_at)]
    return [at for at in times if at is not None]
