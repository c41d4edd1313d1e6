"""environment.yml, pyproject.toml and the locks name the same packages, and no file names a place on the network."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
ASKED_FOR = {"jupyter-book", "jupyterlab", "mne", "keras", "innvestigate", "statsmodels", "plotly", "ipywidgets",
             "papermill"}


#: Lock → the Pythons that it is for, as pyproject.toml tells them apart. (Keras 3 runs on 3.11 too, by this lock alone.)
LOCKS = {"requirements.lock": ["3.11"], "requirements-keras3.lock": ["3.12", "3.13"]}


def _pyproject(python="3.11"):
    """Dependencies and the tests' own, as asked for under one Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [[line.split(";")[0] for line in lines if _is_for(line, python)]
            for lines in (project["dependencies"], project["optional-dependencies"]["test"])]


def _is_for(line, python):
    marker = Requirement(line).marker
    return marker is None or marker.evaluate({"python_version": python})


def _pins(lock):
    lines = (ROOT / lock).read_text().split("\n")
    return {_name(line): line.split("==")[1] for line in lines if line and not line.startswith("#")}


def _name(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-")


def _environment():
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    return next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))


def test_conda_environment_and_package_ask_for_the_same():
    dependencies, tests = _pyproject()
    assert sorted(_environment()) == sorted(dependencies + tests)


def test_the_packages_of_the_study_are_all_there():
    assert ASKED_FOR <= {_name(line) for line in _pyproject()[0]}


@pytest.mark.parametrize("lock, python", [(lock, python) for lock, pythons in LOCKS.items() for python in pythons])
def test_every_dependency_is_pinned_in_the_lock(lock, python):
    pins = _pins(lock)
    for line in sum(_pyproject(python), []):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[_name(requirement.name)]), line


def test_innvestigate_is_left_out_with_keras_3_and_nothing_else():
    missing = {_name(line) for line in sum(_pyproject(), [])} - set(_pins("requirements-keras3.lock"))
    assert missing == {"innvestigate"}
    assert _pins("requirements.lock")["keras"] < "3" <= _pins("requirements-keras3.lock")["keras"]


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_versions_only(lock):
    for line in (ROOT / lock).read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line), line
