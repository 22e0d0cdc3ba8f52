"""Approve: by what the risk takes, and back again."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.policy import Policy

from .test_review import drained, until  # isort: skip

PROGRAM = [sys.executable, "-c", "from interlock.cli.app import main; main()", "approve"]


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


@pytest.fixture
def critical(desk: Desk) -> str:
    """A call of critical risk that waits."""
    top = POLICY + "risk: [{level: critical, match: {tools: [account.close]}}, {level: low}]\n"
    policy = Policy.parse(top).compiled
    desk.gate.conductor.ports = replace(desk.gate.conductor.ports, policy=lambda: policy)
    return desk.gate.inbox.show(desk.propose("account.close", {"id": 7})).id


class TestCritical:
    """It takes the tool's name, typed."""

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ((), "add --confirm TOOL"),
            (("--confirm", "account.clos"), "look again"),
            (("--confirm", "refund.issue"), "look again"),
            (("--break-glass",), "add --confirm TOOL"),
        ],
    )
    def test_without_it_nothing_is_approved(
        self, desk: Desk, shell: Shell, critical: str, words: tuple[str, ...], told: str
    ) -> None:
        """Without a terminal the error says what to add; another name is no confirmation."""
        ran = shell("approve", critical, "--reason", "checked", *words)

        assert told in one_line(ran)
        assert f'approve {critical} --reason "…" --confirm "…"' in shell("show", critical).out
        assert desk.state(critical) == "pending"

    def test_with_it(self, desk: Desk, shell: Shell, critical: str) -> None:
        """Named, with a reason that says something."""
        name = ("--confirm", "account.close")

        assert "no reason" in one_line(shell("approve", critical, "--reason", "ok", *name))
        assert desk.state(critical) == "pending"
        assert shell("approve", critical, "--reason", "checked", *name).code == 0
        assert desk.state(critical) == "approved"

    @pytest.mark.timeout(60)  # starts a process at a terminal of its own
    def test_at_a_terminal(self, desk: Desk, critical: str) -> None:
        """The whole case is shown, then the name asked for; another one approves nothing."""
        for typed, code, state in ((b"yes", 1, "pending"), (b"account.close", 0, "approved")):
            main, own = os.openpty()
            words = [*PROGRAM, critical, "--reason", "checked", "--as", "rita"]
            with subprocess.Popen(words, stdin=own, stdout=own, stderr=own) as child:
                until(main, b"type account.close to approve it")
                os.write(main, typed + b"\n")
                assert drained(main, child) == code
            for end in (main, own):
                os.close(end)
            assert desk.state(critical) == state


def test_a_name_that_is_not_the_calls(desk: Desk, shell: Shell) -> None:
    """At lower risk no name is asked for, and a wrong one is told all the same."""
    request = desk.ask()

    assert "look again" in one_line(shell("approve", request, "--confirm", "account.close"))
    assert desk.state(request) == "pending"
