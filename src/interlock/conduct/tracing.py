"""Trace: where the values of a turn's calls came from, of what the model was given before it.

One conversation is kept per thread, to which each turn adds what is new; results that a host takes
out of its messages stay. Its values stand in this process's memory only, of the threads used last.
A host that sees no messages has it from the ledger: the results that were released there.

Tracing takes at most the budget of a turn. What takes longer goes on beside it and counts as
missing, as does everything that fails.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any, Final

from interlock.conduct.beside import TimedWork
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.past import Past
from interlock.conduct.ports import Ports
from interlock.conduct.values import Intent, Turn
from interlock.path.hearing import Hearing, ToolResult, UserText
from interlock.path.inspection import inspect
from interlock.path.proposal import RESERVED_ARGUMENT, Signal
from interlock.path.redaction import redacted
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.match import PROVENANCE
from interlock.policy.vouching import vouched_values
from interlock.signals.identifiers import TooMuch, identifiers
from interlock.signals.origins import Origin
from interlock.signals.provenance import Conversation, Provenance

THREADS: Final = 64
"""Threads whose conversations a process keeps."""
SHOWN: Final = 8
"""Values of one call that a reviewer is told of."""


class Tracer:
    """Traces turns; keeps the conversations of the threads used last."""

    def __init__(self) -> None:
        """Know no thread."""
        self._threads: OrderedDict[tuple[str, ...], _Thread] = OrderedDict()
        self._lock = Lock()
        self._beside = TimedWork("tracing", "traced")

    def trace(self, ports: Ports, turn: Turn) -> Sequence[Measured]:
        """Trace each call of a turn, in their order; never raises."""
        policy = ports.policy()
        asked = PROVENANCE & policy.heeded
        if not asked:
            return [NOTHING] * len(turn.intents)
        found: list[Measured] = []
        why = self._beside.in_time(partial(self._trace, ports, policy, turn, found))
        if not why and len(found) == len(turn.intents):
            return found
        return [Measured(missing=dict.fromkeys(asked, why))] * len(turn.intents)

    def _trace(
        self, ports: Ports, policy: CompiledPolicy, turn: Turn, found: list[Measured]
    ) -> None:
        thread = self._thread(ports.past, policy, turn)
        heard = turn.heard
        if heard is None:
            heard = ports.past.released(turn) if ports.past else ()
        traced: list[Measured] = []
        with thread.lock:
            thread.hear(heard, policy)
            for intent in turn.intents:
                call = thread.conversation.trace(_args(intent), intent.tool)
                tool = policy.tool(intent.tool)
                tags = tool.risk_tags if tool else None
                effects = thread.conversation.unasked_effects(intent.tool, tags)
                traced.append(_measured(call, effects, partial(_masked, ports, policy)))
        found += traced

    def _thread(self, past: Past | None, policy: CompiledPolicy, turn: Turn) -> "_Thread":
        """Return a thread's conversation; a new one where the policy is another."""
        context = turn.context
        key = (context.tenant, context.agent.id, turn.host, turn.thread_id)
        with self._lock:
            known = self._threads.get(key)
            if known is None or known.policy != policy.digest:
                sees_user = turn.heard is not None
                named = vouched_values(policy.document)
                begun = Conversation([] if sees_user else None, catalogue=named)
                known = _Thread(policy.digest, begun)
                self._threads[key] = known
                while len(self._threads) > THREADS:
                    self._threads.popitem(last=False)
            self._threads.move_to_end(key)
        with known.lock:
            if past and not known.knows_history:
                for tool, args in past.approved(context.tenant, context.agent.id):
                    known.conversation.approved(_values(args), tool)
                known.knows_history = True
        return known


class _Thread:
    """What was heard in one thread so far."""

    def __init__(self, policy: str, conversation: Conversation) -> None:
        self.policy = policy
        self.conversation = conversation
        self.knows_history = False
        self.lock = Lock()
        self._known: set[int] = set()

    def hear(self, heard: Hearing, policy: CompiledPolicy) -> None:
        """Take in what is new; each thing once."""
        for each in heard:
            mark = hash((each.text, each.id, each.tool) if isinstance(each, ToolResult) else each)
            if mark in self._known:
                continue
            if isinstance(each, UserText):
                self.conversation.said(each.text)
            else:
                tool = policy.tool(each.tool) if each.tool else None
                trusted = tool is not None and tool.trusted
                name = each.tool or "a tool without a name"
                self.conversation.returned(name, each.args, each.text, trusted=trusted)
            self._known.add(mark)


def _args(intent: Intent) -> dict[str, Any]:
    return {name: value for name, value in intent.args.items() if name != RESERVED_ARGUMENT}


def _values(args: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return the values of an approved call; none of one that says too much."""
    try:
        return [each.text for each in identifiers(args)]
    except TooMuch:
        return []


def _measured(
    call: Provenance, effects: frozenset[str] | None, mask: Callable[[str], str]
) -> Measured:
    signals: dict[str, Signal] = {"after_untrusted_read": call.after_untrusted_read}
    missing: dict[str, str] = {}
    reasons: dict[str, tuple[str, ...]] = {}
    why = call.missing or "the host does not see what the user says"
    if call.unprompted_identifier is None:
        missing["unprompted_identifier"] = why
    else:
        signals["unprompted_identifier"] = call.unprompted_identifier
    if call.tainted_by is None:
        missing["tainted_by"] = why
    else:
        signals["tainted_by"] = tuple(sorted(call.tainted_by))
    if effects is None:
        missing["unasked_effects"] = "the host does not see what the user says"
    else:
        signals["unasked_effects"] = tuple(sorted(effects))
    told = [each for each in call.origins if each.unprompted]
    if told:
        more = len(told) - SHOWN
        said = [_told(each, mask) for each in told[:SHOWN]]
        reasons["unprompted_identifier"] = (*said, *([f"and {more} more"] if more > 0 else []))
    if effects:
        said = f"no word of the user's speaks of it: {', '.join(sorted(effects))}"
        reasons["unasked_effects"] = (said,)
    return Measured(signals, reasons, missing)


def _told(origin: Origin, mask: Callable[[str], str]) -> str:
    """Say why a value is unprompted, with what stands around it; masked as results are."""
    words = origin.unprompted.words if origin.unprompted else ""
    if not origin.mentions:
        return words
    return f"{words}: {json.dumps(mask(origin.mentions[0].excerpt), ensure_ascii=False)}"


def _masked(ports: Ports, policy: CompiledPolicy, excerpt: str) -> str:
    """Take out of an excerpt what output review would take out of the result.

    Instructions to a model stay: they are what the reviewer has to see.
    """
    output = policy.output._replace(injection="allow", max_length=None)
    inspection = inspect(excerpt, None, output, ports.detectors())
    if inspection.verdict == "WITHHOLD":
        return "[withheld by policy]"
    masked = redacted(excerpt, "response", inspection, ports.anonymizer())
    return masked if isinstance(masked, str) else "[withheld by policy]"
