"""Limit: several limits are one, the tightest, in whatever order; what cannot hold is found."""

import json
from functools import reduce
from itertools import permutations
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.constraints import (
    UNLIMITED,
    Constraints,
    breach,
    constraints_json,
    forced,
    impossible,
    read_constraints,
    together,
    unreachable,
)

FORCED = {"limit": 10, "filter.dry_run": True, "tags": ["x", {"y": None}]}
"""Values that can all be forced at once."""
DROPPED = ("debug", "filter.raw", "note")
HOSTS = ("a.org", "b.org", "c.org")


def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(names)).map(sorted).map(tuple)


def fewer(values: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return some(tuple(values)).map(lambda names: {name: values[name] for name in names})


def whole(limits: Constraints) -> Constraints:
    """Leave out how to enforce a list where there is none."""
    return limits if limits.network_allowlist is not None else limits._replace(enforcement="strict")


maybe_count = st.none() | st.integers(0, 5)
facts = st.dictionaries(st.sampled_from(["amount", "rows"]), st.integers(-3, 3).map(float))
compatible = st.builds(
    Constraints,
    max_runtime_sec=st.none() | st.sampled_from([0.5, 1.0, 60.0]),
    network_allowlist=st.none() | some(HOSTS),
    enforcement=st.sampled_from(["strict", "best_effort"]),
    max_rows=maybe_count,
    max_result_bytes=maybe_count,
    args=fewer(FORCED),
    args_drop=some(DROPPED),
    max_facts=facts,
).map(whole)
lists = st.lists(compatible, max_size=4)


PATHS: Final[tuple[str, ...]] = ("a", "a.b", "a.b.c", "ab", "d")
forcing: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(PATHS), st.sampled_from([1, True, "1"]), max_size=2
)
dropping = st.lists(st.sampled_from(PATHS), max_size=1).map(tuple)
clashing = st.tuples(forcing, dropping).map(
    lambda drawn: Constraints(args=drawn[0], args_drop=drawn[1])
)


class TestTogether:
    @given(lists, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, limits: list[Constraints], random: Any) -> None:
        """Whoever speaks first, the limits are the same."""
        shuffled = random.sample(limits, len(limits))

        assert together(shuffled) == together(limits)

    @given(compatible, compatible, compatible)
    def test_neither_does_who_is_joined_first(
        self, a: Constraints, b: Constraints, c: Constraints
    ) -> None:
        """Sets may be joined before they are joined with others."""
        assert together([together([a, b]), c]) == together([a, together([b, c])])

    @given(lists)
    def test_twice_is_once(self, limits: list[Constraints]) -> None:
        """A limit that two rules name is one limit; none at all changes nothing."""
        once = together(limits)

        assert together([*limits, *limits]) == once
        assert together([UNLIMITED, once, UNLIMITED]) == once

    @given(st.lists(compatible, min_size=1, max_size=4))
    def test_the_tightest_of_each_holds(self, limits: list[Constraints]) -> None:
        """The least number, the hosts that are on all lists, and everything forced or dropped."""
        joined = together(limits)
        for name in ("max_runtime_sec", "max_rows", "max_result_bytes"):
            given_ = [value for each in limits if (value := getattr(each, name)) is not None]
            assert getattr(joined, name) == min(given_, default=None)
        hosts = [
            set(each.network_allowlist) for each in limits if each.network_allowlist is not None
        ]
        common = reduce(set[str].intersection, hosts) if hosts else None
        assert joined.network_allowlist == (None if common is None else tuple(sorted(common)))
        ways = {each.enforcement for each in limits if each.network_allowlist is not None}
        assert joined.enforcement == ("best_effort" if ways == {"best_effort"} else "strict")
        assert joined.args.keys() == {name for each in limits for name in each.args}
        assert set(joined.args_drop) == {name for each in limits for name in each.args_drop}
        named = {name for each in limits for name in each.max_facts}
        assert joined.max_facts == {
            name: min(each.max_facts[name] for each in limits if name in each.max_facts)
            for name in named
        }

    @given(st.lists(clashing, max_size=4), st.randoms(use_true_random=False))
    def test_nor_where_they_cannot_all_hold(self, limits: list[Constraints], random: Any) -> None:
        """A denial is the same, to its words and what it shows, whoever spoke first."""
        shuffled = random.sample(limits, len(limits))
        one, two = together(limits), together(shuffled)

        assert json.dumps(constraints_json(one)) == json.dumps(constraints_json(two))
        assert impossible(limits) == impossible(shuffled)
        assert together([together(limits[:2]), *limits[2:]]) == one == together([*limits, *limits])

    def test_lists_are_in_order_however_they_were_written(self) -> None:
        """Regression: of two rules with one list, a third in between put it in order."""
        hosts = Constraints(network_allowlist=("z.org", "a.org"))
        rows = Constraints(max_rows=1)
        both = Constraints(network_allowlist=("a.org", "z.org"), max_rows=1)

        assert [together(each) for each in permutations([hosts, hosts, rows])] == [both] * 6

    def test_a_strict_list_is_not_loosened_by_another(self) -> None:
        """One rule that wants more than a guard in the process is enough."""
        strict = Constraints(network_allowlist=("a.org",))
        loose = strict._replace(enforcement="best_effort")

        assert together([loose, strict]).enforcement == "strict"
        assert together([loose, Constraints(max_rows=1)]).enforcement == "best_effort"


def contradict(limits: list[Constraints]) -> bool:
    """Look at every pair of demands on arguments; one path inside the other is both."""
    demands = [(path, json.dumps(value)) for each in limits for path, value in each.args.items()]
    demands += [(path, "dropped") for each in limits for path in each.args_drop]

    def clash(one: tuple[str, str], other: tuple[str, str]) -> bool:
        (path, value), (inner, wanted) = one, other
        if path == inner:
            return value != wanted
        return inner.startswith(f"{path}.") and (value, wanted) != ("dropped", "dropped")

    return any(clash(one, other) for one in demands for other in demands)


class TestImpossible:
    @given(st.lists(clashing, max_size=3))
    def test_a_contradiction_is_found_in_every_order(self, limits: list[Constraints]) -> None:
        """Forced to two values, forced and dropped, forced inside what is forced; nothing else."""
        found = {impossible(each) is not None for each in permutations(limits)}

        assert found == {contradict(limits)}

    @given(lists)
    def test_what_is_compatible_is_possible(self, limits: list[Constraints]) -> None:
        """And so is all of it together."""
        assert impossible(limits) is None
        assert impossible([together(limits)]) is None

    @pytest.mark.parametrize(
        ("one", "other", "why"),
        [
            ({"args": {"a": 2}}, {"args": {"a": 1}}, "constraints force `a` to `1` and to `2`"),
            (
                {"args": {"a": 1}},
                {"args": {"a": True}},
                "constraints force `a` to `1` and to `true`",
            ),
            ({"args": {"a": 1}}, {"args_drop": ("a",)}, "constraints force and drop `a`"),
            ({"args": {"a.b": 1}}, {"args_drop": ("a",)}, "constraints force and drop `a.b`"),
            ({"args": {"a": 1}}, {"args_drop": ("a.b",)}, "constraints force and drop `a`"),
            (
                {"args": {"a": {"b": 1}}},
                {"args": {"a.b": 1}},
                "constraints force `a` and `a.b`, which is inside it",
            ),
        ],
    )
    def test_it_is_said_in_the_same_words(
        self, one: dict[str, Any], other: dict[str, Any], why: str
    ) -> None:
        """The reason does not depend on which rule came first."""
        limits = [Constraints(**one), Constraints(**other)]

        assert impossible(limits) == impossible(limits[::-1])
        assert impossible(limits) == why


class TestBreach:
    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (5, None),
            (-1, None),
            (5.01, "`amount` is `5.01`; at most 5 is allowed"),
            (None, "`max_amount` cannot be checked: the call has no number `amount`"),
            ("5", "`max_amount` cannot be checked: the call has no number `amount`"),
            (True, "`max_amount` cannot be checked: the call has no number `amount`"),
            (float("nan"), "`max_amount` cannot be checked: the call has no number `amount`"),
        ],
    )
    def test_a_fact_is_held_against_its_limit(self, value: object, why: str | None) -> None:
        """The limit itself is kept; what is no number breaks it."""
        assert breach(Constraints(max_facts={"amount": 5.0}), {"amount": value}) == why

    def test_a_fact_that_nobody_has_is_a_breach(self) -> None:
        """A limit cannot be passed by leaving its fact out."""
        assert breach(Constraints(max_facts={"amount": 5.0}), {}) is not None
        assert breach(UNLIMITED, {}) is None

    def test_a_list_that_leaves_no_host_is_a_breach(self) -> None:
        """Two lists with nothing in common let nothing through."""
        both = [Constraints(network_allowlist=(host,)) for host in HOSTS[:2]]

        assert breach(together(both), {}) == "`network_allowlist` leaves no host"
        assert [unreachable(each) for each in both] == [None, None]

    @given(
        st.lists(facts.map(lambda most: Constraints(max_facts=most)), max_size=3),
        st.dictionaries(st.sampled_from(["amount", "rows"]), st.integers(-4, 4)),
    )
    def test_together_they_are_broken_where_one_is(
        self, limits: list[Constraints], known: dict[str, int]
    ) -> None:
        """Joining limits neither forgives nor invents a breach."""
        one = any(breach(each, known) is not None for each in limits)

        assert (breach(together(limits), known) is not None) is one


class TestForced:
    @pytest.mark.parametrize(
        ("args", "limits", "changed"),
        [
            ({"a": 1}, {"args": {"a": 2}}, {"a": 2}),
            ({}, {"args": {"a": 2}}, {"a": 2}),
            ({}, {"args": {"a.b.c": 2}}, {"a": {"b": {"c": 2}}}),
            ({"a": {"x": 1}}, {"args": {"a.b": 2}}, {"a": {"x": 1, "b": 2}}),
            ({"a": 1}, {"args": {"a": None}}, {"a": None}),
            ({"a": 1, "b": 2}, {"args_drop": ("a",)}, {"b": 2}),
            ({"a": {"b": 1, "c": 2}}, {"args_drop": ("a.b",)}, {"a": {"c": 2}}),
            ({"a": 1}, {"args_drop": ("b", "c.d")}, {"a": 1}),
            ({"a": None}, {"args_drop": ("a.b",)}, {"a": None}),
            ({"a.b": 1}, {"args_drop": ("a.b",)}, {"a.b": 1}),
        ],
    )
    def test_paths_are_set_and_left_out(
        self, args: dict[str, Any], limits: dict[str, Any], changed: dict[str, Any]
    ) -> None:
        """A dot leads into an object; what is missing is made to force it, never to drop it."""
        assert forced(args, Constraints(**limits)) == changed

    @pytest.mark.parametrize("inner", [1, "x", [{"b": 1}], None])
    def test_no_way_leads_through_what_is_no_object(self, inner: object) -> None:
        """Nothing is overwritten to make room."""
        with pytest.raises(ValueError, match=r"force `a\.b`, and `a` is no object"):
            forced({"a": inner}, Constraints(args={"a.b": 1}))

    @pytest.mark.parametrize("inner", [1, '{"b": 1}', [{"b": 1}], [1]])
    def test_nothing_is_dropped_out_of_what_is_no_object(self, inner: object) -> None:
        """A list or a text may hold it in another way, so it is refused, as forcing is."""
        with pytest.raises(ValueError, match=r"drop `a\.b`, and `a` is no object"):
            forced({"a": inner}, Constraints(args_drop=("a.b",)))

    def test_the_call_as_proposed_is_left_alone(self) -> None:
        """Revision n stays what it was, all the way down."""
        args = {"filter": {"raw": 1, "dry_run": False}, "note": "x"}
        before = json.dumps(args)
        forced(args, Constraints(args={"filter.dry_run": True}, args_drop=("filter.raw", "note")))

        assert json.dumps(args) == before

    @given(
        compatible,
        st.fixed_dictionaries(
            {},
            optional={
                "filter": st.dictionaries(
                    st.sampled_from(["raw", "dry_run", "x"]), st.integers(), max_size=3
                ),
                "limit": st.integers(),
                "note": st.text(max_size=2),
                "other": st.integers(),
            },
        ),
    )
    def test_forcing_again_changes_nothing(self, limits: Constraints, args: dict[str, Any]) -> None:
        """What was forced keeps to the limits, so that a fixpoint is reached at once."""
        once = forced(args, limits)

        assert forced(once, limits) == once
        assert once.get("other") == args.get("other")


@given(compatible)
def test_json_is_read_as_it_was_written(limits: Constraints) -> None:
    """What the record and other processes read is the same limit."""
    text = json.dumps(constraints_json(limits))

    assert read_constraints(json.loads(text)) == limits


def test_only_limits_that_there_are_get_written() -> None:
    """No limit is no key; an empty list of hosts is a limit."""
    assert constraints_json(UNLIMITED) == {}
    assert constraints_json(Constraints(network_allowlist=())) == {"network_allowlist": []}
