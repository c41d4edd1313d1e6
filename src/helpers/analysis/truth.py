"""What was planted in simulated nights against the results of a run: truth.json and tables in, a row for each check out."""

from __future__ import annotations

import pandas

from ..constants import ALPHA, STAGES
from .groups import correct

BINDING_RULES = ("eps=0.01", "alpha1beta0")  # ε = 100 is reported


def check_truth(truth, shares, exchange, regression):
    """Check every planted fact under every rule.

    Parameters
    ----------
    truth : content of truth.json: leading (stage → modality) and effects (stage, modality, covariate, direction).
    shares, regression : tables of the run; mean of shares and one row per epoch are used.
    exchange : table of `helpers.model.exchange`, which is no LRP.

    Returns
    -------
    Table of check, rule, stage, modality, covariate, planted, found, passed, binding.
    """
    rows = [*_leading(truth["leading"], shares), *_exchanged(truth["leading"], exchange),
            *_effects(truth["effects"], regression)]
    return pandas.DataFrame(rows, columns=["check", "rule", "stage", "modality", "covariate", "planted", "found",
                                           "passed", "binding"])


def _ranked(values):
    """`EEG 61, EOG 25, EMG 14`, largest first."""
    return ", ".join(f"{name} {100 * value:.0f}" for name, value in values.sort_values(ascending=False).items())


def _leading(leading, shares):
    right = correct(shares).astype({"true": str, "rule": str, "modality": str})
    means = right.groupby(["rule", "true", "modality"])["share"].mean().unstack()
    for rule in dict.fromkeys(right["rule"]):
        for stage in STAGES:
            known = (rule, stage) in means.index
            values = means.loc[(rule, stage)] if known else pandas.Series(dtype=float)
            yield ("leading modality", rule, stage, leading[stage], "", leading[stage],
                   _ranked(values) + " %" if known else "no correct epoch",
                   bool(known and values.idxmax() == leading[stage]), rule in BINDING_RULES)


def _exchanged(leading, exchange):
    table = exchange.astype({"stage": str, "modality": str})
    for stage in STAGES:
        of_stage = table[(table["stage"] == stage) & table["lost"].notna()]
        lost = of_stage.assign(all=of_stage["lost"] * of_stage["n"]).groupby("modality")[["all", "n"]].sum()
        values = lost["all"] / lost["n"]
        yield ("recall lost by exchange", "none", stage, leading[stage], "", leading[stage],
               _ranked(values) + " points" if len(values) else "no epoch",
               bool(len(values) and values.idxmax() == leading[stage]), True)


def _effects(effects, regression):
    table = regression[(regression["averaging"] == "mean") & (regression["rows"] == "epochs")]
    for rule in dict.fromkeys(table["rule"]):
        for effect in effects:
            rows = table[(table["rule"] == rule) & (table["stage"] == effect["stage"])
                        & (table["modality"] == effect["modality"]) & (table["covariate"] == effect["covariate"])
                         & table["q_clustered"].notna()]
            known = len(rows) == 1
            passed = known and bool((rows["coefficient"] * effect["direction"] > 0).all()
                                    and (rows["q_clustered"] < ALPHA).all())
            said = "not estimated" if not known else (
                f"{rows['coefficient'].iloc[0]:+.2f} points, p = {rows['q_clustered'].iloc[0]:.2g}")
            yield ("covariate effect", rule, effect["stage"], effect["modality"], effect["covariate"],
                   "more" if effect["direction"] > 0 else "less",
                   said, passed, rule in BINDING_RULES)
