"""Ask: what an answer needs before it is given. No field and no key that is preset approves."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from interlock.path.proof import REASON_MAX
from interlock.terminal.friction import says_why
from interlock.terminal.glance import Glance


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed; no representation shows the passphrase."""

    text: str = ""
    """A reason or a message."""
    passphrase: str = field(default="", repr=False)


class Wanted(NamedTuple):
    """What a dialog asks for."""

    title: str
    """What `y` will do, in one line."""
    lines: Sequence[str] = ()
    text: str = ""
    """What the typed text is; empty: none is asked for."""
    passphrase: bool = False
    weighs: bool = False
    """Whether the text must say something; see `says_why`."""
    names: Sequence[str] = ()
    """Of what one is typed, to show that it is meant; the first is told. Empty: nothing is."""


class Last(Static, can_focus=True):
    """Where only `y` does something."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "screen.give", "do it")]


KEYS: Final = """\
j k, arrows   choose a case
space, pgdn   read on            pgup   read back
a             approve: low risk at once; medium, and what is halted, asks again;
              high takes the whole case read, a reason, and y; critical
              the tool's name typed, too
d             deny, with a reason that the agent is told
e             edit the arguments; policy decides the edited call anew
r             answer the agent yourself
c             withdraw the call
b             answer it together with those like it, where policy lets you
s             put it off, in your own view, for half an hour
u             take back your last approval, as long as nothing runs
?             this
q             leave"""
"""What each key does."""

_TEXT: Final = "text"
_NAME: Final = "name"
_SECRET: Final = "passphrase"  # noqa: S105 - a widget's name


class Dialog(ModalScreen[Given | None]):
    """Asks; ends with what was given, or with nothing for `escape`."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "leave it")]
    CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 80%; height: auto; max-height: 80%; border: round $accent;
                        padding: 0 1; background: $surface; overflow-y: auto; }
    Dialog Static { height: auto; }
    Last:focus { text-style: reverse; }
    """

    def __init__(self, wanted: Wanted, now_s: Callable[[], float] = time.monotonic) -> None:
        """Ask for what is wanted; `now_s` never goes back."""
        super().__init__()
        self.wanted, self._glance = wanted, Glance(now_s)

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical():
            yield Static(Content(self.wanted.title))
            for line in self.wanted.lines:
                yield Static(Content(line))
            if self.wanted.text:
                yield Static(Content(f"{self.wanted.text}:"))
                yield Input(id=_TEXT, max_length=REASON_MAX)
            if self.wanted.names:
                yield Static(Content(f"type {self.wanted.names[0]} to approve it:"))
                yield Input(id=_NAME)
            if self.wanted.passphrase:
                yield Static(Content("passphrase of your key:"))
                yield Input(id=_SECRET, password=True)
            typed = self.wanted.text or self.wanted.passphrase or self.wanted.names
            first = "enter, then " if typed else ""
            yield Static(id="missing")
            yield Last(Content(f"{first}y does it, escape leaves it"), id="last")

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.query("Input, Last").first().focus()
        self._glance.draw(self)

    def on_input_submitted(self) -> None:
        """Go on to the next field."""
        self.focus_next()

    def action_give(self) -> None:
        """End with what was typed, unless something is missing or nobody saw yet what is asked."""
        if not self._glance.is_seen:
            return
        text, secret = self._typed(_TEXT), self._typed(_SECRET)
        if (missing := self._missing(text, secret)) is not None:
            name, words = missing
            self.query_one("#missing", Static).update(Content(words))
            self.query_one(f"#{name}").focus()
        else:
            self.dismiss(Given(text, secret))

    def _missing(self, text: str, secret: str) -> tuple[str, str] | None:
        """Return which field lacks something, and what is said of it."""
        wanted = self.wanted
        if wanted.text and not text.strip():
            return _TEXT, ""
        if wanted.text and wanted.weighs and not says_why(text):
            return _TEXT, "that says too little: others read why you approved it"
        if wanted.names and self._typed(_NAME).strip() not in wanted.names:
            return _NAME, f"this is of critical risk: it takes its name, {wanted.names[0]}"
        if wanted.passphrase and not secret:
            return _SECRET, ""
        return None

    def _typed(self, name: str) -> str:
        return next((each.value for each in self.query(f"#{name}").results(Input)), "")


class Help(ModalScreen[None]):
    """Says what each key does, until another is pressed."""

    CSS = """
    Help { align: center middle; }
    Help > Static { width: auto; height: auto; border: round $accent; padding: 0 1;
                    background: $surface; }
    """

    def __init__(self, text: str) -> None:
        """Say a text."""
        super().__init__()
        self._words = text

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Static(Content(self._words))

    def on_key(self) -> None:
        """Go."""
        self.dismiss()
