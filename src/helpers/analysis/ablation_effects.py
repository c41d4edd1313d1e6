"""Regression of local ablation on covariates: what each epoch's output loses without a modality, as shares like those of relevance."""

from __future__ import annotations

from ..relevance.value_shares import shares_of
from .regression import regress_all


def by_replacement(table, line):
    """Replacement → its rows of `trust.ablation` as a table of shares; line : the setting `line_noise`."""
    return {name: shares_of(rows, "logit", named(name, line)) for name, rows in table.groupby("replacement", sort=False, observed=True)}


def regress_ablation(table, replacement, line, **sleepers):
    """(coefficients, joint tests) as of `regression.regress_all`, of one replacement.

    line : the setting `line_noise`. sleepers : covariates, reference, period.
    """
    rule = named(replacement, line)
    return regress_all(shares_of(table, "logit", rule), rules=[rule], **sleepers)


def named(replacement, line):
    """Name of a replacement among rules and methods: `ablation-zeros`, `ablation-line=50`."""
    return f"ablation-line={line[0]:g}" if replacement == "line noise" else f"ablation-{replacement}"
