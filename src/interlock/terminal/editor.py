"""Edit: a call's arguments as a text, and beneath it word by word what that changes."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, TextArea

from interlock.app.cases import Case
from interlock.desk.display import visible
from interlock.desk.editing import editable, edited
from interlock.terminal.differing import differences
from interlock.terminal.page import PagePart, page
from interlock.terminal.pane import Pane

EDIT_MAX: Final = 100_000
"""Characters of arguments that are edited here; longer ones take `interlock edit --args FILE`."""

Draft = tuple[str, dict[str, Any] | None]
"""The text as it stands, and the arguments that are to be sent; None: nothing is."""


class Editor(ModalScreen[Draft]):
    """Ends with the arguments to send for `ctrl+s`, with nothing for `escape`; the text is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send it", priority=True),
        Binding("escape", "leave", "leave it", priority=True),
        Binding("f2", "read(1)", "read on", priority=True),
        Binding("f1", "read(-1)", "read back", priority=True),
    ]
    CSS = """
    Editor { background: $surface; }
    Editor > Vertical > Static { height: auto; text-style: bold; padding: 0 1; }
    Editor TextArea { height: 2fr; }
    Editor Pane { height: 1fr; padding: 0 1; }
    Editor #wrong { height: auto; max-height: 3; color: $error; }
    """

    def __init__(self, case: Case, text: str = "") -> None:
        """Edit the arguments of `case`, going on with a `text` that was begun."""
        super().__init__()
        self._case, self._text = case, text or editable(case.args)

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical():
            yield Static(Content(f"edit {visible(self._case.tool)} ({self._case.id})"))
            yield TextArea(self._text, soft_wrap=True, show_line_numbers=True)
            yield Static(id="wrong")
            yield Pane()
            yield Footer()

    def on_mount(self) -> None:
        """Begin in the text."""
        self.query_one(TextArea).focus()
        self._compare()

    def on_text_area_changed(self) -> None:
        """Say what the text changes now."""
        self._compare()

    def action_send(self) -> None:
        """End with the arguments, where they are some, and others than before."""
        args = self._args()
        if args is None or not differences(self._case.args, args):
            self._say("nothing is changed; escape leaves it" if args is not None else self._why())
        else:
            self.dismiss((self.query_one(TextArea).text, args))

    def action_leave(self) -> None:
        """End with nothing to send; the text is kept by who asked."""
        self.dismiss((self.query_one(TextArea).text, None))

    def action_read(self, pages: int) -> None:
        """Read on in what it changes."""
        self.query_one(Pane).page_by(pages)

    def _args(self) -> dict[str, Any] | None:
        try:
            return edited(self.query_one(TextArea).text)
        except ValueError:
            return None

    def _why(self) -> str:
        """Say why the text is no arguments."""
        try:
            edited(self.query_one(TextArea).text)
        except ValueError as error:
            return f"no arguments yet: {visible(str(error))}"
        return ""

    def _compare(self) -> None:
        self._say(self._why())
        if (args := self._args()) is not None:
            rows: Sequence[tuple[str, str]] = differences(self._case.args, args)
            told = [PagePart("what it changes", [*rows] or [("", "nothing")])]
            self.query_one(Pane).show("edit", partial(page, told))

    def _say(self, words: str) -> None:
        self.query_one("#wrong", Static).update(Content(words))
