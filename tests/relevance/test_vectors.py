"""Layers small enough to be worked out by hand, among them those that other programs were found to get wrong."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

pytestmark = pytest.mark.usefixtures("uncompiled")

A1B0, A2B1 = rules.AlphaBeta(1, 0), rules.AlphaBeta(2, 1)
NO_BIAS = rules.AlphaBeta(1, 0, bias=False)


def _dense(kernel, bias):
    from keras import Sequential, layers

    kernel = numpy.array(kernel, "float32")
    model = Sequential([layers.Input((len(kernel), 1)), layers.Flatten(), layers.Dense(kernel.shape[1])])
    model.set_weights([kernel, numpy.array(bias, "float32")])
    return model


@pytest.mark.parametrize("kernel, bias, x, rule, expected", [
    ([[1], [1]], [-3], [1, 1], rules.Epsilon(0.5), [-1 / 1.5, -1 / 1.5]),  # z = −1: the sign of ε follows it
    ([[1], [-1]], [0], [1, 1], rules.Epsilon(0.5), [2, -2]),  # z = 0 counts as positive
    ([[1], [-1]], [0], [1, 1], rules.Zero(), [0, 0]),  # 0/0
    ([[2], [1]], [0], [-1, 3], rules.Gamma(1), [-2 / 4, 6 / 4]),  # z = 1: what is positive counts twice
    ([[2], [1]], [1], [-1, 3], rules.Gamma(1), [-2 / 6, 6 / 6]),  # z = 2, and so does a positive bias
    ([[2], [1]], [-4], [-1, 3], rules.Gamma(1), [-4 / -9, 3 / -9]),  # z = −3: what is negative counts twice
    # albermax/innvestigate#273 and chr5tphr/zennit#107, one vector: b⁻ must not enter the positive denominator
    ([[1], [-1]], [-1], [1, 1], A1B0, [1, 0]),
    ([[1], [-1]], [-1], [1, 1], A2B1, [2, -1 / 2]),
    ([[1], [-1]], [-1], [1, 1], rules.AlphaBeta(2, 1, bias=False), [2, -1]),
    ([[1], [-1]], [1], [1, 1], A1B0, [1 / 2, 0]),  # while b⁺ takes its part there, and none of the negative
    ([[1], [-1]], [1], [1, 1], A2B1, [1, -1]),
    # pytorch/captum#1234: negative inputs of negative weights are positive contributions; here 2, −2 and 3
    ([[-2], [-1], [3]], [0], [-1, 2, 1], A1B0, [2 / 5, 0, 3 / 5]),
    ([[-2], [-1], [3]], [0], [-1, 2, 1], A2B1, [4 / 5, -1, 6 / 5]),
    ([[-2], [-1], [3]], [1], [-1, 2, 1], A1B0, [2 / 6, 0, 3 / 6]),
    # albermax/innvestigate#327: a bias takes relevance from α1β0 (see the next test); what leaves it out keeps all
    ([[1, -1], [3, 2]], [1, -1], [2, 1], A1B0, [2 / 6, 3 / 6]),
    ([[1, -1], [3, 2]], [1, -1], [2, 1], NO_BIAS, [2 / 5, 3 / 5]),
    ([[1, -1], [3, 2]], [1, -1], [2, 1], rules.WSquare(), [1 / 10, 9 / 10]),
    ([[1, -1], [3, 2]], [1, -1], [2, 1], rules.Flat(), [1 / 2, 1 / 2]),
    ([[1, -1], [3, 2]], [1, -1], [2, 1], rules.ZB(-1.0, 3.0), [3 / 9, 6 / 9]),
    ([[-1, 1], [3, 2]], [1, -1], [2, 1], rules.ZB(-1.0, 3.0), [1 / 7, 6 / 7]),  # h w⁻ = −3, x w − h w⁻ = 1
])
def test_vectors_worked_out_by_hand(kernel, bias, x, rule, expected):
    [values], log_scale = Engine(_dense(kernel, bias), {"rule": rule}, "float64").maps(
        numpy.array(x, "float32").reshape(1, -1, 1), 0)["rule"]
    scale = numpy.exp(log_scale[0]) if numpy.isfinite(log_scale[0]) else 0
    assert numpy.allclose(values.ravel() * scale, expected, atol=1e-12)


@pytest.mark.parametrize("kernel, bias, x, rule, expected", [
    ([[1, -1], [3, 2]], [1, -1], [2, 1], A1B0, [1, 5 / 6, 1 / 6, 0, 0]),
    ([[1, -1], [3, 2]], [1, -1], [2, 1], NO_BIAS, [1, 1, 0, 0, 0]),
    ([[1], [-1]], [-1], [1, 1], A2B1, [1, 3 / 2, -1 / 2, 0, 0]),
    ([[1], [1]], [-3], [1, 1], rules.Epsilon(0.5), [1, -4 / 3, 2, 1 / 3, 0]),
    ([[1], [-1]], [0], [1, 1], rules.Zero(), [1, 0, 0, 0, 1]),
    ([[1], [1]], [0], [1, 1], A2B1, [1, 2, 0, 0, -1]),  # nothing is negative, so −β finds nobody
    ([[-1], [-1]], [0], [1, 1], A1B0, [1, 0, 0, 0, 1]),
])
def test_the_ledger_says_where_relevance_went(kernel, bias, x, rule, expected):
    book = Engine(_dense(kernel, bias), {"rule": rule}, shortcuts=False).ledger(
        numpy.array(x, "float32").reshape(1, -1, 1), 0)["rule"]
    [entries] = book.values()
    assert numpy.allclose(entries[0], expected, atol=1e-6)
    assert numpy.isclose(entries[0, 0], entries[0, 1:].sum())


@pytest.mark.parametrize("kind, low, high, message", [
    ("missing", None, None, "z.B needs bounds"), ("three", (-1.0,) * 3, (1.0,) * 3, "3 bounds for the 2 channels")])
def test_bounds_that_do_not_fit_are_refused(kind, low, high, message):
    with pytest.raises(ValueError, match=f"rule zb: {message}"):
        Engine(_dense([[1], [-1]], [0]), {"zb": rules.ZB(low, high)})


def test_bounds_may_differ_between_channels():
    """Channels −1 … 1 and −2 … 4, x = (1, 2), w = (1, −1): terms 1 + 1 = 2 and −2 + 4 = 2."""
    [values], _ = Engine(_dense([[1], [-1]], [0]), {"zb": rules.ZB((-1.0, -2.0), (1.0, 4.0))}).maps(
        numpy.array([[[1.0], [2.0]]]))["zb"]
    assert numpy.allclose(values.ravel(), [1 / 2, 1 / 2])


def test_a_composite_that_names_no_layer_is_refused():
    with pytest.raises(ValueError, match="rule mixed: no layer dens "):
        Engine(_dense([[1], [-1]], [0]), {"mixed": rules.Composite(rules.Zero(), by_name={"dens": rules.Flat()})})


@pytest.mark.parametrize("make", [lambda: rules.Epsilon(0), lambda: rules.Epsilon(-1), lambda: rules.Epsilon(1e-40),
                                  lambda: rules.Epsilon(1e40), lambda: rules.Epsilon(float("nan")), lambda: rules.Gamma(-1),
                                  lambda: rules.Gamma(float("inf")), lambda: rules.AlphaBeta(2, 0),
                                  lambda: rules.AlphaBeta(0, -1), lambda: rules.AlphaBeta(float("nan"), 0)])
def test_numbers_that_make_no_rule_are_refused(make):
    with pytest.raises(ValueError, match="must"):
        make()
