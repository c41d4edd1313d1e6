"""Whether shares vary more over folds where the network misread epochs than where it was right, beyond what the numbers of epochs
and chance bring: shares of one rule come in, an interval of the ratio of standard deviations goes out.

Right and wrong are exchanged within what they might differ in least: the predicted stages of a fold's night are rotated along its
epochs of one true stage (so that errors still come in runs), after each group's mean has been taken from its epochs. Numbers of
epochs stay as they are in every fold and group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy
import pandas

from ..relevance.pooling import pool_weights
from .responses import SCALES, log_ratios
from .verdicts import Interval

#: Rotations worked on at once.
AT_ONCE = 100
#: A standard deviation below this counts as this.
TINY = 1e-12


@dataclass(frozen=True)
class SpreadTest:
    """ratio : geometric mean, over kinds of error and modalities, of the misread group's standard deviation over folds over the
    correct group's. beyond : `Interval` of the ratio over its median under rotation; it lies above 1 where fewer than 2.5 % of
    rotations have as large a ratio. comparisons : kinds of error × modalities.
    """

    ratio: float
    beyond: Interval
    comparisons: int


def spread_tests(shares, draws, seed=0):
    """(averaging, scale, equal) → `SpreadTest` of one rule's shares; empty where no kind of error occurs in two folds.

    equal : whether correct groups count as if cut, in each fold, to as many epochs as the misread group has there: the expected
    variance of such means is that of the whole groups' means plus that of drawing without replacement (Cochran 1977).
    """
    rows = _Rows.of(shares)
    sets = rows.kinds()
    if not sets:
        return {}
    logs = numpy.concatenate([rows.logs(drawn, sets) for drawn in _rotations(rows, draws, seed)])
    tests = {}
    for (averaging, scale, equal), column in zip(rows.columns(), logs.T):
        low, middle, high = (numpy.quantile(column, part, method=method) for part, method in
                             ((0.025, "lower"), (0.5, "linear"), (0.975, "higher")))
        value, bottom, top = (float(numpy.exp(column[0] - other)) for other in (middle, high, low))
        tests[averaging, scale, equal] = SpreadTest(float(numpy.exp(column[0])), Interval(value, bottom, top),
                                                    len(sets) * rows.modalities)
    return tests


@dataclass(frozen=True)
class _Rows:
    """Rows sorted by fold, night, true stage and epoch. group : number of (fold, true, predicted), see `shape`. values : (rows,
    columns) per averaging of weight w, then w x of each scale and modality, w², w² x, w² x²."""

    start: numpy.ndarray
    size: numpy.ndarray
    group: numpy.ndarray
    shape: tuple
    values: tuple
    modalities: int

    @classmethod
    def of(cls, shares):
        received = shares[shares["share"].notna()].astype(dict.fromkeys(("recording", "true", "predicted", "modality"), str))
        keys = ["fold", "recording", "true", "epoch", "predicted"]
        wide = received.pivot(index=keys, columns="modality", values="share").sort_index()
        about = wide.index.to_frame(index=False)
        totals = received[received["modality"] == wide.columns[0]].set_index(keys)["log_total"].reindex(wide.index)
        stages = sorted(set(about["true"]) | set(about["predicted"]))
        folds, true, predicted = (pandas.factorize(about["fold"])[0], pandas.Categorical(about["true"], stages).codes,
                                  pandas.Categorical(about["predicted"], stages).codes)
        nights = about.groupby(["fold", "recording", "true"], sort=False).ngroup().to_numpy()
        sizes = numpy.bincount(nights)
        shape = folds.max() + 1, len(stages), len(stages)
        group = numpy.ravel_multi_index((folds, true, predicted), shape)
        both = numpy.column_stack([wide.to_numpy(float), log_ratios(wide.to_numpy(float))[0]])
        pairs = true * len(stages) + predicted
        values = tuple(_moments(both, weights, pairs) for weights in (numpy.ones(len(wide)), pool_weights(totals)))
        return cls((numpy.cumsum(sizes) - sizes)[nights], sizes[nights], group, shape, values, wide.shape[1])

    def counts(self):
        """(folds, true, predicted), numbers of epochs."""
        return numpy.bincount(self.group, minlength=numpy.prod(self.shape)).reshape(self.shape)

    def kinds(self):
        """(true, predicted, folds with both) of each kind of error that occurs, beside right ones, in two folds."""
        counts, sets = self.counts(), []
        for true in range(self.shape[1]):
            for predicted in range(self.shape[2]):
                folds = (counts[:, true, predicted] > 0) & (counts[:, true, true] > 0)
                if true != predicted and folds.sum() > 1:
                    sets.append((true, predicted, folds))
        return sets

    def columns(self):
        """Names of the columns of `logs`."""
        return [(averaging, scale, equal) for averaging in ("mean", "pooled") for scale in SCALES for equal in (False, True)]

    def logs(self, drawn, sets):
        """(draws, columns): mean logarithm of the ratio of standard deviations after rotations (draws, misread rows)."""
        wrong = self._wrong()
        order = numpy.argsort(self.group[wrong], kind="stable")
        names, first = numpy.unique(self.group[wrong][order], return_index=True)
        counts, columns = self.counts(), []
        for values in self.values:
            sums = numpy.zeros((len(drawn), numpy.prod(self.shape), values.shape[1]))
            sums[:, names] = numpy.add.reduceat(values[drawn[:, order]], first, axis=1)
            sums = sums.reshape(len(drawn), *self.shape, -1)
            of_true = numpy.zeros((numpy.prod(self.shape[:2]), values.shape[1]))
            numpy.add.at(of_true, self.group // self.shape[2], values)
            right = of_true.reshape(*self.shape[:2], -1) - sums.sum(axis=3)
            of_sets = [_compared(sums[:, folds, true, predicted], right[:, folds, true], counts[folds, true, predicted],
                                 counts[folds, true, true], 2 * self.modalities) for true, predicted, folds in sets]
            by_scale = numpy.mean(of_sets, axis=0).reshape(len(drawn), 2, len(SCALES), self.modalities).mean(axis=-1)
            columns += [by_scale[:, equal, scale] for scale in range(len(SCALES)) for equal in (0, 1)]
        return numpy.column_stack(columns)

    def _wrong(self):
        _, true, predicted = numpy.unravel_index(self.group, self.shape)
        return numpy.flatnonzero(true != predicted)

    def rotated(self, random, draws):
        """(draws, misread rows): to which row each misread row's prediction goes."""
        wrong = self._wrong()
        shifts = {start: random.integers(0, size, draws) for start, size in zip(*numpy.unique(
            numpy.column_stack([self.start[wrong], self.size[wrong]]), axis=0).T)} if len(wrong) else {}
        moved = numpy.column_stack([shifts[start] for start in self.start[wrong]])
        return self.start[wrong] + (wrong - self.start[wrong] + moved) % self.size[wrong]


def _moments(values, weights, pairs):
    """Columns of `_Rows.values`, of values less the weighted mean of their (true, predicted) group."""
    totals = numpy.maximum(numpy.bincount(pairs, weights), numpy.finfo(float).tiny)
    means = numpy.column_stack([numpy.bincount(pairs, weights * column) for column in values.T]) / totals[:, None]
    around = values - means[pairs]
    w, squared = weights[:, None], weights[:, None] ** 2
    return numpy.column_stack([w, w * around, squared, squared * around, squared * around**2])


def _rotations(rows, draws, seed):
    """Arrays for `_Rows.logs`: what was observed, then rotations."""
    random = numpy.random.default_rng(seed)
    yield rows._wrong()[None]
    for start in range(0, draws, AT_ONCE):
        yield rows.rotated(random, min(AT_ONCE, draws - start))


def _compared(wrong, right, misread, correct, columns):
    """(draws, 2 × columns): half the logarithm of the ratio of variances over folds, as it is, then at equal numbers.

    wrong, right : (draws, folds, moments). misread, correct : (folds,), numbers of epochs.
    """
    first, second = wrong[..., 1:1 + columns] / _not_0(wrong[..., :1]), right[..., 1:1 + columns] / _not_0(right[..., :1])
    squared, crossed, both = numpy.split(right[..., 1 + columns:], [1, 1 + columns], axis=-1)
    scale = (correct / _not_0(right[..., 0]))[..., None]
    within = (both - 2 * second * crossed + second**2 * squared) * scale**2 / numpy.maximum(correct - 1, 1)[:, None]
    more = numpy.maximum(1 / misread - 1 / correct, 0)[:, None] * numpy.maximum(within, 0)
    variances = second.var(axis=1, ddof=1), second.var(axis=1, ddof=1) + more.mean(axis=1)
    mine = numpy.log(first.var(axis=1, ddof=1) + TINY)
    return numpy.concatenate([(mine - numpy.log(of_right + TINY)) / 2 for of_right in variances], axis=1)


def _not_0(weights):
    return numpy.maximum(weights, numpy.finfo(float).tiny)
