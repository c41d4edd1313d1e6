"""The explainer: a network and rules come in, relevance maps and shares of modalities go out, whatever engine computes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

#: A sample that receives less of its start relevance than this has received none (float32 ends near 1e-38).
LEAST = 1e-30

#: Without BatchNormalization and Add, which iNNvestigate 2.1.2 gets wrong or cannot take.
LAYERS = ("InputLayer", "Conv1D", "Conv2D", "Dense", "Activation", "ReLU", "Softmax",
          "ZeroPadding1D", "ZeroPadding2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D",
          "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "Flatten",
          "Reshape", "Permute", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "Concatenate")
ACTIVATIONS = ("linear", "relu", "softmax")


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
    model : Keras model of one input and the layers in `LAYERS`, activations linear, ReLU and a final softmax, which
        is stripped.
    rules : name → rule of `helpers.relevance.rules`; one rule serves all layers.
    engine : "innvestigate", which runs in a process of its own (`helpers.relevance.reference` says what it gets
        wrong). Close the explainer, or use it in a `with` block, to end that process.

    Raises
    ------
    ValueError
        For a layer, activation or rule that the engine does not support, by name, before any arithmetic.

    Attributes
    ----------
    without_relevance : name of rule → samples explained so far that received no relevance.
    """

    def __init__(self, model, rules, engine="innvestigate"):
        from . import reference

        if engine != "innvestigate":
            raise ValueError(f"engine {engine!r}: there is innvestigate")
        _check(model)
        self.rules = dict(rules)
        self.without_relevance = dict.fromkeys(self.rules, 0)
        self._engine = reference.Reference(model, self.rules)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """End what the engine holds."""
        self._engine.close()

    def maps(self, x, target=None):
        """Relevance maps: name of rule → Maps.

        Parameters
        ----------
        x : (n, time, channels), as the model takes it.
        target : class that is explained: None for the predicted one, an int, or n ints.
        """
        relevance, logits = self._engine.relevance(numpy.asarray(x, "float32"), target)
        maps = {}
        for name, values in relevance.items():
            maps[name] = _scaled(values, logits)
            self.without_relevance[name] += int(numpy.isneginf(maps[name].log_scale).sum())
        return maps

    def shares(self, x, modalities, target=None):
        """Fractions of the absolute relevance: (n, rules, modalities), summing to 1 over modalities, NaN without any.

        `modalities` maps names to channel numbers, e.g. {"EEG": [0], "EOG": [1], "EMG": [2]}.
        """
        return numpy.stack([sum(signed_shares(maps, modalities))
                            for maps in self.maps(x, target).values()], axis=1)


def signed_shares(maps, modalities):
    """(positive, negative) parts of each modality's share, each (n, modalities) and at least 0, NaN without relevance.

    Both are fractions of the sample's total absolute relevance: they add up to the share.
    """
    received = numpy.isfinite(maps.log_scale)[:, None]
    parts = []
    for sign in (1, -1):
        by_channel = numpy.maximum(sign * maps.values, 0).sum(axis=1, dtype="float64")
        part = numpy.stack([by_channel[:, channels].sum(axis=1) for channels in modalities.values()], axis=1)
        parts.append(numpy.where(received, part, numpy.nan))
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


def _check(model):
    if len(model.inputs) != 1:
        raise ValueError(f"{len(model.inputs)} inputs: this engine explains models of one input")
    for layer in model.layers:
        kind = type(layer).__name__
        activation = getattr(layer, "activation", None)
        activation = getattr(activation, "__name__", type(activation).__name__) if activation else "linear"
        if kind not in LAYERS:
            raise ValueError(f"layer {layer.name}: {kind} is not supported")
        if activation not in ACTIVATIONS:
            raise ValueError(f"layer {layer.name}: activation {activation} is not supported")
        if (kind == "Softmax" or activation == "softmax") and layer.output is not model.outputs[0]:
            raise ValueError(f"layer {layer.name}: a softmax is supported as the last layer only")
        if kind == "ReLU" and (layer.negative_slope or layer.threshold or layer.max_value is not None):
            raise ValueError(f"layer {layer.name}: ReLU must be plain, neither leaky nor capped nor shifted")
