"""What each supported Keras layer does, as a `helpers.relevance.operation.Operation`. The table at the end is the list of
what is supported.
"""

from __future__ import annotations

import math

import numpy

from .operation import Operation, activation, activation_of, check_plain


def _numbers(weights):
    return [numpy.asarray(array, "float64") for array in weights]


def _convolution(layer, node, takes, shape):
    import tensorflow as tf

    kernel, *bias = _numbers(layer.get_weights())
    strides, dilations, causal = list(layer.strides), list(layer.dilation_rate), layer.padding == "causal"
    padding, groups = "VALID" if causal else layer.padding.upper(), layer.groups

    def run(x, w):
        if causal:
            x = tf.pad(x, [[0, 0], [(w.shape[0] - 1) * dilations[0], 0], [0, 0]])
        if groups == 1:
            return tf.nn.convolution(x, w, strides, padding, dilations=dilations)
        # one after the other: TensorFlow has no way back through a grouped convolution on a CPU
        pairs = zip(tf.split(x, groups, -1), tf.split(w, groups, -1))
        return tf.concat([tf.nn.convolution(*pair, strides, padding, dilations=dilations) for pair in pairs], -1)

    valid = layer.padding == "valid" and groups == 1
    simple = valid and set(strides) == set(dilations) == {1} and kernel.ndim == 3
    return Operation("linear", [], "", "", run, kernel, *bias, options={"valid": valid, "simple": simple})


def _dense(layer, node, takes, shape):
    import tensorflow as tf

    kernel, *bias = _numbers(layer.get_weights())
    return Operation("linear", [], "", "", lambda x, w: tf.tensordot(x, w, 1), kernel, *bias, options={"valid": True})


def _normalisation(layer, node, takes, shape):
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    if axes not in ([-1], [len(shape)]):
        axis = ", ".join(map(str, axes))
        raise ValueError(f"layer {layer.name}: normalisation of axis {axis} is not supported, channels come last")
    weights = _numbers(layer.get_weights())
    scale = weights.pop(0) if layer.scale else 1.0
    centre = weights.pop(0) if layer.center else 0.0
    mean, variance = weights
    scale = scale / numpy.sqrt(variance + layer.epsilon)
    return Operation("linear", [], "", "", lambda x, w: x * w, scale, centre - mean * scale)


def _relu(layer, node, takes, shape):
    import tensorflow as tf

    check_plain(layer, layer.name)
    return Operation("relu", [], "", "", tf.nn.relu)


def _activation(layer, node, takes, shape):
    return activation(layer.name, activation_of(layer), shape)


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
    if axis in (0, -1 - len(shape)):
        raise ValueError(f"layer {layer.name}: concatenation of samples (axis {axis}) is not supported")
    return lambda *x: tf.concat(x, axis)


def _sliced(layer, node, takes, shape):
    key = _key(node)
    given = sum(index is not None and index is not Ellipsis for index in key)  # axes that the key says something of
    beyond = key[0] is Ellipsis and given < len(takes[0].shape)
    if len(takes) > 1 or key[0] != slice(None) and not beyond:
        raise ValueError(f"layer {layer.name}: slices must leave the samples (axis 0) as they are")
    return lambda x: x[key]


def _key(node):
    """What a tensor was indexed with, under either Keras: a tuple."""
    arguments = getattr(node, "arguments", None)
    if arguments is not None:  # Keras 3
        key = arguments.args[1] if len(arguments.args) > 1 else arguments.kwargs["key"]
    else:
        key = node.call_kwargs.get("slice_spec", node.call_args[1] if len(node.call_args) > 1 else None)
    key = key if isinstance(key, (tuple, list)) else (key,)
    ends = ("start", "stop", "step")
    return tuple(slice(*map(index.get, ends)) if isinstance(index, dict) else index for index in key)


def _pool(rank, which):
    """TensorFlow's own pooling of an axis or two; `tf.nn.pool` would refuse strides larger than the window."""
    import tensorflow as tf

    return {("max", 1): tf.nn.max_pool1d, ("max", 2): tf.nn.max_pool2d,
            ("mean", 1): tf.nn.avg_pool1d, ("mean", 2): tf.nn.avg_pool2d}[which, rank]


def _largest(layer, node, takes, shape):
    size, strides, padding = list(layer.pool_size), list(layer.strides), layer.padding.upper()
    pool, halves = _pool(len(size), "max"), size == strides == [2] and padding == "VALID"
    return Operation("max", [], "", "", lambda x: pool(x, size, strides, padding), options={"halves": halves})


def _largest_of_all(layer, node, takes, shape):
    import tensorflow as tf

    axes, keep = list(range(1, len(takes[0].shape) - 1)), layer.keepdims
    return Operation("max", [], "", "", lambda x: tf.reduce_max(x, axes, keep),
                     options={"all": not keep and len(axes) == 1})


def _mean(layer, node, takes, shape):
    if layer.padding != "valid":
        raise ValueError(f"layer {layer.name}: average pooling with padding {layer.padding} is not supported, use valid")
    size, strides = list(layer.pool_size), list(layer.strides)
    pool, n = _pool(len(size), "mean"), math.prod(size)
    return Operation("sum", [], "", "", lambda x, w: pool(x, size, strides, "VALID") * (w * n), numpy.array(1 / n))


def _mean_of_all(layer, node, takes, shape):
    import tensorflow as tf

    axes, keep = list(range(1, len(takes[0].shape) - 1)), layer.keepdims
    n = math.prod(takes[0].shape[axis] for axis in axes)
    return Operation("sum", [], "", "", lambda x, w: tf.reduce_sum(x, axes, keep) * w, numpy.array(1 / n))


def _added(layer, node, takes, shape):
    if any(len(tensor.shape) != len(shape) + 1 for tensor in takes):  # Keras would shift their axes
        raise ValueError(f"layer {layer.name}: what is added must have the same number of axes")
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
