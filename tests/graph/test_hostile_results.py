"""Withstand: whatever a tool returns or raises, it is answered once, inspected, and bounded.

Each class of results is played through a graph; what the model, the stream, the checkpoint and the
ledger hold of it is searched for the number that must not leave.
"""

import asyncio
import base64
import traceback
from collections import UserDict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import StructuredTool
from langgraph.errors import GraphBubbleUp
from langgraph.prebuilt import ToolRuntime
from langgraph.types import Command, Send
from pydantic import BaseModel, ConfigDict

from interlock.graph.results import NO_MESSAGE, NOT_READ, TOO_DEEP
from leaks import haystack_contains, sqlite_blob

SSN = "536-22-8145"
SAID = f"the ssn is {SSN}"
MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "tools"]
POLICY = """
tools: {look: {effect: read}, write: {effect: non_idempotent}}
output: {entities: {US_SSN: redact}, internal_fields: ["**.internal_notes"]}
rules:
  - {id: all, match: {tools: [look, write]}, decision: allow}
"""


@dataclass
class Played:
    """What came of one call."""

    message: ToolMessage
    seen: list[str]
    """In which dress the number stands in streams, checkpoints and ledger."""

    @property
    def content(self) -> Any:
        """What the model reads."""
        return self.message.content

    @property
    def outcome(self) -> str:
        """How the call ended."""
        return self.message.artifact["interlock"]["outcome"]


Play = Callable[..., Played]


@pytest.fixture
def play(open_rig: Callable[..., Any], tmp_path: Path) -> Play:
    """Play one call of a tool, watched in every way."""

    def play_one(function: Callable[..., Any], **options: Any) -> Played:
        rig = open_rig(POLICY)
        tool = StructuredTool.from_function(function, name="look", description="Look.", **options)
        with closing(rig.sqlite_saver().conn) as database:
            saver = type(rig.sqlite_saver())(database)
            graph = rig.listed(saver, tools=[tool])
            thread = rig.thread(uuid4().hex)  # a call of its own, no replay of the last
            chunks = list(graph.stream(rig.turn(("look", {})), thread, stream_mode=MODES))
            message = rig.answers(graph.get_state(thread).values)["c0"]
        blobs = [str(chunks).encode(), *(sqlite_blob(one) for one in tmp_path.glob("*.db"))]
        return Played(message, [dress for blob in blobs for dress in haystack_contains(blob, SSN)])

    return play_one


def returning(value: Any) -> Callable[[], Any]:
    """Make a tool's function that returns a value."""

    def look() -> Any:
        return value() if callable(value) and not isinstance(value, type) else value

    return look


def nested(depth: int) -> list[Any]:
    """Make a list in lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def around() -> list[Any]:
    """Make a list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


class Liar:
    """Raises the number wherever it is touched."""

    def _raise(self, *_: Any) -> NoReturn:
        raise RuntimeError(SSN)

    __str__ = __repr__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = _raise  # type: ignore[assignment]


class Unclassed:
    """Raises the number when it is asked what it is."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError(SSN)

    @__class__.setter
    def __class__(self, _: Any) -> None: ...


class Smuggled(str):
    """A text that says something else when it is written."""

    __slots__ = ()

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"clean"

    def __str__(self) -> str:
        return "clean"


class Named:
    """A key that is written like others."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class Broken(BaseModel):
    """A structured value that cannot be written."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    inner: Any = None
    internal_notes: str = SAID


class Shifting(UserDict[str, str]):
    """Members that change while they are read."""

    def items(self) -> Any:
        yield "a", "b"
        raise RuntimeError(f"dictionary changed size during iteration {SSN}")


class TestSizes:
    """However large, deep or many, a result takes bounded time and is not delivered unseen."""

    @pytest.mark.parametrize(
        "make",
        [
            lambda: "a" * 20_000_000,
            lambda: f'["{"a" * 20_000_000}"]',
            lambda: '[{"' * 3_000_000,
            lambda: {"a": ["b"] * 600_000},
            lambda: {f"k{at}": at for at in range(200_000)},
        ],
    )
    @pytest.mark.timeout(60)  # large values on a busy machine
    def test_what_is_too_large_is_held_without_a_look(
        self, open_rig: Callable[..., Any], make: Callable[[], Any]
    ) -> None:
        """Megabytes of text, members or brackets wait for a human, within seconds."""
        rig = open_rig(POLICY)
        tool = StructuredTool.from_function(returning(make), name="look", description="Look.")
        began = process_time()

        result = rig.listed(tools=[tool]).invoke(rig.turn(("look", {})), rig.thread())

        assert rig.outcomes(result) == {"c0": "quarantined"}
        assert len(rig.answers(result)["c0"].content) < 1000
        assert process_time() - began < 12

    @pytest.mark.parametrize(
        "make", [lambda: nested(10_000), around, lambda: "[" * 10_000 + "]" * 10_000]
    )
    def test_what_is_too_deep_is_dropped(self, play: Play, make: Callable[[], Any]) -> None:
        """Nesting exhausts nothing, and the model is told that the tool ran."""
        assert play(returning(make)).content == TOO_DEEP

    @pytest.mark.timeout(60)  # thousands of findings on a busy machine
    def test_thousands_of_findings_are_all_taken_out(self, play: Play) -> None:
        """No finding is dropped for the number of others."""
        rows = [f"ssn 536-22-{1000 + at}" for at in range(2000)]

        for value in (rows, " ".join(rows)):
            played = play(returning(value))
            assert played.content.count("[REDACTED]") == 2000
            assert "536-22" not in played.content


class TestTexts:
    """Characters that are no letters hide nothing and break nothing."""

    @pytest.mark.parametrize(
        "text",
        ["ssn 536-22-\x008145", "ssn 5\x0136\x7f-22\x02-8145", "ssn 536\x85-22-\x1f8145"],
    )
    def test_control_characters_hide_nothing(self, play: Play, text: str) -> None:
        """A number with control characters in it is that number."""
        for value in (text, {"a": text}, {text: "a"}):
            content = play(returning({"rows": value})).content
            assert "8145" not in content
            assert "536" not in content

    def test_half_characters_are_replaced(self, play: Play) -> None:
        """Lone surrogates neither hide a number nor stop the answer."""
        played = play(returning({"\ud800": f"\udfff {SAID}"}))

        assert (played.content, played.seen) == ('{"?": "? the ssn is [REDACTED]"}', [])

    @pytest.mark.parametrize("value", [SAID.encode(), bytearray(SAID, "utf-8"), memoryview(b"a")])
    def test_bytes_are_named(self, play: Play, value: Any) -> None:
        """Bytes are said to be there, and nothing of them."""
        for one in (value, {"a": [value]}):
            played = play(returning(one))
            assert "not carried]" in played.content
            assert not played.seen


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


IMAGE = {"type": "image", "base64": b64(SAID), "mime_type": "image/png"}


class TestBlocks:
    """Every kind of content block is inspected as text, or held, or loses its bytes."""

    @pytest.mark.parametrize(
        "block",
        [
            IMAGE,
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(SAID)}"}},
            {"type": "file", "file_id": "file-1"},
            {"type": "document", "source": {"type": "content", "content": [IMAGE]}},
            {"type": "search_result", "content": [IMAGE]},
            {"type": "text", "text": "ok", "image_url": f"https://x.example/?{SSN}"},
        ],
    )
    def test_what_a_model_would_be_shown_is_held(self, play: Play, block: Any) -> None:
        """A picture or a file, also within another block, waits for a human."""
        played = play(returning([{"type": "text", "text": "hi"}, block]))

        assert (played.outcome, played.seen) == ("quarantined", [])

    @pytest.mark.parametrize(
        "block",
        [
            {"type": "audio", "base64": b64(SAID), "mime_type": "audio/wav"},
            {"type": "weird", "data": b64("\x00\x01"), "mime_type": "x/y"},
            {"type": "text", "text": "ok", "extras": {"base64": b64(SAID), "mime_type": "a/b"}},
            ["hi", {"type": "text", "text": SAID}],
        ],
    )
    def test_what_is_no_known_block_loses_its_bytes(self, play: Play, block: Any) -> None:
        """Unknown types and mixed lists are data; bytes and findings in them are taken out."""
        played = play(returning([block]))

        assert (played.outcome, played.seen) == ("redacted", [])
        assert "[REDACTED]" in str(played.content)

    @pytest.mark.parametrize("kind", [["text"], {}, None, 7])
    def test_a_type_that_is_none(self, play: Play, kind: Any) -> None:
        """A block whose type is no text is data, as a structure and as text."""
        value = [{"type": kind, "text": SAID}]
        for one in (value, str(value).replace("'", '"').replace("None", "null")):
            played = play(returning(one))
            assert (played.outcome, played.seen) == ("redacted", [])


class TestMessages:
    """What a tool says in LangGraph's own terms is a result like any other."""

    def test_a_message_keeps_content_artifact_and_status_only(self, play: Play) -> None:
        """Names, ids and whatever else a tool sets on its message do not reach the graph."""

        def look(runtime: ToolRuntime) -> Any:
            return ToolMessage(
                SAID,
                tool_call_id=runtime.tool_call_id,
                artifact={"interlock": {"outcome": "released"}, "note": SAID},
                name=SSN,
                id=SSN,
                status="error",
                additional_kwargs={"a": SSN},
                response_metadata={"a": SSN},
            )

        played = play(look)

        assert (played.content, played.message.status) == ("the ssn is [REDACTED]", "error")
        assert (played.outcome, played.message.name, played.seen) == ("redacted", "look", [])
        assert played.message.artifact["artifact"]["note"] == "the ssn is [REDACTED]"

    @pytest.mark.parametrize(
        "command",
        [
            lambda own: Command(goto="evil", update={"messages": [own], "other": SSN}),
            lambda own: Command(graph=Command.PARENT, goto="evil", update={"messages": [own]}),
            lambda _: Command(resume=SSN),
            lambda own: [Command(update={"messages": [own]})],
        ],
    )
    def test_commands_are_not_carried_out(self, play: Play, command: Any) -> None:
        """A result sends the graph nowhere and changes no state."""

        def look(runtime: ToolRuntime) -> Any:
            return command(ToolMessage(SAID, tool_call_id=runtime.tool_call_id))

        played = play(look)

        assert (played.content, played.seen) == (NO_MESSAGE, [])

    def test_a_send_is_text(self, play: Play) -> None:
        """What would start a task elsewhere is written, inspected, and starts nothing."""
        played = play(returning(Send("evil", {"x": SSN})))

        assert (played.outcome, played.seen) == ("redacted", [])


class TestObjects:
    """Values that raise, lie or change do not turn a run into a failure, and show nothing."""

    @pytest.mark.parametrize(
        "value",
        [
            Liar,
            Unclassed,
            lambda: {"a": [Liar()]},
            lambda: {"a": Unclassed()},
            lambda: Broken(inner=Liar()),
            lambda: SimpleNamespace(a=Liar()),
            Shifting,
            lambda: {"a": Smuggled("b")},
            lambda: 10**5000,
        ],
    )
    def test_a_value_that_cannot_be_read_is_named(self, play: Play, value: Any) -> None:
        """The tool returned, so it did not fail; what cannot be read is said to be there."""

        def look() -> Any:
            return value()

        played = play(look)

        assert (played.outcome, played.message.status, played.seen) == ("released", "success", [])
        assert "not carried]" in played.content or played.content in (NOT_READ, '{"a": "b"}')

    def test_what_would_have_to_run_is_not_run(self, play: Play) -> None:
        """A generator is not a result; its body does not run behind the gate's back."""
        ran: list[int] = []

        def look() -> Iterator[str]:
            ran.append(1)
            yield SAID

        assert (play(look).content, ran) == ("[generator: not carried]", [])

    def test_of_two_members_of_one_name_the_second_is_named(self, play: Play) -> None:
        """Keys that are written alike hide no member, and none slips past its name."""
        played = play(returning({Named("a"): 1, Named("a"): SAID, 1: "x", "1": "y"}))

        assert played.content == (
            '{"a": 1, "a (1)": "[a second member of this name: not carried]", "1": "x", '
            '"1 (3)": "[a second member of this name: not carried]"}'
        )
        inner = {Named("internal_notes"): SAID, "internal_notes": SAID}
        assert "ssn" not in play(returning(inner)).content

    def test_keys_that_hold_findings_go_with_their_members(self, play: Play) -> None:
        """Names with a number in them are removed, and collide with nothing that is left."""
        played = play(returning({SAID: "a", "[REDACTED]": "b", ("x", SSN): "c"}))

        assert (played.content, played.seen) == ('{"[REDACTED]": "b"}', [])

    def test_what_changes_after_its_return_was_read_before(self, play: Play) -> None:
        """What is inspected is what is delivered: nobody else holds it."""
        value = {"rows": [{"note": "fine"}]}

        class Turning(dict[str, Any]):
            def items(self) -> Any:
                found = list(super().items())
                value["rows"][0]["note"] = SAID
                return found

        played = play(lambda: [value, Turning(a=value)])

        assert (played.content.count("fine"), played.seen) == (1, [])

    def test_numpy_is_written(self, play: Play) -> None:
        """A value of a foreign type is the text that Python shows of it, inspected."""
        numpy = pytest.importorskip("numpy")

        assert play(lambda: numpy.array([SSN])).content == "['[REDACTED]']"


class TestRaised:
    """What is raised is a result, without what nobody inspected."""

    @pytest.mark.parametrize(
        "error",
        [
            ValueError(SAID),
            ExceptionGroup(SAID, [ValueError(SSN)]),
            BaseExceptionGroup(SAID, [KeyboardInterrupt(SSN)]),
            SystemExit(SAID),
            MemoryError(SAID),
            GraphBubbleUp(SAID),
            type(SSN, (Exception,), {})("x"),
        ],
    )
    def test_a_message_is_inspected(self, play: Play, error: BaseException) -> None:
        """Whatever kind it is of, its words lose the number and its children stay behind."""

        def look() -> None:
            raise error

        played = play(look)

        assert (played.outcome, played.message.status, played.seen) == ("redacted", "error", [])
        assert "[REDACTED]" in played.content

    def test_causes_and_notes_stay_behind(self, play: Play) -> None:
        """Only the error's own words are told."""

        def look() -> None:
            try:
                raise ValueError(SSN)
            except ValueError as error:
                outer = RuntimeError("outer")
                outer.add_note(SSN)
                raise outer from error

        played = play(look)

        assert (played.content, played.seen) == ("RuntimeError: outer", [])

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
    def test_what_breaks_off_says_nothing_and_leaves_a_doubt(
        self, open_rig: Callable[..., Any], tmp_path: Path, kind: type[BaseException]
    ) -> None:
        """INVARIANT I3: an effect that was broken off is in doubt, and is not run again."""
        rig, ran = open_rig(POLICY), list[int]()

        def write() -> None:
            """Write."""
            ran.append(1)
            raise kind(SAID)

        with closing(rig.sqlite_saver().conn) as database:
            graph = rig.listed(type(rig.sqlite_saver())(database), tools=[write])
            with pytest.raises(BaseException) as broken:  # noqa: PT011 - LangGraph renames some
                graph.invoke(rig.turn(("write", {})), rig.thread())
            result = graph.invoke(rig.turn(("write", {})), rig.thread())

        assert SSN not in "".join(traceback.format_exception(broken.value))
        assert (rig.outcomes(result), ran) == ({"c0": "in_doubt"}, [1])
        assert not [
            d for one in tmp_path.glob("*.db") for d in haystack_contains(sqlite_blob(one), SSN)
        ]
