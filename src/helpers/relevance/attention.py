"""Layers that multiply what the network makes of its input: a product, and operations that are linear once something is held constant.

A product of a gate (a sigmoid or softmax) and a signal gives all its relevance to the signal (Arras et al. 2017, doi
10.18653/v1/W17-5221); several signals get equal parts, the uniform rule of AttnLRP (Achtibat et al. 2024, arXiv 2402.05602).
LayerNormalization holds its deviation constant and attention its weights, after Ali et al. 2022, arXiv 2202.07304.
"""

from __future__ import annotations

import numpy

from .operation import Operation, arguments, tensors_of, weight


def product(call):
    check_ranks(call, "multiplied")
    return Operation("product", [], "", "", _multiplied)


def _multiplied(*factors):
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result


def check_ranks(call, done):
    """Refuse inputs of different numbers of axes, which Keras would shift."""
    if any(len(taken) != len(call.shape) for taken in call.takes):
        raise ValueError(f"layer {call.layer.name}: what is {done} must have the same number of axes")


def layer_normalisation(call):
    """y = (x − mean) · scale / deviation + offset, over the last axis."""
    import tensorflow as tf

    layer, rank = call.layer, len(call.shape)
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    if [axis % (rank + 1) for axis in axes] != [rank]:
        raise ValueError(f"layer {layer.name}: normalisation of axis {', '.join(map(str, axes))} is not supported, channels come last")
    if getattr(layer, "rms_scaling", False):
        raise ValueError(f"layer {layer.name}: rms_scaling is not supported")
    scale = weight(layer, "gamma") if layer.scale else numpy.ones(())
    offset = weight(layer, "beta") if layer.center else 0.0

    def run(x, w, hold=lambda tensor: tensor):
        centred = x - tf.reduce_mean(x, -1, keepdims=True)
        deviation = tf.sqrt(tf.reduce_mean(centred * centred, -1, keepdims=True) + tf.constant(layer.epsilon, x.dtype))
        return centred / hold(deviation) * w

    return Operation("held", [], "", "", run, scale, offset, options={"held": lambda x, w: run(x, w, tf.stop_gradient)})


def multi_head_attention(call):
    """Projections of query, key and value; values weighed by the softmax of query · key; the projection of what comes out."""
    layer, rank = call.layer, len(call.shape)
    named = [layer._query_dense, layer._key_dense, layer._value_dense, layer._output_dense]
    query, key, value, output = (_projection(projection, 1 if number < 3 else 2) for number, projection in enumerate(named))
    takes = _sources(call)
    if rank != 2:
        raise ValueError(f"layer {layer.name}: attention is supported over one axis, of (time, channels)")
    length, heads = call.shape[0], named[0].kernel.shape[1]
    for projection, source in zip((query, key, value), takes):
        projection.inputs = [source]
        projection.shape = (call.takes[source[1]][0], *projection.weights.shape[1:])
    held = _attended("bqhd,bkhd->bhqk", "bhqk,bkhd->bqhd", named[0].kernel.shape[2] ** -0.5)
    held.inputs, held.shape = [("made", 0), ("made", 1), ("made", 2)], (length, heads, named[2].kernel.shape[2])
    return [query, key, value, held, output]


def attention(call):
    """Dot-product attention without weights: [query, value] or [query, value, key]."""
    layer = call.layer
    if getattr(layer, "score_mode", "dot") != "dot" or getattr(layer, "use_scale", False):
        raise ValueError(f"layer {layer.name}: attention is supported with dot scores and without a scale")
    held = _attended("bqd,bkd->bqk", "bqk,bkd->bqd", 1.0)
    held.inputs = _sources(call)
    return held


def _sources(call):
    """Where query, key and value come from, as `Operation.inputs` has it; nothing else may be given to the call."""
    if call.node is None:
        raise ValueError(f"layer {call.layer.name}: attention within TimeDistributed is not supported")
    given, named = arguments(call.node)
    if given and isinstance(given[0], (list, tuple)):
        given = given[0]
    by_name = dict(zip(("query", "value", "key"), given)) | named
    for name, value in by_name.items():
        if value is not None and value is not False and name not in ("query", "value", "key"):
            raise ValueError(f"layer {call.layer.name}: a call with {name} is not supported")
    if by_name.get("key") is None:
        by_name["key"] = by_name["value"]
    tensors = tensors_of(call.node)
    return [("in", next(number for number, tensor in enumerate(tensors) if tensor is by_name[name])) for name in ("query", "key", "value")]


def _projection(projection, contracted):
    """A dense layer over the last `contracted` axes, as attention has it."""
    import tensorflow as tf

    bias = weight(projection, "bias") if projection.bias is not None else 0.0
    kernel = weight(projection, "kernel")
    return Operation("linear", [], "", "", lambda x, w: tf.tensordot(x, w, contracted), kernel, bias,
                     options={"outputs": tuple(range(contracted - kernel.ndim, 0))})


def _attended(scores, weighed, scale):
    """Values weighed by the softmax of scaled scores of query and key; for rules the weights are held constant."""
    import tensorflow as tf

    def scored(query, key):
        return tf.einsum(scores, query, key) * tf.constant(scale, query.dtype)

    def summed(weights, value):
        return tf.einsum(weighed, weights, value)

    def run(query, key, value, w, hold=lambda tensor: tensor):
        return summed(hold(tf.nn.softmax(scored(query, key))), value) * w

    return Operation("held", [], "", "", run, numpy.ones(()), options={
        "held": lambda *tensors: run(*tensors, tf.stop_gradient), "attention": (scored, summed)})
