"""One line says what changed since a book was last built, by the stamps of its steps."""

import copy

import pytest

from helpers import files
from helpers.report.building.changes import changes

STAMPS = {"epochs": {"n1": "a", "n2": "b"}, "training": {f"fold {fold}": "c" for fold in range(6)},
          "relevance under eps=1": {"fold 0": "d"}, "code": {"data": "e", "relevance": "f"}}


@pytest.fixture
def last(tmp_path):
    path = tmp_path / "last.json"
    files.write_json(path, {"stamps": STAMPS, "changes": "Since the last build: code of data."})
    return path


def _changed(*places):
    stamps = copy.deepcopy(STAMPS)
    for step, changed in places:
        stamps[step][changed] = "another"
    return stamps


def test_the_first_build_says_so(tmp_path):
    assert changes(tmp_path / "last.json", STAMPS) == "First build."


def test_a_build_of_the_same_keeps_the_line_so_that_no_page_changes(last):
    assert changes(last, copy.deepcopy(STAMPS)) == "Since the last build: code of data."


def test_steps_whose_stamps_differ_are_named_with_their_parts(last):
    assert changes(last, _changed(("training", "fold 3"), ("code", "relevance"))) == (
        "Since the last build: training of fold 3, code of relevance.")


def test_many_parts_are_counted(last):
    stamps = _changed(*(("training", f"fold {fold}") for fold in range(5)))
    assert changes(last, stamps) == "Since the last build: training of 5 of 6."


def test_what_came_and_what_went_is_named(last):
    stamps = {**copy.deepcopy(STAMPS), "relevance under zb": {"fold 0": "g"}}
    del stamps["relevance under eps=1"], stamps["epochs"]["n2"]
    assert changes(last, stamps) == (
        "Since the last build: epochs of n2, relevance under zb of fold 0, no relevance under eps=1.")
