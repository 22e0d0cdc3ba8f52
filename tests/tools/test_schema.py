"""Check: arguments that do not fit a schema are named by path."""

from interlock.tools.schema import misfit

SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "lines": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["amount"],
    "additionalProperties": False,
}


def test_what_fits_is_silent() -> None:
    """Arguments that fit give no words."""
    assert misfit(SCHEMA, {"amount": 5, "lines": ["a"]}) is None


def test_what_does_not_fit_is_named() -> None:
    """The first fault is named by path, the others are counted, all in one line."""
    said = misfit(SCHEMA, {"amount": "five", "lines": [1], "extra": 0})

    assert said is not None
    assert "args" in said
    assert "(and 2 more)" in said
    assert "\n" not in said
