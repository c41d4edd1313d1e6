"""The installed package away from the checkout: a wheel, built from a source archive, makes the whole report in an empty folder."""

import csv
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.demo  # some minutes

SDIST = "import sys, setuptools.build_meta; print(setuptools.build_meta.build_sdist(sys.argv[1]))"


def _done(*command, folder, **environment):
    environment = {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **environment}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A fresh environment with the wheel and nothing else of its own; it sees the packages of this one."""
    folder = tmp_path_factory.mktemp("installed")
    archive = folder / _done(sys.executable, "-c", SDIST, folder, folder=ROOT).splitlines()[-1]
    _done(sys.executable, "-m", "pip", "wheel", archive, "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder, folder=folder)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"
    _done(sys.executable, "-m", "pip", "--python", python, "install", wheel, "--no-deps", "--no-index", "--quiet", folder=folder)
    [own] = (folder / "venv").glob("lib/python*/site-packages")
    (own / "packages.pth").write_text(sysconfig.get_path("purelib"))  # files .pth in there, as of the checkout, are not read
    return SimpleNamespace(python=python, program=python.with_name("sleep-relevance"), packages=own)


@pytest.fixture(scope="module")
def report(installed, tmp_path_factory):
    """An empty folder in which a person lists nights of their own and makes the report."""
    folder = tmp_path_factory.mktemp("mine")
    nights = folder / "nights"
    _done(installed.program, "simulate", "--data", nights, "--subjects", 8, "--minutes", 16, "--cycle-minutes", 15, folder=folder)
    with open(nights / "recordings.csv") as file, open(folder / "mine.csv", "w", newline="") as listed:
        writer = csv.writer(listed)
        writer.writerow(["recording", "subject", "psg", "hypnogram", "medication"])
        for row in csv.DictReader(file):
            writer.writerow([row["psg"][:6], row["subject"], f"nights/{row['psg']}", f"nights/{row['hypnogram']}", row["medication"]])
    _done(installed.program, "run", "--cohort", "mine.csv", "--profile", "smoke", "-p", "trial", "off", "-p", "rules", "[eps=0.01]",
          folder=folder)
    return folder


def test_the_package_that_runs_is_the_installed_one(installed, tmp_path):
    found = _done(installed.python, "-c", "import helpers; print(helpers.__file__)", folder=tmp_path).strip()
    assert Path(found).is_relative_to(installed.packages)


def test_it_says_what_it_does_by_its_own_name(installed, tmp_path):
    said = _done(installed.program, "run", "--help", folder=tmp_path)
    assert said.startswith("usage: sleep-relevance run") and "training_epochs" in said and "averaging" in said
    assert list(tmp_path.iterdir()) == []


def test_the_report_and_its_results_lie_in_the_folder_of_the_nights_and_nowhere_else(report, installed):
    assert {path.name for path in report.iterdir()} == {"mine.csv", "nights", "artifacts", "_build"}
    html = report / "_build" / "html"
    assert {path.stem for path in (html / "notebooks").glob("*.html")} == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert "16 recordings" in (html / "notebooks" / "01_data.html").read_text()
    assert not list(installed.packages.glob("helpers/**/artifacts")) and not list(installed.packages.glob("helpers/**/_build"))


def test_a_notebook_taken_from_the_report_runs_beside_it(report, installed, tmp_path):
    taken = report / "_build" / "html" / "_sources" / "notebooks" / "04_local_timelines.ipynb"
    _done(installed.python, "-m", "papermill", taken, tmp_path / "run.ipynb", "-k", "python3", folder=report)


def test_the_last_step_of_binder_puts_the_checkout_into_a_fresh_environment(tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    path = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    [own] = (tmp_path / "venv").glob("lib/python*/site-packages")
    (own / "packages.pth").write_text(sysconfig.get_path("purelib"))
    _done("bash", ROOT / "postBuild", folder=ROOT, PATH=path, PIP_NO_BUILD_ISOLATION="false")
    found = _done(tmp_path / "venv" / "bin" / "python", "-c", "import helpers.study; print(helpers.__file__)", folder=tmp_path)
    assert Path(found.strip()) == ROOT / "src" / "helpers" / "__init__.py"
