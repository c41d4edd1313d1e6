"""A cheaper gradient for the same network. Global max pooling hands the gradient of each filter to a single time point, so
the convolution before it need not be differentiated anywhere else: here at 256 outputs instead of 367 × 256.
"""

from __future__ import annotations


def with_sparse_gradient(model):
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
        return lambda x, training: after(max_of_convolution(before(x, training=training), conv.kernel, conv.bias),
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


def max_of_convolution(x, kernel, bias):
    """Global maximum over time of relu(convolution): (n, samples, channels) → (n, filters).

    Since ReLU and the bias keep the order, relu(max z + bias) is the maximum of relu(z + bias). Where maxima tie, each
    gets an equal share of the gradient, as in TensorFlow, which is then computed everywhere.
    """
    import tensorflow as tf

    width, channels, filters = kernel.shape
    samples = x.shape[1]

    @tf.custom_gradient
    def run(x, kernel, bias):
        z = tf.nn.conv1d(x, kernel, 1, "VALID")
        largest, windows, tied = winners(z, samples)
        output = tf.nn.relu(largest + bias)

        def at_winners(gradient):
            to_kernel = tf.matmul(patches(x, windows), tf.transpose(gradient)[:, :, None], transpose_a=True)
            to_kernel = tf.transpose(tf.reshape(to_kernel, (filters, width, channels)), (1, 2, 0))
            return spread(gradient, by_filter(kernel), windows, samples), to_kernel

        def everywhere(gradient):
            won = tf.cast(z == largest[:, None, :], z.dtype)
            to_z = (won * (gradient / tf.reduce_sum(won, 1))[:, None, :])[:, None]
            to_x = tf.nn.conv2d_transpose(to_z, kernel[None], (tf.shape(x)[0], 1, samples, channels), 1, "VALID")
            to_kernel = tf.raw_ops.Conv2DBackpropFilter(input=x[:, None], filter_sizes=(1, width, channels, filters),
                                                        out_backprop=to_z, strides=[1] * 4, padding="VALID")
            return to_x[:, 0], to_kernel[0]

        def back(gradient):
            gradient = tf.where(output > 0, gradient, 0)
            to_x, to_kernel = tf.cond(tied, lambda: everywhere(gradient), lambda: at_winners(gradient))
            return to_x, to_kernel, tf.reduce_sum(gradient, 0)

        return output, back

    return run(x, tf.convert_to_tensor(kernel), tf.convert_to_tensor(bias))


def winners(z, samples):
    """Where a convolution without padding is largest over time.

    Parameters
    ----------
    z : (n, times, filters), its output.
    samples : length of its input; the kernel's width is samples − times + 1.

    Returns
    -------
    largest (n, filters); windows (n, filters, width) int64, the input samples that each maximum was made of, numbered
    through the whole batch; tied, whether any maximum is reached twice or is not a number, so that `windows` is of no use.
    """
    import tensorflow as tf

    largest = tf.reduce_max(z, 1)
    maxima = tf.where(z == largest[:, None])  # rows of sample, time, filter: quicker than argmax, and it shows ties
    n, filters = tf.shape(z, tf.int64)[0], z.shape[2]
    tied = (tf.shape(maxima, tf.int64)[0] > n * filters) | tf.reduce_any(tf.math.is_nan(largest))  # NaN equals nothing
    first = tf.scatter_nd(maxima[:, ::2], maxima[:, 1], (n, filters)) + tf.range(n)[:, None] * samples
    return largest, first[:, :, None] + tf.range(samples - z.shape[1] + 1, dtype=tf.int64), tied


def by_filter(kernel):
    """A kernel (width, channels, filters) as (filters, width, channels)."""
    import tensorflow as tf

    return tf.transpose(kernel, (2, 0, 1))


def patches(x, windows):
    """What the maxima were made of: (n, samples, channels) → (filters, n, width × channels)."""
    import tensorflow as tf

    _, filters, width = windows.shape
    rows = tf.gather(tf.reshape(x, (-1, x.shape[2])), tf.transpose(windows, (1, 0, 2)))
    return tf.reshape(rows, (filters, -1, width * x.shape[2]))


def spread(s, kernel, windows, samples):
    """The convolution transposed, of values s (n, filters) at the maxima: (n, samples, channels).

    `kernel` is (filters, width, channels). A sparse product does it: n × samples rows, filters × width columns.
    """
    import tensorflow as tf

    filters, width, channels = kernel.shape
    n, rows = tf.shape(s, tf.int64)[0], tf.reshape(windows, (-1,))
    if tf.config.list_physical_devices("GPU"):  # whose sparse product is not repeatable and refused in training
        values = tf.reshape(s[:, :, None, None] * kernel, (-1, channels))
        full = tf.math.unsorted_segment_sum(values, rows, n * samples)
    else:
        columns = tf.tile(tf.range(filters * width, dtype=tf.int64), n[None])
        wide = tf.SparseTensor(tf.stack([rows, columns], 1), tf.reshape(tf.repeat(s, width, 1), (-1,)),
                               (n * samples, filters * width))
        full = tf.sparse.sparse_dense_matmul(wide, tf.reshape(kernel, (filters * width, channels)))
    return tf.reshape(full, (-1, samples, channels))
