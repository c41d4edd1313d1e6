"""Hours and disk that training folds takes, estimated beforehand from a few timed steps on the real epochs."""

from __future__ import annotations

import math
import time

import numpy

from . import networks
from .batches import batches, stage_numbers
from .passes import PREDICTION_BATCH, forward, training_step
from .train import rows_of

#: Timed batches of each kind; the first of each is not counted.
STEPS = 3

#: Bytes of one row of predictions.parquet: five float32 that do not compress, little else.
BYTES_PER_PREDICTION = 24


def estimate(epochs, folds, settings, workers=1):
    """What training all `folds` costs at most, early stopping left out of account.

    Parameters
    ----------
    epochs, folds, settings : as in `train.train_fold`.
    workers : number of workers side by side, each as quick as the one that this runs in.

    Returns
    -------
    dict of hours, disk (bytes of all results and the checkpoints beside them), text (one line that says both).
    """
    numbers = sorted(int(fold) for fold in folds["fold"].unique())
    rows = [rows_of(epochs.table, folds, fold) for fold in numbers]
    samples = epochs.signals(rows[0]["training"][:1]).shape[1]
    start = time.perf_counter()
    model = networks.made(settings.get("network", networks.DEFAULT), samples, epochs.modalities, seed=0)
    learn, predict = _timed(model, epochs, rows[0]["training"], settings)
    overhead = time.perf_counter() - start
    seconds = [overhead + settings["training_epochs"] * (
        (settings["samples_per_epoch"] or len(of_fold["training"])) * learn + len(of_fold["validation"]) * predict)
        + len(of_fold["test"]) * predict for of_fold in rows]
    side_by_side = min(workers, len(numbers))
    hours = math.ceil(len(numbers) / side_by_side) * numpy.mean(seconds) / 3600
    tested = sum(len(of_fold["test"]) for of_fold in rows)
    weights = sum(array.nbytes for array in model.get_weights())
    disk = len(numbers) * weights + side_by_side * 4 * weights + tested * BYTES_PER_PREDICTION
    text = (f"{len(numbers)} folds of at most {settings['training_epochs']} training epochs, {side_by_side} side by "
            f"side: at most {_duration(hours)}, {disk / 1e6:.0f} MB of disk")
    return {"hours": float(hours), "disk": int(disk), "text": text}


def _timed(model, epochs, rows, settings):
    """Seconds per sample of a training step and of a prediction, the quickest of a few."""
    from keras.optimizers import Adam

    optimizer = Adam(0.0)
    optimizer.build(model.trainable_variables)
    step, function, stages = training_step(model, optimizer), forward(model), stage_numbers(epochs.table)

    def learn(batch):
        float(step(epochs.signals(batch), stages[batch], numpy.ones(len(batch), "float32"))[0])

    def predict(batch):
        function(epochs.signals(batch)).numpy()

    return tuple(min(_seconds_per_sample(act, rows, size)) for act, size in (
        (learn, settings["batch"]), (predict, PREDICTION_BATCH)))


def _seconds_per_sample(act, rows, size):
    for number, batch in enumerate(batches(numpy.resize(rows, size * (STEPS + 1)), size)):
        start = time.perf_counter()
        act(batch)
        if number:
            yield (time.perf_counter() - start) / size


def _duration(hours):
    minutes = math.ceil(hours * 60)
    return f"{hours:.1f} hours" if minutes > 90 else f"{minutes} minute{'s' * (minutes > 1)}"
