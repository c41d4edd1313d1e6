"""The floor of a modality: the share that it gets when it says nothing, because noise with the mean spectrum and amplitude of its night
stands in its place. What a measure gives beyond that is what it can have found in the signal.
"""

from __future__ import annotations

import pandas

from ..relevance.fold import FoldExplainer
from ..relevance.replacement import NOISE, Substitutes
from ..relevance.shares import table
from .sample import predicted, sample

#: Methods that are looked at beside the run's rules, and one that takes so many passes that it explains every second epoch.
METHODS, DEAR, EVERY = ("gradient-input",), "shapley", 2


def floor_fold(epochs, predictions, weights, learned, rules, per_stage, seed, progress=None):
    """Explain the trial's sample of a fold's test epochs, intact and with each modality as noise.

    Parameters
    ----------
    epochs, predictions, weights, learned, progress : as in `relevance.shares.explain_fold`. rules : names, to which `METHODS`
    and `DEAR` are added. per_stage : of the sample. seed : of the sample and of the noise.

    Returns
    -------
    Tables of `relevance.shares` with `noise`: "", or the modality that is noise. The stage that is explained is the one predicted of the intact epoch.
    """
    tested = sample(predictions, per_stage, seed)
    substitutes, names = Substitutes(epochs, tested, seed), list(dict.fromkeys([*rules, *METHODS]))
    stage = predicted(tested)
    modalities, tables = list(epochs.modalities), []
    with (FoldExplainer(epochs, tested, weights, learned, names) as explainer,
          FoldExplainer(epochs, tested, weights, learned, [DEAR] if DEAR not in names else []) as dear):
        for numbers in explainer.batches(progress):
            for noise in ("", *modalities):
                for of, some in ((explainer, numbers), (dear, numbers[::EVERY])):
                    x = substitutes.without(noise, NOISE, some) if noise else None
                    for name, parts in of.parts(some, x, stage[some]).items():
                        tables.append(table(tested.iloc[some], name, modalities, *parts).assign(noise=noise))
    return pandas.concat(tables, ignore_index=True)
