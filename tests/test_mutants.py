"""The list of mutants fits the code: what each changes stands in its file once, and the tests that are to see it are there."""

import ast

import pytest
from mutants import MUTANTS, PACKAGE, ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file}: {mutant.old[:40]}")
def test_what_a_mutant_changes_stands_in_its_file_once(mutant):
    source = (ROOT / PACKAGE / mutant.file).read_text()
    assert source.count(mutant.old) == 1 and mutant.new != mutant.old
    if mutant.file.endswith(".py"):
        ast.parse(source.replace(mutant.old, mutant.new))


def test_tests_of_mutants_are_there():
    for name in {name for mutant in MUTANTS for name in mutant.tests.split()}:
        file, _, function = name.partition("::")
        assert (ROOT / "tests" / file).is_file() and f"def {function}" in (ROOT / "tests" / file).read_text(), name


def test_mutants_are_many_and_of_every_kind():
    assert len(MUTANTS) >= 40 and len(set(MUTANTS)) == len(MUTANTS)
    assert {"draw", "analysis", "pipeline", "browsing"} <= {part for mutant in MUTANTS for part in mutant.file.split("/")}
