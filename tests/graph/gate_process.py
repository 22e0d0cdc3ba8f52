"""One answer to a thread from a process of its own.

`gate_process.py FOLDER SHAPE DURABILITY TIME ANSWER` waits until a time and resumes the thread. The
ledger, the checkpoints and a file of effects lie in the folder. `INTERLOCK_CRASH_AT` kills the
process on its way.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from gate_rig import Rig, open_gate
from langchain_core.tools import tool
from langgraph.types import Command

LEASE_S = 1.0


def build(folder: Path, shape: str) -> tuple[Rig, Any]:
    """Open the gate and its graph on the folder; the tool notes its effect in a file."""

    @tool
    def pay(x: int = 0) -> str:
        """Pay."""
        with (folder / "effects").open("a") as file:
            file.write(f"pay {x}\n")
        return f"pay {x}"

    rig = Rig(open_gate(folder, lease_s=LEASE_S), folder)
    if shape == "graph":
        return rig, rig.gate.graph([pay], checkpointer=rig.sqlite_saver())
    return rig, getattr(rig, shape)(rig.sqlite_saver(), tools=[pay])


def given(rig: Rig, shape: str) -> dict[str, Any]:
    """Make the input for one payment."""
    if shape == "graph":
        call = {"name": "pay", "args": {"x": 1}, "id": "c0"}
        return {"call": call, "agent": "bot", "turn": "m1"}
    return rig.turn(("pay", {"x": 1}))


def recovered(rig: Rig, graph: Any, shape: str, durability: str) -> Any:
    """Bring the thread to its end as an operator would: go on, answer, or deliver again."""
    config = rig.thread()
    for _ in range(4):
        state = graph.get_state(config)
        if state.interrupts:
            result = graph.invoke(Command(resume="approve"), config, durability=durability)
        elif state.next:
            result = graph.invoke(None, config, durability=durability)
        else:
            result = graph.invoke(given(rig, shape), config, durability=durability)
        if "__interrupt__" not in result:
            return result
    return result


def ending(rig: Rig, shape: str, result: dict[str, Any]) -> str:
    """Return how the call ended."""
    return result["answer"]["ending"] if shape == "graph" else rig.outcomes(result)["c0"]


def main() -> None:
    """Answer, and print what came of it."""
    folder, shape, durability, at, answer = Path(sys.argv[1]), *sys.argv[2:6]
    rig, graph = build(folder, shape)
    time.sleep(max(0.0, float(at) - time.time()))
    result = graph.invoke(Command(resume=answer), rig.thread(), durability=durability)
    sys.stdout.write(json.dumps(ending(rig, shape, result)))


if __name__ == "__main__":
    main()
