"""The estimate before training against what training takes and writes."""

import pandas
import pytest

from helpers.model import estimate as estimate_module
from helpers.model.estimate import estimate
from helpers.model.train import train_fold


def test_hours_count_every_training_step_and_every_prediction(nights, settings, monkeypatch):
    """A second a training sample and a quarter a predicted one; 55 validation and 60 test epochs."""
    epochs, folds = nights
    monkeypatch.setattr(estimate_module, "_timed", lambda *args: (1.0, 0.25))
    drawn = estimate(epochs, folds, settings | {"training_epochs": 10, "samples_per_epoch": 400})
    assert drawn["hours"] * 3600 == pytest.approx(10 * (400 + 55 / 4) + 60 / 4, rel=0.01)
    every = estimate(epochs, folds, settings | {"training_epochs": 10, "samples_per_epoch": 0})
    assert every["hours"] * 3600 == pytest.approx(10 * (40 + 45 + 50 + 55 / 4) + 60 / 4, rel=0.01)
    assert "at most 70 minutes" in drawn["text"]


def test_disk_holds_what_training_writes_and_its_checkpoint(nights, settings, tmp_path):
    epochs, folds = nights
    guess = estimate(epochs, folds, settings)
    most = 0

    def look(done, total, text):
        nonlocal most
        most = max(most, sum(path.stat().st_size for path in tmp_path.iterdir()))

    train_fold(epochs, folds, 1, settings, tmp_path, look)
    written = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 0 < guess["hours"] < 1
    assert max(most, written) < guess["disk"] * 1.02 and guess["disk"] < most + written


def test_more_workers_take_less_time_by_whole_rounds_of_folds(nights, settings):
    epochs, folds = nights
    three = pandas.concat([folds.assign(fold=number) for number in (1, 2, 3)])
    texts = [estimate(epochs, three, settings, workers=workers)["text"] for workers in (1, 2, 9)]
    assert [text.split(", ")[1].split()[0] for text in texts] == ["1", "2", "3"]
