"""The drawings are of the committed figures, and no figure is lost or escapes its place."""

from xml.etree import ElementTree as ET  # of text that this program made itself

from benchmarks.signals.diagrams import RESULTS, drawn, methods, reliability

CELL = {"whole": {"recall": 0.5, "recall_95": [0.4, 0.6], "auroc": 0.9}}


def texts(svg: str) -> list[str]:
    """Return every text of a drawing."""
    return [each.text or "" for each in ET.fromstring(svg).iter() if each.tag.endswith("text")]


def test_the_kept_drawings_are_of_the_kept_figures() -> None:
    """Each is what the figures beside it make."""
    for name, text in drawn().items():
        assert (RESULTS / name).read_text(encoding="utf-8") == text


def test_a_reliability_diagram_has_all_its_bins() -> None:
    """One dot each, at what was said, and how many calls it is of."""
    bins = [{"said": 0.1, "right": 0.0, "95": [0.0, 0.4], "of": 7}]
    svg = reliability("a < b", [*bins, {"said": 0.9, "right": 1.0, "95": [0.5, 1.0], "of": 11}])

    assert svg.count("<circle") == 2
    assert {"7", "11", "a < b"} <= {*texts(svg)}


def test_each_method_has_its_row() -> None:
    """Name, recall and AUROC, in the order of the table."""
    told = texts(methods("found", {"ours": CELL, "<theirs>": CELL}))

    assert [each for each in told if "AUROC" in each] == ["0.50, AUROC 0.900"] * 2
    assert told.index("ours") < told.index("<theirs>")
