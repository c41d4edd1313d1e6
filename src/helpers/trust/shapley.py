"""Shapley values of modalities in some test epochs of a fold: what the network gives for every set of modalities, the others coming
from other epochs of the same night.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, STAGES
from ..model import networks
from ..relevance.coalitions import named, shapley, values
from ..relevance.logits import Logits
from ..relevance.replacement import Substitutes
from .sample import sample

#: Epochs taken at once.
BATCH = 32
#: Setting `trial` → other epochs that stand in for the modalities outside a set.
DRAWS = {"brief": 8, "full": 32}


def shapley_fold(epochs, predictions, weights, trial, per_stage, seed, progress=None):
    """All sets of modalities, of the trial's sample of a fold's test epochs.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`. predictions : the fold's table of test epochs. weights : path of its weights.npz.
    trial : the setting, brief or full, which says how many other epochs stand in, one after the other. per_stage : as of `sample`.
    seed : of their choice. progress : function (done, total, text).

    Returns
    -------
    (sets, values). sets has one row per epoch and set of modalities: the keys, modalities (`EEG + EOG`, `none`), logit of the
    predicted stage and probability_true of the true one (NaN where nobody scored), both means over draws. values has one row per
    epoch and modality: the keys, modality, value (Shapley value of the predicted stage's logit) and se, its standard error over draws.
    """
    tested, draws = sample(predictions, per_stage, seed), DRAWS[trial]
    network, substitutes, names = Logits(networks.trained(epochs, weights)), Substitutes(epochs, tested, seed), list(epochs.modalities)
    of_sets, of_modalities = [], []
    for start in range(0, len(tested), BATCH):
        numbers = numpy.arange(start, min(start + BATCH, len(tested)))
        rows = tested.iloc[numbers]
        others = (substitutes.another(numbers, draw) for draw in range(draws))
        logits = values(network, substitutes.intact(numbers), others, epochs.modalities).astype("float64")
        chosen, true = (_of_stage(values, rows[name]) for values, name in ((logits, "predicted"), (_softmax(logits), "true")))
        of_sets.append(_rows(rows, "modalities", [named(number, names) for number in range(2 ** len(names))],
                             logit=chosen.mean(axis=1), probability_true=true.mean(axis=1)))
        by_draw = shapley(chosen)
        error = by_draw.std(axis=1, ddof=1) / numpy.sqrt(draws) if draws > 1 else numpy.full(by_draw[:, 0].shape, numpy.nan)
        of_modalities.append(_rows(rows, "modality", names, value=by_draw.mean(axis=1), se=error))
        if progress:
            progress(numbers[-1] + 1, len(tested), f"{numbers[-1] + 1:,} of {len(tested):,} epochs")
    return pandas.concat(of_sets, ignore_index=True), pandas.concat(of_modalities, ignore_index=True)


def _of_stage(values, stages):
    """(n, draws, sets) of values (n, draws, sets, stages) of one stage per epoch; NaN where it has none."""
    codes = pandas.Categorical(stages.astype(str), STAGES).codes
    chosen = numpy.take_along_axis(values, numpy.maximum(codes, 0)[:, None, None, None], axis=3)[..., 0]
    return numpy.where(codes[:, None, None] >= 0, chosen, numpy.nan)


def _softmax(logits):
    powers = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _rows(rows, column, names, **values):
    """A row per epoch and name, with columns of values (n, names)."""
    repeated = rows[list(KEYS)].iloc[numpy.repeat(numpy.arange(len(rows)), len(names))].reset_index(drop=True)
    return repeated.assign(**{column: names * len(rows)}, **{name: array.ravel() for name, array in values.items()})
