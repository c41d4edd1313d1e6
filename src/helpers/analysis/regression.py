"""Regression of shares on covariates: shares come in; coefficients go out with three kinds of test: the paper's, which takes
epochs as independent, errors clustered by subject, and permutation over subjects.
"""

from __future__ import annotations

import itertools

import numpy
import pandas

from ..constants import ALPHA, STAGES
from ..errors import one_of
from . import linear_model, permutation
from .covariate_design import design_of
from .night_means import equal_nights, joint_tests, permuted, stage_nights
from .p_values import corrected
from .responses import SCALES, SELECTIONS, composition, responses

TESTS = ("ols", "clustered", "permutation")
#: Medians of nights stand beside both ways of averaging.
MEDIAN = "median"
AVERAGING, ROWS, FAMILIES = ("mean", "pooled"), ("epochs", "all", "nights"), ("rule", "all")
NUMBERS = ("coefficient", "se", "low", "high", "p")
#: Columns of `regress_all` that tell one family of tests from another.
KINDS = ("rule", "selection", "averaging", "rows", "scale")


def regress_all(shares, covariates, rules, reference=None, period=None, draws=permutation.DRAWS):
    """(table of coefficients, table of joint tests) of every rule, selection, way of averaging, kind of rows and scale.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`.
    covariates, reference, period : as `covariate_design.design_of` takes them.
    rules : names of the rules. draws : of a permutation test.

    Returns
    -------
    Coefficients: `KINDS`, stage, modality, covariate, level, reference (empty for numbers); of "ols" and "clustered"
    coefficient, se, low, high (95 % interval), p, q (Benjamini and Hochberg 1995, over the tests of a kind), and of "permutation"
    coefficient, half95 and half90 (half widths of intervals), p, q; and of each test its reason (why it has no numbers); points
    (the clustered coefficient, of log-ratios read back as points around the mean night), detectable (the smallest effect that the
    clustered test finds with a power of 80 %), effect_size (of the permutation: in standard deviations between subjects, or of their differences; of a number, per standard
    deviation of it), freedom (of the clustered test; freedom_ols of least squares), n (epochs), subjects, left_out (nights with
    fewer than 5 such epochs).

    Percent of absolute relevance, or log-ratios (`responses`). Rows are epochs (averaged over the folds that tested them), "all":
    one per fold and epoch, or "nights": means of nights, each of which counts the same. Pooled rows are weighted by their total
    relevance. "median" takes medians of nights. Ordinary least squares has the paper's covariates; clustered errors (CRV3, t with
    the Satterthwaite degrees of freedom of CR2) and permutation also the order of nights where it is known. Permutation is of
    nights' means, whatever the rows.

    Joint tests: rule, selection, averaging, stage, covariate, level, reference, T2, F, df1, df2, then p and q of "clustered" and
    "permutation", their reasons, n, subjects, left_out, replaced (shares of 0).

    Raises
    ------
    InputError
        For a covariate with one level, or a reference level that does not occur.
    """
    design = design_of(covariates, reference, period)
    tables = [_of_rule(shares[shares["rule"].astype(str) == rule], rule, design, draws) for rule in rules]
    return tuple(pandas.concat(parts, ignore_index=True) for parts in zip(*tables)) if tables else (pandas.DataFrame(),) * 2


def _of_rule(shares, rule, design, draws):
    """Both tables of one rule."""
    shares = shares[shares["recording"].astype(str).isin(design.matrix.index)]
    of_rows = {(selection, averaging, rows): responses(shares, selection, averaging, rows)
               for selection, averaging, rows in itertools.product(SELECTIONS, AVERAGING, ROWS[:2])}
    coefficients, joint = [], []
    for stage, selection, averaging in itertools.product(STAGES, SELECTIONS, (*AVERAGING, MEDIAN)):
        about = {"rule": rule, "selection": selection, "averaging": averaging}
        epochs = of_rows[selection, "mean" if averaging == MEDIAN else averaging, "epochs"]
        nights = equal_nights(epochs, stage, design, averaging == MEDIAN)
        by_permutation = permuted(nights, design, draws)
        joint += [{**about, "stage": stage, **row, "replaced": epochs.replaced} for row in _joint(nights, design, by_permutation)]
        for rows in ROWS if averaging != MEDIAN else ROWS[2:]:
            of_stage = nights if rows == "nights" else stage_nights(of_rows[selection, averaging, rows], stage, design)
            coefficients += [{**about, "rows": rows, "stage": stage, **cell}
                             for cell in cells(of_stage, design, by_permutation, epochs.modalities)]
    return with_q(pandas.DataFrame(coefficients), KINDS), with_q(pandas.DataFrame(joint), KINDS[:3])


def with_q(table, kinds):
    """The table with q after each p, corrected within each kind."""
    for name in [column for column in table if column.startswith("p_")]:
        q = table.groupby(list(kinds), sort=False)[name].transform(lambda p: corrected(p.to_numpy()))
        table.insert(table.columns.get_loc(name) + 1, f"q_{name.removeprefix('p_')}", q)
    return table


def _joint(nights, design, by_permutation):
    """A joint test for each term."""
    by_errors, reason = joint_tests(nights, design)
    nothing = dict.fromkeys(("T2", "F", "df1", "df2", "p"), numpy.nan)
    for at, term in enumerate(design.terms, start=1):
        test = by_errors.get(at, nothing)
        moved, why = by_permutation[term]
        yield {**vars(term), **{name: test[name] for name in ("T2", "F", "df1", "df2")}, "p_clustered": test["p"],
               "p_permutation": moved["joint"] if moved else numpy.nan, "reason_clustered": reason, "reason_permutation": why,
               "n": nights.n, "subjects": len(set(nights.subjects)), "left_out": nights.left_out}


def cells(nights, design, by_permutation, modalities):
    """A row for each scale, modality and term: both regressions of a stage's nights beside its permutation tests.

    nights : `night_means.StageNights`. by_permutation : from `night_means.permuted`. modalities : names of the first columns.
    """
    ordinary, clustered = _ordinary(*nights.fit(design, clustered=False)), _clustered(*nights.fit(design, clustered=True))
    points = _points(clustered["coefficient_clustered"], nights, len(modalities)) if not clustered["reason_clustered"] else None
    about = {"n": nights.n, "subjects": len(set(nights.subjects)), "left_out": nights.left_out}
    for (row, scale), (at, modality) in itertools.product(enumerate(SCALES), enumerate(modalities)):
        column = at + row * len(modalities)
        for number, term in enumerate(design.terms, start=1):
            yield {"scale": scale, "modality": modality, **vars(term), **_at(ordinary, number, column),
                   **_at(clustered, number, column), **_permutation(*by_permutation[term], column),
                   "points": numpy.nan if points is None else points[number, column], **about}


def _at(values, number, column):
    """One cell of arrays of terms × columns; what is the same for all cells as it is."""
    return {name: float(value[number, column]) if isinstance(value, numpy.ndarray) else value for name, value in values.items()}


def _ordinary(fit, reason):
    """Column → (terms, columns) of the paper's least squares."""
    if reason:
        return dict.fromkeys((*(f"{name}_ols" for name in NUMBERS), "freedom_ols"), numpy.nan) | {"reason_ols": reason}
    values = {"coefficient": fit.coefficients, **linear_model.tested(fit.coefficients, fit.ordinary, fit.freedom)}
    return {f"{name}_ols": value for name, value in values.items()} | {"freedom_ols": float(fit.freedom), "reason_ols": ""}


def _clustered(fit, reason):
    """Column → (terms, columns) with errors clustered by subject."""
    if reason:
        return dict.fromkeys((*(f"{name}_clustered" for name in NUMBERS), "freedom", "detectable"), numpy.nan) | {
            "reason_clustered": reason}
    errors = fit.errors()
    freedom = numpy.broadcast_to(fit.satterthwaite[:, None], errors.shape)
    values = {"coefficient": fit.coefficients, **linear_model.tested(fit.coefficients, errors, freedom)}
    return {f"{name}_clustered": value for name, value in values.items()} | {
        "freedom": freedom, "detectable": linear_model.detectable(errors, freedom), "reason_clustered": ""}


def _permutation(moved, reason, column):
    values = {name: float(moved[name][column]) if moved else numpy.nan
              for name in ("coefficient", "p", "half95", "half90", "effect_size")}
    return {**{f"{name}_permutation": values[name] for name in ("coefficient", "half95", "half90")},
            "p_permutation": values["p"], "reason_permutation": reason, "effect_size": values["effect_size"]}


def _points(coefficients, nights, modalities):
    """Coefficients as points: of percent as they are, of log-ratios from half below to half above the mean of nights."""
    ratios, half = nights.sums.means[:, modalities:].mean(axis=0), coefficients[:, modalities:] / 2
    return numpy.column_stack([coefficients[:, :modalities], 100 * (composition(ratios + half) - composition(ratios - half))])


def chosen(table, rule, averaging="mean", family="rule", rows="epochs", selection="correct", scale="percent"):
    """One rule's part of the coefficients of `regress_all`, with p corrected over the family that is asked for.

    Parameters
    ----------
    family : which tests are corrected together: "rule", those of this rule; "all", those of every rule of the run, each
        of this kind.

    Returns
    -------
    The rows, with a column `family`: the number of tests that were corrected together.

    Raises
    ------
    InputError
        For a rule that the table does not have, or another kind or family than there are.
    """
    if table.empty:  # no covariates
        return table
    rules = list(dict.fromkeys(table["rule"].astype(str)))
    for name, value, allowed in (("rule", rule, rules), ("averaging", averaging, AVERAGING), ("family", family, FAMILIES),
                                 ("rows", rows, ROWS), ("selection", selection, SELECTIONS), ("scale", scale, SCALES)):
        one_of(name, value, allowed)
    table = table[(table["averaging"] == averaging) & (table["rows"] == rows) & (table["selection"] == selection)
                  & (table["scale"] == scale)]
    if family == "all":
        table = table.assign(**{f"q_{test}": corrected(table[f"p_{test}"]) for test in TESTS})
    of_rule = table[table["rule"] == rule]
    return of_rule.assign(family=int((table if family == "all" else of_rule)["p_ols"].notna().sum()))


def significant_pairs(table, test, alpha=ALPHA):
    """Set of (stage, covariate) in which some modality's corrected p is below alpha."""
    significant = table[table[f"q_{test}"] < alpha]
    return set(zip(significant["stage"], significant["covariate"]))
