"""Shares of every explained epoch come in; how far two rules, or two folds that tested the same epoch, agree about it goes out."""

from __future__ import annotations

import itertools

import numpy
import pandas

from ..relevance.rules import ordered
from ..trust.intervals import by_subject, over_subjects
from ..trust.stability import folds_apart

#: What is compared, rules or folds, and of which.
COLUMNS = ["compared", "first", "second", "measure", "value", "low", "high", "epochs", "subjects"]
MEASURES = ("same lead", "kappa", "correlation")
#: Fewer subjects than this make no interval: the bootstrap would draw the same few again.
LEAST = 6


def epoch_agreement(shares, draws=1000, seed=0):
    """Agreement of each two rules within a fold, and under each rule of the first two folds that tested an epoch and staged it alike.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`. draws, seed : of the bootstrap over subjects.

    Returns
    -------
    Table of compared ("rules" or "folds"), first and second (the rules; for folds the rule and ""), measure, value, low, high (95 %,
    bootstrap over subjects; NaN for fewer than `LEAST`), epochs, subjects. Measures: same lead, the part of epochs in which the same modality has the largest share;
    kappa, the same beyond chance (Cohen 1960, doi 10.1177/001316446002000104), NaN where chance alone agrees wholly; correlation,
    Pearson's of a modality's shares over epochs, the mean over modalities that vary.
    """
    plain = shares.astype(dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality"), str))
    epoch = ["fold", "recording", "epoch"]
    subjects = plain.drop_duplicates(epoch).set_index(epoch)["subject"]
    by_rule = {rule: rows.pivot(index=epoch, columns="modality", values="share")
               for rule, rows in plain.groupby("rule", sort=False)}
    rows = []
    for one, two in itertools.combinations(ordered(by_rule), 2):
        rows += _rows(("rules", one, two), by_rule[one], by_rule[two], subjects, draws, seed)
    both = folds_apart(plain)
    for rule in ordered(set(both["rule"])):
        mine = both[both["rule"] == rule]
        wide = mine.pivot(index=epoch, columns="modality", values=["share", "changed"])
        rows += _rows(("folds", rule, ""), wide["share"], wide["changed"], subjects, draws, seed)
    return pandas.DataFrame(rows, columns=COLUMNS)


def _rows(about, first, second, subjects, draws, seed):
    """Rows of `epoch_agreement` of two tables, epochs by modalities."""
    first = first.dropna()
    second = second.reindex(first.index)[first.columns].dropna()
    first = first.loc[second.index]
    if first.empty:
        return
    k, x, y = first.shape[1], first.to_numpy(), second.to_numpy()
    cells = numpy.eye(k * k)[k * x.argmax(axis=1) + y.argmax(axis=1)]
    moments = numpy.stack([x, y, x * x, y * y, x * y], axis=2).reshape(len(x), -1)
    sums = by_subject(numpy.concatenate([cells, moments], axis=1), subjects.loc[first.index])
    found = over_subjects(sums, lambda added: _measured(added, k), draws, seed)
    for measure, value, *ends in zip(MEASURES, *found):
        yield (*about, measure, value, *(ends if len(sums) >= LEAST else (numpy.nan, numpy.nan)), len(first), len(sums))


def _measured(sums, k):
    """(draws, measures) from sums (draws, columns) over epochs."""
    counts = sums[:, :k * k].reshape(-1, k, k)
    n = counts.sum(axis=(1, 2))
    same = numpy.trace(counts, axis1=1, axis2=2) / n
    chance = (counts.sum(axis=1) * counts.sum(axis=2)).sum(axis=1) / n**2
    x, y, xx, yy, xy = numpy.moveaxis(sums[:, k * k:].reshape(-1, k, 5) / n[:, None, None], 2, 0)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        kappa = numpy.where(chance < 1, (same - chance) / (1 - chance), numpy.nan)
        spread = numpy.sqrt((xx - x * x).clip(0) * (yy - y * y).clip(0))
        each = numpy.where(spread > 1e-12, (xy - x * y) / spread, numpy.nan)
    known = numpy.isfinite(each)
    total = numpy.where(known, each, 0).sum(axis=1)
    return numpy.column_stack([same, kappa, numpy.divide(total, known.sum(axis=1), out=numpy.full(len(n), numpy.nan), where=known.any(axis=1))])
