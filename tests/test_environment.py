"""environment.yml, pyproject.toml and the lock name the same packages, and no file names a place on the network."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
ASKED_FOR = {"jupyter-book", "jupyterlab", "mne", "keras", "innvestigate", "statsmodels", "plotly", "ipywidgets",
             "papermill"}


def _pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["dependencies"], project["optional-dependencies"]["test"]


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


def test_every_dependency_is_pinned_in_the_lock():
    from packaging.requirements import Requirement

    lines = (ROOT / "requirements.lock").read_text().split("\n")
    pins = {_name(line): line.split("==")[1] for line in lines if line and not line.startswith("#")}
    for line in sum(_pyproject(), []):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[_name(requirement.name)]), line


def test_the_lock_names_versions_only():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line), line
