"""Read: the log is found by what its entries say."""

from interlock.app.gate import Gate

from .conftest import play  # isort: skip


def test_log_filters(gate: Gate) -> None:
    """The log is read by tool, call, reviewer and decision."""
    calls = play(gate)

    assert {line["tool"] for line in gate.audit.log(tool="pay")} == {"pay"}
    assert {line["chain"] for line in gate.audit.log(call=calls[0])} == {calls[0]}
    assert {line["kind"] for line in gate.audit.log(reviewer="ana")} == {"voted"}
    assert {line["tool"] for line in gate.audit.log(decision="require_approval")} == {"pay"}
    assert gate.audit.log(until="2000") == []
    assert len(gate.audit.log(limit=2)) == 2
