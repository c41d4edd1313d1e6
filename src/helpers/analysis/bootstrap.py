"""Average shares with intervals over subjects: shares come in; sums per subject are resampled, so that people rather than
epochs are what could have been others."""

from __future__ import annotations

import numpy
import pandas

from ..relevance.pooling import pool_weights
from .responses import composition, log_ratios
from .verdicts import Interval

#: Which epochs a set holds: those of a true stage read correctly, misread, all of them, or all of every stage.
WHICH = ("correct", "wrong", "stage", "all")


class Bootstrap:
    """Average shares, in percent, of sets of epochs in `draws` resamples of subjects.

    A set is named by (rule, stage, which), which being one of `WHICH`; the stage counts for nothing where it is "all". An average
    is of one row per fold and epoch: averaging "mean" counts all alike, "pooled" by their total relevance; on the scale "percent"
    it is a mean of shares, on "log-ratio" the share that mean logarithms leave (the closed geometric mean, Aitchison 1986), so
    that a ratio of two averages is the mean ratio. Efron and Tibshirani 1993, percentile intervals; the subject is the unit. A set
    in which fewer than `least` subjects have epochs has no average: the resamples of one subject agree, so its interval would have
    no width.
    """

    def __init__(self, shares, draws, seed, least=1):
        received = shares[shares["share"].notna()].astype(dict.fromkeys(["rule", "modality", "true", "predicted", "recording",
                                                                        "subject"], str))
        self.subjects, self._stages = sorted(set(received["subject"])), sorted(set(received["true"]))
        self.rules, self.modalities = set(received["rule"]), tuple(dict.fromkeys(received["modality"]))
        self.least = least
        self._sums = {rule: self._summed(rows) for rule, rows in received.groupby("rule", sort=False)}
        n = len(self.subjects)
        self._times = numpy.random.default_rng(seed).multinomial(n, numpy.full(n, 1 / n), size=draws) if n else None
        self._known = {}

    def _summed(self, rows):
        """averaging → (true stages, misread or right, subjects, columns): weight, weighted shares, weighted logarithms, rows."""
        keys = ["fold", "recording", "epoch", "subject", "true", "predicted"]
        wide = rows.pivot(index=keys, columns="modality", values="share").reindex(columns=self.modalities)
        totals = rows[rows["modality"] == rows["modality"].iloc[0]].set_index(keys)["log_total"].reindex(wide.index)
        percent, levels = wide.to_numpy(float), wide.index.get_level_values
        values = numpy.column_stack([numpy.ones(len(wide)), percent, log_ratios(percent)[0]])
        true = pandas.Index(self._stages).get_indexer(levels("true"))
        shape = len(self._stages), 2, len(self.subjects)
        sets = numpy.ravel_multi_index((true, (levels("true") == levels("predicted")).astype(int),
                                        pandas.Index(self.subjects).get_indexer(levels("subject"))), shape)
        sums = {}
        for averaging, weights in (("mean", numpy.ones(len(wide))), ("pooled", pool_weights(totals))):
            columns = [*(weights * column for column in values.T), numpy.ones(len(wide))]
            sums[averaging] = numpy.stack([numpy.bincount(sets, column, numpy.prod(shape)) for column in columns], -1).reshape(
                *shape, -1)
        return sums

    def averages(self, rule, stage, which, averaging="mean", scale="percent"):
        """(averages (modalities,), those of the resamples (draws, modalities), subjects with epochs), in percent."""
        key = rule, "" if which == "all" else stage, which, averaging, scale
        if key not in self._known:
            of_rule = self._sums[rule][averaging]
            chosen = of_rule if which == "all" else of_rule[[name == stage for name in self._stages]]
            sums = chosen[:, {"correct": [1], "wrong": [0]}.get(which, [0, 1])].sum(axis=(0, 1))
            self._known[key] = (*(self._closed(of_all, scale) for of_all in (sums.sum(axis=0), self._times @ sums)),
                                int((sums[:, -1] > 0).sum()))
        return self._known[key]

    def _closed(self, sums, scale):
        """Averages in percent of sums (…, columns)."""
        k = len(self.modalities)
        with numpy.errstate(invalid="ignore", divide="ignore"):
            means = sums[..., 1:-1] / sums[..., :1]
        if scale == "percent":
            return 100 * means[..., :k]
        return 100 * composition(means[..., k:])

    def means(self, rule, stage, which, modality, averaging="mean", scale="percent"):
        """(average over all subjects, averages of the resamples), in percent; NaN where the set has too few subjects."""
        value, drawn, subjects = self.averages(rule, stage, which, averaging, scale)
        at = self.modalities.index(modality)
        return (float(value[at]) if subjects >= self.least else numpy.nan), drawn[:, at]

    def interval(self, function, *keys):
        """`Interval` of a function of averages, each named by the arguments of `means`."""
        values = [self.means(*key) for key in keys]
        with numpy.errstate(invalid="ignore", divide="ignore"):
            point, drawn = function(*(value for value, _ in values)), function(*(draws for _, draws in values))
        return Interval.of_draws(point, drawn)
