"""Decisions are recorded in one short form."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
RECORDS = sorted(path.name for path in FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "What would change our mind"]


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_has_the_form(record: str) -> None:
    """A record has number, title, status and the four sections, and is read in two minutes."""
    text = (FOLDER / record).read_text()

    assert text.startswith(f"# {record[:4]}. ")
    assert re.search(r"^Status: (accepted|proposed|superseded by \d{4})$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert len(text.splitlines()) <= 60


def test_records_are_numbered_without_gaps() -> None:
    """Numbers run from 0001 on, each once."""
    assert [int(name[:4]) for name in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS)
def test_the_list_names_every_record(record: str) -> None:
    """The folder's README links each record under its title."""
    title = (FOLDER / record).read_text().splitlines()[0].split(". ", 1)[1]
    row = re.search(rf"\({record}\) \| (.+) \|", (FOLDER / "README.md").read_text())

    assert row is not None
    assert title.startswith(row[1])
