"""Refuse: what a tampered checkpoint names is neither imported nor built."""

import importlib
import os
import pickle
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypedDict
from uuid import UUID

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, StateGraph, add_messages
from langgraph.types import Command, Interrupt, Send, interrupt

from interlock.errors import SaverError
from interlock.graph.serializer import (
    StrictSerializer,
    is_permissive,
    require_strict,
    strict,
)

RAN: list[object] = []


def harmless(*given: object, **named: object) -> object:
    """Stand for any callable of the process: note that it was built."""
    RAN.append((given, named))
    return "built"


@dataclass
class Own:
    """A value of the application."""

    n: int


def extension(code: int, *parts: object) -> bytes:
    """Write an object as LangGraph does: a code and (module, name, arguments, method)."""
    return ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(list(parts))))


def nested(inner: bytes) -> bytes:
    """Hide an object inside the arguments of one that is allowed, inside a state."""
    send = ormsgpack.packb(["langgraph.types", "Send", ["node", {"x": "@"}]])
    marker = ormsgpack.packb("@")
    hidden = send.replace(marker, inner)
    return ormsgpack.packb({"messages": [1, 2]}).replace(
        ormsgpack.packb([1, 2]), b"\x91" + ormsgpack.packb(ormsgpack.Ext(1, hidden))
    )


HERE = __name__
HOSTILE = {
    "os.system, one argument": extension(0, "os", "system", "touch hacked"),
    "subprocess.getoutput, one argument": extension(0, "subprocess", "getoutput", "touch hacked"),
    "subprocess.getoutput, list of arguments": extension(
        1, "subprocess", "getoutput", ["touch hacked"]
    ),
    "subprocess.Popen, named arguments": extension(
        2, "subprocess", "Popen", {"args": ["touch", "hacked"]}
    ),
    "a method": extension(3, "os", "environ", "PATH", "pop"),
    "a method of an allowed type": extension(3, "datetime", "datetime", 0, "fromtimestamp"),
    "pydantic 1": extension(4, "subprocess", "Popen", {"args": ["touch", "hacked"]}, "x"),
    "pydantic 2": extension(5, "subprocess", "Popen", {"args": ["touch", "hacked"]}, "x"),
    "a harmless callable": extension(1, HERE, "harmless", [1]),
    "an array": extension(6, "|O", [1], "C", b"x" * 8),
    "an unknown kind": extension(99, "os", "system", "touch hacked"),
    "a name that is an object": ormsgpack.packb(
        ormsgpack.Ext(0, ormsgpack.packb([ormsgpack.Ext(0, b"\x90"), "system", "x"]))
    ),
    "no name": ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb(["os"]))),
    "not MessagePack": b"\xc1",
    "inside a snapshot": ormsgpack.packb(
        ormsgpack.Ext(7, extension(0, "os", "system", "touch hacked"))
    ),
    "inside an allowed object": nested(extension(0, "os", "system", "touch hacked")),
}
LC = (
    b'{"lc": %d, "type": "constructor", "id": ["subprocess", "getoutput"], '
    b'"kwargs": {"cmd": "touch hacked"}}'
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a payload that does run leave its mark in the test's folder only."""
    monkeypatch.chdir(tmp_path)
    RAN.clear()


def nothing_ran() -> bool:
    """Whether no hostile payload left a mark."""
    return not RAN and not Path("hacked").exists()


class TestLaws:
    @pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
    def test_what_is_not_listed_raises_and_does_not_run(self, payload: bytes) -> None:
        """A callable that a checkpoint names is never called, and reading says so."""
        with pytest.raises(SaverError):
            StrictSerializer().loads_typed(("msgpack", payload))

        assert nothing_ran()

    @pytest.mark.parametrize("version", [1, 2])
    def test_a_json_constructor_raises(self, version: int) -> None:
        """An `lc` object in an old checkpoint builds nothing, at any depth."""
        for raw in (LC % version, b'{"a": [' + LC % version + b"]}"):
            with pytest.raises(SaverError, match="constructor"):
                StrictSerializer().loads_typed(("json", raw))

        assert nothing_ran()

    def test_a_pickle_raises(self) -> None:
        """A value marked as a pickle is never unpickled."""

        class Evil:
            def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
                return os.system, ("touch hacked",)

        with pytest.raises(SaverError, match="kind `pickle`"):
            StrictSerializer().loads_typed(("pickle", pickle.dumps(Evil())))

        assert nothing_ran()

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        """No bytes crash the reader or run code."""
        with suppress(SaverError):
            StrictSerializer().loads_typed(("msgpack", data))

    def test_what_could_not_be_read_is_not_written(self) -> None:
        """A value of the application's own type fails where it is made, and names its type."""
        with pytest.raises(SaverError, match="Own"):
            StrictSerializer().dumps_typed({"value": Own(1)})


VALUES: dict[str, Any] = {
    "json": {"a": [1, 2.5, None, True, "x"], "b": {"c": []}},
    "messages": [
        HumanMessage("hi", id="1"),
        AIMessage("", id="2", tool_calls=[{"name": "t", "args": {"x": 1}, "id": "c"}]),
        ToolMessage("r", tool_call_id="c", artifact={"interlock": {"outcome": "released"}}),
    ],
    "an interrupt": Interrupt({"interlock": {"v": 1}}, id="a" * 32),
    "a send": Send("node", {"x": 1}),
    "a command": Command(resume={"x": 1}, update={"a": 1}, goto=["node"]),
    "inert values": [datetime.now(UTC), Decimal("1.5"), UUID(int=1), {1, 2}],
    "bytes": b"raw",
    "nothing": None,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_a_graph_needs_comes_back(value: Any) -> None:
    """Messages, interrupts, sends, commands and inert values are carried as they are."""
    serde = StrictSerializer()

    assert serde.loads_typed(serde.dumps_typed(value)) == value


def test_a_type_may_be_named() -> None:
    """A type that the application names in code is carried."""
    serde = StrictSerializer([Own])

    assert serde.loads_typed(serde.dumps_typed(Own(1))) == Own(1)


class State(TypedDict):
    """Messages and a log."""

    messages: Annotated[list[AnyMessage], add_messages]
    log: list[str]


def build(saver: Any) -> Any:
    """Make a graph that asks once."""

    def node(state: State) -> dict[str, Any]:
        return {"log": [interrupt({"question": 1})], "messages": [HumanMessage("done")]}

    graph = StateGraph(State).add_node("node", node).add_edge(START, "node")
    return graph.compile(checkpointer=saver)


THREAD: Any = {"configurable": {"thread_id": "t"}}


def sqlite_saver(path: Path) -> SqliteSaver:
    """Open a saver on a file."""
    return SqliteSaver(sqlite3.connect(path, check_same_thread=False))


@pytest.mark.parametrize("make", [InMemorySaver, lambda: sqlite_saver(Path("c.db"))])
def test_pausing_and_resuming_work(make: Callable[[], Any]) -> None:
    """A graph on a strict saver asks, is resumed and ends as on any other."""
    saver = make()
    graph = build(strict(saver))

    asked = graph.invoke({"messages": [HumanMessage("go")], "log": []}, THREAD)
    assert asked["__interrupt__"][0].value == {"question": 1}

    assert graph.invoke(Command(resume="yes"), THREAD)["log"] == ["yes"]
    assert not is_permissive(saver)


async def test_the_asynchronous_saver_works() -> None:
    """The asynchronous SQLite saver pauses and resumes with the strict serializer."""
    async with AsyncSqliteSaver.from_conn_string("a.db") as saver:
        graph = build(strict(saver))
        await graph.ainvoke({"messages": [], "log": []}, THREAD)

        assert (await graph.ainvoke(Command(resume="yes"), THREAD))["log"] == ["yes"]


class Rot:
    """A cipher that anybody can write, for the sake of a test."""

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """Turn the bytes round."""
        return "rot", plaintext[::-1]

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """Turn them back."""
        return ciphertext[::-1]


def test_an_encrypting_saver_keeps_its_cipher() -> None:
    """Behind a cipher the same list holds: for what is encrypted, and for rows that are not."""
    saver = strict(InMemorySaver(serde=EncryptedSerializer(Rot())))
    kind, data = saver.serde.dumps_typed({"a": 1})
    hostile = HOSTILE["os.system, one argument"]

    assert kind == "msgpack+rot"
    assert saver.serde.loads_typed((kind, data)) == {"a": 1}
    assert not is_permissive(saver)
    for row in (("msgpack+rot", hostile[::-1]), ("msgpack", hostile)):
        with pytest.raises(SaverError):
            saver.serde.loads_typed(row)
    assert nothing_ran()


@pytest.mark.parametrize("table", ["checkpoints", "writes"])
@pytest.mark.parametrize("payload", ["os.system, one argument", "a harmless callable"])
def test_a_tampered_database_raises(table: str, payload: str) -> None:
    """A hostile value in either table of a checkpoint database stops the thread; nothing runs."""
    graph = build(strict(sqlite_saver(Path("c.db"))))
    graph.invoke({"messages": [], "log": []}, THREAD)
    column = "checkpoint" if table == "checkpoints" else "value"
    with sqlite3.connect("c.db") as db:
        db.execute(f"UPDATE {table} SET type = 'msgpack', {column} = ?", (HOSTILE[payload],))

    with pytest.raises(SaverError):
        graph.invoke(Command(resume="yes"), THREAD)
    assert nothing_ran()


def test_the_same_database_runs_code_without_it() -> None:
    """The stock serializer does run the payload, so the tests above can fail."""
    importlib.import_module(HERE)
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(
        ("msgpack", extension(0, "subprocess", "getoutput", "touch hacked"))
    )

    assert Path("hacked").exists()


def test_compiling_does_not_loosen_it() -> None:
    """The allow-list that `compile` may add keeps the saver strict and raising."""
    saver = strict(InMemorySaver())
    derived = saver.with_allowlist({("tests", "Whatever")})

    assert not is_permissive(derived)
    with pytest.raises(SaverError):
        derived.serde.loads_typed(("msgpack", HOSTILE["os.system, one argument"]))
    assert nothing_ran()


@pytest.mark.parametrize(
    "serde",
    [None, JsonPlusSerializer(), JsonPlusSerializer(pickle_fallback=True), object()],
)
def test_other_serializers_are_permissive(serde: Any) -> None:
    """Every serializer but ours counts as one that may build anything."""
    saver = InMemorySaver()
    if serde is not None:
        saver.serde = serde

    assert is_permissive(saver)
    with pytest.raises(SaverError, match=r"gate\.saver\(saver\)"):
        require_strict(saver)


@pytest.mark.parametrize("saver", [None, True, False])
def test_no_saver_is_no_danger(saver: object) -> None:
    """A run without a saver of its own is not refused."""
    require_strict(saver)


class TestLongIntegers:
    """Integers beyond 64 bits, which MessagePack has no form for."""

    LONG = 10**20

    def tools(self, rig: Any) -> list[Any]:
        """Make a tool that gives a long integer with its answer, and one that takes one."""

        @tool(response_format="content_and_artifact")
        def look() -> tuple[dict[str, int], dict[str, int]]:
            """Read."""
            rig.ran.append("look")
            return {"wei": self.LONG}, {"wei": -self.LONG}

        @tool
        def wire(x: int) -> dict[str, int]:
            """Pay."""
            rig.ran.append(x)
            return {"paid": x}

        return [look, wire]

    @given(
        st.integers() | st.lists(st.integers(-(2**70), 2**70)),
        st.sampled_from([2**64 - 1, 2**64, -(2**63), -(2**63) - 1]),
    )
    def test_they_are_written_and_read(self, value: Any, edge: int) -> None:
        """Whatever holds an integer comes back with the same integer, and the same type."""
        serializer = StrictSerializer()
        for whole in (
            {"a": value, "edge": edge},
            ToolMessage("x", tool_call_id="c", artifact={"a": [value, edge]}),
            AIMessage("", tool_calls=[{"name": "t", "args": {"n": edge}, "id": "c"}]),
            Send("node", {"n": edge}),
            (Interrupt({"args": {"n": edge}, "at": datetime(2026, 1, 1, tzinfo=UTC)}, id="i"),),
        ):
            back = serializer.loads_typed(serializer.dumps_typed(whole))
            assert back == (list(whole) if isinstance(whole, tuple) else whole)

    def test_what_is_no_checkpoint_value_is_still_refused(self) -> None:
        """A long integer beside a foreign type does not let the type through."""
        with pytest.raises((SaverError, TypeError)):
            StrictSerializer().dumps_typed({"a": self.LONG, "b": Own(1)})

    def test_a_result_with_one_is_answered(self, rig: Any) -> None:
        """The gate's graph delivers it once, digit by digit, in content and artifact."""
        graph = rig.gate.graph(self.tools(rig), checkpointer=rig.sqlite_saver())
        given = {"call": {"name": "look", "args": {}, "id": "c0"}, "agent": "bot", "turn": "m1"}
        result = graph.invoke(given, rig.thread())

        assert result["answer"]["artifact"] == {"wei": -self.LONG}
        assert result["message"]["content"] == f'{{"wei": {self.LONG}}}'
        assert graph.get_state(rig.thread()).values["answer"]["ending"] == "released"
        assert rig.ran == ["look"]

    def test_an_approved_argument_is_one(self, rig: Any) -> None:
        """A reviewer sees it whole, and the tool gets it whole."""
        graph = rig.gate.graph(self.tools(rig), checkpointer=rig.sqlite_saver())
        args = {"x": self.LONG}
        given = {"call": {"name": "wire", "args": args, "id": "c0"}, "agent": "bot", "turn": "m1"}
        assert "__interrupt__" in graph.invoke(given, rig.thread())
        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.approve(case.id, by="ana", reason="ok")

        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert result["message"]["content"] == f'{{"paid": {self.LONG}}}'
        assert rig.ran == [self.LONG]

    def test_a_tool_node_answers_too(self, rig: Any) -> None:
        """Its message holds the artifact, and can be read again in another process."""
        graph = rig.listed(rig.sqlite_saver(), self.tools(rig))
        graph.invoke(rig.turn(("look", {})), rig.thread())

        again = rig.reopen().listed(rig.sqlite_saver(), self.tools(rig))
        answer = rig.answers(again.get_state(rig.thread()).values)["c0"]
        assert answer.artifact["artifact"] == {"wei": -self.LONG}
        assert answer.content == f'{{"wei": {self.LONG}}}'

    async def test_asynchronous_graphs_do_as_well(self, rig: Any) -> None:
        """Both kinds of graph, over the asynchronous saver."""
        given = {"call": {"name": "look", "args": {}, "id": "c0"}, "agent": "bot", "turn": "m1"}
        async with AsyncSqliteSaver.from_conn_string(str(rig.folder / "a.db")) as saver:
            one = rig.gate.graph(self.tools(rig), checkpointer=saver)
            two = rig.listed(saver, self.tools(rig))
            first = await one.ainvoke(given, rig.thread("one"))
            second = await two.ainvoke(rig.turn(("look", {})), rig.thread("two"))

        assert first["answer"]["artifact"] == {"wei": -self.LONG}
        assert rig.answers(second)["c0"].artifact["artifact"] == {"wei": -self.LONG}
