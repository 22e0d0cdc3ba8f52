"""Execute: one key for one call, whatever the model gives and however often it runs."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from isolated_tools import add, pay_once
from limit_rig import SHAPES, Rig, ask, made, outcome

from interlock.errors import InterlockError

HOST = Path(__file__).with_name("keyed_host.py")
POLICY = """
version: v1
tools:
  "*": {{effect: idempotent, risk_tags: [write], idempotency_argument: {name}}}
rules: [{{id: all, match: {{risk_tags: [write]}}, decision: {decision}}}]
"""


def rows(database: Path, table: str) -> list[str]:
    """Return the keys in a table of the shop."""
    with sqlite3.connect(database) as shop:
        return [key for (key,) in shop.execute(f"SELECT key FROM {table}")]


class TestKeys:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("given", [{}, {"request_id": "mine"}, {"request_id": [1]}], ids=repr)
    def test_the_gate_fills_the_argument(
        self, open_gate: Any, tmp_path: Path, shape: str, given: dict[str, Any]
    ) -> None:
        """The model need not give a key, and what it gives is neither used nor recorded."""
        gate = open_gate(POLICY.format(name="request_id", decision="allow"))
        database = tmp_path / "shop.db"

        answer = ask(gate, pay_once, {"database": str(database), "amount": 5, **given}, shape)

        assert outcome(answer) == "released"
        case = gate.inbox.show(answer.artifact["interlock"]["call_id"])
        assert rows(database, "payments") == [case.digest]
        assert case.args == {"database": str(database), "amount": 5}

    def test_another_key_is_the_same_call(self, open_gate: Any, tmp_path: Path) -> None:
        """A second delivery that differs in the key only is no conflict, and pays nothing."""
        rig = Rig(open_gate(POLICY.format(name="request_id", decision="allow")), tmp_path)
        given = {"database": str(tmp_path / "shop.db"), "amount": 5}
        for key in ("one", "two"):
            graph = rig.listed(tools=[made(pay_once)])
            result = graph.invoke(
                rig.turn(("pay_once", {**given, "request_id": key})), rig.thread()
            )
            assert rig.outcomes(result) == {"c0": "released"}
        assert len(rows(tmp_path / "shop.db", "attempts")) == 1

    def test_a_reviewer_is_shown_no_key(self, open_gate: Any, tmp_path: Path) -> None:
        """The question shows what the model decides; an edit cannot name a key of its own."""
        gate = open_gate(POLICY.format(name="request_id", decision="require_approval"))
        rig = Rig(gate, tmp_path)
        given = {"database": "d", "amount": 5, "request_id": "mine"}
        result = rig.listed(tools=[made(pay_once)]).invoke(
            rig.turn(("pay_once", given)), rig.thread()
        )

        (payload,) = rig.asked(result)
        assert payload["action_requests"][0]["args"] == {"database": "d", "amount": 5}
        (case,) = gate.inbox.pending()
        with pytest.raises(InterlockError, match="request_id"):
            gate.inbox.edit(case.id, args=given, by="ana")

    @pytest.mark.parametrize("wrap", ["tool_node", "graph"])
    def test_a_tool_without_the_argument_is_refused(self, open_gate: Any, wrap: str) -> None:
        """A key that the tool would not get is an error when the gate wraps it."""
        gate = open_gate(POLICY.format(name="request_id", decision="allow"))
        with pytest.raises(InterlockError, match="`add` has no argument `request_id`"):
            getattr(gate, wrap)([made(add)])


@pytest.mark.slow
@pytest.mark.timeout(60)  # two hosts start, one after the other, on a busy machine
@pytest.mark.parametrize("isolation", ["none", "subprocess"])
@pytest.mark.parametrize("crash", ["claimed", "effect_done"])
def test_a_second_run_carries_the_same_key(tmp_path: Path, isolation: str, crash: str) -> None:
    """I4: killed around its effect, the call runs again with its key, and the shop pays once."""
    command = [sys.executable, str(HOST), str(tmp_path), isolation]
    killed = subprocess.run(
        command, env={**os.environ, "INTERLOCK_CRASH_AT": crash}, check=False, capture_output=True
    )
    assert killed.returncode == -9
    time.sleep(1.1)

    again = subprocess.run(command, check=False, capture_output=True, text=True)

    assert again.stdout == "released", again.stderr
    keys = rows(tmp_path / "shop.db", "attempts")
    assert len(keys) == (2 if crash == "effect_done" else 1)
    assert rows(tmp_path / "shop.db", "payments") == [keys[0]]
    assert len(set(keys)) == 1
