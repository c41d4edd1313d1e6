"""Epochs worth a look, of two made-up nights and two folds: which come first is known."""

import pandas
import pytest

from helpers.report.browsing.worth_a_look import DISAGREE, UNLIKE, UNSURE, worth_a_look

#: (fold, recording, epoch, predicted, probability of it, share of EEG); two stages, so that the other has the rest.
ROWS = [(0, "a", 0, "W", .9, .2), (1, "a", 0, "W", .9, .7), (0, "a", 1, "W", .7, .5), (1, "a", 1, "N1", .8, .5), (0, "a", 2, "W", .95, .5),
        (1, "a", 2, "N1", .6, .5), (0, "b", 0, "N1", .55, .1), (0, "b", 1, "W", .52, .1), (1, "b", 1, "W", .99, .2)]


def tables(rows=ROWS):
    predictions = pandas.DataFrame([(fold, night, epoch, stage, sure if stage == "W" else 1 - sure, 1 - sure if stage == "W" else sure)
                                    for fold, night, epoch, stage, sure, _ in rows], columns=["fold", "recording", "epoch", "predicted", "p_W", "p_N1"])
    shares = pandas.DataFrame([(fold, night, epoch, "eps=1", name, share) for fold, night, epoch, _, _, eeg in rows
                               for name, share in (("EEG", eeg), ("EOG", 1 - eeg))], columns=["fold", "recording", "epoch", "rule", "modality", "share"])
    return predictions, shares


def listed(found, kind):
    return found.loc[found["kind"] == kind, ["recording", "fold", "epoch", "why"]].values.tolist()


def test_each_kind_has_its_most_striking_epoch_of_each_night():
    found = worth_a_look(*tables(), "eps=1")
    assert listed(found, UNSURE) == [["b", 0, 1, "W with 52 %"], ["a", 1, 2, "N1 with 60 %"]]
    assert listed(found, DISAGREE) == [["a", 0, 1, "W (70 %) by fold 0, N1 (80 %) by fold 1"]]  # both are surer than at epoch 2
    assert listed(found, UNLIKE) == [["a", 0, 0, "EEG 20 % by fold 0, 70 % by fold 1 (ε = 1)"], ["b", 0, 1, "EEG 10 % by fold 0, 20 % by fold 1 (ε = 1)"]]
    assert len(worth_a_look(*tables(), "eps=1", count=1)) == 3


@pytest.mark.parametrize("rows, kinds", [([row for row in ROWS if row[0] == 0], {UNSURE}), ([(*row[:5], float("nan")) for row in ROWS], {UNSURE, DISAGREE})])
def test_what_one_fold_tested_or_what_has_no_share_is_compared_with_nothing(rows, kinds):
    assert set(worth_a_look(*tables(rows), "eps=1")["kind"]) == kinds
