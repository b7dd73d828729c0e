"""Notebooks as pages: each is run on what a run has made, and kept as Markdown with its pictures in docs/notebooks.

Run by `make notebook-pages`, with names of notebooks or for all. Notes of the libraries (standard error) aren't kept.
"""

import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
NOTEBOOKS, PAGES = ROOT / "notebooks", ROOT / "docs/notebooks"
LONGEST = 1800  # seconds of a cell


def executed(path: Path) -> NotebookNode:
    """A notebook with what its cells printed and drew."""
    notebook = jupytext.read(path)
    place = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=LONGEST, kernel_name="python3", resources=place).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def write(path: Path) -> None:
    """Keep a notebook as a page; pictures of before that it has no more are removed."""
    text, made = MarkdownExporter().from_notebook_node(executed(path))
    for old in PAGES.glob(f"{path.stem}_*.png"):
        old.unlink()
    text = text.replace("![png]", f"![{path.stem.replace('_', ' ')}, drawn]")
    for number, (name, picture) in enumerate(made["outputs"].items(), 1):
        text = text.replace(name, f"{path.stem}_{number}.png")
        (PAGES / f"{path.stem}_{number}.png").write_bytes(picture)
    (PAGES / f"{path.stem}.md").write_text(text.strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for each in sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.py")):
        write(NOTEBOOKS / f"{each}.py")
        print(f"docs/notebooks/{each}.md")
