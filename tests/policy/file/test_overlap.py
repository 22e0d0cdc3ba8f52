"""Meet: whether two globs may hold one and the same name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.file.overlap import may_meet
from interlock.policy.globs import compiled

parts = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b"])
patterns = st.lists(parts, min_size=1, max_size=4).map(".".join)
names = st.lists(st.sampled_from(["a", "b", "ab", "aab"]), min_size=1, max_size=5).map(".".join)


@given(patterns, patterns, names)
def test_what_holds_one_name_meets(one: str, other: str, name: str) -> None:
    """Two patterns that hold a name are never said to be apart."""
    both = compiled(one).match(name) and compiled(other).match(name)

    assert not both or may_meet(one, other)
    assert may_meet(one, other) == may_meet(other, one)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "a.b.c", True),
        ("a.*", "a", False),
        ("a.*", "b.*", False),
        ("orders.*", "*.send", True),
        ("job.*.read", "job.a.*", True),
        ("job.*.read", "job.*.write", False),
        ("job.**.read", "job.**.write", False),
        ("job.**", "job", True),
        ("*", "a.**.b", True),
        ("a*.x", "b*.x", False),
        ("a*c", "ab*c", True),
        ("*x", "*y", False),
    ],
)
def test_patterns_that_have_nothing_in_common_do_not_meet(
    one: str, other: str, *, meet: bool
) -> None:
    """Literal segments that differ keep two patterns apart."""
    assert may_meet(one, other) is meet
