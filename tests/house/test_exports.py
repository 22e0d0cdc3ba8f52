"""What users import: every public name resolves, is documented, and nothing else is promised."""

from importlib.resources import files

import pytest

import interlock


@pytest.mark.parametrize("name", interlock.__all__)
def test_a_public_name_resolves_and_is_documented(name: str) -> None:
    """Each name in `__all__` is the class of that name and says what it is."""
    value = getattr(interlock, name)

    assert value.__name__ == name
    assert value.__doc__


@pytest.mark.parametrize("name", interlock.__all__)
def test_a_public_class_documents_what_it_offers(name: str) -> None:
    """Each public method and property of a public class has a docstring."""
    value = getattr(interlock, name)
    own = {key: member for key, member in vars(value).items() if not key.startswith("_")}
    callables = {
        key: getattr(member, "__func__", member)
        for key, member in own.items()
        if callable(member) or isinstance(member, property | classmethod | staticmethod)
    }

    assert [key for key, member in callables.items() if not member.__doc__] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name the package does not have fails as on any module."""
    with pytest.raises(AttributeError, match="no attribute `Gaet`"):
        interlock.Gaet  # noqa: B018 - reading it is the test


def test_every_public_name_is_listed() -> None:
    """`dir(interlock)` shows the names that are not loaded yet."""
    assert set(interlock.__all__) <= set(dir(interlock))


def test_a_type_checker_is_told() -> None:
    """The package carries the marker of PEP 561."""
    assert files("interlock").joinpath("py.typed").is_file()
