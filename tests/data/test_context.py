"""Epochs with their neighbours: what comes before and after in the night, 0 where there is nothing."""

import sys
from pathlib import Path

import numpy
import pandas
import pytest

from helpers.data.epochs import Epochs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "model"))
from small_cohort import epochs_in, write_night


@pytest.fixture
def epochs(tmp_path):
    """Two nights of five slots each; of the first the third slot was dropped."""
    for recording, seed in (("a", 1), ("b", 2)):
        write_night(tmp_path, recording, f"s{recording}", ["W", "N2", "N2", "REM", "W"], seed)
    night = tmp_path / "a"
    numpy.save(night / "signals.npy", numpy.delete(numpy.load(night / "signals.npy"), 2, axis=0))
    pandas.read_parquet(night / "epochs.parquet").drop(index=2).to_parquet(night / "epochs.parquet", index=False)
    return epochs_in(tmp_path)


def test_neighbours_stand_before_and_after_an_epoch_and_nothing_comes_from_another_night_or_across_a_gap(epochs):
    one, n = epochs.with_context(1), epochs.signals([0]).shape[1]
    assert epochs.table["epoch"].tolist() == [2, 3, 5, 6, 2, 3, 4, 5, 6]
    alone, nothing = epochs.signals(range(9)), numpy.zeros((n, 3), "float32")
    wanted = {0: (nothing, alone[0], alone[1]), 1: (alone[0], alone[1], nothing), 2: (nothing, alone[2], alone[3]),
              3: (alone[2], alone[3], nothing), 4: (nothing, alone[4], alone[5]), 6: (alone[5], alone[6], alone[7])}
    for row, (before, own, after) in wanted.items():
        numpy.testing.assert_array_equal(one.signals([row])[0], numpy.concatenate([before, own, after]))
    numpy.testing.assert_array_equal(one.signals([6, 0, 6])[1:], one.signals([0, 6]))
    numpy.testing.assert_array_equal(one.signals([3, 6])[:, one.middle], alone[[3, 6]])
    numpy.testing.assert_array_equal(one.microvolts([3, 6]), epochs.microvolts([3, 6]))


def test_several_neighbours_and_none(epochs):
    two = epochs.with_context(2)
    assert two.signals([5]).shape == (1, 5 * epochs.signals([0]).shape[1], 3) and two.context == 2 and epochs.context == 0
    numpy.testing.assert_array_equal(two.signals([6])[0], epochs.signals([4, 5, 6, 7, 8]).reshape(-1, 3))
    numpy.testing.assert_array_equal(epochs.with_context(0).signals([1, 2]), epochs.signals([1, 2]))
    assert two.signals([]).shape == (0, 5 * epochs.signals([0]).shape[1], 3)
    assert Epochs(epochs.folders, context=1).signals([0]).shape == two.with_context(1).signals([0]).shape
