"""Name: a path means what a finding shows, however the names in a result are written."""

import pytest

from interlock.path.fields import fields


class TestFields:
    @pytest.mark.parametrize(
        ("path", "member"),
        [
            ("response.rows[0].note", ("rows", 3, "note")),
            ("rows[*].note", ("rows", 3, "note")),
            ("rows[].note", ("rows", 3, "note")),
            ("rows.*.note", ("rows", 3, "note")),
            ("rows.note", ("rows", 3, "note")),
            ('**["a.b"]', ("x", 0, "a.b")),
            ('response["a.b"].c', ("a.b", "c")),
            ("response[0].x", (0, "x")),
            ("**.internal_notes", ("a", "Internal_Notes")),
            ("**.internal_notes", ("a", "internalNotes")),
            ("**.internal_notes", ("a", "internal-notes")),
            ("**.internal_notes", ("a", "INTERNAL NOTES ")),
            ("**.internal_notes", ("a", "int\u0435rnal\u200b_notes")),
            ("**.internalNotes", ("\uff49nternal_notes",)),
            ("**.*Id", ("customer_id",)),
            ("**.*_id", ("customerId",)),
        ],
    )
    def test_a_path_means_its_member(self, path: str, member: tuple[str | int, ...]) -> None:
        """The notation of findings works, and names count however they are written."""
        assert held(path, member)

    @pytest.mark.parametrize(
        ("path", "member"),
        [
            ("**.*Id", ("paid",)),
            ("**.*_id", ("valid",)),
            ("a.b", ("a.b",)),
            ("rows.*.note", ("rows", "note")),
            ("**.notes", ("internal_notes",)),
            ("internal_notes", ("a", "internal_notes")),
        ],
    )
    def test_and_no_other(self, path: str, member: tuple[str | int, ...]) -> None:
        """A glob over words is none over letters, and a dot in a name is no step."""
        assert not held(path, member)


def held(path: str, member: tuple[str | int, ...]) -> bool:
    compiled = fields((path,))
    assert compiled
    return compiled.hold(compiled.under(member[:-1]), str(member[-1]))
