"""Suggest: rules whose questions people always answer alike, rules that never speak, thresholds.

Nothing is changed. Each suggestion names the change of the file, and what it would have let pass of
the calls that a ledger holds, those first that a person did not approve. Whose people were not seen
to look is no witness: what they always approve goes on being asked.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from interlock.app.comparing import Tick, let_pass, reassessed
from interlock.app.policy import Policy
from interlock.app.relaxing import ANSWERS, ENOUGH, Recalled, step_down, witness
from interlock.errors import PolicyError
from interlock.intervals import Share, share
from interlock.ledger.answered import Recorded
from interlock.ledger.disclosures import Disclosed
from interlock.policy.authoring.bounds import FEW, MANY, better, beyond, compared
from interlock.policy.evaluation.rules import Rule, RuleSet
from interlock.policy.match import SIGNAL_NAMES


class Suggestion(NamedTuple):
    """One change that the record speaks for, or that it seems to speak for."""

    kind: Literal["relax", "keep", "threshold", "never_hit"]
    """`keep`: it would be relaxed, had its people been seen to look."""
    rule: str
    because: str
    entry: Mapping[str, Any] | None
    """The rule as it would stand in the file; None where none is proposed."""
    share: Share
    """Approvals of answers, calls asked about of calls, or calls that the rule spoke about."""
    passes: int = 0
    """Recorded calls that would have run without asking."""
    refused: tuple[str, ...] = ()
    """Ids of those among them that a person did not approve."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**self._asdict(), "share": {**self.share._asdict(), "value": self.share.value}}


class _Effect(NamedTuple):
    suggestion: Suggestion
    freed: tuple[Recalled, ...]
    """Calls that it would have let run without asking."""


class _Place(NamedTuple):
    """Where a rule stands in the policy's source."""

    path: tuple[str | int, ...]
    rule: str
    entry: Mapping[str, Any]


def suggested(
    policy: Policy,
    recorded: Sequence[Recorded],
    disclosed: Sequence[Disclosed],
    tick: Tick = lambda: None,
) -> list[Suggestion]:
    """Return what the record speaks for; `tick` is called once for each rule of the file.

    Calls that nothing was decided about say nothing. With fewer than `ENOUGH` calls, or answers to
    a rule's questions, the rule is left alone. It is kept unless each team that it asks was seen to
    look: since the first of these questions at least `FEWEST_CANARIES`, and none of them missed.
    """
    known = [
        Recalled(each, reassessed(policy.compiled, each.call).subject)
        for each in recorded
        if each.call.judgement is not None
    ]
    found: list[Suggestion] = []
    for place in _places(_source(policy)):
        found += _about(policy, place, known, disclosed)
        tick()
    return found


def rules_in(policy: Policy) -> int:
    """Return how many rules of the file are looked at."""
    return sum(1 for _ in _places(_source(policy)))


def _about(
    policy: Policy, place: _Place, known: Sequence[Recalled], disclosed: Sequence[Disclosed]
) -> Iterable[Suggestion]:
    if place.entry.get("decision") == "require_approval":
        if relaxed := _relaxed(policy, place, known, disclosed):
            return [relaxed]
        if moved := list(_thresholds(policy, place, known, disclosed)):
            return moved
    silent = _never_hit(policy, place, known)
    return [silent] if silent else []


def _places(source: Mapping[str, Any]) -> Iterator[_Place]:
    """List the rules of the file and of its levels, by the names that decisions give them."""
    levels: Mapping[str, Any] = source.get("autonomy_levels") or {}
    paths = [("rules",), *(("autonomy_levels", level, "rules") for level in levels)]
    for path in paths:
        for at, entry in enumerate(_entries(source, path)):
            yield _Place((*path, at), entry.get("id") or f"{'.'.join(path)}[{at}]", entry)


def _entries(source: Mapping[str, Any], path: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    found: Any = source
    for step in path:
        found = found.get(step) or {}
    return found or ()


# Rules that never speak --------------------------------------------------------------------------


def _never_hit(policy: Policy, place: _Place, known: Sequence[Recalled]) -> Suggestion | None:
    """Suggest to look at a rule that was about none of the calls it could have been about."""
    at_level = [each for each in known if _speaks_at(policy, place, each.subject.level)]
    if len(at_level) < ENOUGH:
        return None
    rules = _compiled(policy, place.rule)
    if any(rule.holds(each.subject) is not False for each in at_level for rule in rules):
        return None
    because = f"it was about none of {len(at_level)} calls"
    return Suggestion("never_hit", place.rule, because, None, share(0, len(at_level)))


def _speaks_at(policy: Policy, place: _Place, level: int) -> bool:
    if place.path[0] == "rules":
        return True
    return any(rule.id == place.rule for each in policy.compiled.sets(level) for rule in _all(each))


def _compiled(policy: Policy, name: str) -> list[Rule]:
    sets = (policy.compiled.rules, *policy.compiled.levels)
    return [rule for each in sets for rule in _all(each) if rule.id == name]


def _all(rules: RuleSet) -> tuple[Rule, ...]:
    return (*rules.specific, *((rules.fallback,) if rules.fallback else ()))


# Questions that are always answered alike --------------------------------------------------------


def _relaxed(
    policy: Policy, place: _Place, known: Sequence[Recalled], disclosed: Sequence[Disclosed]
) -> Suggestion | None:
    """Suggest to ask fewer people, or to tell them, where they look and always say yes."""
    asked = [*_asked_by(place.rule, known)]
    if witness(asked, asked, ()) is None:
        return None  # what it would let run takes longer to tell
    given = Suggestion("relax", place.rule, "", step_down(place.entry), share(0, 0))
    effect = _with_effect(policy, place, known, given)
    return effect and _braked(effect, known, disclosed)


def _braked(
    effect: _Effect, known: Sequence[Recalled], disclosed: Sequence[Disclosed]
) -> Suggestion | None:
    """Return what answers bear: the suggestion, that it would be one (`keep`), or None.

    A threshold is borne by the answers about those calls alone that it would no longer ask about.
    """
    given, asked = effect.suggestion, [*_asked_by(effect.suggestion.rule, known)]
    freed = {each.recorded.call.id for each in effect.freed}
    moves = given.kind == "threshold"
    counted = [each for each in asked if not moves or each.recorded.call.id in freed]
    seen = witness((*effect.freed, *asked), counted, disclosed)
    if seen is None:
        return None
    because = f"people approved {seen.yes.hits} of {seen.yes.of} questions"
    if moves:
        because = f"{given.because}; of what it would let run {because}"
    if seen.doubts:
        return Suggestion("keep", given.rule, f"{because}, but {seen.doubts}", None, seen.yes)
    return given._replace(because=because, share=given.share if moves else seen.yes)


def _asked_by(rule: str, known: Iterable[Recalled]) -> Iterator[Recalled]:
    for each in known:
        judged = each.recorded.call.judgement
        decision = judged.decision if judged else None
        if decision and decision.kind == "require_approval" and rule in decision.rules:
            yield each


# Thresholds --------------------------------------------------------------------------------------


def _thresholds(
    policy: Policy, place: _Place, known: Sequence[Recalled], disclosed: Sequence[Disclosed]
) -> Iterator[Suggestion]:
    match: Mapping[str, Any] = place.entry.get("match") or {}
    for key, bound in match.items():
        named = compared(key)
        if named is None or isinstance(bound, bool) or not isinstance(bound, int | float):
            continue
        name, comparison = named
        values = sorted(_values(policy, place, key, name, known))
        if len(values) < ENOUGH:
            continue
        now = share(beyond(values, comparison, bound), len(values))
        if FEW <= now.value <= MANY or (bound_then := better(values, comparison)) is None:
            continue
        entry = {**place.entry, "match": {**match, key: bound_then}}
        then = share(beyond(values, comparison, bound_then), len(values))
        because = (
            f"`{key}: {bound}` asks about {now.value:.1%} of {now.of} calls; "
            f"{bound_then} would have asked about {then.value:.1%}"
        )
        given = Suggestion("threshold", place.rule, because, entry, now)
        if moved := _moved(_with_effect(policy, place, known, given), known, disclosed):
            yield moved


def _moved(
    effect: _Effect | None, known: Sequence[Recalled], disclosed: Sequence[Disclosed]
) -> Suggestion | None:
    """Return a bound that asks more as it is, one that asks less as far as answers bear it."""
    if effect is None or effect.freed:
        return effect and _braked(effect, known, disclosed)
    return effect.suggestion if effect.suggestion.share.value < FEW else None


def _values(
    policy: Policy, place: _Place, key: str, name: str, known: Sequence[Recalled]
) -> Iterator[float]:
    """Yield what is compared, of the calls that the rule's other conditions are about."""
    others = {each: value for each, value in place.entry["match"].items() if each != key}
    about = known
    if others:
        wide = _changed(policy, place, {**place.entry, "match": others})
        if wide is None:
            return
        rules = _compiled(wide, place.rule)
        about = [each for each in known if any(rule.holds(each.subject) for rule in rules)]
    for each in about:
        of = each.subject.signals if name in SIGNAL_NAMES else each.subject.facts
        value = of.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield value


# What a change would have let pass ---------------------------------------------------------------


def _with_effect(
    policy: Policy, place: _Place, known: Sequence[Recalled], given: Suggestion
) -> _Effect | None:
    """Add what the changed policy lets pass; None where it does not load."""
    after = _changed(policy, place, given.entry or {})
    if after is None:
        return None
    passes = {*let_pass(policy, after, (each.recorded.call for each in known))}
    freed = tuple(each for each in known if each.recorded.call.id in passes)
    refused = tuple(each.call.id for each, _ in freed if each.verdict in ANSWERS - {"approved"})
    return _Effect(given._replace(passes=len(freed), refused=refused), freed)


def _changed(policy: Policy, place: _Place, entry: Mapping[str, Any]) -> Policy | None:
    source = _source(policy)
    at: Any = source
    for step in place.path[:-1]:
        at = at[step]
    at[place.path[-1]] = dict(entry)
    try:
        return Policy.parse(json.dumps(source), "suggestion")
    except PolicyError:
        return None


def _source(policy: Policy) -> dict[str, Any]:
    """Return the merged policy as its authors wrote it, as JSON of our own."""
    return json.loads(policy.compiled.canonical_text())


__all__ = ["Recorded", "Suggestion", "suggested"]
