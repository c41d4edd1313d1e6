"""The floor of a modality: the share that it gets when it says nothing, because noise with the mean spectrum and amplitude of its night
stands in its place. What a measure gives beyond that is what it can have found in the signal.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, STAGES
from ..relevance.fold import FoldExplainer
from ..relevance.replacement import NOISE, Substitutes
from .sample import sample

#: Methods that are looked at beside the run's rules.
METHODS = ("gradient-input", "shapley")


def floor_fold(epochs, predictions, weights, learned, rules, engine, per_stage, seed, progress=None):
    """Explain the trial's sample of a fold's test epochs, intact and with each modality as noise.

    Parameters
    ----------
    epochs, predictions, weights, learned, engine, progress : as in `relevance.shares.explain_fold`. rules : names, to which `METHODS`
    are added. per_stage : of the sample. seed : of the sample and of the noise.

    Returns
    -------
    Table of one row per epoch, name, modality and noise: the keys, rule, modality, noise ("" or the modality that is noise), share,
    positive, negative. The stage that is explained is the one predicted of the intact epoch.
    """
    tested = sample(predictions, per_stage, seed)
    substitutes, names = Substitutes(epochs, tested, seed), list(dict.fromkeys([*rules, *METHODS]))
    stage = pandas.Categorical(tested["predicted"].astype(str), STAGES).codes.astype(int)
    modalities, tables = list(epochs.modalities), []
    with FoldExplainer(epochs, tested, weights, learned, names, engine) as explainer:
        for numbers in explainer.batches(progress):
            for noise in ("", *modalities):
                x = substitutes.without(noise, NOISE, numbers) if noise else None
                for name, (positive, negative, _) in explainer.parts(numbers, x, stage[numbers]).items():
                    repeated = tested[list(KEYS)].iloc[numpy.repeat(numbers, len(modalities))].reset_index(drop=True)
                    tables.append(repeated.assign(rule=name, modality=modalities * len(numbers), noise=noise,
                                                  share=(positive + negative).ravel(), positive=positive.ravel(),
                                                  negative=negative.ravel()))
    return pandas.concat(tables, ignore_index=True)
