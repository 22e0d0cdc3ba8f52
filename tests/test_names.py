"""Name: one human behind all spellings, and nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from interlock.names import drawn, person


@given(st.text())
def test_who_a_name_belongs_to_is_settled_once(name: str) -> None:
    """The human behind the human behind a name is the same human, and looks like them."""
    assert person(person(name)) == person(name)
    assert drawn(person(name)) == drawn(person(person(name)))


def test_spellings_of_one_name_are_one_human() -> None:
    """Case, width, hyphens, a login's prefix and what nobody sees make no other human."""
    spellings = (
        "Ana-Lu",
        "local: ANA\u2010LU",
        "\uff21na\u2212lu",
        " ana-\u200blu ",
        "LOCAL:local:ana-lu",
    )
    assert {person(each) for each in spellings} == {"ana-lu"}
    assert person("ana lu") != person("ana-lu")
