"""Shares by fold: a table of every explained epoch comes in, averages per fold, rule, modality and group go out."""

from __future__ import annotations

import numpy
import pandas

from ..relevance.pooling import pool_weights

PARTS = ("share", "positive", "negative")


def fold_shares(shares, averaging="mean", by=()):
    """Average share of each modality, and its signed parts, within each fold.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`.
    averaging : "mean": every epoch counts the same; "pooled": the modality's part of all absolute relevance of the
        fold's epochs, in which an epoch counts by its total.
    by : further columns to group by, such as ("true", "predicted").

    Returns
    -------
    Table of fold, the columns `by`, rule, modality, share, positive, negative, n (epochs averaged) and
    without_relevance (epochs that received none, left out).
    """
    keys = ["fold", *by, "rule", "modality"]
    table = _texts(shares, keys)
    received = table["share"].notna()
    weights = numpy.ones(len(table))
    if averaging == "pooled":
        within = table[received].groupby(keys, sort=False)["log_total"]
        weights = within.transform(pool_weights).reindex(table.index).to_numpy()
    weighted = table[list(PARTS)].multiply(weights, axis=0).assign(weight=weights)[received]
    sums = weighted.groupby([table.loc[received, key] for key in keys], sort=False).sum()
    means = sums[list(PARTS)].div(sums["weight"], axis=0)
    counts = received.groupby([table[key] for key in keys], sort=False).agg(["sum", "size"])
    means = means.join(pandas.DataFrame({"n": counts["sum"], "without_relevance": counts["size"] - counts["sum"]}),
                       how="right")
    return means.reset_index()


def by_averaging(shares, by=()):
    """Both ways of averaging → `fold_shares`; None of None."""
    return None if shares is None else {averaging: fold_shares(shares, averaging, by) for averaging in ("mean", "pooled")}


def correct(shares):
    """The rows of correctly classified epochs."""
    return shares[shares["true"].astype(str) == shares["predicted"].astype(str)]


def spread(shares, draws=100, seed=0):
    """How much shares vary over folds where the network was wrong, against where it was right.

    For each misclassified group (true → predicted) that at least two folds have: the standard deviation over folds of
    the fold's mean share, of that group and of the correct group of the same true stage; the latter as it is, and
    with as many epochs drawn from it in each fold as the misclassified group has there (mean over `draws` draws),
    because a mean of few epochs varies more for that reason alone.

    Returns
    -------
    Table of rule, modality, true, predicted, folds, n, sd, sd_correct, sd_correct_equal (all as fractions).
    """
    random = numpy.random.default_rng(seed)
    wide = _texts(shares, ["rule", "modality", "true", "predicted"]).pivot(
        index=["fold", "recording", "epoch", "true", "predicted"], columns=["rule", "modality"], values="share")
    by_group = {key: rows.to_numpy() for key, rows in wide.groupby(level=["true", "predicted", "fold"], sort=False)}
    rows = []
    for true, predicted in sorted({key[:2] for key in by_group if key[0] != key[1]}):
        folds = [fold for (a, b, fold) in by_group if (a, b) == (true, predicted) and (true, true, fold) in by_group]
        if len(folds) < 2:
            continue
        wrong, right = ([by_group[true, stage, fold] for fold in folds] for stage in (predicted, true))
        equal = numpy.mean([_sd([_drawn(of_fold, len(misread), random) for of_fold, misread in zip(right, wrong)])
                            for _ in range(draws)], axis=0)
        columns = zip(wide.columns, _sd(wrong), _sd(right), equal)
        rows += [(rule, modality, true, predicted, len(folds), sum(map(len, wrong)), *values)
                 for (rule, modality), *values in columns]
    table = pandas.DataFrame(rows, columns=["rule", "modality", "true", "predicted", "folds", "n", "sd", "sd_correct",
                                            "sd_correct_equal"])
    return table.dropna(ignore_index=True)


def _sd(folds):
    """Standard deviation over folds of the folds' means; NaN where fewer than two folds have epochs with relevance."""
    sums = numpy.array([numpy.nansum(values, axis=0) for values in folds])
    counts = numpy.array([numpy.isfinite(values).sum(axis=0) for values in folds])
    means = numpy.divide(sums, counts, out=numpy.full_like(sums, numpy.nan), where=counts > 0)
    known = numpy.isfinite(means)
    deviations = numpy.where(known, means - numpy.where(known, means, 0).sum(0) / numpy.maximum(known.sum(0), 1), 0)
    freedom = known.sum(0) - 1
    return numpy.sqrt(numpy.divide((deviations**2).sum(0), freedom, out=numpy.full(len(freedom), numpy.nan),
                                   where=freedom > 0))


def _drawn(values, number, random):
    """`number` rows without replacement, or all where there are no more."""
    return values[random.permutation(len(values))[:number]]


def _texts(table, keys):
    """The table with its keys as plain values rather than categories, which would add groups that do not occur."""
    return table.astype({key: str for key in keys if key != "fold"}).reset_index(drop=True)
