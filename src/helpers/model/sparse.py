"""The same network with a cheaper way back. Global max pooling hands the gradient of each filter to one time point, so
the convolution before it need not be differentiated anywhere else: here 256 places instead of 367 × 256.
"""

from __future__ import annotations


def sparse(model):
    """A function (x, training) → output of `model`, whose gradient through Conv1D + GlobalMaxPooling1D is sparse.

    Outputs and gradients are the model's own but for rounding; its variables are used as they are. A network without
    that pattern, or whose way to the output does not all lead through it, comes back as it is.
    """
    from keras import Model

    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    for pool in model.layers:
        conv = _convolution_before(pool)
        if conv is None:
            continue
        try:
            before, after = Model(inputs, conv.input), Model(pool.output, model.outputs[0])
        except ValueError:  # another path leads around the pooling
            continue
        return lambda x, training: after(strongest(before(x, training=training), conv.kernel, conv.bias),
                                         training=training)
    return lambda x, training: model(x, training=training)


def _convolution_before(pool):
    """The plain ReLU convolution whose output `pool` takes the global maximum of, if it does."""
    from keras import activations, layers

    if not isinstance(pool, layers.GlobalMaxPooling1D) or pool.keepdims:
        return None
    conv = getattr(pool.input, "_keras_history", [None])[0]
    plain = isinstance(conv, layers.Conv1D) and conv.padding == "valid" and conv.use_bias and conv.groups == 1
    plain = plain and tuple(conv.strides) == tuple(conv.dilation_rate) == (1,)
    return conv if plain and conv.activation is activations.relu else None


def strongest(x, kernel, bias):
    """Global maximum over time of relu(convolution): (n, samples, channels) → (n, filters).

    Since ReLU and the bias keep the order, relu(max z + bias) is the maximum of relu(z + bias). Where maxima tie, each
    gets an equal part of the gradient, as in TensorFlow, on a way that is not sparse.
    """
    import tensorflow as tf

    width, channels, filters = kernel.shape
    samples = x.shape[1]

    @tf.custom_gradient
    def run(x, kernel, bias):
        n = tf.shape(x)[0]
        z = tf.nn.conv1d(x, kernel, 1, "VALID")
        winners, largest = tf.argmax(z, 1, tf.int32), tf.reduce_max(z, 1)
        output = tf.nn.relu(largest + bias)
        tied = tf.math.count_nonzero(z == largest[:, None, :]) > tf.size(largest, tf.int64)

        def at_winners(gradient):
            places = (tf.range(n)[:, None] * samples + winners)[:, :, None] + tf.range(width)
            patches = tf.gather(tf.reshape(x, (-1, channels)), places)
            to_kernel = tf.transpose(tf.reduce_sum(gradient[:, :, None, None] * patches, 0), (1, 2, 0))
            parts = gradient[:, :, None, None] * tf.transpose(kernel, (2, 0, 1))
            to_x = tf.math.unsorted_segment_sum(tf.reshape(parts, (-1, channels)), tf.reshape(places, (-1,)), n * samples)
            return tf.reshape(to_x, tf.shape(x)), to_kernel

        def everywhere(gradient):
            won = tf.cast(z == largest[:, None, :], z.dtype)
            to_z = (won * (gradient / tf.reduce_sum(won, 1))[:, None, :])[:, None]
            to_x = tf.nn.conv2d_transpose(to_z, kernel[None], (n, 1, samples, channels), 1, "VALID")
            to_kernel = tf.raw_ops.Conv2DBackpropFilter(input=x[:, None], filter_sizes=(1, width, channels, filters),
                                                        out_backprop=to_z, strides=[1] * 4, padding="VALID")
            return to_x[:, 0], to_kernel[0]

        def back(gradient):
            gradient = tf.where(output > 0, gradient, 0)
            to_x, to_kernel = tf.cond(tied, lambda: everywhere(gradient), lambda: at_winners(gradient))
            return to_x, to_kernel, tf.reduce_sum(gradient, 0)

        return output, back

    return run(x, tf.convert_to_tensor(kernel), tf.convert_to_tensor(bias))
