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
