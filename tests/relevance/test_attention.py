"""LayerNormalization with its deviation held constant and attention with its weights held constant (Ali et al. 2022), and AttnLRP (Achtibat
et al. 2024), written again in float64, one value at a time."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES

pytestmark = pytest.mark.usefixtures("uncompiled")

STEPS, CHANNELS, HEADS, KEY = 5, 4, 2, 3


def _set(model, seed=0, size=.6):
    random = numpy.random.default_rng(seed)
    model.set_weights([random.normal(size=array.shape) * size for array in model.get_weights()])
    return model, [array.astype("float64") for array in model.get_weights()]


def _x(n=3):
    return numpy.random.default_rng(2).normal(size=(n, STEPS, CHANNELS)).astype("float32")


def _top(hidden, top, rule):
    """Relevance of what a dense layer takes, of its class 1."""
    return formulas.linear(hidden.ravel(), top[0][:, 1:], top[1][1:], numpy.ones(1), rule).reshape(hidden.shape)


def _close(model, chosen, x, expected, limit=1e-9):
    [values], log_scale = Engine(model, {"rule": chosen}, "float64").maps(x, 1)["rule"]
    for number, sample in enumerate(x.astype("float64")):
        wanted = expected(sample)
        assert numpy.abs(values[number] * numpy.exp(log_scale[number]) - wanted).max() <= limit * numpy.abs(wanted).max()


def normalised(x, gamma, beta, epsilon):
    deviation = numpy.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    return (x - x.mean(axis=1, keepdims=True)) / deviation * gamma + beta, deviation


@pytest.mark.parametrize("name", ["lrp0", "eps=0.01", "alpha2beta1"])
def test_a_normalisation_hands_down_by_its_matrix_with_the_deviation_held(name):
    from keras import Sequential, layers

    model, (gamma, beta, *top) = _set(Sequential([layers.Input((STEPS, CHANNELS)), layers.LayerNormalization(epsilon=.01), layers.Flatten(),
                                                  layers.Dense(2)]))

    def expected(x):
        y, deviation = normalised(x, gamma, beta, .01)
        arrived, handed = _top(y, top, RULES[name][1]), numpy.zeros(x.shape)
        for step in range(STEPS):
            weights = (numpy.eye(CHANNELS) - 1 / CHANNELS) * gamma / deviation[step]
            handed[step] = formulas.linear(x[step], weights, beta, arrived[step], ("zero",))
        return handed

    _close(model, RULES[name][0], _x(), expected)


def _attention(x, weights):
    """(query, key, value, scores, weights of attention, what they weigh) of self-attention, heads first."""
    q, k, v = (numpy.einsum("td,dhk->htk", x, weights[2 * part]) + weights[2 * part + 1][:, None] for part in range(3))
    scores = numpy.einsum("hqk,hsk->hqs", q, k) / numpy.sqrt(KEY)
    e = numpy.exp(scores - scores.max(-1, keepdims=True))
    a = e / e.sum(-1, keepdims=True)
    return q, k, v, scores, a, a @ v


def _dense(given, kernel, bias, arrived, rule):
    """Relevance (steps, …) of what a dense layer takes at each step, weights flattened to a matrix."""
    rows = given.reshape(STEPS, -1)
    matrix = kernel.reshape(rows.shape[1], -1)
    return numpy.stack([formulas.linear(row, matrix, bias.ravel(), of_step.ravel(), rule) for row, of_step in zip(rows, arrived)]).reshape(given.shape)


def _model():
    from keras import Input, Model, layers

    inputs = Input((STEPS, CHANNELS))
    out = layers.MultiHeadAttention(HEADS, KEY)(inputs, inputs)
    return _set(Model(inputs, layers.Dense(2)(layers.Flatten()(out))), 3)


@pytest.mark.parametrize("name", ["lrp0", "eps=0.01", "gamma=0.25", "alpha2beta1"])
def test_attention_hands_all_to_the_values_with_its_weights_held(name):
    model, (*weights, wo, bo, top, offset) = _model()
    rule = RULES[name][1]

    def expected(x):
        _, _, v, _, a, weighed = _attention(x, weights)
        taken = weighed.transpose(1, 0, 2)
        out = numpy.einsum("thv,hvd->td", taken, wo) + bo
        arrived = _dense(taken, wo, bo, _top(out, (top, offset), rule), rule)
        to_v = numpy.zeros((STEPS, HEADS, KEY))
        for head in range(HEADS):
            for channel in range(KEY):
                to_v[:, head, channel] = formulas.linear(v[head, :, channel], a[head].T, numpy.zeros(STEPS), arrived[:, head, channel], ("zero",))
        return _dense(x, weights[4], weights[5], to_v, rule)

    _close(model, RULES[name][0], _x(), expected)


def test_attnlrp_lets_queries_and_keys_have_relevance():
    model, (*weights, wo, bo, top, offset) = _model()
    epsilon = 1e-3
    rule = ("epsilon", epsilon)

    def halves(first, second, relevance):
        """Σ_k a_ik b_kj = o_ij: half for each factor, relevance divided by 2 o + ε."""
        out = first @ second
        s = relevance / (2 * out + epsilon * numpy.where(out >= 0, 1, -1))
        return first * (s @ second.T), second * (first.T @ s)

    def expected(x):
        q, k, v, scores, a, weighed = _attention(x, weights)
        taken = weighed.transpose(1, 0, 2)
        out = numpy.einsum("thv,hvd->td", taken, wo) + bo
        arrived = _dense(taken, wo, bo, _top(out, (top, offset), rule), rule)
        to_q, to_k, to_v = (numpy.zeros((STEPS, HEADS, KEY)) for _ in range(3))
        for head in range(HEADS):
            to_a, to_v[:, head] = halves(a[head], v[head], arrived[:, head])
            to_scores = scores[head] * (to_a - a[head] * to_a.sum(1, keepdims=True))
            to_q[:, head], transposed = halves(q[head] / numpy.sqrt(KEY), k[head].T, to_scores)
            to_k[:, head] = transposed.T
        return sum(_dense(x, weights[2 * part], weights[2 * part + 1], of_part, rule) for part, of_part in enumerate((to_q, to_k, to_v)))

    _close(model, rules.AttnLrp(epsilon), _x(), expected, 1e-8)


def test_attention_without_weights_and_another_source():
    from keras import Input, Model, layers

    inputs, other = Input((STEPS, CHANNELS)), Input((STEPS, CHANNELS))
    out = layers.Attention()([inputs, other])
    model, (top, offset) = _set(Model([inputs, other], layers.Dense(2)(layers.Flatten()(out))), 4)
    x = _x()
    y = x[:, ::-1] * .7
    values, log_scale = Engine(model, {"rule": rules.Epsilon(.01)}, "float64").maps([x, y], 1)["rule"]
    assert not values[0].any()  # the query decides the weights, which are held
    for number, (query, value) in enumerate(zip(x.astype("float64"), y.astype("float64"))):
        e = numpy.exp(query @ value.T)
        a = e / e.sum(1, keepdims=True)
        arrived = _top(a @ value, (top, offset), ("epsilon", .01))
        wanted = numpy.stack([formulas.linear(value[:, c], a.T, numpy.zeros(STEPS), arrived[:, c], ("zero",)) for c in range(CHANNELS)], 1)
        assert numpy.abs(values[1][number] * numpy.exp(log_scale[number]) - wanted).max() <= 1e-9 * numpy.abs(wanted).max()


def test_key_and_value_are_known_by_name():
    from keras import Input, Model, layers

    inputs = [Input((STEPS, CHANNELS)) for _ in range(3)]
    made = layers.MultiHeadAttention(HEADS, KEY)
    by_order = Model(inputs, layers.Dense(2)(layers.Flatten()(made(inputs[0], inputs[1], inputs[2]))))
    by_name = Model(inputs, by_order.layers[-1](layers.Flatten()(made(inputs[0], key=inputs[2], value=inputs[1]))))
    x = [_x(), _x()[:, ::-1], -_x()]
    for rule in (rules.Epsilon(.01), rules.AttnLrp()):
        first, second = (Engine(model, {"rule": rule}, "float64").maps(x, 0)["rule"] for model in (by_order, by_name))
        for one, other in zip(first[0], second[0]):
            numpy.testing.assert_allclose(one, other, atol=1e-12)
        assert first[0][1].any() and first[0][2].any() == isinstance(rule, rules.AttnLrp)


def test_the_ledger_of_a_small_transformer_accounts_for_all_relevance():
    """Attention, sums around it, normalisations; what attention's weights and deviations hold is lost nowhere."""
    from keras import Input, Model, layers

    inputs = Input((STEPS, CHANNELS))
    x = layers.Dense(6)(inputs)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x))
    x = layers.LayerNormalization()(x + layers.Dense(6)(layers.Dense(8, activation="gelu")(x)))
    model, _ = _set(Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(x))), 5)
    for rule in (rules.Zero(), rules.Epsilon(.1), rules.AttnLrp()):
        books = Engine(model, {"rule": rule}, "float64", shortcuts=False).ledger(_x(), 1)["rule"]
        assert any("attention" in layer for layer in books) and any("normalization" in layer for layer in books)
        for layer, entries in books.items():
            assert numpy.abs(entries[:, 0] - entries[:, 1:].sum(axis=1)).max() <= 1e-8 * numpy.abs(entries).max(), layer
    with pytest.raises(ValueError, match="takes LRP-0, ε or AttnLRP"):
        Engine(model, {"rule": rules.Composite(rules.Zero(), by_kind={"LayerNormalization": rules.Gamma(.1)})})
