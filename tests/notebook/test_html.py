"""Write: tables that no text inside them can break out of."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from interlock.notebook.html import Badge, table


@given(st.text(), st.text(), st.text())
def test_text_stays_text(head: str, cell: str, caption: str) -> None:
    """Heads, cells, badges and captions are escaped and come back as they were."""
    html = table((head,), [(cell,), (Badge(cell, "good"),)], caption)

    assert html.count("<td") == 2
    assert html.count("<") == table(
        ("",), [("",), (Badge("", "good"),)], "x" * bool(caption)
    ).count("<")
    assert cell in unescape(html)


def test_a_table_reads_left_to_right() -> None:
    """The direction is set, whatever the page around it says."""
    assert table((), []).startswith('<table dir="ltr"')
