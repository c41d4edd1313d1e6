"""The rules written out again in float64, slowly and plainly, for a list of layers and one sample at a time.

A layer is a tuple. Weights: ("conv", kernel (*size, c, f), bias[, options]), ("dense", kernel (i, o), bias), ("scale",
factor, shift) for a batch normalisation that stands alone. Without: ("relu",), ("maxpool" or "avgpool", size[, options]),
("globalmax"[, keep]), ("globalavg"[, keep]), ("flatten",), ("reshape", shape), ("permute", dims),
("pad", (before, after), …) one pair per axis, ("slice", key), and branches over the same input: ("both", layers, …) whose
outputs stand side by side on the last axis, ("after", layers, …) on the first, ("add", layers, …). A network whose layers
are read twice is written with that part in each branch: relevance is linear in what arrives, so the sum is the same.
Options are a dict of padding, strides, dilation and groups. A rule is a tuple of its name and numbers, as in `RULES`.
"""

import numpy

#: Layers that put values elsewhere; what they pad with is no value of the network.
MOVES = ("relu", "flatten", "reshape", "permute", "pad", "slice")
BRANCHES = ("both", "after", "add")


def forward(layers, x):
    """Inputs of every layer, and the output of the last one."""
    inputs = []
    for layer in layers:
        inputs.append(x)
        x = _apply(layer, x)
    return inputs, x


def _apply(layer, x):
    kind = layer[0]
    if kind in MOVES:
        return numpy.maximum(x, 0) if kind == "relu" else _moved(layer, x)
    if kind in BRANCHES:
        of_branches = [forward(branch, x)[1] for branch in layer[1:]]
        return sum(of_branches) if kind == "add" else numpy.concatenate(of_branches, -1 if kind == "both" else 0)
    if kind == "dense":
        return x @ layer[1] + layer[2]
    if kind == "scale":
        return x * layer[1] + layer[2]
    if kind.startswith("global"):
        axes, keep = tuple(range(x.ndim - 1)), layer[1:] == (True,)
        return x.max(axes, keepdims=keep) if kind == "globalmax" else x.mean(axes, keepdims=keep)
    size = layer[1].shape[:-2] if kind == "conv" else _size(layer)
    filters = layer[1].shape[-1] if kind == "conv" else x.shape[-1]
    out = numpy.zeros((*(count for count, _ in _geometry(x.shape, size, _options(layer))), filters))
    for position, at, taps in _windows(x.shape, size, _options(layer)):
        if kind == "conv":
            for _, outputs, values, rows in _groups(layer, x[at], taps):
                out[(*position, outputs)] = values @ rows + layer[2][outputs]
        else:
            rows = x[at].reshape(-1, x.shape[-1])
            out[position] = rows.max(axis=0) if kind == "maxpool" else rows.mean(axis=0)
    return out


def _moved(layer, x, padding=0):
    kind = layer[0]
    if kind == "pad":
        return numpy.pad(x, [*layer[1:], (0, 0)], constant_values=padding)
    if kind == "slice":
        return x[layer[1]]
    if kind == "permute":
        return x.transpose([axis - 1 for axis in layer[1]])
    return x.reshape(layer[1] if kind == "reshape" else -1) if kind != "relu" else x


def _options(layer):
    """Of a convolution or pooling; pooling steps by its size unless told."""
    options = layer[3 if layer[0] == "conv" else 2:]
    return {**({} if layer[0] == "conv" else {"strides": _size(layer)}), **(options[0] if options else {})}


def _size(layer):
    return tuple(numpy.atleast_1d(layer[1]))


def _geometry(shape, size, options):
    """(number of outputs, places of padding before the first input) of each axis, as TensorFlow counts them."""
    dilations = options.get("dilation", (1,) * len(size))
    strides = options.get("strides", (1,) * len(size))
    for length, width, stride, dilation in zip(shape, size, strides, dilations):
        span = (width - 1) * dilation + 1
        if options.get("padding") == "same":
            count = -(-length // stride)
            yield count, max((count - 1) * stride + span - length, 0) // 2
        elif options.get("padding") == "causal":
            yield (length - 1) // stride + 1, span - 1
        else:
            yield (length - span) // stride + 1, 0


def _windows(shape, size, options):
    """(position of the output, index of the inputs that exist, index of the weights that they meet)."""
    geometry = list(_geometry(shape, size, options))
    strides, dilations = options.get("strides", (1,) * len(size)), options.get("dilation", (1,) * len(size))
    for position in numpy.ndindex(*(count for count, _ in geometry)):
        at, taps = [], []
        for number, (_, before) in enumerate(geometry):
            positions = position[number] * strides[number] - before + dilations[number] * numpy.arange(size[number])
            exist = (positions >= 0) & (positions < shape[number])
            at.append(positions[exist])
            taps.append(numpy.arange(size[number])[exist])
        yield position, numpy.ix_(*at), numpy.ix_(*taps)


def _groups(layer, window, taps):
    """(channels of inputs, of outputs, values, rows of the kernel) of each group of a convolution."""
    groups = _options(layer).get("groups", 1)
    c, f = window.shape[-1] // groups, layer[1].shape[-1] // groups
    for group in range(groups):
        inputs, outputs = slice(group * c, (group + 1) * c), slice(group * f, (group + 1) * f)
        yield inputs, outputs, window[..., inputs].ravel(), layer[1][taps][..., outputs].reshape(-1, f)


def relevance(layers, x, rule, target=None):
    """Relevance of the inputs (like x) when 1 unit starts at the target, by default the largest output."""
    x = numpy.asarray(x, "float64")
    output = forward(layers, x)[1]
    arrived = numpy.zeros_like(output)
    arrived[output.argmax() if target is None else target] = 1
    return handed_down(layers, x, arrived, rule)


def handed_down(layers, x, arrived, rule, real=None):
    """Relevance of the inputs of all layers when `arrived` stands at their outputs; `real` is False where x is padding."""
    inputs, _ = forward(layers, x)
    reals = [numpy.ones(x.shape, bool) if real is None else real]
    for layer, below in zip(layers, inputs):
        reals.append(_real(layer, below, reals[-1]))
    for layer, below, real in list(zip(layers, inputs, reals))[::-1]:
        arrived = _down(layer, below, arrived, rule, real)
    return arrived


def _real(layer, x, real):
    """Where the outputs of a layer come from the network and not from padding alone."""
    if layer[0] in MOVES:
        return _moved(layer, real, False)
    if layer[0] in ("both", "after"):
        parts = []
        for branch in layer[1:]:
            of_branch = real
            for sublayer, below in zip(branch, forward(branch, x)[0]):
                of_branch = _real(sublayer, below, of_branch)
            parts.append(of_branch)
        return numpy.concatenate(parts, -1 if layer[0] == "both" else 0)
    return numpy.ones(_apply(layer, x).shape, bool)


def _down(layer, x, arrived, rule, real):
    kind = layer[0]
    if kind == "relu":
        return arrived
    if kind in MOVES:
        return _moved_back(layer, x, arrived)
    if kind in ("both", "after"):
        axis = -1 if kind == "both" else 0
        widths = [forward(branch, x)[1].shape[axis] for branch in layer[1:]]
        parts = numpy.split(arrived, numpy.cumsum(widths)[:-1], axis=axis)
        return sum(handed_down(branch, x, of_branch, rule, real) for branch, of_branch in zip(layer[1:], parts))
    if kind == "add":
        values = [forward(branch, x)[1] for branch in layer[1:]]
        ratio = _ratio(arrived, sum(values))
        return sum(handed_down(branch, x, (value * ratio).sum(_grown(value, ratio), keepdims=True), rule, real)
                   for branch, value in zip(layer[1:], values))
    if kind == "globalmax":
        axes = tuple(range(x.ndim - 1))
        winners = x == x.max(axes)
        return winners * arrived / winners.sum(axes)
    if kind == "globalavg":
        return x * _ratio(arrived, x.sum(tuple(range(x.ndim - 1))))
    if kind == "scale":
        return _each(x, layer, arrived, rule, real)
    handed, numbers = numpy.zeros(x.size), numpy.arange(x.size).reshape(x.shape)
    for inputs, weights, bias, of_output in _linear_pieces(layer, x, arrived, numbers):
        exist = real.ravel()[inputs]
        inputs, values = inputs[exist], x.ravel()[inputs][exist]
        handed[inputs] += linear(values, weights[exist], bias, of_output, rule if kind in ("conv", "dense") else ("zero",))
    if kind == "maxpool":
        for winners, of_output in _winners(layer, x, arrived, numbers):
            handed[winners] += of_output
    return handed.reshape(x.shape)


def _grown(value, ratio):
    """Axes along which a value was repeated to be added."""
    return tuple(axis for axis in range(value.ndim) if value.shape[axis] != ratio.shape[axis])


def _moved_back(layer, x, arrived):
    """Relevance follows the numbers of the inputs through the move; what stands at padding is lost."""
    numbers = _moved(layer, numpy.arange(x.size).reshape(x.shape), -1).ravel()
    handed = numpy.zeros(x.size)
    handed[numbers[numbers >= 0]] = arrived.ravel()[numbers >= 0]
    return handed.reshape(x.shape)


def _each(x, layer, arrived, rule, real):
    """A scale has one input for each output."""
    handed, factor, shift = numpy.zeros(x.shape), *(numpy.broadcast_to(weights, x.shape) for weights in layer[1:])
    for at in numpy.ndindex(x.shape):
        if real[at]:
            unit = numpy.ones((1, 1))
            handed[at] = linear(x[at] * unit[0], factor[at] * unit, shift[at] * unit[0], arrived[at] * unit[0], rule)[0]
    return handed


def _linear_pieces(layer, x, arrived, numbers):
    """(inputs, weights (inputs, outputs), bias (outputs,), relevance (outputs,)) of each position of a layer with weights."""
    kind = layer[0]
    if kind == "dense":
        for position in numpy.ndindex(x.shape[:-1]):
            yield numbers[position], layer[1], layer[2], arrived[position]
    elif kind == "conv":
        for position, at, taps in _windows(x.shape, layer[1].shape[:-2], _options(layer)):
            for inputs, outputs, _, rows in _groups(layer, x[at], taps):
                yield numbers[at][..., inputs].ravel(), rows, layer[2][outputs], arrived[position][outputs]
    elif kind == "avgpool":
        for position, at, _ in _windows(x.shape, _size(layer), _options(layer)):
            for channel, of_output in enumerate(arrived[position]):
                window = numbers[at][..., channel].ravel()
                yield window, numpy.full((len(window), 1), 1 / len(window)), numpy.zeros(1), of_output.reshape(1)


def _winners(layer, x, arrived, numbers):
    """The first of the largest in each window takes all."""
    for position, at, _ in _windows(x.shape, _size(layer), _options(layer)):
        first = x[at].reshape(-1, x.shape[-1]).argmax(axis=0)
        yield numbers[at].reshape(-1, x.shape[-1])[first, numpy.arange(x.shape[-1])], arrived[position]


def linear(x, kernel, bias, arrived, rule):
    """Relevance of the inputs x (i,) of a layer with kernel (i, o), bias (o,) when `arrived` (o,) stands at its outputs."""
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
        weighted = contributions[:, j] + gamma * agreeing(contributions[:, j])
        handed += weighted * _ratio(arrived[j:j + 1], (weighted.sum() + b[j] + gamma * agreeing(b[j])).reshape(1))
    return handed


def _alphabeta(x, w, b, arrived, alpha, beta, with_bias=True):
    b, handed = b * with_bias, 0
    for factor, signed in ((alpha, lambda value: numpy.maximum(value, 0)), (-beta, lambda value: numpy.minimum(value, 0))):
        handed = handed + factor * (signed(x * w) * _ratio(arrived, signed(x * w).sum(axis=0) + signed(b))).sum(axis=1)
    return handed


def _wsquare(x, w, b, arrived):
    return (w ** 2 * _ratio(arrived, (w ** 2).sum(axis=0))).sum(axis=1)


def _flat(x, w, b, arrived):
    return (numpy.ones_like(w) * arrived / len(x)).sum(axis=1) if len(x) else numpy.zeros(0)


def _zb(x, w, b, arrived, low, high):
    numerator = x * w - low * numpy.maximum(w, 0) - high * numpy.minimum(w, 0)
    return (numerator * _ratio(arrived, numerator.sum(axis=0))).sum(axis=1)


RULES = {"zero": _zero, "epsilon": _epsilon, "gamma": _gamma, "alphabeta": _alphabeta, "wsquare": _wsquare,
         "flat": _flat, "zb": _zb}


def _ratio(above, below):
    return numpy.divide(above, below, out=numpy.zeros(numpy.broadcast(above, below).shape), where=below != 0)


def steadiness(layers, x):
    """How far x is from where rounding decides: the smallest, over all layers, of |z| relative to the absolute sum that
    makes it, and of the gap between the two largest pooled values relative to the larger.
    """
    least = 1.0
    for layer, below in zip(layers, forward(layers, x)[0]):
        if layer[0] in BRANCHES:
            parts = [forward(branch, below)[1] for branch in layer[1:]]
            found = [steadiness(branch, below) for branch in layer[1:]]
            if layer[0] == "add":
                found.append(_least(abs(sum(parts)), sum(map(abs, parts))))
            least = min(least, *found)
        elif layer[0] in ("conv", "dense", "scale"):
            sizes = _apply((layer[0], abs(layer[1]), abs(layer[2]), *layer[3:]), abs(below))
            least = min(least, _least(abs(_apply(layer, below)), sizes))
        elif layer[0] in ("avgpool", "globalavg"):
            least = min(least, _least(abs(_apply(layer, below)), _apply(layer, abs(below))))
        elif layer[0] in ("maxpool", "globalmax"):
            size = _size(layer) if layer[0] == "maxpool" else below.shape[:-1]
            for _, at, _ in _windows(below.shape, size, _options(layer) if layer[0] == "maxpool" else {}):
                ordered = numpy.sort(below[at].reshape(-1, below.shape[-1]), axis=0)[-2:]
                if len(ordered) == 2:
                    least = min(least, _least(ordered[1] - ordered[0], abs(ordered[1])))
    return least


def _least(small, large):
    return (small[large > 0] / large[large > 0]).min(initial=1.0)
