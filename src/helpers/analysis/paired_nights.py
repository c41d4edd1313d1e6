"""Subjects' nights in pairs: shares come in; each subject's mean share at two levels of what differs between nights goes out."""

from __future__ import annotations

import itertools

import pandas

from ..constants import STAGES
from .covariate_design import design_of
from .night_means import equal_nights
from .regression import AVERAGING
from .responses import responses

COLUMNS = ("rule", "averaging", "stage", "modality", "covariate", "level", "reference", "subject", "at_reference", "at_level")


def paired_nights(shares, covariates, rules, reference=None):
    """Mean share of each subject's nights at the reference and at another level of every category that differs within subjects.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`. rules : names of the rules.
    covariates, reference : as `covariate_design.design_of` takes them.

    Returns
    -------
    Table of rule, averaging (over the epochs of a night), stage, modality, covariate, level, reference, subject, at_reference and
    at_level: percent of absolute relevance of correctly read epochs. Nights count where the permutation test counts them, with at
    least 5 epochs of the stage; subjects where there are nights at both levels.
    """
    design = design_of(covariates, reference)
    terms = [term for term in design.terms if term.level and design.is_within(term)]
    tables = [_of_stage(about, stage, of_rule, design, terms)
              for rule in (rules if terms else ())
              for averaging in AVERAGING
              for about, of_rule in [((rule, averaging), _responses(shares, rule, averaging, design))]
              for stage in STAGES]
    rows = [row for table in tables for row in table]
    return pandas.DataFrame(rows, columns=list(COLUMNS))


def _responses(shares, rule, averaging, design):
    """Responses of the epochs of one rule."""
    known = shares["recording"].astype(str).isin(design.matrix.index)
    return responses(shares[(shares["rule"].astype(str) == rule) & known], "correct", averaging)


def _of_stage(about, stage, of_rule, design, terms):
    """Rows of one rule, way of averaging and stage."""
    nights = equal_nights(of_rule, stage, design)
    means = pandas.DataFrame(nights.sums.means[:, :len(of_rule.modalities)], columns=list(of_rule.modalities))
    for term, modality in itertools.product(terms, of_rule.modalities):
        levels = design.covariates.loc[nights.recordings, term.covariate].astype(str).to_numpy()
        by_level = means[modality].groupby([nights.subjects, levels]).mean().unstack()
        for subject, row in by_level.reindex(columns=[term.reference, term.level]).dropna().iterrows():
            yield (*about, stage, modality, term.covariate, term.level, term.reference, subject, *row)
