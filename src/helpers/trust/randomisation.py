"""Explanations of networks that know nothing: weights drawn anew by their own initialisers, from the top layer down and all at once.
A map that stays as it was does not explain what was learned (Adebayo et al. 2018, arXiv 1810.03292).
"""

from __future__ import annotations

import numpy
import pandas
from scipy import stats

from ..constants import KEYS
from ..relevance.fold import FoldExplainer
from .sample import predicted, sample

#: Methods beside the run's rules.
METHODS = ("gradient-input",)
#: Setting `trial` → parts of the layers with weights that are drawn anew, from the top.
DEPTHS = {"brief": (0.3, 1.0), "full": (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)}
#: Epochs of each stage, at most.
MOST = 6


def randomise_fold(epochs, predictions, weights, learned, rules, trial, per_stage, seed, progress=None):
    """Compare explanations by a fold with those by the same network with some of its weights drawn anew.

    Parameters
    ----------
    As of `floor.floor_fold`; trial : the setting. The stage that is explained is the one that the trained network predicted.

    Returns
    -------
    Table of the keys, rule, depth (part of the layers drawn anew) and `similarities`.
    """
    names, depths = list(dict.fromkeys([*rules, *METHODS])), DEPTHS[trial]
    tested = sample(predictions, min(per_stage, MOST), seed)
    target = predicted(tested)
    before, tables = _maps(epochs, tested, weights, learned, names, target), []
    for number, depth in enumerate(depths, start=1):
        def alter(model, depth=depth):
            reinitialise(model, depth, seed)

        after = _maps(epochs, tested, weights, learned, names, target, alter)
        tables += [similarities(before[name], after[name], epochs.modalities, tested).assign(rule=name, depth=depth) for name in names]
        if progress:
            progress(number, len(depths), f"{100 * depth:.0f} % of the layers drawn anew")
    return pandas.concat(tables, ignore_index=True)


def _maps(epochs, tested, weights, learned, names, target, alter=None):
    """Name → maps (n, time, channels) of some test epochs."""
    with FoldExplainer(epochs, tested, weights, learned, names, alter=alter) as explainer:
        parts = [explainer.maps(numbers, target=target[numbers]) for numbers in explainer.batches()]
    return {name: numpy.concatenate([part[name].values for part in parts]) for name in names}


def reinitialise(model, depth, seed):
    """Draw weights of a Keras model anew in place, by the initialisers that the layers were made with: of the last part `depth` of
    the layers that have weights."""
    layers = [layer for layer in model.layers if layer.weights]
    count = max(1, round(depth * len(layers)))
    for number, layer in enumerate(layers[len(layers) - count:]):
        for place, variable in enumerate(layer.weights):
            variable.assign(_drawn(layer, variable, [seed, number + len(layers) - count, place]))


def _drawn(layer, variable, seed):
    """Values of a variable by its layer's initialiser, which is known by the variable's own name."""
    kind = variable.name.split("/")[-1].split(":")[0]
    initialiser = getattr(layer, f"{kind}_initializer", None)
    if initialiser is None:
        raise ValueError(f"layer {layer.name}: no initialiser of its {kind} is known")
    config = initialiser.get_config()
    if "seed" in config:
        config["seed"] = int(numpy.random.default_rng(seed).integers(2**31))
    return type(initialiser).from_config(config)(tuple(variable.shape))


def similarities(before, after, modalities, tested):
    """How alike maps (n, time, channels) of the same epochs are.

    Returns
    -------
    Table of the keys, size (Spearman's correlation of |a| over time points and channels), signed (of a), and moved: half the sum of
    absolute differences of the shares of modalities, 0 to 1. NaN where an epoch has no relevance in either.
    """
    flat = [maps.reshape(len(maps), -1) for maps in (before, after)]
    some = (numpy.abs(flat[0]).sum(axis=1) > 0) & (numpy.abs(flat[1]).sum(axis=1) > 0)
    shares = [numpy.stack([numpy.abs(maps[:, :, channels]).sum(axis=(1, 2)) for channels in modalities.values()], axis=1)
              for maps in (before, after)]
    with numpy.errstate(invalid="ignore"):
        first, then = (values / values.sum(axis=1, keepdims=True) for values in shares)
    columns = {"size": rank_correlation(*map(numpy.abs, flat)), "signed": rank_correlation(*flat), "moved": numpy.abs(first - then).sum(axis=1) / 2}
    return tested[list(KEYS)].reset_index(drop=True).assign(**{name: numpy.where(some, values, numpy.nan) for name, values in columns.items()})


def rank_correlation(first, then):
    """Spearman's correlation of each row of two arrays (n, values); ties have the mean of their ranks."""
    ranks = [stats.rankdata(values, axis=1) for values in (first, then)]
    ranks = [values - values.mean(axis=1, keepdims=True) for values in ranks]
    with numpy.errstate(invalid="ignore", divide="ignore"):
        return (ranks[0] * ranks[1]).sum(axis=1) / numpy.sqrt((ranks[0]**2).sum(axis=1) * (ranks[1]**2).sum(axis=1))
