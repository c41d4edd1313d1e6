"""What each modality is worth to the network without any relevance: recall lost when it comes from another epoch.

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
    seed : of the permutations; they depend on it, the fold and the modality's place.
    progress : function (done, total, text), called after each modality.

    Returns
    -------
    Table of fold, stage, modality, n (epochs of the stage), recall, recall_exchanged, lost = recall −
    recall_exchanged (0 to 1; below 0 where the exchange helps). A stage without test epochs has no rows.
    """
    [fold] = predictions["fold"].unique()
    rows = epochs.rows(predictions)
    _, samples, channels = epochs.signals(rows[:1]).shape
    model = networks.build(channels, len(STAGES), samples)
    networks.load_weights(model, weights)
    function, true = forward(model), stage_numbers(epochs.table)[rows]
    right = predictions["predicted"].to_numpy() == predictions["true"].to_numpy()
    tables = []
    for place, (modality, own) in enumerate(epochs.modalities.items()):
        partners = permuted(predictions["subject"], numpy.random.default_rng([seed, int(fold), place]))

        def signals(places, own=own, partners=partners):
            x = epochs.signals(rows[places])
            x[:, :, own] = epochs.signals(rows[partners[places]])[:, :, own]
            return x

        exchanged = predict(function, signals, numpy.arange(len(rows))).argmax(1) == true
        tables.append(_lost(true, right, exchanged).assign(fold=int(fold), modality=modality))
        if progress:
            progress(place + 1, len(epochs.modalities), modality)
    return pandas.concat(tables, ignore_index=True)[["fold", "stage", "modality", "n", "recall", "recall_exchanged",
                                                     "lost"]]


def permuted(subjects, random):
    """For each place another place of the same subject: places shuffled within subjects, int array."""
    subjects = numpy.asarray(subjects, "str")
    places = numpy.arange(len(subjects))
    for subject in numpy.unique(subjects):
        own = subjects == subject
        places[own] = random.permutation(places[own])
    return places


def _lost(true, right, exchanged):

    table = pandas.DataFrame({"stage": true, "n": 1, "recall": right, "recall_exchanged": exchanged})
    table = table.groupby("stage").agg({"n": "sum", "recall": "mean", "recall_exchanged": "mean"}).reset_index()
    return table.assign(stage=[STAGES[number] for number in table["stage"]],
                        lost=table["recall"] - table["recall_exchanged"])
