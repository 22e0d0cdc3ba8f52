"""Hear: how sure a model was of its calls, where its provider or its host says so."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from langchain_core.messages import AIMessage

from interlock.signals.agreement import SampledCall, agreement
from interlock.signals.confidence import SourceClaim
from interlock.signals.logprobs import sureness, tokens_of

SAMPLES: Final = "interlock_samples"
"""Member of a message's `additional_kwargs` in which a host gives the model's other samples of the
same turn: a list of turns, each the list of its calls with `name` and `args`."""

_SILENT: Final[Mapping[str, SourceClaim]] = MappingProxyType({})


def claims_of(message: AIMessage) -> list[Mapping[str, SourceClaim]]:
    """Return what is said of each call of a message, in their order; never raises.

    `logprobs` are read from `response_metadata`, `agreement` from `SAMPLES`.
    """
    try:
        sure, agreed = _sure(message), _agreed(message)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return [_SILENT] * len(message.tool_calls)
    return [{**one, **other} for one, other in zip(sure, agreed, strict=True)]


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
