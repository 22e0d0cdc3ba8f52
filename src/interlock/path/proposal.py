"""Propose: what the agent wants to do, fixed to the byte.

Two different calls never share a digest: it covers tool, schema, arguments, agent, principal, the
call's identity, its revision and a random nonce. The nonce lies with the arguments, so that the
digest of a small value cannot be guessed back, and goes when they are erased.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast

from interlock.canon import decode, digest, digest_bytes, encode
from interlock.errors import CanonError, InterlockError
from interlock.names import is_clean
from interlock.settings import ARGUMENTS_BYTES, VALUE_BYTES

RESERVED_ARGUMENT: Final = "_interlock"
"""Argument in which an agent may declare its confidence; taken out before anything else."""

_DOMAIN: Final = "interlock/call/v1"


class Agent(NamedTuple):
    """Who proposes."""

    id: str
    owner: str | None = None
    """Person answerable for the agent; never counts as an approver."""
    model: str | None = None
    version: str | None = None


class Link(NamedTuple):
    """One step of the context chain: who started this agent, and why."""

    agent: str
    says: str


class CallKey(NamedTuple):
    """The identity of a call. Models and scripts reuse tool-call ids, so nothing less will do."""

    tenant: str
    host: str
    thread_id: str
    checkpoint_ns: str
    """Namespace of the thread's outermost graph; what lies below has other ids in each run."""
    turn_id: str
    """Id of the AIMessage; where there is none, of the task that delivers the call."""
    tool_call_id: str

    @property
    def turn(self) -> tuple[str, ...]:
        """All but the call's own id: what siblings share."""
        return self[:5]

    @property
    def text(self) -> str:
        """One text per key, for unique columns."""
        return _key_text(self)


@lru_cache(maxsize=1024)
def _key_text(key: CallKey) -> str:
    return digest("interlock/call-key/v1", list(key))


Signal: TypeAlias = float | int | bool | str | tuple[str, ...]
"""A text says what a host gave in place of a number; no rule can evaluate it. A tuple are names."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the host says about a run; never taken from the model or its arguments."""

    agent: Agent
    principal: str = ""
    """The person or account on whose behalf the agent acts; never counts as an approver."""
    tenant: str = ""
    chain: tuple[Link, ...] = ()
    signals: Mapping[str, Signal] = field(default_factory=lambda: MappingProxyType({}))
    """Signals that the host supplies, by name."""
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Whatever else the host knows, as `context` in the policy."""


def require_ids(context: Context) -> None:
    """Refuse ids of agents and tenants that nobody could type. Raises `InterlockError`."""
    agents = (context.agent.id, *(link.agent for link in context.chain))
    named = [("agent", each) for each in agents]
    for kind, name in [*named, *([("tenant", context.tenant)] if context.tenant else [])]:
        if not is_clean(name):
            raise InterlockError(
                f"the {kind} of the run is {name!a}; expected an id that is seen as it is written: "
                "no white space around it, nothing invisible in it"
            )


@dataclass(frozen=True, slots=True)
class Claim:
    """What an agent says of its own call; shown as unverified."""

    confidence_0_1: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One call, fixed."""

    key: CallKey
    revision: int
    """0 as proposed; one more for each edit."""
    tool: str
    tool_schema: str
    """Digest of the schema that the model was shown; empty when the tool is unknown."""
    canonical: bytes
    """Canonical arguments: what is shown, approved and executed."""
    context: Context
    claim: Claim
    nonce: str
    digest: str

    @property
    def args(self) -> dict[str, Any]:
        """The arguments, read back from the canonical bytes."""
        return decode(self.canonical)


def propose(
    key: CallKey,
    tool: str,
    args: Mapping[str, Any],
    context: Context,
    *,
    tool_schema: str = "",
    revision: int = 0,
    nonce: str | None = None,
) -> Proposal:
    """Fix one call.

    Raises `CanonError` for an argument that cannot be carried exactly, or all that are too large.
    """
    plain, claim = split_claim(args)
    return fix(key, tool, encode(plain), context, claim, tool_schema, revision, nonce)


def require_size(args: Mapping[str, Any]) -> None:
    """Refuse arguments that would take too long to fix and to judge.

    Raises `CanonError`.
    """
    left, stack = ARGUMENTS_BYTES, list[Any]([args])
    while stack:
        match item := stack.pop():
            case str():
                left -= len(item) if item.isascii() else len(item.encode(errors="replace"))
            case Mapping():
                stack.extend(cast("Mapping[Any, Any]", item))
                stack.extend(cast("Mapping[Any, Any]", item).values())
            case list() | tuple():
                stack.extend(cast("list[Any]", item))
            case bytes():
                left -= len(item)
            case _:
                pass
        left -= VALUE_BYTES
        if left - len(stack) * VALUE_BYTES < 0:
            raise CanonError(f"the arguments are larger than {ARGUMENTS_BYTES:,} bytes")


def fix(
    key: CallKey,
    tool: str,
    canonical: bytes,
    context: Context,
    claim: Claim,
    tool_schema: str,
    revision: int,
    nonce: str | None = None,
) -> Proposal:
    """Make the proposal of canonical arguments; the same parts always give the same digest."""
    salt = nonce if nonce is not None else secrets.token_hex(16)
    parts = {
        "tool": tool,
        "tool_schema": tool_schema,
        "principal": context.principal,
        "call_key": list(key),
        "revision": revision,
        "nonce": salt,
        "v": 1,
    }
    # Members sort by name: `agent`, `args`, then the others. The arguments are canonical already.
    head, tail = encode({"agent": context.agent.id}), encode(parts)
    name = digest_bytes(_DOMAIN, head[:-1] + b',"args":' + canonical + b"," + tail[1:])
    return Proposal(key, revision, tool, tool_schema, canonical, context, claim, salt, name)


def readable(text: str) -> str:
    """Replace lone surrogates, so that a name or a remark of a model never stops its turn."""
    return text.encode("utf-8", "replace").decode()


def split_claim(args: Mapping[str, Any]) -> tuple[dict[str, Any], Claim]:
    """Take the agent's claim out of the arguments; a malformed claim counts as none.

    Raises `CanonError` for arguments that are too large.
    """
    require_size(args)
    plain = {name: value for name, value in args.items() if name != RESERVED_ARGUMENT}
    said = args.get(RESERVED_ARGUMENT)
    if not isinstance(said, Mapping):
        return plain, Claim()
    members = cast("Mapping[str, Any]", said)
    confidence, why = members.get("confidence"), members.get("why")
    words = readable(why) if isinstance(why, str) else ""
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return plain, Claim(None, words)
    return plain, Claim(float(confidence) if 0 <= confidence <= 1 else None, words)


def unnamed(key: CallKey) -> str:
    """Return what names a call without its message: the first to use it in a thread has it."""
    return "unnamed-" + digest("interlock/unnamed/v1", list(key._replace(turn_id="")))


def conflict_key(key: CallKey, mark: str) -> CallKey:
    """Return the key under which a conflicting delivery is recorded."""
    return key._replace(tool_call_id=f"{key.tool_call_id}#conflict-{mark[:16]}")


def schema_digest(tool: str, schema: dict[str, Any]) -> str:
    """Return the digest under which a tool's argument schema is kept, apart from any other's."""
    return digest("interlock/tool-schema/v2", {"tool": tool, "schema": schema}, "tool_schema")
