"""Modalities as players: what a network gives for every set of them, its Shapley values and its interactions, exactly.

Sets of k modalities are numbered 0 to 2^k − 1: bit m is 1 where modality m is in the set. What is not in a set comes from another
epoch, the same one for all sets, so that Shapley values add up exactly to f(x) − f(other epoch).
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial

import numpy


def members(number, k):
    """Modalities in the set of that number, ascending."""
    return [modality for modality in range(k) if number >> modality & 1]


def named(number, modalities):
    """`EEG + EOG`, the set of that number; `none` for the empty one."""
    return " + ".join(modalities[modality] for modality in members(number, len(modalities))) or "none"


def mixed(x, other, number, modalities):
    """x with every modality outside the set of that number taken from `other`.

    x, other : (n, time, channels). modalities : name → channel numbers.
    """
    taken = numpy.array(other)
    for modality in members(number, len(modalities)):
        channels = list(modalities.values())[modality]
        taken[..., channels] = x[..., channels]
    return taken


def values(function, x, others, modalities):
    """What a function gives for every set: (n, draws, 2^k, classes).

    Parameters
    ----------
    function : (n, time, channels) → (n, classes).
    x : (n, time, channels). others : arrays like x, one per draw: what stands in for the modalities outside a set.
    modalities : name → channel numbers; together they cover every channel.
    """
    k = len(modalities)
    whole = function(x)
    drawn = []
    for other in others:
        sets = [function(mixed(x, other, number, modalities)) for number in range(2**k - 1)]
        drawn.append(numpy.stack([*sets, whole], axis=1))
    return numpy.stack(drawn, axis=1)


@lru_cache
def _shapley(k):
    weights = numpy.zeros((2**k, k))
    for number in range(2**k):
        size = len(members(number, k))
        for modality in range(k):
            if number >> modality & 1:
                weights[number, modality] = factorial(size - 1) * factorial(k - size) / factorial(k)
            else:
                weights[number, modality] = -factorial(size) * factorial(k - size - 1) / factorial(k)
    return weights


def shapley(of_sets):
    """Shapley values (…, k) of values of all sets (…, 2^k): φ_m = Σ_S |S|! (k − |S| − 1)! / k! · (v(S ∪ m) − v(S)); their sum is
    v(all) − v(none) (Shapley 1953)."""
    of_sets = numpy.asarray(of_sets, "float64")
    return of_sets @ _shapley(of_sets.shape[-1].bit_length() - 1)


@lru_cache
def _interactions(k):
    signs = numpy.zeros((2**k, 2**k))
    for number in range(2**k):
        for within in range(2**k):
            if within & number == within:
                signs[within, number] = (-1) ** (number.bit_count() - within.bit_count())
    return signs


def interactions(of_sets):
    """Interaction of every set (…, 2^k), the Möbius transform m(S) = Σ_{T ⊆ S} (−1)^{|S| − |T|} v(T) (Harsanyi 1963).

    That of one modality is what it gives alone, of two or three what they give together beyond what their parts give: above 0 they
    need each other, below 0 they say the same. The sum over all subsets of S is v(S).
    """
    of_sets = numpy.asarray(of_sets, "float64")
    return of_sets @ _interactions(of_sets.shape[-1].bit_length() - 1)
