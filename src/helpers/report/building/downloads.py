"""The notebook that a page offers: the executed one comes in; the same without outputs goes out, whole by itself, and stands in the page's
own link, so that it can be taken from a file as well as from a server.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

#: Folder in which Sphinx puts the sources of pages.
SOURCES = "_sources"
#: A link of a page to its source.
LINK = re.compile(r'<a href="(?:\.\./)*_sources/([^"]+)" target="_blank"')
#: A link to a term of the glossary, and one to a page of the book that is no notebook.
TERM = re.compile(r"\]\(<?#([^)>]+)>?\)")
PAGE = re.compile(r"\]\(\.\./([\w-]+\.md)\)")


def offer(html, stage):
    """Empty the notebooks among the sources of a built book, and put every source into the link of its page.

    Parameters
    ----------
    html : folder of the built book.
    stage : folder that it was built from.

    Raises
    ------
    LookupError
        Where a page of a notebook has no such link.
    """
    import nbformat

    meanings = glossary((Path(stage) / "glossary.md").read_text())
    for source in (Path(html) / SOURCES).rglob("*.ipynb"):
        nbformat.write(emptied(nbformat.read(source, 4), meanings), source)
    for page in (path.with_suffix("") for path in (Path(html) / SOURCES).rglob("*") if path.is_file()):
        built = Path(html) / page.relative_to(Path(html) / SOURCES).with_suffix(".html")
        text, links = LINK.subn(lambda link: _whole_link(Path(html) / SOURCES / link[1]), built.read_text())
        if not links:
            raise LookupError(f"{built.name}: no link to its source")
        built.write_text(text)


def _whole_link(source):
    content = base64.b64encode(source.read_bytes()).decode()
    return f'<a href="data:application/octet-stream;base64,{content}" download="{source.name}"'


def glossary(text):
    """Term → its meaning, of the page with the glossary."""
    entries = text.partition(":::{glossary}\n")[2].partition("\n:::")[0].split("\n\n")
    return {term: " ".join(meaning.split()) for term, meaning in (entry.strip().split("\n", 1) for entry in entries)}


def emptied(notebook, meanings):
    """A notebook without outputs, whose links lead somewhere in JupyterLab: terms to a last cell of their meanings, pages to their text in the
    repository.

    Parameters
    ----------
    notebook : as it was executed; it is changed.
    meanings : of `glossary`.
    """
    from nbformat.v4 import new_markdown_cell

    linked = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            linked.update(TERM.findall(cell.source))
            cell.source = PAGE.sub(r"](../book/\1)", TERM.sub(lambda link: f"](#{link[1].replace(' ', '-')})", cell.source))
    words = [f"### {term}\n\n{meaning}" for term, meaning in meanings.items() if term in linked]
    if words:
        notebook.cells.append(new_markdown_cell("\n\n".join(["## Words", *words]), id="words"))
    return notebook
