"""What each supported Keras layer does, as an operation of `helpers.relevance.graph`. The table at the end is the list of
what is supported.
"""

from __future__ import annotations

import math

import numpy

from .graph import Operation


def _numbers(weights):
    return [numpy.asarray(array, "float64") for array in weights]


def _convolution(layer, node, takes, shape):
    import tensorflow as tf

    kernel, *bias = _numbers(layer.get_weights())
    strides, dilations, causal = list(layer.strides), list(layer.dilation_rate), layer.padding == "causal"
    padding = "VALID" if causal else layer.padding.upper()

    def run(x, w):
        if causal:
            x = tf.pad(x, [[0, 0], [(w.shape[0] - 1) * dilations[0], 0], [0, 0]])
        return tf.nn.convolution(x, w, strides, padding, dilations=dilations)

    valid = layer.padding == "valid" and layer.groups == 1
    simple = valid and set(strides) == set(dilations) == {1} and kernel.ndim == 3
    return Operation("linear", [], "", "", run, kernel, *bias, options={"valid": valid, "simple": simple})


def _dense(layer, node, takes, shape):
    import tensorflow as tf

    kernel, *bias = _numbers(layer.get_weights())
    return Operation("linear", [], "", "", lambda x, w: tf.tensordot(x, w, 1), kernel, *bias, options={"valid": True})


def _normalisation(layer, node, takes, shape):
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in (-1, len(shape)):
        raise ValueError(f"layer {layer.name}: normalisation of axis {axis} is not supported, channels come last")
    weights = _numbers(layer.get_weights())
    scale = weights.pop(0) if layer.scale else 1.0
    centre = weights.pop(0) if layer.center else 0.0
    mean, variance = weights
    scale = scale / numpy.sqrt(variance + layer.epsilon)
    return Operation("linear", [], "", "", lambda x, w: x * w, scale, centre - mean * scale)


def _relu(layer, node, takes, shape):
    import tensorflow as tf

    if layer.negative_slope or layer.threshold or layer.max_value is not None:
        raise ValueError(f"layer {layer.name}: ReLU must be plain, neither leaky nor capped nor shifted")
    return Operation("relu", [], "", "", tf.nn.relu)


def _activation(layer, node, takes, shape):
    from . import graph

    activation = layer.activation
    name = getattr(activation, "__name__", type(activation).__name__)
    if name not in graph.ACTIVATIONS:
        raise ValueError(f"layer {layer.name}: activation {name} is not supported")
    return graph._activation(layer.name, name, shape)


def _move(run):
    def make(layer, node, takes, shape):
        return Operation("move", [], "", "", run(layer, node, takes, shape))
    return make


def _same(layer, node, takes, shape):
    return Operation("same", [], "", "", lambda x: x)


def _reshaped(layer, node, takes, shape):
    import tensorflow as tf

    return lambda x: tf.reshape(x, (-1, *shape))


def _permuted(layer, node, takes, shape):
    import tensorflow as tf

    return lambda x: tf.transpose(x, (0, *layer.dims))


def _padded(layer, node, takes, shape):
    import tensorflow as tf

    sides = layer.padding if isinstance(layer.padding[0], (tuple, list)) else [layer.padding]
    sides = [[0, 0], *map(list, sides), [0, 0]]
    return lambda x: tf.pad(x, sides)


def _concatenated(layer, node, takes, shape):
    import tensorflow as tf

    axis = layer.axis
    return lambda *x: tf.concat(x, axis)


def _sliced(layer, node, takes, shape):
    key = _key(node)
    return lambda x: x[key]


def _key(node):
    """What a tensor was indexed with, under either Keras."""
    arguments = getattr(node, "arguments", None)
    if arguments is not None:  # Keras 3
        return arguments.args[1] if len(arguments.args) > 1 else arguments.kwargs["key"]
    key = node.call_kwargs.get("slice_spec", node.call_args[1] if len(node.call_args) > 1 else None)
    return tuple(slice(*part.values()) if isinstance(part, dict) else part for part in key)


def _largest(layer, node, takes, shape):
    import tensorflow as tf

    size, strides, padding = list(layer.pool_size), list(layer.strides), layer.padding.upper()
    halves = size == strides == [2] and padding == "VALID"
    return Operation("max", [], "", "", lambda x: tf.nn.pool(x, size, "MAX", strides, padding),
                     options={"halves": halves})


def _largest_of_all(layer, node, takes, shape):
    import tensorflow as tf

    axes, keep = list(range(1, len(takes[0].shape) - 1)), layer.keepdims
    return Operation("max", [], "", "", lambda x: tf.reduce_max(x, axes, keep),
                     options={"all": not keep and len(axes) == 1})


def _mean(layer, node, takes, shape):
    import tensorflow as tf

    if layer.padding != "valid":
        raise ValueError(f"layer {layer.name}: average pooling with padding {layer.padding} is not supported, use valid")
    size, strides = list(layer.pool_size), list(layer.strides)
    n = math.prod(size)
    return Operation("sum", [], "", "", lambda x, w: tf.nn.pool(x, size, "AVG", strides, "VALID") * (w * n),
                     numpy.array(1 / n))


def _mean_of_all(layer, node, takes, shape):
    import tensorflow as tf

    axes, keep = list(range(1, len(takes[0].shape) - 1)), layer.keepdims
    n = math.prod(takes[0].shape[axis] for axis in axes)
    return Operation("sum", [], "", "", lambda x, w: tf.reduce_sum(x, axes, keep) * w, numpy.array(1 / n))


def _added(layer, node, takes, shape):
    return Operation("sum", [], "", "", lambda *xw: sum(xw[1:-1], xw[0]) * xw[-1], numpy.array(1.0))


MAKERS = {
    "Conv1D": _convolution, "Conv2D": _convolution, "Dense": _dense, "BatchNormalization": _normalisation,
    "ReLU": _relu, "Activation": _activation, "Softmax": lambda layer, node, takes, shape: Operation("softmax", [], "", ""),
    "ZeroPadding1D": _move(_padded), "ZeroPadding2D": _move(_padded),
    "MaxPooling1D": _largest, "MaxPooling2D": _largest,
    "GlobalMaxPooling1D": _largest_of_all, "GlobalMaxPooling2D": _largest_of_all,
    "AveragePooling1D": _mean, "AveragePooling2D": _mean,
    "GlobalAveragePooling1D": _mean_of_all, "GlobalAveragePooling2D": _mean_of_all,
    "Flatten": _move(_reshaped), "Reshape": _move(_reshaped), "Permute": _move(_permuted),
    "Dropout": _same, "SpatialDropout1D": _same, "SpatialDropout2D": _same,
    "Concatenate": _move(_concatenated), "Add": _added,
    "SlicingOpLambda": _move(_sliced), "GetItem": _move(_sliced),
}
