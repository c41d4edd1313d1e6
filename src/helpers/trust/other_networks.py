"""Other networks beside a fold's own, trained on the same nights: with another seed, on stages that were shuffled, with a modality as noise
or alone. What they score says what is in the signals; how they explain says what an explanation owes to what was learned.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS
from ..model.networks import trained
from ..model.passes import forward, predict
from ..model.predict import predictions as predictions_of
from ..relevance.fold import FoldExplainer
from ..relevance.shares import table
from .altered import SEED, SHUFFLED, Altered
from .randomisation import similarities
from .sample import predicted, sample

#: Methods beside the run's rules.
METHODS = ("gradient-input",)


def try_other(epochs, predictions, weights, other, network, learned, rules, per_stage, seed, progress=None):
    """What another network reads in a fold's test epochs, and how it explains some of them.

    Parameters
    ----------
    epochs, predictions, weights, learned, rules, per_stage, seed, progress : as of `floor.floor_fold`. other : path of the other network's
        weights. network : its name.

    Returns
    -------
    (read, shares, alike). read : the other network's table of predictions. shares : tables of `relevance.shares` of the trial's sample by
    the other network, of the stage that the fold's own predicted. alike : of another seed and of shuffled stages,
    `randomisation.similarities` of its maps with the fold's own, with rule; else empty.
    """
    fold, rows = int(predictions["fold"].iloc[0]), epochs.rows(predictions)
    altered = Altered(epochs, network, fold, seed)
    read = predictions_of(epochs.table, rows, predict(forward(trained(epochs, other)), altered.signals, rows), fold)
    tested, names = sample(predictions, per_stage, seed), list(dict.fromkeys([*rules, *METHODS]))
    target = predicted(tested)
    tables, alike = [], []
    with (FoldExplainer(altered, tested, other, learned, names) as theirs,
          FoldExplainer(epochs, tested, weights, learned, names) as own):
        for numbers in theirs.batches(progress):
            rows = tested.iloc[numbers]
            for name, parts in theirs.parts(numbers, target=target[numbers]).items():
                tables.append(table(rows, name, list(epochs.modalities), *parts))
            if network in (SEED, SHUFFLED):
                first, then = (explainer.maps(numbers, target=target[numbers]) for explainer in (own, theirs))
                alike += [similarities(first[name].values, then[name].values, epochs.modalities, rows).assign(rule=name) for name in first]
    none = pandas.DataFrame(columns=[*KEYS, "size", "signed", "moved", "rule"])
    return read, pandas.concat(tables, ignore_index=True), pandas.concat(alike, ignore_index=True) if alike else none


def scores(read, network):
    """Accuracy of another network and of always naming the commonest stage: one row by fold, of scored epochs, or none."""
    scored = read[read["true"].astype(str) != ""]
    if scored.empty:
        return pandas.DataFrame(columns=["network", "fold", "accuracy", "commonest", "kappa", "n"])
    true, said = scored["true"].astype(str), scored["predicted"].astype(str)
    agreed, parts = float((true == said).mean()), true.value_counts(normalize=True)
    chance = float((parts * said.value_counts(normalize=True).reindex(parts.index).fillna(0)).sum())
    return pandas.DataFrame([{"network": network, "fold": int(scored["fold"].iloc[0]), "accuracy": agreed, "commonest": float(parts.max()),
                              "kappa": (agreed - chance) / (1 - chance) if chance < 1 else numpy.nan, "n": len(scored)}])
