"""Training one fold: sleep epochs and a split of subjects come in; weights and history go out.

A fold is a pure function of its files and settings: a run that was stopped goes on after its last training epoch and
ends, bit for bit, where the same run without a stop would have.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from pathlib import Path

import numpy
import pandas

from .. import files
from ..constants import ROLES, STAGES
from ..errors import InputError
from . import checkpoint, networks
from .batches import batches, class_weights, draw, stage_numbers
from .loading import load_tensorflow
from .passes import forward, loss_and_accuracy, predict, training_step
from .schedule import Schedule

CHECKPOINT = "checkpoint.npz"


def train_fold(epochs, folds, fold, settings, folder, progress=None):
    """Train the network on one fold.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs` of all recordings of the subjects in the fold.
    folds : table of fold, subject, role.
    fold : number of the fold.
    settings : dict of training_epochs (at most), samples_per_epoch (0: all, else a class-balanced draw), batch,
        learning_rate, class_weights ("balanced" or "none"), plateau_patience, stop_patience, seed, and network, which
        `networks.made` takes (default the paper's).
    folder : where the results go: weights.npz (of the best validation accuracy, the first of equals), network.json, history.parquet
        (fold, training_epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, note). While training runs:
        checkpoint.npz.
    progress : function (done, total, text), called after each training epoch.

    Raises
    ------
    InputError
        When the training, validation or test subjects have no epoch at all, the network does not fit, or its loss is no number.
    """
    load_tensorflow()
    import tensorflow

    tensorflow.config.experimental.enable_op_determinism()
    rows = rows_of(epochs.table, folds, fold)
    folder = Path(folder)
    samples = epochs.signals(rows["training"][:1]).shape[1]
    model = networks.made(settings.get("network", networks.DEFAULT), samples, epochs.modalities, int(_random(settings, fold).integers(2**20)))
    key = _key(epochs.table, rows, settings, fold)
    state = _train(model, epochs, rows, settings, fold, folder / CHECKPOINT, key, progress)
    model.set_weights(state.best)
    networks.save_weights(model, folder / "weights.npz")
    networks.keep_about(settings.get("network", networks.DEFAULT), folder)
    files.write_table(folder / "history.parquet", pandas.DataFrame(state.history))
    (folder / CHECKPOINT).unlink(missing_ok=True)


def rows_of(table, folds, fold):
    """Row numbers of a fold's training, validation and test epochs, a dict by role."""
    members = folds[folds["fold"] == fold]
    rows = {}
    for role in ROLES:
        subjects = members.loc[members["role"] == role, "subject"]
        rows[role] = numpy.flatnonzero(table["subject"].isin(subjects))
        if not len(rows[role]):
            raise InputError(f"fold {fold}: its {role} subjects ({', '.join(subjects)}) have no usable epoch; "
                             "take their recordings out of the cohort")
    return rows


def _random(settings, fold, training_epoch=0):
    """The random draws of one training epoch; 0 is the start. They depend on nothing that came before."""
    return numpy.random.default_rng([settings["seed"], fold, training_epoch])


def _key(table, rows, settings, fold):
    """Stamp of what is being trained, on what and how, so that a checkpoint of anything else is not taken up."""
    used = table.iloc[numpy.concatenate([rows[role] for role in ROLES])]
    content = int(pandas.util.hash_pandas_object(used[["recording", "epoch", "stage"]], index=False).sum())
    return hashlib.sha256(json.dumps([settings, int(fold), content], sort_keys=True).encode()).hexdigest()[:16]


def _train(model, epochs, rows, settings, fold, path, key, progress):
    """Train until it stops, from the checkpoint where there is one; return the last state."""
    from keras.optimizers import Adam

    optimizer = Adam(settings["learning_rate"])
    optimizer.build(model.trainable_variables)
    state = checkpoint.load(path, key)
    if state is None:
        schedule = Schedule(settings["learning_rate"], settings["plateau_patience"], settings["stop_patience"])
        state = checkpoint.Checkpoint(schedule)
    else:
        model.set_weights(state.weights)
        for variable, value in zip(optimizer.variables, state.optimizer):
            variable.assign(value)
    stages = stage_numbers(epochs.table)
    note = _missing_stages(stages, rows, fold)
    step, function, total = training_step(model, optimizer), forward(model), settings["training_epochs"]
    while len(state.history) < total and not state.schedule.stopped:
        number = len(state.history) + 1
        rate = state.schedule.learning_rate
        optimizer.learning_rate.assign(rate)
        random = _random(settings, fold, number)
        networks.seed_dropout(model, random)
        loss, accuracy = _training_epoch(step, epochs.signals, rows["training"], stages, settings, random)
        if not math.isfinite(loss):
            raise InputError(f"network {settings.get('network', networks.DEFAULT)['network']}: its loss is no number in training epoch {number}; choose a smaller "
                             "learning_rate, or mend the network")
        val_loss, val_accuracy = loss_and_accuracy(predict(function, epochs.signals, rows["validation"]),
                                                   stages[rows["validation"]])
        state.history.append({"fold": fold, "training_epoch": number, "loss": loss, "accuracy": accuracy,
                              "val_loss": val_loss, "val_accuracy": val_accuracy, "learning_rate": rate,
                              "note": note})
        state.weights, state.optimizer = model.get_weights(), [value.numpy() for value in optimizer.variables]
        if state.schedule.update(val_accuracy):
            state.best = state.weights
        state.save(path, key)
        if progress:
            progress(number, total, f"training epoch {number}/{total}, validation accuracy {val_accuracy:.3f}")
    return state


def _training_epoch(step, signals, rows, stages, settings, random):
    """Show the network one draw of rows; return the mean weighted loss and the fraction right, dropout on."""
    drawn = draw(rows, stages[rows], settings["samples_per_epoch"], random)
    weights = class_weights(stages[drawn], len(STAGES), settings["class_weights"])
    loss, right = 0.0, 0
    for batch in batches(drawn, settings["batch"]):
        of_batch = stages[batch]
        batch_loss, hits = step(signals(batch), of_batch, weights[of_batch])
        loss, right = loss + float(batch_loss), right + int(hits)
    return loss / len(drawn), right / len(drawn)


def _missing_stages(stages, rows, fold):
    """One line on the stages that the fold cannot learn or choose by; empty when there are none. Logged as well."""
    missing_by_role = []
    for role in ROLES[:2]:
        missing = [stage for number, stage in enumerate(STAGES) if number not in stages[rows[role]]]
        if missing:
            missing_by_role.append(f"no {', '.join(missing)} among its {role} epochs")
    if not missing_by_role:
        return ""
    note = f"fold {fold}: " + "; ".join(missing_by_role)
    logging.getLogger(__name__).warning(note)
    return note
