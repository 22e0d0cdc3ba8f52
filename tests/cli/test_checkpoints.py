"""Prune: from the command line, by what the ledger knows of the threads."""

import json
from pathlib import Path

import pytest
from cli_kit import Desk, Shell

APP = """
import sqlite3
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph


def apps():
    saver = SqliteSaver(sqlite3.connect(Path(__file__).parent / "t.db", check_same_thread=False))
    builder = StateGraph(MessagesState)
    builder.add_node("only", lambda _: {"messages": ["one"]})
    builder.add_edge(START, "only")
    return {"shop": builder.compile(checkpointer=saver)}
"""


@pytest.fixture
def app(tmp_path: Path) -> str:
    """An application whose saver can delete."""
    (tmp_path / "shop.py").write_text(APP)
    return f"{tmp_path / 'shop.py'}:apps"


def pruned(shell: Shell, app: str, *words: str) -> dict[str, str]:
    """Run the command; return how each thread went."""
    ran = shell(
        "audit", "prune-checkpoints", "--before", "2099-01-01", "--app", app, "--json", *words
    )
    return {each["thread"]: each["outcome"] for each in json.loads(ran.out)["threads"]}


def test_only_threads_without_an_open_call(desk: Desk, shell: Shell, app: str) -> None:
    """A thread with a question in the ledger is not even looked at."""
    request = desk.ask()
    assert pruned(shell, app, "--delete") == {}

    desk.gate.inbox.deny(request, by="rita", reason="no")
    assert [*pruned(shell, app, "--delete", "--dry-run").values()] == ["unknown"]


def test_nothing_is_old_enough(desk: Desk, shell: Shell, app: str) -> None:
    """Threads with a call since then are left."""
    desk.gate.inbox.deny(desk.ask(), by="rita", reason="no")
    ran = shell("audit", "prune-checkpoints", "--before", "2000-01-01", "--app", app)

    assert ran.out == "no thread came to its end before that\n"
