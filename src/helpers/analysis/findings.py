"""What a run found, in the forms in which claims ask for it: tables of shares, regression and recall lost come in."""

from __future__ import annotations

import math

import numpy
import pandas

from ..constants import ALPHA, STAGES
from .bootstrap import Bootstrap
from .contrasts import contrast
from .fold_spread import spread_tests
from .groups import fold_shares
from .verdicts import Interval

#: Columns of the regression that tell one cell from another.
CELL = ("rule", "selection", "averaging", "rows", "scale", "stage", "modality", "covariate", "level", "reference")


class Findings:
    """Results of a run.

    Parameters
    ----------
    shares, regression : tables of `relevance.shares` and `analysis.regression`; the latter may be empty, or None.
    lost : table of `trust.ablation.recall_lost`; None where no modality was replaced.
    epochs : table of all kept epochs, with `stage`.
    covariates : table of recording, subject and covariates, or None.
    telemetry : whether these are the nights that the study counted.
    settings : `settings` of criteria.yaml.
    """

    def __init__(self, shares, regression, lost, epochs, covariates, telemetry, settings):
        self.settings, self.telemetry = settings, telemetry
        self.shares, self.stages = shares, epochs["stage"].astype(str)
        self.bootstrap = Bootstrap(shares, settings["draws"], settings["seed"], settings["least_subjects"])
        self.rules, self.modalities = self.bootstrap.rules, self.bootstrap.modalities
        self.covariates = pandas.DataFrame({"recording": [], "subject": []}) if covariates is None else covariates
        regression = pandas.DataFrame(columns=CELL) if regression is None or regression.empty else regression
        self._cells = {tuple(map(str, key)): row for key, row in zip(regression[list(CELL)].itertuples(index=False, name=None),
                                                                    regression.to_dict("records"))}
        self._terms = {key[-3:] for key in self._cells}
        lost = pandas.DataFrame({"replacement": [], "stage": [], "modality": []}) if lost is None else lost
        self._lost = dict(iter(lost.astype({"replacement": str, "stage": str, "modality": str}).groupby("replacement")))
        self._spreads, self._contrasts = {}, {}

    def contrast(self, need):
        """`Contrast` of the covariate, level and reference that a condition names."""
        key = need["covariate"], need.get("level", ""), need.get("reference", "")
        if key not in self._contrasts:
            self._contrasts[key] = contrast(self.covariates, self._terms, *key)
        return self._contrasts[key]

    def cell(self, choice, rule, stage, modality, covariate, of):
        """A row of the regression as a dict, or None; `of` is a `Contrast`."""
        return self._cells.get((rule, choice.selection, choice.averaging, choice.rows, choice.scale, stage, modality, covariate,
                                of.level, of.reference))

    def effect(self, choice, row, of):
        """(`Interval` in points, corrected p, reason why there is none) of a row of the regression by one kind of test.

        A number's effect is read over its range. A log-ratio b is read as the points by which the share s of its modality in the
        middle of these epochs would move, the others keeping their proportions: 100 s(1 − s) √(k/(k−1)) b for k modalities.
        """
        reason = "not estimated" if row is None else row[f"reason_{choice.test}"]
        if reason or not math.isfinite(row[f"q_{choice.test}"]):
            return Interval(math.nan), math.nan, reason or "not estimated"
        if choice.test == "permutation":
            interval = Interval.around(row["coefficient_permutation"], row["half95_permutation"], row["half90_permutation"])
        else:
            interval = Interval.of_t(row[f"coefficient_{choice.test}"], row[f"se_{choice.test}"],
                                     row["freedom" if choice.test == "clustered" else "freedom_ols"])
        return interval.times(of.factor * self._points(choice, row)), row[f"q_{choice.test}"], ""

    def _points(self, choice, row):
        """Points for 1 of the scale, around the average of the row's epochs."""
        if choice.scale == "percent":
            return 1.0
        which = "stage" if choice.selection == "all" else choice.selection
        averages = self.bootstrap.averages(row["rule"], row["stage"], which, choice.averaging, choice.scale)[0] / 100
        share, k = averages[self.modalities.index(row["modality"])], len(self.modalities)
        return float(100 * share * (1 - share) * numpy.sqrt(k / (k - 1)))

    def significant(self, choice, rule, covariate, of):
        """In how many cells of stage and modality an effect is significant; None where none was tested."""
        p = [row[f"q_{choice.test}"] for stage in STAGES for modality in self.modalities
             if (row := self.cell(choice, rule, stage, modality, covariate, of)) is not None]
        tested = [value for value in p if math.isfinite(value)]
        return sum(value < ALPHA for value in tested) if tested else None

    def spread(self, rule):
        """`fold_spread.spread_tests` of a rule."""
        if rule not in self._spreads:
            rows = self.shares[self.shares["rule"].astype(str) == rule]
            self._spreads[rule] = spread_tests(rows, self.settings["rotations"], self.settings["seed"])
        return self._spreads[rule]

    def lost(self, replacement):
        """Points of recall lost by a replacement: a row per fold, a column per (stage, modality); None where nothing was replaced."""
        if replacement not in self._lost:
            return None
        return 100 * self._lost[replacement].pivot(index="fold", columns=["stage", "modality"], values="lost")

    def lost_parts(self, replacement):
        """Part of each modality, in percent, in what a replacement costs over all epochs: folds × modalities; a gain counts as 0."""
        table = self._lost[replacement]
        lost = (table["lost"] * table["n"]).groupby([table["fold"], table["modality"]]).sum().unstack().clip(lower=0)
        return 100 * lost.div(lost.sum(axis=1), axis=0)

    def fold_percent(self, rule, averaging):
        """Average share of each modality over all test epochs, in percent: folds × modalities."""
        rows = self.shares[self.shares["rule"].astype(str) == rule]
        return 100 * fold_shares(rows, averaging).pivot(index="fold", columns="modality", values="share")

    def over_folds(self, values):
        """`Interval` of a mean over folds, of which one may be NaN; NaN with too few folds.

        Folds share subjects that they learn from, so their variance is taken 1/F + r instead of 1/F times, r being the ratio of
        tested to learned-from subjects (Nadeau and Bengio 2003, doi 10.1023/A:1024068626366).
        """
        known = numpy.asarray(values, float)
        known = known[numpy.isfinite(known)]
        if len(known) < self.settings["least_folds"]:
            return Interval(math.nan)
        error = known.std(ddof=1) * numpy.sqrt(1 / len(known) + self.settings["test_to_training"])
        return Interval.of_t(float(known.mean()), float(error), len(known) - 1)
