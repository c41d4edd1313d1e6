"""Networks so small that every explanation of them is known by definition: a weighted sum, the larger of two inputs, and whether two
inputs agree. Ways of explaining are asked of them as of any other network.
"""

from __future__ import annotations

import numpy
import pandas

from ..relevance import coalitions
from ..relevance.attributions import Attributor
from ..relevance.explainer import Explainer
from ..relevance.rules import is_rule, parse

MODALITIES = {"A": [0], "B": [1]}
#: Name → (first weights 2 × units, last weights of the units, last bias, inputs, other epochs that stand in for them).
FUNCTIONS = {
    "2A − B": ([[2, -2], [-1, 1]], [1, -1], 0, (3, 2), [(0, 0)]),
    "larger of A and B": ([[1, 0, 0], [-1, 1, -1]], [1, 1, -1], 0, (3, 2), [(0, 0)]),
    "A × B of ±1": ([[1, -1], [1, -1]], [1, 1], -1, (1, 1), [(1, 1), (1, -1), (-1, 1), (-1, -1)]),
}
#: Ways of explaining that are asked; the sum of their answers is f less f of what stands in, but for SmoothGrad's and occlusion's.
NAMES = ("lrp0", "eps=0.01", "gradient-input", "integrated-gradients", "smoothgrad", "deeplift", "occlusion=2", "ablation-zeros", "shapley")


class _Given:
    """What stands in for inputs: zeros, or the other epochs that a function names, in their order."""

    modalities = MODALITIES

    def __init__(self, x, others):
        self._x, self._others = x, others

    def another(self, numbers, draw):
        return numpy.repeat(self._others[draw % len(self._others)][None], len(numbers), axis=0)

    def without(self, modality, replacement, numbers):
        changed = numpy.repeat(self._x, len(numbers), axis=0)
        changed[:, :, MODALITIES[modality]] = 0
        return changed


def network(first, last, bias):
    """A Keras model (n, 1, 2) → (n, 2) of one hidden layer with ReLU; the second output is 0."""
    from keras import Sequential, layers

    first, last = numpy.array(first, "float32"), numpy.array(last, "float32")
    model = Sequential([layers.Input((1, 2)), layers.Flatten(), layers.Dense(first.shape[1], activation="relu"), layers.Dense(2)])
    model.set_weights([first, numpy.zeros(first.shape[1], "float32"), numpy.stack([last, 0 * last], axis=1), numpy.array([bias, 0], "float32")])
    return model


def answers():
    """What every way of explaining says of every function.

    Returns
    -------
    Table of function, method, A, B: the attribution of each input, signed and not scaled, and of `coalitions.interactions`, under the
    method "interactions", A and B alone and `pair`.
    """
    rows = []
    for name, (first, last, bias, inputs, stand_ins) in FUNCTIONS.items():
        model, x = network(first, last, bias), numpy.array(inputs, "float32")[None, None]
        others = [numpy.array(other, "float32")[None] for other in stand_ins]
        given, target = _Given(x, others), numpy.zeros(1, int)
        explainer = Explainer(model, {method: parse(method) for method in NAMES if is_rule(method)})
        attributor = Attributor(model, {method: parse(method) for method in NAMES if not is_rule(method)}, given)
        start = float(attributor.network(x)[0, 0])
        parts = explainer.parts(x, MODALITIES, target) | attributor.parts(x, numpy.zeros(1, int), target)
        for method in NAMES:
            positive, negative, log_total = parts[method]
            signed = (positive - negative)[0] * numpy.exp(log_total[0]) * (start if is_rule(method) else 1)
            rows.append({"function": name, "method": method, "A": signed[0], "B": signed[1]})
        of_sets = coalitions.values(attributor.network, x, [other[None] for other in others], MODALITIES)[0, :, :, 0].mean(axis=0)
        _, alone, also, pair = coalitions.interactions(of_sets)
        rows.append({"function": name, "method": "interactions", "A": alone, "B": also, "pair": pair})
    return pandas.DataFrame(rows)
