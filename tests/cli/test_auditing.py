"""Audits from the command line: what is drawn, one of them taken, what was found, and a plan."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.app.policy import Policy

AUDITED = """
groups: {ops: [rita, rob]}
audit:
  sampling: {rate: 0.0}
  mandatory: [{match: {risk_tags: [write]}}]
  routing: {default: ops}
"""


@pytest.fixture
def desk() -> Iterator[Desk]:
    """An agent's gate under a policy that audits every call that writes."""
    with Gate.open(Policy.parse(POLICY + AUDITED)) as gate:
        yield Desk(gate)


def test_nothing_is_drawn(desk: Desk, shell: Shell) -> None:
    """Calls that ran under a chance of 0 are counted, and none of them is listed."""
    desk.propose("notes.read", {"id": 1})
    said = shell("audit", "sample").out

    assert said.startswith("no call is drawn\n")
    assert "not estimable: 0 of 30 calls judged" in said
    assert shell("audit", "next").out == "nothing is left for you to look at\n"
    assert json.loads(shell("audit", "next", "--json").out) is None


def test_from_the_list_to_the_finding(desk: Desk, shell: Shell) -> None:
    """What is drawn is listed, taken, judged once, and told with who let it run only then."""
    desk.result = {"note": "paid\x1b[31m"}
    request = desk.ask(80, note="\x1b]0;owned")
    desk.gate.inbox.approve(request, by="ana", reason="a regular")
    call = desk.gate.inbox.show(request).call_id
    desk.go(call)

    listed = shell("audit", "sample", "--open").out
    assert listed.splitlines()[1].startswith(call)
    assert "mandatory" in listed
    taken = shell("audit", "next").out
    assert taken.startswith(f"{call}  refund.issue, yours until ")
    assert "arguments.amount  80" in taken
    assert "result.note" in taken
    assert f"interlock audit finding {call} fine" in taken
    assert "\x1b" not in taken
    assert "ana" not in taken
    assert shell("audit", "next", "--as", "rob").out == "nothing is left for you to look at\n"
    assert "rita until" in shell("audit", "sample").out

    assert "--reason" in one_line(shell("audit", "finding", call, "error"))
    found = shell("audit", "finding", call, "error", "--reason", "twice the price")
    assert f"{call}: error; policy had said require_approval by big\n" in found.out
    assert "ana said approve: a regular\n" in found.out
    again = shell("audit", "finding", call, "fine")
    assert again.code == 1
    assert "audited before, and found error" in one_line(again)
    assert shell("audit", "sample", "--open").out.startswith("nothing is left to judge\n")
    assert "error by rita" in shell("audit", "sample").out
    assert "verdict=error, reason=twice the price" in shell("audit", "log", "--call", call).out
    assert shell("audit", "verify").code == 0


def test_the_list_as_json(desk: Desk, shell: Shell) -> None:
    """Each draw with its chance and stratum, and estimates that say what they lack."""
    desk.propose("refund.issue", {"amount": 5})
    told = json.loads(shell("audit", "sample", "--json").out)
    (drawn,) = told["drawn"]

    assert (drawn["stratum"], drawn["inclusion"], drawn["verdict"]) == ("mandatory", 1.0, None)
    assert told["strata"][0]["calls"] == 1
    assert told["error"] == {
        "judged": 0,
        "of": 1,
        "needed": 30,
        "value": None,
        "why": "not estimable: 0 of 30 calls judged",
    }
    assert json.loads(shell("audit", "sample", "--until", "2020-01-01", "--json").out)["calls"] == 0
    assert json.loads(shell("audit", "sample", "--tenant", "x", "--json").out)["drawn"] == []


def test_who_had_a_part_is_refused(desk: Desk, shell: Shell) -> None:
    """Whoever owns the agent or was not asked says nothing about its calls."""
    call = desk.propose("refund.issue", {"amount": 5})

    assert "had a part" in one_line(shell("audit", "finding", call, "fine", "--as", "olga"))
    assert "is audited by ops" in one_line(shell("audit", "finding", call, "fine", "--as", "eve"))


def test_a_plan_by_its_risks(shell: Shell) -> None:
    """How many to look at and how many may be wrong, with how likely a batch passes."""
    said = shell("audit", "plan", "--good", "0.01", "--bad", "0.05")
    told = json.loads(shell("audit", "plan", "--good", "0.01", "--bad", "0.05", "--json").out)

    assert said.out.startswith(
        "look at 132 calls, drawn by chance; the batch passes with at most 3 "
    )
    assert (told["look_at"], told["accept_at_most"]) == (132, 3)
    curve = {one["wrong"]: one["passes"] for one in told["operating_characteristic"]}
    assert curve[0.01] >= 0.95
    assert curve[0.05] <= 0.10
    assert shell("audit", "plan", "--good", "0.05", "--bad", "0.01").code == 2


def test_a_ledger_in_which_nothing_ran(shell: Shell, tmp_path: Path) -> None:
    """Before any policy was used there is nothing to list, and nothing to take."""
    new = str(tmp_path / "new.db")
    assert shell("db", "upgrade", "--ledger", new).code == 0

    assert shell("audit", "sample", "--ledger", new).out == "no call is drawn\n"
    assert "nothing is left" in shell("audit", "next", "--ledger", new).out
