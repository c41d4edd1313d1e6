"""Networks of the literature in small, end to end: EEGNet, U-Time, a TinySleepNet-like CNN with LSTM, and a transformer.

LRP-0 is held to another computation of it: input × gradient, by TensorFlow alone, of the same layers with an activation f(x) written as
x · const(f(x) / x), gates, weights of attention and deviations held constant (Ali et al. 2022, arXiv 2202.07304).
"""

import numpy
import pytest

from helpers.relevance import Explainer, rules
from helpers.relevance.engine import Engine

pytestmark = pytest.mark.usefixtures("uncompiled")

SAMPLES, CHANNELS, CLASSES = 64, 3, 5


class Network:
    """Layers that make a Keras model, or run as they are with what is held constant held."""

    def __init__(self, seed):
        self.random, self.layers, self.held = numpy.random.default_rng(seed), [], False

    def layer(self, made, *given):
        """The next layer: made once, then called again in the same order."""
        if not self.held:
            self.layers.append(made())
            return self.layers[-1](*given)
        self.at += 1
        return self.layers[self.at - 1](*given)

    def activated(self, x, function):
        import tensorflow as tf
        from keras import layers

        if not self.held:
            return layers.Activation(function)(x)
        y = layers.Activation(function)(x)
        return x * tf.stop_gradient(tf.math.divide_no_nan(y, x))

    def model(self, shape):
        from keras import Input, Model

        inputs = Input(shape)
        model = Model(inputs, self.made(inputs))
        model.set_weights([self.random.uniform(.5, 1.5, array.shape) if "variance" in weight.name else self.random.normal(
            0, 1 / numpy.sqrt(max(numpy.prod(array.shape[:-1]), 2)), array.shape) for array, weight in zip(model.get_weights(), model.weights)])
        return model

    def logit(self, x, target):
        self.held, self.at = True, 0
        out = self.made(x)
        self.held = False
        return out.numpy().shape, (out[..., target] if len(out.shape) == 2 else out[:, 1, target])

    def input_times_gradient(self, x, target):
        """(n, …) LRP-0 of one unit at a class."""
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            _, logit = self.logit(x, target)
        return (x * tape.gradient(logit, x)).numpy() / logit.numpy().reshape(-1, *[1] * (len(x.shape) - 1))


class EegNet(Network):
    """Lawhern et al. 2018, arXiv 1611.08024: (channels, time, 1)."""

    shape = (CHANNELS, SAMPLES, 1)

    def made(self, x):
        from keras import layers

        x = self.layer(lambda: layers.Conv2D(4, (1, 16), padding="same", use_bias=False), x)
        x = self.layer(layers.BatchNormalization, x)
        x = self.layer(lambda: layers.DepthwiseConv2D((CHANNELS, 1), depth_multiplier=2, use_bias=False), x)
        x = self.layer(layers.BatchNormalization, x)
        x = self.activated(x, "elu")
        x = self.layer(lambda: layers.AveragePooling2D((1, 4)), x)
        x = self.layer(lambda: layers.Dropout(.3), x)
        x = self.layer(lambda: layers.SeparableConv2D(8, (1, 8), padding="same", use_bias=False), x)
        x = self.layer(layers.BatchNormalization, x)
        x = self.activated(x, "elu")
        x = self.layer(lambda: layers.AveragePooling2D((1, 4)), x)
        return self.layer(lambda: layers.Dense(CLASSES), self.layer(layers.Flatten, x))


class UTime(Network):
    """Perslev et al. 2019, arXiv 1910.11162, two levels: one output for each of four epochs."""

    shape = (SAMPLES, CHANNELS)

    def block(self, x, filters):
        from keras import layers

        for _ in range(2):
            x = self.activated(self.layer(lambda: layers.Conv1D(filters, 5, padding="same"), x), "relu")
            x = self.layer(layers.BatchNormalization, x)
        return x

    def made(self, x):
        from keras import layers

        upper = self.block(x, 4)
        lower = self.block(self.layer(lambda: layers.MaxPooling1D(2), upper), 6)
        x = self.block(self.layer(lambda: layers.MaxPooling1D(4), lower), 8)
        for size, beside in ((4, lower), (2, upper)):
            x = self.layer(lambda: layers.UpSampling1D(size), x)
            x = self.activated(self.layer(lambda: layers.Conv1D(beside.shape[-1], size, padding="same"), x), "relu")
            x = self.block(self.layer(layers.Concatenate, [self.layer(lambda: layers.Cropping1D(0), beside), x]), beside.shape[-1])
        x = self.activated(self.layer(lambda: layers.Conv1D(CLASSES, 1), x), "tanh")
        x = self.layer(lambda: layers.AveragePooling1D(SAMPLES // 4), x)
        return self.layer(lambda: layers.Conv1D(CLASSES, 1), x)


class CnnLstm(Network):
    """As TinySleepNet (Supratak and Guo 2020): a CNN at each of three epochs, an LSTM over them."""

    shape = (3, SAMPLES, CHANNELS)

    def made(self, x):
        from keras import layers

        for made in (lambda: layers.Conv1D(4, 8, strides=4, activation=None), "relu", lambda: layers.MaxPooling1D(2),
                     lambda: layers.Conv1D(4, 3, padding="same"), "relu", layers.GlobalMaxPooling1D):
            x = self.activated(x, made) if isinstance(made, str) else self.layer(lambda: layers.TimeDistributed(made()), x)
        x = self.lstm(x)
        return self.layer(lambda: layers.Dense(CLASSES), x)

    def lstm(self, x):
        import tensorflow as tf
        from keras import layers

        if not self.held:
            return self.layer(lambda: layers.LSTM(6), x)
        cell, constant = self.layers[self.at].cell, tf.stop_gradient
        self.at += 1
        kernel, recurrent, bias = map(tf.convert_to_tensor, (cell.kernel, cell.recurrent_kernel, cell.bias))
        h = memory = tf.zeros((len(x), 6))
        for step in range(x.shape[1]):
            z = x[:, step] @ kernel + h @ recurrent + bias
            take, keep, new, out = tf.split(z, 4, 1)
            new = new * constant(tf.tanh(new) / new)
            memory = constant(tf.sigmoid(keep)) * memory + constant(tf.sigmoid(take)) * new
            h = constant(tf.sigmoid(out) * tf.tanh(memory) / memory) * memory
        return h


class Transformer(Network):
    """A block of attention over short windows."""

    shape = (SAMPLES, CHANNELS)

    def normal(self, x):
        import tensorflow as tf
        from keras import layers

        y = self.layer(layers.LayerNormalization, x)
        if not self.held:
            return y
        normal = self.layers[self.at - 1]
        centred = x - tf.reduce_mean(x, -1, keepdims=True)
        return centred * tf.stop_gradient(1 / tf.sqrt(tf.reduce_mean(centred ** 2, -1, keepdims=True) + normal.epsilon)) * normal.gamma + normal.beta

    def attention(self, x):
        import tensorflow as tf
        from keras import layers

        if not self.held:
            return self.layer(lambda: layers.MultiHeadAttention(2, 4), x, x)
        made, constant = self.layers[self.at], tf.stop_gradient
        self.at += 1
        q, k, v = (tf.einsum("ntd,dhk->nhtk", x, tf.convert_to_tensor(dense.kernel)) + tf.convert_to_tensor(dense.bias)[:, None]
                   for dense in (made._query_dense, made._key_dense, made._value_dense))
        weights = constant(tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 2.0))
        return tf.einsum("nhtk,hkd->ntd", weights @ v, tf.convert_to_tensor(made._output_dense.kernel)) + made._output_dense.bias

    def made(self, x):
        from keras import layers

        x = self.layer(lambda: layers.Conv1D(8, 8, strides=8), x)
        x = self.normal(x + self.attention(x))
        hidden = self.activated(self.layer(lambda: layers.Dense(12), x), "gelu")
        x = self.normal(x + self.layer(lambda: layers.Dense(8), hidden))
        return self.layer(lambda: layers.Dense(CLASSES), self.layer(layers.GlobalAveragePooling1D, x))


@pytest.fixture(scope="module", params=[EegNet, UTime, CnnLstm, Transformer], ids=lambda kind: kind.__name__)
def case(request):
    network = request.param(4)
    model = network.model(network.shape)
    x = numpy.random.default_rng(1).normal(size=(6, *network.shape)).astype("float32")
    return network, model, x, (1, 2) if len(model.output_shape) == 3 else 2


def test_lrp_0_is_input_times_the_gradient_of_what_is_left_when_the_rest_is_held(case):
    network, model, x, target = case
    found = Engine(model, {"lrp0": rules.Zero()}, "float64").maps(x, target)["lrp0"]
    values = found[0][0] * numpy.exp(found[1]).reshape(-1, *[1] * (x.ndim - 1))
    expected = network.input_times_gradient(x, 2)
    for sample in range(len(x)):
        assert numpy.abs(values[sample] - expected[sample]).max() <= 2e-3 * numpy.abs(expected[sample]).max()
    assert numpy.corrcoef(values.ravel(), expected.ravel())[0, 1] > 1 - 1e-6


def test_the_engine_computes_what_keras_does_and_accounts_for_all_relevance(case):
    _, model, x, target = case
    engine = Engine(model, {"lrp0": rules.Zero(), "eps": rules.Epsilon(.1), "ab": rules.AlphaBeta(2, 1)}, "float64", shortcuts=False)
    outputs, _ = engine._walk.forward([x.astype("float64")])
    numpy.testing.assert_allclose(outputs[-1], model(x), atol=1e-4)
    for layers in engine.ledger(x, target).values():
        for layer, entries in layers.items():
            assert numpy.abs(entries[:, 0] - entries[:, 1:].sum(axis=1)).max() <= 1e-8 * numpy.abs(entries).max(), layer


def test_shares_of_channels_sum_to_1_compiled_and_in_single_precision(case):
    import tensorflow as tf

    _, model, x, target = case
    by_channel = {"EEG": [0], "EOG": [1], "EMG": [2]}
    axis = next(number for number, count in enumerate(x.shape) if count == CHANNELS and number == (1 if x.shape[-1] == 1 else x.ndim - 1))
    chosen = {"eps": rules.Epsilon(.01), "ab": rules.AlphaBeta(1, 0)}
    tf.config.run_functions_eagerly(False)
    try:
        shares = Explainer(model, chosen, batch=4).shares(x, by_channel, target, axis=axis)
    finally:
        tf.config.run_functions_eagerly(True)
    exact = Engine(model, chosen, "float64").channels(x, target, axis)
    numpy.testing.assert_allclose(shares.sum(2), 1, atol=1e-9)
    for number, name in enumerate(chosen):
        numpy.testing.assert_allclose(shares[:, number], exact[name][0] + exact[name][1], atol=2e-3)
