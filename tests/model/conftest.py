"""Small folders of epochs, in the files that `helpers.data.epochs` writes, whose stages a network can learn."""

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy
import pandas
import pytest

from helpers.data.stages import STAGES

MODALITIES = ("EEG", "EOG", "EMG")


def write_night(folder, recording, subject, stages, seed, samples=80, signs=((0, 1),) * 5):
    """One recording: noise, and for the stage numbered k a sine of its own frequency in channel signs[k][0]."""
    random = numpy.random.default_rng(seed)
    signals = random.normal(size=(len(stages), samples, 3)).astype("float32")
    for row, stage in enumerate(stages):
        number = STAGES.index(stage)
        channel, size = signs[number]
        phase = random.uniform(0, 2 * numpy.pi)
        signals[row, :, channel] += size * numpy.sin(0.3 * (number + 1) * numpy.arange(samples) + phase)
    night = folder / recording
    night.mkdir(parents=True)
    numpy.save(night / "signals.npy", signals)
    slots = numpy.arange(len(stages)) + 2
    table = pandas.DataFrame({"recording": recording, "subject": subject, "epoch": slots, "onset_s": slots * 30.0,
                              "stage": list(stages)})
    table.to_parquet(night / "epochs.parquet", index=False)
    ledger = table.drop(columns="subject").assign(kept=True, reason="")
    ledger.to_parquet(night / "ledger.parquet", index=False)
    channels = [{"name": name, "modality": name, "mean": 0.0, "sd": 1.0, "unit": "µV", "rate": 100,
                 "highpass": None, "lowpass": None} for name in MODALITIES]
    (night / "recording.json").write_text(json.dumps(
        {"recording": recording, "subject": subject, "start": "2000-01-01T22:00:00", "rate": 100,
         "duration_s": float(30 * (slots[-1] + 1)), "channels": channels}))


def split(*members, fold=1):
    """Table of folds from (subject, role) pairs."""
    return pandas.DataFrame([(fold, *member) for member in members], columns=["fold", "subject", "role"])


@pytest.fixture
def settings():
    return {"training_epochs": 4, "samples_per_epoch": 30, "batch": 8, "learning_rate": 3e-3,
            "class_weights": "balanced", "plateau_patience": 5, "stop_patience": 20, "seed": 7}


@pytest.fixture(scope="session")
def nights(tmp_path_factory):
    """Four subjects, one with two nights, 40 to 60 epochs each, and the table of their one fold."""
    folder, random = tmp_path_factory.mktemp("cohort") / "epochs", numpy.random.default_rng(1)
    for number, (recording, subject) in enumerate((("n1", "a"), ("n2", "a"), ("n3", "b"), ("n4", "c"), ("n5", "d"))):
        stages = random.choice(STAGES, 40 + 5 * number, p=(0.2, 0.1, 0.4, 0.1, 0.2))
        stages[:5] = STAGES
        write_night(folder, recording, subject, stages, number, signs=((0, 2),) * 5)
    folds = split(("a", "training"), ("b", "training"), ("c", "validation"), ("d", "test"))
    return folder, ["n1", "n2", "n3", "n4", "n5"], folds
