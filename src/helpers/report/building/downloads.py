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
#: A link to a term of the glossary, one to a page of the book that is no notebook, and what is cited.
TERM = re.compile(r"\]\(<?#([^)>]+)>?\)")
PAGE = re.compile(r"\]\(\.\./([\w-]+\.md)\)")
#: What a page of Markdown has of HTML, such as pictures of the front page: megabytes that are of use on the page alone.
RAW = re.compile(r"^```\{raw\} html\n.*?^```\n", re.DOTALL | re.MULTILINE)
CITED = re.compile(r"\{cite:p\}`([^`]+)`")


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

    meanings, works = glossary((Path(stage) / "glossary.md").read_text()), references(Path(stage) / "references.bib")
    for source in (Path(html) / SOURCES).rglob("*.ipynb"):
        nbformat.write(emptied(nbformat.read(source, 4), meanings, works), source)
    for source in (Path(html) / SOURCES).rglob("*.md"):
        source.write_text(RAW.sub("", source.read_text()))
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


def references(path):
    """Key → `[Bach et al. 2015](address)` of the works in a file of BibTeX."""
    from pybtex.database import parse_file

    works = {}
    for key, entry in parse_file(str(path)).entries.items():
        names = [" ".join(person.last_names) for person in entry.persons["author"]]
        by = f"{names[0]} et al." if len(names) > 2 or names[-1] == "others" else " & ".join(names)
        address = f"https://doi.org/{entry.fields['doi']}" if "doi" in entry.fields else entry.fields.get("url")
        works[key] = f"[{by} {entry.fields['year']}]({address})" if address else f"{by} {entry.fields['year']}"
    return works


def emptied(notebook, meanings, works):
    """A notebook without outputs, whose links lead somewhere in JupyterLab: terms to a last cell of their meanings, pages to their text in the
    repository, what is cited to its publisher.

    Parameters
    ----------
    notebook : as it was executed; it is changed.
    meanings : of `glossary`. works : of `references`.
    """
    from nbformat.v4 import new_markdown_cell

    def cited(keys):
        return f"({'; '.join(works[key.strip()] for key in keys[1].split(','))})"

    linked = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            linked.update(TERM.findall(cell.source))
            words = TERM.sub(lambda link: f"](#{link[1].replace(' ', '-')})", cell.source)
            cell.source = CITED.sub(cited, PAGE.sub(r"](../book/\1)", words))
    words = [f"### {term}\n\n{meaning}" for term, meaning in meanings.items() if term in linked]
    if words:
        notebook.cells.append(new_markdown_cell("\n\n".join(["## Words", *words]), id="words"))
    return notebook
