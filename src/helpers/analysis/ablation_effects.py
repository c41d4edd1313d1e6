"""Regression of local ablation on covariates: what each epoch's output loses without a modality, as shares like those of relevance."""

from __future__ import annotations

import numpy

from ..constants import KEYS
from .regression import regress_all

EPOCH = ["fold", "recording", "epoch"]


def as_shares(table, rule):
    """What epochs lose without each modality (`trust.ablation`, of one replacement) as a table of shares under the name `rule`: a
    modality's part of Σ|change of the logit|, in the columns of `relevance.shares`."""
    rows = table.astype({"recording": str, "modality": str})
    size = rows["logit"].abs()
    total = size.groupby([rows[name] for name in EPOCH]).transform("sum")
    known = total.where(total > 0)
    with numpy.errstate(divide="ignore"):
        return rows[[*KEYS, "modality"]].assign(rule=rule, share=size / known, positive=rows["logit"].clip(lower=0) / known,
                                                negative=(-rows["logit"]).clip(lower=0) / known, log_total=numpy.log(total))


def by_replacement(table, line):
    """Replacement → its rows of `trust.ablation` as a table of shares; line : the setting `line_noise`."""
    return {name: as_shares(rows, named(name, line)) for name, rows in table.groupby("replacement", sort=False, observed=True)}


def regress_ablation(table, replacement, line, **sleepers):
    """(coefficients, joint tests) as of `regression.regress_all`, of one replacement.

    line : the setting `line_noise`. sleepers : covariates, reference, period.
    """
    rule = named(replacement, line)
    return regress_all(as_shares(table, rule), rules=[rule], **sleepers)


def named(replacement, line):
    """Name of a replacement among rules and methods: `ablation-zeros`, `ablation-line=50`."""
    return f"ablation-line={line[0]:g}" if replacement == "line noise" else f"ablation-{replacement}"
