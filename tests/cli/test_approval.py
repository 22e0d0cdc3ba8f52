"""Approve: by what the risk takes, and back again."""

from dataclasses import replace

from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.policy import Policy


def test_a_first_approval_is_taken_back(desk: Desk, shell: Shell) -> None:
    """It counts no more and the call waits on; once approved, the same words end it."""
    twice = POLICY.replace("review: {approval_ttl_sec: 600}", "review: {quorum: 2}")
    policy, why = Policy.parse(twice).compiled, ("--reason", "wrong order")
    desk.gate.conductor.ports = replace(desk.gate.conductor.ports, policy=lambda: policy)
    request = desk.ask()
    shell("approve", request, "--as", "ana", *why)

    assert "waits for 2 more to approve:" in shell("retract", request, "--as", "ana", *why).out
    assert "no approval of `ana`" in one_line(shell("retract", request, "--as", "ana", *why))
    for name in ("ana", "bo"):
        assert shell("approve", request, "--as", name, *why).code == 0
    assert "does not run" in shell("retract", request, "--as", "bo", *why).out
    assert desk.state(request) == "cancelled"
