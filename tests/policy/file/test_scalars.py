"""Resolve: YAML 1.2 core scalars; what versions read differently is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.file.scalars import Surprise, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False),
        ("0", 0), ("-7", -7), ("+12", 12), ("0x1F", 31), ("0o17", 15),
        ("1.5", 1.5), ("-.5", -0.5), ("1e3", 1000.0), ("2.", 2.0),
        ("job.*", "job.*"), ("1.2.3", "1.2.3"), ("-", "-"), ("tRUE", "tRUE"), ("yes!", "yes!"),
        ("10.0.0.1", "10.0.0.1"), ("+", "+"), ("1e", "1e"), ("n", "n"), ("n0", "n0"),
    ],
)  # fmt: skip
def test_core_scalars(text: str, value: object) -> None:
    """Null, booleans, integers, floats and text are what YAML 1.2 says, in value and type."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "no", "No", "NO", "yes", "on", "OFF", "=", "012", "-007", "0123.5", "1:30", "12:30:45",
        "190:20.5", "1_000", "0b101", "0x_ff", "1_0.5", "2026-01-31", "2026-1-3",
        "2026-01-31T10:00:00Z", ".inf", "-.INF", ".nan", "1e999", "08",
    ],
)  # fmt: skip
def test_surprises_are_refused(text: str) -> None:
    """What YAML 1.1 and 1.2 read differently, or what is no finite number, asks for quotes."""
    with pytest.raises(Surprise, match=r"quote it|smaller"):
        resolve(text)


@given(st.text(max_size=20))
def test_nothing_else_is_raised(text: str) -> None:
    """Any text is a scalar or a surprise; no number escapes its range."""
    try:
        value = resolve(text)
    except Surprise:
        return
    assert value is None or isinstance(value, str | bool | int | float)


def test_a_huge_integer_is_carried_or_text() -> None:
    """Digits beyond what the interpreter reads never raise."""
    assert resolve("9" * 30) == 10**30 - 1
    assert isinstance(resolve("9" * 5000), str)
