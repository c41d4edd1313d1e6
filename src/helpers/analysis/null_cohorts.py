"""Cohorts in which nothing is there: variances and numbers of epochs come in; the p of every method in thousands of cohorts go out.

The sleepers, their covariates and numbers of epochs are those at hand; what is drawn are the responses, as sums per night. A
column of the sums is a cohort, and the regression is the run's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy
import pandas

from . import linear_model, permutation
from .night_means import LEAST_EPOCHS, StageNights
from .serial_correlation import inflation, squares_moments

#: Method → what it is. CRV1 is what reports before this one called clustered errors.
METHODS = {"ols": "OLS over epochs, as in the paper", "crv1": "CRV1 over epochs, t with subjects − 1 degrees of freedom",
           "clustered": "CRV3 over epochs, Satterthwaite degrees of freedom",
           "nights": "CRV3 over nights, Satterthwaite degrees of freedom", "permutation": "permutation over subjects"}


@dataclass(frozen=True)
class Components:
    """Variances between subjects, between nights beyond what their epochs explain, and of epochs within a night; correlation of
    neighbouring epochs of the stage."""

    subjects: float
    nights: float
    epochs: float
    correlation: float


def components_of(table):
    """`Components` of the rows of `variance.variances` of one rule and stage, summed over modalities, or None where a mixed model
    is missing; the correlation is weighted by the variance of epochs."""
    if not len(table) or table[["between_nights", "within_nights"]].isna().any(axis=None):
        return None
    within = table["within_nights"].to_numpy()
    nights = (table["between_nights"] - table["sampling"]).clip(lower=0)
    correlation = numpy.average(table["correlation"], weights=within) if within.sum() > 0 else 0.0
    return Components(float(table["between_subjects"].fillna(0).sum()), float(nights.sum()), float(within.sum()),
                      float(correlation))


@dataclass(frozen=True)
class Cohorts:
    """Cohorts of one stage. recordings, numbers : (nights,), names and epochs. epochs : StageNights over epochs. nights : with
    weight 1 and without those of fewer than 5 epochs. Their columns are cohorts.
    """

    epochs: StageNights
    nights: StageNights


def cohorts_of(recordings, sums, design):
    """`Cohorts` of sums per night whose weights are numbers of epochs."""
    recordings, subjects = numpy.asarray(recordings), design.subjects.loc[recordings].to_numpy()
    enough = sums.weights >= LEAST_EPOCHS
    alike = linear_model.NightSums(numpy.ones(enough.sum()), sums.means[enough], numpy.zeros(sums.means.shape[1]),
                                   int(enough.sum()))
    return Cohorts(StageNights(recordings, sums, subjects, sums.rows),
                   StageNights(recordings[enough], alike, subjects[enough], int(sums.weights[enough].sum()), int((~enough).sum())))


def drawn(components, numbers, subjects, cohorts, random):
    """Sums per night of cohorts without any effect, normally distributed.

    Parameters
    ----------
    numbers : (nights,), epochs of each, at least 1. subjects : (nights,), names. cohorts : how many. random : numpy Generator.

    Returns
    -------
    NightSums, a column per cohort. A night's mean varies by its epochs as a mean of neighbours that are correlated does; the
    squares within nights are drawn from the gamma distribution with their mean and variance.
    """
    numbers, codes = numpy.asarray(numbers, int), pandas.factorize(numpy.asarray(subjects))[0]
    of_nights = components.nights + components.epochs * inflation(numbers, components.correlation) / numbers
    means = (numpy.sqrt(components.subjects) * random.standard_normal((codes.max() + 1, cohorts)))[codes]
    means = means + numpy.sqrt(of_nights)[:, None] * random.standard_normal((len(numbers), cohorts))
    mean, variance = (float(part.sum()) for part in squares_moments(numbers, components.correlation))
    squares = components.epochs * (random.gamma(mean**2 / variance, variance / mean, cohorts) if variance else numpy.zeros(cohorts))
    return linear_model.NightSums(numbers.astype(float), means, squares, int(numbers.sum()))


@dataclass(frozen=True)
class Estimates:
    """A method's coefficient, its error, both (columns,), and degrees of freedom, for one term."""

    coefficient: numpy.ndarray
    error: numpy.ndarray
    freedom: float

    def p(self, planted=0.0, first=None):
        """p of the first so many cohorts after an effect of this size was planted: it moves the coefficient and not its error."""
        return linear_model.tested(self.coefficient[:first] + planted, self.error[:first], self.freedom)["p"]


@dataclass(frozen=True)
class Permuted:
    """A permutation test of one term. moved : of `Design.tested`. moves, statistic : of `permutation.arranged`. of_level : whether
    the term is a level of a category, else a number.
    """

    moved: object
    moves: object
    statistic: object
    of_level: bool

    def p(self, planted=0.0, first=None):
        """p of the first so many cohorts after an effect of this size was planted."""
        design, values = self.moved.design, self.moved.values[:, :first]
        return permutation.test(values + planted * design[:, :1], design, self.moves, drawn=self.statistic)["p"]

    def unit(self):
        """The planted effect whose standardised size is 1: the standard deviation of subjects (of their differences, for what
        changes within them) around the model, per standard deviation of a number."""
        design, values = self.moved.design, self.moved.values
        left = values - design @ numpy.linalg.lstsq(design, values, rcond=None)[0]
        spread = numpy.sqrt((left**2).sum(axis=0).mean() / (len(values) - design.shape[1]))
        return spread if self.of_level else spread / design[:, 0].std(ddof=1)


def tests_of(cohorts, design, draws):
    """term number → method → `Estimates` or `Permuted`; a method that gives nothing is absent.

    Parameters
    ----------
    cohorts : `Cohorts`. design : `Design`. draws : of the permutation test, where not all arrangements can be counted.
    """
    paper, _ = cohorts.epochs.fit(design, clustered=False)
    by_rows = {"clustered": cohorts.epochs.fit(design, clustered=True)[0],
               "nights": cohorts.nights.fit(design, clustered=True)[0]}
    found = {}
    for number, term in enumerate(design.terms, start=1):
        of_term = {}
        if paper:
            of_term["ols"] = Estimates(paper.coefficients[number], paper.ordinary[number], paper.freedom)
            subjects = len(set(cohorts.epochs.subjects))
            of_term["crv1"] = Estimates(paper.coefficients[number], crv1(cohorts.epochs, paper, design)[number], subjects - 1)
        for method, fit in by_rows.items():
            if fit:
                of_term[method] = Estimates(fit.coefficients[number], fit.errors()[number], fit.satterthwaite[number])
        moved, reason = design.tested(term, cohorts.nights.recordings, cohorts.nights.sums.means)
        if not reason:
            of_term["permutation"] = Permuted(moved, *permutation.arranged(moved.design, moved.flipped, draws), bool(term.level))
        found[number] = of_term
    return found


def crv1(nights, fit, design):
    """Errors clustered by subject as reports before this one had them, (terms, columns): the sandwich of subjects' scores times
    G/(G − 1) · (N − 1)/(N − terms) (Cameron and Miller 2015)."""
    x, weights = design.of(nights.recordings), nights.sums.weights
    members = numpy.arange(len(set(nights.subjects)))[:, None] == pandas.factorize(nights.subjects)[0]
    residuals = weights[:, None] * (nights.sums.means - x @ fit.coefficients)
    scores = numpy.einsum("gn,nj,nc->gjc", members, x, residuals, optimize=True)
    spread = numpy.linalg.inv(x.T @ (weights[:, None] * x)) @ scores
    subjects, rows = len(members), nights.sums.rows
    return numpy.sqrt(subjects / (subjects - 1) * (rows - 1) / (rows - x.shape[1]) * (spread**2).sum(axis=0))
