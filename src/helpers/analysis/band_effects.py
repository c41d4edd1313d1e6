"""Regression of frequency bands on covariates: every band's part of an epoch's relevance, in place of a modality's share."""

from __future__ import annotations

import pandas

from ..constants import STAGES
from .covariate_design import design_of
from .night_means import equal_nights, permuted
from .regression import cells, with_q
from .responses import responses


def regress_bands(bands, rule, covariates, reference=None, period=None):
    """Coefficients of one rule, of means of nights over correct epochs.

    Parameters
    ----------
    bands : table of `relevance.bands.band_fold`. covariates, reference, period : as `regression.regress_all` takes them.

    Returns
    -------
    Table of rule, stage, modality, band and the columns of `regression.cells`, in percent of an epoch's absolute relevance; q are over all
    tests of the rule: every stage, modality, band and covariate.
    """
    design, rows = design_of(covariates, reference, period), []
    here = bands[(bands["rule"].astype(str) == rule) & bands["recording"].astype(str).isin(design.matrix.index)]
    parts = here[["modality", "band"]].astype(str).drop_duplicates()
    names = {f"{modality} {band}": (modality, band) for modality, band in parts.itertuples(index=False)}
    plain = here.astype({"modality": str, "band": str})
    of_epochs = responses(plain.assign(modality=plain["modality"] + " " + plain["band"]))
    for stage in STAGES:
        nights = equal_nights(of_epochs, stage, design)
        for cell in cells(nights, design, permuted(nights, design), of_epochs.modalities):
            if cell["scale"] == "percent":
                modality, band = names[cell["modality"]]
                rows.append({"rule": rule, "stage": stage, **cell, "modality": modality, "band": band})
    return with_q(pandas.DataFrame(rows), ["rule"]) if rows else pandas.DataFrame()
