"""Epochs that are worth a look: those that a network is least sure of, on which folds disagree, or that folds explain unlike each other."""

from __future__ import annotations

import pandas

from ...relevance.rules import label as rule_label

#: At most so many of a kind, one of each night.
COUNT = 6
UNSURE, DISAGREE, UNLIKE = "The network is least sure", "Folds disagree", "Folds agree on the stage and lean on different signals"


def worth_a_look(predictions, shares, rule, count=COUNT):
    """The most striking epochs of each kind.

    Parameters
    ----------
    predictions, shares : tables of all folds. rule : the rule whose shares are compared.

    Returns
    -------
    Table of kind, recording, fold, epoch and why, the most striking of a kind first. Of nights that one fold tested only, no folds differ.
    """
    keys, probabilities = ["recording", "epoch"], [name for name in predictions if name.startswith("p_")]
    texts = dict.fromkeys(("recording", "predicted"), str)
    rows = predictions.astype(texts)[["fold", *keys, "predicted"]].assign(sure=predictions[probabilities].max(axis=1))
    unsure = rows.assign(score=-rows["sure"], why=[f"{row.predicted} with {100 * row.sure:.0f} %" for row in rows.itertuples()])
    both = rows.merge(rows, on=keys, suffixes=("", "_other"))
    both = both[both["fold"] < both["fold_other"]]
    apart = both[both["predicted"] != both["predicted_other"]]
    apart = apart.assign(score=apart[["sure", "sure_other"]].min(axis=1), why=[
        f"{row.predicted} ({100 * row.sure:.0f} %) by fold {row.fold}, {row.predicted_other} ({100 * row.sure_other:.0f} %) by fold {row.fold_other}"
        for row in apart.itertuples()])
    tables = [_first(unsure, UNSURE, count), _first(apart, DISAGREE, count),
              _first(_unlike(both[both["predicted"] == both["predicted_other"]], shares, rule), UNLIKE, count)]
    return pandas.concat(tables, ignore_index=True)


def _unlike(both, shares, rule):
    """Pairs of folds that predict one stage of an epoch, by half the sum of absolute differences of its shares."""
    texts = shares[shares["rule"].astype(str) == rule].astype({"recording": str, "modality": str})
    wide = texts.pivot(index=["fold", "recording", "epoch"], columns="modality", values="share")
    first, other = (wide.reindex(pandas.MultiIndex.from_frame(both[[fold, "recording", "epoch"]])).to_numpy() for fold in ("fold", "fold_other"))
    distance = abs(first - other)
    known = ~pandas.isna(distance).any(axis=1)
    both, first, other, distance = both[known], first[known], other[known], distance[known]
    most = (distance > distance.max(axis=1, keepdims=True) - 1e-9).argmax(axis=1)  # the first of equals
    return both.assign(score=distance.sum(axis=1) / 2, why=[
        f"{wide.columns[at]} {100 * one[at]:.0f} % by fold {row.fold}, {100 * two[at]:.0f} % by fold {row.fold_other} ({rule_label(rule)})"
        for row, at, one, two in zip(both.itertuples(), most, first, other)])


def _first(table, kind, count):
    """The rows of the highest score, one of each recording."""
    best = table.sort_values("score", ascending=False, kind="stable").drop_duplicates("recording").head(count)
    return best.assign(kind=kind)[["kind", "recording", "fold", "epoch", "why"]]
