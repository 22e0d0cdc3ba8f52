"""Objects: JSON that somebody gives on the command line."""

from pathlib import Path

import pytest
import typer

from interlock.cli.objects import read_object


def test_an_object_is_read_from_where_it_stands(tmp_path: Path) -> None:
    """Itself, or the file that holds it."""
    (tmp_path / "new.json").write_text('{"a": 1}')

    assert read_object(' {"a": 1}', "--args") == {"a": 1}
    assert read_object(str(tmp_path / "new.json"), "--args") == {"a": 1}


@pytest.mark.parametrize(
    "text",
    ["[1]", '{"a": 1, "a": 2}', '{"a": NaN}', "{", '{"a": ' + "9" * 5000 + "}", "/dev", "no-file"],
)
def test_what_two_readers_would_read_differently_is_refused(text: str) -> None:
    """No list, no key twice, no number that a call cannot carry, no folder."""
    with pytest.raises(typer.BadParameter):
        read_object(text, "--args")
