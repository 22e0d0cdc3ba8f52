"""Batch: like questions on one screen, and two keys that answer all of them."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from interlock.app.batches import CallBatch
from interlock.terminal.batch_page import batch_parts
from interlock.terminal.hand import BatchVerb
from interlock.terminal.page import page
from interlock.terminal.pane import Pane


class BatchScreen(ModalScreen[BatchVerb | None]):
    """Ends with what all of them shall be answered, or with nothing for `escape`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,pagedown", "read(1)", "read on"),
        Binding("pageup", "read(-1)", "read back", show=False),
        Binding("a", "approve", "approve all"),
        Binding("d", "dismiss('deny')", "deny all"),
        Binding("escape,q", "dismiss(None)", "leave it"),
    ]
    CSS = """
    BatchScreen { background: $surface; }
    BatchScreen Pane { padding: 0 1; }
    BatchScreen #missing { height: auto; max-height: 2; color: $warning; }
    """

    def __init__(
        self, batch: CallBatch, now: datetime, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Show a batch as it is `now`; `now_s` never goes back."""
        super().__init__()
        self._batch, self._now, self._now_s = batch, now, now_s

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical():
            yield Pane(self._now_s)
            yield Static(id="missing")
            yield Footer()

    def on_mount(self) -> None:
        """Begin at the top."""
        parts = batch_parts(self._batch, self._now)
        self.query_one(Pane).show(self._batch.name, partial(page, parts))

    def action_read(self, pages: int) -> None:
        """Read on."""
        self.query_one(Pane).page_by(pages)

    def action_approve(self) -> None:
        """End with an approval, once all of them were on the screen, whatever their risk."""
        pane = self.query_one(Pane)
        if pane.is_read(self._batch.name) and pane.is_seen(self._batch.name):
            self.dismiss("approve")
        else:
            words = f"read all {len(self._batch.cases)} of them first, with space"
            self.query_one("#missing", Static).update(Content(words))
