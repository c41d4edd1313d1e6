"""The explainer: a network and rules come in, relevance maps and shares of modalities go out, by either engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from .engine import Engine

#: A sample that receives less of its start relevance than this has received none (float32 ends near 1e-38).
LEAST = 1e-30

ENGINES = ("own", "innvestigate")


@dataclass(frozen=True)
class Maps:
    """Relevance of n samples under one rule: `values * exp(log_scale)` when 1 unit starts at the class.

    Attributes
    ----------
    values : (n, time, channels) float32; each sample's absolute values sum to 1, or are all 0 where none arrived.
    log_scale : (n,) float64, natural logarithm of the total absolute relevance; −inf where none arrived.
    """

    values: numpy.ndarray
    log_scale: numpy.ndarray


class Explainer:
    """Explains a Keras model by rules.

    Parameters
    ----------
    model : Keras model of the layers in `helpers.relevance.layers.MAKERS`, activations linear, ReLU and a final
        softmax, which is stripped.
    rules : name → rule or composite of `helpers.relevance.rules`.
    engine : "own", or "innvestigate", which does ε and α1β0 for sequential models and runs in a process of its own
        (`helpers.relevance.reference` says what it gets wrong). Close the explainer, or use it in a `with` block,
        to leave that process to the next one; it ends with this process.
    compiled : of the own engine; False is quicker where it explains a few dozen samples once or twice.

    Raises
    ------
    ValueError
        For a layer, activation or rule that the engine does not support, by name, before any arithmetic.

    Attributes
    ----------
    without_relevance : name of rule → samples explained so far that received no relevance.
    """

    def __init__(self, model, rules, engine="own", compiled=True):
        self.rules = dict(rules)
        self.without_relevance = dict.fromkeys(self.rules, 0)
        if engine not in ENGINES:
            raise ValueError(f"engine {engine!r}: there are {' and '.join(ENGINES)}")
        if engine == "own":
            self._engine, self._reference = Engine(model, self.rules, compiled=compiled), None
        else:
            from .reference import Reference, check  # here alone: the own engine's results do not depend on it

            check(model)
            self._engine, self._reference = None, Reference(model, self.rules)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """End what the engine holds."""
        if self._reference:
            self._reference.close()

    def maps(self, x, target=None):
        """Relevance maps: name of rule → Maps.

        Parameters
        ----------
        x : (n, time, channels), as the model takes it; a list for several inputs, and so are the maps' values.
        target : class that is explained: None for the predicted one, an int, or n ints.
        """
        if self._reference:
            relevance, logits = self._reference.relevance(numpy.asarray(x, "float32"), target)
            maps = {name: _scaled(values, logits) for name, values in relevance.items()}
        else:
            several = isinstance(x, (list, tuple))
            maps = {name: Maps(values if several else values[0], log_scale)
                    for name, (values, log_scale) in self._engine.maps(x, target).items()}
        self._count({name: of_rule.log_scale for name, of_rule in maps.items()})
        return maps

    def parts(self, x, modalities, target=None):
        """Signed parts of the shares: name of rule → (positive, negative, log_scale).

        positive and negative are (n, modalities), at least 0, fractions of a sample's total absolute relevance that add
        up to the share; NaN without relevance. `modalities` maps names to channel numbers, e.g. {"EEG": [0]}; channels
        of several inputs are numbered one after the other.
        """
        if self._reference:
            return {name: (*signed_shares(maps, modalities), maps.log_scale)
                    for name, maps in self.maps(x, target).items()}
        by_rule = {}
        for name, (*signs, log_scale) in self._engine.channels(x, target).items():
            received = numpy.isfinite(log_scale)[:, None]
            by_rule[name] = (*(numpy.where(received, _by_modality(sums, modalities), numpy.nan) for sums in signs), log_scale)
        self._count({name: log_scale for name, (_, _, log_scale) in by_rule.items()})
        return by_rule

    def shares(self, x, modalities, target=None):
        """Fractions of the absolute relevance: (n, rules, modalities), summing to 1 over modalities, NaN without any."""
        return numpy.stack([positive + negative for positive, negative, _ in
                            self.parts(x, modalities, target).values()], axis=1)

    def _count(self, log_scales):
        for name, log_scale in log_scales.items():
            self.without_relevance[name] += int(numpy.isneginf(log_scale).sum())


def _by_modality(by_channel, modalities):
    return numpy.stack([by_channel[:, channels].sum(axis=1) for channels in modalities.values()], axis=1)


def signed_shares(maps, modalities):
    """(positive, negative) parts of each modality's share, each (n, modalities) and at least 0, NaN without relevance.

    Both are fractions of the sample's total absolute relevance: they add up to the share.
    """
    received = numpy.isfinite(maps.log_scale)[:, None]
    parts = []
    for sign in (1, -1):
        by_channel = numpy.maximum(sign * maps.values, 0).sum(axis=1, dtype="float64")
        parts.append(numpy.where(received, _by_modality(by_channel, modalities), numpy.nan))
    return tuple(parts)


def _scaled(relevance, logits):
    """Maps of relevance that started as the logits; dividing by them is exact, since LRP is linear in its start."""
    totals = numpy.abs(relevance).sum(axis=(1, 2), dtype="float64")
    with numpy.errstate(divide="ignore", invalid="ignore"):
        of_start = totals / numpy.abs(logits.astype("float64"))
        received = numpy.isfinite(of_start) & (of_start >= LEAST)
        values = relevance / (totals * numpy.sign(logits))[:, None, None]
        log_scale = numpy.where(received, numpy.log(of_start), -numpy.inf)
    return Maps(numpy.where(received[:, None, None], values, 0).astype("float32"), log_scale)
