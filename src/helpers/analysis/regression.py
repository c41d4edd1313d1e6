"""Regression of shares on covariates: shares of correctly classified epochs come in, coefficients with two kinds of
standard error go out: the paper's, which takes epochs as independent, and one that does not.
"""

from __future__ import annotations

import itertools

import numpy
import pandas

from ..constants import ALPHA, STAGES
from ..data.covariates import complete, is_number, levels
from ..errors import InputError, one_of
from ..relevance.pooling import pool_weights
from .groups import correct

ERRORS = ("ols", "clustered")
AVERAGING, ROWS, FAMILIES = ("mean", "pooled"), ("epochs", "all"), ("rule", "all")


def regress_all(shares, covariates, rules, reference=None):
    """`regress` for every rule, both ways of averaging and both kinds of rows, in one table."""
    return pandas.concat([regress(shares, covariates, rule, averaging, rows, reference)
                          for rule, averaging, rows in itertools.product(rules, AVERAGING, ROWS)],
                         ignore_index=True)


def regress(shares, covariates, rule, averaging="mean", rows="epochs", reference=None):
    """Regress percent of absolute relevance on all covariates, for each correct class and modality.

    The model takes all covariates together, so the epochs of a recording of which one is not known are left out.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`.
    covariates : table of recording, subject, then covariates: numbers as they are, categories against a reference
        level; NaN where one is not known.
    rule : name of the rule.
    averaging : "mean": ordinary least squares, in which each row counts the same; "pooled": least squares weighted by
        each row's total relevance, whose weighted means are the pooled shares.
    rows : "epochs": one row per epoch, averaged over the folds that tested it; "all": one per fold and epoch.
    reference : category → its reference level; by default the first in the alphabet.

    Returns
    -------
    Table of rule, averaging, rows, stage, modality, covariate, level, reference (empty for numbers), coefficient
    (points of percent), then for "ols" and "clustered" se, low, high (95 % interval), p and q (Benjamini-Hochberg over
    the table's tests; Benjamini and Hochberg 1995), n, subjects, reason (why a cell has no numbers). Clustered errors:
    Liang and Zeger 1986, doi 10.1093/biomet/73.1.13, times G/(G−1) · (n−1)/(n−k), t with G − 1 degrees of freedom.
    With no more subjects G than terms k their covariance is singular, so such a cell has no numbers.

    Raises
    ------
    InputError
        For a covariate with one level, or a reference level that does not occur.
    """
    covariates = covariates[complete(covariates, covariates.columns)]
    shares = shares[shares["recording"].astype(str).isin(set(covariates["recording"]))]
    design, terms = _design(covariates, reference or {})
    percent, weights = _rows(shares, rule, averaging, rows)
    subjects = covariates.set_index("recording")["subject"].astype(str)
    cells = []
    for stage in STAGES:
        of_stage = percent.index.get_level_values("true") == stage
        recordings = percent.index.get_level_values("recording")[of_stage]
        x, groups = design.loc[recordings].to_numpy(), pandas.factorize(subjects.loc[recordings])[0]
        for modality in percent.columns:
            y = percent.loc[of_stage, modality].to_numpy()
            fits, reason = _fit(y, x, weights[of_stage], groups)
            for column, (covariate, level, reference) in enumerate(terms, start=1):
                cells.append({"rule": rule, "averaging": averaging, "rows": rows, "stage": stage,
                              "modality": modality, "covariate": covariate, "level": level, "reference": reference,
                              **{name: values[column] for name, values in fits.items()}, "n": len(y),
                              "subjects": len(set(groups)), "reason": reason})
    table = pandas.DataFrame(cells)
    if len(table):
        for errors in ERRORS:
            table.insert(table.columns.get_loc(f"p_{errors}") + 1, f"q_{errors}", corrected(table[f"p_{errors}"]))
    return table


def chosen(table, rule, averaging="mean", family="rule", rows="epochs"):
    """One rule's part of the table of `regress_all`, with p corrected over the family that is asked for.

    Parameters
    ----------
    family : which tests are corrected together: "rule", those of this rule; "all", those of every rule of the run, each
        with this way of averaging and these rows.

    Returns
    -------
    The rows, with a column `family`: the number of tests that were corrected together.

    Raises
    ------
    InputError
        For a rule that the table does not have, or another way of averaging, family or kind of rows than there are.
    """
    if table.empty:  # no covariates
        return table
    rules = list(dict.fromkeys(table["rule"].astype(str)))
    for name, value, allowed in (("rule", rule, rules), ("averaging", averaging, AVERAGING), ("family", family, FAMILIES),
                                 ("rows", rows, ROWS)):
        one_of(name, value, allowed)
    table = table[(table["averaging"] == averaging) & (table["rows"] == rows)]
    if family == "all":
        table = table.assign(**{f"q_{errors}": corrected(table[f"p_{errors}"]) for errors in ERRORS})
    of_rule = table[table["rule"] == rule]
    return of_rule.assign(family=int((table if family == "all" else of_rule)["p_ols"].notna().sum()))


def corrected(p):
    """Benjamini-Hochberg corrected p of a family; NaN stays NaN and does not count."""
    from statsmodels.stats.multitest import multipletests

    p = numpy.asarray(p, "float64")
    q, tested = numpy.full(len(p), numpy.nan), numpy.isfinite(p)
    if tested.any():
        q[tested] = multipletests(p[tested], method="fdr_bh")[1]
    return q


def significant_pairs(table, errors, alpha=ALPHA):
    """Set of (stage, covariate) in which some modality's corrected p is below alpha."""
    significant = table[table[f"q_{errors}"] < alpha]
    return set(zip(significant["stage"], significant["covariate"]))


def _design(covariates, reference):
    """(design matrix by recording, with the intercept first; (covariate, level, reference) of its other columns)."""
    table = covariates.set_index("recording").drop(columns="subject")
    columns, terms = {"intercept": numpy.ones(len(table))}, []
    for name in table:
        if table[name].nunique() < 2:
            level = ", ".join(map(str, table[name].unique())) or "none"
            raise InputError(f"covariate {name}: has one level ({level}) in all recordings of which every covariate is "
                             "known, so nothing can be said of it; leave it out")
        if is_number(table[name]):
            columns[name] = table[name].astype(float)
            terms.append((name, "", ""))
            continue
        against, *others = levels(table[name], reference.get(name))
        if reference.get(name, against) != against:
            raise InputError(f"covariate {name}: its reference {reference[name]} does not occur; it is "
                             f"{', '.join(sorted([against, *others]))}")
        for level in others:
            columns[f"{name} {level}"] = (table[name].astype(str) == level).astype(float)
            terms.append((name, level, against))
    return pandas.DataFrame(columns, index=table.index), terms


def _rows(shares, rule, averaging, rows):
    """(percent: rows × modalities, indexed by recording, epoch and true stage; weights of the rows, mean 1)."""
    right = correct(shares[shares["rule"].astype(str) == rule])
    right = right[right["share"].notna()].astype({"modality": str, "true": str, "recording": str})
    order = list(dict.fromkeys(right["modality"]))
    index = ["recording", "epoch", "true", "fold"]
    percent = 100 * right.pivot(index=index, columns="modality", values="share")[order]
    weights = pandas.Series(1.0, percent.index)
    if averaging == "pooled":
        log_total = right[right["modality"] == order[0]].set_index(index)["log_total"] if order else weights
        weights = pandas.Series(pool_weights(log_total.reindex(percent.index)), percent.index)
    if rows == "epochs":
        levels = index[:3]
        summed = weights.groupby(level=levels).sum()
        floor = numpy.finfo(float).tiny  # an epoch whose weight vanishes keeps a share and no weight
        percent = percent.mul(weights.clip(lower=floor), axis=0).groupby(level=levels).sum().div(
            weights.clip(lower=floor).groupby(level=levels).sum(), axis=0)
        weights = summed if averaging == "pooled" else pandas.Series(1.0, percent.index)
    return percent, (weights / weights.mean()).to_numpy() if len(weights) else weights.to_numpy()


def _fit(y, x, weights, groups):
    """({column: values per term of the design}, reason): all NaN with a reason where nothing can be estimated."""
    empty = {"coefficient": numpy.full(x.shape[1], numpy.nan)}
    empty.update({f"{name}_{errors}": empty["coefficient"] for errors in ERRORS for name in ("se", "low", "high", "p")})
    reason = ""
    if len(set(groups)) <= x.shape[1]:
        reason = f"{len(set(groups))} subjects with such epochs, too few for {x.shape[1]} terms"
    elif numpy.linalg.matrix_rank(x) < x.shape[1]:
        reason = "covariates cannot be told apart among these epochs"
    elif len(y) <= x.shape[1] + 1 or numpy.count_nonzero(weights) <= x.shape[1] + 1:
        reason = f"{len(y)} epochs are too few"
    if reason:
        return empty, reason
    return _estimate(y, x, weights, groups), ""


def _estimate(y, x, weights, groups):
    import statsmodels.api

    weights = weights / weights.mean()
    model = statsmodels.api.WLS(y, x, weights=weights)
    estimates = {}
    for errors, options in (("ols", {"cov_type": "nonrobust"}),
                            ("clustered", {"cov_type": "cluster", "cov_kwds": {"groups": groups}, "use_t": True})):
        fit = model.fit(**options)
        low, high = fit.conf_int(ALPHA).T
        estimates.setdefault("coefficient", fit.params)
        estimates.update({f"se_{errors}": fit.bse, f"low_{errors}": low, f"high_{errors}": high,
                      f"p_{errors}": fit.pvalues})
    return estimates
