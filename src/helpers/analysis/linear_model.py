"""Least squares on covariates that are the same all night: sums per night come in; coefficients, ordinary errors and errors
clustered by subject go out.

All rows of a night share one row of the design, so that weights and weighted means of nights, and the squares within them, give
what all rows would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ..constants import ALPHA

#: Power at which the smallest detectable effect is given.
POWER = 0.80
#: Below this part of the largest, an eigenvalue or a leverage's distance to 1 counts as 0.
TINY = 1e-10
#: Below this part of a design's largest singular value what is left without a subject is lost in rounding.
FAINT = 1e-6


@dataclass(frozen=True)
class NightSums:
    """weights : (nights,), the sum over a night's rows. means : (nights, columns), weighted means of the responses.
    squares : (columns,), weighted squares around the nights' means, over all nights. rows : number of rows.
    """

    weights: numpy.ndarray
    means: numpy.ndarray
    squares: numpy.ndarray
    rows: int


def night_sums(values, weights, nights, number):
    """Sums of rows per night.

    Parameters
    ----------
    values : (rows, columns). weights : (rows,). nights : (rows,), the night's number of each row. number : of all nights.

    Returns
    -------
    NightSums; a night without weight has the mean NaN.
    """
    totals = numpy.bincount(nights, weights, number)
    columns = values.T * weights
    sums = numpy.column_stack([numpy.bincount(nights, column, number) for column in columns])
    with numpy.errstate(invalid="ignore", divide="ignore"):
        means = sums / totals[:, None]
    around = values - means[nights]
    return NightSums(totals, means, (weights[:, None] * around**2).sum(axis=0), len(values))


@dataclass(frozen=True)
class Fit:
    """coefficients : (terms, columns). ordinary : their standard errors if rows were independent. freedom : of those.
    deviations : (subjects, terms, columns), coefficients without a subject minus those with all. satterthwaite : (terms,). Both
    are None where the jackknife was not asked for.
    """

    coefficients: numpy.ndarray
    ordinary: numpy.ndarray
    freedom: int
    deviations: numpy.ndarray
    satterthwaite: numpy.ndarray

    def covariance(self, term):
        """CRV3 of one term's coefficients, (columns, columns): the cluster jackknife of MacKinnon, Nielsen and Webb 2023
        (arXiv 2205.03288), (G − 1)/G Σ (β without g − β)(β without g − β)′."""
        of_term = self.deviations[:, term]
        subjects = len(of_term)
        return (subjects - 1) / subjects * of_term.T @ of_term

    def errors(self):
        """Standard errors by `covariance` of all terms and columns, (terms, columns)."""
        subjects = len(self.deviations)
        return numpy.sqrt((subjects - 1) / subjects * (self.deviations**2).sum(axis=0))


def fit(sums, design, subjects, jackknife=True):
    """Least squares of every column on the design.

    Parameters
    ----------
    sums : NightSums, every night with weight.
    design : (nights, terms), of full rank, for the jackknife also without any one subject, see `reason_against`.
    subjects : (nights,), the subject's number, 0 to G − 1.
    jackknife : whether errors clustered by subject are asked for.

    Returns
    -------
    Fit; its `satterthwaite` are the degrees of freedom of CR2 under independent rows of equal variance (Bell and McCaffrey
    2002; Pustejovsky and Tipton 2018, doi 10.1080/07350015.2016.1247004).
    """
    weights = sums.weights / sums.weights.mean()
    squares = sums.squares / sums.weights.mean()
    members = numpy.arange(subjects.max() + 1)[:, None] == subjects
    products = numpy.einsum("gn,n,nj,nk->gjk", members, weights, design, design)
    sides = numpy.einsum("gn,n,nj,nc->gjc", members, weights, design, sums.means)
    bread = numpy.linalg.inv(products.sum(axis=0))
    coefficients = bread @ sides.sum(axis=0)
    residuals = sums.means - design @ coefficients
    freedom = sums.rows - design.shape[1]
    variances = (squares + (weights[:, None] * residuals**2).sum(axis=0)) / freedom
    ordinary = numpy.sqrt(numpy.diag(bread)[:, None] * variances)
    if not jackknife:
        return Fit(coefficients, ordinary, freedom, None, None)
    without = numpy.linalg.solve(products.sum(axis=0) - products, sides.sum(axis=0) - sides)
    return Fit(coefficients, ordinary, freedom, without - coefficients, satterthwaite(weights, design, members))


def satterthwaite(weights, design, members):
    """Degrees of freedom of each term's CR2 variance: tr(P′P)² / ‖P′P‖², P's column of a subject being
    (I − H)′ (I − H of the subject)^(−1/2) X M c. members : bool (subjects, nights)."""
    rows = numpy.sqrt(weights)[:, None] * design
    bread = numpy.linalg.inv(rows.T @ rows)
    remaining = numpy.eye(len(rows)) - rows @ bread @ rows.T
    columns = []
    for of_subject in members:
        values, vectors = numpy.linalg.eigh(remaining[numpy.ix_(of_subject, of_subject)])
        root = (vectors * numpy.where(values > TINY, 1 / numpy.sqrt(numpy.maximum(values, TINY)), 0)) @ vectors.T
        columns.append(remaining[:, of_subject] @ root @ rows[of_subject] @ bread)
    inner = numpy.einsum("gnj,hnj->jgh", columns, columns)
    return numpy.trace(inner, axis1=1, axis2=2) ** 2 / (inner**2).sum(axis=(1, 2))


def reason_against(design, subjects, rows, jackknife=True):
    """Why nothing can be estimated, or "".

    Parameters
    ----------
    design : (nights, terms), a night's row times the root of its weight where nights differ in that. subjects : (nights,), names.
    rows : number of rows with weight. jackknife : whether each subject must be one without whom the terms can still be told apart.
    """
    names = sorted(set(subjects))
    terms = design.shape[1]
    if len(names) <= terms:
        return f"{len(names)} subjects with such epochs, too few for {terms} terms"
    least = FAINT * numpy.linalg.norm(design, 2)
    if numpy.linalg.matrix_rank(design, least) < terms:
        return "covariates cannot be told apart among these epochs"
    if rows <= terms + 1:
        return f"{rows} rows are too few"
    for name in names if jackknife else ():
        if numpy.linalg.matrix_rank(design[subjects != name], least) < terms:
            return f"without subject {name} covariates cannot be told apart"
    return ""


def tested(coefficient, error, freedom):
    """{se, low, high (95 % interval), p} of coefficients by t with so many degrees of freedom."""
    from scipy import stats

    reach = stats.t.isf(ALPHA / 2, freedom) * error
    with numpy.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stats.t.sf(numpy.abs(coefficient / error), freedom)
    return {"se": error, "low": coefficient - reach, "high": coefficient + reach, "p": p}


def detectable(error, freedom):
    """The smallest effect that a two-sided test at 5 % finds with a power of 80 %."""
    from scipy import stats

    return (stats.t.isf(ALPHA / 2, freedom) + stats.t.isf(1 - POWER, freedom)) * error


def joint_test(coefficients, covariance, freedom):
    """Whether several responses' coefficients of one term are all 0.

    Parameters
    ----------
    coefficients : (…, q). covariance : (…, q, q). freedom : ν of one of them.

    Returns
    -------
    {"T2", "F", "df1", "df2", "p"}: T² = b′V⁻¹b, F = (ν − q + 1)/(νq) T² on q and ν − q + 1 (Hotelling); all NaN where V has
    no inverse or ν < q. Floats for one test, else arrays (…).
    """
    from scipy import stats

    q = coefficients.shape[-1]
    first, second = float(q), float(freedom - q + 1)
    values, vectors = numpy.linalg.eigh(covariance)
    possible = (values[..., 0] > TINY * values[..., -1]) & (second > 0)
    along = numpy.einsum("...q,...qk->...k", coefficients, vectors)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        squared = (along**2 / values).sum(axis=-1)
        ratio = second / (freedom * q) * squared
        found = {"T2": squared, "F": ratio, "df1": first, "df2": second, "p": stats.f.sf(ratio, first, second)}
    found = {name: numpy.where(possible, value, numpy.nan) for name, value in found.items()}
    return {name: float(value) if value.ndim == 0 else value for name, value in found.items()}
