"""Route: who is asked about a call, how many of them, on which terms, and what silence means.

What a rule leaves open the call settles: its risk tags find a group, its risk what silence means,
and the ledger who has a role now. Where nobody has it, the default is asked, or nobody can approve.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, TypeAlias

from interlock.names import person
from interlock.policy.decisions import (
    Asking,
    BatchTerms,
    Group,
    Portion,
    Proof,
    QuorumShare,
    ReviewTerms,
    Risk,
    Silence,
)
from interlock.policy.document import Document, Review
from interlock.policy.operations import Timeouts
from interlock.policy.subject import Subject

Roles: TypeAlias = Callable[[str], tuple[str, ...]]
"""Returns who has a role in the ledger, sorted."""

ESCALATE_AFTER_S: Final = 300.0
"""After how long the next level is asked where the policy does not say. Source: `docs/policy.md`"""

AND: Final = " and "
"""Stands between the names of groups that are asked as one: whoever is in all of them."""

DEFAULT: Final = "default"
"""Key of the group that is asked where no tag of a call has one."""


def no_roles(_role: str) -> tuple[str, ...]:
    """Return nobody: where there is no ledger, nobody has a role."""
    return ()


def asked_groups(document: Document) -> Iterator[str]:
    """Return the groups that a policy asks, declared or not, as often as it names them."""
    levels = [each for each in document.autonomy_levels or () if each is not None]
    for rule in chain(document.rules, *(level.rules for level in levels)):
        if rule.review is not None:
            yield from rule.review.groups_all
            if rule.review.route is not None:
                yield rule.review.route
    matrix = document.decision_matrix
    for row in matrix.actions.values() if matrix else ():
        cells = chain.from_iterable(each.values() for each in row.cells.values())
        yield from (cell.group for cell in cells if cell.group is not None)
    yield from document.routing.values()
    yield from chain(document.escalation, *document.escalation.values())


@dataclass(frozen=True, slots=True)
class Routing:
    """The sections of a policy that say who is asked."""

    groups: Mapping[str, tuple[str, ...]]
    """Declared groups; every other is a role in the ledger."""
    routes: Mapping[str, str]
    """`<tag>_actions` or `default` to a group."""
    escalation: Mapping[str, tuple[str, ...]]
    timeouts: Timeouts

    def open(self, terms: ReviewTerms, asking: Asking) -> ReviewTerms:
        """Return the terms of a rule before the call is known; what only that settles stays open.

        Nobody is known yet to have a role, so until then nobody may approve.
        """
        routes = (asking.route,) if asking.route else ()
        known = self._settled(terms, asking, routes, no_roles)
        return replace(known, by_call=asking if self._is_open(asking) else None)

    def settled(self, terms: ReviewTerms, subject: Subject, roles: Roles) -> ReviewTerms:
        """Return the terms on which this call is asked about."""
        asking = terms.by_call
        if asking is None:
            return terms
        if asking.route is not None:
            routes: tuple[str, ...] = (asking.route,)
        else:
            routes = () if asking.groups else self._by_tags(subject.risk_tags)
        made = self._settled(terms, asking, routes, roles)
        silence = asking.on_timeout or self._silence(subject.risk)
        return replace(made, on_timeout=silence, by_call=None)

    def restaffed(self, terms: ReviewTerms, roles: Roles, known: Collection[str]) -> ReviewTerms:
        """Return terms with who is in their groups by now, of those that the policy knows.

        Several routes in one take who is in all of them; their levels stay, as nobody can tell
        whose they were. Source: Q4 of `docs/guarantees.md`.
        """

        def now(group: Group) -> Group:
            return self._staffed(group.name, roles) if group.name in known else group

        def level(group: Group) -> Group:
            return self._exactly(group.name, roles) if group.name in known else group

        names = [*_routes(terms), *(each.name for each in terms.groups)]
        others = [name for name in terms.unstaffed if name not in known]
        empty = self._empty((name for name in names if name in known), roles)
        terms = replace(
            terms,
            groups=tuple(map(now, terms.groups)),
            unstaffed=tuple(sorted({*others, *empty})),
        )
        terms = self._recounted(terms, roles, known)
        routes = _routes(terms)
        if not routes or not {*routes} <= {*known}:
            return terms
        each = [self._staffed(name, roles).members or () for name in routes]
        shared = tuple(who for who in each[0] if all(who in others for others in each))
        if len(routes) > 1:
            return replace(terms, eligible=shared)
        return replace(terms, eligible=shared, levels=tuple(map(level, terms.levels)))

    def _recounted(self, terms: ReviewTerms, roles: Roles, known: Collection[str]) -> ReviewTerms:
        """Count anew how many must approve where that is a share, of who is in its groups by now.

        Where another's policy tells who is in one of them, it stays as it was counted.
        """
        named = set(chain.from_iterable(each.groups for each in terms.shares))
        if not named or not named <= {*known}:
            return terms
        counts = [
            _number(each.of, _pool(self._staffed(name, roles) for name in each.groups))
            for each in terms.shares
        ]
        return replace(terms, quorum=max(terms.at_least, *counts))

    def groups_of(self, tags: Iterable[str], roles: Roles) -> tuple[Group, ...]:
        """Return the groups that risk tags lead to; none where no route is for any of them.

        In the place of nobody the default's are asked.
        """
        return tuple(self._staffed(name, roles) for name in self._by_tags(frozenset(tags)))

    def _is_open(self, asking: Asking) -> bool:
        timed = self.timeouts != _NO_TIMEOUTS and asking.on_timeout is None
        by_tags = asking.route is None and not asking.groups and bool(self.routes)
        own = (asking.route, *self._above(asking.route)) if asking.route else ()
        return timed or by_tags or any(name not in self.groups for name in (*own, *asking.groups))

    def _settled(
        self, terms: ReviewTerms, asking: Asking, routes: tuple[str, ...], roles: Roles
    ) -> ReviewTerms:
        if len(routes) > 1:  # a call of several kinds needs somebody of each
            asking, routes = asking._replace(groups=routes), ()
        others = tuple(name for name in asking.groups if name not in routes)
        groups = tuple(self._staffed(name, roles) for name in others)
        empty = tuple(sorted(self._empty((*others, *routes), roles)))
        terms = replace(
            terms, groups=groups, on_timeout=asking.on_timeout or "deny", unstaffed=empty
        )
        if not routes:
            return _counted(terms, asking.quorum, groups)
        asked = self._staffed(routes[0], roles)
        levels = tuple(self._exactly(name, roles) for name in self._above(asked.name))
        return replace(
            _counted(terms, asking.quorum, (asked,)),
            route=asked.name,
            eligible=asked.members or (),
            levels=levels,
            escalate_after_s=asking.escalate_after_s if levels else None,
        )

    def _by_tags(self, tags: frozenset[str] | None) -> tuple[str, ...]:
        named = {self.routes[key] for tag in tags or () if (key := f"{tag}_actions") in self.routes}
        default = self.routes.get(DEFAULT)
        return tuple(sorted(named)) or ((default,) if default else ())

    def _above(self, route: str) -> tuple[str, ...]:
        """Return who is asked next, in order; the default, where the policy does not say."""
        default = self.routes.get(DEFAULT)
        others = (default,) if default and default != route else ()
        return self.escalation.get(route, others)

    def _staffed(self, name: str, roles: Roles) -> Group:
        """Return who is asked where a group is; in the place of nobody, whom the default names.

        It keeps its own name, so that whoever has the role later is asked in their turn.
        """
        default = self.routes.get(DEFAULT)
        own = self._exactly(name, roles)
        if own.members or name in self.groups or default is None:
            return own
        return Group(name, self._members(default, roles))

    def _exactly(self, name: str, roles: Roles) -> Group:
        """Return a group with those who are in it, and nobody in their place."""
        return Group(name, self._members(name, roles))

    def _empty(self, names: Iterable[str], roles: Roles) -> set[str]:
        return {name for name in names if not self._members(name, roles)}

    def _members(self, name: str, roles: Roles) -> tuple[str, ...]:
        declared = self.groups.get(name)
        return tuple(sorted(roles(name) if declared is None else declared))

    def _silence(self, risk: Risk) -> Silence:
        return getattr(self.timeouts, risk) or "deny"


_NO_TIMEOUTS: Final = Timeouts()


def _routes(terms: ReviewTerms) -> list[str]:
    """Return the routes of terms; several where they were made of several."""
    return terms.route.split(AND) if terms.route else []


class TermsByRule:
    """The terms on which the rules of one policy ask; those that are alike are one value."""

    def __init__(self, document: Document) -> None:
        """Read the sections that say who is asked, and how."""
        timeouts = document.timeouts or _NO_TIMEOUTS
        sections = (document.groups, document.routing, document.escalation)
        self.routing = Routing(*sections, timeouts)
        self._defaults = document.review_defaults
        self._queue = document.approval_queue_policy
        contract = document.evidence_contract
        self._evidence = (
            tuple(sorted(set(contract.required_fields)))
            if contract and contract.reject_if_incomplete
            else ()
        )
        self._known: dict[ReviewTerms, ReviewTerms] = {}

    def escalate_after_s(self, said_s: float | None = None) -> float:
        """Return after how long nobody's answer counts as silence, where a rule says `said_s`."""
        queue_s = self._queue.escalate_after_sec if self._queue else None
        return said_s or self._defaults.escalate_after_sec or queue_s or ESCALATE_AFTER_S

    def of_rule(self, review: Review | None = None) -> ReviewTerms:
        """Return the terms of a rule; of one that says nothing, the policy's own."""
        said, defaults = review or Review(), self._defaults
        asking = Asking(
            said.route,
            said.quorum or 1,
            tuple(name for name in said.groups_all if name != said.route),
            self.escalate_after_s(said.escalate_after_sec),
            said.on_timeout,
        )
        terms = ReviewTerms(
            approval_ttl_s=said.approval_ttl_sec or defaults.approval_ttl_sec,
            execution_ttl_s=said.execution_ttl_sec or defaults.execution_ttl_sec,
            inline=said.inline,
            editor_may_approve=said.editor_may_approve,
            reason_required=said.reason_required,
            auth=_PROOFS[said.auth or "local"],
            evidence=self._evidence,
            batch=BatchTerms(*said.batch) if said.batch else None,
        )
        made = self.routing.open(terms, asking)
        return self._known.setdefault(made, made)

    def of_group(self, group: str, vote: Portion | None) -> ReviewTerms:
        """Return the terms of a cell of the decision matrix that names a group."""
        return self.of_rule(Review(route=group, quorum=vote))


_PROOFS: Final[Mapping[str, Proof]] = {
    "local": "local",
    "token": "token",
    "signed": "signed",
    "passkey": "signed",  # refused at load; were it not, no weaker proof would do
}


def _counted(terms: ReviewTerms, quorum: int | Portion, groups: tuple[Group, ...]) -> ReviewTerms:
    """Return terms with how many must approve; of a share, also what it is a share of."""
    names = tuple(sorted(each.name for each in groups))
    shares = (QuorumShare(quorum, names),) if isinstance(quorum, str) else ()
    return replace(terms, quorum=_number(quorum, _pool(groups)), shares=shares)


def _pool(groups: Iterable[Group]) -> int:
    """Return how many people are in any of some groups."""
    return len({person(who) for group in groups for who in group.members or ()})


def _number(quorum: int | Portion, members: int) -> int:
    """Return how many of so many must approve; at least one, also of nobody."""
    match quorum:
        case "majority":
            return members // 2 + 1
        case "unanimous":
            return max(1, members)
        case number:
            return number
