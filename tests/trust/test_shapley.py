"""Shapley values of a fold's epochs, agreement with them and orders of deletion, on games whose values are known."""

import itertools

import numpy
import pandas
import pytest

from helpers.constants import STAGES
from helpers.relevance import coalitions
from helpers.trust import agreement as agree
from helpers.trust.games import losses, terms
from helpers.trust.sample import sample

NAMES = ["EEG", "EOG", "EMG"]
SETS = [coalitions.named(number, NAMES) for number in range(8)]


def sets(games, probabilities=None, true="N2", subjects=None):
    """The table of sets of modalities of epochs whose games (8 values each) are given."""
    rows = [(0, "n1", subjects[epoch] if subjects else f"s{epoch}", epoch, true, "N2", name, game[number],
             (probabilities if probabilities is not None else games)[epoch][number])
            for epoch, game in enumerate(games) for number, name in enumerate(SETS)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "modalities", "logit",
                                           "probability_true"])


def values(games, subjects=None):
    rows = [(0, "n1", subjects[epoch] if subjects else f"s{epoch}", epoch, "N2", "N2", name, value, 0.1)
            for epoch, game in enumerate(games) for name, value in zip(NAMES, coalitions.shapley(game))]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "modality", "value", "se"])


def shares(of_epochs, rule="eps=1"):
    rows = [(0, "n1", f"s{epoch}", epoch, rule, name, share) for epoch, parts in enumerate(of_epochs) for name, share in zip(NAMES, parts)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "rule", "modality", "share"])


def additive(eeg, eog, emg):
    return numpy.array([sum(value for at, value in enumerate((eeg, eog, emg)) if number >> at & 1) for number in range(8)], float)


def test_terms_of_a_game_with_a_pair():
    game = additive(2, 0, 0)
    game[[3, 7]] += 5  # EEG and EOG together
    found = terms(sets([game])).set_index("modalities")["term"]
    assert found["EEG"] == 2 and found["EEG + EOG"] == 5 and found.drop(["EEG", "EEG + EOG"]).abs().max() == 0
    assert "none" not in found.index and len(found) == 7


def test_losses_are_shared_out_of_mean_cross_entropies():
    """EEG alone takes the probability of the true stage from 1/5 to 4/5; shares are exact and add up to the gain."""
    p = numpy.array([.2, .8, .2, .8, .2, .8, .2, .8])
    table = sets([additive(0, 0, 0)] * 2, [p, numpy.where(p == .8, .4, .1)])
    found = losses(table).set_index("modality")
    assert found.loc["EEG", "loss"] == pytest.approx((numpy.log(4) + numpy.log(4)) / 2)
    assert found.loc["EOG", "loss"] == pytest.approx(0, abs=1e-12) and set(found["n"]) == {2}
    assert losses(table.assign(true="")).empty


def test_deletion_scales_all_orders_between_the_worst_and_the_best():
    """Effects that add: a random order is ½; an or, ⅓; an and, ⅔ of two modalities; nothing where all tie."""
    games = [additive(3, 2, 1), additive(0, 0, 0)]
    orders = agree.deletion(sets(games))
    assert sorted(orders.columns) == sorted(itertools.permutations(range(3)))
    alphabet = sorted(NAMES)  # EEG, EMG, EOG
    assert orders[tuple(alphabet.index(name) for name in ("EEG", "EOG", "EMG"))].iloc[0] == 1
    assert orders[tuple(alphabet.index(name) for name in ("EMG", "EOG", "EEG"))].iloc[0] == 0
    assert orders.iloc[0].mean() == pytest.approx(.5) and orders.iloc[1].isna().all()
    either = numpy.array([float(number & 3 > 0) for number in range(8)])
    both = numpy.array([float(number & 3 == 3) for number in range(8)])
    means = agree.deletion(sets([either, both])).mean(axis=1)
    assert means.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_a_method_that_gives_shapley_s_shares_agrees_wholly_and_one_that_turns_them_round_not_at_all():
    random = numpy.random.default_rng(2)
    games = [additive(*random.permutation([5, 2, 1])) for _ in range(40)]
    right = [abs(coalitions.shapley(game)) / 8 for game in games]
    turned = [(1 / part) / (1 / part).sum() for part in right]
    both = pandas.concat([shares(right), shares(turned, "eps=2"), shares([(1 / 3,) * 3] * 40, "eps=3")])
    table = agree.agreement(both, values(games), sets(games), draws=200).query("stage == 'all'").set_index(["rule", "measure"])
    assert table.loc["eps=1", "value"].to_dict() == pytest.approx({"leading": 1, "rank": 1, "distance": 0, "deletion": 1}, abs=1e-9)
    assert table.loc[("eps=2", "rank"), "value"] == -1 and table.loc[("eps=2", "deletion"), "value"] == pytest.approx(0)
    assert table.loc[("eps=2", "leading"), "value"] < 0
    assert table.loc[("eps=3", "distance"), "value"] == pytest.approx(table.loc[("eps=1", "distance"), "nothing"])
    assert table.loc[("eps=1", "deletion"), "nothing"] == pytest.approx(.5)
    assert (table["epochs"] == 40).all() and (table["subjects"] == 40).all()


def test_distance_kappa_and_rank_of_one_epoch_each_by_hand():
    games = [additive(4, 2, 2), additive(1, 1, 6), additive(1, 5, 2)]
    found = [(.5, .25, .25), (.6, .2, .2), (.2, .7, .1)]
    table = agree.agreement(shares(found), values(games), sets(games), draws=10).query("stage == 'all'").set_index("measure")["value"]
    distances = []
    for mine, game in zip(found, games):
        logs = numpy.log(mine) - numpy.log(coalitions.shapley(game) / 8)
        distances.append(numpy.linalg.norm(logs - logs.mean()))
    assert table["distance"] == pytest.approx(numpy.mean(distances))
    # leaders EEG, EEG, EOG against EEG, EMG, EOG: agreed 2/3, by chance (2·1 + 0·1 + 1·1)/9
    assert table["leading"] == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))
    # pairs: (1, 1, 0 tied)/3; EEG − EOG tied in truth, EEG − EMG wrong, EOG = EMG tied in found; (EEG, EOG) and (EOG, EMG) right, one wrong
    assert table["rank"] == pytest.approx((2 / 3 - 1 / 3 + 1 / 3) / 3)


def test_intervals_are_over_subjects_not_epochs():
    """The same epochs of two subjects instead of forty leave more room."""
    random = numpy.random.default_rng(5)
    games = [additive(*random.permutation([5, 2, 1])) for _ in range(40)]
    found = [abs(coalitions.shapley(game)) / 8 if epoch % 2 else (.2, .3, .5) for epoch, game in enumerate(games)]
    widths = []
    for subjects in ([f"s{n}" for n in range(40)], [f"s{n % 2}" for n in range(40)]):
        row = agree.agreement(shares(found), values(games, subjects), sets(games, subjects=subjects), draws=500).query(
            "stage == 'all' and measure == 'rank'").iloc[0]
        assert row["low"] <= row["value"] <= row["high"] and row["subjects"] == len(set(subjects))
        widths.append(row["high"] - row["low"])
    assert widths[1] > 2 * widths[0]


def test_a_sample_has_as_many_of_each_stage_and_spreads_them_over_nights():
    random = numpy.random.default_rng(1)
    table = pandas.DataFrame({"fold": 3, "recording": numpy.repeat(["a", "b", "c"], 100), "epoch": numpy.tile(range(100), 3),
                              "true": random.choice(STAGES, 300, p=[.1, .1, .5, .28, .02]), "predicted": "N2"})
    chosen = sample(table, 12, 7)
    counts = chosen["true"].value_counts()
    assert {stage: counts[stage] for stage in STAGES[:4]} == dict.fromkeys(STAGES[:4], 12)
    assert counts["REM"] == min(12, (table["true"] == "REM").sum())
    spread = chosen[chosen["true"] == "N2"].groupby("recording").size()
    assert spread.tolist() == [4, 4, 4] and chosen.index.is_monotonic_increasing
    pandas.testing.assert_frame_equal(chosen, sample(table, 12, 7))
    assert not chosen.equals(sample(table, 12, 8))
    assert len(sample(table.assign(true=""), 12, 7)) == 12
