"""The measure that is no LRP: what a modality is worth is what is lost when it comes from another epoch."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, split, write_night

from helpers.constants import STAGES
from helpers.model import networks
from helpers.model.exchange import exchange_fold, permuted
from helpers.model.predict import predict_fold
from helpers.model.train import train_fold


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    """A fold in which EEG tells W, N1 and N2 apart, EOG N3 and REM; EMG is noise."""
    folder = tmp_path_factory.mktemp("exchange")
    random = numpy.random.default_rng(3)
    for number, name in enumerate(("n1", "n2", "n3", "n4")):
        stages = random.permutation(numpy.repeat(STAGES, 24))
        signs = ((0, 4), (0, 4), (0, 4), (1, 4), (1, 4))
        write_night(folder / "epochs", name, f"s{number}", stages, number, signs=signs)
    folds = split(("s0", "training"), ("s1", "training"), ("s2", "validation"), ("s3", "test"))
    settings = {"training_epochs": 14, "samples_per_epoch": 0, "batch": 16, "learning_rate": 2e-3,
                "class_weights": "none", "plateau_patience": 20, "stop_patience": 20, "seed": 1}
    epochs, weights = epochs_in(folder / "epochs"), folder / "weights.npz"
    train_fold(epochs, folds, 1, settings, folder)
    predictions = predict_fold(epochs_in(folder / "epochs", ["n4"]), weights, 1)
    return epochs, weights, predictions, exchange_fold(epochs, predictions, weights, 5)


def test_the_modality_that_tells_a_stage_costs_most_recall_and_noise_costs_none(exchanged):
    _, _, predictions, lost = exchanged
    assert (predictions["true"] == predictions["predicted"]).mean() > 0.9
    lost = lost.pivot(index="stage", columns="modality", values="lost")
    for stage, teller in zip(STAGES, ("EEG", "EEG", "EEG", "EOG", "EOG")):
        assert lost.loc[stage].idxmax() == teller and lost.loc[stage, teller] > 0.2
        assert abs(lost.loc[stage, "EMG"]) < 0.1


def test_recall_is_that_of_the_predictions_and_the_loss_is_the_difference(exchanged):
    _, _, predictions, lost = exchanged
    assert list(lost.columns) == ["fold", "stage", "modality", "n", "recall", "recall_exchanged", "lost"]
    right = (predictions["true"] == predictions["predicted"]).groupby(predictions["true"]).mean()
    numpy.testing.assert_allclose(lost["recall"], right[lost["stage"]])
    numpy.testing.assert_allclose(lost["lost"], lost["recall"] - lost["recall_exchanged"])
    assert (lost["n"] == 24).all() and (lost["fold"] == 1).all()


def test_the_same_seed_repeats_it_and_another_does_not(exchanged):
    epochs, weights, predictions, lost = exchanged
    again, other = (exchange_fold(epochs, predictions, weights, seed) for seed in (5, 6))
    pandas.testing.assert_frame_equal(lost, again)
    assert not lost["recall_exchanged"].equals(other["recall_exchanged"])


def test_epochs_are_exchanged_within_a_subject_alone():
    subjects = numpy.array(["a", "b"] * 20 + ["a"] * 10)
    places = permuted(subjects, numpy.random.default_rng(0))
    assert sorted(places) == list(range(50)) and (subjects[places] == subjects).all()
    assert (places != numpy.arange(50)).mean() > 0.8
