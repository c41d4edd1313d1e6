"""The rules written out again in float64, slowly and plainly, for a list of layers and one sample at a time.

A layer is a tuple: ("conv", kernel (k, c, f), bias[, "same"]), ("conv2d", kernel (h, w, c, f), bias),
("dense", kernel (i, o), bias), ("relu",), ("maxpool", size), ("globalmax",), ("avgpool", size), ("globalavg",),
("flatten",), ("pad", before, after), ("both", layers, layers) whose outputs stand side by side on the last axis, and
("add", layers, layers). A rule is a tuple of its name and numbers, as in `RULES`.
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
    if kind in ("conv", "conv2d"):
        out = numpy.zeros(_outputs(layer, x))
        for place, _, kernel, values in _patches(layer, x):
            out[place] = values @ kernel + layer[2]
        return out
    if kind == "dense":
        return x @ layer[1] + layer[2]
    if kind == "relu":
        return numpy.maximum(x, 0)
    if kind == "flatten":
        return x.ravel()
    if kind == "pad":
        return numpy.pad(x, [layer[1:], (0, 0)])
    if kind in ("both", "add"):
        parts = [forward(branch, x)[1] for branch in layer[1:]]
        return numpy.concatenate(parts, -1) if kind == "both" else sum(parts)
    if kind in ("maxpool", "avgpool"):
        windows = x[: len(x) // layer[1] * layer[1]].reshape(-1, layer[1], x.shape[1])
        return windows.max(axis=1) if kind == "maxpool" else windows.mean(axis=1)
    return x.max(axis=0) if kind == "globalmax" else x.mean(axis=0)


def _outputs(layer, x):
    *size, _, filters = layer[1].shape
    if layer[3:] == ("same",):
        return *x.shape[:-1], filters
    return *(length - width + 1 for length, width in zip(x.shape, size)), filters


def _patches(layer, x):
    """(place of the output, indices of the inputs that exist, their rows of the kernel, their values) of a convolution."""
    kernel = layer[1]
    *size, _, filters = kernel.shape
    before = [(width - 1) // 2 if layer[3:] == ("same",) else 0 for width in size]
    numbers = numpy.arange(x.size).reshape(x.shape)
    for place in numpy.ndindex(_outputs(layer, x)[:-1]):
        starts = [at - shift for at, shift in zip(place, before)]
        inside = tuple(slice(max(start, 0), min(start + width, length))
                       for start, width, length in zip(starts, size, x.shape))
        own = tuple(slice(part.start - start, part.stop - start) for part, start in zip(inside, starts))
        yield place, numbers[inside].ravel(), kernel[own].reshape(-1, filters), x[inside].ravel()


def relevance(layers, x, rule, target=None):
    """Relevance of the inputs (like x) when 1 unit starts at the target, by default the largest output."""
    output = forward(layers, numpy.asarray(x, "float64"))[1]
    arrived = numpy.zeros_like(output)
    arrived[output.argmax() if target is None else target] = 1
    return handed_down(layers, numpy.asarray(x, "float64"), arrived, rule)


def handed_down(layers, x, arrived, rule):
    """Relevance of the inputs of all layers when `arrived` stands at their outputs."""
    inputs, _ = forward(layers, x)
    for number in range(len(layers) - 1, -1, -1):
        padded = numpy.ones(len(inputs[number]), bool)
        if number and layers[number - 1][0] == "pad":
            padded[: layers[number - 1][1]] = False
            padded[len(padded) - layers[number - 1][2]:] = False
        arrived = _down(layers[number], inputs[number], arrived, rule, padded)
    return arrived


def _down(layer, x, arrived, rule, real):
    kind = layer[0]
    if kind == "relu":
        return arrived
    if kind == "flatten":
        return arrived.reshape(x.shape)
    if kind == "pad":
        return arrived[layer[1]:len(arrived) - layer[2]]
    if kind == "maxpool":
        return _winners(x, arrived, layer[1])
    if kind == "globalmax":
        winners = x == x.max(axis=0)
        return winners * arrived / winners.sum(axis=0)
    if kind in ("avgpool", "globalavg"):
        return _averages(x, arrived, layer[1] if kind == "avgpool" else len(x))
    if kind == "both":
        widths = [forward(branch, x)[1].shape[-1] for branch in layer[1:]]
        parts = numpy.split(arrived, numpy.cumsum(widths)[:-1], axis=-1)
        return sum(handed_down(branch, x, part, rule) for branch, part in zip(layer[1:], parts))
    if kind == "add":
        values = [forward(branch, x)[1] for branch in layer[1:]]
        ratio = _ratio(arrived, sum(values))
        return sum(handed_down(branch, x, value * ratio, rule) for branch, value in zip(layer[1:], values))
    if kind == "dense":
        return linear(x, layer[1], layer[2], arrived, rule)
    handed = numpy.zeros(x.size)
    exist = numpy.broadcast_to(real.reshape(-1, *[1] * (x.ndim - 1)), x.shape).ravel()
    for place, numbers, kernel, values in _patches(layer, x):
        kept = exist[numbers]
        handed[numbers[kept]] += linear(values[kept], kernel[kept], layer[2], arrived[place], rule)
    return handed.reshape(x.shape)


def _winners(x, arrived, size):
    """The first of the largest in each window takes all."""
    handed = numpy.zeros_like(x)
    for place, of_place in enumerate(arrived):
        first = place * size + x[place * size:(place + 1) * size].argmax(axis=0)
        handed[first, numpy.arange(x.shape[1])] = of_place
    return handed


def _averages(x, arrived, size):
    """LRP-0 with weights 1/size."""
    handed = numpy.zeros_like(x)
    for place, of_place in enumerate(numpy.atleast_2d(arrived)):
        window = x[place * size:(place + 1) * size]
        handed[place * size:(place + 1) * size] = window / size * _ratio(of_place, window.sum(axis=0) / size)
    return handed


def linear(x, kernel, bias, arrived, rule):
    """Relevance of the inputs x (i,) of a layer with kernel (i, o) and bias (o,) when `arrived` (o,) stands at its outputs."""
    name, *numbers = rule
    return RULES[name](x[:, None], numpy.asarray(kernel, "float64"), numpy.broadcast_to(bias, arrived.shape), arrived,
                       *numbers)


def _zero(x, w, b, arrived):
    return (x * w * _ratio(arrived, (x * w).sum(axis=0) + b)).sum(axis=1)


def _epsilon(x, w, b, arrived, epsilon):
    z = (x * w).sum(axis=0) + b
    return (x * w * arrived / (z + epsilon * numpy.where(z >= 0, 1, -1))).sum(axis=1)


def _gamma(x, w, b, arrived, gamma):
    contributions, handed = x * w, numpy.zeros(len(x))
    z = contributions.sum(axis=0) + b
    for j in range(len(b)):
        def agreeing(value, j=j):
            return numpy.maximum(value, 0) if z[j] >= 0 else numpy.minimum(value, 0)
        own = contributions[:, j] + gamma * agreeing(contributions[:, j])
        handed += own * _ratio(arrived[j:j + 1], (own.sum() + b[j] + gamma * agreeing(b[j])).reshape(1))
    return handed


def _alphabeta(x, w, b, arrived, alpha, beta, with_bias=True):
    b, handed = b * with_bias, 0
    for factor, part in ((alpha, lambda value: numpy.maximum(value, 0)), (-beta, lambda value: numpy.minimum(value, 0))):
        handed = handed + factor * (part(x * w) * _ratio(arrived, part(x * w).sum(axis=0) + part(b))).sum(axis=1)
    return handed


def _wsquare(x, w, b, arrived):
    return (w ** 2 * _ratio(arrived, (w ** 2).sum(axis=0))).sum(axis=1)


def _flat(x, w, b, arrived):
    return (numpy.ones_like(w) * arrived / len(x)).sum(axis=1)


def _zb(x, w, b, arrived, low, high):
    own = x * w - low * numpy.maximum(w, 0) - high * numpy.minimum(w, 0)
    return (own * _ratio(arrived, own.sum(axis=0))).sum(axis=1)


RULES = {"zero": _zero, "epsilon": _epsilon, "gamma": _gamma, "alphabeta": _alphabeta, "wsquare": _wsquare,
         "flat": _flat, "zb": _zb}


def _ratio(above, below):
    return numpy.divide(above, below, out=numpy.zeros(numpy.broadcast(above, below).shape), where=below != 0)
