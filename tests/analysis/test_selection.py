"""Which epochs a published page lets its readers open."""

import pandas
import pytest

from helpers.analysis.selection import MOST, epochs_to_open
from helpers.constants import STAGES


def _predictions(rows):
    """Rows of fold, recording, epoch, true, predicted and the probability of the predicted stage."""
    table = pandas.DataFrame(rows, columns=["fold", "recording", "epoch", "true", "predicted", "sure"])
    for stage in STAGES:
        table[f"p_{stage}"] = [row.sure if row.predicted == stage else (1 - row.sure) / 4 for row in table.itertuples()]
    return table.drop(columns="sure")


def _pairs(table):
    return list(table.itertuples(index=False, name=None))


def test_misread_epochs_and_the_surest_example_of_each_group_are_chosen():
    table = _predictions([(0, "a", 1, "W", "W", 0.6), (0, "a", 2, "W", "W", 0.9), (0, "a", 3, "N1", "W", 0.5),
                          (0, "a", 4, "N1", "W", 0.4), (1, "a", 1, "W", "N1", 0.5), (0, "b", 1, "W", "W", 0.3)])
    assert _pairs(epochs_to_open(table)) == [("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1)]


def test_of_many_misread_epochs_of_a_night_the_surest_are_chosen():
    rows = [(0, "a", epoch, "N1", "N2", 0.3 + epoch / 1000) for epoch in range(2 * MOST)]
    assert _pairs(epochs_to_open(_predictions(rows))) == [("a", epoch) for epoch in range(MOST, 2 * MOST)]


def test_all_are_each_epoch_once_and_none_is_none():
    table = _predictions([(fold, "a", epoch, "W", "W", 0.9) for fold in (0, 1) for epoch in (2, 1)])
    assert _pairs(epochs_to_open(table, "all")) == [("a", 1), ("a", 2)]
    assert epochs_to_open(table, "none").empty


@pytest.mark.parametrize("detail", ["all", "disagreements"])
def test_unscored_nights_have_examples_of_each_predicted_stage(detail):
    table = _predictions([(0, "a", 1, "", "W", 0.6), (0, "a", 2, "", "W", 0.9), (0, "a", 3, "", "N2", 0.9)])
    expected = {"all": [1, 2, 3], "disagreements": [2, 3]}[detail]
    assert _pairs(epochs_to_open(table, detail)) == [("a", epoch) for epoch in expected]
