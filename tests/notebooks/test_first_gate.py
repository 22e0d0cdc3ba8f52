"""Notebooks: they run from top to bottom, and are kept with what they showed."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def outputs(notebook: Any) -> list[Any]:
    """Return every output of a notebook; what was printed piece by piece is one text."""
    found: list[Any] = []
    for cell in notebook.cells:
        for at, out in enumerate(cell.get("outputs", [])):
            if at and out.output_type == found[-1].output_type == "stream":
                whole = found[-1]["text"] + out["text"]
                found[-1] = nbformat.from_dict({**found[-1], "text": whole})
            else:
                found.append(out)
    return found


@pytest.mark.slow
@pytest.mark.timeout(180)  # starts a kernel and plays two days of scenarios
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    """Every cell runs in a fresh kernel, and shows what the kept one shows, ids and times apart."""
    kept, fresh = read(path), read(path)
    NotebookClient(fresh, timeout=150, resources={"metadata": {"path": str(FOLDER)}}).execute()

    assert [kinds(out) for out in outputs(fresh)] == [kinds(out) for out in outputs(kept)]
    assert [words(out) for out in outputs(fresh)] == [words(out) for out in outputs(kept)]


def words(output: Any) -> str:
    """Return an output's plain text without what differs from run to run."""
    text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
    text = re.sub(r"\b(call|req)_[a-z0-9]{20}\b", r"\1_…", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T][\d:.]+\S*", "<time>", text)
    return re.sub(r"<Figure [^>]*>", "<Figure>", text)


def kinds(output: Any) -> tuple[str, ...]:
    """Return an output's type and its forms."""
    return (output.output_type, *sorted(output.get("data", {})))


def test_pieces_of_a_text_are_one() -> None:
    """Regression: a busy machine's kernel sends what one cell prints in two pieces."""
    pieces = [nbformat.v4.new_output("stream", text=text) for text in ("one\n", "two\n")]
    cells = [nbformat.v4.new_code_cell(outputs=pieces), nbformat.v4.new_code_cell(outputs=pieces)]

    told = outputs(nbformat.v4.new_notebook(cells=cells))
    assert [words(out) for out in told] == ["one\ntwo\n"] * 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_kept(path: Path) -> None:
    """The kept notebook was run in order, without an error."""
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]

    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in out.get("data", {}) for out in outputs(read(path)))
    assert all(out.output_type != "error" for out in outputs(read(path)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_name_no_machine(path: Path) -> None:
    """No output holds a path of the machine that ran it."""
    told = [out.get("text", "") for out in outputs(read(path))]
    told += [
        str(form)
        for out in outputs(read(path))
        for kind, form in out.get("data", {}).items()
        if kind != "image/png"
    ]

    assert not [text for text in told if re.search(r"(^|[\s'\"(])/\w+/", text)]


def test_the_first_notebook_shows_the_idea() -> None:
    """It stops before the money moves, runs after a yes, and redacts."""
    told = "".join(str(out) for out in outputs(read(FOLDER / "01_first_gate.ipynb")))

    assert "issue_refund needs approval" in told
    assert "rung without an answer: [('ord_1001', 12.5)]" in told
    assert "536-22-8726" not in told
    assert "[REDACTED]" in told


def test_the_second_notebook_shows_the_kept_figures() -> None:
    """Each section that it shows is the page's as it is now, and its own words have no figures."""
    notebook = read(FOLDER / "02_review_desk.ipynb")
    page = (FOLDER.parent / "benchmarks/results/desk_week.md").read_text(encoding="utf-8")
    shown: dict[str, str] = {}
    for cell in notebook.cells:
        if found := re.fullmatch(r'section\("(.+)"\)\s*', cell.source):
            shown[found[1]] = cell.outputs[0].data["text/markdown"].strip()
    sections = dict(part.partition("\n")[::2] for part in page.split("\n## ")[1:])

    assert shown
    assert shown == {title: sections[title].strip() for title in shown}
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert not re.findall(r"\d+(?:\.\d+)? (?:%|min|h)", "\n".join(words))
