"""Two networks held against each other on the folds that both tested: what they read, where they agree, and what they say of modalities."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, STAGES
from ..model.scores import scores
from .floor_summary import floors
from .intervals import means, of_stages

#: How tables tell the two apart: the run's own, and the one trained beside it.
OWN, OTHER = "own", "other"
_TEXTS = dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality"), str)


def _plain(table):
    return table.astype({name: kind for name, kind in _TEXTS.items() if name in table})


def of_folds(table, other):
    """The rows of a table of the folds that the other network tested."""
    return table[table["fold"].isin(other["fold"].unique())]


def both_scores(own, other):
    """Table of measure, stage, own, other: `model.scores.scores` of predictions on the same folds."""
    keys = ["measure", "stage"]
    if other.empty:
        return pandas.DataFrame(columns=[*keys, OWN, OTHER])
    found = [scores(_plain(table)).set_index(keys)["value"].rename(name) for name, table in ((OWN, of_folds(own, other)), (OTHER, other))]
    return pandas.concat(found, axis=1).reset_index()


def agreement(own, other):
    """Where both give an epoch the same stage.

    Returns
    -------
    Table of stage ("all", or the true one), same (part of epochs), kappa (between the networks), both, own, other, neither (parts of epochs
    that are read right by both, by one alone, or by none; NaN where nobody scored), epochs.
    """
    keys = ["fold", "recording", "epoch"]
    if other.empty:
        return pandas.DataFrame(columns=["stage", "same", "kappa", "both", OWN, OTHER, "neither", "epochs"])
    pairs = _plain(of_folds(own, other)).set_index(keys)[["true", "predicted"]].join(
        _plain(other).set_index(keys)["predicted"].rename("then"), how="inner").reset_index()
    rows = []
    for stage, here in of_stages(pairs):
        first, second = (pandas.Categorical(here[name], STAGES).codes for name in ("predicted", "then"))
        counts = numpy.zeros((len(STAGES), len(STAGES)))
        numpy.add.at(counts, (first, second), 1)
        same, chance, n = numpy.trace(counts), (counts.sum(0) @ counts.sum(1)), len(here)
        right, then = here["predicted"] == here["true"], here["then"] == here["true"]
        scored = (here["true"] != "").all()
        parts = {"both": right & then, OWN: right & ~then, OTHER: then & ~right, "neither": ~right & ~then}
        rows.append({"stage": stage, "same": same / n, "kappa": (same * n - chance) / (n * n - chance) if n * n != chance else numpy.nan,
                     **{name: part.mean() if scored else numpy.nan for name, part in parts.items()}, "epochs": n})
    return pandas.DataFrame(rows)


def both_shares(own, other, draws=1000, seed=0):
    """Mean shares of both networks in epochs that both read alike and right (of nights that nobody scored, alike).

    Returns
    -------
    Table of rule, stage ("all" or one), modality, own, other, difference (other − own) with low and high (95 % over subjects), epochs.
    """
    keys, columns = [*KEYS, "rule", "modality"], ["rule", "stage", "modality", OWN, OTHER, "difference", "low", "high", "epochs"]
    if other.empty:
        return pandas.DataFrame(columns=columns)
    pairs = _plain(of_folds(own, other)).set_index(keys)["share"].rename(OWN).to_frame().join(
        _plain(other).set_index(keys)["share"].rename(OTHER), how="inner").dropna().reset_index()
    pairs = pairs[(pairs["true"] == pairs["predicted"]) | (pairs["true"] == "")].assign(difference=lambda table: table[OTHER] - table[OWN])
    stages = [("all", pairs), *((stage, pairs[pairs["predicted"] == stage]) for stage in STAGES)]
    rows = []
    for stage, here in stages:
        for (rule, modality), cell in here.groupby(["rule", "modality"], sort=False):
            value, low, high = means(cell, [OWN, OTHER, "difference"], draws, seed)
            rows.append({"rule": rule, "stage": stage, "modality": modality, OWN: value[0], OTHER: value[1], "difference": value[2],
                         "low": low[2], "high": high[2], "epochs": len(cell)})
    return pandas.DataFrame(rows, columns=columns)


def both_costs(own, other):
    """Recall lost when a modality is exchanged, means over folds: stage, modality, own, other (0 to 1; below 0 where it helps)."""
    if own.empty or other.empty:
        return pandas.DataFrame(columns=["stage", "modality", OWN, OTHER])
    keys = ["stage", "modality"]
    found = [table.astype(dict.fromkeys(keys, str)).groupby(keys, sort=False)["lost"].mean().rename(name)
             for name, table in ((OWN, of_folds(own, other)), (OTHER, other))]
    return pandas.concat(found, axis=1).reset_index()


def both_floors(own, other):
    """What part of its share each modality keeps as noise: rule, modality, own, other (mean with noise over mean with the signal)."""
    keys, found = ["rule", "modality"], []
    if other.empty:
        return pandas.DataFrame(columns=[*keys, OWN, OTHER])
    for name, table in ((OWN, of_folds(own, other)), (OTHER, other)):
        whole = floors(table, draws=2)
        whole = whole[(whole["stage"] == "all") & (whole["reading"] == "share")].set_index(keys)
        found.append((whole["floor"] / whole["intact"]).rename(name))
    return pandas.concat(found, axis=1).reset_index()
