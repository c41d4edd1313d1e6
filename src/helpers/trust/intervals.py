"""Intervals over subjects: whole sleepers are drawn again, with all their epochs (bootstrap; Efron and Tibshirani 1993)."""

from __future__ import annotations

import numpy


def over_subjects(sums, statistic, draws=1000, seed=0):
    """(value, low, high) of a statistic and its 95 % interval.

    Parameters
    ----------
    sums : (subjects, columns): what the statistic needs, added up by subject. statistic : function of such sums added up over
        subjects, (draws, columns) → (draws, values). draws, seed : of the bootstrap.

    Returns
    -------
    Three arrays (values,); the ends are NaN for fewer than two subjects.
    """
    value, n = statistic(sums.sum(axis=0)[None])[0], len(sums)
    if n < 2:
        return value, numpy.full(value.shape, numpy.nan), numpy.full(value.shape, numpy.nan)
    weights = numpy.random.default_rng(seed).multinomial(n, numpy.full(n, 1 / n), draws)
    drawn = statistic(weights @ sums)
    known = ~numpy.isnan(drawn).all(axis=0)
    ends = numpy.full((2, *value.shape), numpy.nan)
    ends[:, known] = numpy.nanquantile(drawn[:, known], [0.025, 0.975], axis=0)
    return value, *ends


def means(rows, columns, draws=1000, seed=0):
    """(mean, low, high), arrays of one value per column, over the rows of a table with `subject`; what is NaN is left out."""
    values = rows[list(columns)].to_numpy(float)
    known = ~numpy.isnan(values)
    sums = by_subject(numpy.concatenate([numpy.where(known, values, 0), known], axis=1), rows["subject"])

    def mean(added):
        total, n = numpy.split(added, 2, axis=1)
        return numpy.where(n > 0, total / numpy.maximum(n, 1), numpy.nan)

    return over_subjects(sums, mean, draws, seed)


def by_subject(values, subjects):
    """Rows (epochs, columns) added up by subject: (subjects, columns)."""
    names, codes = numpy.unique(numpy.asarray(subjects, "str"), return_inverse=True)
    sums = numpy.zeros((len(names), values.shape[1]))
    numpy.add.at(sums, codes, values)
    return sums


def of_stages(rows):
    """(stage, its rows) of a table with `true`: "all" first, then every stage that somebody scored."""
    return [("all", rows), *((stage, of_stage) for stage, of_stage in rows.groupby("true", sort=True) if stage)]
