"""What each supported Keras layer does, as `helpers.relevance.operation.Operation`. The table at the end is the list of what is supported;
the book's table of layers is made of it.
"""

from __future__ import annotations

import math

import numpy

from .attention import attention, check_ranks, layer_normalisation, multi_head_attention, product
from .cells import bidirectional, gru, lstm
from .moves import concatenated, copied, cropped, move, padded, permuted, repeated, reshaped, same, sliced
from .operation import ELEMENTWISE, Operation, activation, activation_of, weight


def _with_bias(layer):
    """(kernel, bias) of a layer, by name; a bias of 0 where it has none."""
    return weight(layer, "kernel"), weight(layer, "bias") if layer.use_bias else 0.0


# ---------------------------------------------------------------- weights

def _convolution(call):
    import tensorflow as tf

    layer, (kernel, bias) = call.layer, _with_bias(call.layer)
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
    return Operation("linear", [], "", "", run, kernel, bias, options={"valid": valid, "simple": simple})


def _transposed(call):
    import tensorflow as tf

    layer, (kernel, bias) = call.layer, _with_bias(call.layer)
    if set(layer.dilation_rate) != {1} or getattr(layer, "output_padding", None) not in (None, (None,)):
        raise ValueError(f"layer {layer.name}: a transposed convolution with dilation or output_padding is not supported")

    def run(x, w):
        shape = tf.stack([tf.shape(x)[0], *call.shape])
        return tf.nn.conv1d_transpose(x, w, shape, list(layer.strides), layer.padding.upper())

    return Operation("linear", [], "", "", run, kernel, bias, options={"outputs": (-2,)})


def _depthwise_run(layer, rank):
    """Function (x, kernel) of a convolution of each channel alone, over one or two axes."""
    import tensorflow as tf

    def pair(values):
        return [1] * (2 - rank) + list(values if isinstance(values, (tuple, list)) else [values] * rank)

    strides, dilations = pair(layer.strides), pair(layer.dilation_rate)
    if rank == 1:
        strides = [strides[1]] * 2  # TensorFlow wants equal ones; over an axis of length 1 they say nothing
    if strides[0] != strides[1]:
        raise ValueError(f"layer {layer.name}: strides that differ between axes are not supported in a depthwise convolution")
    padding = layer.padding.upper()
    if padding not in ("VALID", "SAME"):
        raise ValueError(f"layer {layer.name}: padding {layer.padding} is not supported in a depthwise convolution")

    def run(x, w):
        if rank == 1:
            x, w = x[:, None], w[None]
        y = tf.nn.depthwise_conv2d(x, w, [1, *strides, 1], padding, dilations=dilations)
        return y[:, 0] if rank == 1 else y
    return run


def _depthwise(rank):
    def make(call):
        name = "depthwise_kernel" if hasattr(call.layer, "depthwise_kernel") else "kernel"
        bias = weight(call.layer, "bias") if call.layer.use_bias else 0.0
        return Operation("linear", [], "", "", _depthwise_run(call.layer, rank), weight(call.layer, name), bias,
                         options={"outputs": (-2, -1)})
    return make


def _separable(rank):
    """A depthwise convolution and a pointwise one, two layers by any rule."""
    def make(call):
        import tensorflow as tf

        layer = call.layer
        first = Operation("linear", [], "", "", _depthwise_run(layer, rank), weight(layer, "depthwise_kernel"),
                          options={"outputs": (-2, -1)})
        bias = weight(layer, "bias") if layer.use_bias else 0.0
        pointwise = weight(layer, "pointwise_kernel")
        second = Operation("linear", [], "", "", lambda x, w: tf.nn.convolution(x, w, padding="VALID"), pointwise, bias,
                           options={"valid": True})
        first.shape = (*call.shape[:-1], pointwise.shape[-2])
        return [first, second]
    return make


def _dense(call):
    import tensorflow as tf

    return Operation("linear", [], "", "", lambda x, w: tf.tensordot(x, w, 1), *_with_bias(call.layer), options={"valid": True})


def _affine(scale, shift, channels):
    """Each channel times a number plus another: folded into a layer beside it where there is one."""
    scale, shift = (numpy.broadcast_to(numpy.ravel(values), (channels,)).astype("float64") for values in (scale, shift))
    return Operation("linear", [], "", "", lambda x, w: x * w, scale, shift, options={"affine": True})


def _last_axis(call, axis):
    axes = [axis] if isinstance(axis, int) else list(axis)
    if [one % (len(call.shape) + 1) for one in axes] != [len(call.shape)]:
        raise ValueError(f"layer {call.layer.name}: normalisation of axis {', '.join(map(str, axes))} is not supported, channels come last")


def _batch_normalisation(call):
    layer = call.layer
    _last_axis(call, layer.axis)
    scale = (weight(layer, "gamma") if layer.scale else 1.0) / numpy.sqrt(weight(layer, "moving_variance") + layer.epsilon)
    shift = (weight(layer, "beta") if layer.center else 0.0) - weight(layer, "moving_mean") * scale
    return _affine(scale, shift, call.shape[-1])


def _normalisation(call):
    layer = call.layer
    if layer.axis is not None and layer.axis != ():
        _last_axis(call, layer.axis)
    if getattr(layer, "invert", False):
        raise ValueError(f"layer {layer.name}: an inverted normalisation is not supported")
    from keras import backend

    scale = 1 / numpy.maximum(numpy.sqrt(weight(layer, "variance")), backend.epsilon())
    return _affine(scale, -weight(layer, "mean") * scale, call.shape[-1])


def _rescaled(call):
    layer = call.layer
    for values in (layer.scale, layer.offset):
        if numpy.size(values) not in (1, call.shape[-1]):
            raise ValueError(f"layer {layer.name}: scales and offsets are supported as one number or one per channel")
    return _affine(layer.scale, layer.offset, call.shape[-1])


# ------------------------------------------------------------ activations

def _rectified(call):
    import tensorflow as tf

    layer = call.layer
    slope, threshold, most = float(layer.negative_slope or 0), float(layer.threshold or 0), layer.max_value
    if not slope and not threshold and most is None:
        return activation("", "relu")

    def run(x):
        y = tf.where(x >= threshold, x, slope * (x - threshold))
        return y if most is None else tf.minimum(y, tf.constant(most, x.dtype))
    return Operation("elementwise", [], "", "", run, options={"positive": slope == 0 and threshold >= 0})


def _elementwise(run, positive=False):
    def make(call):
        return Operation("elementwise", [], "", "", run(call.layer), options={"positive": positive})
    return make


def _leaky(layer):
    import tensorflow as tf

    slope = float(getattr(layer, "negative_slope", None) if hasattr(layer, "negative_slope") else layer.alpha)
    return lambda x: tf.nn.leaky_relu(x, slope)


def _parametric(layer):
    import tensorflow as tf

    slope = weight(layer, "alpha")
    return lambda x: tf.nn.relu(x) + tf.constant(slope, x.dtype) * tf.minimum(x, 0)


def _exponential(layer):
    import tensorflow as tf

    return lambda x: tf.where(x > 0, x, tf.constant(float(layer.alpha), x.dtype) * tf.math.expm1(tf.minimum(x, 0)))


def _above_threshold(layer):
    import tensorflow as tf

    return lambda x: tf.where(x > tf.constant(float(layer.theta), x.dtype), x, tf.zeros((), x.dtype))


def _softmax(call):
    if call.layer.axis not in (-1, len(call.shape)):
        raise ValueError(f"layer {call.layer.name}: softmax of axis {call.layer.axis} is not supported, classes come last")
    return activation("", "softmax")


# ---------------------------------------------------------------- pooling

def _pool(rank, which):
    """TensorFlow's own pooling of an axis or two; `tf.nn.pool` would refuse strides larger than the window."""
    import tensorflow as tf

    return {("max", 1): tf.nn.max_pool1d, ("max", 2): tf.nn.max_pool2d,
            ("mean", 1): tf.nn.avg_pool1d, ("mean", 2): tf.nn.avg_pool2d}[which, rank]


def _largest(call):
    layer = call.layer
    size, strides, padding = list(layer.pool_size), list(layer.strides), layer.padding.upper()
    pool, halves = _pool(len(size), "max"), size == strides == [2] and padding == "VALID"
    return Operation("max", [], "", "", lambda x: pool(x, size, strides, padding), options={"halves": halves})


def _largest_of_all(call):
    import tensorflow as tf

    axes, keep = list(range(1, len(call.takes[0]))), call.layer.keepdims
    return Operation("max", [], "", "", lambda x: tf.reduce_max(x, axes, keep),
                     options={"all": not keep and len(axes) == 1})


def _mean(call):
    """The mean of what a window has of the network: at the edges of `same` padding, of fewer values."""
    import tensorflow as tf

    layer = call.layer
    size, strides, padding = list(layer.pool_size), list(layer.strides), layer.padding.upper()
    pool, counts = _pool(len(size), "mean"), numpy.ones(())
    for axis, (length, given, width, stride) in enumerate(zip(call.takes[0], call.shape, size, strides)):
        before = max((given - 1) * stride + width - length, 0) // 2 if padding == "SAME" else 0
        first = numpy.arange(given) * stride - before
        of_axis = numpy.minimum(first + width, length) - numpy.maximum(first, 0)
        counts = counts[..., None] * of_axis
    counts = counts[..., None]
    return Operation("sum", [], "", "", lambda x, w: pool(x, size, strides, padding) * (w * tf.constant(counts, w.dtype)), 1 / counts)


def _mean_of_all(call):
    import tensorflow as tf

    axes, keep = list(range(1, len(call.takes[0]))), call.layer.keepdims
    n = math.prod(call.takes[0][:-1])
    return Operation("sum", [], "", "", lambda x, w: tf.reduce_sum(x, axes, keep) * w, numpy.array(1 / n))


# ------------------------------------------------------------------- sums

def _sum(weights):
    """Inputs times `weights` (function of their number), added."""
    def make(call):
        check_ranks(call, "added")

        def run(*given):
            *tensors, w = given
            return sum((tensor * w[number] for number, tensor in enumerate(tensors[1:], 1)), tensors[0] * w[0])
        return Operation("sum", [], "", "", run, numpy.array(weights(len(call.takes)), "float64"))
    return make


_added = _sum(lambda count: [1.0] * count)
_averaged = _sum(lambda count: [1 / count] * count)
_subtracted = _sum(lambda count: [1.0, -1.0])

_RULE, _PASSES, _MOVES = "by the rule", "passed on", "follows the values"
_FOLDED = "folded into the layer beside it; alone, by the rule"
_SUM = "in proportion to the parts of the sum (LRP-0), unless a composite names it"

#: How a layer is called in a Keras model (a class of `keras.layers`, or an operator) → (what makes its operations, what becomes of relevance).
MAKERS = {
    "Dense": (_dense, _RULE), "Conv1D": (_convolution, _RULE), "Conv2D": (_convolution, _RULE), "Conv1DTranspose": (_transposed, _RULE),
    "DepthwiseConv1D": (_depthwise(1), _RULE), "DepthwiseConv2D": (_depthwise(2), _RULE),
    "SeparableConv1D": (_separable(1), f"{_RULE}, depthwise and pointwise part each"),
    "SeparableConv2D": (_separable(2), f"{_RULE}, depthwise and pointwise part each"),
    "BatchNormalization": (_batch_normalisation, _FOLDED), "Normalization": (_normalisation, _FOLDED), "Rescaling": (_rescaled, _FOLDED),
    "ReLU": (_rectified, _PASSES), "LeakyReLU": (_elementwise(_leaky), _PASSES), "PReLU": (_elementwise(_parametric), _PASSES),
    "ELU": (_elementwise(_exponential), _PASSES), "ThresholdedReLU": (_elementwise(_above_threshold, True), _PASSES),
    "Activation": (lambda call: activation("", activation_of(call.layer)), f"{_PASSES} ({', '.join(ELEMENTWISE)})"),
    "Softmax": (_softmax, "left out as the last layer; a gate in a product"),
    "MaxPooling1D": (_largest, "to the first of the largest"), "MaxPooling2D": (_largest, "to the first of the largest"),
    "GlobalMaxPooling1D": (_largest_of_all, "in equal parts to the largest"), "GlobalMaxPooling2D": (_largest_of_all, "in equal parts to the largest"),
    "AveragePooling1D": (_mean, _SUM), "AveragePooling2D": (_mean, _SUM),
    "GlobalAveragePooling1D": (_mean_of_all, _SUM), "GlobalAveragePooling2D": (_mean_of_all, _SUM),
    "Add": (_added, _SUM), "Average": (_averaged, _SUM), "Subtract": (_subtracted, _SUM),
    "a + b": (_added, _SUM), "a - b": (_subtracted, _SUM),
    "Multiply": (product, "all to the signal where the other is a gate; else in equal parts"),
    "a * b": (product, "all to the signal where the other is a gate; else in equal parts"),
    "LayerNormalization": (layer_normalisation, "its deviation held constant, then LRP-0"),
    "MultiHeadAttention": (multi_head_attention, "to the values, weights held constant (LRP-0), by the rule in its dense layers; or AttnLRP"),
    "Attention": (attention, "to the values, weights held constant (LRP-0); or AttnLRP"),
    "LSTM": (lstm, "gates held constant, step by step; by the rule in what it adds to its memory"),
    "GRU": (gru, "gates held constant, step by step; by the rule in what it adds to its memory"),
    "Bidirectional": (bidirectional, "each direction for itself"),
    **dict.fromkeys(("Flatten", "Reshape"), (move(reshaped), _MOVES)), "Permute": (move(permuted), _MOVES),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D"), (move(padded), f"{_MOVES}; padding gets none")),
    **dict.fromkeys(("Cropping1D", "Cropping2D"), (move(cropped), _MOVES)),
    **dict.fromkeys(("UpSampling1D", "UpSampling2D"), (move(repeated), "summed over the copies")),
    "RepeatVector": (move(copied), "summed over the copies"),
    "Concatenate": (move(concatenated), _MOVES), "a[…]": (move(sliced), _MOVES),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
                     "ActivityRegularization", "Identity"), (same, "passed on: they do nothing when explaining")),
    **dict.fromkeys(("TimeDistributed", "Model", "Sequential"), (None, "that of the layers within")),
}

#: What takes several tensors.
MERGES = ("Concatenate", "Add", "Average", "Subtract", "Multiply", "a + b", "a - b", "a * b", "MultiHeadAttention", "Attention")
#: Operators of either Keras: names of TensorFlow's functions (Keras 2), of Keras's operations (Keras 3).
OPERATORS = {"a + b": ("__operators__.add", "math.add", "Add"), "a - b": ("math.subtract", "Subtract"), "a * b": ("math.multiply", "Multiply"),
             "a[…]": ("SlicingOpLambda", "GetItem")}


def called(layer):
    """How `MAKERS` calls a layer, or None of one that is none of Keras's: it is known by its class, not by its name."""
    from keras import Model, layers

    kind = type(layer).__name__
    if getattr(layers, kind, None) is type(layer):
        return kind
    if isinstance(layer, Model):
        return "Model" if type(layer).call.__module__.startswith("keras.") else None  # with a `call` of its own it is no graph
    if type(layer).__module__.startswith(("keras.src.ops.", "keras.src.layers.core.", "keras.layers.core.")):
        return next((operator for operator, names in OPERATORS.items() if {kind, getattr(layer, "symbol", "")} & set(names)), None)
    return None
