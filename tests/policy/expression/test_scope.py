"""Which names an expression may read."""

from interlock.policy.catalogue import CataloguedTool
from interlock.policy.document import ArgumentType
from interlock.policy.expression.scope import NOWHERE, Site, scope_of
from interlock.policy.file.source import parse_tree


def tool(args: dict[str, ArgumentType] | None, facts: dict[str, ArgumentType]) -> CataloguedTool:
    return CataloguedTool("t", frozenset(), "read", None, {}, args=args, fact_types=facts)


def test_names_of_any_tool_are_known() -> None:
    """A name that one of the tools has may be read; types that differ are any."""
    scope = scope_of(
        [tool({"a": "string", "b": "number"}, {"f": "number"}), tool({"b": "string"}, {})]
    )

    assert scope.args == {"a": "string", "b": "any"}
    assert scope.facts == {"f": "number"}


def test_a_tool_without_types_leaves_arguments_open() -> None:
    """Where one tool does not say which arguments it takes, none is misspelt."""
    assert scope_of([tool({"a": "string"}, {}), tool(None, {})]).args is None


def test_no_tool_leaves_all_open() -> None:
    """A rule about tools that nobody declared may read any fact."""
    scope = scope_of([])

    assert (scope.args, scope.facts) == (None, None)


def test_a_place_finds_its_texts() -> None:
    """A text of a match stands where the file has it, else at its section."""
    place = Site(parse_tree("a:\n  when: x\n", "f"), ("a",))

    assert place.node("x", "when").mark == ("f", 2, 9)
    assert place.node("y", "unless").value == "y"
    assert str(NOWHERE.node("x", "when").mark) == "<text>:1:1"
