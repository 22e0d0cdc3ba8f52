"""Match: globs over dotted names, against a regular expression of each."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.globs import GlobTree, compile_globs, compiled, specificity

parts = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b", "a*b"])
patterns = st.lists(parts, min_size=1, max_size=4).map(".".join)
names = st.lists(st.sampled_from(["a", "b", "ab", "aab", ""]), min_size=1, max_size=5).map(".".join)


def as_regex(pattern: str) -> str:
    if pattern in ("*", "**"):
        return ".*"
    text = ""
    each = pattern.split(".")
    for at, part in enumerate(each):
        if part == "**":
            text += r"(\.[^.]*)*"
        elif part == "*" and at == len(each) - 1:
            text += r"(\.[^.]*)+"
        else:
            text += r"\." + re.escape(part).replace(r"\*", "[^.]*")
    return text


@given(patterns, names)
def test_a_glob_is_its_regular_expression(pattern: str, name: str) -> None:
    """Every shape of pattern matches what the manual's words say."""
    text = name if pattern in ("*", "**") else "." + name

    assert compiled(pattern).match(name) == (re.fullmatch(as_regex(pattern), text) is not None)


@given(st.lists(patterns, max_size=4), names)
def test_several_patterns_match_when_one_does(several: list[str], name: str) -> None:
    """The entries of a list are ORed; the quick way for plain shapes says the same."""
    each = compile_globs(several)
    assert each.matcher()(name) == each.match(name)
    assert compile_globs(several).match(name) == any(compiled(p).match(name) for p in several)


@given(st.lists(patterns, max_size=6), names)
def test_a_tree_of_globs_leaves_none_out(several: list[str], name: str) -> None:
    """Every glob that matches is found, once."""
    tree = GlobTree[int]()
    for at, pattern in enumerate(several):
        tree.put(pattern, at)
    found: list[int] = []
    tree.find(name, found)

    assert {at for at, each in enumerate(several) if compiled(each).match(name)} <= set(found)
    assert len(found) == len(set(found))


def test_a_tree_of_globs_leaves_most_out() -> None:
    """Of a thousand globs only that of the name's own segments is asked."""
    tree = GlobTree[int]()
    for at in range(1_000):
        tree.put(f"svc{at}.*", at)
    found: list[int] = []
    tree.find("svc7.write", found)

    assert found == [7]


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("job.deploy.*", "job.deploy.prod.eu", True),
        ("job.deploy.*", "job.deploy", False),
        ("job.deploy.*", "job.deployment.x", False),
        ("job.*.read", "job.notes.read", True),
        ("job.*.read", "job.a.b.read", False),
        ("job.**", "job", True),
        ("job.**.read", "job.a.b.read", True),
        ("*", "a.b.c", True),
        ("job.dep*", "job.deploy", True),
        ("job.dep*", "job.deploy.prod", False),
        ("j?b", "job", False),
        ("job.[ab]", "job.a", False),
        ("Job", "job", False),
    ],
)
def test_the_manuals_examples(pattern: str, name: str, *, matches: bool) -> None:
    """A final `*` is one or more segments, any other exactly one, `**` any number."""
    assert compiled(pattern).match(name) is matches


def test_the_most_specific_comes_first() -> None:
    """Literal before partial before `*` before a final `*` before `**`, from the left."""
    ordered = ["a.b.c", "a.b.*", "a.x*.c", "a.*.c", "a.*", "a.**", "*"]

    assert sorted(set(ordered), key=specificity) == ordered


def test_a_long_name_takes_no_long_time() -> None:
    """Many stars against a long hostile name take steps, not years."""
    pattern = ".".join(["**", "a*a*a*b"] * 6)
    began = time.perf_counter()

    assert not compiled(pattern).match(".".join(["aaaaaaaaaaaaaaaa"] * 400))
    assert time.perf_counter() - began < 2
