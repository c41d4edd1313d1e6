"""Mean shares with intervals over subjects: shares come in; sums per subject are resampled, so that people rather than
epochs are what could have been others."""

from __future__ import annotations

import numpy


class Bootstrap:
    """Mean shares, in percent, of sets of epochs in `draws` resamples of subjects.

    A set is named by (rule, stage, which): which is "correct", "wrong" (of that true stage) or "all" (stage ignored).
    Efron and Tibshirani 1993, percentile intervals; the subject is the unit. A set in which fewer than `least` subjects
    have epochs has no mean: the resamples of one subject agree, so its interval would have no width.
    """

    def __init__(self, shares, draws, seed, least=1):
        received = shares[shares["share"].notna()].astype(dict.fromkeys(["rule", "modality", "true", "predicted"], str))
        self.subjects = sorted(set(received["subject"].astype(str)))
        self.rules, self.least = set(received["rule"]), least
        sums = received.assign(subject=received["subject"].astype(str), right=received["true"] == received["predicted"])
        sums = sums.groupby(["rule", "true", "right", "modality", "subject"], sort=False)["share"].agg(["sum", "size"])
        self._sums, self._counts = sums["sum"].unstack("subject"), sums["size"].unstack("subject")
        n = len(self.subjects)
        self._times = numpy.random.default_rng(seed).multinomial(n, numpy.full(n, 1 / n), size=draws)
        self._known = {}

    def means(self, rule, stage, which, modality):
        """(mean over all subjects, means of the resamples), in percent; NaN where the set has too few subjects."""
        key = (rule, stage, which, modality)
        if key not in self._known:
            rows = self._sums.index.get_level_values
            mask = (rows("rule") == rule) & (rows("modality") == modality)
            if which != "all":
                mask = mask & (rows("true") == stage) & (rows("right") == (which == "correct"))
            sums, counts = ([table[mask].sum().reindex(self.subjects, fill_value=0).to_numpy()]
                            for table in (self._sums, self._counts))
            with numpy.errstate(invalid="ignore", divide="ignore"):
                drawn = 100 * (self._times @ sums[0]) / (self._times @ counts[0])
                point = 100 * sums[0].sum() / counts[0].sum()
            enough = (counts[0] > 0).sum() >= self.least
            self._known[key] = (point if enough else numpy.nan), drawn
        return self._known[key]

    def interval(self, function, *keys):
        """(value, low, high) of a function of means: 95 % percentile interval over resamples."""
        values = [self.means(*key) for key in keys]
        with numpy.errstate(invalid="ignore", divide="ignore"):
            point, drawn = function(*(value for value, _ in values)), function(*(draws for _, draws in values))
        drawn = drawn[~numpy.isnan(drawn)]
        if not len(drawn) or numpy.isnan(point):
            return numpy.nan, numpy.nan, numpy.nan
        return float(point), *(float(edge) for edge in numpy.percentile(drawn, [2.5, 97.5]))
