"""Draw: evidence against what it takes, in a few lines of text."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from interlock.cli.screen import amount, local, print_fields, print_table, say
from interlock.clock import parse_stamp
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.grades import AgentAutonomy
    from interlock.app.regrading import WhatIf
    from interlock.autonomy.career import CareerEntry, Promotion

_WIDTH: Final = 20
"""Cells of a bar."""

_NAMES: Final = ("supervised", "assisted", "semi-autonomous", "autonomous")


def bar(share: float) -> str:
    """Draw how much of what is wanted is there; more than all of it is a full bar."""
    full = 0 if math.isnan(share) else round(_WIDTH * min(1.0, max(0.0, share)))
    return "█" * full + "·" * (_WIDTH - full)


def print_evidence(found: "AgentAutonomy") -> None:
    """Print an agent's evidence at its level, and what is missing for the next."""
    now = found.evidence.now
    say(f"{visible(found.agent)}: level {found.level}, {_NAMES[found.level]}")
    fields = [
        ("successes", f"{now.successes}, of which {now.right} were looked at"),
        ("errors", _errors(now._asdict())),
        ("at the level", f"{found.days_at_level:.1f} days"),
    ]
    ready = found.ready
    if ready is not None:
        rate = ready.errors
        interval = f"95 % interval {100 * rate.low:.1f} to {100 * rate.high:.1f} %"
        fields.append(("error rate", f"{100 * rate.value:.1f} % of {rate.of}, {interval}"))
    if ready is not None and ready.log_weight is not None:
        from interlock.autonomy.martingale import enough

        share = ready.log_weight / enough()
        fields.append(("weight", f"{bar(share)} {ready.log_weight:.2f} of {enough():.2f}"))
    print_fields(fields)
    _print_next(found)


def _print_next(found: "AgentAutonomy") -> None:
    ready = found.ready
    if ready is None:
        say("the policy has no promotion_criteria: people set levels by hand")
    elif ready.met:
        say("the criteria for the next level are met")
    else:
        say("for the next level are missing:" if ready.next_level is not None else "no next level:")
        for each in ready.missing:
            say(f"  {each}")
    if found.promotion is not None:
        say(f"promotion {found.promotion.id} waits: interlock autonomy requests")
    for each in found.incidents:
        say(f"incident {each.id} is open: {visible(each.concerns)}")


def _errors(exposure: Mapping[str, int]) -> str:
    named = {"unseen", "right"}
    parts = [f"{many} {kind}" for kind, many in exposure.items() if many and kind not in named]
    return ", ".join(parts) or "none"


def print_promotion(asked: "Promotion") -> None:
    """Print one question about a rise, with its evidence and who answered."""
    body = asked.opened.body
    terms: Mapping[str, Any] = body["terms"]
    now = _exposure(body["evidence"]["now"])
    good = now["unseen"] + now["right"]
    total = sum(now.values())
    say(f"{asked.id}  {visible(asked.agent)}: level {asked.level} → {asked.to}")
    people = ", ".join(map(visible, terms.get("eligible") or ())) or "anyone apart from it"
    fields = [
        ("tenant", visible(asked.tenant) or "-"),
        ("asked", local(parse_stamp(asked.opened.at))),
        ("evidence", f"{bar(good / total if total else 0.0)} {good} of {total} went well"),
        ("looked at", f"{total - now['unseen']} of {total}"),
        ("errors", _errors(now)),
        ("since", str(body["evidence"]["since"] or "-")),
        ("who signs", f"{terms.get('quorum', 1)} of {people}"),
        ("not", ", ".join(map(visible, body["excluded"]))),
    ]
    answers = ", ".join(f"{visible(one.actor)} {one.body['answer']}" for one in asked.answers)
    print_fields([*fields, ("answers", answers or "none")])


def _exposure(counts: Sequence[int]) -> dict[str, int]:
    from interlock.autonomy.evidence import Exposure

    return Exposure(*counts)._asdict()


def print_history(told: "Sequence[CareerEntry]") -> None:
    """Print what the record tells of an agent's level, the oldest first."""
    if not told:
        say("nothing is recorded of its level; see interlock audit log --agent")
        return
    rows = [
        (local(parse_stamp(each.at)), each.kind, _step(each.body), visible(each.actor), _why(each))
        for each in told
    ]
    print_table(("at", "what", "level", "by", "why"), rows)


def _step(body: Mapping[str, Any]) -> str:
    before = body.get("from")
    return "" if "to" not in body else f"{'-' if before is None else before} → {body['to']}"


def _why(told: "CareerEntry") -> str:
    body = told.body
    return visible(str(body.get("reason") or body.get("why") or body.get("promotion") or ""))


def print_what_if(found: "WhatIf", days: float) -> None:
    """Print how an agent's calls would have been decided at another level."""
    who, level = visible(found.agent), found.level
    say(f"{amount(found.calls, 'call')} of {who} in {days:g} days, at level {level}:")
    rows = [(was, now, str(many)) for (was, now), many in found.changed]
    if rows:
        print_table(("decided", f"at level {level}", "calls"), rows)
    say(f"{amount(found.passing, 'call')} that people were asked about would have run unasked")
