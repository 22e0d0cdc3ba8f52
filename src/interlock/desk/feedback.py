"""Teach: what people corrected, in the shapes that trainers of models read.

A preference pair is what the agent did and what a person would have had instead; a label is one
call and whether it was right. The record has no conversations: a prompt is what was said along the
context chain, and `context` names thread and turn, by which to join one's own.
Source: TRL, dataset formats: conversational preference with tools, and unpaired preference.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

CorrectionKind: TypeAlias = Literal["approval", "edit", "rejection", "response", "finding"]

JsonObject: TypeAlias = dict[str, Any]


class Material(NamedTuple):
    """What of a correction was said or written by somebody, and is redacted before it is told."""

    tool: str
    args: JsonObject
    said: tuple[Mapping[str, str], ...] = ()
    """Along the context chain: `agent` and what it `says`."""
    words: str = ""
    """What the person said: a reason, or the answer in the call's place."""
    instead: JsonObject | None = None
    """Of an edit, `tool` and `args` as they ran."""

    def json(self) -> JsonObject:
        """Return it as JSON, in which whatever is found is taken out."""
        return {**self._asdict(), "said": [dict(each) for each in self.said]}

    @classmethod
    def of(cls, parts: JsonObject) -> "Material":
        """Read what `json` wrote; what was removed whole is empty."""
        said = tuple(parts.get("said") or ())
        words, instead = parts.get("words") or "", parts.get("instead")
        return cls(str(parts.get("tool", "")), dict(parts.get("args") or {}), said, words, instead)


class CorrectedCall(NamedTuple):
    """What one person said of one call that an agent proposed."""

    kind: CorrectionKind
    right: bool
    """Whether nothing was wrong with the call."""
    material: Material
    context: JsonObject
    """Agent, model, topic, risk and where the call stood; nothing that somebody wrote."""
    measured: JsonObject
    """What was known of the call when it was decided: signals that are numbers, level, chance."""
    provenance: JsonObject
    """By which the line is found in the record: entry, leaf, call, digest, policy."""
    parameters: JsonObject
    """JSON Schema of the tool's arguments; empty where none is known."""


def pair(one: CorrectedCall) -> JsonObject | None:
    """Return a preference pair; None where nobody said what would have been better."""
    said = one.material
    if one.right:
        return None
    if said.instead is not None:
        chosen = _calls(str(said.instead["tool"]), dict(said.instead["args"]))
    elif said.words.strip():
        chosen = {"role": "assistant", "content": said.words}
    else:
        return None
    return {
        "prompt": _prompt(said.said),
        "chosen": [chosen],
        "rejected": [_calls(said.tool, said.args)],
        **_around(one),
    }


def label(one: CorrectedCall) -> JsonObject:
    """Return one call with whether it was right, and what was known when it was decided."""
    return {
        "prompt": _prompt(one.material.said),
        "completion": [_calls(one.material.tool, one.material.args)],
        "label": one.right,
        **one.measured,
        **_around(one),
    }


def _around(one: CorrectedCall) -> JsonObject:
    function = {"name": one.material.tool, "description": "", "parameters": one.parameters}
    return {
        "tools": [{"type": "function", "function": function}],
        "correction": one.kind,
        "context": one.context,
        "provenance": one.provenance,
    }


_UNHEARD: Final = "(what was asked for is not in the record; join by thread and turn)"


def _prompt(said: Sequence[Mapping[str, str]]) -> list[JsonObject]:
    told = "\n".join(f"{each['agent']}: {each['says']}" for each in said if each.get("says"))
    return [{"role": "user", "content": told or _UNHEARD}]


def _calls(tool: str, args: JsonObject) -> JsonObject:
    """Return the message of an assistant that calls a tool; arguments as an object."""
    function = {"name": tool, "arguments": args}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": function}],
    }
