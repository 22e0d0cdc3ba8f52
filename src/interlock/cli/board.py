"""Show: one line a call at a terminal, the newest last, and what keys do to the chosen one."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from interlock.cli.case import summary
from interlock.cli.keyboard import Keyboard
from interlock.cli.screen import console, local
from interlock.cli.watch import EVERY_S, Feed, Line, event
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.errors import InterlockError

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.cli.credentials import Answering

KEPT: Final = 200
"""Calls that can be chosen; older ones leave the board."""

_AROUND: Final = 7
"""Lines of a screen that no call stands on."""

_KEYS: Final = "↑↓ choose · v veto or deny · h halt its agent · q end"


@dataclass(slots=True)
class BoardRow:
    """One call, as far as it is."""

    call_id: str
    agent: str
    tool: str
    at: str
    state: str
    happened: str


class Board:
    """The calls on a screen, and which one is chosen."""

    def __init__(self, gate: "Gate") -> None:
        """Begin empty."""
        self._gate = gate
        self._rows: dict[str, BoardRow] = {}
        self._chosen: str | None = None
        """Id of the chosen call; None follows the newest."""
        self._shown: tuple[str, str] = ("", "")
        self.said = ""
        """What the last key came to."""

    @property
    def chosen(self) -> BoardRow | None:
        """The chosen call; the newest where none was chosen."""
        rows = [*self._rows.values()]
        return self._rows.get(self._chosen or "") or (rows[-1] if rows else None)

    def take(self, lines: Sequence[Line]) -> None:
        """Hear what happened."""
        for line in lines:
            if line["agent"] is None:
                self.said = event(line)
                continue
            row = (line["chain"], line["agent"], line["tool"], line["at"], line["state"])
            self._rows[line["chain"]] = BoardRow(*row, event(line))
        for old in [*self._rows][:-KEPT]:
            del self._rows[old]

    def move(self, by: int) -> None:
        """Choose the call above or below; it stays chosen, whatever comes."""
        ids = [*self._rows]
        if self.chosen is None:
            return
        at = ids.index(self.chosen.call_id) + by
        self._chosen = ids[min(max(at, 0), len(ids) - 1)]

    def drawn(self, height: int, away: str) -> Group:
        """Draw as many calls as a screen of `height` lines holds, the chosen one among them."""
        rows, most = [*self._rows.values()], max(1, height - _AROUND)
        last = len(rows)
        if self.chosen is not None and self.chosen in rows[:-most]:
            last = rows.index(self.chosen) + 1
        table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        for head in ("time", "agent", "tool", "state", "what happened"):
            table.add_column(head, no_wrap=True, overflow="ellipsis")
        for row in rows[max(0, last - most) : last]:
            cells = (local(parse_stamp(row.at))[11:19], row.agent, row.tool, row.state)
            style = "reverse" if row is self.chosen else ""
            texts = (*(visible(cell) for cell in cells), row.happened)
            table.add_row(*(Text(text) for text in texts), style=style)
        foot = f"the ledger is away, waiting: {away}" if away else self.said
        lines = [self._chosen_line(), visible(foot), _KEYS]
        return Group(table, Text(), *(Text(line, overflow="ellipsis") for line in lines))

    def _chosen_line(self) -> str:
        """Say what the chosen call would do; it is read once."""
        if (row := self.chosen) is None:
            return "nothing happened yet"
        if self._shown[0] != row.call_id:
            try:
                case = self._gate.inbox.show(row.call_id)
            except InterlockError:
                return row.call_id
            self._shown = (row.call_id, f"{row.call_id}  {summary(case.args)}")
        return self._shown[1]

    def veto(self, row: BoardRow, me: "Answering", reason: str) -> str:
        """Stop a call before it runs: veto it in its window, deny it where people are asked."""
        inbox = self._gate.inbox
        stop = inbox.deny if inbox.show(row.call_id).state == "pending" else inbox.veto
        return f"{row.call_id} is {stop(row.call_id, **me, reason=reason).state}"

    def halt(self, row: BoardRow, me: "Answering", reason: str) -> str:
        """Halt a call's agent, of whatever tenant."""
        return f"{self._gate.halt(agent=row.agent, **me, reason=reason).what} is halted"


def play(gate: "Gate", feed: Feed, me: "Answering") -> None:
    """Show what happens, and do what keys say, until `q`."""
    board, screen = Board(gate), console()
    with Keyboard() as keys, Live(console=screen, auto_refresh=False) as live:
        seen: object = None
        while True:
            board.take(lines := feed.next())
            if lines or seen != (seen := (board.said, board.chosen, feed.away)):
                live.update(board.drawn(screen.height, feed.away), refresh=True)
            match keys.press(EVERY_S):
                case "q":
                    return
                case "up" | "k":
                    board.move(-1)
                case "down" | "j":
                    board.move(+1)
                case "v" | "h" as key:
                    live.stop()
                    _act(board, key, me, keys.typing())
                    live.start()
                case _:
                    pass


def _act(board: Board, key: str, me: "Answering", typing: AbstractContextManager[None]) -> None:
    """Ask for a reason and stop the chosen call or its agent; without a reason, do nothing."""
    if (row := board.chosen) is None:
        return
    act, what = (
        (board.veto, f"veto {row.call_id} ({visible(row.tool)})")
        if key == "v"
        else (board.halt, f"halt agent {visible(row.agent)}")
    )
    reason = ""
    with typing, suppress(EOFError):
        reason = input(f"{what}; reason (none: do nothing): ").strip()
    if not reason:
        board.said = "nothing was done"
        return
    try:
        board.said = act(row, me, reason)
    except InterlockError as error:
        board.said = str(error)
