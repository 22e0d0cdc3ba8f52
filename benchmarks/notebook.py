"""Make: the review desk's notebook of its kept figures, `uv run python -m benchmarks.notebook`.

Runs each cell in a fresh kernel and keeps what it shows, with no time and no place of the machine.
"""

import sys
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

FOLDER: Final = Path(__file__).resolve().parents[1] / "notebooks"
USUAL: Final = "02_review_desk.ipynb"
_WAIT_S: Final = 600
_FORM: Any = nbformat  # which says little of its types


def main(names: list[str]) -> int:
    """Run some notebooks, else the review desk's, and keep them."""
    for name in names or [USUAL]:
        path = FOLDER / Path(name).name
        made = executed(_FORM.read(path, as_version=4))
        path.write_text(_FORM.writes(made, indent=1) + "\n", encoding="utf-8")
    return 0


def executed(notebook: Any) -> Any:  # noqa: ANN401 - a notebook
    """Run a notebook and leave out what tells of the moment."""
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=_WAIT_S, resources=place).execute()
    for cell in notebook.cells:
        cell["metadata"] = {}
        if cell.cell_type == "code":
            cell["outputs"] = _joined(cell["outputs"])
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """Put together what was printed piece by piece."""
    found: list[Any] = []
    for out in outputs:
        if found and out.output_type == found[-1].output_type == "stream":
            found[-1]["text"] += out["text"]
        else:
            found.append(out)
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
