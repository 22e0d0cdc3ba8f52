"""Compare: a grave effect counts as asked for where the user's words speak of such a thing."""

import pytest

from interlock.signals.asking import grave_effects, unasked_effects


@pytest.mark.parametrize(
    ("tool", "effects"),
    [
        ("git_delete_repo", {"delete"}),
        ("removeUser", {"delete"}),
        ("send_money", {"financial"}),
        ("update_password", {"secrets"}),
        ("git_add_ssh_key", {"secrets"}),
        ("invite_user", {"access"}),
        ("transfer_ownership", {"financial", "access"}),
        ("search_products", set()),
        ("get_monkey", set()),
    ],
)
def test_a_name_tells_what_a_tool_does(tool: str, effects: set[str]) -> None:
    """Without a catalogue, words of the tool's name say its grave effects."""
    assert grave_effects(tool) == effects


def test_the_catalogue_tells_better() -> None:
    """Tags of the catalogue count instead of the name; others than the grave ones do not."""
    assert grave_effects("delete_draft", ["write"]) == frozenset()
    assert grave_effects("issue", ["write", "financial"]) == {"financial"}


@pytest.mark.parametrize(
    ("user", "tool"),
    [
        ("Please REMOVE the old file.", "delete_file"),
        ("I am removing things", "erase_disk"),
        ("rebuy the mouse, pay with my account", "send_money"),
        ("change my password", "update_password"),
        ("\uff44\uff45\uff4cete it", "delete_file"),
    ],
)
def test_asking_in_any_form_is_asking(user: str, tool: str) -> None:
    """Another word for it, another form of it, another typography of it."""
    assert unasked_effects(tool, user) == frozenset()


def test_what_nobody_spoke_of_is_unasked() -> None:
    """A deletion that no word of the user's speaks of was asked for by somebody else."""
    assert unasked_effects("git_delete_repo", "Star my repositories") == {"delete"}
    assert unasked_effects("x", "Star it", ["delete", "secrets", "read"]) == {"delete", "secrets"}
