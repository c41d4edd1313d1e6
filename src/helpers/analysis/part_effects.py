"""Regression of other parts of relevance than shares on covariates: of frequency bands, or of shares above their floor."""

from __future__ import annotations

import pandas

from ..constants import STAGES
from .covariate_design import design_of
from .night_means import equal_nights, permuted
from .regression import cells, with_q
from .responses import responses


def regress_parts(table, rule, covariates, reference=None, period=None, by=("modality",)):
    """Coefficients of one rule, of means of nights over correct epochs.

    Parameters
    ----------
    table : one row per epoch and part, such as of `relevance.bands.band_fold`, with `share`. by : the columns that name a part, modality
    first. covariates, reference, period : as `regression.regress_all` takes them.

    Returns
    -------
    Table of rule, stage, the columns of `by` and those of `regression.cells`, in points; q are over all tests of the rule: every stage,
    part and covariate.
    """
    design, rows = design_of(covariates, reference, period), []
    table, names = _named_parts(table, rule, design, by)  # the whole table, of millions of rows, is not kept
    of_epochs = responses(table)
    del table
    for stage in STAGES:
        nights = equal_nights(of_epochs, stage, design)
        rows += [{"rule": rule, "stage": stage, **cell, **dict(zip(by, names[cell["modality"]]))}
                 for cell in cells(nights, design, permuted(nights, design), of_epochs.modalities) if cell["scale"] == "percent"]
    return with_q(pandas.DataFrame(rows), ["rule"]) if rows else pandas.DataFrame()


def _named_parts(table, rule, design, by):
    """(the correct epochs of a rule, each part under one name as `modality`; name → part, in the order in which they come)."""
    wanted = (table["rule"] == rule) & table["recording"].isin(design.matrix.index) & (table["true"].astype(str) == table["predicted"].astype(str))
    here = table.loc[wanted, ["recording", "epoch", "fold", "true", "predicted", *by, "share"]]
    parts = here[list(by)].drop_duplicates().astype(str).itertuples(index=False, name=None)
    names = {" ".join(part): part for part in parts}  # as `ngroup` numbers them
    numbers = here.groupby(list(by), sort=False, observed=True).ngroup()
    return here.drop(columns=list(by)).assign(modality=pandas.Categorical.from_codes(numbers, list(names))), names
