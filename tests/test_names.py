"""Name: one human behind all spellings, and nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from interlock.names import drawn, is_clean, person, spoken


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


@given(st.text())
def test_a_name_that_is_clean_can_be_read_out(name: str) -> None:
    """What is read out reads the same again; a clean name is never nothing, and as it is typed."""
    assert spoken(spoken(name)) == spoken(name)
    assert not is_clean(name) or (spoken(name) and name.strip() == name)


def test_what_hides_is_not_clean() -> None:
    """White space inside a name is seen, around it not; nor are characters that show nothing."""
    assert all(map(is_clean, ("bot-7", "Bot 7", "\u6a5f\u5668\u4eba", "b\u00f6t")))
    assert not any(
        map(is_clean, ("", " ", "bot ", "\tbot", "bot\n", "bo\u200bt", "\u3164", "b\x00"))
    )
