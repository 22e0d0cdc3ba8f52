"""Vouch: the values that a policy names in what it permits.

A value that only a denial or a question names is one that the author warns of.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import cast

from interlock.policy.constraints import Constraints
from interlock.policy.decisions import RESTRICTIVE
from interlock.policy.document import Document, RuleEntry


def vouched_values(document: Document) -> frozenset[str]:
    """Return the texts that permissions compare facts with or force, and the hosts of limits."""
    levels = [each.rules for each in document.autonomy_levels or () if each is not None]
    rules = chain(document.rules, *levels)
    limits = document.default_constraints
    found = chain.from_iterable(map(_of_rule, rules))
    return frozenset([*found, *(_of_limits(limits) if limits else ())])


def _of_rule(rule: RuleEntry) -> Iterator[str]:
    if rule.decision in RESTRICTIVE:
        return
    for key, wanted in rule.match.comparisons.items():
        if key.endswith(("_is", "_in")):
            several = isinstance(wanted, tuple | list)
            values = cast("Iterable[object]", wanted) if several else (wanted,)
            yield from (each for each in values if isinstance(each, str))
    if rule.constraints is not None:
        yield from _of_limits(rule.constraints)


def _of_limits(limits: Constraints) -> Iterator[str]:
    yield from limits.network_allowlist or ()
    yield from (each for each in limits.args.values() if isinstance(each, str))
