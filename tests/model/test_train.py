"""Training a fold: what it writes, that a stop changes nothing, and what it does with poor folds."""

import numpy
import pandas
import pytest
from conftest import split, write_night

from helpers.artifacts import read_arrays, read_table
from helpers.data.stages import STAGES
from helpers.errors import InputError
from helpers.model import train


class Stop(Exception):
    """The process ends here."""


def train_it(nights, settings, folder, progress=None):
    epochs, recordings, folds = nights
    train.train_fold(epochs, recordings, folds, 1, settings, folder, progress)
    return read_arrays(folder / "weights.npz"), read_table(folder / "history.parquet"), read_table(
        folder / "predictions.parquet")


@pytest.fixture(scope="module")
def trained(nights, tmp_path_factory):
    settings = {"training_epochs": 4, "samples_per_epoch": 30, "batch": 8, "learning_rate": 3e-3,
                "class_weights": "balanced", "plateau_patience": 2, "stop_patience": 20, "seed": 7}
    return settings, train_it(nights, settings, tmp_path_factory.mktemp("trained"))


def test_every_epoch_of_the_test_subject_and_no_other_is_predicted_with_probabilities_that_sum_to_1(nights, trained):
    predictions = trained[1][2]
    night = pandas.read_parquet(nights[0] / "n5" / "epochs.parquet")
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
    for one, other in zip(weights, resumed[0], strict=True):
        numpy.testing.assert_array_equal(one, other)
    pandas.testing.assert_frame_equal(history, resumed[1], check_exact=True)
    pandas.testing.assert_frame_equal(predictions, resumed[2], check_exact=True)
    assert not (tmp_path / "checkpoint.npz").exists()
