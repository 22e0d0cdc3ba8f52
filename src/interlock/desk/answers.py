"""Hear: what a resume payload means.

The reader accepts what Agent Chat UI, agent-inbox, deepagents and LangChain clients send. It never
raises, whatever it is given: an answer that nobody understands is an answer to ask again for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, cast

from interlock.canon import encode
from interlock.errors import CanonError

Verb: TypeAlias = Literal["approve", "edit", "reject", "respond"]

MAX_DEPTH: Final = 64
"""Nesting read in an answer; no client sends more."""

MAX_TEXT: Final = 10_000
"""Longest message or reason read in an answer, in characters."""

_VERBS: Final[Mapping[str, Verb]] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "reject": "reject",
    "ignore": "reject",
    "respond": "respond",
    "response": "respond",
}
"""Words of LangChain's decisions and of agent-inbox's responses."""


@dataclass(frozen=True, slots=True)
class Doorbell:
    """Look at the ledger: somebody may have decided there."""

    request_id: str = ""
    """The request that the ringer means; empty when it did not say."""
    kind: Literal["doorbell"] = field(default="doorbell", init=False)


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """A decision in the payload itself; whether it counts is for policy to say."""

    decision: Verb
    args: dict[str, Any] | None = None
    """For an edit: the new arguments."""
    tool: str | None = None
    """For an edit: the tool that it names."""
    message: str = ""
    """For a respond: what the agent is told instead of a result."""
    reason: str = ""
    stringified: bool = False
    """Whether the client turns every edited value into text; see `restored`."""
    kind: Literal["inline"] = field(default="inline", init=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Nobody can tell what was meant; ask again with these words."""

    why: str
    kind: Literal["malformed"] = field(default="malformed", init=False)


Received: TypeAlias = Doorbell | InlineAnswer | Malformed

_EXPECTED: Final = (
    "send `approve`, `reject`, true, false, "
    '{"decisions": [{"type": "approve" | "edit" | "reject" | "respond"}]}, '
    'or {"interlock": {"doorbell": true}}'
)


def restored(args: Mapping[str, Any], original: Mapping[str, Any]) -> dict[str, Any]:
    """Give edited values that a client turned into text the types that they had.

    A value whose text is the original's text is the original; text where the original had a number
    or a structure is read as JSON if it reads; anything else stays text.
    """
    return {
        name: _restored(value, original[name]) if name in original else value
        for name, value in args.items()
    }


def read_answer(payload: object) -> Received:
    """Tell what a resume payload means. Never raises."""
    if not _is_json(payload, 0):
        return Malformed(f"the answer is not JSON; {_EXPECTED}")
    return _read(payload)


def _read(payload: object) -> Received:
    if payload is True or payload is False:
        return InlineAnswer("approve" if payload else "reject")
    if isinstance(payload, str):
        return _word(payload)
    if isinstance(payload, list):
        return _only(cast("list[object]", payload), "answer")
    if isinstance(payload, dict):
        return _object(cast("dict[str, Any]", payload))
    return Malformed(f"the answer says nothing; {_EXPECTED}")


def _word(text: str) -> Received:
    match text.strip().lower():
        case "approve":
            return InlineAnswer("approve")
        case "reject":
            return InlineAnswer("reject")
        case _:
            return Malformed(
                f"the answer is a text that is neither `approve` nor `reject`; {_EXPECTED}"
            )


def _only(items: list[object], what: str) -> Received:
    if len(items) != 1:
        return Malformed(f"one question takes one {what}, not {len(items)}; {_EXPECTED}")
    (item,) = items
    if isinstance(item, dict):
        return _decision(cast("dict[str, Any]", item))
    return Malformed(f"the {what} is no object; {_EXPECTED}")


def _object(payload: dict[str, Any]) -> Received:
    ours, decisions = payload.get("interlock"), payload.get("decisions")
    if isinstance(ours, dict) and "doorbell" in ours:
        rung = cast("dict[str, Any]", ours)["doorbell"]
        return Doorbell(rung if isinstance(rung, str) else "")
    if isinstance(decisions, list):
        return _only(cast("list[object]", decisions), "decision")
    if "type" in payload:
        return _decision(payload)
    return Malformed(f"the answer has no `decisions` and no `type`; {_EXPECTED}")


def _decision(said: dict[str, Any]) -> Received:
    kind = said.get("type")
    verb = _VERBS.get(kind) if isinstance(kind, str) else None
    match verb:
        case "approve":
            return InlineAnswer("approve", reason=_text(said, "message"))
        case "reject":
            return InlineAnswer("reject", reason=_text(said, "message", "args"))
        case "respond":
            return _respond(said)
        case "edit":
            return _edit(said)
        case None:
            return Malformed(f"the decision's `type` is none that is known; {_EXPECTED}")


def _respond(said: dict[str, Any]) -> Received:
    message = _text(said, "message", "args")
    if not message:
        return Malformed(
            "a `respond` needs a `message`: what the agent is told instead of a result"
        )
    return InlineAnswer("respond", message=message)


def _edit(said: dict[str, Any]) -> Received:
    """Read LangChain's `edited_action` and agent-inbox's `args`, whose values are all text."""
    edited, stringified = said.get("edited_action"), False
    if edited is None:
        edited, stringified = said.get("args"), True
    action = cast("dict[str, Any]", edited) if isinstance(edited, dict) else {}
    tool = action.get("action", action.get("name"))
    given = action.get("args")
    if not isinstance(given, dict) or not (tool is None or isinstance(tool, str)):
        return Malformed('an `edit` needs `edited_action`: {"name": "…", "args": {…}}')
    args = cast("dict[str, Any]", given)
    try:
        encode(args)
    except CanonError as error:
        return Malformed(str(error))
    return InlineAnswer(
        "edit",
        args=args,
        tool=tool,
        reason=_text(said, "message"),
        stringified=stringified,
    )


def _text(said: dict[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(value := said.get(name), str):
            return value[:MAX_TEXT].encode("utf-8", "replace").decode()
    return ""


def _restored(value: Any, original: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, str) or isinstance(original, str):
        return value
    if value == str(original):
        return original
    if original is None:
        return None if value == "null" else value
    return _parsed(value)


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_json(value: object, depth: int) -> bool:
    """Tell by exact types, so that no code of the value's own is run."""
    if value is None or type(value) in (bool, int, float, str):
        return True
    if depth > MAX_DEPTH:
        return False
    if type(value) is list:
        return all(_is_json(item, depth + 1) for item in cast("list[object]", value))
    if type(value) is dict:
        members = cast("dict[object, object]", value)
        return all(type(key) is str and _is_json(item, depth + 1) for key, item in members.items())
    return False
