"""Relevance of frequencies, held to an inverse Fourier transform put before the network as a layer that the engine explains."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine
from helpers.relevance.frequencies import FrequencyEngine, has_frequencies, hertz

from .small_network import network, samples

FACTORED = {"lrp0": rules.Zero(), "eps=0.01": rules.Epsilon(0.01), "eps=100": rules.Epsilon(100), "gamma=0.25": rules.Gamma(0.25),
            "alpha1beta0": rules.AlphaBeta(1, 0), "alpha2beta1": rules.AlphaBeta(2, 1)}


def waves(length):
    """Rows of an inverse Fourier transform: coefficients of cosines and sines, (2 × frequencies, length)."""
    turns = 2 * numpy.pi * numpy.outer(numpy.arange(length // 2 + 1), numpy.arange(length)) / length
    return numpy.concatenate([numpy.cos(turns), numpy.sin(turns)])


def inspected(model, length, channels):
    """The model behind an inverse Fourier transform: (model of coefficients, function from signals to coefficients)."""
    from keras import Model, layers

    basis = waves(length)
    inputs = layers.Input((channels, len(basis)))
    dense = layers.Dense(length, use_bias=False, name="inverse")
    outputs = layers.Permute((2, 1))(dense(inputs))
    for layer in model.layers:
        outputs = layer(outputs)
    made = Model(inputs, outputs)
    dense.set_weights([basis.astype("float32")])
    twice = numpy.full(length // 2 + 1, 2.0)
    twice[[0, -1] if length % 2 == 0 else [0]] = 1

    def coefficients(x):
        found = numpy.fft.rfft(x, axis=1) * twice[:, None] / length
        return numpy.concatenate([found.real, -found.imag], axis=1).transpose(0, 2, 1)

    return made, coefficients


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("name", FACTORED)
def test_frequencies_are_those_of_an_inverse_transform_that_the_engine_explains(name):
    model, _ = network(numpy.random.default_rng(3), lambda drawn: 0.3 * drawn)
    x = samples()
    before, coefficients = inspected(model, 40, 3)
    rule = rules.Composite(FACTORED[name], by_name={"inverse": rules.Zero()})
    maps = Engine(before, {name: rule}, "float64").maps(coefficients(x.astype("float64")))[name]
    explicit = maps[0][0] * numpy.exp(maps[1])[:, None, None]
    both = (explicit[:, :, :21] + explicit[:, :, 21:]).transpose(0, 2, 1)

    engine = FrequencyEngine(model, {name: FACTORED[name]}, "float64")
    over_time = Engine(model, {name: FACTORED[name]}, "float64").maps(x)[name]
    relevance, shares = engine.frequencies(x)[name]
    total = numpy.exp(over_time[1])[:, None, None]
    assert numpy.abs(relevance * total - both).max() <= 1e-5 * numpy.abs(both).max()  # Keras keeps the transform in float32
    assert shares == pytest.approx(numpy.abs(over_time[0][0]).sum(axis=1), rel=1e-9)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("dtype, most", [("float64", 1e-12), ("float32", 1e-5)])
def test_frequencies_conserve_relevance(dtype, most):
    model, _ = network(numpy.random.default_rng(5), lambda drawn: 0.3 * drawn)
    x = samples(12)
    x[0, :, 1] = 0  # a channel that is off
    maps = Engine(model, FACTORED, dtype).maps(x)
    for name, (relevance, _) in FrequencyEngine(model, FACTORED, dtype).frequencies(x).items():
        over_time = maps[name][0][0].sum(axis=1)
        assert numpy.abs(relevance.sum(axis=1) - over_time).max() <= most, name


@pytest.mark.usefixtures("uncompiled")
def test_a_sine_has_its_relevance_at_its_frequency():
    """40 samples at 100 Hz: steps of 2.5 Hz. The signal holds 10 Hz alone, so does what the network can take from it."""
    model, _ = network(numpy.random.default_rng(5), lambda drawn: 0 * drawn)
    x = numpy.zeros((1, 40, 3), "float32")
    x[0, :, 0] = numpy.sin(2 * numpy.pi * 10 * numpy.arange(40) / 100)
    relevance, _ = FrequencyEngine(model, {"lrp0": rules.Zero()}).frequencies(x)["lrp0"]
    assert hertz(40)[numpy.abs(relevance[0, :, 0]).argmax()] == 10
    assert numpy.abs(numpy.delete(relevance[0, :, 0], 4)).sum() < 1e-5 * abs(relevance[0, 4, 0])


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("kinds", [("padding",), ("relu",), ("pooling",), ("average",)])
def test_layers_before_the_first_weights_hand_the_factor_down(kinds):
    from keras import Sequential, layers

    first = {"padding": layers.ZeroPadding1D(3), "relu": layers.ReLU(), "pooling": layers.MaxPooling1D(2),
             "average": layers.AveragePooling1D(2)}[kinds[0]]
    model = Sequential([layers.Input((40, 2)), first, layers.Conv1D(4, 3, activation="relu"), layers.GlobalMaxPooling1D(), layers.Dense(3)])
    random = numpy.random.default_rng(2)  # whatever they are drawn from, a sample may receive none, by α1β0
    model.set_weights([random.normal(size=array.shape) for array in model.get_weights()])
    x = samples()[:, :, :2]
    by_rule = {"eps=0.01": rules.Epsilon(0.01), "alpha1beta0": rules.AlphaBeta(1, 0)}
    maps = Engine(model, by_rule, "float64").maps(x)
    for name, (relevance, _) in FrequencyEngine(model, by_rule, "float64").frequencies(x).items():
        assert numpy.abs(relevance.sum(axis=1) - maps[name][0][0].sum(axis=1)).max() < 1e-9, name


@pytest.mark.parametrize("name", ["wsquare", "flat", "zb", "composite"])
def test_rules_that_give_relevance_where_the_signal_is_nothing_are_refused_by_name(name):
    model, _ = network(numpy.random.default_rng(5), lambda drawn: 0 * drawn)
    rule = rules.bounded(rules.parse(name), -4.0, 4.0)
    assert not has_frequencies(rule)
    with pytest.raises(ValueError, match=f"rule {name}: gives relevance where the signal is 0"):
        FrequencyEngine(model, {"eps=0.01": rules.Epsilon(0.01), name: rule})
    assert all(has_frequencies(rule) for rule in FACTORED.values())
