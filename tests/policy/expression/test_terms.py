"""The tree that is read is the expression that was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.expression.dialect import parse
from interlock.policy.expression.terms import Term, read_term


def tree(text: str) -> Term:
    return read_term(parse(text).serialize())


def shape(term: Term) -> object:
    """Write a tree shortly: kind, name and parts."""
    inner = [shape(part) for part in term.parts]
    head = f"{term.kind}:{term.name or term.text or ''}"
    return (head, *inner) if inner else head


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("args.a > 3", ("call:_>_", ("member:a", "name:args"), "constant:")),
        ("has(args.a)", ("has:a", "name:args")),
        ("args['a.b']", ("call:_[_]", "name:args", "constant:a.b")),
        ("args.a.matches('x')", ("call:matches", ("member:a", "name:args"), "constant:x")),
        ("[1, tool]", ("list:", "constant:", "name:tool")),
        ("{'k': tool}", ("object:", "constant:k", "name:tool")),
        ("true ? tool : null", ("call:_?_:_", "constant:", "name:tool", "constant:")),
    ],
)
def test_what_is_read(text: str, expected: object) -> None:
    """Each form of CEL becomes one kind of term."""
    assert shape(tree(text)) == expected


def test_places_are_counted_in_characters() -> None:
    """A term stands where its text does, whatever characters come before."""
    text = "args.x == 'é😀' && args.longer == 1"
    right = tree(text).parts[1].parts[0]

    assert (right.name, right.at) == ("longer", text.index(".longer"))


def test_a_loop_gives_names() -> None:
    """A loop says over what it runs, and which names it gives."""
    loop = tree("args.items.exists(each, each > 1)")

    assert loop.kind == "loop"
    assert loop.parts[0].name == "items"
    assert "each" in loop.bound


@given(st.integers(-(2**63), 2**63 - 1), st.text(max_size=300))
def test_constants_of_all_sizes(number: int, text: str) -> None:
    """Numbers and texts of any length are passed over rightly."""
    escaped = "".join(f"\\U{ord(letter):08x}" for letter in text)
    term = tree(f"[{number}, '{escaped}', tool]")

    assert [part.kind for part in term.parts][-1] == "name"
    assert term.parts[1].text == text
