"""Ask: what an interrupt carries to a client.

Plain JSON in the form that Agent Chat UI, agent-inbox, deepagents and LangChain clients read, with
a member of our own beside theirs. What the client answers is read by `interlock.desk.answers`.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from interlock.canon import MAX_SAFE_INTEGER
from interlock.desk.answers import Doorbell, InlineAnswer, Malformed, read_answer, restored
from interlock.desk.display import fenced, listing, visible

VERSION: Final = 1
"""Version of the member `interlock` of a payload."""


def interrupt_payload(  # noqa: PLR0913 - the members of one JSON object, all named
    *,
    tool: str,
    args: Mapping[str, Any],
    request_id: str,
    call_id: str,
    digest: str,
    decision: str,
    rules: Sequence[str],
    reason: str,
    signals: Mapping[str, Any],
    risk: str,
    consequences: str,
    expires_at: str,
    allowed: Sequence[str],
    chain: Sequence[Mapping[str, Any]] = (),
    claim: str = "",
    route: str = "",
    reasons: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write the question to a human about one call.

    Source: LangChain `HITLRequest` (`action_requests`, `review_configs`); `arguments` repeats
    `args` for agent-inbox, which reads that name.
    """
    shown = plain(dict(args))
    words = describe(tool, args, reason, consequences, claim, reasons)
    action = {"name": tool, "args": shown, "arguments": shown, "description": words}
    ours = {
        "v": VERSION,
        "request_id": request_id,
        "call_id": call_id,
        "digest": digest,
        "decision": decision,
        "rules": list(rules),
        "reason": reason,
        "signals": plain(dict(signals)),
        "signal_reasons": plain(dict(reasons)),
        "risk": risk,
        "consequences": consequences,
        "route": route,
        "expires_at": expires_at,
        "chain": plain([dict(link) for link in chain]),
        "claim": claim,
    }
    review = {"action_name": tool, "allowed_decisions": list(allowed)}
    return {"action_requests": [action], "review_configs": [review], "interlock": ours}


def describe(
    tool: str,
    args: Mapping[str, Any],
    reason: str,
    consequences: str,
    claim: str = "",
    reasons: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Say what is asked, in lines; different arguments never look alike.

    Some clients read Markdown, so every word stands in a fence that it cannot close: no image of
    the agent's is fetched, no link of its looks like ours. The arguments have one of their own.
    """
    lines = [f"{visible(tool)} needs approval", *_given("why", reason)]
    lines += [f"{name}: {visible(each)}" for name in sorted(reasons) for each in reasons[name]]
    lines += [*_given("if it runs", consequences), *_given("the agent says (unverified)", claim)]
    return "\n".join([fenced("\n".join(lines)), fenced(listing(dict(args)))])


def asked_again(payload: Mapping[str, Any], why: str) -> dict[str, Any]:
    """Return a payload that says first why the last answer did nothing."""
    first, *more = payload["action_requests"]
    again = {**first, "description": f"{fenced(visible(why))}\n{first['description']}"}
    ours = {**payload["interlock"], "error": why}
    return {**payload, "action_requests": [again, *more], "interlock": ours}


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON that any client and saver carries; what JSON lacks becomes text.

    Integers beyond 2^53-1 become text, as many readers would round them.
    """
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return value if abs(value) <= MAX_SAFE_INTEGER else str(value)
        case Mapping():
            members = cast("Mapping[object, object]", value)
            return {str(key): plain(item) for key, item in members.items()}
        case list() | tuple():
            return [plain(item) for item in cast("Sequence[object]", value)]
        case _:
            return str(value)


def _given(label: str, text: str) -> list[str]:
    return [f"{label}: {visible(text)}"] if text else []


__all__ = [
    "Doorbell",
    "InlineAnswer",
    "Malformed",
    "asked_again",
    "describe",
    "interrupt_payload",
    "plain",
    "read_answer",
    "restored",
]
