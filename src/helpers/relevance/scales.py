"""Relevance on a scale of its own for each sample, so that float32 never ends: a tensor, its natural logarithm (n,) float64
by which it is to be multiplied, and whether it was rescaled just now.
"""

from __future__ import annotations

import numpy


def times(tensor, factor):
    """A tensor times one number per sample."""
    import tensorflow as tf

    return tensor * tf.reshape(tf.cast(factor, tensor.dtype), (-1, *[1] * (len(tensor.shape) - 1)))


def raised(rule, tensor, log, fresh):
    """The same relevance on a scale on which division by a large ε leaves it near 1."""
    epsilon = max(1.0, *(fraction.epsilon for fraction in rule.fractions))
    return tensor * epsilon, log - numpy.log(epsilon), fresh


def rescaled(tensor, log, fresh, peaks):
    """The same relevance with a largest absolute value of 1 per sample; samples of nothing stay so. Adds to `peaks`."""
    import tensorflow as tf

    axes = list(range(1, len(tensor.shape)))
    peak = tf.maximum(tf.reduce_max(tensor, axes), -tf.reduce_min(tensor, axes))
    peaks.append(peak)
    peak = tf.where(peak > 0, peak, 1)
    return times(tensor, 1 / peak), log + tf.math.log(tf.cast(peak, "float64")), True


def added(relevance, other):
    """Relevance that came by two ways, each on its own scale."""
    tensors, log = on_one_scale([relevance[0], other[0]], [relevance[1], other[1]])
    return tensors[0] + tensors[1], log, False


def on_one_scale(tensors, logs):
    """The same relevance with one log for all; a sample of nothing must not set the scale of the others."""
    import tensorflow as tf

    if len(tensors) == 1:
        return tensors, logs[0]
    some = [tf.reduce_any(tensor != 0, list(range(1, len(tensor.shape)))) for tensor in tensors]
    nothing = tf.constant(-numpy.inf, "float64")
    log = tf.reduce_max(tf.stack([tf.where(has, of_tensor, nothing) for has, of_tensor in zip(some, logs)]), 0)
    log = tf.where(tf.math.is_finite(log), log, tf.zeros_like(log))
    return [times(tensor, tf.exp(tf.minimum(of_tensor - log, 0))) for tensor, of_tensor in zip(tensors, logs)], log
