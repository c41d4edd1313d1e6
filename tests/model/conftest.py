"""A small cohort of epochs on disk and quick settings to train on it."""

import numpy
import pytest
from small_cohort import epochs_in, split, write_night

from helpers.constants import STAGES


@pytest.fixture
def settings():
    return {"training_epochs": 4, "samples_per_epoch": 30, "batch": 8, "learning_rate": 3e-3,
            "class_weights": "balanced", "plateau_patience": 5, "stop_patience": 20, "seed": 7}


@pytest.fixture(scope="session")
def nights(tmp_path_factory):
    """(epochs of four subjects, one with two nights, 40 to 60 each; the table of their one fold)."""
    folder, random = tmp_path_factory.mktemp("cohort") / "epochs", numpy.random.default_rng(1)
    for number, (recording, subject) in enumerate((("n1", "a"), ("n2", "a"), ("n3", "b"), ("n4", "c"), ("n5", "d"))):
        stages = random.choice(STAGES, 40 + 5 * number, p=(0.2, 0.1, 0.4, 0.1, 0.2))
        stages[:5] = STAGES
        write_night(folder, recording, subject, stages, number, signs=((0, 2),) * 5)
    folds = split(("a", "training"), ("b", "training"), ("c", "validation"), ("d", "test"))
    return epochs_in(folder), folds
