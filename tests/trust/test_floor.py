"""The floor of a modality: tables in which it is known what a share owes to the signal, and a network explained by hand."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, write_night

from helpers.constants import STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance import Explainer, rules
from helpers.relevance.replacement import NOISE, Substitutes
from helpers.trust import floor
from helpers.trust.floor_summary import above_floor, floor_shares, floors
from helpers.trust.sample import sample

NAMES = ("EEG", "EOG", "EMG")


def table(intact, noise, signed=None, subjects=10, epochs=6, true="N2", predicted="N2"):
    """Shares of EEG in intact epochs and where EEG is noise: functions of (subject, epoch); the rest falls on EOG."""
    rows = []
    for subject in range(subjects):
        for epoch in range(epochs):
            for replaced, value in (("", intact), ("EEG", noise), ("EOG", lambda *_: .9)):
                share = value(subject, epoch)
                for name, part in (("EEG", share), ("EOG", 1 - share)):
                    positive = part if signed is None else signed(replaced) * part
                    rows.append((0, f"n{subject}", f"s{subject}", epoch, true, predicted, "eps=1", name, replaced, part, positive,
                                 part - positive))
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "noise",
                                           "share", "positive", "negative"])


def cell(found, **wanted):
    for name, value in {"reading": "share", "stage": "all", "modality": "EEG", **wanted}.items():
        found = found[found[name] == value]
    return found.iloc[0]


def test_a_share_that_stays_where_it_is_tells_nothing_and_its_sign_may():
    """EEG has .43 with the signal and .43 as noise; what supports the stage is all of it with the signal, half of it as noise."""
    found = floors(table(lambda *_: .43, lambda *_: .43, signed=lambda noise: .5 if noise == "EEG" else 1))
    share, signed = cell(found), cell(found, reading="signed")
    assert share[["intact", "floor", "above", "told"]].tolist() == pytest.approx([.43, .43, 0, .5])
    assert signed[["intact", "floor", "above", "told"]].tolist() == pytest.approx([.43, 0, .43, 1])
    assert (share["epochs"], share["subjects"]) == (60, 10)


def test_the_floor_of_a_modality_is_its_own_value_as_noise_not_another_s():
    found = floors(table(lambda *_: .6, lambda *_: .2))
    assert cell(found)["floor"] == pytest.approx(.2) and cell(found, modality="EOG")["floor"] == pytest.approx(1 - .9)
    assert cell(found)[["low", "high"]].tolist() == pytest.approx([.4, .4])


def test_intervals_are_over_subjects():
    """One of two kinds of sleepers shows a difference: ten sleepers leave more room than a hundred."""
    widths = []
    for subjects in (10, 100):
        row = cell(floors(table(lambda subject, _: .5 + .2 * (subject % 2), lambda *_: .5, subjects=subjects)))
        assert row["above"] == pytest.approx(.1) and row["told"] == pytest.approx(.75) and row["low"] < .1 < row["high"]
        widths.append(row["high"] - row["low"])
        assert widths[-1] == pytest.approx(2 * 1.96 * .1 / numpy.sqrt(subjects), rel=.2)
    assert widths[0] > 2 * widths[1]


def test_stages_are_of_correct_epochs_and_unscored_nights_have_all():
    both = pandas.concat([table(lambda *_: .6, lambda *_: .2), table(lambda *_: .1, lambda *_: .1, true="N3", predicted="N1")])
    found = floors(both)
    assert set(found["stage"]) == {"all", "N2"} and cell(found)["intact"] == cell(found, stage="N2")["intact"] == pytest.approx(.6)
    assert set(floors(both.assign(true=""))["stage"]) == {"all"}
    assert cell(floors(both.assign(true="")))["epochs"] == 120


def test_an_epoch_without_relevance_is_left_out_of_both():
    gap = table(lambda *_: .6, lambda *_: .2)
    gone = (gap["subject"] == "s1") & (gap["noise"] == "EEG")
    gap.loc[gone, ["share", "positive", "negative"]] = numpy.nan
    assert cell(floors(gap))["epochs"] == 54


def test_epochs_are_explained_with_noise_in_place_of_a_modality_and_the_stage_of_the_intact_epoch(tmp_path):
    random = numpy.random.default_rng(0)
    for number, name in enumerate(("n1", "n2")):
        write_night(tmp_path / "epochs", name, f"s{number}", random.choice(STAGES, 30), number)
    epochs = epochs_in(tmp_path / "epochs")
    model = networks.build(3, 5, 80, seed=3)
    networks.save_weights(model, tmp_path / "weights.npz")
    predictions = predict_fold(epochs, tmp_path / "weights.npz", 1)
    found = floor.floor_fold(epochs, predictions, tmp_path / "weights.npz", None, ["eps=1"], 12, 4)
    tested = sample(predictions, 12, 4)
    dear = -(-len(tested) // floor.EVERY)
    assert found["rule"].value_counts().to_dict() == {"eps=1": len(tested) * 12, "gradient-input": len(tested) * 12, "shapley": dear * 12}
    substitutes, stage = Substitutes(epochs, tested, 4), tested["predicted"].map(STAGES.index).to_numpy()
    explainer = Explainer(model, {"eps=1": rules.Epsilon(1)})
    for noise in ("", "EOG"):
        x = substitutes.without("EOG", NOISE, numpy.arange(len(tested))) if noise else epochs.signals(epochs.rows(tested))
        expected = explainer.shares(x, {"EEG": [0], "EOG": [1], "EMG": [2]}, stage)[:, 0]
        rows = found[(found["rule"] == "eps=1") & (found["noise"] == noise)].set_index(["recording", "epoch", "modality"])["share"]
        mine = rows.unstack()[list(NAMES)].loc[list(zip(tested["recording"], tested["epoch"]))]
        numpy.testing.assert_allclose(mine, expected, atol=1e-5)


def test_every_epoch_has_the_floor_of_its_fold_and_predicted_stage_and_what_lies_above_it():
    """EEG as noise gets .2 or .4 in N2 of fold 0, .5 in N2 of fold 1 and .6 in REM of fold 0; fold 1 has no REM in the trial."""
    columns = ["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "noise", "share"]
    noise = pandas.DataFrame([(fold, "n", "s", epoch, "N2", stage, "eps=1", name, "EEG", share if name == "EEG" else 1 - share)
                              for fold, epoch, stage, share in ((0, 0, "N2", .2), (0, 1, "N2", .4), (1, 0, "N2", .5), (0, 2, "REM", .6))
                              for name in ("EEG", "EOG")] + [(0, "n", "s", 0, "N2", "N2", "eps=1", "EEG", "", .9)], columns=columns)
    shares = pandas.DataFrame([(fold, "n", "s", epoch, "N2", stage, rule, "EEG", "", share) for rule in ("eps=1", "shapley")
                               for fold, epoch, stage, share in ((0, 7, "N2", .8), (1, 7, "N2", .8), (1, 8, "REM", .1), (0, 9, "REM", float("nan")))],
                              columns=columns).drop(columns="noise")
    found = floor_shares(shares, noise)
    assert found["rule"].unique().tolist() == ["eps=1"] and found["share"].tolist() == pytest.approx([.3, .5, .6, float("nan")], nan_ok=True)
    assert above_floor(shares, noise)["share"].tolist() == pytest.approx([.5, .3, -.5, float("nan")], nan_ok=True)
