"""Explanations that are no rules: a network, an epoch and what may stand in for it come in; maps or one value per modality go out.

What each method computes is written beside its name in `helpers.relevance.methods`; f is the logit of the class that is explained.
"""

from __future__ import annotations

import numpy

from ..constants import RATE
from . import coalitions, methods
from .explainer import Maps, signed_shares
from .logits import Logits, chosen


def gradient_input(network, x, target):
    """x · ∂f/∂x, like x."""
    return x * network.gradient(x, target)


def integrated_gradients(network, x, target, baseline, steps):
    """(x − b) times the mean gradient at the middles of `steps` equal parts of the way from b to x."""
    mean = numpy.zeros(x.shape)
    for step in range(steps):
        mean += network.gradient(baseline + numpy.float32((step + 0.5) / steps) * (x - baseline), target)
    return (x - baseline) * (mean / steps)


def smoothgrad(network, x, target, noise):
    """Mean gradient at x + noise; `noise` gives arrays like x."""
    gradients = [network.gradient(x + drawn, target).astype("float64") for drawn in noise]
    return numpy.mean(gradients, axis=0)


def occlusion(network, x, target, modalities, window):
    """What f loses where a window of `window` samples of a modality is 0, spread evenly over it; the last may be shorter."""
    intact, changes = chosen(network(x), target), numpy.zeros(x.shape)
    for channels in modalities.values():
        for start in range(0, x.shape[1], window):
            part = slice(start, min(start + window, x.shape[1]))
            hidden = numpy.array(x)
            hidden[:, part, channels] = 0
            lost = intact - chosen(network(hidden), target)
            changes[:, part, channels] = (lost / ((part.stop - start) * len(channels)))[:, None, None]
    return changes


class Attributor:
    """Explains a Keras model by methods that are no rules.

    Parameters
    ----------
    model : Keras model of one input, as `Logits` takes it.
    chosen : name → method of `helpers.relevance.methods`.
    substitutes : `replacement.Substitutes`, or what has its `modalities`, `without` and `another`. Epochs are named by their
        numbers in it.
    seed : of SmoothGrad's noise.
    """

    def __init__(self, model, chosen, substitutes, seed=0):
        self.network, self.methods, self.substitutes, self.seed = Logits(model), dict(chosen), substitutes, seed
        self.modalities = substitutes.modalities

    def maps(self, x, numbers, target=None):
        """Name of a method that gives maps → Maps of x (n, time, channels), whose numbers in the substitutes are `numbers`."""
        target = self._targets(x, target)
        return {name: scaled(self._map(method, x, numbers, target)) for name, method in self.methods.items() if method.maps}

    def parts(self, x, numbers, target=None):
        """Signed parts of the shares, as `Explainer.parts` gives them; log_total is of Σ|a|, in units of the logit."""
        target, by_method = self._targets(x, target), {}
        for name, method in self.methods.items():
            if method.maps:
                maps = scaled(self._map(method, x, numbers, target))
                by_method[name] = (*signed_shares(maps, self.modalities), maps.log_scale)
            else:
                by_method[name] = parts_of(self._values(method, x, numbers, target))
        return by_method

    def _targets(self, x, target):
        if target is None:
            return self.network(x).argmax(1)
        return numpy.broadcast_to(numpy.asarray(target), (len(x),))

    def _map(self, method, x, numbers, target):
        if isinstance(method, methods.GradientInput):
            return gradient_input(self.network, x, target)
        if isinstance(method, methods.IntegratedGradients):
            return integrated_gradients(self.network, x, target, self._baseline(method, x, numbers), method.steps)
        if isinstance(method, methods.DeepLift):
            return self.network.contributions(x, self._baseline(method, x, numbers), target)
        if isinstance(method, methods.SmoothGrad):
            return smoothgrad(self.network, x, target, self._noise(method, x, numbers))
        return occlusion(self.network, x, target, self.modalities, max(1, round(method.window_s * RATE)))

    def _values(self, method, x, numbers, target):
        """(n, modalities): one value for each modality."""
        if isinstance(method, methods.Shapley):
            others = (self.substitutes.another(numbers, draw) for draw in range(method.draws))
            of_sets = coalitions.values(self.network, x, others, self.modalities).mean(axis=1, dtype="float64")
            return coalitions.shapley(of_sets[numpy.arange(len(x)), :, target])
        intact = chosen(self.network(x), target)
        return numpy.stack([intact - chosen(self.network(self.substitutes.without(modality, method.replacement, numbers)), target)
                            for modality in self.modalities], axis=1)

    def _baseline(self, method, x, numbers):
        return numpy.zeros_like(x) if method.baseline == methods.ZERO else self.substitutes.another(numbers, 0)

    def _noise(self, method, x, numbers):
        generators = [numpy.random.default_rng([self.seed, int(number)]) for number in numbers]
        for _ in range(method.draws):
            yield numpy.stack([method.spread * random.standard_normal(x.shape[1:]) for random in generators]).astype("float32")


def scaled(values):
    """`Maps` of attributions (n, time, channels)."""
    totals = numpy.abs(values).sum(axis=tuple(range(1, values.ndim)), dtype="float64")
    received = numpy.isfinite(totals) & (totals > 0)
    each = numpy.where(received, totals, 1).reshape(-1, *[1] * (values.ndim - 1))
    with numpy.errstate(divide="ignore"):
        log_scale = numpy.where(received, numpy.log(numpy.where(received, totals, 0)), -numpy.inf)
    return Maps(numpy.where(received.reshape(each.shape), values / each, 0).astype("float32"), log_scale)


def parts_of(values):
    """(positive, negative, log_total) of one value per modality (n, modalities), as fractions of their absolute sum."""
    maps = scaled(values[:, None])
    received = numpy.isfinite(maps.log_scale)[:, None]
    each = numpy.where(received, numpy.exp(numpy.where(received, maps.log_scale[:, None], 0)), numpy.nan)
    return numpy.maximum(values, 0) / each, numpy.maximum(-values, 0) / each, maps.log_scale
