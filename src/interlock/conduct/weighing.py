"""Weigh: how unusual a call is for its agent, and how sure one may be of it, before it is decided.

Both are asked by what was learned of the agent (`conduct/learning.py`), which is at hand; only an
agent or a thread that this process never saw is read from the ledger. What cannot be looked at,
because it is too large or cannot be read, counts as most unusual: size is no way past the score.
Where a host gives an anomaly score of its own, the higher counts; a confidence of the host's
stands, as the source before all others.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

from interlock.conduct.experience import ANOMALY, CONFIDENCE, WEIGHED, Experience, Known
from interlock.conduct.learning import model_name
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.observing import Seen
from interlock.conduct.ports import Ports
from interlock.conduct.values import Intent, Turn
from interlock.errors import InterlockError
from interlock.path.proposal import Claim, Signal
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.signals import anomaly
from interlock.signals.confidence import Confidence, SourceClaim, confidence
from interlock.signals.observation import Observation, Unmeasured
from interlock.signals.oddities import oddities_after, surprise
from interlock.signals.profile import RECENT, UNSURE, before
from interlock.signals.sighting import Sighting

MIN_HISTORY: Final = 30
"""Calls of an agent before which there is no score, where the policy names no other number."""

_THREADS: Final = 1024
"""Threads whose last calls a process keeps at hand."""


class Weigher:
    """Weighs turns; keeps the last calls of each thread at hand."""

    def __init__(self) -> None:
        """Know no thread."""
        self._threads: OrderedDict[tuple[str, str, str], list[Before]] = OrderedDict()
        self._lock = Lock()

    def weigh(self, ports: Ports, turn: Turn, seen: Sequence[Seen]) -> Sequence[Measured]:
        """Weigh each call of a turn as it was seen, in their order; never raises."""
        policy, experience = ports.policy(), ports.experience
        if experience is None or WEIGHED.isdisjoint(policy.heeded):
            return [NOTHING] * len(turn.intents)
        try:
            return self._weigh(experience, policy, turn, seen)
        except InterlockError as error:
            lost = dict.fromkeys(WEIGHED & policy.heeded, f"the ledger did not answer ({error})")
            return [Measured(missing=lost)] * len(turn.intents)

    def _weigh(
        self, experience: Experience, policy: CompiledPolicy, turn: Turn, seen: Sequence[Seen]
    ) -> list[Measured]:
        agent = turn.context.agent
        known = experience.of(turn.context.tenant, agent.id, model_name(agent))
        earlier, mine = self._before(experience, turn), list[Observation]()
        found: list[Measured] = []
        for intent, (call, claim) in zip(turn.intents, seen, strict=True):
            weighing = _Weighing(policy, known, turn, intent, claim)
            found.append(weighing.of(call, [*earlier, *mine]))
            if isinstance(call, Observation):
                mine.append(call)
        self._remember(turn, mine)
        return found

    def _before(self, experience: Experience, turn: Turn) -> list[Observation]:
        """Return the last calls of a thread; of a turn that comes again nothing hangs on it."""
        thread = (turn.context.tenant, turn.host, turn.thread_id)
        with self._lock:
            known = self._threads.get(thread)
        if known is None:
            known = [Before(*each) for each in experience.recent(*thread, RECENT)]
            with self._lock:
                known = self._threads.setdefault(thread, known)
                if len(self._threads) > _THREADS:
                    self._threads.popitem(last=False)
        return [each.call for each in known]

    def _remember(self, turn: Turn, calls: Sequence[Observation]) -> None:
        thread = (turn.context.tenant, turn.host, turn.thread_id)
        with self._lock:
            known = self._threads.setdefault(thread, [])
            if any(each.turn == _name(turn) for each in known):
                return
            known += [Before(_name(turn), call) for call in calls]
            del known[:-RECENT]
            self._threads.move_to_end(thread)


class Before(NamedTuple):
    """A call of a thread, and whose turn it is of."""

    turn: tuple[str, str]
    """Checkpoint namespace, and id of the message."""
    call: Observation


def _name(turn: Turn) -> tuple[str, str]:
    return turn.checkpoint_ns, turn.turn_id


class _Weighing(NamedTuple):
    """One call, and by what it is weighed."""

    policy: CompiledPolicy
    known: Known
    turn: Turn
    intent: Intent
    claim: Claim

    def of(self, call: Observation | Unmeasured, earlier: Sequence[Observation]) -> Measured:
        """Weigh the call after those before it."""
        claims = self._claims() if CONFIDENCE in self.policy.heeded else {}
        found = self._sure(claims) if claims else NOTHING
        if isinstance(call, Unmeasured):
            return found.beside(self._odd(call)) if ANOMALY in self.policy.heeded else found
        thread, nats = before(call, earlier), None
        if ANOMALY in self.policy.heeded:
            odd = oddities_after(self.known.profile, call, thread)
            nats = surprise(odd) if self.known.profile.calls > UNSURE else None
            least = self.policy.document.signals.anomaly.min_history or MIN_HISTORY
            weighed = anomaly.weigh(self.known.profile, call.tool, odd, least)
            found = found.beside(self._odd(weighed))
        said = {source: one.said_0_1 for source, one in claims.items() if one is not None}
        return found._replace(observation=Sighting(call, thread, nats, said).to_text())

    def _odd(self, weighed: anomaly.Anomaly | Unmeasured) -> Measured:
        """Say how unusual the call is; of a host's score and ours the higher counts."""
        given = self.turn.context.signals.get(ANOMALY)
        match weighed:
            case Unmeasured("cold_start", words):
                return NOTHING if given is not None else Measured(missing={ANOMALY: words})
            case Unmeasured(_, words):
                score, why = 1.0, (words,)
            case anomaly.Anomaly():
                score, why = weighed.score_0_1, weighed.reasons
        if given is not None and not _is_at_most(given, score):
            return NOTHING
        return Measured({ANOMALY: score}, {ANOMALY: why})

    def _sure(self, claims: Mapping[str, SourceClaim | None]) -> Measured:
        """Say how sure one may be of the call; a host's own word stands."""
        if self.turn.context.signals.get(CONFIDENCE) is not None:
            return NOTHING
        order, learned = self.policy.confidence_sources, self.policy.document.signals.confidence
        tables = self.known.reputation.tables if learned.calibration == "learned" else {}
        agent = self.turn.context.agent
        found = confidence(order, claims, tables, agent.id, self._class(), model_name(agent))
        if isinstance(found, Confidence):
            words = (f"{found.source}: {found.words}",)
            return Measured({CONFIDENCE: found.value_0_1}, {CONFIDENCE: words})
        return Measured(missing={CONFIDENCE: found.words})

    def _claims(self) -> dict[str, SourceClaim | None]:
        """Return what each source says, also of those that the policy does not name."""
        agent, tool, declared = self.turn.context.agent.id, self.intent.tool, None
        if (said := self.claim.confidence_0_1) is not None:
            declared = SourceClaim(said, f"the agent says {said:.2f} of itself")
        record = self.known.reputation.record
        right = record.confidence(agent, tool)
        own = None if right is None else SourceClaim(right, record.words(agent, tool))
        return {"declared": declared, "record": own, **self.intent.said}

    def _class(self) -> str:
        known = self.policy.tool(self.intent.tool)
        return known.effect if known else "non_idempotent"


def _is_at_most(given: Signal, score: float) -> bool:
    """Tell whether a host gave a lower score; what is no number is left for rules to stumble on."""
    return isinstance(given, int | float) and not isinstance(given, bool) and given <= score
