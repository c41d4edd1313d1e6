"""Training a fold: what it writes, that a stop changes nothing, and what it does with poor folds."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, split, train_and_be_killed_once, write_night

from helpers.constants import STAGES
from helpers.data.epochs import Epochs
from helpers.errors import InputError
from helpers.files import read_arrays, read_table
from helpers.model import train
from helpers.model.predict import predict_fold
from helpers.pipeline.workers import run_tasks


class Stop(Exception):
    """The process ends here."""


def train_it(nights, settings, folder, progress=None):
    """(weights, history, predictions of the test subjects) of fold 1."""
    epochs, folds = nights
    train.train_fold(epochs, folds, 1, settings, folder, progress)
    return (read_arrays(folder / "weights.npz"), read_table(folder / "history.parquet"),
            predicted(epochs, folds, "test", folder))


def predicted(epochs, folds, role, folder):
    """Predictions of the epochs of the subjects that have a role in the fold."""
    subjects = set(folds.loc[folds["role"] == role, "subject"])
    folders = {name: night for name, night in epochs.folders.items() if epochs.info(name)["subject"] in subjects}
    return predict_fold(Epochs(folders), folder / "weights.npz", 1)


@pytest.fixture(scope="module")
def trained(nights, tmp_path_factory):
    settings = {"training_epochs": 4, "samples_per_epoch": 30, "batch": 8, "learning_rate": 3e-3,
                "class_weights": "balanced", "plateau_patience": 2, "stop_patience": 20, "seed": 7}
    return settings, train_it(nights, settings, tmp_path_factory.mktemp("trained"))


def test_every_epoch_of_the_test_subject_and_no_other_is_predicted_with_probabilities_that_sum_to_1(nights, trained):
    predictions = trained[1][2]
    night = nights[0].table[nights[0].table["recording"] == "n5"].reset_index(drop=True)
    shared = ["recording", "subject", "epoch", "onset_s"]
    pandas.testing.assert_frame_equal(predictions[shared], night[shared], check_dtype=False)
    assert list(predictions["true"]) == list(night["stage"])
    probabilities = predictions[[f"p_{stage}" for stage in STAGES]].to_numpy()
    numpy.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert [STAGES[k] for k in probabilities.argmax(1)] == list(predictions["predicted"])


@pytest.mark.parametrize("stopped_at", [1, 3])
def test_a_run_that_was_stopped_ends_bit_for_bit_where_one_without_a_stop_does(nights, trained, tmp_path, stopped_at):
    settings, (weights, history, predictions) = trained

    def stop(done, total, text):
        if done == stopped_at:
            raise Stop

    with pytest.raises(Stop):
        train_it(nights, settings, tmp_path, stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.npz"]
    resumed, seen = [], []
    resumed = train_it(nights, settings, tmp_path, lambda done, total, text: seen.append((done, total)))
    assert seen == [(k, 4) for k in range(stopped_at + 1, 5)]
    for array, other in zip(weights, resumed[0], strict=True):
        numpy.testing.assert_array_equal(array, other)
    pandas.testing.assert_frame_equal(history, resumed[1], check_exact=True)
    pandas.testing.assert_frame_equal(predictions, resumed[2], check_exact=True)
    assert not (tmp_path / "checkpoint.npz").exists()


def test_training_whose_worker_is_killed_goes_on_after_its_last_training_epoch(nights, trained, tmp_path):
    settings, (weights, _, _) = trained
    epochs, folds = nights
    task = (epochs.folders, folds, settings, tmp_path, tmp_path / "log")
    run_tasks([("fold 1", train_and_be_killed_once, task)])
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert [done for _, done in lines] == ["1", "2", "3", "4"]
    assert lines[0][0] == lines[1][0] != lines[2][0] == lines[3][0]
    for array, other in zip(weights, read_arrays(tmp_path / "weights.npz"), strict=True):
        numpy.testing.assert_allclose(array, other, atol=1e-4)  # this process may use another number of threads


def test_a_checkpoint_of_other_settings_or_a_broken_one_is_not_taken_up(nights, trained, tmp_path):
    settings, (weights, _, _) = trained

    def stop(done, total, text):
        raise Stop

    with pytest.raises(Stop):
        train_it(nights, {**settings, "seed": 8}, tmp_path, stop)
    for content in (None, b"half a file"):
        if content:
            (tmp_path / "checkpoint.npz").write_bytes(content)
        seen = []
        again, _, _ = train_it(nights, settings, tmp_path, lambda done, total, text: seen.append(done))
        assert seen == [1, 2, 3, 4]
        numpy.testing.assert_array_equal(again[0], weights[0])


def test_history_has_one_row_per_training_epoch_and_says_at_which_learning_rate(trained):
    settings, (_, history, _) = trained
    assert list(history.columns) == ["fold", "training_epoch", "loss", "accuracy", "val_loss", "val_accuracy",
                                     "learning_rate", "note"]
    assert list(history["training_epoch"]) == [1, 2, 3, 4]
    assert history["learning_rate"].iloc[0] == settings["learning_rate"]
    assert (history["note"] == "").all()


def test_the_weights_kept_are_those_of_the_best_validation_accuracy(nights, settings, tmp_path):
    """Training on and on at a rate that ruins the network does not reach what is kept."""
    epochs, folds = nights
    settings |= {"training_epochs": 8, "learning_rate": 0.02, "plateau_patience": 20}
    train.train_fold(epochs, folds, 1, settings, tmp_path)
    history, predictions = read_table(tmp_path / "history.parquet"), predicted(epochs, folds, "validation", tmp_path)
    assert (predictions["true"] == predictions["predicted"]).mean() == pytest.approx(history["val_accuracy"].max())
    assert history["val_accuracy"].nunique() > 1


def test_training_stops_when_validation_no_longer_improves(nights, settings, tmp_path):
    settings |= {"training_epochs": 30, "learning_rate": 1e-9, "stop_patience": 2, "plateau_patience": 1}
    _, history, _ = train_it(nights, settings, tmp_path)
    assert len(history) == 3
    numpy.testing.assert_allclose(history["learning_rate"], [1e-9, 1e-9, 1e-10])


def test_a_fold_without_a_stage_trains_and_says_so_in_one_line(settings, tmp_path, caplog):
    for number, stages in enumerate((["W", "N2", "N3", "REM"] * 8, ["W", "N1"] * 8, list(STAGES) * 4)):
        write_night(tmp_path / "epochs", f"n{number}", f"s{number}", stages, number)
    folds = split(("s0", "training"), ("s1", "validation"), ("s2", "test"))
    _, history, predictions = train_it((epochs_in(tmp_path / "epochs"), folds), settings, tmp_path)
    line = "fold 1: no N1 among its training epochs; no N2, N3, REM among its validation epochs"
    assert [record.getMessage() for record in caplog.records] == [line]
    assert (history["note"] == line).all()
    assert len(predictions) == 20 and history["loss"].notna().all()


def test_a_fold_whose_test_subject_has_no_epoch_is_refused_by_name(nights, settings, tmp_path):
    folds = split(("a", "training"), ("b", "validation"), ("ghost", "test"))
    with pytest.raises(InputError, match=r"fold 1: its test subjects \(ghost\) have no usable epoch"):
        train.train_fold(nights[0], folds, 1, settings, tmp_path)
    assert not any(tmp_path.iterdir())
