"""Review: answers by keys, for the case on the screen and for no other."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import enumerate as enumerate_threads

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from interlock.app.gate import Gate
from interlock.app.keys import load_held, save_key
from interlock.app.policy import Policy
from interlock.cli.review import parts
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context
from interlock.signing import new_key
from interlock.terminal.app import ReviewApp
from interlock.terminal.dialogs import Dialog
from interlock.terminal.glance import SEEN_S
from interlock.terminal.hand import Operator
from interlock.terminal.page import row
from interlock.terminal.pane import Pane

from .conftest import POLICY, Seat, look, press, said, settled, shown  # isort: skip


async def write(pilot: Pilot[None], text: str) -> None:
    """Type all of a text but its last character at once, and that by its key."""
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text[:-1]
    field.cursor_position = len(text) - 1
    await press(pilot, text[-1])


async def read_all(pilot: Pilot[None], app: ReviewApp) -> None:
    """Read a case to its end, screen by screen."""
    pane = app.screen.query_one(Pane)
    for _ in range(pane.max_scroll_y // (pane.size.height - 1) + 1):
        await press(pilot, "space")


pytestmark = pytest.mark.timeout(60)  # the pilot waits for the screen after each key


class TestFriction:
    async def test_low_is_one_key(self, seat: Seat) -> None:
        """`a` approves a call of low risk; enter approves nothing."""
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "enter", "y", "tab", "enter")
            assert seat.state(request) == "pending"
            await press(pilot, "a")
            assert seat.state(request) == "approved"
            assert "approved now" in said(app)

    async def test_under_a_halt_an_approval_says_that_it_does_not_run(self, seat: Seat) -> None:
        """The page says so before, the queue and every dialog, and the answer after; who, too."""
        first, _, app = seat.ask("note"), seat.ask("note"), seat.app()
        seat.gate.halt(everything=True, by="zoe", reason="audit")
        async with app.run_test() as pilot:
            await settled(pilot)
            assert "everything is halted since" in shown(app)
            assert "halted: note" in row(app.cases[0], seat.clock.now(), 80)
            await press(pilot, "d")
            assert isinstance(app.screen, Dialog)
            assert "does not run: everything is halted by zoe: audit" in app.screen.wanted.lines
            await press(pilot, "escape", "a")
            assert isinstance(app.screen, Dialog)
            assert "does not run: everything is halted by zoe: audit" in app.screen.wanted.lines
            assert seat.state(first) == "pending"
            await press(pilot, "y")
            assert "does not run: everything is halted by zoe: audit" in said(app)
            await press(pilot, "j")
            assert said(app) == ""

    async def test_medium_is_confirmed(self, seat: Seat) -> None:
        """Medium takes `y` after `a`; escape, enter and a second `a` approve nothing."""
        request, app = seat.ask("mail", to="ana"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "a", "a", "enter", "escape")
            assert seat.state(request) == "pending"
            await press(pilot, "a", "y")
            assert seat.state(request) == "approved"

    @pytest.mark.parametrize("tool", ["pay", "drop"])
    async def test_high_is_read_reasoned_and_confirmed(self, seat: Seat, tool: str) -> None:
        """High takes the end on the screen, a reason and `y`; critical the tool's name, too."""
        request, app = seat.ask(tool, text="long " * 100), seat.app()
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "a")
            assert "read the case to its end" in said(app)
            assert not isinstance(app.screen, Dialog)
            await read_all(pilot, app)
            await press(pilot, "a", "enter", "y")
            assert seat.state(request) == "pending"
            await press(pilot, "escape", "a")
            await write(pilot, "checked y")
            assert seat.state(request) == "pending"
            if tool == "drop":
                await press(pilot, "enter")
                await write(pilot, "drap")
                await press(pilot, "enter", "y")
                assert "takes its name, drop" in str(app.screen.query_one("#missing").render())
                await write(pilot, "drop")
            await press(pilot, "enter", "enter")
            assert seat.state(request) == "pending"
            await press(pilot, "y")
        (vote,) = seat.gate.inbox.show(request).votes
        assert (vote["by"], vote["reason"]) == ("rita", "checked y")

    @pytest.mark.parametrize("words", ["  ", "y", "ok", "......."])
    async def test_a_word_that_says_nothing_is_no_reason(self, seat: Seat, words: str) -> None:
        """Nor is a blank one, or one character again and again."""
        request, app = seat.ask("pay"), seat.app()
        async with app.run_test() as pilot:
            await read_all(pilot, app)
            await press(pilot, "a")
            await write(pilot, words)
            await press(pilot, "enter", "y")
            assert isinstance(app.screen, Dialog)
            assert seat.state(request) == "pending"

    async def test_a_signature_where_there_is_a_key(self, seat: Seat, tmp_path: Path) -> None:
        """The passphrase is typed unseen; another one signs nothing."""
        key, place = new_key(), str(tmp_path / "rita.key")
        save_key(key, place, "open sesame")
        seat.gate.reviewers.add("rita", by="rita")
        seat.gate.reviewers.add_key("rita", key.public, by="rita")
        request = seat.ask("pay")
        app = seat.app(Operator("rita", unlock=lambda words: load_held(place, lambda: words)))
        async with app.run_test() as pilot:
            for passphrase, state in (("guess", "pending"), ("open sesame", "approved")):
                await read_all(pilot, app)
                await press(pilot, "a")
                await write(pilot, "checked")
                await press(pilot, "enter")
                await write(pilot, passphrase)
                assert passphrase not in str(app.screen.query_one("#passphrase").render())
                await press(pilot, "enter", "y")
                assert seat.state(request) == state
        assert seat.gate.inbox.show(request).votes[0]["auth"] == "signed"


class TestAnswers:
    @pytest.mark.parametrize(
        ("key", "state"), [("d", "rejected"), ("r", "responded"), ("c", "cancelled")]
    )
    async def test_every_other_answer_says_something(
        self, seat: Seat, key: str, state: str
    ) -> None:
        """Denied, answered, withdrawn: with words and a last key."""
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, key, "n", "o", "enter", "y")

        assert seat.state(request) == state

    async def test_taken_back_before_it_runs(self, seat: Seat) -> None:
        """`u` takes the last approval back: nothing runs, however it is driven on."""
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "a", "u", "o", "h", "enter", "y")
            assert "taken back" in said(app)
            seat.go(request)

        assert (seat.state(request), seat.effects) == ("cancelled", [])

    async def test_too_late_to_take_back(self, seat: Seat) -> None:
        """What ran cannot be taken back, and the reviewer is told so."""
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "a")
            seat.go(request)
            await press(pilot, "u", "o", "h", "enter", "y")
            assert "nothing can be taken back now" in said(app)

        assert len(seat.effects) == 1


class TestEdit:
    async def test_sent_as_it_is_shown(self, seat: Seat) -> None:
        """`e`, a change, ctrl+s, a reason and `y`: the edited call asks anew."""
        request, app = seat.ask("note", text="pay ana now"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "e")
            app.screen.query_one(TextArea).text = '{"text": "pay bob now"}'
            await press(pilot, "ctrl+s")
            shown = [str(each.render()) for each in app.screen.query("Static")]
            assert 'text: "pay ⟦-ana⟧⟦+bob⟧ now"' in shown
            await press(pilot, "n", "o", "enter", "y")
            (edited,) = seat.gate.inbox.pending()
            assert (edited.args, edited.editors) == ({"text": "pay bob now"}, ("rita",))
            assert edited.id in said(app)
            await press(pilot, "a")
            assert seat.state(edited.id) == "pending"

        assert seat.state(request) == "superseded"

    async def test_refused_and_gone_on_with(self, seat: Seat) -> None:
        """Left at the last question it sends nothing; `e` goes on with what was typed."""
        request, app = seat.ask("note", text="x"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "e")
            app.screen.query_one(TextArea).text = '{"text": "y"}'
            await press(pilot, "ctrl+s", "escape", "e")
            assert app.screen.query_one(TextArea).text == '{"text": "y"}'
            await press(pilot, "escape")
            assert "nothing was sent" in said(app)

        assert seat.state(request) == "pending"

    async def test_what_the_tool_would_not_take(self, seat: Seat) -> None:
        """The tool's schema is asked; the words say what is wrong and the call still waits."""
        schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
        turn = Turn(
            Context(Agent("bot")), "shop", "t", "", "m", (Intent("note", {"n": 1}, "c", schema),)
        )
        seat.gate.conductor.propose(turn)
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "e")
            app.screen.query_one(TextArea).text = '{"n": "lots"}'
            await press(pilot, "ctrl+s", "n", "o", "enter", "y")
            assert "do not fit" in said(app)
            assert [each.args for each in seat.gate.inbox.pending()] == [{"n": 1}]

    async def test_a_long_one_is_edited_elsewhere(self, seat: Seat) -> None:
        """What no editor here could hold says what to use."""
        seat.ask("note", text="x" * 200_000)
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "e")
            assert "use interlock edit" in said(app)


class TestBatch:
    async def test_all_of_it_by_one_reading(self, seat: Seat, tmp_path: Path) -> None:
        """High risk: read to its end, a reason, the key opened once; each has its own signature."""
        key, place = new_key(), str(tmp_path / "rita.key")
        save_key(key, place, "open sesame")
        seat.gate.reviewers.add("rita", by="rita")
        seat.gate.reviewers.add_key("rita", key.public, by="rita")
        asked = [seat.ask("wire", n=at) for at in range(3)]
        app = seat.app(Operator("rita", unlock=lambda words: load_held(place, lambda: words)))
        async with app.run_test(size=(100, 40)) as pilot:
            await press(pilot, "b", "a", *["space"] * 6, "a")
            assert {seat.state(each) for each in asked} == {"pending"}
            await write(pilot, "all read")
            await press(pilot, "enter")
            await write(pilot, "open sesame")
            await press(pilot, "enter", "y")
            assert "approve: 3 of 3 calls" in said(app)
        votes = [seat.gate.inbox.show(each).votes[0] for each in asked]
        assert [(one["auth"], one["reason"]) for one in votes] == [("signed", "all read")] * 3

    async def test_one_that_changed_meanwhile_is_not_answered(self, seat: Seat) -> None:
        """A call that came while it was read makes it another batch: nothing is approved."""
        asked = [seat.ask("tag", n=at) for at in range(3)]
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "b", "space", "space", "space", "a")
            seat.gate.inbox.deny(asked[0], by="ana", reason="no")
            await press(pilot, "y")
            assert "look again" in said(app)

        assert [seat.state(each) for each in asked] == ["rejected", "pending", "pending"]

    async def test_all_denied_with_a_reason(self, seat: Seat) -> None:
        """The agent is told of each."""
        asked = [seat.ask("tag", n=at) for at in range(3)]
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "b", "d", "n", "o", "enter", "y")

        assert {seat.state(each) for each in asked} == {"rejected"}

    async def test_what_does_not_count_is_listed(self, seat: Seat) -> None:
        """Who may not approve is told so of each; what was not answered still waits."""
        asked = [seat.ask("tag", n=at) for at in range(3)]
        app = seat.app(Operator("cust"))
        async with app.run_test(size=(120, 40)) as pilot:
            await press(pilot, "b", "space", "space", "space", "a", "y")
            told = str(app.screen.query("Static").first().render())
            assert all(each in told for each in asked)

        assert {seat.state(each) for each in asked} == {"pending"}

    async def test_where_policy_does_not_say_so(self, seat: Seat) -> None:
        """`b` on any other call says that there is none."""
        for at in range(3):
            seat.ask("note", n=at)
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "b")
            assert "nothing that is like it" in said(app)


class TestTimeOnScreen:
    async def test_of_the_case_and_of_no_other(self, seat: Seat) -> None:
        """From when it was put there to the answer, without the time that another one had it."""
        first, second, app = seat.ask("mail", n=1), seat.ask("note", n=2), seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            seat.clock.advance(3)
            await press(pilot, "j")
            seat.clock.advance(40)
            await press(pilot, "k")
            seat.clock.advance(4)
            await press(pilot, "a")
            seat.clock.advance(2)
            await press(pilot, "y", "j", "a")
        looked = [seat.gate.inbox.show(each).votes[0]["on_screen_s"] for each in (first, second)]

        assert looked == [9, 40]

    async def test_of_a_batch_each_has_its_share(self, seat: Seat) -> None:
        """What three calls were looked at together for is not counted three times."""
        asked = [seat.ask("tag", n=at) for at in range(3)]
        seat.clock.advance(60)
        app = seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "b")
            seat.clock.advance(30)
            await press(pilot, "space", "space", "space", "a", "y")
        looked = [seat.gate.inbox.show(each).votes[0]["on_screen_s"] for each in asked]

        assert looked == [10, 10, 10]


class TestSnooze:
    async def test_out_of_ones_own_view(self, seat: Seat) -> None:
        """It is hidden here, others see it, and the key under the hand answers nothing else."""
        first, second, app = seat.ask("note", n=1), seat.ask("note", n=2), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "s", "l", "a", "t", "e", "r", "enter", "y")
            assert [case.id for case in app.cases] == [second]
            await press(pilot, "a")
            assert {seat.state(each) for each in (first, second)} == {"pending"}

        assert [case.id for case in seat.gate.inbox.pending(viewer="ana")] == [first, second]


class TestMeanwhile:
    async def test_arrivals_move_nothing(self, seat: Seat) -> None:
        """What arrives is in the queue at once; the case under the hand stays."""
        first, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            second = seat.ask("note")
            await look(pilot, app)
            assert [case.id for case in app.cases] == [first, second]
            await press(pilot, "a", "a", "a")
            assert (seat.state(first), seat.state(second)) == ("approved", "pending")
            await press(pilot, "j", "a")
            assert seat.state(second) == "approved"

    async def test_nothing_that_arrives_is_chosen(self, seat: Seat) -> None:
        """A key that is pressed as the first call arrives approves nothing."""
        app = seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            request = seat.ask("note")
            await look(pilot, app)
            await press(pilot, "a")
            assert seat.state(request) == "pending"
            await press(pilot, "j", "a")
            assert seat.state(request) == "approved"

    async def test_somebody_else_answers(self, seat: Seat) -> None:
        """The case stays on the screen as what it became; no other slides under the key."""
        first, second, app = seat.ask("mail"), seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "a")
            seat.gate.inbox.deny(first, by="ana", reason="no")
            await press(pilot, "y")
            assert "already rejected" in said(app)
            await look(pilot, app)
            await press(pilot, "a")
            assert app.case is not None
            assert (app.case.id, seat.state(second)) == (first, "pending")
            assert "rejected" in said(app, "live")

    async def test_expired_under_the_eyes(self, seat: Seat) -> None:
        """The countdown runs, then the call is expired, and approves no more."""
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            seat.clock.advance(590)
            await look(pilot, app)
            assert "0:0" in said(app, "live")
            seat.clock.advance(20)
            await press(pilot, "a")
            assert "expired" in said(app)

        assert seat.state(request) == "expired"

    async def test_an_edit_makes_another_case(self, seat: Seat) -> None:
        """What was edited meanwhile is another call: this one's key approves neither."""
        request, app = seat.ask("note", text="pay ana now"), seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            seat.gate.inbox.edit(request, args={"text": "pay bob now"}, by="ana")
            await look(pilot, app)
            await press(pilot, "a")
            (edited,) = seat.gate.inbox.pending()
            await press(pilot, "j")
            assert app.case is not None
            assert app.case.id == edited.id
            assert 'text: "pay ⟦-ana⟧⟦+bob⟧ now"' in shown(app)
            assert edited.state == "pending"


class TestShown:
    async def test_all_of_it_and_the_last_like_it(self, seat: Seat) -> None:
        """Why, consequences, silence, and what differs from the agent's last of this tool."""
        seat.gate.inbox.deny(seat.ask("note", text="the old one"), by="ana", reason="no")
        seat.gate.inbox.deny(seat.ask("note", agent="x", text="not mine"), by="ana", reason="no")
        seat.ask("note", text="the new one")
        app = seat.app()
        async with app.run_test(size=(120, 60)) as pilot:
            await settled(pilot)
            told = shown(app)

        for part in ("rule: ask", "Look first", "(rejected)", 'text: "the ⟦-old⟧⟦+new⟧ one"'):
            assert part in told
        assert "not mine" not in told

    async def test_hostile_texts_are_only_text(self, seat: Seat) -> None:
        """Control characters and markup do nothing, in arguments, names and answers' words."""
        evil = "\x1b[2J[red]x[/red]\u202e\r\n[@click=app.quit]y[/]"
        seat.ask(evil, text=evil, **{evil: 1})
        app = seat.app()
        async with app.run_test(size=(160, 60)) as pilot:
            await settled(pilot)
            assert "⟨U+001B⟩[2J[red]x[/red]⟨U+202E⟩" in shown(app)
            assert not {"\x1b", "\u202e", "\r"} & set(shown(app) + said(app, "live"))
            await press(pilot, "d")
            assert "[red]x[/red]" in str(app.screen.query("Static").first().render())

    async def test_a_megabyte_is_shown_whole(self, seat: Seat) -> None:
        """All of a huge argument can be read, and is read before it counts as that."""
        seat.ask("pay", text="a" * 990_000 + "end")
        app = seat.app()
        async with app.run_test(size=(100, 30)) as pilot:
            await settled(pilot)
            assert shown(app).count("a") >= 990_000
            await press(pilot, "space", "space", "a")
            assert not isinstance(app.screen, Dialog)
            await press(pilot, "question_mark")
            await press(pilot, "x")

    async def test_another_tenants_call_is_not_compared(self, seat: Seat) -> None:
        """The last call like this one is of the same tenant."""
        context = Context(Agent("bot"), tenant="acme")
        turn = Turn(context, "shop", "t", "", "m0", (Intent("note", {"n": 1}, "c"),))
        seat.gate.conductor.propose(turn)
        seat.clock.advance(1)

        assert seat.gate.inbox.similar(seat.ask("note")) is None


PROBED = """
version: v1
tools: {note: {risk_tags: [read]}}
risk: [{level: low}]
fatigue_controls: {canary_rate: 1.0, sampled_second_review_rate: 0.0}
rules: [{id: ask, match: {tools: [note]}, decision: require_approval,
         review: {approval_ttl_sec: 7200, batch: {collect_sec: 1}}}]
"""


class TestProbes:
    @pytest.fixture
    def probed(self, tmp_path: Path) -> Iterator[Seat]:
        """A seat before canaries: each question draws one within the hour."""
        policy, clock = Policy.parse(PROBED), FrozenClock()
        with Gate.open(policy, str(tmp_path / "l.db"), clock=clock, state=tmp_path) as gate:
            seat = Seat(gate, clock)
            for request in [seat.ask("note", amount=50, to="ana@example.com") for _ in range(2)]:
                gate.inbox.deny(request, by="ana", reason="no")
            clock.advance(3600)
            yield seat

    async def test_the_truth_at_once(self, probed: Seat) -> None:
        """Whoever approves a canary is told so on the same screen, and nothing can run."""
        (first,), app = probed.gate.inbox.pending(), probed.app()
        async with app.run_test(size=(120, 40)) as pilot:
            await press(pilot, "a")
            told = str(app.screen.query("Static").first().render())
            assert "this was a canary" in told
            assert "you let it pass; nothing ran" in told
            assert "->" in told
            await press(pilot, "x", "u")
            assert "nothing was approved here" in said(app)

        assert (probed.state(first.id), probed.effects) == ("disclosed", [])

    async def test_in_a_batch_too(self, probed: Seat) -> None:
        """A canary stands among like questions as any other, and is told of after the answer."""
        for _ in range(2):
            probed.ask("note", amount=50, to="bob@example.com")
        probed.clock.advance(5)
        shapes = [batch for batch in probed.gate.batches.list() if len(batch.cases) > 1]
        canaries = {probed.gate.inbox.pending()[0].id}
        mixed = next(one for one in shapes if canaries & {case.id for case in one.cases})
        found = probed.gate.batches.deny(mixed.name, by="rita", reason="no")
        told = [each.probe["came_to"] for each in found if each.probe]

        assert told
        assert {*told} == {"caught"}


LATER = 30.0
"""For how long a ledger waits for its writer here, seconds."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the ledger's writer, as another process that hangs does."""
    with closing(sqlite3.connect(folder / "l.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


class TestSilence:
    """The ledger does not answer; the screen does."""

    async def opened(self, folder: Path, busy_s: float) -> Seat:
        clock = FrozenClock()
        policy, ledger = Policy.parse(POLICY), str(folder / "l.db")
        return Seat(Gate.open(policy, ledger, clock=clock, state=folder, busy_s=busy_s), clock)

    async def test_keys_are_heard_and_none_acts_later(self, tmp_path: Path) -> None:
        """It says since when, the times go on, and an answer under way is the only one."""
        seat = await self.opened(tmp_path, LATER)
        first, second = seat.ask("note", n=1), seat.ask("note", n=2)
        app = seat.app()
        async with app.run_test() as pilot:
            await settled(pilot)
            with held(tmp_path):
                for key in ("a", "d", "u", "e", "s", "r", "c"):
                    await pilot.press(key)
                    await pilot.pause()
                assert app.doing is not None
                assert len(app.screen_stack) == 1
                assert f"approve {first} is under way" in said(app)
                before = said(app, "live")
                seat.clock.advance(3)
                app.tick()
                assert "the ledger does not answer since" in said(app, "away")
                assert said(app, "live") != before
                await pilot.press("question_mark")
                assert len(app.screen_stack) == 2
                await pilot.press("x")
                await pilot.press("j")
                await pilot.press("a")
            await settled(pilot)
            assert "approved now" in said(app)
            assert not said(app, "away")
        assert (seat.state(first), seat.state(second)) == ("approved", "pending")
        seat.gate.close()

    async def test_whoever_leaves_leaves_at_once(self, tmp_path: Path) -> None:
        """`q` waits for nothing; what was under way is told."""
        seat = await self.opened(tmp_path, LATER)
        request, app = seat.ask("note"), seat.app()
        with held(tmp_path):
            async with app.run_test() as pilot:
                await settled(pilot)
                await pilot.press("a")
                await pilot.press("q")
                await pilot.pause()
            assert app.doing is not None
            assert app.doing.what == f"approve {request}"
        for thread in [each for each in enumerate_threads() if each.name == "interlock-errand"]:
            thread.join()
        seat.gate.close()

    async def test_what_was_not_taken_back_can_be(self, tmp_path: Path) -> None:
        """A ledger that was busy forgets no approval; `u` is there until it is too late."""
        seat = await self.opened(tmp_path, 0.01)
        request, app = seat.ask("note"), seat.app()
        async with app.run_test() as pilot:
            await press(pilot, "a")
            with held(tmp_path):
                await press(pilot, "u", "n", "o", "enter", "y")
                assert "taken back" not in said(app)
            assert seat.state(request) == "approved"
            await press(pilot, "u", "n", "o", "enter", "y")
            assert "nothing runs" in said(app)
            await press(pilot, "u")
            assert "nothing was approved here" in said(app)
        assert seat.state(request) == "cancelled"
        seat.gate.close()


class TestTypedAhead:
    async def test_a_key_for_what_nobody_saw(self, seat: Seat) -> None:
        """`a` and `y` count once the case, and the question, were on the screen for a while."""
        request, now = seat.ask("mail"), [0.0]
        app = ReviewApp(seat.gate, parts, Operator("rita"), now_s=lambda: now[0])
        async with app.run_test() as pilot:
            await press(pilot, "a", "y")
            assert "before it was on the screen" in said(app)
            now[0] = SEEN_S
            await press(pilot, "a", "y", "y")
            assert seat.state(request) == "pending"
            now[0] = 2 * SEEN_S
            await press(pilot, "y")
        assert seat.state(request) == "approved"

    async def test_pages_are_read_one_by_one(self, seat: Seat) -> None:
        """Keys for pages that were not drawn yet read none of them."""
        seat.ask("pay", text="long " * 2000)
        app = seat.app()
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            for _ in range(40):
                app.action_read(1)
            await press(pilot, "a")
            assert "read the case to its end" in said(app)


class TestWhoMayNot:
    async def test_is_told_before_the_ritual(self, seat: Seat) -> None:
        """Whoever asked for the call reads so on the page, and at the first key."""
        seat.ask("pay", text="long " * 500)
        app = seat.app(Operator("cust"))
        async with app.run_test(size=(120, 60)) as pilot:
            await press(pilot, "a")
            assert "`cust` asked for this call" in said(app)
            assert "not by: bot, cust" in shown(app)
            await press(pilot, "d")
            assert isinstance(app.screen, Dialog)


class TestQuorum:
    async def test_a_first_approval_counts_and_is_void_again(self, tmp_path: Path) -> None:
        """It says what is missing; `u` voids it and the call waits on."""
        policy = Policy.parse(POLICY.replace("600}}", "600, quorum: 2}}"))
        clock = FrozenClock()
        with Gate.open(policy, str(tmp_path / "l.db"), clock=clock, state=tmp_path) as gate:
            seat = Seat(gate, clock)
            request = seat.ask("note")
            app = seat.app()
            async with app.run_test() as pilot:
                await press(pilot, "a")
                assert said(app) == f"your approval of {request} counts; 1 more missing"
                await press(pilot, "u", "n", "o", "enter", "y")
                assert "your approval is void, and it still waits" in said(app)
                await press(pilot, "u")
                assert "nothing was approved here" in said(app)
            assert (seat.state(request), gate.inbox.show(request).approved_by) == ("pending", ())
