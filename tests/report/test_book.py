"""Notebooks executed whole or not at all, and what of them reaches a page; on toys that take seconds."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.errors import InputError, WorkError
from helpers.report.notebooks import run_notebooks

PARAMETERS = new_code_cell("number = 1", metadata={"tags": ["parameters"]})


def _write(folder, name, *sources):
    cells = [new_markdown_cell(f"# {name}"), PARAMETERS, *map(new_code_cell, sources)]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / f"{name}.ipynb")


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


def _run(sources, target, **options):
    run_notebooks(target, {}, source_folder=sources, progress=False, **options)


def _texts(path):
    return [output["text"] for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]


def test_a_parameter_reaches_the_notebooks_that_have_it_and_its_cell_is_not_shown(sources, tmp_path):
    _write(sources, "01_one", "print(number)")
    _run(sources, tmp_path / "out", extra={"number": 7, "other": 1})
    assert _texts(tmp_path / "out" / "01_one.ipynb") == ["7\n"]
    cells = nbformat.read(tmp_path / "out" / "01_one.ipynb", 4).cells
    injected = [cell for cell in cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert [("other" in cell.source, "remove-cell" in cell.metadata["tags"]) for cell in injected] == [(False, True)]


def test_the_first_failing_cell_is_named_and_nothing_half_done_is_left(sources, tmp_path):
    _write(sources, "01_good", "print('fine')")
    _write(sources, "02_bad", "x = 1", "1 / 0")
    _write(sources, "03_never", "print('not reached')")
    with pytest.raises(WorkError, match=r"notebook 02_bad.ipynb, cell 4: ZeroDivisionError: division by zero"):
        _run(sources, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["01_good.ipynb", "failed-02_bad.ipynb"]


def test_a_parameter_that_does_not_fit_is_the_user_s_mistake(sources, tmp_path):
    _write(sources, "01_one", "from helpers.errors import InputError", "raise InputError('rule x: not known')")
    with pytest.raises(InputError, match="^rule x: not known$"):
        _run(sources, tmp_path / "out")


def test_what_did_not_change_is_not_executed_again(sources, tmp_path):
    _write(sources, "01_one", "import time; print(time.time_ns())")
    out = tmp_path / "out" / "01_one.ipynb"
    _run(sources, tmp_path / "out", inputs="a")
    first = _texts(out)
    _run(sources, tmp_path / "out", inputs="a")
    assert _texts(out) == first
    _run(sources, tmp_path / "out", inputs="b")
    assert _texts(out) != first


def test_no_path_of_this_machine_and_no_widget_state_is_kept(sources, tmp_path):
    _write(sources, "01_one", "import ipywidgets; display(ipywidgets.IntSlider())")
    _run(sources, tmp_path / "out")
    text = (tmp_path / "out" / "01_one.ipynb").read_text()
    assert str(tmp_path) not in text and "widget-state" not in text
