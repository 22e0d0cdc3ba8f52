"""Mutations: what differs is one value of the same type, and a careful person sees it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode, type_name
from interlock.desk.mutating import changes, mutations, takes_away

NAMES = ("amount", "to", "path", "env", "n", "iban", "attachment", "items", "note", "fileName")
leaves = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.none(),
    st.text(max_size=12),
    st.sampled_from(("ana@acme.com", "DE89370400440532013000", "a/b.txt", "staging", "12.50")),
)
arguments = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        ),
        max_leaves=6,
    ),
    max_size=4,
)


def how(args: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the mutations by what is wrong with them."""
    return {one.how: one.args for one in mutations(args)}


def shape(value: object) -> object:
    """Return key paths and types, without values."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type_name(value)


class TestLaws:
    @given(arguments)
    def test_one_value_changes_and_no_type(self, args: dict[str, Any]) -> None:
        """A mutation differs in one value, has the same shape, and can be sent."""
        for one in mutations(args):
            assert len(changes(args, one.args)) == 1
            assert shape(one.args) == shape(args)
            assert encode(one.args) != encode(args)

    @given(arguments)
    def test_the_original_stays(self, args: dict[str, Any]) -> None:
        """Nothing of what was given is changed in its place."""
        before = encode(args)
        assert mutations(args) == mutations(args)
        assert encode(args) == before

    @given(
        st.decimals(0, 10**12 - 1, places=4).flatmap(
            lambda sum_: st.integers(0, 4).map(lambda places: f"{sum_:.{places}f}")
        )
    )
    def test_a_text_amount_is_ten_times_as_much(self, text: str) -> None:
        """Its value is wrong, not only how it is written; nothing of nothing."""
        found = how({"amount": text})
        assert bool(found) == bool(Decimal(text))
        for one in found.values():
            assert Decimal(one["amount"]) == 10 * Decimal(text)
            assert one["amount"].partition(".")[1:] != ("", "") or "." not in text

    @given(arguments)
    def test_approving_it_keeps_what_is_wrong(self, args: dict[str, Any]) -> None:
        """Only an edit without the wrong value takes it away."""
        for one in mutations(args):
            assert not takes_away(args, one.args, one.args)
            assert takes_away(args, one.args, args)


class TestExamples:
    @pytest.mark.parametrize(
        ("args", "kind", "changed"),
        [
            ({"amount": 50}, "extra_zero", {"amount": 500}),
            ({"refundAmount": 12.5}, "extra_zero", {"refundAmount": 125.0}),
            ({"amount": Decimal("9.99")}, "extra_zero", {"amount": Decimal("99.90")}),
            ({"total": "50.00"}, "extra_zero", {"total": "500.00"}),
            ({"total": "0.99"}, "extra_zero", {"total": "9.90"}),
            ({"total": "12.50"}, "extra_zero", {"total": "125.00"}),
            ({"to": "ana@acme.com"}, "other_payee", {"to": "ana@acme-billing.com"}),
            ({"account": "12345678"}, "other_payee", {"account": "12345615"}),
            ({"to": ["ana@acme.com"]}, "other_payee", {"to": ["ana@acme-billing.com"]}),
            ({"path": "logs/2024/a.log"}, "wider_scope", {"path": "logs/2024/*"}),
            ({"glob": "logs/2024/*"}, "wider_scope", {"glob": "logs/*"}),
            ({"env": "staging"}, "production", {"env": "production"}),
            ({"host": "db.test.acme.com"}, "production", {"host": "db.prod.acme.com"}),
            ({"vendor": "Acme"}, "look_alike", {"vendor": "Acm\u0435"}),
            ({"file": "invoice.pdf"}, "bidirectional", {"file": "invoice\u202efdp.exe"}),
        ],
    )
    def test_what_is_changed(
        self, args: dict[str, Any], kind: str, changed: dict[str, Any]
    ) -> None:
        """Each kind by an example."""
        assert how(args)[kind] == changed

    def test_an_account_number_keeps_its_check_digits(self) -> None:
        """The other account could exist: ISO 7064 gives 1."""
        iban = how({"iban": "DE89370400440532013000"})["other_payee"]["iban"]
        moved = "".join(str(int(each, 36)) for each in iban[4:] + iban[:4])
        assert iban != "DE89370400440532013000"
        assert int(moved) % 97 == 1

    @pytest.mark.parametrize(
        "args",
        [
            {},
            {"amount": 0},
            {"amount": -5},
            {"amount": True},
            {"amount": "a lot"},
            {"amount": 2**53 - 1},
            {"text": "to be or not"},
            {"id": 7},
            {"path": "readme"},
        ],
    )
    def test_nothing_sensible(self, args: dict[str, Any]) -> None:
        """Where a change would mean nothing, there is none."""
        assert mutations(args) == ()

    def test_changes_are_told_by_path(self) -> None:
        """What differs is told with the value that was and the value that is."""
        (one,) = changes({"a": {"amount": 50}}, {"a": {"amount": 500}})
        assert one == ("a.amount", "50", "500")


class TestMended:
    @pytest.mark.parametrize(
        ("real", "edited", "mended"),
        [
            ({"amount": 60}, {"amount": 60}, True),
            ({"amount": 60}, {"amount": 40, "note": "less"}, True),
            ({"amount": 60}, {"amount": 599}, False),
            ({"amount": 60}, {"amount": 601}, False),
            ({"amount": 60}, {"amount": -600}, False),
            ({"amount": 60}, {"amount": True}, False),
            ({"amount": 60}, {"amount": "60"}, False),
            ({"amount": 60}, {}, False),
            ({"amount": 12.34}, {"amount": 12}, True),
            ({"amount": Decimal("9.99")}, {"amount": Decimal("9.00")}, True),
            ({"total": "50.00"}, {"total": "49.99"}, True),
            ({"total": "50.00"}, {"total": "050.01"}, False),
            ({"to": "ana@acme.com"}, {"to": "ana@acme.com"}, True),
            ({"to": "ana@acme.com"}, {"to": "ana@acme-billing.org"}, False),
            ({"account": "12345678"}, {"account": "12345616"}, False),
            ({"account": "12345678"}, {"account": "12345614"}, False),
            ({"items": [{"amount": 5}]}, {"items": [{"amount": 5}]}, True),
            ({"items": [{"amount": 5}]}, {"items": [{"amount": 49}]}, False),
        ],
    )
    def test_only_the_real_value_or_less_money(
        self, real: dict[str, Any], edited: dict[str, Any], mended: bool
    ) -> None:
        """Another wrong value is no better than the one that was shown."""
        assert takes_away(real, mutations(real)[0].args, edited) is mended
