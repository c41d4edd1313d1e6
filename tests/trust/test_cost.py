"""The estimate of the trial against what is counted: how often the network is asked, and how passes become minutes."""

import numpy
import pytest
from small_cohort import epochs_in, write_night
from uncompiled import uncompiled

from helpers.constants import STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance.logits import Logits
from helpers.trust import cost
from helpers.trust.shapley import shapley_fold


def test_shapley_values_take_the_passes_that_are_counted(tmp_path, monkeypatch):
    write_night(tmp_path / "epochs", "n1", "s1", numpy.random.default_rng(0).choice(STAGES, 12), 1)
    epochs = epochs_in(tmp_path / "epochs")
    networks.save_weights(networks.build(3, 5, 80, seed=3), tmp_path / "weights.npz")
    predictions, asked = predict_fold(epochs, tmp_path / "weights.npz", 0), []
    plain = Logits.__call__
    monkeypatch.setattr(Logits, "__call__", lambda self, x: asked.append(len(x)) or plain(self, x))
    with uncompiled():
        shapley_fold(epochs, predictions, tmp_path / "weights.npz", "brief", 2, 1)
    tested = sum(min(2, count) for count in predictions["true"].value_counts())
    assert sum(asked) == tested * cost.passes("brief", 3, 3)["Shapley values"]


@pytest.mark.parametrize("folds, workers, minutes", [(1, 1, "about 5 minutes"), (6, 2, "about 13 minutes"), (60, 2, "about 2.1 hours")])
def test_passes_become_minutes_of_workers_side_by_side(folds, workers, minutes, monkeypatch):
    class Epochs:
        modalities = {"EEG": [0], "EOG": [1], "EMG": [2]}

    monkeypatch.setattr(cost, "passes", lambda *about: {"one": 60, "other": 40})
    monkeypatch.setattr(cost, "seconds_per_pass", lambda epochs, network: .0625)
    said = cost.estimate(Epochs(), {"network": "paper"}, "brief", 3, 8, folds, workers)
    assert said.endswith(minutes) and f"about 100 passes of the network for each of at most {40 * folds:,} epochs" in said


def test_a_full_trial_and_more_rules_take_more_of_every_part():
    brief, full, rules = cost.passes("brief", 3, 3), cost.passes("full", 3, 3), cost.passes("brief", 6, 3)
    assert all(full[part] >= brief[part] for part in brief) and sum(full.values()) > 2 * sum(brief.values())
    assert all(rules[part] > brief[part] for part in brief if part != "Shapley values")
