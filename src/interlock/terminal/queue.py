"""Queue: what waits on the left, one case on the right; whatever comes, no other case moves there.

It is drawn anew twice a second, and read anew when somebody rings (`interlock.ledger.doorbell`),
when time moves something that waits, and now and then. The ledger is read beside the screen: as
long as it does not answer the times go on, that is said, and no key answers a call.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.desk.display import visible
from interlock.errors import InterlockError
from interlock.ledger.doorbell import listening
from interlock.terminal.differing import compared
from interlock.terminal.errand import ErrandApp, beside
from interlock.terminal.hand import Hand, Operator
from interlock.terminal.logged import logged
from interlock.terminal.look_timer import LookTimer
from interlock.terminal.page import PagePart, left, page, row
from interlock.terminal.pane import Pane
from interlock.terminal.reading import QueuePage, QueueScope, read

TICK_S: Final = 0.5
"""How often the times on the screen are drawn anew, seconds."""

LOOK_S: Final = 5.0
"""How often the ledger is looked at where nobody rings, seconds."""

Describe: TypeAlias = Callable[[Case, datetime], Sequence[PagePart]]
"""Says everything of a case."""

_PARTS: Final = "#whose, #queue, #live, #away, #said, Pane"
"""What is drawn on."""

_LIVE: Final = "silence"
"""The part whose times run; it stands above the case."""


class BellRung(Message):
    """Somebody wrote to the ledger."""


class Warned(Message):
    """The program warns of something."""

    def __init__(self, words: str) -> None:
        """Say of what."""
        super().__init__()
        self.words = words


class QueueApp(ErrandApp):
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
    #away { height: auto; max-height: 2; color: $error; }
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
        scope: QueueScope | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show the queue of `gate`, or some of it, to one reviewer; `now_s` never goes back."""
        super().__init__(gate.ledger.clock.now, now_s)
        self._gate, self._describe, self._hand = gate, describe, Hand(gate, me)
        self._scope = scope or QueueScope()
        self._watch = LookTimer(gate.ledger.clock.now)
        self.cases: list[Case] = []
        """What the queue shows."""
        self.case: Case | None = None
        """What is on the screen, and what keys answer."""
        self.why_not: str | None = None
        """Why whoever sits here may not approve it."""
        self._rows: list[str] = []
        self._begun = self._rung = self._again = False
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
                yield Pane(self._now_s)
        yield Static(id="away")
        yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Begin with the oldest case, and look whenever somebody rings."""
        self._bell.enter_context(logged(lambda words: self.post_message(Warned(words))))
        self.look()
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
        self._complain()
        if self._gate.ledger.clock.now() >= self._next_look:
            self.look()
        self._show()

    @property
    def _stands(self) -> bool:
        return super()._stands and len(self._desk.query(_PARTS)) == _PARTS.count(",") + 1

    def look(self) -> None:
        """Read what came since; the chosen case stays, whatever became of it."""
        self._next_look = self._gate.ledger.clock.now() + timedelta(seconds=LOOK_S)
        self._again = self._reading is not None
        if self._reading is None:
            self._reading = self._begin("the queue")
            self.run_worker(self._read())

    async def _read(self) -> None:
        """Read beside the screen, once at a time; anew where something else is wanted by now."""
        name, done = self.case.id if self.case else "", self._done
        try:
            seen = await beside(partial(read, self._gate, self._hand, self._scope, name))
        except InterlockError as error:
            self._lost(str(error))
        else:
            stale = (name, done) != (self.case.id if self.case else "", self._done)
            self._again = self._again or stale
            self._heard()
            if self._stands and not stale:
                self._saw(seen)
        if self._stands:
            self._complain()
            if self._again:
                self.look()

    def _saw(self, seen: QueuePage) -> None:
        waiting, chosen = [*seen.waiting], seen.chosen
        if chosen is not None:
            mine = [each.id for each in waiting]
            if chosen.id in mine:
                waiting[mine.index(chosen.id)] = chosen
            else:
                waiting.insert(min(self._place(), len(waiting)), chosen)
        self.cases, self._whose, self._nothing = waiting, seen.whose, seen.nothing
        self._next_look = min((self._next_look, *_times(waiting)))
        if not self._begun and waiting and self.case is None:
            self._choose(waiting[0].id)
        self._begun = True
        if chosen is not None:
            self._draw(chosen, seen)
        self._show()

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

    def _place(self) -> int:
        """Return where the chosen case stands in the queue."""
        names = [each.id for each in self.cases]
        return names.index(self.case.id) if self.case and self.case.id in names else 0

    def _choose(self, name: str) -> None:
        """Put a case on the screen."""
        self.case, self.why_not = next(each for each in self.cases if each.id == name), None
        self._watch.show(name)
        self._desk.query_one(Pane).show("", lambda _: ())
        self.say("")  # what was said was about another one
        self._show()
        self.look()

    def _draw(self, chosen: Case, seen: QueuePage) -> None:
        """Draw the case, where it is not as it was."""
        pane, self.why_not = self._desk.query_one(Pane), seen.why_not
        if chosen != self.case or pane.shows != chosen.id:
            self.case = chosen
            parts = self._parts(chosen, seen.similar)
            pane.show(chosen.id, partial(page, parts))

    def _show(self) -> None:
        """Draw the queue and the times."""
        now, chosen = self._gate.ledger.clock.now(), self.case
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

    def _parts(self, case: Case, similar: Case | None) -> list[PagePart]:
        """Say all of a case, with what differs from before an edit and from the last like it."""
        now = self._gate.ledger.clock.now()
        told = [part for part in self._describe(case, now) if part.title != _LIVE]
        return compared(told, case, similar)


def _times(waiting: Sequence[Case]) -> list[datetime]:
    """Return when time moves what waits."""
    open_ = [each for each in waiting if each.state == "pending"]
    times = [at for each in open_ for at in (each.expires_at, each.next_asked_at)]
    return [at for at in times if at is not None]
