"""Execute: no warrant, no run; what a tool raises is its result."""

import asyncio

import pytest

from interlock.canon import encode
from interlock.conduct import Ready
from interlock.errors import WarrantError
from interlock.path.execution import Done, Failed
from interlock.path.proposal import Agent, CallKey, Claim, Context, fix
from interlock.path.warrant import Warrant
from interlock.policy.constraints import RunTerms
from interlock.tools.run import arun, run


def ready(args: dict[str, int] | None = None) -> Ready:
    """Make a claimed call."""
    key = CallKey("", "h", "t", "", "m", "c")
    proposal = fix(key, "pay", encode(args or {}), Context(Agent("bot")), Claim(), "", 0)
    warrant = Warrant("call", proposal, 1, "read")
    return Ready("call", warrant, "pay", proposal.canonical, proposal.args)


def test_runs_once() -> None:
    """The tool gets the stored arguments, once."""
    seen: list[object] = []
    claimed = ready({"a": 1})

    def invoke(tool: str, args: dict[str, object]) -> Done:
        seen.append((tool, args))
        return Done("ok")

    assert run(claimed, invoke) == Done("ok")
    with pytest.raises(WarrantError):
        run(claimed, invoke)
    assert seen == [("pay", {"a": 1})]


async def test_awaits_once() -> None:
    """The asynchronous edge keeps the same law."""
    claimed = ready()

    async def invoke(tool: str, args: dict[str, object]) -> Done:
        return Done(tool)

    assert await arun(claimed, invoke) == Done("pay")
    with pytest.raises(WarrantError):
        await arun(claimed, invoke)


async def test_an_error_is_a_result_and_control_flow_passes() -> None:
    """An exception becomes type and message; what the host named passes through."""

    def broken(tool: str, args: dict[str, object]) -> Done:
        raise KeyError("order")

    async def abroken(tool: str, args: dict[str, object]) -> Done:
        raise KeyError("order")

    assert run(ready(), broken) == await arun(ready(), abroken) == Failed("KeyError: 'order'")
    with pytest.raises(KeyError):
        run(ready(), broken, (KeyError,))
    with pytest.raises(KeyError):
        await arun(ready(), abroken, (KeyError,))


class Stop(BaseException):
    """What some libraries raise past `except Exception`."""


@pytest.mark.parametrize("kind", [Stop, SystemExit])
async def test_what_passes_by_handlers_is_a_result_too(kind: type[BaseException]) -> None:
    """Text that a tool raises past `except Exception` stays within the gate."""

    def broken(tool: str, args: dict[str, object]) -> Done:
        raise kind("card 4111")

    async def abroken(tool: str, args: dict[str, object]) -> Done:
        raise kind("card 4111")

    said = Failed(f"{kind.__name__}: card 4111")
    assert run(ready(), broken) == await arun(ready(), abroken) == said


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
def test_what_breaks_off_says_nothing(kind: type[BaseException]) -> None:
    """Cancellation and interruption pass, without the words that a tool gave them."""

    def broken(tool: str, args: dict[str, object]) -> Done:
        raise kind("card 4111")

    with pytest.raises(kind) as raised:
        run(ready(), broken)
    assert raised.value.args == ()


def test_the_key_of_a_call_is_its_digest() -> None:
    """A tool that takes an idempotency key gets the digest, and nothing else is changed."""
    given: list[object] = []
    claimed = ready({"a": 1})
    claimed.warrant.terms = RunTerms(idempotency_argument="key")

    run(claimed, lambda _, args: given.append(args) or Done("ok"))

    assert given == [{"a": 1, "key": claimed.warrant.digest}]
    assert claimed.args == {"a": 1}
