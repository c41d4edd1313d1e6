"""Layers that put values elsewhere, copy them or leave them alone: what each does to a tensor."""

from __future__ import annotations

from .operation import Operation, arguments


def move(run):
    """A maker of the operation whose function `run` gives of a `Call`."""
    return lambda call: Operation("move", [], "", "", run(call))


def same(call):
    return Operation("same", [], "", "", lambda x: x)


def reshaped(call):
    import tensorflow as tf

    return lambda x: tf.reshape(x, (-1, *call.shape))


def permuted(call):
    import tensorflow as tf

    return lambda x: tf.transpose(x, (0, *call.layer.dims))


def _sides(pairs):
    return [list(pair) for pair in (pairs if isinstance(pairs[0], (tuple, list)) else [pairs])]


def padded(call):
    import tensorflow as tf

    sides = [[0, 0], *_sides(call.layer.padding), [0, 0]]
    return lambda x: tf.pad(x, sides)


def cropped(call):
    parts = tuple(slice(before, length - after) for (before, after), length in zip(_sides(call.layer.cropping), call.takes[0]))
    return lambda x: x[(slice(None), *parts)]


def repeated(call):
    """Upsampling: each value as often as the size says."""
    import tensorflow as tf

    if getattr(call.layer, "interpolation", "nearest") != "nearest":
        raise ValueError(f"layer {call.layer.name}: upsampling by {call.layer.interpolation} is not supported, use nearest")
    size = call.layer.size if isinstance(call.layer.size, (tuple, list)) else [call.layer.size]

    def run(x):
        for axis, times in enumerate(size):
            x = tf.repeat(x, times, axis + 1)
        return x
    return run


def copied(call):
    import tensorflow as tf

    return lambda x: tf.repeat(x[:, None], call.layer.n, 1)


def concatenated(call):
    import tensorflow as tf

    axis = call.layer.axis
    if axis in (0, -1 - len(call.shape)):
        raise ValueError(f"layer {call.layer.name}: concatenation of samples (axis {axis}) is not supported")
    return lambda *x: tf.concat(x, axis)


def sliced(call):
    key = _key(call.node)
    given = sum(index is not None and index is not Ellipsis for index in key)  # axes that the key says something of
    beyond = key[0] is Ellipsis and given < len(call.takes[0]) + 1
    if len(call.takes) > 1 or key[0] != slice(None) and not beyond:
        raise ValueError(f"layer {call.layer.name}: slices must leave the samples (axis 0) as they are")
    return lambda x: x[key]


def _key(node):
    """What a tensor was indexed with, under either Keras: a tuple."""
    given, named = arguments(node)
    key = given[1] if len(given) > 1 else named.get("slice_spec", named.get("key"))
    key = key if isinstance(key, (tuple, list)) else (key,)
    ends = ("start", "stop", "step")
    return tuple(slice(*map(index.get, ends)) if isinstance(index, dict) else index for index in key)
