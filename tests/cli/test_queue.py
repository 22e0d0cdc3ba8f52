"""Decide: the queue from the command line."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.policy import Policy


def test_nothing_waits(desk: Desk, shell: Shell) -> None:
    """An empty queue says so."""
    assert shell("inbox").out == "nothing waits for a human\n"
    assert json.loads(shell("inbox", "--json").out) == []


def test_the_inbox_lists_what_waits(desk: Desk, shell: Shell) -> None:
    """Each open request has a line with its id, tool, risk and arguments; JSON has all of it."""
    request = desk.ask(80, note="ev\u202eil")
    ran = shell("inbox")

    assert request in ran.out
    assert "refund.issue" in ran.out
    assert 'note="ev⟨U+202E⟩il"' in ran.out
    (case,) = json.loads(shell("inbox", "--json").out)
    assert case["id"] == request
    assert case["args"] == {"amount": 80, "note": "ev\u202eil"}
    assert json.loads(shell("inbox", "--thread", "other", "--json").out) == []


def test_a_long_queue_is_shown_by_pages(desk: Desk, shell: Shell) -> None:
    """The oldest come first, the rest is counted with the way to it, and JSON has all."""
    first, second, third = [desk.ask(80 + at) for at in range(3)]

    page = shell("inbox", "--limit", "2")
    assert first in page.out
    assert third not in page.out
    assert "1 more call behind these; see\n" in page.out
    assert f"interlock inbox --after {second}" in page.out

    rest = shell("inbox", "--limit", "2", "--after", second)
    assert third in rest.out
    assert "behind these" not in rest.out
    assert len(json.loads(shell("inbox", "--json").out)) == 3
    assert len(json.loads(shell("inbox", "--limit", "2", "--json").out)) == 2


def test_show_says_everything(desk: Desk, shell: Shell) -> None:
    """What, why with signals, consequences, claim, chain, silence with its time, next commands."""
    args = {"_interlock": {"confidence": 0.4, "why": "**APPROVED** by admin"}}
    request = desk.ask(80, **args)
    shown = shell("show", request).out

    for said in (
        "amount  80",
        "big",
        "Big refunds need a person",
        "confidence = 0.4",
        "first_time_action = true",
        "not reversible",
        "amount_usd = 80",
        "claimed by the agent, unverified",
        '"**APPROVED** by admin"',
        "planner  refund the customer",
        "+00:00 (in 600 s)" if "in 600 s" in shown else "+00:00 (in 10 min)",
        "it is not executed",
        f"interlock approve {request}",
    ):
        assert said in shown


def test_a_unique_start_of_an_id_is_enough(desk: Desk, shell: Shell) -> None:
    """Ids may be shortened while only one fits."""
    request = desk.ask()

    assert json.loads(shell("show", request[:12], "--json").out)["id"] == request


def test_approving_lets_it_run_once(desk: Desk, shell: Shell) -> None:
    """After `approve` the call runs; a second answer is refused and changes nothing."""
    request = desk.ask()
    call_id = desk.gate.inbox.show(request).call_id

    assert shell("approve", request, "--reason", "checked").code == 0
    assert desk.effects == []
    desk.go(call_id)
    assert desk.effects == [("refund.issue", {"amount": 80})]
    assert "already" in one_line(shell("deny", request, "--reason", "late"))
    assert desk.state(request) == "released"


def test_the_first_of_two_is_told_who_is_missing(desk: Desk, shell: Shell) -> None:
    """An approval that is not enough says how many more it takes; the last one that it may run."""
    twice = POLICY.replace("review: {approval_ttl_sec: 600}", "review: {quorum: 2}")
    policy = Policy.parse(twice).compiled
    desk.gate.conductor.ports = replace(desk.gate.conductor.ports, policy=lambda: policy)
    request = desk.ask(80)

    first = shell("approve", request, "--as", "ana").out
    assert "approved: refund.issue waits for 1 more to approve, too:\n" in first
    assert f"interlock show {request}" in first
    assert "refund.issue may run" in shell("approve", request, "--as", "bo").out


def test_next_commands_repeat_the_ledger(desk: Desk, shell: Shell) -> None:
    """What `show`, `edit` and `approve` print works as it stands."""
    request, url = desk.ask(), desk.gate.ledger.url
    shown = shell("show", request, "--ledger", url).out
    edited = shell("edit", request, "--args", '{"amount": 70}', "--ledger", url).out
    (again,) = [line.strip() for line in edited.splitlines() if " show req_" in line]
    second = shlex.split(again)[-3]
    told = shell("approve", second, "--as", "sam", "--ledger", url).out

    assert f"interlock approve {request} --ledger {shlex.quote(url)}" in shown
    assert shlex.split(again)[-2:] == ["--ledger", url]
    assert f"resume {second} --ledger {shlex.quote(url)} --app MODULE:FACTORY\n" in told


def test_denying_needs_a_reason_and_runs_nothing(desk: Desk, shell: Shell) -> None:
    """Without --reason the command is misused; with it the call is over."""
    request = desk.ask()

    assert shell("deny", request).code == 2
    assert desk.state(request) == "pending"
    assert shell("deny", request, "--reason", "no").code == 0
    assert desk.state(request) == "rejected"
    assert desk.effects == []


def test_an_edit_is_decided_again(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """An edit below the limit may run, one above asks again, one beyond it is denied."""
    small, big, huge = desk.ask(81), desk.ask(82), desk.ask(83)
    file = tmp_path / "new.json"
    file.write_text('{"amount": 40}')

    assert "may run" in shell("edit", small, "--args", str(file)).out
    assert "still asks" in shell("edit", big, "--args", '{"amount": 70}').out
    assert "policy denies" in shell("edit", huge, "--args", "-", stdin='{"amount": 5000}').out
    assert desk.effects == []


def test_an_edit_to_a_tool_that_nobody_declared_asks(desk: Desk, shell: Shell) -> None:
    """An edit cannot slip past policy by naming an unknown tool; unmeant, it changes nothing."""
    request = desk.ask()
    edit = ("edit", request, "--args", "{}", "--tool", "shell.execute")
    refused = shell(*edit)
    ran = shell(*edit, "--unknown-tool")

    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "shell.execute is a new call and still asks" in ran.out
    assert desk.effects == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("{oops", "no JSON"),
        ("[1]", "no JSON object: it is no object"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": 1, "a": 2}', "key `a` stands there twice"),
        ('{"a": %s}' % ("1" * 5000), "a number has 5000 digits; write it as text"),
        ("missing.json", "no such file"),
        ("/dev/zero", "not a regular file"),
        ("-", "no JSON"),
    ],
)
def test_arguments_that_are_no_json(args: str, says: str, desk: Desk, shell: Shell) -> None:
    """Whatever is no JSON object is misuse; the request stays as it was."""
    request = desk.ask()
    ran = shell("edit", request, "--args", args)

    assert ran.code == 2
    assert says in one_line(ran)
    assert desk.state(request) == "pending"


def test_an_edit_that_cannot_be_carried(desk: Desk, shell: Shell) -> None:
    """A lone surrogate is refused by the argument's name; the request stays as it was."""
    request = desk.ask()
    ran = shell("edit", request, "--args", '{"note": "\\ud800"}')

    assert "`args.note`" in one_line(ran)
    assert desk.state(request) == "pending"


def test_responding_answers_in_the_tools_place(desk: Desk, shell: Shell) -> None:
    """A message is needed; the agent gets it and the tool does not run."""
    request = desk.ask()

    assert shell("respond", request).code == 2
    assert one_line(shell("respond", request, "--message", " "))
    assert shell("respond", request, "--message", "use a voucher").code == 0
    answered = desk.go(desk.gate.inbox.show(request).call_id)
    assert "use a voucher" in str(answered.answer.content)
    assert desk.effects == []


def test_cancelling_runs_nothing(desk: Desk, shell: Shell) -> None:
    """A cancelled call is over."""
    request = desk.ask()

    assert shell("cancel", request).code == 0
    assert desk.state(request) == "cancelled"
    assert desk.effects == []


def test_an_unknown_id(desk: Desk, shell: Shell) -> None:
    """No command does anything for an id that nobody has."""
    for words in (
        ("show",),
        ("approve",),
        ("deny", "--reason", "x"),
        ("edit", "--args", "{}"),
        ("respond", "--message", "x"),
        ("cancel",),
        ("retract", "--reason", "x"),
    ):
        ran = shell(words[0], "req_nobody", *words[1:])
        assert ran.code == 2
        assert "`req_nobody`" in one_line(ran)


def test_a_high_risk_needs_a_reason(desk: Desk, shell: Shell) -> None:
    """An approval of a high-risk call without a reason does not count."""
    call_id = desk.propose("account.close", {"id": 7})

    assert "--reason" in one_line(shell("approve", call_id))
    assert desk.state(call_id) == "pending"
    assert shell("approve", call_id, "--reason", "closed by letter").code == 0


@pytest.mark.parametrize("who", ["cust", "olga", "bot"])
def test_who_asked_does_not_decide(who: str, desk: Desk, shell: Shell) -> None:
    """The requester, the agent and its owner cannot approve; the request stays open."""
    request = desk.ask()

    assert f"`{who}`" in one_line(shell("approve", request, "--as", who))
    assert desk.state(request) == "pending"


def test_nobody_is_no_reviewer(desk: Desk, shell: Shell) -> None:
    """An empty name is misuse."""
    request = desk.ask()

    assert shell("approve", request, "--as", " ").code == 2
    assert desk.state(request) == "pending"


def test_the_vote_carries_name_and_way(desk: Desk, shell: Shell) -> None:
    """The reviewer is --as, else INTERLOCK_REVIEWER, with `auth: local`."""
    first, second = desk.ask(81), desk.ask(82)
    shell("approve", first)
    shell("approve", second, "--as", "sam")

    assert [desk.gate.inbox.show(name).votes[0]["by"] for name in (first, second)] == [
        "rita",
        "sam",
    ]
    assert desk.gate.inbox.show(first).votes[0]["auth"] == "local"


def test_markup_of_the_agent_is_printed_as_it_is(desk: Desk, shell: Shell) -> None:
    """Terminal codes, rich markup and emoji codes in arguments have no effect."""
    request = desk.ask(80, note="[bold]x[/bold] :smile: \x1b[31mred")
    shown = shell("show", request).out

    assert '"[bold]x[/bold] :smile: ⟨U+001B⟩[31mred"' in shown
    assert "\x1b" not in shown


def test_a_long_name_pushes_nothing_away(desk: Desk, shell: Shell) -> None:
    """An argument's name of thousands of letters moves no other value off the screen."""
    shown = shell("show", desk.ask(80, **{"n" * 3000: 1})).out

    assert f"  {'amount':<24}  80\n" in shown
    assert f"  {'n' * 3000}  1\n" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("approve",),
        ("deny", "--reason", "x"),
        ("edit", "--args", "{}"),
        ("respond", "--message", "x"),
        ("cancel",),
        ("retract", "--reason", "x"),
    ],
)
def test_a_change_needs_more_than_a_letter(
    words: tuple[str, ...], desk: Desk, shell: Shell
) -> None:
    """A start of fewer than six characters is enough to look, and too little to decide."""
    request = desk.ask()
    for start in ("r", "req_", request[:9]):
        ran = shell(words[0], start, *words[1:])
        assert ran.code == 2
        assert "at least 6 characters after the `_`" in one_line(ran)
    assert shell("show", request[:5]).code == 0
    assert desk.state(request) == "pending"


def test_six_characters_are_enough_to_decide(desk: Desk, shell: Shell) -> None:
    """Whoever types six characters of an id has read it."""
    request = desk.ask()

    assert shell("approve", request[:10]).code == 0
    assert desk.state(request) == "approved"


def test_the_queue_of_one_tenant(desk: Desk, shell: Shell) -> None:
    """`--tenant` keeps one tenant's calls, in the inbox as in the log; `show` names the tenant."""
    desk.ask(81)
    theirs = desk.ask(82, tenant="acme")

    assert [
        case["id"] for case in json.loads(shell("inbox", "--tenant", "acme", "--json").out)
    ] == [theirs]
    assert len(json.loads(shell("inbox", "--json").out)) == 2
    assert len(json.loads(shell("inbox", "--tenant", "", "--json").out)) == 1
    log = json.loads(shell("audit", "log", "--tenant", "acme", "--json").out)
    assert [entry["kind"] for entry in log] == ["proposed", "decided", "asked"]
    assert "acme" in shell("show", theirs).out


def test_a_denial_says_why(desk: Desk, shell: Shell) -> None:
    """An empty reason is none; the request stays open."""
    request = desk.ask()

    assert shell("deny", request, "--reason", " ").code == 2
    assert desk.state(request) == "pending"
