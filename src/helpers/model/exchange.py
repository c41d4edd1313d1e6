"""Permutation importance of each modality, computed without relevance: recall lost when it comes from another epoch.

A modality's channels are exchanged between the test epochs of a subject, which keeps the signals real and the subject
the same (permutation importance: Breiman 2001, doi 10.1023/A:1010933404324).
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import STAGES
from . import networks
from .batches import stage_numbers
from .passes import forward, predict


def exchange_fold(epochs, predictions, weights, seed, progress=None):
    """Recall lost per true stage when one modality is exchanged between epochs of the same subject.

    Parameters
    ----------
    epochs : as in `train.train_fold`.
    predictions : that fold's table, one row per test epoch.
    weights : path of its weights.npz.
    seed : of the permutations; they depend on it, the fold and the modality's number.
    progress : function (done, total, text), called after each modality.

    Returns
    -------
    Table of fold, stage, modality, n (epochs of the stage), recall, recall_exchanged, lost = recall −
    recall_exchanged (0 to 1; below 0 where the exchange helps). A stage without test epochs has no rows.
    """
    [fold] = predictions["fold"].unique()
    rows = epochs.rows(predictions)
    _, samples, count = epochs.signals(rows[:1]).shape
    model = networks.build(count, len(STAGES), samples)
    networks.load_weights(model, weights)
    function, true = forward(model), stage_numbers(epochs.table)[rows]
    right = predictions["predicted"].to_numpy() == predictions["true"].to_numpy()
    tables = []
    for number, (modality, channels) in enumerate(epochs.modalities.items()):
        partners = permuted(predictions["subject"], numpy.random.default_rng([seed, int(fold), number]))

        def signals(numbers, channels=channels, partners=partners):
            x = epochs.signals(rows[numbers])
            x[:, :, channels] = epochs.signals(rows[partners[numbers]])[:, :, channels]
            return x

        exchanged = predict(function, signals, numpy.arange(len(rows))).argmax(1) == true
        tables.append(_lost(true, right, exchanged).assign(fold=int(fold), modality=modality))
        if progress:
            progress(number + 1, len(epochs.modalities), modality)
    return pandas.concat(tables, ignore_index=True)[["fold", "stage", "modality", "n", "recall", "recall_exchanged",
                                                     "lost"]]


def permuted(subjects, random):
    """For each row the number of a row of the same subject: row numbers shuffled within subjects, int array."""
    subjects = numpy.asarray(subjects, "str")
    numbers = numpy.arange(len(subjects))
    for subject in numpy.unique(subjects):
        of_subject = subjects == subject
        numbers[of_subject] = random.permutation(numbers[of_subject])
    return numbers


def _lost(true, right, exchanged):
    table = pandas.DataFrame({"stage": true, "n": 1, "recall": right, "recall_exchanged": exchanged})
    table = table.groupby("stage").agg({"n": "sum", "recall": "mean", "recall_exchanged": "mean"}).reset_index()
    return table.assign(stage=[STAGES[number] for number in table["stage"]],
                        lost=table["recall"] - table["recall_exchanged"])
