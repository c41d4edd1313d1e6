"""A book made of an edition: runs that take turns, the browser's files, early refusals; on toys that take no time."""

import threading
import time

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook, new_output

from helpers import files
from helpers.errors import InputError, WorkError
from helpers.report.building import book, notebooks
from helpers.report.building.book import Edition, check_pages, make, stage_pages

NIGHTS = {"recordings": ["a", "b"], "subjects": 1, "covariates": ["age"]}
PROVENANCE = {"profile": "smoke", "data": "simulated", "simulated": True, "folds": "", "configuration": "c", "code": "d",
              "numpy": "1"}


def _edition(**changed):
    return Edition(**{"name": "toy", "notice": "", "lacking": (), "stamps": {"epochs": {"a": "1"}}, "provenance": PROVENANCE,
                      "own_nights": None, **changed})


@pytest.fixture
def toys(monkeypatch, tmp_path):
    """A book whose notebooks are executed by nobody and whose html is a single page; the list of what happened, in order."""
    happened = []

    def run(pages, *_, **__):
        happened.append("notebooks")
        pages.mkdir(parents=True, exist_ok=True)

    def render(stage):
        happened.append("begin")
        time.sleep(0.2)
        html = stage / "_build" / "html"
        html.mkdir(parents=True)
        (html / "index.html").write_text(stage.name)
        happened.append("end")
        return html

    monkeypatch.setattr(book, "run_notebooks", run)
    monkeypatch.setattr(book, "outdated", lambda *_: [])
    monkeypatch.setattr(book, "_jupyter_book", render)
    return happened


def _browser(folder):
    (folder / "nights").mkdir(parents=True, exist_ok=True)
    (folder / "nights" / "index.js").write_text("a night")


def test_an_edition_of_plain_values_becomes_a_book_with_the_browser_s_files(toys, tmp_path):
    index = make(_edition(), _browser, {}, {}, tmp_path, progress=False)
    assert index == tmp_path.resolve() / "toy" / "html" / "index.html" and index.read_text() == "toy"
    assert (tmp_path / "stage" / "toy" / "extra" / "nights" / "index.js").read_text() == "a night"
    assert "First build." in (tmp_path / "stage" / "toy" / "_config.yml").read_text()
    assert toys == ["notebooks", "begin", "end"]


def test_the_book_of_one_study_stands_beside_another_s_and_html_is_the_last(toys, tmp_path):
    last = tmp_path / "html" / "index.html"
    for name in ("first", "second", "first"):
        make(_edition(name=name), _browser, {}, {}, tmp_path, progress=False)
        assert last.read_text() == name
    assert [(tmp_path / name / "html" / "index.html").read_text() for name in ("first", "second")] == ["first", "second"]
    assert toys.count("begin") == 2, "what did not change is not built again"


def test_a_book_that_an_earlier_version_built_gives_way_to_the_link_and_anything_else_does_not(toys, tmp_path):
    old = tmp_path / "html"
    old.mkdir()
    (old / "stamp.json").write_text("{}")
    make(_edition(), _browser, {}, {}, tmp_path, progress=False)
    assert old.is_symlink() and (old / "index.html").read_text() == "toy"
    old.unlink()
    old.mkdir()
    (old / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="html: is no book, and the link to the last one goes there; move it"):
        check_pages("toy", {}, tmp_path, (), "make book")
    with pytest.raises(IsADirectoryError):
        make(_edition(), _browser, {}, {}, tmp_path, progress=False)
    assert (old / "mine.txt").read_text() == "kept"


@pytest.mark.parametrize("own_nights", [None, NIGHTS])
def test_the_stamp_of_the_html_says_whose_nights_it_shows(own_nights, toys, tmp_path):
    make(_edition(own_nights=own_nights), _browser, {}, {}, tmp_path, progress=False)
    assert files.read_json(tmp_path / "html" / "stamp.json")["own_nights"] == own_nights


def test_the_stamp_says_so_too_where_the_book_was_built_before_and_did_not_change(toys, tmp_path):
    for own_nights in (None, NIGHTS):
        make(_edition(own_nights=own_nights), _browser, {}, {}, tmp_path, progress=False)
    assert toys.count("begin") == 1
    assert files.read_json(tmp_path / "html" / "stamp.json")["own_nights"] == NIGHTS


def test_a_fault_of_the_browser_s_files_ends_the_run(toys, tmp_path):
    def broken(folder):
        raise InputError("night 7 cannot be read")

    with pytest.raises(InputError, match="night 7 cannot be read"):
        make(_edition(), broken, {}, {}, tmp_path, progress=False)
    assert not (tmp_path / "html").exists()


def test_two_runs_at_once_into_one_folder_take_turns_and_both_end_right(toys, tmp_path, capfd):
    results = []

    def run(name):
        results.append(make(_edition(name=name, notice=name), _browser, {}, {}, tmp_path, progress=False))

    threads = [threading.Thread(target=run, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2 and toys == ["notebooks", "begin", "end"] * 2
    said = capfd.readouterr().err
    assert said.count("Another run is building into") == 1 and str(tmp_path.resolve()) in said


def test_only_some_notebooks_are_refused_before_anything_is_computed(tmp_path):
    with pytest.raises(InputError, match="01_data, .*never executed"):
        check_pages("toy", {}, tmp_path, {"02_model.ipynb"}, "make book")
    check_pages("toy", {}, tmp_path, set(), "make book")


def test_only_some_notebooks_are_refused_where_the_others_have_other_parameters(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "outdated", lambda pages, parameters: ["01_data", "02_model"])
    with pytest.raises(InputError, match="^01_data: made of another configuration .* by make book$"):
        check_pages("toy", {}, tmp_path, {"02_model.ipynb"}, "make book")


def test_pictures_and_findings_of_cells_tagged_front_stand_on_the_page_that_asks_for_them(tmp_path, monkeypatch):
    stage, pages = tmp_path / "stage", tmp_path / "book"
    (stage / "notebooks").mkdir(parents=True)
    outputs = ({"text/html": "<div>night</div>", "text/plain": "x"}, {"text/html": "<div>stages</div>"}, {"text/markdown": "1. Found."})
    cells = [nbformat.v4.new_code_cell("draw()", metadata={"tags": ["front"]}, outputs=[new_output("display_data", data)]) for data in outputs]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# The night"), *cells]), stage / "notebooks" / "04_local_timelines.ipynb")
    _page(pages, "% pictures\n\n% findings\n", monkeypatch)
    stage_pages(stage, "", PROVENANCE, "")
    assert (stage / "index.md").read_text() == (
        '# A page\n\n```{raw} html\n<div class="sr-front"><div>night</div><div>stages</div></div>\n```\n\n1. Found.\n')


def test_an_answer_stands_where_a_page_asks_for_it_without_its_first_word(tmp_path, monkeypatch):
    stage, pages = tmp_path / "stage", tmp_path / "book"
    _answered(stage)
    _page(pages, "% answer 02_model\n", monkeypatch)
    stage_pages(stage, "", PROVENANCE, "")
    assert (stage / "index.md").read_text() == "# A page\n\n**[The model](notebooks/02_model.ipynb).** It stages well.\n"
    source = nbformat.read(stage / "notebooks" / "02_model.ipynb", 4)
    source.cells[0].source = "# Is it a model?"
    nbformat.write(source, stage / "notebooks" / "02_model.ipynb")
    stage_pages(stage, "", PROVENANCE, "")
    assert "**[Is it a model?](notebooks/02_model.ipynb)** It stages well." in (stage / "index.md").read_text()


@pytest.mark.parametrize("name", ["02_modle", "2", "02-model", "the model"])
def test_an_answer_of_a_notebook_that_there_is_not_is_an_error(name, tmp_path, monkeypatch):
    stage, pages = tmp_path / "stage", tmp_path / "book"
    _answered(stage)
    _page(pages, f"% answer {name}", monkeypatch)
    with pytest.raises(WorkError, match=f"% answer {name}: there is no such notebook; there are 01_data, 02_model, "):
        stage_pages(stage, "", PROVENANCE, "")


def _page(pages, text, monkeypatch):
    pages.mkdir()
    (pages / "index.md").write_text(f"# A page\n\n{text}")
    monkeypatch.setattr(book, "PAGES", pages)


def _answered(stage):
    """An executed notebook with an answer."""
    (stage / "notebooks").mkdir(parents=True)
    cell = nbformat.v4.new_code_cell("answers.network()", metadata={"tags": ["answer"]}, outputs=[
        new_output("display_data", {"text/markdown": "**Answer.** It stages well."})])
    nbformat.write(new_notebook(cells=[new_markdown_cell("# The model"), cell]), stage / "notebooks" / "02_model.ipynb")
    assert notebooks.answers(stage / "notebooks") == {"02_model": ("The model", "It stages well.")}
