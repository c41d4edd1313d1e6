"""What was planted in simulated nights against the results of a run: truth.json and tables in, a row for each check out."""

from __future__ import annotations

import pandas

from ..constants import ALPHA, STAGES
from ..data.simulation.effect_size import standardised
from ..relevance.replacement import EXCHANGE
from .groups import correct
from .p_values import p_words

BINDING_RULES = ("eps=0.01", "alpha1beta0")  # ε = 100 is reported
#: Recall that the exchange of a leader must cost. Which modality costs most is no planted fact: an exchanged modality also
#: brings in the signs of other stages, so that the EEG, full of spindles and slow waves, misleads most.
NEEDED = 0.10


def check_truth(truth, shares, lost, regression, covariates=None):
    """Check every planted fact under every rule.

    Parameters
    ----------
    truth : content of truth.json: leading (stage → modality, or several that lead together: each has more relevance than any
        other, and its exchange costs more recall than `NEEDED`)
        and effects (stage, modality, covariate, direction, and their sizes d asked and drawn).
    shares, regression : tables of the run; percent and mean of shares, correct epochs and one row per epoch are used.
    lost : table of `helpers.trust.ablation.recall_lost`, which is no LRP; that by exchange is used.
    covariates : table of recording, subject and covariates, for the sizes d that are found.

    Returns
    -------
    Table of check, rule, stage, modality, covariate, planted, found, passed, binding, and of effects d_planted, as drawn
    for the sign, and d_found, what of it has reached the shares: the change of a night's mean share over the same standard
    deviation (`effect_size`).
    """
    leading = {stage: (of_stage,) if isinstance(of_stage, str) else tuple(of_stage)
               for stage, of_stage in truth["leading"].items()}
    rows = [*_leading(leading, shares), *_exchanged(leading, lost[lost["replacement"].astype(str) == EXCHANGE]), *_effects(truth["effects"], regression)]
    table = pandas.DataFrame(rows, columns=["check", "rule", "stage", "modality", "covariate", "planted", "found",
                                            "passed", "binding"])
    return table.assign(**_sizes(table, truth["effects"], shares, covariates))


def paper_kind(regression):
    """The regression of the paper's kind: percent, mean of shares, correct epochs, one row per epoch."""
    if not len(regression):
        return regression
    return regression[(regression["selection"] == "correct") & (regression["scale"] == "percent")
                      & (regression["averaging"] == "mean") & (regression["rows"] == "epochs")]


def together(modalities):
    """`EOG`, or `EOG and EMG` where several lead."""
    return " and ".join(modalities)


def _lead(values, leaders):
    """Whether each of the leaders has more than any other modality."""
    others = values.drop(list(leaders), errors="ignore")
    return bool(set(leaders) <= set(values.index) and (others.empty or values[list(leaders)].min() > others.max()))


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
            yield ("leading modality", rule, stage, together(leading[stage]), "", together(leading[stage]),
                   _ranked(values) + " %" if known else "no correct epoch",
                   known and _lead(values, leading[stage]), rule in BINDING_RULES)


def _exchanged(leading, exchange):
    table = exchange.astype({"stage": str, "modality": str})
    for stage in STAGES:
        of_stage = table[(table["stage"] == stage) & table["lost"].notna()]
        lost = of_stage.assign(all=of_stage["lost"] * of_stage["n"]).groupby("modality")[["all", "n"]].sum()
        values = lost["all"] / lost["n"]
        yield ("recall lost by exchange", "none", stage, together(leading[stage]), "",
               f"{together(leading[stage])}, more than {100 * NEEDED:.0f} points",
               _ranked(values) + " points" if len(values) else "no epoch",
               set(leading[stage]) <= set(values.index) and bool((values[list(leading[stage])] > NEEDED).all()), True)


def _effects(effects, regression):
    table = paper_kind(regression)
    for rule in dict.fromkeys(table["rule"]):
        for effect in effects:
            rows = table[(table["rule"] == rule) & (table["stage"] == effect["stage"])
                         & (table["modality"] == effect["modality"]) & (table["covariate"] == effect["covariate"])
                         & table["q_clustered"].notna()]
            known = len(rows) == 1
            passed = known and bool((rows["coefficient_clustered"] * effect["direction"] > 0).all()
                                    and (rows["q_clustered"] < ALPHA).all())
            said = "not estimated" if not known else (
                f"{rows['coefficient_clustered'].iloc[0]:+.2f} points, corrected p {p_words(rows['q_clustered'].iloc[0])}")
            yield ("covariate effect", rule, effect["stage"], effect["modality"], effect["covariate"],
                   "more" if effect["direction"] > 0 else "less",
                   said, passed, rule in BINDING_RULES)


def _sizes(table, effects, shares, covariates):
    """Columns d_planted and d_found of a table of checks; NaN where no effect is checked."""
    planted = {(effect["stage"], effect["modality"], effect["covariate"]): effect.get("d_drawn") for effect in effects}
    nights, about = {}, {}
    if covariates is not None:
        about = {str(row["recording"]): row for row in covariates.to_dict("records")}
        right = correct(shares).astype({"true": str, "rule": str, "modality": str, "recording": str})
        nights = right.groupby(["rule", "true", "modality", "recording"])["share"].mean().unstack("recording").T
    sizes = {"d_planted": [], "d_found": []}
    for row in table.itertuples():
        effect, column = row.check == "covariate effect", (row.rule, row.stage, row.modality)
        values = nights[column].dropna() if effect and column in nights else {}
        sizes["d_planted"].append(planted.get(column[1:] + (row.covariate,)) if effect else None)
        sizes["d_found"].append(standardised(row.covariate, [(about[name]["subject"], about[name], value) for name, value
                                                             in values.items() if name in about]) if effect else None)
    return {name: pandas.Series(values, index=table.index, dtype=float) for name, values in sizes.items()}
