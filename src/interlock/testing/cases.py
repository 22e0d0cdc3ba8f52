"""Try: the cases that every host must hold, each a law and a way to break it."""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
from typing import Final

from interlock.testing.bench import LEASE_S, Bench, Endings, MakeHost, call

NOTICED_S: Final = LEASE_S + 2
"""Within how long a broken-off run must be noticed, seconds. Source: invariant I5."""
ENTRY: Final = "interlock.testing.conformance"
"""The module that another process runs, to deliver one call and be killed."""


def case_replay(bench: Bench, make_host: MakeHost) -> None:
    """Hold that the same message delivered again, in another process too, has no second effect."""
    for _ in range(2):
        host = make_host(bench)
        _expect(host.deliver("t", "m1", [call("write", 1)]), c0="released")
        _expect(host.deliver("t", "m1", [call("write", 1)]), c0="released")
    _effects(bench, "write 1")


def case_ids_reused_in_one_thread(bench: Bench, make_host: MakeHost) -> None:
    """Hold that the same call id in a later message is another call."""
    host = make_host(bench)
    for turn in ("m1", "m2"):
        _expect(host.deliver("t", turn, [call("write", 1)]), c0="released")
    _effects(bench, "write 1", "write 1")


def case_ids_reused_in_another_thread(bench: Bench, make_host: MakeHost) -> None:
    """Hold that the same message and call ids in another thread are another call."""
    host = make_host(bench)
    for thread in ("t1", "t2"):
        _expect(host.deliver(thread, "m1", [call("write", 1)]), c0="released")
    _effects(bench, "write 1", "write 1")


def case_other_arguments_under_one_id(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a second delivery with other arguments is refused."""
    host = make_host(bench)
    host.deliver("t", "m1", [call("write", 1)])
    _expect(host.deliver("t", "m1", [call("write", 2)]), c0="conflict")
    _effects(bench, "write 1")


def case_siblings_are_held(bench: Bench, make_host: MakeHost) -> None:
    """Hold that beside a call that waits, reads run and effects wait; after it, they run once."""
    host = make_host(bench)
    calls = [call("write", 1, "c0"), call("look", 2, "c1"), call("pay", 3, "c2")]
    host.deliver("t", "m1", calls)
    _effects(bench, "look 2")
    host.answer("t", "c2", "approve")
    _expect(host.go_on("t"), c0="released", c1="released", c2="released")
    _effects(bench, "look 2", "pay 3", "write 1")


def case_approved_runs_once(bench: Bench, make_host: MakeHost) -> None:
    """Hold that an approved call runs once, however often its thread is continued."""
    make_host(bench).deliver("t", "m1", [call("pay", 1)])
    host = make_host(bench)
    host.answer("t", "c0", "approve")
    _expect(host.go_on("t"), c0="released")
    _expect(host.deliver("t", "m1", [call("pay", 1)]), c0="released")
    _effects(bench, "pay 1")


def case_unanswered_does_not_run(bench: Bench, make_host: MakeHost) -> None:
    """Hold that continuing a thread that nobody answered runs nothing, and the call still waits."""
    host = make_host(bench)
    _expect(host.deliver("t", "m1", [call("pay", 1)]), c0="waiting")
    _expect(host.go_on("t"), c0="waiting")
    _effects(bench)


def case_rejected_never_runs(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a rejected call stays rejected, delivered again or not."""
    host = make_host(bench)
    host.deliver("t", "m1", [call("pay", 1)])
    host.answer("t", "c0", "deny")
    _expect(host.go_on("t"), c0="rejected")
    _expect(host.deliver("t", "m1", [call("pay", 1)]), c0="rejected")
    _effects(bench)


def case_expired_never_runs(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a call that nobody answered in time expires; a later yes changes nothing."""
    host = make_host(bench)
    host.deliver("t", "m1", [call("pay", 1)])
    host.expire()
    _expect(host.go_on("t"), c0="expired")
    try:
        host.answer("t", "c0", "approve")
    except Exception as error:  # noqa: BLE001 - any refusal will do
        del error
    else:
        raise AssertionError("an answer after the end was taken")
    _expect(host.deliver("t", "m1", [call("pay", 1)]), c0="expired")
    _effects(bench)


def case_denied_never_runs(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a call that no rule allows is answered as denied."""
    _expect(make_host(bench).deliver("t", "m1", [call("wipe")]), c0="denied")
    _effects(bench)


def case_cancelled_while_it_runs(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a run that is cancelled half way is in doubt; it is not run again."""
    host = make_host(bench)

    async def cancelled() -> None:
        run = asyncio.ensure_future(host.adeliver("t", "m1", [call("slow", 1)]))
        while not bench.effects and not run.done():  # noqa: ASYNC110 - a file tells, no event
            await asyncio.sleep(0.01)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    asyncio.run(cancelled())
    delivery = host.adeliver("t", "m1", [call("slow", 1)])
    again = asyncio.run(asyncio.wait_for(delivery, NOTICED_S))
    _expect(again, c0="in_doubt")
    _effects(bench, "slow 1")


def case_killed_before_the_tool(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a process killed after its claim leaves a doubt and no effect."""
    _kill(bench, make_host, "claimed")
    _expect(make_host(bench).deliver("t", "m1", [call("write", 1)]), c0="in_doubt")
    _effects(bench)


def case_killed_after_the_tool(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a process killed between effect and record leaves a doubt and one effect."""
    _kill(bench, make_host, "effect_done")
    _expect(make_host(bench).deliver("t", "m1", [call("write", 1)]), c0="in_doubt")
    _effects(bench, "write 1")


def case_killed_after_the_record(bench: Bench, make_host: MakeHost) -> None:
    """Hold that a process killed after the record, before the host knows, leaves the answer."""
    _kill(bench, make_host, "settled")
    _expect(make_host(bench).deliver("t", "m1", [call("write", 1)]), c0="released")
    _effects(bench, "write 1")


def _expect(endings: Endings, **expected: str) -> None:
    if dict(endings) != expected:
        raise AssertionError(f"the calls ended {dict(endings)}; expected {expected}")


def _effects(bench: Bench, *expected: str) -> None:
    if sorted(bench.effects) != sorted(expected):
        raise AssertionError(f"the effects are {bench.effects}; expected {list(expected)}")


def _kill(bench: Bench, make_host: MakeHost, point: str) -> None:
    """Deliver a call in another process that is killed at a crash point."""
    where = [inspect.getfile(make_host), make_host.__qualname__, str(bench.folder)]
    paths = {"INTERLOCK_CRASH_AT": point, "PYTHONPATH": os.pathsep.join(sys.path)}
    died = subprocess.run(  # noqa: S603 - this interpreter and this package
        [sys.executable, "-m", ENTRY, *where],
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if died.returncode != -signal.SIGKILL:
        raise AssertionError(f"the process was not killed at `{point}`: {died.stderr[-400:]}")
