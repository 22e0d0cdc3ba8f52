"""View: values that show themselves, with nothing in them that could take effect."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.app.policy import Policy
from interlock.canon import encode
from interlock.errors import PolicyError, UnknownId
from interlock.notebook import play, queue, timeline

POLICY = Policy.parse("rules: [{id: reads, match: {tools: [look]}, decision: allow}]")
TRICK = '<script>alert(1)</script>\u202e"&'


class Cells(HTMLParser):
    """Reads a table's cells back, and every tag that is there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag in ("td", "th", "caption"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.cells[-1] += data


TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td"}


@given(st.text(min_size=1), st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_call_adds_a_tag(name: str, args: dict[str, str]) -> None:
    """Whatever names and arguments hold, the HTML has the table's own tags only."""
    shown = Cells(play(POLICY, [{"name": name, "args": args}])._repr_html_())

    assert shown.tags <= TABLE


@given(st.dictionaries(st.text(), st.text() | st.integers(), max_size=3), st.data())
def test_different_calls_look_different(args: dict[str, Any], data: st.DataObject) -> None:
    """Two calls whose arguments differ never get the same cell."""
    other = data.draw(st.dictionaries(st.text(), st.text() | st.integers(), max_size=3))
    one, two = (
        Cells(play(POLICY, [{"name": "look", "args": each}])._repr_html_()).cells[7]
        for each in (args, other)
    )

    assert (one == two) == (encode(args) == encode(other))


def test_playing_says_kind_rules_and_reason() -> None:
    """Each call has its decision and the rules that settled it; the counts add up."""
    played = play(POLICY, [{"name": "look"}, {"name": "else", "args": {"x": TRICK}}])

    assert played.counts == {"allow": 1, "require_approval": 1}
    assert repr(played) == "<2 calls: 1 allow, 1 require_approval>"
    cells = Cells(played._repr_html_()).cells
    assert "reads" in cells
    assert 'x="<script>alert(1)</script>⟨U+202E⟩\\"&"' in cells


def test_playing_nothing() -> None:
    """No calls are no error."""
    assert "no calls" in play(POLICY, [])._repr_html_()


def test_a_policy_may_be_a_file(tmp_path: Any) -> None:
    """A file loads; one that does not exist says so."""
    file = tmp_path / "policy.yaml"
    file.write_text("rules: [{id: reads, match: {tools: [look]}, decision: allow}]")

    assert play(file, [{"name": "look"}]).counts == {"allow": 1}
    with pytest.raises(PolicyError):
        play(tmp_path / "no.yaml", [])


def test_the_queue_shows_what_waits(worker: Any) -> None:
    """Id, arguments, risk, reason, the agent's own claim and the time left are there; escaped."""
    claim = {"confidence": 0.5, "why": TRICK}
    worker.call("pay", {"usd": 7, "note": TRICK, "_interlock": claim})
    view = queue(worker.gate)
    shown = Cells(view._repr_html_())

    assert shown.tags <= TABLE
    assert view.cases[0].id in shown.cells
    assert "<b>money</b>" in shown.cells
    assert '"<script>alert(1)</script>⟨U+202E⟩"&"' in shown.cells
    assert "240 min" in shown.cells
    assert repr(view) == "<waiting: 1>"


def test_the_timeline_tells_one_calls_way(worker: Any) -> None:
    """Every entry stands in order, with the time since the first."""
    call_id = worker.call("pay", {"usd": 7})
    worker.clock.advance(2)
    worker.gate.inbox.approve(call_id, by="ana")
    worker.go(call_id)
    view = timeline(worker.gate, call_id[:14])
    cells = Cells(view._repr_html_()).cells

    kinds = ["proposed", "decided", "asked", "voted", "claimed", "done", "inspected", "released"]
    assert [entry["kind"] for entry in view.entries] == kinds
    assert "+0 ms" in cells
    assert "+2000 ms" in cells
    assert "+2250 ms" in cells
    assert "ana" in cells
    with pytest.raises(UnknownId):
        timeline(worker.gate, "call_nobody")
