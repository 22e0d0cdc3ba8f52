"""Keys: a tool reads the key of its own call, wherever it runs, and of no other."""

from pathlib import Path
from typing import Any

import pytest
from isolated_tools import anote_key, note_key
from limit_rig import SHAPES, ask, outcome, policy

from interlock import Gate, idempotency_key


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("isolation", ["none", "subprocess"])
@pytest.mark.parametrize("limits", ["", "max_runtime_sec: 9"], ids=["", "timed"])
def test_a_tool_reads_the_key_of_its_call(
    open_gate: Any, tmp_path: Path, shape: str, isolation: str, limits: str
) -> None:
    """I4: it is the digest that people see, in threads, tasks and worker processes."""
    gate: Gate = open_gate(policy(limits, isolation=isolation))
    for tool in (note_key, anote_key)[: 2 if shape.startswith("async") else 1]:
        answer = ask(gate, tool, {"path": str(tmp_path / "key")}, shape)

        assert outcome(answer) == "released"
        call = answer.artifact["interlock"]["call_id"]
        assert (tmp_path / "key").read_text() == gate.inbox.show(call).digest
    assert idempotency_key() is None


def test_a_tool_inside_a_tool_has_a_key_of_its_own(open_gate: Any, tmp_path: Path) -> None:
    """The inner call's key is not the outer one's, which is back when the inner one ended."""
    gate: Gate = open_gate(policy())
    seen: list[str | None] = []

    def outer(path: str) -> str:
        seen.append(idempotency_key())
        ask(gate, note_key, {"path": path})
        seen.append(idempotency_key())
        return "done"

    ask(gate, outer, {"path": str(tmp_path / "key")})

    before, after = seen
    assert before == after
    assert before is not None
    assert (tmp_path / "key").read_text() not in (before, "None")
