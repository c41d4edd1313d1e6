"""How well folds stage sleep: predictions come in; confusion matrices, scores per stage, accuracy and kappa go out."""

from __future__ import annotations

import numpy
import pandas

from ..constants import STAGES


def confusion(predictions, by=()):
    """Numbers of epochs per true and predicted stage.

    Parameters
    ----------
    predictions : table with `true` and `predicted`. An epoch that several folds tested counts once for each.
    by : columns to count within, such as ("fold",) or ("subject",); none for all rows together.

    Returns
    -------
    Table of the columns `by`, true, predicted, n: 25 rows each, in the stages' order, zeros included.
    """
    tables = []
    for key, rows in _grouped(predictions, by):
        counts = numpy.zeros((len(STAGES), len(STAGES)), "int64")
        numpy.add.at(counts, (_numbers(rows["true"]), _numbers(rows["predicted"])), 1)
        tables.append(pandas.DataFrame({**key, "true": numpy.repeat(STAGES, len(STAGES)),
                                        "predicted": STAGES * len(STAGES), "n": counts.ravel()}))
    return pandas.concat(tables, ignore_index=True)


def scores(predictions, by=()):
    """Precision, recall and F1 of each stage; accuracy, balanced accuracy, weighted F1 and Cohen's kappa.

    Parameters
    ----------
    predictions, by : as in `confusion`.

    Returns
    -------
    Table of the columns `by`, measure, stage, n, value; `stage` is "all" for what is of no single stage. n is the number of
    epochs the value is a fraction of: those predicted as the stage for precision, those of the stage for recall, both
    sets together for F1, all for the rest. Balanced accuracy is the mean recall of the stages that occur, weighted F1 the mean
    F1 weighted by how often they occur. A score of nothing (n = 0; kappa when chance alone agrees wholly) is NaN.
    Kappa: Cohen 1960, doi 10.1177/001316446002000104.
    """
    tables = []
    for key, cells in confusion(predictions, by).groupby(list(by)) if by else [((), confusion(predictions))]:
        counts = cells["n"].to_numpy().reshape(len(STAGES), len(STAGES))
        rows = [*_of_stages(counts), *_of_all(counts)]
        table = pandas.DataFrame(rows, columns=["measure", "stage", "n", "value"])
        tables.append(table.assign(**dict(zip(by, key)))[[*by, *table.columns]])
    return pandas.concat(tables, ignore_index=True)


def _of_stages(counts):
    hits, true, predicted = numpy.diag(counts), counts.sum(1), counts.sum(0)
    for measure, counted, whole, n in (("precision", hits, predicted, predicted), ("recall", hits, true, true),
                                    ("f1", 2 * hits, true + predicted, true + predicted - hits)):
        for stage, *values in zip(STAGES, counted, whole, n):
            yield measure, stage, values[2], _fraction(values[0], values[1])


def _of_all(counts):
    n = counts.sum()
    agreed, chance = numpy.trace(counts) * n, counts.sum(0) @ counts.sum(1)
    yield "accuracy", "all", n, _fraction(numpy.trace(counts), n)
    true, hits, there = counts.sum(1), numpy.diag(counts), counts.sum(1) > 0
    yield "balanced accuracy", "all", n, float((hits[there] / true[there]).mean()) if n else numpy.nan
    yield "weighted f1", "all", n, _fraction((true * 2 * hits / numpy.maximum(true + counts.sum(0), 1)).sum(), n)
    yield "kappa", "all", n, _fraction(agreed - chance, n * n - chance)


def _fraction(counted, whole):
    return float(counted / whole) if whole else numpy.nan


def _numbers(stages):
    return pandas.Categorical(stages, STAGES).codes


def _grouped(predictions, by):
    if not by:
        return [({}, predictions)]
    return [(dict(zip(by, key)), rows) for key, rows in predictions.groupby(list(by), sort=True, observed=True)]
