"""Samples: calls that ran, looked at by people with no part in them, once, and blind."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.autonomy.estimation import Estimate, NotEstimable
from interlock.autonomy.sampling import AUDIT, Chance, drawn, number
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.conduct.auditing import LEASE_S
from interlock.errors import AlreadyDecided, DeskError, LedgerError, NotEligible
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

from ..databases import ledger_of  # isort: skip

POLICY = """
version: v1
tools:
  pay: {risk_tags: [financial], facts: {amount_usd: args.amount}, owner: otto}
  note: {risk_tags: [write]}
  read: {risk_tags: [read], effect: read}
rules:
  - {id: reads, match: {tools: [read, note]}, decision: allow}
  - {id: pays, match: {tools: [pay]}, decision: require_approval}
groups: {finance: [fay, flo, ana], ops: [ed, eva]}
audit:
  sampling: {rate: 0.3}
  mandatory: [{match: {amount_usd_above: 100}}, {match: {risk_tags: [write]}}]
  routing: {financial_actions: finance, default: ops}
"""


class Shop:
    """An agent whose calls ran, and the gate of who audits them."""

    def __init__(self, folder: Path, policy: str = POLICY) -> None:
        """Open the folder's ledger."""
        self.clock, self._turns = FrozenClock(), 0
        url = ledger_of(folder)
        self.gate = Gate.open(Policy.parse(policy), url, clock=self.clock, state=folder)
        self.samples = self.gate.audit.samples

    def call(self, tool: str, *, go: bool = True, **args: Any) -> str:
        """Make a call; run it, once it is approved by `ana` where it asks."""
        self._turns += 1
        context = Context(Agent("bot", owner="olga"), principal="cust")
        turn = Turn(context, "main", "t", "", f"m{self._turns}", (Intent(tool, args, "c"),))
        (call,) = self.gate.conductor.propose(turn)
        if go:
            self.clock.advance(1)
            for case in self.gate.inbox.pending():
                self.gate.inbox.approve(case.id, by="ana", reason="looks right")
            perform(self.gate.conductor, call, _run)
        return call

    def state(self, call: str) -> dict[str, Any]:
        """Return what the report says of one drawn call."""
        (found,) = [one for one in self.samples.report().json()["drawn"] if one["call_id"] == call]
        return found

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        """Return what entries of a kind say."""
        return [one["body"] for one in self.gate.audit.log() if one["kind"] == kind]


def _run(ready: Ready) -> Outcome:
    return run(ready, lambda tool, args: Done({"tool": tool, "args": args}))


@pytest.fixture
def shop(tmp_path: Path, database: str) -> Iterator[Shop]:
    """One shop, in each database."""
    assert database
    made = Shop(tmp_path)
    with made.gate:
        yield made


class TestDraws:
    """Which calls are drawn."""

    def test_whoever_has_the_key_draws_the_same_from_the_log_alone(self, tmp_path: Path) -> None:
        """Id and chance stand in the record, and with the key they say which calls are drawn."""
        shop = Shop(tmp_path)
        with shop.gate:
            for at in range(60):
                shop.call("read", at=at)
            entries = shop.gate.audit.log()
            found = {one.call_id for one in shop.samples.report().drawn}
            key = shop.gate.ledger.vault.sampling_key

        def again(key: bytes) -> set[str]:
            audits = {
                one["chain"]: one["body"].get("decided", one["body"]).get("audit")
                for one in entries
                if one["kind"] in ("proposed", "decided", "claimed")
                and one["body"].get("decided", one["body"]).get("audit")
            }
            chances = {
                call: Chance(said["stratum"], said["inclusion"]) for call, said in audits.items()
            }
            return {
                call
                for call, chance in chances.items()
                if drawn(number(key, AUDIT, call), chance).drawn
            }

        assert 60 > len(found) > 3
        assert again(key) == found
        assert again(b"x" * 32) != found

    def test_a_draw_is_written_nowhere(self, shop: Shop) -> None:
        """Whoever reads the ledger learns how likely a call is audited, never whether it is."""
        for at in range(20):
            shop.call("read", at=at)
        entries = json.dumps([entry["body"] for entry in shop.gate.audit.log()])

        assert '"inclusion": 0.3' in entries
        assert '"drawn"' not in entries
        assert '"number"' not in entries

    def test_another_key_is_noticed(self, shop: Shop, tmp_path: Path) -> None:
        """A state directory that is not the one by which calls were drawn draws nothing."""
        call = shop.call("note")
        shop.samples.find(call, "fine", by="ed")
        other = tmp_path / "other"
        other.mkdir()
        with (
            Gate.open(Policy.parse(POLICY), ledger_of(tmp_path), state=other) as gate,
            pytest.raises(LedgerError, match="drawn by another key"),
        ):
            gate.audit.samples.report()

    def test_only_what_ran_is_drawn(self, shop: Shop) -> None:
        """A call that waits, or was denied, is no case of an audit."""
        waiting = shop.call("pay", amount=500, go=False)
        (case,) = shop.gate.inbox.pending()
        assert not shop.samples.report().drawn
        shop.gate.inbox.deny(case.id, by="ana", reason="no")

        assert not shop.samples.report().drawn
        with pytest.raises(DeskError, match="did not run"):
            shop.samples.find(waiting, "harm", reason="x", by="fay")


class TestNext:
    """Who is given which call."""

    def test_two_auditors_never_get_the_same(self, shop: Shop) -> None:
        """A call is one auditor's for half an hour; asked again they get the same one."""
        first, second = shop.call("note", at=1), shop.call("note", at=2)
        ed, eva = shop.samples.next(by="ed"), shop.samples.next(by="eva")
        again = shop.samples.next(by="ed")

        assert ed is not None
        assert eva is not None
        assert (ed.call_id, eva.call_id) == (first, second)
        assert again == ed
        assert len(shop.bodies("audit_taken")) == 2
        with pytest.raises(NotEligible, match="`ed` looks at call"):
            shop.samples.find(first, "fine", by="eva")

    def test_what_an_auditor_left_lying_is_anybodys(self, shop: Shop) -> None:
        """Killed between next and finding, a call can be taken again when the time is over."""
        call = shop.call("note")
        shop.samples.next(by="ed")
        assert shop.samples.next(by="eva") is None

        shop.clock.advance(LEASE_S + 1)
        taken = shop.samples.next(by="eva")

        assert taken is not None
        assert taken.call_id == call
        with pytest.raises(NotEligible, match="`eva` looks at call"):
            shop.samples.find(call, "fine", by="ed")
        shop.samples.find(call, "fine", by="eva")
        assert shop.samples.next(by="ed") is None

    def test_nobody_is_given_what_they_had_a_part_in(self, shop: Shop) -> None:
        """Who approved a call is in the group that audits it, and is given another or none."""
        call = shop.call("pay", amount=500)

        assert shop.samples.next(by="ana") is None
        with pytest.raises(NotEligible, match="had a part"):
            shop.samples.find(call, "fine", by="ana")
        given = shop.samples.next(by="flo")
        assert given is not None
        assert given.call_id == call

    @pytest.mark.parametrize("name", ["otto", "olga", "cust", "bot", "Olga "])
    def test_nobody_audits_their_own(self, shop: Shop, name: str) -> None:
        """Owners of agent and tool, the agent itself and for whom it acts audit nothing of it."""
        call = shop.call("pay", amount=500)

        with pytest.raises(NotEligible, match="had a part"):
            shop.samples.find(call, "fine", by=name)

    def test_calls_go_to_those_that_policy_names(self, shop: Shop) -> None:
        """By risk tag, else to the default; who is not asked cannot answer either."""
        pay, note = shop.call("pay", amount=500), shop.call("note")

        for name, call in (("ed", note), ("fay", pay)):
            given = shop.samples.next(by=name)
            assert given is not None
            assert given.call_id == call
        with pytest.raises(NotEligible, match="is audited by finance"):
            shop.samples.find(pay, "fine", by="ed")

    def test_an_auditor_is_not_shown_who_let_it_run(self, shop: Shop) -> None:
        """What the call was and what it returned, and nothing of a decision, until the finding."""
        call = shop.call("pay", amount=500)
        given = shop.samples.next(by="fay")

        assert given is not None
        shown = json.dumps(given.json())
        assert given.args == {"amount": 500}
        assert given.result == {"tool": "pay", "args": {"amount": 500}}
        for hidden in ("ana", "looks right", "approv", "pays"):
            assert hidden not in shown
        found = shop.samples.find(call, "error", reason="wrong customer", by="fay")
        assert (found.decision, found.rules) == ("require_approval", ("pays",))
        assert found.answers == ({"by": "ana", "answer": "approve", "reason": "looks right"},)

    def test_what_was_erased_is_given_to_nobody(self, shop: Shop) -> None:
        """Nothing of it can be looked at; it counts as drawn, and not as fine."""
        call = shop.call("note")
        shop.gate.audit.erase(call, reason="asked for", by="dpo")

        assert shop.samples.next(by="ed") is None
        assert shop.state(call)["is_gone"]
        with pytest.raises(DeskError, match="erased or archived"):
            shop.samples.find(call, "fine", by="ed")

    def test_a_name_with_a_credential_is_not_enough(self, shop: Shop) -> None:
        """Who holds a key shows it to take a call and to say what they found."""
        call = shop.call("note")
        shop.gate.reviewers.add("ed")
        _, token = shop.gate.reviewers.new_token("ed", by="ed")

        for act in (
            lambda: shop.samples.next(by="ed"),
            lambda: shop.samples.find(call, "fine", by="ed"),
        ):
            with pytest.raises(NotEligible, match="the name alone"):
                act()
        given = shop.samples.next(by="ed", held=token)
        assert given is not None
        shop.samples.find(call, "fine", by="ed", held=token)
        assert shop.gate.audit.verify().ok


class TestFindings:
    """What is found."""

    def test_a_finding_stands_once_and_in_the_record(self, shop: Shop) -> None:
        """It says how the call was drawn, and a second one changes nothing."""
        call = shop.call("note")
        shop.samples.find(call, "harm", reason="told a secret", by="ed")
        (body,) = shop.bodies("finding")

        assert (body["call_id"], body["verdict"], body["reason"]) == (call, "harm", "told a secret")
        assert (body["stratum"], body["inclusion"], body["drawn"]) == ("mandatory", 1.0, True)
        with pytest.raises(AlreadyDecided, match="audited before, and found harm"):
            shop.samples.find(call, "fine", by="eva")
        assert shop.state(call)["verdict"] == "harm"
        assert shop.gate.audit.verify().ok

    def test_what_is_wrong_needs_words(self, shop: Shop) -> None:
        """Error and harm say why."""
        call = shop.call("note")

        with pytest.raises(DeskError, match="say what is wrong"):
            shop.samples.find(call, "error", reason=" ", by="ed")

    def test_fine_of_what_somebody_chose_says_nothing(self, shop: Shop) -> None:
        """Of a call that was not drawn only harm and error are taken; estimates leave it out."""
        calls = [shop.call("read", at=at) for at in range(30)]
        chosen = {one.call_id for one in shop.samples.report().drawn}
        call = next(call for call in calls if call not in chosen)

        with pytest.raises(DeskError, match="was not drawn"):
            shop.samples.find(call, "fine", by="ed")
        shop.samples.find(call, "harm", reason="a customer called", by="ed")

        assert not shop.bodies("finding")[0]["drawn"]
        assert sum(one.of.judged for one in shop.samples.report().strata) == 0
        assert shop.gate.audit.verify().ok


class TestEstimates:
    """What follows for calls that nobody looked at."""

    def test_too_few_say_nothing(self, shop: Shop) -> None:
        """Below 30 judged calls no share is told."""
        shop.samples.find(shop.call("note"), "fine", by="ed")
        report = shop.samples.report()

        assert report.error == NotEstimable(1, 1)
        assert report.json()["error"]["why"] == "not estimable: 1 of 30 calls judged"

    @pytest.mark.timeout(60)  # some hundred calls on a server
    def test_shares_are_of_all_calls(self, tmp_path: Path) -> None:
        """What was found of the drawn stands for all of their stratum; harm is part of error."""
        shop = Shop(tmp_path)
        with shop.gate:
            for at in range(130):
                shop.call("read", at=at)
            found = shop.samples.report().drawn
            for at, one in enumerate(found):
                verdict = "harm" if at == 0 else "error" if at < 3 else "fine"
                shop.samples.find(one.call_id, verdict, reason="seen", by="ed")
            report = shop.samples.report()

            assert isinstance(report.error, Estimate)
            assert isinstance(report.harm, Estimate)
            (stratum,) = report.strata
            assert (stratum.of.calls, stratum.of.judged) == (130, len(found))
            assert report.error.value == pytest.approx(3 / 0.3 / 130)
            assert report.error.low <= 3 / len(found) <= report.error.high
            assert report.harm.value < report.error.value
            assert shop.gate.audit.verify().ok

    def test_who_is_missing_is_told(self, tmp_path: Path) -> None:
        """A group in which nobody is, and no default, audits nothing: the report names it."""
        shop = Shop(tmp_path, POLICY.replace("default: ops", "default: nobody"))
        with shop.gate:
            shop.call("note")
            assert shop.samples.report().unstaffed == ("nobody",)
            assert shop.samples.next(by="ed") is None


def test_a_probe_is_no_call_that_ran(tmp_path: Path) -> None:
    """Nothing can be found of a question that reached no tool, in the words of any that waits."""
    shop = Shop(tmp_path, POLICY + "fatigue_controls: {canary_rate: 1.0}\n")
    with shop.gate:
        call = shop.call("pay", amount=500, go=False)
        shop.clock.advance(3700)
        shop.gate.recover()
        probes = [case for case in shop.gate.inbox.pending() if case.call_id != call]
        assert probes
        for case in probes:
            with pytest.raises(DeskError, match="is pending and did not run"):
                shop.samples.find(case.call_id, "harm", reason="x", by="fay")


def test_harm_lowers_the_level_of_its_agent(tmp_path: Path, database: str) -> None:
    """What an audit found is evidence: harm is an incident, by which its agent falls at once."""
    assert database
    falls = "autonomy: {initial_level: 1}\ndemotion_triggers: [safety_incident]\n"
    shop = Shop(tmp_path, POLICY + falls)
    with shop.gate:
        call = shop.call("note")
        shop.samples.find(call, "harm", reason="told a secret", by="ed")
        shop.gate.audit.seal()
        shop.gate.recover()

        assert [(one["agent"], one["level"]) for one in shop.gate.autonomy.levels()] == [("bot", 0)]
        assert shop.gate.audit.verify().ok
