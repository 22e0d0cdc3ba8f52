"""Trace: where the values of a call came from.

Each identifier of the arguments is one that the user wrote, that the policy or an approved call
names, that a tool's result holds, or the model's own. Two rules keep that useful. A value that is
all that stands in its place of a result (`sender: ana@example.com`) was looked up; one that stands
inside a text was said by whoever wrote the text. And what a search found is no better than the
words it searched for: results of a call that an unprompted value led to are unprompted too. A
result that repeats what the model had sent before says nothing new.

Words of the user are compared exactly (`interlock.signals.wording`), results are searched leniently
(`interlock.signals.mentions`): a mistake either way raises a question and never spares one. What
cannot be read within its bounds makes the facts missing, said so. Whoever writes the fields of a
record, or all of a plain text, can have a value looked up: against that stands `tainted_by`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from interlock.signals import asking
from interlock.signals.identifiers import TooMuch, identifiers
from interlock.signals.mentions import Mentions, solid
from interlock.signals.origins import MAX_MENTIONS, Origin, Returned, Source, Tracing, telling
from interlock.signals.scalars import scalars
from interlock.signals.wording import Wording, exact, without

MAX_RESULTS: Final = 1_000
MAX_KNOWN: Final = 10_000
"""Values of the catalogue and of approved calls that are kept."""


class Provenance(NamedTuple):
    """Where the values of one call came from, and the facts that rules match."""

    origins: tuple[Origin, ...]
    unprompted_identifier: bool | None
    """Whether any value is unprompted; None where that could not be told."""
    tainted_by: frozenset[str] | None
    """Tools from whose untrusted results alone a value came, wherever it stood in them."""
    after_untrusted_read: bool
    """Whether the model had read any untrusted result before this call."""
    missing: str = ""
    """Why a fact is missing; empty where none is."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return in words what is unprompted; values and names of places are untrusted."""
        return tuple(origin.unprompted.words for origin in self.origins if origin.unprompted)


class Conversation:
    """What the user said and the tools returned before a call; grows, each result read once."""

    __slots__ = (
        "_approved",
        "_calls",
        "_known",
        "_mentions",
        "_results",
        "_said",
        "_sent",
        "_unread",
        "_untrusted",
    )

    def __init__(
        self,
        user: Iterable[str] | None,
        *,
        catalogue: Iterable[str] = (),
        history: Iterable[str] = (),
    ) -> None:
        """Begin with the user's words; None where the host does not see them (a proxy).

        `catalogue` are values that the policy names, `history` those of approved calls.
        """
        self._said: dict[Source, Wording] = {} if user is None else {"user": Wording(user)}
        self._known: dict[str, Source] = {}
        self._approved: dict[str, dict[str, Source]] = {}
        self._mentions = Mentions()
        self._results: list[Returned] = []
        self._calls = 0
        self._sent: dict[str, int] = {}
        self._untrusted = False
        self._unread: list[str] = []
        self._known.update((exact(value), "catalogue") for value in catalogue)
        self.approved(history)

    def said(self, text: str) -> None:
        """Take in what the user wrote."""
        self._said["user"] = Wording((text,), self._said.get("user"))

    def approved(self, values: Iterable[str], tool: str = "") -> None:
        """Take in values of calls that somebody approved; they vouch for calls of `tool` alone."""
        known = self._approved.setdefault(tool, {}) if tool else self._known
        for value in values:
            if len(known) < MAX_KNOWN:
                known.setdefault(exact(value), "history")

    def returned(
        self,
        tool: str,
        arguments: Any,  # noqa: ANN401 - JSON
        content: Any,  # noqa: ANN401 - JSON
        *,
        trusted: bool = False,
    ) -> None:
        """Take in what a tool returned and the model was given: text or JSON, nothing held.

        `trusted` is what the policy says of the tool; its results vouch like the user's words, but
        not for what the model itself had sent there.
        """
        number = self._calls
        self._calls += 1
        self._untrusted = self._untrusted or not trusted
        call = self.trace(arguments, tool)
        if number < MAX_RESULTS:
            self._results.append(Returned(tool, _lead(call)))
            self._send(number, call)
            if trusted or self._mentions.read(number, content):
                return self._trust(call, content) if trusted else None
        if not trusted and len(self._unread) < MAX_MENTIONS:
            self._unread.append(f"{tool} (call {number + 1})")
        return None

    def _send(self, number: int, call: Provenance) -> None:
        """Note which values the model has sent that nobody gave it."""
        for origin in call.origins if len(self._sent) < MAX_KNOWN else ():
            if origin.source in ("result", "nowhere"):
                self._sent.setdefault(solid(origin.value.text), number)

    def _trust(self, call: Provenance, content: Any) -> None:  # noqa: ANN401 - JSON
        own = [exact(one.value.text) for one in call.origins if one.source in ("result", "nowhere")]
        texts = (without(scalar.text, own) for scalar in scalars(content))
        self._said["trusted"] = Wording(texts, self._said.get("trusted"))

    def trace(self, arguments: Any, tool: str = "") -> Provenance:  # noqa: ANN401 - JSON
        """Say where the values of a call of `tool` came from, before its result is taken in."""
        known: dict[str, Source] = {**self._approved.get(tool, {}), **self._known}
        tracing = Tracing(self._said, known, self._mentions, self._results, self._sent)
        try:
            origins = tuple(map(tracing.origin, identifiers(arguments)))
        except TooMuch as reason:
            return Provenance((), None, None, self._untrusted, f"not traced: {reason}")
        missing = self._missing(origins)
        unprompted = any(origin.unprompted is not None for origin in origins)
        tools = frozenset[str]().union(*(origin.tools for origin in origins))
        if missing:
            return Provenance(origins, unprompted or None, tools or None, self._untrusted, missing)
        return Provenance(origins, unprompted, tools, self._untrusted)

    def unasked_effects(
        self, tool: str, tags: Collection[str] | None = None
    ) -> frozenset[str] | None:
        """Return the grave effects that the user's words do not speak of; None where unseen."""
        user = self._said.get("user")
        if user is None or user.cut:
            return None
        return asking.unasked_effects(tool, user.text, tags)

    def _missing(self, origins: Sequence[Origin]) -> str:
        """Say why facts could not be told; a value that somebody vouched for needs no result."""
        if all(one.source not in ("result", "nowhere") for one in origins if telling(one.value)):
            return ""
        if self._unread:
            return f"too long to be read in full: {', '.join(self._unread)}"
        cut = [source for source, wording in self._said.items() if wording.cut]
        return f"too long to be read in full: words of {', '.join(cut)}" if cut else ""


def _lead(call: Provenance) -> str:
    """Name the first unprompted value of a call; one that was not traced counts as such."""
    first = next((one.value for one in call.origins if one.unprompted), None)
    if first is not None:
        return f"{first.text[:60]}, which nobody asked for"
    return f"arguments that were {call.missing}" if call.missing and not call.origins else ""
