"""Ask: what an answer needs before it is given. No field and no key that is preset approves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from interlock.path.proof import REASON_MAX


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


class Last(Static, can_focus=True):
    """Where only `y` does something."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "screen.give", "do it")]


KEYS: Final = """\
j k, arrows   choose a case
space, pgdn   read on            pgup   read back
a             approve: low risk at once; medium, and what is halted, asks again;
              high and critical take the whole case read, a reason, and y
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

    def __init__(self, wanted: Wanted) -> None:
        """Ask for what is wanted."""
        super().__init__()
        self.wanted = wanted

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical():
            yield Static(Content(self.wanted.title))
            for line in self.wanted.lines:
                yield Static(Content(line))
            if self.wanted.text:
                yield Static(Content(f"{self.wanted.text}:"))
                yield Input(id=_TEXT, max_length=REASON_MAX)
            if self.wanted.passphrase:
                yield Static(Content("passphrase of your key:"))
                yield Input(id=_SECRET, password=True)
            first = "enter, then " if self.wanted.text or self.wanted.passphrase else ""
            yield Last(Content(f"{first}y does it, escape leaves it"), id="last")

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.query("Input, Last").first().focus()

    def on_input_submitted(self) -> None:
        """Go on to the next field."""
        self.focus_next()

    def action_give(self) -> None:
        """End with what was typed, unless something is missing."""
        text, secret = self._typed(_TEXT), self._typed(_SECRET)
        if self.wanted.text and not text.strip():
            self.query_one(f"#{_TEXT}").focus()
        elif self.wanted.passphrase and not secret:
            self.query_one(f"#{_SECRET}").focus()
        else:
            self.dismiss(Given(text, secret))

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
