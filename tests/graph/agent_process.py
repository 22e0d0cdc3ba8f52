"""An agent in a process of its own, whose model makes a message with a new id whenever it speaks.

`agent_process.py FOLDER SHAPE DURABILITY END` begins the thread, or goes on where it stands. The
tool notes its effect in a file; with the end `kill` the process dies right after it.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from gate_rig import Rig, open_gate
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph


def build(rig: Rig, shape: str, end: str) -> Any:
    """Make the agent; in shape `sub` its tool node stands in a graph of its own."""

    @tool
    def write(x: int = 0) -> str:
        """Write."""
        with (rig.folder / "effects").open("a") as file:
            file.write("write\n")
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return f"write {x}"

    node = rig.node([write])
    if shape == "sub":
        node = StateGraph(rig.Messages).add_node("tools", node).add_edge(START, "tools").compile()
    graph = StateGraph(rig.Messages).add_node("work", node)
    graph.add_node("model", lambda _: rig.turn(("write", {"x": 1}), id=None))
    graph.add_edge(START, "model").add_edge("model", "work")
    return graph.compile(checkpointer=rig.saver(rig.sqlite_saver()))


def main() -> None:
    """Begin or go on, and print how the call ended."""
    folder, shape, durability, end = Path(sys.argv[1]), *sys.argv[2:5]
    rig = Rig(open_gate(folder, lease_s=1.0), folder)
    graph = build(rig, shape, end)
    begun = graph.get_state(rig.thread()).next
    given = None if begun else {"messages": [HumanMessage("hi")]}
    result = graph.invoke(given, rig.thread(), durability=durability)
    assert isinstance(result["messages"][-2], AIMessage)
    sys.stdout.write(rig.outcomes(result)["c0"])


if __name__ == "__main__":
    main()
