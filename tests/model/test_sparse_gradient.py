"""The sparse gradient is the one that Keras gives, tied or not, and leaves other networks alone."""

import numpy
import pytest
import tensorflow
from keras import Model, Sequential, layers

from helpers.model import networks
from helpers.model.sparse_gradient import with_sparse_gradient


def _gradients(model, network, x):
    """Outputs and the gradients of a signed sum of them, by all weights and the input."""
    weights = numpy.random.default_rng(2).normal(size=model.output_shape[1]).astype("float32")
    x = tensorflow.constant(x)
    with tensorflow.GradientTape() as tape:
        tape.watch(x)
        output = network(x, training=False)
        total = tensorflow.reduce_sum(output * weights)
    return output, tape.gradient(total, [x, *model.trainable_variables])


def _same(model, x):
    network = with_sparse_gradient(model)
    output, gradients = _gradients(model, network, x)
    expected, by_keras = _gradients(model, model, x)
    numpy.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-7)
    for gradient, right in zip(gradients, by_keras, strict=True):
        assert numpy.linalg.norm(gradient - right) <= 1e-5 * numpy.linalg.norm(right)
    assert any(numpy.any(gradient) for gradient in gradients)


def _samples(n=5, length=72, seed=0):
    return numpy.random.default_rng(seed).normal(size=(n, length, 3)).astype("float32")


def test_gradients_of_the_network_are_keras_s():
    model = networks.build(samples=200, seed=3)
    for variable in model.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(numpy.random.default_rng(1).normal(size=variable.shape) * 0.05)
    _same(model, _samples(length=200))


def test_a_gpu_takes_a_repeatable_way_with_the_same_gradients(monkeypatch):
    monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda kind=None: [kind])
    _same(networks.build(samples=120, seed=4), _samples(length=120))


def _differentiated(network, model):
    """How many convolutions are differentiated at all their outputs, in the graph that training runs."""
    @tensorflow.function
    def gradients(x):
        with tensorflow.GradientTape() as tape:
            total = tensorflow.reduce_sum(network(x, training=True))
        return tape.gradient(total, model.trainable_variables)

    graph = gradients.get_concrete_function(tensorflow.constant(_samples(length=80))).graph
    return [operation.type for operation in graph.get_operations()].count("Conv2DBackpropFilter")


def test_the_last_convolution_of_the_network_is_differentiated_at_its_maxima_alone():
    model = networks.build(samples=80)
    assert _differentiated(with_sparse_gradient(model), model) == _differentiated(model, model) - 1


def test_tied_maxima_share_the_gradient_as_in_keras():
    model = Sequential([layers.Input((12, 3)), layers.Conv1D(4, 2, activation="relu", bias_initializer="ones"),
                        layers.GlobalMaxPooling1D(), layers.Dense(2)])
    _same(model, numpy.repeat(_samples(3, 1), 12, axis=1))  # constant in time: every maximum is tied
    _same(model, numpy.tile(_samples(3, 4), (1, 3, 1)))


@pytest.mark.parametrize("options", [{"padding": "same"}, {"strides": 2}, {"activation": "tanh"}, {"use_bias": False}])
def test_other_convolutions_are_left_to_keras(options):
    model = Sequential([layers.Input((12, 3)), layers.Conv1D(4, 3, **{"activation": "relu", **options}),
                        layers.GlobalMaxPooling1D()])
    _same(model, _samples(4, 12))


def test_a_network_with_a_way_around_the_pooling_is_left_to_keras():
    inputs = layers.Input((12, 3))
    hidden = layers.Conv1D(4, 3, activation="relu")(inputs)
    _same(Model(inputs, layers.Concatenate()([layers.GlobalMaxPooling1D()(hidden), layers.Flatten()(inputs)])),
          _samples(4, 12))
