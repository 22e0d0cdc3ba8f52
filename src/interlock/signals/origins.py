"""Follow: one value of a call to where it came from, within the steps that a call may take.

As a whole first, then by the parts of an address or path, then by an address's host. The rules are
those of `interlock.signals.provenance`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.signals.identifiers import Identifier, IdentifierKind
from interlock.signals.mentions import MAX_STEPS, Mention, Mentions, solid, word_count
from interlock.signals.wording import Wording, core, exact, host, parts

MAX_MENTIONS: Final = 8
"""Places of one value that are kept to be shown."""

Source: TypeAlias = Literal["user", "trusted", "catalogue", "history", "result", "nowhere"]

_EXACTLY: Final = frozenset[IdentifierKind]({"email", "url", "account", "key", "token"})
"""Kinds of values that a model does not make up without a mistake."""
NAME_LETTERS: Final = 4
"""Letters and digits of the shortest name that rules look at; shorter ones stand everywhere."""
_RECORD_WORDS: Final = 8
"""Words of the longest passage that may be the name of something rather than a sentence."""


class Unprompted(NamedTuple):
    """Why a value is one that nobody gave who may give orders."""

    cause: Literal["said", "led", "invented"]
    """A text says it; a search found it that such a value had led to; it stands nowhere."""
    words: str
    """For a reviewer; values and names of places in it are untrusted."""


class Origin(NamedTuple):
    """Where one value of a call came from."""

    value: Identifier
    source: Source
    """The best that is known; `nowhere` where the model made it."""
    mentions: tuple[Mention, ...] = ()
    """For a result: where it stands, the first eight places."""
    tools: frozenset[str] = frozenset()
    """For a result: the tools from whose untrusted results alone it came."""
    unprompted: Unprompted | None = None
    """None where somebody gave it who may give orders, or it was looked up."""


class Returned(NamedTuple):
    """A call whose result the model was given."""

    tool: str
    led_by: str
    """The unprompted value that its call was made with, in words; empty without one."""


class Tracing:
    """The values of one call, within the steps that it may take."""

    __slots__ = ("_known", "_mentions", "_results", "_said", "_sent", "_steps")

    def __init__(
        self,
        said: Mapping[Source, Wording],
        known: Mapping[str, Source],
        mentions: Mentions,
        results: Sequence[Returned],
        sent: Mapping[str, int],
    ) -> None:
        """Begin a call: what was said, known, returned, and in which call a value was sent."""
        self._said, self._known = said, known
        self._mentions, self._results, self._sent = mentions, results, sent
        self._steps = MAX_STEPS

    def origin(self, value: Identifier) -> Origin:
        """Trace one value: as a whole, by its parts, by its host."""
        if vouched := self._vouched(value):
            return Origin(value, vouched)
        if found := self._found(value.text):
            return self._read(value, found)
        return self._composed(value) or self._hosted(value) or self._invented(value)

    def _vouched(self, value: Identifier) -> Source | None:
        for text in (exact(value.text), core(value.kind, value.text)):
            if known := self._known.get(text):
                return known
        for source, said in self._said.items():
            echoed = source == "trusted" and solid(value.text) in self._sent
            if not echoed and said.holds(value.kind, value.text):
                return source
        return None

    def _found(self, text: str) -> list[Mention]:
        """Return where a value stands in results from before the model first sent it."""
        found, self._steps = self._mentions.find(text, self._steps)
        sent = self._sent.get(solid(text), len(self._results))
        return [one for one in found if one.result < sent]

    def _read(self, value: Identifier, found: list[Mention]) -> Origin:
        shown = tuple(found[:MAX_MENTIONS])
        if not telling(value):
            return Origin(value, "result", shown)
        tools = frozenset(self._results[one.result].tool for one in found)
        return Origin(value, "result", shown, tools, self._unprompted(value, found))

    def _unprompted(self, value: Identifier, found: list[Mention]) -> Unprompted | None:
        """Say why a value of results is unprompted; None where it was looked up."""
        said = [one for one in found if not _is_record(value.kind, one)]
        records = (one for one in found if _is_record(value.kind, one))
        looked_up = any(not self._results[one.result].led_by for one in records)
        # words of a name stand in texts by chance; one record is enough
        if said and not (value.kind == "name" and looked_up):
            words = f"{_named(value)} stands inside a text in {self._cited(said[0])}"
            return Unprompted("said", words)
        if looked_up:
            return None
        led = self._results[found[0].result].led_by
        words = f"{_named(value)} is from {self._cited(found[0])}, asked for with {led}"
        return Unprompted("led", words)

    def _cited(self, mention: Mention) -> str:
        tool = self._results[mention.result].tool
        place = f", at `{mention.place[:80]}`" if mention.place else ""
        return f"the result of {tool} (call {mention.result + 1}{place})"

    def _composed(self, value: Identifier) -> Origin | None:
        """Trace a value by its parts; None unless each of them is known."""
        origins: list[Origin] = []
        for at, part in enumerate(parts(value)):
            exactly = value.kind == "email" or (value.kind == "url" and at == 0)
            origin = self._part(Identifier(value.path, "token" if exactly else "name", part))
            if origin is None:
                return None
            origins.append(origin)
        if len(origins) < 2:
            return None
        read = [one for one in origins if one.source == "result"]
        if not read:
            return Origin(value, origins[0].source)
        mentions = tuple(one for origin in read for one in origin.mentions)[:MAX_MENTIONS]
        tools = frozenset[str]().union(*(one.tools for one in read))
        first = next((one.unprompted for one in read if one.unprompted), None)
        why = first and first._replace(words=f"of {_named(value)}, {first.words}")
        return Origin(value, "result", mentions, tools, why)

    def _part(self, part: Identifier) -> Origin | None:
        if vouched := self._vouched(part):
            return Origin(part, vouched)
        found = self._found(part.text)
        return self._read(part, found) if found else None

    def _hosted(self, value: Identifier) -> Origin | None:
        """Trace an address by its host, where the model made up the rest."""
        if value.kind != "url":
            return None
        origin = self._part(Identifier(value.path, "url", host(value.text)))
        return origin and origin._replace(value=value)

    def _invented(self, value: Identifier) -> Origin:
        exactly = value.kind in _EXACTLY and value.whole
        if "user" not in self._said or not exactly:
            return Origin(value, "nowhere")
        words = f"{_named(value)} stands nowhere before: the model made it up"
        return Origin(value, "nowhere", unprompted=Unprompted("invented", words))


def telling(value: Identifier) -> bool:
    """Say whether rules look at a value: not at amounts, short words, or a folder by one word."""
    match value.kind:
        case "amount":
            return False
        case "name":
            return len(solid(value.text)) >= NAME_LETTERS
        case "path":
            return word_count(value.text) > 1
        case _:
            return True


def _is_record(kind: IdentifierKind, mention: Mention) -> bool:
    return mention.fills or (kind == "name" and mention.words <= _RECORD_WORDS)


def _named(value: Identifier) -> str:
    text = value.text if len(value.text) <= 60 else f"{value.text[:57]}..."
    return f"`{value.path}` {text}" if value.path else text
