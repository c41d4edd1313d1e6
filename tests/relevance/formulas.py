"""The rules written out again in float64, slowly and plainly, for a list of layers and one sample at a time.

A layer is a tuple: ("conv", kernel (k, c, f), bias), ("dense", kernel (i, o), bias), ("relu",), ("maxpool", size),
("globalmax",). A rule is ("epsilon", ε) or ("alphabeta", α, β, bias).
"""

import numpy


def forward(layers, x):
    """Inputs of every layer, and the output of the last one."""
    inputs = []
    for layer in layers:
        inputs.append(x)
        x = _apply(layer, x)
    return inputs, x


def _apply(layer, x):
    kind = layer[0]
    if kind == "conv":
        kernel, bias = layer[1:]
        width = len(kernel)
        return numpy.stack([numpy.einsum("kc,kcf->f", x[t:t + width], kernel) + bias
                            for t in range(len(x) - width + 1)])
    if kind == "dense":
        return x @ layer[1] + layer[2]
    if kind == "relu":
        return numpy.maximum(x, 0)
    if kind == "maxpool":
        size = layer[1]
        return x[: len(x) // size * size].reshape(-1, size, x.shape[1]).max(axis=1)
    return x.max(axis=0)


def relevance(layers, x, rule, target=None):
    """Relevance of the inputs (like x) when 1 unit starts at the target, by default the largest output."""
    inputs, output = forward(layers, numpy.asarray(x, "float64"))
    arrived = numpy.zeros_like(output)
    arrived[output.argmax() if target is None else target] = 1
    for layer, below in zip(layers[::-1], inputs[::-1]):
        arrived = _down(layer, below, arrived, rule)
    return arrived


def _down(layer, x, arrived, rule):
    kind = layer[0]
    if kind == "relu":
        return arrived
    if kind == "maxpool":
        return _winners(x, arrived, layer[1])
    if kind == "globalmax":
        winners = x == x.max(axis=0)
        return winners * arrived / winners.sum(axis=0)
    if kind == "dense":
        return _linear(x, layer[1], layer[2], arrived, rule)
    kernel, bias = layer[1:]
    handed = numpy.zeros_like(x)
    for t, of_place in enumerate(arrived):
        patch = x[t:t + len(kernel)]
        part = _linear(patch.ravel(), kernel.reshape(patch.size, -1), bias, of_place, rule)
        handed[t:t + len(kernel)] += part.reshape(patch.shape)
    return handed


def _winners(x, arrived, size):
    """The first of the largest in each window takes all."""
    handed = numpy.zeros_like(x)
    for place, of_place in enumerate(arrived):
        first = place * size + x[place * size:(place + 1) * size].argmax(axis=0)
        handed[first, numpy.arange(x.shape[1])] = of_place
    return handed


def _linear(x, kernel, bias, arrived, rule):
    contributions = x[:, None] * kernel
    if rule[0] == "epsilon":
        z = contributions.sum(axis=0) + bias
        return (contributions * _ratio(arrived, z + rule[1] * numpy.where(z >= 0, 1, -1))).sum(axis=1)
    _, alpha, beta, with_bias = rule
    bias = bias if with_bias else numpy.zeros_like(bias)
    handed = 0
    for factor, part, own in ((alpha, numpy.maximum(contributions, 0), numpy.maximum(bias, 0)),
                              (-beta, numpy.minimum(contributions, 0), numpy.minimum(bias, 0))):
        handed = handed + factor * (part * _ratio(arrived, part.sum(axis=0) + own)).sum(axis=1)
    return handed


def _ratio(above, below):
    return numpy.divide(above, below, out=numpy.zeros_like(above), where=below != 0)
