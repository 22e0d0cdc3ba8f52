"""What an expression reads, and how its work grows."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.expression.carriage import Read
from interlock.policy.expression.dialect import parse
from interlock.policy.expression.scope import GUARD_ROOTS, Scope
from interlock.policy.expression.survey import Survey, survey_of
from interlock.policy.expression.terms import read_term
from interlock.policy.file.source import Mark, Node

SCOPE = Scope(args={"n": "number", "s": "string", "l": "array"})


def survey(text: str, scope: Scope = SCOPE) -> Survey:
    return survey_of(read_term(parse(text).serialize()), text, scope, Node(text, Mark("f", 1, 1)))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("args.n > 1", {Read("args", "n", "number")}),
        ("has(args.n)", {Read("args", "n", "number")}),
        ("args['n'] > 1", {Read("args", "n", "number")}),
        ("size(args) > 1", {Read("args")}),
        ("args[tool] > 1", {Read("args"), Read("tool", kind="string")}),
        ("context.a.b == 1", {Read("context", "a")}),
        ("args.l.exists(args, args == 1)", {Read("args", "l", "array")}),
        (
            "args.l.exists(x, x == args.n)",
            {Read("args", "l", "array"), Read("args", "n", "number")},
        ),
    ],
)
def test_what_is_read(text: str, reads: set[Read]) -> None:
    """Members by name with their types; a variable as a whole where it is used so."""
    assert survey(text).reads == reads


@pytest.mark.parametrize(
    ("text", "typed", "functions"),
    [
        ("args.n > 1", "args_n > 1", []),
        ("has(args.n) && args . n > 1", "has(args.n) && args . n > 1", []),
        ("args.s.matches('a')", "args_s.matches('a')", ["_search"]),
        ("'args.n matches ==' == args.s", "'args.n matches ==' == args_s", ["_eq_"]),
        ("args.n in [1] || args.n != 2", "args_n in [1] || args_n != 2", ["_in", "_ne_"]),
    ],
)
def test_what_runs_instead(text: str, typed: str, functions: list[str]) -> None:
    """The text for the check is as long as the author's, the functions' names as CEL's own."""
    found = survey(text)
    serialized = parse(text).serialize()

    assert (found.typed, sorted(found.functions.values())) == (typed, functions)
    assert len(typed) == len(text)
    for at, name in found.functions.items():
        assert serialized[at : at + len(name)].decode() in ("_==_", "_!=_", "@in", "matches")


@pytest.mark.parametrize(
    ("text", "powers"),
    [
        ("args.n > 1", (0, 0)),
        ("args.l == [1]", (0, 1)),
        ("args.n in args.l", (0, 1)),
        ("args.n in [1, 2]", (0, 0)),
        ("args.s == args.n", (0, 0)),
        ("args.l.exists(x, x == 1)", (1, 0)),
        ("args.l.exists(x, x == x)", (1, 1)),
        ("args.l.map(x, x).size() == 1", (2, 0)),
        ("args.l.all(x, args.l.all(y, y > 1))", (2, 0)),
        ("args.l.all(x, args.l.all(y, y in args.l))", (2, 1)),
    ],
)
def test_how_work_grows(text: str, powers: tuple[int, int]) -> None:
    """Loops multiply, `map` copies, and comparing lists walks them."""
    assert max(survey(text).powers) == powers


def test_work_is_estimated_from_sizes() -> None:
    """Longer lists and longer texts are more work."""
    one = survey("args.l.exists(x, args.s == 'a')")

    assert one.steps(100, 0, 100) < one.steps(1000, 0, 1000) < one.steps(1000, 100_000, 3000)
    assert survey("[1,2,3,4,5].exists(x, x == args.n)").steps(0, 0, 0) >= 5


def test_groups_are_checked_where_approvals_are_known() -> None:
    """The names of groups are checked with the rest, at their places."""
    guard = Scope(GUARD_ROOTS, groups=frozenset({"dpo"}))

    assert survey("'dpo' in approval.groups", guard).reads
    with pytest.raises(PolicyError, match="f:1:1: unknown group `dpoo`; did you mean `dpo`"):
        survey("'dpoo' in approval.groups", guard)
