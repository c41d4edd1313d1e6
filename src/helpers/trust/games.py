"""Tables of what a network gives for every set of modalities (`trust.shapley`), read: terms of sets, losses of stages."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS
from ..relevance.coalitions import interactions, shapley


def terms(sets):
    """What every set of modalities gives beyond its parts, per epoch: the interactions of `relevance.coalitions`, in logits.

    Returns
    -------
    Table of the keys, modalities (every set but `none`), term.
    """
    wide, names = wide_sets(sets, "logit")
    found = interactions(wide.to_numpy())
    table = pandas.DataFrame(found, wide.index, wide.columns).drop(columns="none").stack().rename("term").reset_index()
    return table[[*KEYS, "modalities", "term"]]


def wide_sets(sets, column):
    """(a row per epoch, a column per set in the order of their numbers; names of the modalities)."""
    order = list(dict.fromkeys(sets["modalities"].astype(str)))
    texts = {name: str for name in ("recording", "subject", "true", "predicted", "modalities")}
    wide = sets.astype(texts).pivot(index=list(KEYS), columns="modalities", values=column)[order]
    return wide, [order[1 << modality] for modality in range(len(order).bit_length() - 1)]


def losses(sets):
    """How the network's cross-entropy is shared out among modalities in each true stage (SAGE: Covert et al. 2020, arXiv 2004.00668).

    Probabilities of the true stage are averaged over draws before the logarithm; v(S) is minus their mean cross-entropy.

    Returns
    -------
    Table of fold, stage, modality, loss (Shapley value of −cross-entropy, in nats: how much the modality lowers it), n.
    """
    scored = sets[sets["true"].astype(str) != ""]
    if scored.empty:
        return pandas.DataFrame(columns=["fold", "stage", "modality", "loss", "n"])
    wide, names = wide_sets(scored, "probability_true")
    gained = numpy.log(numpy.clip(wide, 1e-12, 1)).groupby(level=["fold", "true"])
    means, numbers = gained.mean(), gained.size()
    found = pandas.DataFrame(shapley(means.to_numpy()), means.index, names).rename_axis(columns="modality")
    table = found.stack().rename("loss").reset_index().rename(columns={"true": "stage"})
    return table.assign(n=[int(numbers[fold, stage]) for fold, stage in zip(table["fold"], table["stage"])])
