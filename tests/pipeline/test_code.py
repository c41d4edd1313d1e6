"""The hash of code: what it means and what it reads, not how it is written about."""

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.pipeline import code

PACKAGE = Path(importlib.util.find_spec("helpers").origin).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def _meaning(text):
    return ast.dump(code._without_docstrings(ast.parse(text)))


def _otherwise_written(text):
    """The same code with other docstrings, with comments and with other breaks of lines."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body[0].value.value = "Said in other words."
    return "# a comment\n" + ast.unparse(tree) + "\n# another\n"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_docstring_or_comment_edited_in_any_file_changes_nothing(path):
    text = path.read_text()
    assert _meaning(_otherwise_written(text)) == _meaning(text)


@pytest.mark.parametrize("before, after", [
    ("x = 1", "x = 2"), ("def f(a): return a", "def f(a): return -a"), ("a < b", "a <= b"),
    ("def f():\n    'doc'\n    return 1", "def f():\n    'doc'\n    return 'doc'"), ("x = 'text'", "x = 'another'"),
    ("def f(a=1): pass", "def f(a=2): pass")])
def test_an_edit_of_what_is_computed_changes_it(before, after):
    assert _meaning(before) != _meaning(after)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """`hashes(edit)`: code hashes of a copy of the package in which `edit` was made; a function of the copy's folder."""
    def hashes(edit=lambda folder: None):
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(PACKAGE, folder / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
        edit(folder / "helpers")
        ask = ("from helpers.pipeline.code import code_hash, PACKAGE\nfrom helpers.pipeline.steps import STEPS\n"
               "settings, part = {'engine': 'own', 'rules': ['eps=1']}, {'rule': 'eps=1'}\n"
               "for row in STEPS.values():\n"
               "    without = row.without(settings, tuple(part.get(name, 0) for name in row.per))\n"
               "    print(row.name, code_hash(f'{PACKAGE}.{row.code}', (), without))")
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True,
                              env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"})
        return dict(line.split() for line in done.stdout.splitlines())
    return hashes


@pytest.fixture(scope="module")
def unedited(copied):
    return copied()


TRIAL = {"attributions", "floor", "randomisation", "disturbed", "other_networks", "second_network", "stability", "measures",
         "known_answers"}
NETWORK = {"training", "predictions", "ablation", "shares", "audit", "details", "coalitions", "bands", "band_removal",
           "other_training", "second_training", "examples"} | TRIAL


@pytest.mark.parametrize("name, edited, changed", [
    ("constants.py", "EPOCH_S = 30 → 20", None),
    ("analysis/criteria.yaml", "", {"claims", "second_claims"}),
    ("relevance/reference.py", "", {"audit"}),
    ("relevance/rules.py", "", {"shares", "audit", "details", "claims", "second_claims", "bands", "band_removal", "examples"} | TRIAL),
    ("relevance/attributions.py", "", TRIAL),
    ("trust/ablation.py", "", {"ablation", "second_network"}),
    ("model/train.py", "", {"training", "other_training", "second_training", "examples"}),
    ("model/networks.py", "", NETWORK - {"known_answers"}),
    ("analysis/regression.py", "", {"regression", "misread", "ablation_regression", "band_regression", "floor_regression", "second_claims"}),
    ("data/simulation/waveforms.py", "", {"simulation"}),
    ("report/draw/boxes.py", "", set()),
    ("pipeline/workers.py", "", set()),
    ("files.py", "", set()),
])
def test_an_edit_changes_the_steps_that_compute_by_it_and_no_other(copied, unedited, name, edited, changed):
    def edit(folder):
        path = folder / name
        before, _, after = edited.partition(" → ")
        if before:
            path.write_text(path.read_text().replace(before, before.split("=")[0] + "= " + after))
        else:
            path.write_text(path.read_text() + ("\nadded: 1\n" if name.endswith("yaml") else "\nADDED = 1\n"))

    after = copied(edit)
    found = {step for step in unedited if unedited[step] != after[step]}
    if name == "constants.py":  # who reads epochs may or may not name their length: those that must are
        assert {"simulation", "epochs"} <= found
    else:
        assert found == changed


def test_other_words_in_a_docstring_or_comment_change_no_step(copied, unedited):
    def edit(folder):
        path = folder / "relevance" / "rules.py"
        path.write_text(path.read_text().replace('"""', '"""In other words. ', 1) + "# Another comment.\n")

    assert copied(edit) == unedited


def test_versions_of_packages_are_in_the_hash(monkeypatch):
    before = code.code_hash("helpers.data.ledger", ("numpy",))
    code.code_hash.cache_clear()
    monkeypatch.setattr(code, "version", lambda package: "0")
    assert code.code_hash("helpers.data.ledger", ("numpy",)) != before
    code.code_hash.cache_clear()
