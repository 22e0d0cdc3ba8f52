"""Hear: how sure a model was of its calls, where its provider or its host says so."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from langchain_core.messages import AIMessage

from interlock.path.proposal import RESERVED_ARGUMENT
from interlock.policy.facts import is_number
from interlock.signals.agreement import SampledCall, agreement
from interlock.signals.confidence import SourceClaim
from interlock.signals.logprobs import sureness, tokens_of

SAMPLES: Final = "interlock_samples"
"""Member of a message's `additional_kwargs` in which a host gives the model's other samples of the
same turn: a list of turns, each the list of its calls with `name` and `args`."""

DECLARED: Final = "interlock_confidence"
"""Member in which an agent declares how sure it is of each call, 0..1: an object by the call's id.
The reserved argument counts before it."""

_SILENT: Final[Mapping[str, SourceClaim]] = MappingProxyType({})


def claims_of(message: AIMessage) -> list[Mapping[str, SourceClaim]]:
    """Return what is said of each call of a message, in their order; never raises.

    `logprobs` are read from `response_metadata`, `agreement` from `SAMPLES`, `declared` from
    `DECLARED`.
    """
    try:
        found = zip(_sure(message), _agreed(message), _declared(message), strict=True)
        return [{**sure, **agreed, **declared} for sure, agreed, declared in found]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return [_SILENT] * len(message.tool_calls)


def _declared(message: AIMessage) -> list[Mapping[str, SourceClaim]]:
    """Read what the agent declares beside its calls; what is no probability is no word."""
    given = cast("Mapping[str, object]", message.additional_kwargs.get(DECLARED) or {})
    found = list[Mapping[str, SourceClaim]]()
    for call in message.tool_calls:
        said = None if RESERVED_ARGUMENT in call["args"] else given.get(call["id"] or "")
        if is_number(said) and 0 <= said <= 1:
            words = f"the agent says {said:.2f} of itself"
            found.append({"declared": SourceClaim(float(said), words)})
        else:
            found.append(_SILENT)
    return found


def _sure(message: AIMessage) -> list[Mapping[str, SourceClaim]]:
    tokens = tokens_of(message.response_metadata)
    if tokens is None:
        return [_SILENT] * len(message.tool_calls)
    found, start = list[Mapping[str, SourceClaim]](), 0
    for call in message.tool_calls:
        sure = sureness(tokens, call["name"], call["args"], start)
        start = start if sure is None else sure[1]
        claim = sure and SourceClaim(sure[0].confidence_0_1, sure[0].words())
        found.append({"logprobs": claim} if claim else _SILENT)
    return found


def _agreed(message: AIMessage) -> list[Mapping[str, SourceClaim]]:
    given = message.additional_kwargs.get(SAMPLES)
    samples = [_sample(turn) for turn in cast("list[Any]", given)] if given else []
    said = [agreement((call["name"], call["args"]), samples) for call in message.tool_calls]
    return [
        {"agreement": SourceClaim(one.confidence_0_1, one.words())} if one else _SILENT
        for one in said
    ]


def _sample(turn: Sequence[Mapping[str, Any]]) -> list[SampledCall]:
    return [(str(call["name"]), dict(call["args"])) for call in turn]
