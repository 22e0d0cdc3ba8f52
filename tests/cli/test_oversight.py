"""Tell: what ran under `notify`, from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import POLICY, Desk, Shell, one_line
from sqlalchemy import text

from interlock.app.gate import Gate
from interlock.app.people import Token
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
    """Where there is nothing to be told of, the list is empty and says so."""
    desk.propose("refund.issue", {"amount": 5})

    assert shell("oversight").out == "there is nothing to be told of\n"
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


def test_a_notice_that_nobody_acknowledged(shell: Shell) -> None:
    """It is overdue on every screen that warns, whose it is, too, until somebody does."""
    policy = TOLD.replace("decision: notify}", "decision: notify, escalate_after_sec: 60}", 1)
    with Gate.open(Policy.parse(policy)) as gate:
        desk = Desk(gate)
        calls = [desk.propose("notes.read", {"id": at}, tenant="acme") for at in range(2)]
        assert (shell("desk", "--check").code, "overdue" in shell("oversight").out) == (0, False)
        with gate.ledger.begin() as tx:
            tx.connection.execute(text("update timers set due_at = '2020-01-01T00:00:00.000000Z'"))

        assert shell("oversight").out.count("overdue") == 2
        late = shell("desk", "--check")
        assert (late.code, "bot of tenant acme" in late.out) == (1, True)
        (said,) = json.loads(shell("desk", "--json").out)["warnings"]
        assert (said["kind"], said["about"], said["tenant"]) == ("unheard", "bot", "acme")
        assert "2 of its calls" in said["says"]
        assert shell("desk", "--check", "--tenant", "zeta").code == 0
        assert [shell("ack", call).code for call in calls] == [0, 0]
        assert shell("desk", "--check").code == 0


class TestGlass:
    @pytest.fixture
    def broken(self, shell: Shell) -> Iterator[tuple[Desk, str, str]]:
        """A call that waits for a group, and somebody else who may break the glass by a token."""
        routed = POLICY + "groups: {fin: [ana]}\nrouting: {default: fin}\n"
        with Gate.open(Policy.parse(routed)) as gate:
            desk = Desk(gate)
            call = desk.propose("refund.issue", {"amount": 80})
            gate.reviewers.add("root")
            gate.reviewers.add("gil", roles=["break-glass"])
            root = gate.reviewers.new_token("root")[1]
            yield desk, call, gate.reviewers.new_token("gil", held=root)[1].secret

    def test_from_emergency_to_finding(
        self,
        broken: tuple[Desk, str, str],
        shell: Shell,
        tmp_path: Path,
    ) -> None:
        """It is plain in `show`, on the list and in `desk`, until somebody says what they found."""
        desk, call, token = broken
        (tmp_path / "token").touch(0o600)
        (tmp_path / "token").write_text(token)
        how = ("--break-glass", "--token-file", str(tmp_path / "token"))
        assert shell("approve", call, "--break-glass", "--reason", "x", "--as", "gil").code == 1
        done = shell("approve", call, "--reason", "fire", *how)
        assert done.code == 0, done.err
        assert "broke the glass: refund.issue may run" in done.out
        assert "ack" in done.out

        assert "gil alone, who broke the glass" in shell("show", call).out
        assert "break glass at" in shell("show", call).out
        assert "gil" in shell("oversight").out.splitlines()[1]
        assert "1 call to look at after the glass" in shell("desk").out
        early = shell("ack", call, "--as", "ana", "--finding", "fine", "--reason", "looked")
        assert f"stop it: interlock cancel {call}" in one_line(early)
        desk.go(call)
        assert shell("ack", call, "--as", "ana").code == 1
        assert shell("ack", call, "--as", "ana", "--finding", "good", "--reason", "x").code == 2
        said = shell("ack", call, "--as", "ana", "--finding", "fine", "--reason", "it burned")
        assert said.code == 0, said.err
        assert shell("oversight").out == "there is nothing to be told of\n"
        assert "the glass" not in shell("desk").out
        head = desk.gate.audit.seal()
        assert head is not None
        out = str(tmp_path / "case.json")
        assert shell("audit", "case", call, "--with-arguments", "--out", out).code == 0
        assert (tmp_path / "case.json").stat().st_mode & 0o777 == 0o600
        checked = shell("audit", "check-case", out, "--key", head.key)
        assert "finding: fine by ana" in checked.out, checked.err
        told = json.loads(shell("audit", "check-case", out, "--key", head.key, "--json").out)
        assert [one["body"]["finding"] for one in told["seen"]] == ["fine"]
        assert "finding=fine" in shell("audit", "log", "--call", call).out.replace("\n", "")

    def test_overdue(self, broken: tuple[Desk, str, str], shell: Shell) -> None:
        """A day later, `desk --check` says no until somebody looked."""
        desk, call, token = broken
        desk.gate.inbox.break_glass(call, held=Token(token), reason="fire")
        assert shell("desk", "--check").code == 0
        late = text("update timers set due_at = '2020-01-01T00:00:00.000000Z'")
        with desk.gate.ledger.begin() as tx:
            tx.connection.execute(late)

        assert shell("desk", "--check").code == 1
        desk.go(call)
        desk.gate.inbox.acknowledge(call, by="ana", finding="error", reason="no fire")
        assert shell("desk", "--check").code == 0
