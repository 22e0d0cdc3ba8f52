"""Name: the groups that an expression asks approvals of, so that a misspelt one is found at load.

Beside `approval.groups` a group stands in quotes, or is a value of the call as it is. A text that
is put together is a name that nobody can check, and a group that nobody has never approved: then
`!(… in approval.groups)` would hold for good.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from interlock.policy.expression.terms import Term, member_of
from interlock.policy.suggestion import did_you_mean

COMPARED: Final = ("_==_", "_!=_", "@in")
"""Functions that compare."""
Fault: TypeAlias = Callable[[int, str], Exception]
"""Makes an error of the character at which it is and of its words."""

_Names: TypeAlias = frozenset[str]
_NONE: Final[_Names] = frozenset()
_ALONE: Final = (
    "`approval.groups` is asked by name, as in `'ops' in approval.groups`, or by its `size`"
)
_COMPUTED: Final = "a group stands in quotes here, one by one; say several with `||` and `&&`"
_WHOLE: Final = "`approval` is read by its members, `approval.groups` and `approval.approvers`"


def check_groups(term: Term, declared: frozenset[str] | None, fault: Fault) -> None:
    """Check every name beside the groups that approved; None: nobody says which there are.

    Raises what `fault` makes.
    """
    _Checker(declared, fault).look(term, _NONE, _NONE)


class _Checker:
    def __init__(self, declared: frozenset[str] | None, fault: Fault) -> None:
        self._declared, self._fault = declared, fault

    def look(self, term: Term, bound: _Names, one_each: _Names) -> None:
        """Look at a term; `one_each` are the names of loops that run over groups."""
        if _is_group(term, one_each):
            raise self._fault(term.at, _ALONE)
        if term.kind in ("member", "has") and _is_approval(term.parts[0], bound):
            return
        if _is_approval(term, bound):
            raise self._fault(term.at, _WHOLE)
        asked = term.kind == "call" and term.name in (*COMPARED, "size")
        if asked and term.name in COMPARED:
            for these, those in (term.parts, term.parts[::-1]):
                if _is_group(these, one_each):
                    self._beside(those, bound, one_each)
        if term.kind == "loop":
            self._loop(term, bound, one_each)
            return
        for part in term.parts:
            if not (asked and _is_group(part, one_each)):
                self.look(part, bound, one_each)

    def _loop(self, term: Term, bound: _Names, one_each: _Names) -> None:
        over, *rest = term.parts
        if _are_groups(over):
            one_each |= {name for name in term.bound if not name.startswith("@")}  # CEL's own
        else:
            self.look(over, bound, one_each)
            one_each -= term.bound
        for part in rest:
            self.look(part, bound | term.bound, one_each)

    def _beside(self, term: Term, bound: _Names, one_each: _Names) -> None:
        for each in term.parts if term.kind == "list" else (term,):
            if each.kind == "constant":
                self._known(each)
            elif not (_is_group(each, one_each) or _is_of_the_call(each, bound)):
                raise self._fault(each.at, _COMPUTED)

    def _known(self, term: Term) -> None:
        groups, name = self._declared, term.text
        if groups is None or name is None or name in groups:
            return
        near = did_you_mean(name, groups)
        raise self._fault(term.at, f"unknown group `{name}`{near}; declare it under `groups`")


def _are_groups(term: Term) -> bool:
    return term.kind != "has" and member_of(term, _NONE) == ("approval", "groups")


def _is_group(term: Term, one_each: _Names) -> bool:
    """Say whether a term is the groups that approved, or one of them."""
    if term.kind == "call" and term.name == "_[_]" and _are_groups(term.parts[0]):
        return True
    return _are_groups(term) or (term.kind == "name" and term.name in one_each)


def _is_approval(term: Term, bound: _Names) -> bool:
    return term.kind == "name" and term.name == "approval" and term.name not in bound


def _is_of_the_call(term: Term, bound: _Names) -> bool:
    while term.kind == "member":
        (term,) = term.parts
    return term.kind == "name" and term.name not in bound
