"""Notebooks executed whole or not at all, and what of them reaches a page; on toys that take seconds."""

import json
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.errors import InputError, WorkError
from helpers.report.building.notebooks import imported, outdated, own_parameters, run_notebooks, selected
from helpers.report.building.notebooks import sources as notebook_files

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
    for number in range(3, 8):
        _write(sources, f"0{number}_later", "import time", "time.sleep(2)")
    with pytest.raises(WorkError, match=r"notebook 02_bad.ipynb, cell 4: ZeroDivisionError: division by zero"):
        _run(sources, tmp_path / "out")
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"01_good.ipynb", "failed-02_bad.ipynb"} <= left and not {"02_bad.ipynb", "07_later.ipynb"} & left
    assert all(name.endswith(".ipynb") for name in left)


@pytest.mark.parametrize("deaths", [2, 3])
def test_a_kernel_that_ends_before_its_first_answer_is_started_again_but_not_for_ever(sources, tmp_path, monkeypatch, deaths):
    kernel, seen = tmp_path / "kernels" / "python3", tmp_path / "seen"
    kernel.mkdir(parents=True)
    seen.mkdir()
    start = ("import os, runpy, sys; n = len(os.listdir(sys.argv[1])); open(f'{sys.argv[1]}/{n}', 'w').close(); "
             f"n < {deaths} and sys.exit(1); del sys.argv[1]; runpy.run_module('ipykernel_launcher', run_name='__main__')")
    (kernel / "kernel.json").write_text(json.dumps({"display_name": "frail", "language": "python", "argv": [
        sys.executable, "-c", start, str(seen), "-f", "{connection_file}"]}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    _write(sources, "01_one", "print(number)")
    if deaths == 2:
        _run(sources, tmp_path / "out")
        assert _texts(tmp_path / "out" / "01_one.ipynb") == ["1\n"]
    else:
        with pytest.raises(WorkError, match="notebook 01_one.ipynb: no kernel could be started"):
            _run(sources, tmp_path / "out")
    assert len(list(seen.iterdir())) == 3


def test_a_parameter_that_does_not_fit_is_the_user_s_mistake(sources, tmp_path):
    _write(sources, "01_one", "from helpers.errors import InputError", "raise InputError('rule x: not known')")
    with pytest.raises(InputError, match="^rule x: not known$"):
        _run(sources, tmp_path / "out")


def test_what_a_kernel_writes_past_python_and_its_traceback_do_not_reach_the_terminal(sources, tmp_path, capfd):
    _write(sources, "01_one", "import atexit, os; atexit.register(os.write, 2, b'at its end')", "os.write(2, b'a library'); os.write(1, b'warns')",
           "from helpers.errors import InputError\nraise InputError('rule x: not known')")
    _write(sources, "02_two", "import time; time.sleep(3)")
    with pytest.raises(InputError):
        _run(sources, tmp_path / "out")
    assert capfd.readouterr() == ("", "")


def test_a_cell_for_jupyterlab_is_kept_without_being_executed_or_shown(sources, tmp_path):
    cells = [new_markdown_cell("# one"), PARAMETERS, _tagged("1 / 0", "lab-only"), new_code_cell("print(number)")]
    nbformat.write(new_notebook(cells=cells, metadata={"language_info": {"name": "python"}}), sources / "01_one.ipynb")
    _run(sources, tmp_path / "out", extra={"number": 7})
    executed = nbformat.read(tmp_path / "out" / "01_one.ipynb", 4)
    nbformat.validate(executed)
    [kept] = [cell for cell in executed.cells if cell.source == "1 / 0"]
    assert kept.cell_type == "code" and kept.outputs == [] and set(kept.metadata.tags) == {"lab-only", "remove-cell"}
    assert _texts(tmp_path / "out" / "01_one.ipynb") == ["7\n"]
    assert own_parameters(tmp_path / "out" / "01_one.ipynb") == {"number": "7"}


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


def test_what_a_notebook_imports_by_a_short_name_counts_as_the_code_it_is_made_by():
    cell = new_code_cell("import numpy\nimport helpers.study\nfrom helpers.report import answers, figures\n"
                         "from helpers.analysis.timelines import chosen")
    assert imported(new_notebook(cells=[cell, new_markdown_cell("from helpers.report import reading")])) == [
        "helpers.analysis.timelines", "helpers.report", "helpers.report.draw.figures", "helpers.report.words.answers",
        "helpers.study"]


def test_every_short_name_of_the_report_is_known():
    from helpers import report

    for name in report.MODULES:
        cell = new_code_cell(f"from helpers.report import {name}")
        assert imported(new_notebook(cells=[cell])) == ["helpers.report", getattr(report, name).__name__]


@pytest.fixture
def eleven(sources):
    for name in ("10_ten", "09_nine", "11_eleven", "01_one"):
        _write(sources, name, "print(1)")
    (sources / "notes.ipynb").write_text("no number")
    return sources


def test_notebooks_of_two_digits_come_in_the_order_of_their_numbers(eleven, tmp_path):
    assert [path.stem for path in notebook_files(eleven)] == ["01_one", "09_nine", "10_ten", "11_eleven"]
    _run(eleven, tmp_path / "out", only={"10_ten.ipynb"})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["10_ten.ipynb"]


@pytest.mark.parametrize("wanted, names", [("1", ["01_one"]), ("01", ["01_one"]), ("10", ["10_ten"]), ("9", ["09_nine"]),
                                           ("ten", ["10_ten"]), ("11_eleven.ipynb", ["11_eleven"])])
def test_a_number_of_one_digit_is_not_taken_for_the_first_of_two(wanted, names, eleven):
    assert [path.stem for path in selected([wanted], eleven)] == names


def test_chosen_notebooks_come_in_reading_order(eleven):
    assert [path.stem for path in selected(["11", "9", "10", "ten"], eleven)] == ["09_nine", "10_ten", "11_eleven"]


@pytest.mark.parametrize("wanted", ["05", "5", "05_regression", "05_regression.ipynb", "regression"])
def test_a_notebook_is_meant_by_its_number_its_name_or_its_file_name(wanted):
    assert [path.name for path in selected([wanted])] == ["05_regression.ipynb"]


def test_a_notebook_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(InputError, match="--only 77: no such notebook; there are 01_data, "):
        selected(["05", "77"])


def test_only_the_notebook_that_is_asked_for_is_executed_and_the_others_stay_as_they_lie(sources, tmp_path):
    out = tmp_path / "out"
    for name in ("01_one", "02_two"):
        _write(sources, name, "import time; print(number, time.time_ns())")
    _run(sources, out)
    first, second = (_texts(out / f"{name}.ipynb") for name in ("01_one", "02_two"))
    _run(sources, out, only={"02_two.ipynb"}, extra={"number": 7})
    assert _texts(out / "01_one.ipynb") == first
    assert _texts(out / "02_two.ipynb") != second and _texts(out / "02_two.ipynb")[0].startswith("7 ")


def test_pages_of_another_generation_are_named_and_a_notebook_s_own_parameter_is_none(sources, tmp_path):
    out = tmp_path / "out"
    for name in ("01_one", "02_two"):
        _write(sources, name, "print(number)")

    def ran(parameters, inputs, **options):
        run_notebooks(out, parameters, inputs=inputs, source_folder=sources, progress=False, **options)
        return outdated(out, parameters, inputs, sources)
    assert ran({"profile": "a"}, "x") == []
    assert ran({"profile": "a"}, "x", only={"02_two.ipynb"}, extra={"number": 7}) == []
    assert ran({"profile": "a"}, "x", only={"02_two.ipynb"}, other_inputs="another measurement") == []
    assert ran({"profile": "a"}, "y", only={"02_two.ipynb"}) == ["01_one"]
    assert outdated(out, {"profile": "a"}, source_folder=sources) == []
    assert outdated(out, {"profile": "b"}, source_folder=sources) == ["01_one", "02_two"]


def test_a_notebook_that_was_never_executed_cannot_be_taken_as_it_lies(sources, tmp_path):
    _write(sources, "01_one", "print(number)")
    with pytest.raises(InputError, match="01_one: never executed"):
        outdated(tmp_path / "out", {}, source_folder=sources)


def _tagged(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def test_cells_that_need_true_stages_give_way_to_a_sentence_where_nights_are_not_scored(sources, tmp_path):
    cells = [new_markdown_cell("# one"), PARAMETERS, _tagged("print('predicted')"), _tagged("1 / 0", "scored-only"),
             _tagged("1 / 0", "scored-only"), new_markdown_cell("## What this does not show")]
    nbformat.write(new_notebook(cells=cells), sources / "01_one.ipynb")
    whole = [new_markdown_cell("# two", metadata={"tags": ["scored-only"]}), PARAMETERS, new_code_cell("1 / 0")]
    nbformat.write(new_notebook(cells=whole), sources / "02_two.ipynb")
    _run(sources, tmp_path / "out", lacking=["scored-only"])
    assert _texts(tmp_path / "out" / "01_one.ipynb") == ["predicted\n"]
    left = [[cell.source for cell in nbformat.read(tmp_path / "out" / name, 4).cells] for name in
            ("01_one.ipynb", "02_two.ipynb")]
    assert ["not all of these nights were scored" in cell for cell in left[0]] == [False] * 3 + [True, False]
    assert left[1][0] == "# two" and "not all of these nights were scored" in left[1][1] and len(left[1]) == 2
    with pytest.raises(WorkError, match="ZeroDivisionError"):
        _run(sources, tmp_path / "out")
