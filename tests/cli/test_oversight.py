"""Tell: what ran under `notify`, from the command line."""

import json
from collections.abc import Iterator

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.app.policy import Policy

TOLD = POLICY.replace("decision: allow}", "decision: notify}").replace(
    "tools: [refund.issue], amount_usd_at_most: 50", "tools: [refund.issue], amount_usd_at_most: 9"
)


@pytest.fixture
def told() -> Iterator[Desk]:
    """An agent whose reads and small refunds people are told of."""
    with Gate.open(Policy.parse(TOLD)) as gate:
        yield Desk(gate)


def test_nothing_is_told_of(desk: Desk, shell: Shell) -> None:
    """Where nothing runs under `notify`, the list is empty and says so."""
    desk.propose("refund.issue", {"amount": 5})

    assert shell("oversight").out == "nothing runs under `notify`\n"
    assert json.loads(shell("oversight", "--json").out) == []


def test_what_ran_under_notify_is_listed(told: Desk, shell: Shell) -> None:
    """Each call that people are told of is a row, oldest first; what was asked about is none."""
    first = told.propose("refund.issue", {"amount": 5})
    told.propose("refund.issue", {"amount": 80})
    second = told.propose("notes.read", {"id": "n\x1b[31m"})

    listed = shell("oversight")
    rows = listed.out.splitlines()
    assert [row.split()[0] for row in rows] == ["call", first, second]
    assert "refund.issue" in rows[1]
    assert "amount=5" in rows[1]
    assert "released" in rows[1]
    assert "\x1b" not in listed.out
    cases = json.loads(shell("oversight", "--json").out)
    assert [case["call_id"] for case in cases] == [first, second]
    assert {case["decision"] for case in cases} == {"notify"}


def test_the_newest_of_one_tenant(told: Desk, shell: Shell) -> None:
    """`--limit` keeps the newest, `--tenant` one tenant's; a limit below 1 is misuse."""
    mine = [told.propose("refund.issue", {"amount": 5}, tenant="acme") for _ in range(2)]
    other = told.propose("refund.issue", {"amount": 5}, tenant="other")

    def listed(*words: str) -> list[str]:
        return [case["call_id"] for case in json.loads(shell("oversight", "--json", *words).out)]

    assert listed("--limit", "2") == [mine[1], other]
    assert listed("--tenant", "acme") == mine
    assert listed("--tenant", "acme", "--limit", "1") == mine[1:]
    assert "--limit" in one_line(shell("oversight", "--limit", "0"))


WINDOW = TOLD.replace("decision: notify}", "decision: notify, veto_window_sec: 300}")


class TestVeto:
    @pytest.fixture
    def waiting(self) -> Iterator[Desk]:
        """An agent whose small refunds wait for a veto."""
        with Gate.open(Policy.parse(WINDOW)) as gate:
            yield Desk(gate)

    def test_it_is_listed_at_once_and_stopped(self, waiting: Desk, shell: Shell) -> None:
        """While the window is open the call is on the list, and a veto ends it."""
        call = waiting.propose("refund.issue", {"amount": 5})
        (told,) = json.loads(shell("oversight", "--json").out)
        assert (told["call_id"], told["state"]) == (call, "held")
        assert told["veto_until"] > told["created_at"]
        assert "held" in shell("oversight").out.splitlines()[1]
        assert f"veto {call}" in shell("show", call).out

        ran = shell("veto", call, "--reason", "not this customer")
        assert ran.code == 0
        assert "resume" in ran.out
        assert waiting.go(call).answer.ending == "vetoed"
        assert waiting.effects == []

    def test_what_ran_is_not_vetoed(self, told: Desk, shell: Shell) -> None:
        """Too late is said in one line, and so is a veto without a reason."""
        call = told.propose("refund.issue", {"amount": 5})

        assert "released" in one_line(shell("veto", call, "--reason", "no"))
        assert "--reason" in one_line(shell("veto", call))


def test_a_notice_is_acknowledged(shell: Shell) -> None:
    """`ack` takes notice of a call, once, and the list says until when somebody must."""
    policy = TOLD.replace("decision: notify}", "decision: notify, on_silence: halt_agent}", 1)
    with Gate.open(Policy.parse(policy)) as gate:
        call = Desk(gate).propose("notes.read", {"id": 1})
        (before,) = json.loads(shell("oversight", "--json").out)
        assert "acknowledge by" in shell("oversight").out
        ran = shell("ack", call)
        (after,) = json.loads(shell("oversight", "--json").out)

    assert before["acknowledge_until"] > before["created_at"]
    assert (ran.code, ran.out) == (0, "acknowledged: notes.read of bot, released\n")
    assert after["acknowledge_until"] is None
    assert "before; nothing changed" in one_line(shell("ack", call))
    assert "owns it" in one_line(shell("ack", call, "--as", "olga"))
