"""The command line as a person types it: exit status, one line, no traceback for a user's mistake."""

import errno
import shlex
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from papermill import inspect_notebook

from helpers import files
from helpers.__main__ import main
from helpers.errors import InputError
from helpers.pipeline.config import PROFILES
from helpers.report.building.notebooks import FOLDER


def _run(*arguments):
    return subprocess.run([sys.executable, "-m", "helpers", *map(str, arguments)], capture_output=True, text=True)


def _said(capfd, *arguments):
    """Exit status and the only line of stderr of a command, within this process."""
    status = main([str(argument) for argument in arguments])
    [line] = capfd.readouterr().err.strip().splitlines()
    return status, line


MISTAKES = [
    (("run", "--profile", "nights"), "nights"),
    (("run", "--profile", "dmo"), "choose one of demo, paper, smoke; did you mean demo?"),
    (("run", "-p", "familly", "x"), "-p familly: neither a setting nor a parameter of a notebook; did you mean family?"),
    (("run", "-p", "Folds", "3"), "did you mean folds?"),
    (("run", "-p", "folds", "none"), "folds"),
    (("run", "-p", "folds", "3", "-p", "folds", "4"), "-p folds: given twice"),
    (("run", "-p", "minutes", "-5"), "minutes = -5: must be at least 12"),
    (("run", "-p", "subjects", "100"), "subjects = 100: must be a whole number of 8 to 99"),
    (("run", "--only", "04", "-p", "minutes", "-5"), "minutes = -5: must be a number of minutes above 0"),
    (("run", "--only", "04", "-p", "start_s", "soon"), "start_s = 'soon': must be a number of seconds, 0 or more"),
    (("run", "-p", "minutes", "60", "--profile", "paper"), "minutes: is said of simulated nights, which these are not; leave it out, or"),
    (("run", "-p", "rule", "eps=7"), 'by eps=0.01, eps=100, alpha1beta0; add another by -p rules "[eps=0.01, eps=100, alpha1beta0, eps=7]"'),
    (("run", "-p", "rule", "null"), "rule 'None': not known"),
    (("run", "-p", "averaging", "meen"), "averaging = 'meen': must be one of mean, pooled; did you mean mean?"),
    (("run", "-p", "family", "some"), "family = 'some': must be one of rule, all"),
    (("run", "-p", "effect_size", "4"), "effect_size = 4: must be a standardised size d of 0 to 3"),
    (("run", "-p", "cohort", "mine.csv"), "-p cohort: is said by --cohort"),
    (("run", "--cohort", "missing.csv"), "missing.csv"),
    (("run", "--cohort", "."), ".: no such file"),
    (("run", "--cohort", "semicolons.csv"), "semicolons.csv: its columns are separated by semicolons; separate them by commas"),
    (("check", "tabs.csv"), "tabs.csv: its columns are separated by tabs"),
    (("check", "typed.csv"), "typed.csv: no column hypnogram; is it hypnogramm?"),
    (("run", "--only", "77"), "--only 77: no such notebook"),
    (("run", "--only", "regresion"), "16_sleep_networks; did you mean regression?"),
    (("run", "--only", "05", "-p", "fold", "1"), "nor a parameter of 05_regression (averaging, family, rule)"),
    (("run", "--cohort", "mine.csv", "--folds", "nowhere"), "--folds nowhere: no such folder"),
    (("run", "--weights", "tabs.csv"), "--weights tabs.csv: give a file that ends in .npz, .h5, .keras"),
    (("run", "--network", "nowhere.py:build"), "network nowhere.py:build: there is no file"),
    (("run", "--output", "tabs.csv"), "--output tabs.csv: is no folder"),
    (("run", "--artifacts", "tabs.csv"), "tabs.csv: a file where a folder is needed"),
    (("run", "--tls-cert", "tabs.csv"), "--tls-cert: means nothing without --scheduler"),
    (("run", "--porfile", "demo"), "unrecognized arguments: --porfile demo; did you mean --profile?"),
    (("rnu",), "did you mean run?"),
    (("publish", "--output", "nowhere"), "there is no built book"),
    (("simulate", "--data", "new", "--minutes", "1"), "--minutes 1"),
    (("simulate", "--data", "new", "--effect-size", "3.5"), "--effect-size 3.5"),
    (("bench", "--batch", "0"), "--batch 0: must be at least 1"),
    (("check", "missing.csv"), "missing.csv"),
    (("check", "missing.csv", "--folds", "nowhere"), "nowhere"),
]


@pytest.fixture
def wrong(tmp_path, monkeypatch):
    """A folder of listings that are none; what a run would leave goes into it as well."""
    (tmp_path / "semicolons.csv").write_text("recording;subject;psg;hypnogram\na;b;c;d\n")
    (tmp_path / "tabs.csv").write_text("recording\tsubject\tpsg\thypnogram\na\tb\tc\td\n")
    (tmp_path / "typed.csv").write_text("recording,subject,psg,hypnogramm\na,b,c,d\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.pipeline.config.HOME", tmp_path)
    return {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("arguments, named", MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_a_mistake_ends_with_2_and_one_line_that_names_it_and_nothing_is_computed(arguments, named, wrong, tmp_path, capfd):
    status, line = _said(capfd, *arguments)
    assert status == 2 and line.startswith("helpers: ") and named in line, line
    assert not list(tmp_path.glob("artifacts/*/*")) and {path.name for path in tmp_path.iterdir()} <= {*wrong, "artifacts"}


def test_a_mistake_ends_the_process_with_2_and_its_line_alone():
    done = _run("run", "-p", "familly", "x")
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1


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


def _help(capsys, *arguments):
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--help"])
    return capsys.readouterr().out


def test_help_begins_with_what_the_program_does_and_an_example(capsys):
    usage, _, about, *rest = _help(capsys).splitlines()
    assert usage.startswith("usage: ") and about.startswith("Explains how a deep network reads sleep")
    text = "\n".join(rest)
    assert text.index("run --cohort mine.csv") < text.index("COMMAND")
    assert all(f"\n    {name} " in text for name in ("fetch", "simulate", "check", "run", "prune", "publish", "bench"))


def test_the_help_of_run_lists_every_setting_and_every_parameter_of_a_notebook_as_they_are(capsys):
    text = _help(capsys, "run")
    assert "--scheduler" in text
    listed = {line.split()[0]: line.strip() for line in text.partition("settings of the study")[2].splitlines() if line}
    settings = yaml.safe_load((PROFILES / "demo.yaml").read_text())
    own = {name: parameter for path in FOLDER.glob("*.ipynb") for name, parameter in inspect_notebook(str(path)).items()}
    for name in settings.keys() - {"about", "cohort"}:
        assert name in listed, name
    assert listed["folds"].split(None, 1)[1].startswith("6, paper 10, smoke 2: how often subjects are divided")
    for name in own.keys() - {"profile", "data", "cohort", "artifacts", "settings"}:
        assert any(line.split()[:1] == [name] and own[name]["help"] in line for line in text.splitlines()), name
    assert '"eps=100": the choice of the paper; any rule of the profile or of settings; in 04, 05, 10' in text


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


@pytest.mark.parametrize("key, value, named", [
    ("recording", "ST7019", "recording = ST7019: there is none of that name; did you mean ST70"), ("fold", "9", "fold = 9: the folds are 0, 1"),
    ("modality", "EKG", "modality = 'EKG': must be one of EEG, EOG, EMG")])
def test_names_of_a_study_are_held_to_it_in_one_line_before_a_notebook_is_run(key, value, named, again):
    done = again("-p", key, value)
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("helpers: ") and named in line


def test_what_only_a_notebook_can_refuse_is_said_in_one_line_and_no_page_is_lost(again, tmp_path, smoke):
    done = again("--only", "04", "-p", "start_s", "999999")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    *bar, line = done.stderr.strip().splitlines()
    assert line.startswith("helpers: start_s = 999999, minutes = 120: outside recording ST")
    assert bar and all(shown.startswith("Notebooks:") for shown in bar), "a slow machine shows the bar twice"
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
                           "08_benchmark, 09_simulation, 10_misread, 11_error_rates, 12_without, 13_trust, 14_rhythms, "
                           "15_another_network, 16_sleep_networks: made of another configuration")
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
