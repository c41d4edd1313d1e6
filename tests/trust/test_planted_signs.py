"""Relevance held to planted signs, on maps of which it is known where they stand."""

import numpy
import pandas
import pytest

from helpers.constants import KEYS
from helpers.trust.planted_signs import ANY, SIZE, hits, masks, scores

MODALITIES = {"EEG": [0], "two": [1, 2]}


def planted(*rows):
    return pandas.DataFrame(rows, columns=["recording", "modality", "sign", "onset_s", "duration_s"])


def epochs(*rows):
    return pandas.DataFrame([(0, name, f"s {name}", epoch, "N2", "N2", .5) for name, epoch in rows], columns=[*KEYS, "p_W"])


def one(map_of_time, events, onset=60.0, channel=0, x=None):
    """Scores of one epoch of night n, whose map is given for one channel, by rule, modality and sign."""
    maps = numpy.zeros((1, 3000, 3))
    maps[0, :, channel] = map_of_time
    x = numpy.ones_like(maps) if x is None else x
    return hits(x, {"map": maps}, epochs(("n", 2)), [onset], events, MODALITIES).set_index(["rule", "modality", "sign"])


SPINDLE = planted(("n", "EEG", "spindle", 66.0, 3.0))


def test_relevance_that_is_the_same_everywhere_is_what_chance_gives():
    found = one(numpy.full(3000, .2), SPINDLE).loc[("map", "EEG", "spindle")]
    assert found["part"] == pytest.approx(.1) and found["ratio"] == pytest.approx(1)


def test_relevance_that_is_all_on_the_sign_is_the_best_there_is():
    towards = numpy.zeros(3000)
    towards[600:900] = numpy.random.default_rng(0).uniform(1, 2, 300)
    found = one(towards, SPINDLE).loc[("map", "EEG", "spindle")]
    assert found[["ratio", "rank", "top"]].tolist() == pytest.approx([1 / .1, 1, 1])
    aside = one(numpy.roll(towards, 300), SPINDLE).loc[("map", "EEG", "spindle")]
    assert aside[["ratio", "rank", "top"]].tolist() == [0, 0, 0]


def test_ratio_rank_and_top_of_ten_points_by_hand():
    """A sign of four points holds 1 + 5 + 4 + 0 of 20; of the four largest (6, 5, 4, 3) two stand on it; the largest does not."""
    mask = numpy.array([0, 1, 1, 1, 1, 0, 0, 0, 0, 0], bool)
    found = scores(numpy.array([6.0, 1, 5, 4, 0, 3, 1, 0, 0, 0]), mask)
    assert found == pytest.approx((10 / 20 / .4, 2 / 4, 0))
    assert scores(numpy.array([2.0, 1, 5, 4, 0, 3, 1, 0, 0, 0]), mask)[2] == 1
    assert numpy.isnan(scores(numpy.zeros(10), mask)).all()


def test_relevance_by_chance_has_the_rank_of_chance():
    found = [scores(draw, numpy.arange(500) < 100) for draw in numpy.random.default_rng(1).exponential(size=(200, 500))]
    assert numpy.mean(found, axis=0) == pytest.approx([1, .2, .2], abs=.08)


def test_only_what_supports_the_stage_counts_point_by_point_and_channels_of_a_modality_add_up():
    towards = numpy.zeros((1, 3000, 3))
    towards[0, 100, 1:] = [3, -50]  # what speaks against the stage in one channel takes nothing from the other
    towards[0, 2000, 2] = 1
    x, sign = numpy.ones((1, 3000, 3)), planted(("n", "two", "sign", 60.0, 3.0))
    found = hits(x, {"map": towards}, epochs(("n", 2)), [60.0], sign, MODALITIES)
    row = found[found["rule"] == "map"].iloc[0]
    assert row[["ratio", "top"]].tolist() == pytest.approx([3 / 4 / .1, 1])
    against = hits(x, {"map": -abs(towards)}, epochs(("n", 2)), [60.0], sign, MODALITIES)
    assert against.loc[against["rule"] == "map", ["ratio", "rank", "top"]].isna().all(axis=None)


def test_signs_end_where_the_epoch_does():
    """Of two signs of 2 s that lie across the ends of the epoch from 60 to 90 s, 0.5 s and 1.5 s are in it."""
    found = masks(planted(("n", "EEG", "early", 58.5, 2.0), ("n", "EEG", "late", 88.5, 2.0)), 60.0, 3000)
    assert {sign: numpy.flatnonzero(mask)[[0, -1]].tolist() for sign, mask in found.items()} == {
        "early": [0, 49], "late": [2850, 2999], ANY: [0, 2999]}
    assert {sign: int(mask.sum()) for sign, mask in found.items()} == {"early": 50, "late": 150, ANY: 200}
    towards = numpy.zeros(3000)
    towards[[10, 2990]] = 1, 2
    here = one(towards, planted(("n", "EEG", "early", 58.5, 2.0), ("n", "EEG", "late", 88.5, 2.0)))
    assert here.loc[("map", "EEG", "late")][["part", "ratio", "top"]].tolist() == pytest.approx([.05, 2 / 3 / .05, 1])
    assert here.loc[("map", "EEG", "early"), "ratio"] == pytest.approx(1 / 3 / (50 / 3000))


@pytest.mark.parametrize("other", [("other night", "EEG", "spindle", 66.0, 3.0), ("n", "two", "spindle", 66.0, 3.0),
                                   ("n", "EEG", "spindle", 90.0, 3.0), ("n", "EEG", "spindle", 57.0, 3.0)],
                         ids=["another night", "another modality", "after the epoch", "before the epoch"])
def test_signs_of_elsewhere_are_not_looked_for(other):
    found = one(numpy.ones(3000), planted(other, ("n", "EEG", "k-complex", 70.0, 1.0))).reset_index()
    of_eeg = found[(found["rule"] == "map") & (found["modality"] == "EEG")]
    assert set(of_eeg["sign"]) == {"k-complex", ANY} and of_eeg["part"].tolist() == pytest.approx([1 / 30] * 2)


def test_a_sign_that_fills_nearly_all_of_the_epoch_and_a_movement_are_left_out():
    """27 s are 90 % of an epoch, and stay; 27.3 s do not, neither alone nor together with a short one."""
    def found(*signs):
        return {sign: mask.mean() for sign, mask in masks(planted(*(("n", "EEG", *sign) for sign in signs)), 0.0, 3000).items()}

    assert found(("alpha", 0.0, 27.0)) == pytest.approx({"alpha": .9, ANY: .9})
    assert found(("alpha", 0.0, 27.3)) == {}
    assert found(("alpha", 0.0, 27.3), ("spindle", 1.0, 3.0)) == pytest.approx({"spindle": .1, ANY: .1})
    assert found(("artefact", 1.0, 3.0)) == {}
    assert found(("artefact", 1.0, 3.0), ("spindle", 10.0, 3.0)) == pytest.approx({"spindle": .1, ANY: .1})
    both = found(("slow", 0.0, 15.0), ("alpha", 14.0, 15.0))
    assert both == pytest.approx({"slow": .5, "alpha": .5}), "together they fill 97 %: no `any sign`"
    assert found(("spindle", 2.0, 1.0), ("spindle", 8.0, 2.0), ("slow", 9.0, 3.0)) == pytest.approx({"spindle": .1, "slow": .1, ANY: 5 / 30})


def test_the_size_of_the_signal_stands_beside_every_map():
    x = numpy.random.default_rng(2).normal(size=(1, 3000, 3))
    found = one(numpy.abs(x[0, :, 0]), SPINDLE, x=x)
    columns = ["part", "ratio", "rank", "top"]
    assert found.loc[("map", "EEG", "spindle"), columns].tolist() == pytest.approx(found.loc[(SIZE, "EEG", "spindle"), columns].tolist())


def test_rows_bear_the_keys_of_their_epochs_and_nights_without_signs_have_none():
    x = numpy.ones((3, 3000, 3))
    events = planted(("n", "EEG", "spindle", 66.0, 3.0), ("m", "EEG", "spindle", 10.0, 3.0))
    found = hits(x, {}, epochs(("n", 2), ("silent", 7), ("m", 0)), [60.0, 210.0, 0.0], events, MODALITIES)
    assert list(found) == [*KEYS, "rule", "modality", "sign", "part", "ratio", "rank", "top"]
    assert found[["recording", "subject", "epoch"]].drop_duplicates().values.tolist() == [["n", "s n", 2], ["m", "s m", 0]]
    assert len(hits(x, {}, epochs(("silent", 2)), [60.0], events, MODALITIES)) == 0
