"""The order of nights: who had which level first comes out of covariates and the number of each night."""

from __future__ import annotations

import pandas

from .covariate_design import design_of

COLUMNS = ("covariate", "level", "reference", "among", "among_level", "reference_first", "level_first")


def order_of_nights(covariates, period, reference=None):
    """In how many subjects a level came after its reference, or before it; of all, and by what differs between subjects.

    Parameters
    ----------
    covariates, period, reference : as `covariate_design.design_of` takes them.

    Returns
    -------
    (table, whether the order is a term of its own). Table of covariate, level, reference (of a category that differs within
    subjects), among and among_level (a category that differs between subjects; both "" for all subjects), reference_first and
    level_first (numbers of subjects); without rows where the order is not known of every night, or the same for all.
    """
    design = design_of(covariates, reference, period)
    if design.period is None:
        return pandas.DataFrame(columns=list(COLUMNS)), False
    categories = {term.covariate for term in design.terms if term.level and not design.is_within(term)}
    rows = []
    for term in (term for term in design.terms if term.level and design.is_within(term)):
        levels = design.covariates[term.covariate].astype(str)
        first = {level: design.period[levels == level].groupby(design.subjects[levels == level]).min()
                 for level in (term.reference, term.level)}
        later = (first[term.level] - first[term.reference]).dropna()
        later = later[later != 0]
        rows.append((*_names(term), "", "", int((later > 0).sum()), int((later < 0).sum())))
        for name in (name for name in design.covariates if name in categories):
            value = design.covariates[name].astype(str).groupby(design.subjects).first().reindex(later.index)
            rows += [(*_names(term), name, one, int((later[value == one] > 0).sum()), int((later[value == one] < 0).sum()))
                     for one in sorted(value.unique())]
    enters = bool(design.terms) and design.of(design.matrix.index, True).shape[1] > design.matrix.shape[1]
    return pandas.DataFrame(rows, columns=list(COLUMNS)), enters


def _names(term):
    return term.covariate, term.level, term.reference
