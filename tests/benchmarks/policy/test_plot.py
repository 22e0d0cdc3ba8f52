"""Plot: well-formed, one line and one name for each contender."""

from xml.etree import ElementTree as ET

from benchmarks.policy.plot import svg


def test_a_line_for_each_contender() -> None:
    """Faster is lower, names do not lie over each other, and text is escaped."""
    lines = {"a & b": {10: 5.0, 1000: 5.0}, "c": {10: 50.0, 1000: 5.1}}
    root = ET.fromstring(svg("<title>", lines))
    shapes = {each.tag.partition("}")[2]: [] for each in root.iter()}
    for each in root.iter():
        shapes[each.tag.partition("}")[2]].append(each)
    names = {each.text: float(each.attrib["y"]) for each in shapes["text"]}
    first = [float(each.attrib["points"].split()[0].split(",")[1]) for each in shapes["polyline"]]

    assert len(shapes["polyline"]) == 2
    assert "<title>" in names
    assert abs(names["a & b"] - names["c"]) >= 15
    assert len(set(first)) == 2
