"""Shares of a trained fold: every test epoch is explained by every rule or method, and its relevance summed by modality."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS
from .explainer import Maps, signed_shares
from .fold import FoldExplainer


def explain_fold(epochs, predictions, weights, learned, names, engine, progress=None):
    """Explain the predicted class of each test epoch of a fold.

    Parameters
    ----------
    epochs, weights, learned, names, engine : as of `FoldExplainer`.
    predictions : the fold's table of test epochs (fold, recording, subject, epoch, true, predicted, …).
    progress : function (done, total, text).

    Returns
    -------
    Table with one row per epoch, rule and modality: the keys, rule (a rule's or a method's name), modality, share, positive and
    negative (its signed parts, both at least 0, which add up to it; NaN for an epoch without relevance), log_total (natural log
    of the total absolute relevance: of a rule where 1 starts at the class, of a method in units of the logit). Of a network that takes
    neighbours of an epoch, shares are of all it takes, and neighbours is the part of a share that lies on them; NaN of a method that
    gives one value per modality.
    """
    parts, apart = {name: [] for name in names}, {name: [] for name in names}
    with FoldExplainer(epochs, predictions, weights, learned, names, engine) as explainer:
        for numbers in explainer.batches(progress):
            for name, of_name in explainer.parts(numbers).items():
                parts[name].append(of_name)
            if epochs.context:
                for name, of_name in _on_neighbours(explainer, numbers).items():
                    apart[name].append(of_name)
    tables = [table(predictions, name, list(epochs.modalities), *map(numpy.concatenate, zip(*parts[name]))) for name in names]
    if epochs.context:
        tables = [of_name.assign(neighbours=numpy.concatenate(apart[name]).ravel()) for name, of_name in zip(names, tables)]
    return pandas.concat(tables, ignore_index=True)


def _on_neighbours(explainer, numbers):
    """Name → (n, modalities): part of the total absolute relevance that lies on a modality outside the epoch itself."""
    found = {name: numpy.full((len(numbers), len(explainer.modalities)), numpy.nan) for name in explainer.names}
    for name, maps in explainer.maps(numbers).items():
        outside = Maps(maps.values.copy(), maps.log_scale)
        outside.values[:, explainer.middle] = 0
        found[name] = sum(signed_shares(outside, explainer.modalities))
    return found


def table(predictions, name, modalities, positive, negative, log_total):
    """The table of shares of one rule or method: signed parts (epochs, modalities) and log_total (epochs,) of a table's rows."""
    n, m = positive.shape
    repeated = predictions[list(KEYS)].iloc[numpy.repeat(numpy.arange(n), m)].reset_index(drop=True)
    return repeated.assign(rule=name, modality=modalities * n, share=(positive + negative).ravel(),
                           positive=positive.ravel(), negative=negative.ravel(), log_total=numpy.repeat(log_total, m))
