"""Read on: fold what was sealed into agents' evidence, and do what it says of their levels.

Never on a call's way: whoever sealed entries, and `gate.recover`, read on from where the last pass
ended. How far was read, what was folded, and the falls and questions that follow from it commit
together, by compare-and-set: of several that read the same entries one is heard.
"""

from collections.abc import Iterable
from typing import Final

from interlock.autonomy.career import Career, career
from interlock.autonomy.evidence import Found
from interlock.autonomy.tally import AgentName, AgentWork, WorkTally, agent_of
from interlock.conduct.falling import Misdeed, fall
from interlock.conduct.faults import crash_point
from interlock.conduct.levels import TallyMemory
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.rising import tend
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.operations import ErrorRateTrigger

PAGE: Final = 512
"""Entries that one transaction folds at most."""


def watches(policy: CompiledPolicy) -> bool:
    """Whether levels follow from evidence under this policy; else nothing is folded by itself."""
    document = policy.document
    return document.promotion_criteria is not None or bool(document.demotion_triggers)


def tally_page(ports: Ports, memory: TallyMemory) -> bool:
    """Fold one page of the log; whether there may be more."""
    ports = ports.pinned()
    policy, start = ports.policy(), memory.upto()
    page = memory.page(start, PAGE)
    if page.upto == start:
        return False
    tally = WorkTally(memory.works({agent_of(fact) for fact in page.facts}))
    tally.hear(page.facts)
    crash_point("tallied")
    with ports.ledger.begin() as tx:
        if not tx.levels.keep(start, page.upto, tally.changed):
            return True  # somebody else read it; there may be more
        _follow(tx, policy, tally, page.upto)
    return page.upto - start == PAGE


def tend_all(ports: Ports, memory: TallyMemory) -> None:
    """Ask about every agent that time alone made ready, and end what nobody answered."""
    ports = ports.pinned()
    policy = ports.policy()
    if policy.document.promotion_criteria is None:
        return
    for name, work in memory.works(agent for _, agent in memory.names()).items():
        with ports.ledger.begin() as tx:
            tend(tx, policy, name, work, memory.upto())


def _follow(tx: Transaction, policy: CompiledPolicy, tally: WorkTally, leaf: int) -> None:
    """Let fall whom the page says to, then ask about who may rise."""
    if tally.harmed:
        _harmed(tx, policy, tally, career(tx.levels.told()))
    for name in sorted(tally.erred):
        _erred(tx, policy, name, tally.works[name])
    for name, work in sorted(tally.changed.items()):
        tend(tx, policy, name, work, leaf)


def _harmed(tx: Transaction, policy: CompiledPolicy, tally: WorkTally, known: Career) -> None:
    """Harm that a person confirmed is a safety incident, once for each call."""
    done = {each.opened.body["call_id"] for each in known.incidents.values()}
    for fact in tally.harmed:
        acted = fact.acted if isinstance(fact, Found) else fact
        if acted.call_id in done:
            continue
        done.add(acted.call_id)
        what = "an audit found harm" if isinstance(fact, Found) else "a result was rightly held"
        deed = Misdeed("safety_incident", what, acted.call_id)
        fall(tx, policy, (acted.place.tenant, acted.place.agent), deed)


def _erred(tx: Transaction, policy: CompiledPolicy, name: AgentName, work: AgentWork) -> None:
    """Let fall who errs too often at its present level; the log may have moved on since."""
    level = tx.levels.of(*name)
    if (policy.initial_level if level is None else level) != work.evidence.level:
        return
    for trigger in _rates(policy):
        if work.errs_above(trigger, tx.now()):
            reason = f"more than {100 * trigger.error_rate_above:g} % of its actions were errors"
            fall(tx, policy, name, Misdeed("error_rate_above", reason))
            return


def _rates(policy: CompiledPolicy) -> Iterable[ErrorRateTrigger]:
    triggers = policy.document.demotion_triggers
    return (each for each in triggers if isinstance(each, ErrorRateTrigger))
