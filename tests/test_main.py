"""The command line as a person types it: exit status, one line, no traceback for a user's mistake."""

import errno
import shlex
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers import files
from helpers.__main__ import main
from helpers.errors import InputError
from helpers.report.building.notebooks import FOLDER


def _run(*arguments):
    return subprocess.run([sys.executable, "-m", "helpers", *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("arguments, named", [
    (("run", "--profile", "nights"), "nights"),
    (("run", "-p", "epsilon", "3"), "epsilon"),
    (("run", "-p", "folds", "none"), "folds"),
    (("run", "--cohort", "missing.csv"), "missing.csv"),
    (("run", "--only", "77"), "--only 77: no such notebook"),
    (("run", "--only", "05", "-p", "fold", "1"), "nor a parameter of 05_regression (averaging, family, rule)"),
    (("run", "--cohort", "mine.csv", "--folds", "nowhere"), "--folds nowhere: no such folder"),
    (("publish", "--output", "nowhere"), "there is no built book"),
    (("simulate", "--data", "new", "--minutes", "1"), "--minutes 1"),
    (("simulate", "--data", "new", "--effect-size", "3.5"), "--effect-size 3.5"),
    (("run", "-p", "effect_size", "4"), "effect_size = 4: must be a standardised size d of 0 to 3"),
    (("check", "missing.csv"), "missing.csv"),
    (("check", "missing.csv", "--folds", "nowhere"), "nowhere"),
])
def test_a_mistake_ends_with_2_and_one_line_that_names_it(arguments, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _run(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and named in done.stderr, done.stderr


def test_simulate_does_not_write_into_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    done = _run("simulate", "--data", tmp_path)
    assert done.returncode == 2 and str(tmp_path) in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_full_disk_ends_with_1_and_leaves_nothing_half_written(tmp_path, monkeypatch, capsys):
    def full(path, *args, **kwargs):
        with files.whole(tmp_path / "table.parquet") as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device", str(temporary))

    monkeypatch.setattr("helpers.data.simulation.simulate.simulate", full)
    assert main(["simulate", "--data", str(tmp_path / "new")]) == 1
    assert "disk full" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_every_command_has_help():
    assert all(name in _run("--help").stdout for name in ("fetch", "simulate", "check", "run"))
    assert "--scheduler" in _run("run", "--help").stdout


@pytest.fixture
def again(smoke, tmp_path):
    """The smoke report once more in a folder of its own, by the same command with more words behind it."""
    shutil.copytree(smoke.output / "stage", tmp_path / "stage")

    def run(*words):
        command = [*smoke.command[:-1], str(tmp_path), *words]
        return subprocess.run(command, capture_output=True, text=True)
    return run


def test_one_notebook_is_executed_again_with_its_own_parameter_and_its_page_rebuilt(again, smoke, tmp_path):
    stage = "stage/smoke/notebooks"
    done = again("--only", "05", "-p", "family", "all")
    assert done.returncode == 0, done.stderr[-3000:]
    changed = [path.name for path in sorted((tmp_path / stage).iterdir())
               if path.read_bytes() != (smoke.output / stage / path.name).read_bytes()]
    assert changed == ["05_regression.ipynb"]
    assert 'family = \\"all\\"' in (tmp_path / stage / changed[0]).read_text()
    assert (tmp_path / "html" / "notebooks" / "05_regression.html").is_file()


def test_a_notebook_s_parameter_that_does_not_fit_is_said_in_one_line_and_no_page_is_lost(again, tmp_path, smoke):
    done = again("--only", "04", "-p", "recording", "X1")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "recording X1: no fold tested it; tested are ST" in done.stderr.strip().splitlines()[-1]
    stage = "stage/smoke/notebooks"
    assert {path.name for path in (tmp_path / stage).iterdir()} == {path.name for path in (smoke.output / stage).iterdir()}


@pytest.mark.parametrize("name, parameters, named", [
    ("03_global_relevance", {"averaging": "median"}, "averaging = 'median': must be one of mean, pooled"),
    ("04_local_timelines", {"minutes": "long"}, "minutes = 'long': must be a number"),
    ("05_regression", {"averaging": "median"}, "averaging = 'median': must be one of mean, pooled"),
    ("05_regression", {"family": "some"}, "family = 'some': must be one of rule, all")])
def test_every_notebook_refuses_a_parameter_that_does_not_fit(name, parameters, named, smoke):
    first, *cells = [cell.source for cell in nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells if cell.cell_type == "code"]
    scope = {}
    exec(first, scope)
    scope |= {"profile": "smoke", "artifacts": str(smoke.artifacts), **parameters}
    with pytest.raises(InputError, match=named):
        exec("\n".join(cells), scope)


def test_pages_of_another_configuration_are_refused_before_anything_is_computed_with_the_command_that_mends_it(again, smoke):
    done = again("--only", "05", "-p", "training_epochs", "1")  # as in the profile, but the other pages were not told so
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("helpers: 01_data, 02_model, 03_global_relevance, 04_local_timelines, 06_claims, 07_reference, "
                           "08_benchmark, 09_simulation, 10_misread, 11_error_rates, 12_without, 13_trust, 14_rhythms, 15_another_network, 16_sleep_networks: made of another configuration")
    mending = shlex.split(line[line.index("python -m"):])
    assert mending[1:5] == ["-m", "helpers", "run", "--profile"] and mending[-3:] == ["-p", "training_epochs", "1"]
    assert str(smoke.artifacts) in mending and "--only" not in mending


def test_one_page_of_another_setting_is_refused_where_the_others_were_never_made(again):
    done = again("--only", "05", "-p", "training_epochs", "3")
    assert done.returncode == 2 and "never executed" in done.stderr and "without --only" in done.stderr


def test_a_page_that_was_never_made_is_asked_for_first(again, smoke, tmp_path):
    (tmp_path / "stage" / "smoke" / "notebooks" / "02_model.ipynb").unlink()
    done = again("--only", "05")
    assert done.returncode == 2 and "02_model: never executed" in done.stderr
