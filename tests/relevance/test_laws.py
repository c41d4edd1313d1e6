"""Laws that relevance obeys whatever the network: conservation, linearity, invariance, and no underflow."""

import numpy
import pytest
from hypothesis import given, settings, strategies

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES, Network, given_to, samples

LINEAR = {name: rule for name, (rule, _) in RULES.items()}


@pytest.fixture(autouse=True, scope="module")
def uncompiled():
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_a_branch_without_relevance_does_not_set_the_scale_of_the_other():
    """Through ε = 1e12 the living branch carries 1e-40 of the start, the dead one and the unread input nothing."""
    from keras import Input, Model, layers

    inputs = [Input((4,)) for _ in range(3)]
    living, dead = layers.Dense(2, activation="relu"), layers.Dense(2, activation="relu")
    deeper, top = layers.Dense(2, activation="relu"), layers.Dense(2)
    model = Model(inputs, top(layers.Concatenate()([deeper(living(inputs[0])), dead(inputs[1])])))
    kernels = [numpy.ones(shape) for shape in ((4, 2), (4, 2), (2, 2), (4, 2))]
    for layer, kernel, bias in zip((living, dead, deeper, top), kernels, (0, -100, 0, 0)):
        layer.set_weights([kernel, numpy.full(2, bias)])
    plain = [("both", [("slice", (slice(0, 4),)), ("dense", kernels[0], numpy.zeros(2)), ("relu",),
                       ("dense", kernels[2], numpy.zeros(2)), ("relu",)],
              [("slice", (slice(4, 8),)), ("dense", kernels[1], numpy.full(2, -100.0)), ("relu",)]),
             ("dense", kernels[3], numpy.zeros(2))]
    x = numpy.ones((1, 12))
    for epsilon in (1e6, 1e12, 1e15):
        values, log_scale = Engine(model, {"rule": rules.Epsilon(epsilon)}).maps(numpy.split(x, 3, axis=1), 0)["rule"]
        expected = formulas.relevance(plain, x[0], ("epsilon", epsilon), 0)
        assert numpy.isclose(log_scale[0], numpy.log(expected.sum()), atol=1e-5)
        assert numpy.allclose(numpy.concatenate(values, 1)[0], expected / expected.sum(), atol=1e-6)


def _deep(depth, bias=True):
    """(model, the same as layers): `depth` convolutions, pooling after the first and last, dense layers, as the study's."""
    from keras import Input, Model, layers

    network = Network(lambda ways: ways[0], depth, bias=bias)
    from .networks import Value

    inputs = Input((8 + 4 * depth, 3))
    value = Value(inputs, [])
    for number in range(depth):
        kernel, offset = network.drawn(3, value.shape[-1], 5)
        value = network.apply(value, layers.Conv1D(5, 3, activation="relu"), ("conv", kernel, offset), ("relu",),
                              weights=[kernel, offset])
        value = value if number else network.apply(value, layers.MaxPooling1D(2), ("maxpool", 2))
    value = network.apply(value, layers.GlobalMaxPooling1D(), ("globalmax", False))
    value = network.dense(network.dense(value, 5, "relu"), 3)
    model = Model(inputs, value.tensor)
    for layer, weights in network.weights:
        layer.set_weights(weights)
    return model, value.plain


@pytest.mark.parametrize("shortcuts", [True, False])
def test_nothing_underflows_however_large_epsilon_or_small_the_input(shortcuts):
    """ε to 1e30 leaves down to 1e-270 of the start; then inputs and hidden values of 1e-30 below an ε of 100."""
    model, plain = _deep(5)
    x = numpy.random.default_rng(3).normal(size=(3, 28, 3)).astype("float32")
    found = Engine(model, {number: rules.Epsilon(number) for number in (1e6, 1e12, 1e20, 1e30)}, shortcuts=shortcuts).maps(x)
    for epsilon, ([values], log_scale) in found.items():
        _close(plain, x, values, log_scale, ("epsilon", epsilon))
    model, plain = _deep(3, bias=False)
    for size in (1e-30, 1e-20, 1e20):
        x = (numpy.random.default_rng(3).normal(size=(3, 20, 3)) * size).astype("float32")
        found = Engine(model, {name: rule for name, (rule, _) in RULES.items()}, shortcuts=shortcuts).maps(x)
        for name, ([values], log_scale) in found.items():
            _close(plain, x, values, log_scale, RULES[name][1])


def _close(plain, x, values, log_scale, formula, limit=1e-5):
    for number, sample in enumerate(x.astype("float64")):
        expected = formulas.relevance(plain, sample, formula)
        total = numpy.abs(expected).sum()
        if not total:  # nothing may be left, as of αβ where all contributions are negative
            assert numpy.isneginf(log_scale[number]) and not values[number].any()
            continue
        assert abs(log_scale[number] - numpy.log(total)) <= limit
        assert numpy.abs(values[number] - expected / total).max() <= limit * numpy.abs(expected / total).max()


def test_a_sample_that_is_no_number_leaves_the_others_as_they_are():
    """Their pooling ties, and the sample without a number has fewer winners than it should."""
    model, plain = _deep(2)
    x = numpy.random.default_rng(3).normal(size=(4, 16, 3)).astype("float32")
    x[1:, 8:] = x[1:, :8]
    x[0, 0] = numpy.nan
    [values], log_scale = Engine(model, {"rule": rules.Epsilon(0.1)}).maps(x)["rule"]
    _close(plain, x[1:], values[1:], log_scale[1:], ("epsilon", 0.1))
