"""The explainer: a network and rules come in, relevance maps and shares of modalities go out, by either engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from .engine import BATCH, Engine

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
    model : Keras model of the layers in `helpers.relevance.layers.MAKERS`, models within it included; a final softmax or sigmoid is
        stripped. The weights that it has at each call are explained.
    rules : name → rule or composite of `helpers.relevance.rules`.
    engine : "own", or "innvestigate", which does ε and α1β0 for sequential models and runs in a process of its own
        (`helpers.relevance.reference` says what it gets wrong). Close the explainer, or use it in a `with` block,
        to leave that process to the next one; it ends with this process.
    compiled : of the own engine; False is quicker where it explains a few dozen samples once or twice.
    output : of a model of several outputs, the one that is explained: its number, or the name of the layer that gives it.
    batch : samples explained at once by the own engine; memory beyond what goes in and comes out is that of one batch.

    Raises
    ------
    ValueError
        For a layer, activation or rule that the engine does not support, by name, before any arithmetic.

    Attributes
    ----------
    without_relevance, not_finite : name of rule → samples explained so far that received no relevance; whose relevance is NaN, as they
        hold, or the network makes of them, what is no number.
    """

    def __init__(self, model, rules, engine="own", compiled=True, output=None, batch=BATCH):
        self.rules = dict(rules)
        self.without_relevance, self.not_finite = dict.fromkeys(self.rules, 0), dict.fromkeys(self.rules, 0)
        if engine not in ENGINES:
            raise ValueError(f"engine {engine!r}: there are {' and '.join(ENGINES)}")
        if engine == "own":
            self._engine, self._reference = Engine(model, self.rules, compiled=compiled, output=output, batch=batch), None
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

    def maps(self, x, target=None, progress=None):
        """Relevance maps: name of rule → Maps.

        Parameters
        ----------
        x : (n, time, channels), as the model takes it; a list for several inputs, and so are the maps' values. A sample with a value that
            is no number has maps and log_scale of NaN.
        target : class that is explained: None for the predicted one, an int, or n ints. Of a network that stages several epochs at once,
            the pair (position, class), each of them so.
        progress : function (done, total, text) that is told after each batch, or None.
        """
        if self._reference:
            relevance, logits = self._reference.relevance(numpy.asarray(x, "float32"), target)
            maps = {name: _scaled(values, logits) for name, values in relevance.items()}
        else:
            several = isinstance(x, (list, tuple))
            maps = {name: Maps(values if several else values[0], log_scale)
                    for name, (values, log_scale) in self._engine.maps(x, target, progress).items()}
        self._count({name: of_rule.log_scale for name, of_rule in maps.items()})
        return maps

    def parts(self, x, modalities, target=None, axis=None, progress=None):
        """Signed parts of the shares: name of rule → (positive, negative, log_scale).

        positive and negative are (n, modalities), at least 0, fractions of a sample's total absolute relevance that add up to the share;
        NaN without relevance.

        Parameters
        ----------
        x, target, progress : as in `maps`.
        modalities : names → channel numbers, e.g. {"EEG": [0]}, every channel exactly once; those of several inputs are numbered one after
            the other.
        axis : of x, on which the channels are; None to take the only one that is as long as there are channels.

        Raises
        ------
        ValueError
            For channels that are missing, named twice or not there, or where several axes could be theirs.
        """
        if self._reference:
            _channel_axis([numpy.shape(x)], modalities, -1)
            return {name: (*signed_shares(maps, modalities), maps.log_scale)
                    for name, maps in self.maps(x, target).items()}
        shapes = [numpy.shape(array) for array in (x if isinstance(x, (list, tuple)) else [x])]
        axis, by_rule = _channel_axis(shapes, modalities, axis), {}
        for name, (*signs, log_scale) in self._engine.channels(x, target, axis, progress).items():
            received = numpy.isfinite(log_scale)[:, None]
            by_rule[name] = (*(numpy.where(received, _by_modality(sums, modalities), numpy.nan) for sums in signs), log_scale)
        self._count({name: log_scale for name, (_, _, log_scale) in by_rule.items()})
        return by_rule

    def shares(self, x, modalities, target=None, axis=None, progress=None):
        """Fractions of the absolute relevance: (n, rules, modalities), summing to 1 over modalities, NaN without any; see `parts`."""
        return numpy.stack([positive + negative for positive, negative, _ in
                            self.parts(x, modalities, target, axis, progress).values()], axis=1)

    def _count(self, log_scales):
        for name, log_scale in log_scales.items():
            self.without_relevance[name] += int(numpy.isneginf(log_scale).sum())
            self.not_finite[name] += int(numpy.isnan(log_scale).sum())


def _channel_axis(shapes, modalities, axis):
    """Axis of the channels of inputs of these shapes, once the modalities were found to have each of them exactly once."""
    named, shape = [channel for channels in modalities.values() for channel in channels], shapes[0]
    if twice := [channel for channel in named if named.count(channel) > 1]:
        raise ValueError(f"modalities: channel {twice[0]} is named twice")
    if axis is None and len(shapes) == 1:
        fitting = [number for number in range(1, len(shape)) if set(named) == set(range(shape[number]))]
        if len(fitting) > 1 or len(shape) > 3 and len(named) == 1:
            raise ValueError(f"modalities: of samples of shape {shape[1:]} axis {' or '.join(map(str, fitting))} could be that of {len(named)} "
                             "channels; say which by axis= (0 is that of the samples)")
        axis = fitting[0] if fitting else None
    axis = -1 if axis is None else axis
    count = sum(each[axis] for each in shapes)
    if missing := sorted(set(range(count)) - set(named)):
        raise ValueError(f"modalities: channel {missing[0]} of {count} is in none of them; name every channel")
    if beyond := [channel for channel in named if channel not in range(count)]:
        raise ValueError(f"modalities: there is no channel {beyond[0]}, the samples have {count} (numbered from 0)")
    return axis % len(shape)


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
