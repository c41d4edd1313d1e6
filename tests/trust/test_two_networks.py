"""Two networks beside each other: tables small enough to be worked out by hand."""

import numpy
import pandas
import pytest

from helpers.trust import two_networks as both


def read(rows, folds=(0,)):
    """rows : (true, predicted) of epochs 0, 1, …"""
    return pandas.DataFrame([{"fold": fold, "recording": "n1", "subject": "s1", "epoch": epoch, "true": true, "predicted": predicted}
                             for fold in folds for epoch, (true, predicted) in enumerate(rows)])


OWN = read([("W", "W"), ("W", "W"), ("N2", "N2"), ("N2", "REM"), ("N2", "N2")], folds=(0, 1))
OTHER = read([("W", "W"), ("W", "N1"), ("N2", "N2"), ("N2", "N2"), ("N2", "N3")])


def test_epochs_are_counted_by_who_reads_them_right_on_the_folds_of_both():
    table = both.agreement(OWN, OTHER).set_index("stage")
    assert table.loc["all", "epochs"] == 5 and table.loc["N2", "epochs"] == 3
    assert table.loc["all", "same"] == pytest.approx(2 / 5)
    assert table.loc["N2", ["both", "own", "other", "neither"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    # own says W W N2 REM N2, the other W N1 N2 N2 N3: by chance alike 2/5 · 1/5 + 2/5 · 2/5
    chance = (2 * 1 + 2 * 2) / 25
    assert table.loc["all", "kappa"] == pytest.approx((2 / 5 - chance) / (1 - chance))


def test_scores_are_of_the_folds_that_both_tested():
    worse = pandas.concat([OWN, read([("W", "N3")] * 5, folds=(2,))])
    table = both.both_scores(worse, OTHER).set_index(["measure", "stage"])
    assert table.loc[("accuracy", "all")].tolist() == pytest.approx([4 / 5, 3 / 5])


def test_nights_that_nobody_scored_are_compared_without_right_and_wrong():
    blank = OWN.assign(true=""), OTHER.assign(true="")
    table = both.agreement(*blank)
    assert table["stage"].tolist() == ["all"] and table.loc[0, "same"] == pytest.approx(2 / 5) and numpy.isnan(table.loc[0, "both"])


def shares(of_epoch, predictions, subjects=("s1",)):
    """of_epoch : EEG's share of each epoch; EOG has the rest."""
    rows = []
    for row, eeg in zip(predictions.to_dict("records"), of_epoch):
        rows += [{**row, "rule": "eps=1", "modality": name, "share": value} for name, value in (("EEG", eeg), ("EOG", 1 - eeg))]
    return pandas.DataFrame(rows)


def test_shares_are_of_epochs_that_both_read_alike_and_right():
    table = both.both_shares(shares([.5, .9, .2, .9, .9] * 2, OWN), shares([.7, .1, .8, .1, .1], OTHER)).set_index(["stage", "modality"])
    assert table.loc[("all", "EEG"), ["own", "other", "difference"]].tolist() == pytest.approx([.35, .75, .4])
    assert table.loc[("W", "EOG"), ["own", "other"]].tolist() == pytest.approx([.5, .3]) and table.loc[("all", "EEG"), "epochs"] == 2
    assert "N1" not in table.index.get_level_values("stage")


def test_costs_and_floors_are_means_over_the_same_folds():
    lost = pandas.DataFrame([{"fold": fold, "stage": "W", "modality": "EEG", "replacement": "exchange", "lost": value}
                             for fold, value in ((0, .1), (1, .3), (2, .9))])
    table = both.both_costs(lost, lost[lost["fold"] < 2].assign(lost=[.4, .6]))
    assert table[["stage", "modality", "own", "other"]].values.tolist() == [["W", "EEG", pytest.approx(.2), pytest.approx(.5)]]
    base = shares([.5, .6, .4], read([("W", "W")] * 3)).assign(positive=0.0, negative=0.0, noise="")
    noisy = pandas.concat([base.assign(noise=name, share=[.25 if name == "EEG" else .75, .75 if name == "EEG" else .25] * 3) for name in ("EEG", "EOG")])
    kept = both.both_floors(pandas.concat([base, noisy]), pandas.concat([base, noisy.assign(share=.5)])).set_index("modality")
    assert kept.loc["EEG"].tolist()[1:] == pytest.approx([.25 / .5, .5 / .5]) and kept.loc["EOG", "own"] == pytest.approx(.25 / .5)


def test_without_another_network_all_is_empty():
    nothing = pandas.DataFrame()
    assert both.both_scores(OWN, nothing).empty and both.agreement(OWN, nothing).empty and both.both_shares(OWN, nothing).empty
    assert both.both_floors(OWN, nothing).empty and both.both_costs(nothing, nothing).empty


def test_the_network_beside_is_another_and_has_a_name():
    from helpers.trust.second_network import named, second

    assert second({"network": "paper"}) == {"network": "branches"} == second({"network": "/a/mine.py:build", "sha256": "1"})
    assert second({"network": "branches"}) == {"network": "paper"}
    assert named({"network": "/a/b/mine.py:build"}) == "mine.py:build" and named({"network": "paper"}) == "the paper's network"
