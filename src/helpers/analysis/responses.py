"""What is regressed: shares of one rule come in; a row of responses per epoch goes out, in percent and as log-ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy
import pandas

from ..relevance.pooling import pool_weights

#: Which epochs: those read correctly, all of a true stage, or those misread.
SELECTIONS = ("correct", "all", "misread")
#: Percent of absolute relevance, as in the paper, or log-ratios, which are free of the constraint that shares sum to 1.
SCALES = ("percent", "log-ratio")
#: A share of 0 becomes this part of the smallest share above 0 (Martín-Fernández et al. 2003, doi 10.1023/A:1023866030544).
REPLACED_BY = 0.65


@dataclass(frozen=True)
class Responses:
    """keys : table of recording, epoch, stage. modalities : their names. percent, log_ratios : (rows, modalities). weights :
    (rows,), mean 1. replaced : shares of 0 that were replaced.

    The log-ratio of a modality is its pivot coordinate √((k−1)/k) ln(share / geometric mean of the others) (Egozcue et al. 2003,
    doi 10.1023/A:1023818214614): above 0 it has more than the others; all k sum to 0, so that k − 1 of them are free.
    """

    keys: pandas.DataFrame
    modalities: tuple
    percent: numpy.ndarray
    log_ratios: numpy.ndarray
    weights: numpy.ndarray
    replaced: int

    def on(self, scale):
        """(rows, modalities) of a scale."""
        return self.percent if scale == "percent" else self.log_ratios


def responses(shares, selection="correct", averaging="mean", rows="epochs"):
    """Responses of one rule's epochs.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares` for one rule; epochs without relevance are left out.
    selection : one of `SELECTIONS`, per fold that tested the epoch.
    averaging : "mean": each row counts the same; "pooled": a row counts by its total relevance.
    rows : "epochs": one row per epoch, averaged over the folds that tested it; "all": one per fold and epoch.
    """
    table = shares[shares["share"].notna()].astype(dict.fromkeys(("recording", "true", "predicted", "modality"), str))
    modalities = tuple(dict.fromkeys(table["modality"]))
    if selection != "all":
        table = table[(table["true"] == table["predicted"]) == (selection == "correct")]
    keys = ["recording", "epoch", "true", "fold"]
    wide = table.pivot(index=keys, columns="modality", values="share").reindex(columns=list(modalities))
    values, replaced = wide.to_numpy(float), 0
    logs = values
    if len(values):
        logs, replaced = log_ratios(values)
    weights = numpy.ones(len(wide))
    if averaging == "pooled" and len(wide):
        log_total = table[table["modality"] == modalities[0]].set_index(keys)["log_total"]
        weights = pool_weights(log_total.reindex(wide.index))
    both = numpy.column_stack([100 * values, logs])
    index = wide.index.to_frame(index=False)
    if rows == "epochs" and len(wide):
        index, both, weights = _over_folds(index, both, weights)
        if averaging == "mean":
            weights = numpy.ones(len(both))
    weights = weights / weights.mean() if len(weights) else weights
    keys = index[["recording", "epoch"]].assign(stage=index["true"])
    return Responses(keys, modalities, both[:, :len(modalities)], both[:, len(modalities):], weights, replaced)


def log_ratios(shares):
    """(pivot coordinates (rows, modalities), number of shares of 0 that were replaced)."""
    nothing = shares <= 0
    if nothing.any():
        least = REPLACED_BY * shares[~nothing].min()
        put = nothing.sum(axis=1, keepdims=True) * least
        shares = numpy.where(nothing, least, shares * (1 - put))
    logs = numpy.log(shares)
    modalities = shares.shape[1]
    centred = logs - logs.mean(axis=1, keepdims=True)
    return centred * numpy.sqrt(modalities / max(modalities - 1, 1)), int(nothing.sum())


def composition(log_ratios):
    """Shares (…, modalities) of pivot coordinates."""
    modalities = log_ratios.shape[-1]
    parts = numpy.exp(log_ratios * numpy.sqrt((modalities - 1) / modalities))
    return parts / parts.sum(axis=-1, keepdims=True)


def free(modalities):
    """(modalities, modalities − 1): what turns pivot coordinates into as many free, orthonormal log-ratios (isometric)."""
    centred = numpy.eye(modalities) - 1 / modalities
    basis = numpy.linalg.svd(centred)[0][:, :modalities - 1]
    return basis * numpy.sqrt((modalities - 1) / modalities)


def _over_folds(index, values, weights):
    """Weighted means over the folds of each epoch; an epoch whose weight vanishes keeps a mean and no weight."""
    keys = ["recording", "epoch", "true"]
    codes, epochs = pandas.factorize(pandas.MultiIndex.from_frame(index[keys]), sort=True)
    counted = numpy.maximum(weights, numpy.finfo(float).tiny)
    totals = numpy.bincount(codes, counted)
    means = numpy.column_stack([numpy.bincount(codes, counted * column) for column in values.T]) / totals[:, None]
    return pandas.DataFrame(list(epochs), columns=keys), means, numpy.bincount(codes, weights)
