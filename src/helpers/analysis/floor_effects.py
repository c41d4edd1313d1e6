"""Regression on covariates of what lies above the floor of a modality."""

from __future__ import annotations

from ..trust.floor_summary import above_floor
from .part_effects import regress_parts


def regress_above_floor(shares, noise, rule, **sleepers):
    """As `part_effects.regress_parts`, of `trust.floor_summary.above_floor`. sleepers : covariates, reference, period."""
    return regress_parts(above_floor(shares, noise), rule, **sleepers)
