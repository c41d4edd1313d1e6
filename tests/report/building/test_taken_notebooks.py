"""The notebook that a page offers: whole, without outputs, its links lead somewhere, and it is taken from a file; and what a page says of
how it was run.
"""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.report.building.downloads import emptied, glossary, references
from helpers.report.building.notebooks import FOLDER

MEANINGS = {"epoch": "30 s of a recording.", "mean of shares": "An average.", "fold": "A split."}


def test_the_page_with_the_glossary_gives_each_term_its_meaning():
    text = "# Glossary\n\n:::{glossary}\nepoch\n  30 s of\n  a recording.\n\nmean of shares\n  An average.\n:::\n\nMore.\n"
    assert glossary(text) == {name: MEANINGS[name] for name in ("epoch", "mean of shares")}


WORKS = {"bach2015": "[Bach et al. 2015](https://doi.org/10.1/b)", "kales1968": "Kales 1968", "two2001": "[A & B 2001](https://c.d)"}


def test_what_is_cited_is_named_by_author_and_year_and_leads_to_its_address(tmp_path):
    (tmp_path / "works.bib").write_text("""@article{bach2015, author={Bach, S. and Binder, A. and Montavon, G.}, title={x}, year={2015}, doi={10.1/b}}
@book{kales1968, author={Kales, Anthony}, title={y}, year={1968}}
@misc{two2001, author={A, C. and B, D.}, title={z}, year={2001}, url={https://c.d}}
""")
    assert references(tmp_path / "works.bib") == WORKS
    cell = new_markdown_cell("As said {cite:p}`bach2015`, twice {cite:p}`kales1968,two2001`.")
    [taken] = emptied(new_notebook(cells=[cell]), MEANINGS, WORKS).cells
    assert taken.source == f"As said ({WORKS['bach2015']}), twice (Kales 1968; {WORKS['two2001']})."


def test_terms_lead_to_a_last_cell_with_their_meanings_and_pages_to_their_text_in_the_repository():
    words = "An [epoch](#epoch), a [mean](<#mean of shares>), [epochs](#epoch), [methods](../methods.md), [next](05_x.ipynb), [`#`](https://a.b/#c)"
    output = new_output("stream", text="7\n")
    cell = new_code_cell("print(7)", execution_count=3, outputs=[output])
    taken = emptied(new_notebook(cells=[new_markdown_cell(words), cell]), MEANINGS, {})
    nbformat.validate(taken)
    first, code, last = taken.cells
    assert first.source == ("An [epoch](#epoch), a [mean](#mean-of-shares), [epochs](#epoch), [methods](../book/methods.md), [next](05_x.ipynb), "
                            "[`#`](https://a.b/#c)")
    assert (code.source, code.outputs, code.execution_count) == ("print(7)", [], None)
    assert last.source == "## Words\n\n### epoch\n\n30 s of a recording.\n\n### mean of shares\n\nAn average."


def test_a_notebook_without_terms_gets_no_cell_of_words():
    assert len(emptied(new_notebook(cells=[new_markdown_cell("Nothing.")]), MEANINGS, {}).cells) == 1


pages = pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.ipynb"))])


@pages
def test_what_is_offered_has_every_cell_of_the_source_no_output_and_links_that_lead_somewhere(book, name):
    source, taken = (nbformat.read(path / f"{name}.ipynb", 4) for path in (FOLDER, book / "_sources" / "notebooks"))
    code = [cell.source for cell in taken.cells if cell.cell_type == "code"]
    needed = {"context-only", *(["trial-only", "scored-only", "simulated-only"] if "Left out" in str(taken.cells) else [])}
    wanted = [cell.source for cell in source.cells if cell.cell_type == "code" and not needed & set(cell.metadata.tags)]
    assert set(wanted) <= set(code)
    assert not any(cell.get("outputs") for cell in taken.cells)
    text = "\n".join(cell.source for cell in taken.cells if cell.cell_type == "markdown")
    headings = {line.lstrip("# ").replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
    assert "{cite" not in text
    assert set(re.findall(r"\]\(<?#([^)>]*)>?\)", text)) <= headings
    for path in re.findall(r"\]\(([^)#]+\.(?:md|ipynb))\)", text):
        assert (FOLDER / path).is_file(), path


@pytest.mark.browser
@pytest.mark.parametrize("page, source", [("notebooks/04_local_timelines", "notebooks/04_local_timelines.ipynb"), ("methods", "methods.md")])
def test_the_button_of_a_page_gives_its_source_from_a_file_and_from_a_server(reader, book, page, source):
    shown = reader(f"{page}.html")
    shown.locator(".dropdown-download-buttons button").first.click()
    with shown.expect_download() as waiting:
        shown.locator(".btn-download-source-button").click()
    assert waiting.value.suggested_filename == source.rpartition("/")[2]
    with open(waiting.value.path(), "rb") as taken:
        assert taken.read() == (book / "_sources" / source).read_bytes()


@pytest.mark.browser
def test_the_foot_of_a_page_names_the_parameters_that_it_alone_has_and_the_run(words):
    foot = words("notebooks/05_regression.html").locator(".extra_footer").inner_text()
    assert 'Parameters of this page: rule = "eps=100", averaging = "mean", family = "rule".' in foot and "Profile " in foot
    assert "Parameters of this page" not in words("notebooks/02_model.html").locator(".extra_footer").inner_text()
    assert "Parameters of this page" not in words("methods.html").locator(".extra_footer").inner_text()


def _bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_nothing_is_kept_that_no_page_asks_for(book):
    assert not [path for name in ("*.map", "*.ttf", "*thebe*") for path in book.rglob(name)]
    assert _bytes(book / "_sources") < 500_000 and "```{raw}" not in (book / "_sources" / "index.md").read_text()
    assert (book / "_static" / "scripts" / "fontawesome.js").stat().st_size < 200_000


@pytest.mark.browser
def test_icons_that_pages_show_are_those_of_the_theme(opener):
    import pydata_sphinx_theme

    script = max(Path(pydata_sphinx_theme.__file__).parent.rglob("fontawesome.js"), key=lambda path: path.stat().st_size)
    every = script.read_text()
    for name in ("index.html", "notebooks/05_regression.html"):
        page = opener(name)
        page.wait_for_selector("svg[data-icon]", state="attached")
        assert page.locator("i[class*='fa-']").count() == 0
        shown = dict(page.locator("svg[data-icon]").evaluate_all(
            "icons => icons.map(icon => [icon.dataset.icon, icon.querySelector('path').getAttribute('d')])"))
        assert {"download", "magnifying-glass", "sun", "moon"} <= shown.keys()
        assert not [icon for icon, outline in shown.items() if f'"{outline}"' not in every], "the theme's sign for an icon that is missing"


@pytest.mark.demo
def test_the_demo_book_is_under_70_mb(book):
    assert os.environ.get("BOOK_HTML") and _bytes(book) < 70e6
