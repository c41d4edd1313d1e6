"""Relevance within a modality on trial: its windows are replaced in the order of their relevance, most first and least first, and what
the logit of the explained stage loses by then says whether the order meant anything (region perturbation: Samek et al. 2017,
arXiv 1509.06321).

What replaces a window comes from the same place of another epoch of the night, so that the network sees a signal as it knows it; zeros and
a straight line across the window are to compare with.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, RATE
from ..relevance.logits import chosen

#: What replaces a window.
EPOCH, ZEROS, LINE = "another epoch", "zeros", "straight line"
#: Setting `trial` → (window in s, what replaces it, up to how many windows).
WINDOWS = {"brief": ((3.0, EPOCH, 3),),
           "full": ((3.0, EPOCH, 5), (1.0, EPOCH, 15), (6.0, EPOCH, 2), (3.0, ZEROS, 5), (3.0, LINE, 5))}
#: Orders that need no explanation, and the best that is known: windows replaced one by one, by what each costs alone.
SIZE, POWER, RANDOM, TRIED = "|x|", "local power", "random order", "one by one"
REFERENCES = (SIZE, POWER, RANDOM, TRIED)


def perturb(network, x, other, maps, target, modalities, trial, random):
    """What is lost by the order of every map and reference.

    Parameters
    ----------
    network : `relevance.logits.Logits`. x, other : epochs and what replaces them, (n, time, channels). maps : name → attributions like x.
    target : explained classes (n,). modalities : name → channels. trial : the setting. random : numpy Generator of the random order.

    Returns
    -------
    Table of place (number of the epoch), rule (a name of `maps` or of `REFERENCES`), modality, window_s, replacement, most and least: the
    area (AOPC) 1/(L+1) Σ_k f(x) − f(x with k windows replaced), k = 0 to L windows, the most or the least relevant first.
    """
    rows, intact = [], chosen(network(x), target)
    for window_s, replacement, steps in WINDOWS[trial]:
        edges = numpy.arange(0, x.shape[1], max(1, round(window_s * RATE)))
        for modality, channels in modalities.items():
            stand_in = substitute(x[:, :, channels], other[:, :, channels], edges, replacement)

            def lost(replaced, channels=channels, stand_in=stand_in):
                return intact - chosen(network(_replaced(x, stand_in, channels, edges, replaced)), target)

            scores = {name: window_sums(values[:, :, channels], edges) for name, values in maps.items()}
            scores |= references(x[:, :, channels], edges, lost, random)
            for name, of_windows in scores.items():
                most, least = areas(of_windows, lost, steps)
                rows.append(pandas.DataFrame({"place": numpy.arange(len(x)), "rule": name, "modality": modality, "window_s": window_s,
                                              "replacement": replacement, "most": most, "least": least}))
    return pandas.concat(rows, ignore_index=True)


def window_sums(values, edges):
    """(n, windows): sums of (n, time, channels) over windows that begin at `edges` and over channels."""
    return numpy.add.reduceat(values.sum(axis=2, dtype="float64"), edges, axis=1)


def references(x, edges, lost, random):
    """Name → scores (n, windows) of the orders in `REFERENCES`. `lost` : function of a mask of windows → what the logit loses."""
    n, windows = len(x), len(edges)
    lengths = numpy.diff([*edges, x.shape[1]])
    means = window_sums(x, edges) / lengths / x.shape[2]
    around = x - numpy.repeat(means, lengths, axis=1)[:, :, None]
    alone = [lost(numpy.broadcast_to(numpy.arange(windows) == window, (n, windows))) for window in range(windows)]
    return {SIZE: window_sums(numpy.abs(x), edges), POWER: window_sums(around**2, edges),
            RANDOM: random.permuted(numpy.tile(numpy.arange(windows), (n, 1)), axis=1), TRIED: numpy.stack(alone, axis=1)}


def areas(scores, lost, steps):
    """(most, least): AOPC of replacing windows of the largest and of the smallest score first, up to so many, each (n,)."""
    ranks = numpy.argsort(numpy.argsort(-scores, axis=1, kind="stable"), axis=1)
    windows = scores.shape[1]
    most = sum(lost(ranks < k) for k in range(1, steps + 1)) / (steps + 1)
    least = sum(lost(ranks >= windows - k) for k in range(1, steps + 1)) / (steps + 1)
    return most, least


def substitute(x, other, edges, replacement):
    """What stands in for windows, like x (n, time, channels of one modality)."""
    if replacement == EPOCH:
        return other
    if replacement == ZEROS:
        return numpy.zeros_like(x)
    filled = numpy.empty_like(x)
    for begin, end in zip(edges, [*edges[1:], x.shape[1]]):  # from the sample before a window to the one after it
        first, last = x[:, max(begin - 1, 0)], x[:, min(end, x.shape[1] - 1)]
        part = (numpy.arange(1, end - begin + 1) / (end - begin + 1))[None, :, None]
        filled[:, begin:end] = first[:, None] + part * (last - first)[:, None]
    return filled


def _replaced(x, stand_in, channels, edges, replaced):
    """x with those windows of a modality replaced that are True in `replaced` (n, windows)."""
    taken = numpy.repeat(replaced, numpy.diff([*edges, x.shape[1]]), axis=1)[:, :, None]
    mixed = numpy.array(x)
    mixed[:, :, channels] = numpy.where(taken, stand_in, x[:, :, channels])
    return mixed


def with_keys(table, tested):
    """The table of `perturb` with the keys of the epochs in place of their numbers."""
    keys = tested[list(KEYS)].iloc[table["place"].to_numpy()].reset_index(drop=True)
    return pandas.concat([keys, table.drop(columns="place")], axis=1)
