"""LSTM and GRU, step by step as Arras et al. write it down (2017, 2019), in float64 and plainly; relevance is conserved by the ledger."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES

pytestmark = pytest.mark.usefixtures("uncompiled")

NAMES = ("lrp0", "eps=0.01", "eps=100", "gamma=0.25", "alpha1beta0", "alpha2beta1", "alpha1beta0 without bias")
STEPS, CHANNELS, UNITS = 7, 3, 4


def _sigmoid(z):
    return 1 / (1 + numpy.exp(-z))


def lstm(x, kernel, recurrent, bias):
    """Outputs (steps, units), and what each step did: (x, h before, memory before, memory, kept, added, z's weights and bias)."""
    h, memory, outputs, steps = numpy.zeros(UNITS), numpy.zeros(UNITS), [], []
    for value in x:
        before = h, memory
        take, keep, new, out = numpy.split(value @ kernel + h @ recurrent + bias, 4)
        added, kept = _sigmoid(take) * numpy.tanh(new), _sigmoid(keep) * memory
        memory = kept + added
        h = _sigmoid(out) * numpy.tanh(memory)
        part = slice(2 * UNITS, 3 * UNITS)
        steps.append((numpy.concatenate([value, before[0]]), memory, kept, added, numpy.concatenate([kernel[:, part], recurrent[:, part]]),
                      bias[part]))
        outputs.append(h)
    return outputs, steps


def gru(x, kernel, recurrent, bias, after):
    """The same; `after`: the reset gate multiplies the product with h, else h."""
    h, outputs, steps = numpy.zeros(UNITS), [], []
    of_x, of_h = bias if after else (bias, numpy.zeros(3 * UNITS))
    part = slice(2 * UNITS, 3 * UNITS)
    for value in x:
        gates = _sigmoid((value @ kernel + of_x + h @ recurrent + of_h)[:2 * UNITS])
        keep, reset = gates[:UNITS], gates[UNITS:]
        if after:
            weights, below, shift = numpy.concatenate([kernel[:, part], recurrent[:, part] * reset]), h, of_x[part] + reset * of_h[part]
        else:
            weights, below, shift = numpy.concatenate([kernel[:, part], recurrent[:, part]]), reset * h, of_x[part]
        given = numpy.concatenate([value, below])
        added, kept = (1 - keep) * numpy.tanh(given @ weights + shift), keep * h
        h = kept + added
        steps.append((given, h, kept, added, weights, shift))
        outputs.append(h)
    return outputs, steps


def handed_down(steps, arrived, rule):
    """Relevance of x (steps, channels) of what `arrived` (steps, units) at the outputs."""
    carried, handed = numpy.zeros(UNITS), []
    for (given, memory, kept, added, weights, bias), of_output in list(zip(steps, arrived))[::-1]:
        relevance = of_output + carried
        to_given = formulas.linear(given, weights, bias, relevance * formulas._ratio(added, memory), rule)
        carried = relevance * formulas._ratio(kept, memory) + to_given[CHANNELS:]
        handed.append(to_given[:CHANNELS])
    return numpy.array(handed[::-1])


def _layer(kind, **options):
    from keras import layers

    if kind == "lstm":
        return layers.LSTM(UNITS, **options)
    return layers.GRU(UNITS, reset_after=kind == "gru after", **options)


def _model(*made, seed=0):
    from keras import Sequential, layers

    model = Sequential([layers.Input((STEPS, CHANNELS)), *made, layers.Flatten(), layers.Dense(2)])
    random = numpy.random.default_rng(seed)
    model.set_weights([random.normal(size=array.shape) * .7 for array in model.get_weights()])
    return model, [array.astype("float64") for array in model.get_weights()]


def _walked(kind, weights):
    return lambda x: lstm(x, *weights) if kind == "lstm" else gru(x, *weights, kind == "gru after")


def _expected(walk, top, x, rule, sequences):
    """Relevance of one sample for class 1 of the dense layer on top."""
    outputs, steps = walk(x)
    hidden = numpy.concatenate(outputs) if sequences else outputs[-1]
    of_hidden = formulas.linear(hidden, top[0][:, 1:], top[1][1:], numpy.ones(1), rule)
    arrived = numpy.zeros((STEPS, UNITS))
    arrived[slice(None) if sequences else -1] = of_hidden.reshape(-1, UNITS) if sequences else of_hidden
    return handed_down(steps, arrived, rule)


def _x(n=3):
    return numpy.random.default_rng(2).normal(size=(n, STEPS, CHANNELS)).astype("float32")


def _close(model, x, expected, limit=1e-9):
    """`expected` is a function (sample, formula)."""
    maps = Engine(model, {name: RULES[name][0] for name in NAMES}, "float64").maps(x, 1)
    for name in NAMES:
        [values], log_scale = maps[name]
        for number, sample in enumerate(x.astype("float64")):
            wanted = expected(sample, RULES[name][1])
            assert numpy.abs(values[number] * numpy.exp(log_scale[number]) - wanted).max() <= limit * numpy.abs(wanted).max(), name


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kind", ["lstm", "gru after", "gru before"])
def test_relevance_goes_back_through_the_steps_as_the_formulas_say(kind, sequences):
    model, weights = _model(_layer(kind, return_sequences=sequences))
    _close(model, _x(), lambda x, rule: _expected(_walked(kind, weights[:-2]), weights[-2:], x, rule, sequences))


def test_backwards_and_without_bias():
    model, weights = _model(_layer("lstm", go_backwards=True, use_bias=False))
    walk = _walked("lstm", [*weights[:2], numpy.zeros(4 * UNITS)])
    _close(model, _x(), lambda x, rule: _expected(walk, weights[-2:], x[::-1], rule, False)[::-1])


@pytest.mark.parametrize("merge", ["concat", "sum", "ave"])
def test_two_directions_are_two_layers_and_their_merge(merge):
    from keras import layers

    model, weights = _model(layers.Bidirectional(_layer("gru after", return_sequences=True), merge_mode=merge))
    walks = [_walked("gru after", weights[:3]), _walked("gru after", weights[3:6])]
    top = weights[-2:]

    def expected(x, rule):
        ways = [x, x[::-1]]
        outputs = [numpy.array(walk(way)[0]) for walk, way in zip(walks, ways)]
        outputs[1] = outputs[1][::-1]
        hidden = numpy.concatenate(outputs, 1) if merge == "concat" else sum(outputs) / (2 if merge == "ave" else 1)
        arrived = formulas.linear(hidden.ravel(), top[0][:, 1:], top[1][1:], numpy.ones(1), rule).reshape(hidden.shape)
        parts = numpy.split(arrived, 2, 1) if merge == "concat" else [arrived * formulas._ratio(of_way, sum(outputs)) for of_way in outputs]
        handed = [handed_down(walk(way)[1], part, rule) for walk, way, part in zip(walks, ways, [parts[0], parts[1][::-1]])]
        return handed[0] + handed[1][::-1]

    _close(model, _x(), expected)


def test_compiled_and_in_single_precision_it_is_the_same():
    import tensorflow as tf

    model, _ = _model(_layer("lstm", return_sequences=True), _layer("gru after"))
    exact = Engine(model, {"rule": rules.Epsilon(0.01)}, "float64").maps(_x(), 0)["rule"]
    tf.config.run_functions_eagerly(False)
    try:
        [values], log_scale = Engine(model, {"rule": rules.Epsilon(0.01)}).maps(_x(), 0)["rule"]
    finally:
        tf.config.run_functions_eagerly(True)
    assert numpy.abs(values - exact[0][0]).max() <= 1e-5
    numpy.testing.assert_allclose(log_scale, exact[1], atol=1e-4)


def test_the_graph_does_not_grow_with_the_steps():
    import tensorflow as tf
    from keras import Sequential, layers

    sizes = []
    for steps in (10, 200):
        model = Sequential([layers.Input((steps, 2)), layers.LSTM(3), layers.Dense(2)])
        run = Engine(model, {"rule": rules.Epsilon(0.01)})._uncompiled(lambda relevance: relevance, False)
        graph = tf.function(run, [[tf.TensorSpec((None, steps, 2))], tf.TensorSpec((None, 2), tf.int32)], autograph=False)
        tf.config.run_functions_eagerly(False)
        sizes.append(len(graph.get_concrete_function().graph.get_operations()))
        tf.config.run_functions_eagerly(True)
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("kind", ["lstm", "gru after", "gru before", "both"])
def test_the_ledger_accounts_for_all_relevance_and_without_biases_none_is_lost(kind):
    from keras import layers

    for bias in (True, False):
        made = layers.Bidirectional(_layer("lstm", return_sequences=True, use_bias=bias)) if kind == "both" else \
            _layer(kind, return_sequences=True, use_bias=bias)
        model, weights = _model(made, layers.GlobalAveragePooling1D())
        if not bias:
            model.set_weights([*weights[:-1], weights[-1] * 0])
        books = Engine(model, {"lrp0": rules.Zero(), "eps": rules.Epsilon(0.1)}, "float64", shortcuts=False).ledger(_x(), 1)
        for name, layers_of_rule in books.items():
            for layer, entries in layers_of_rule.items():
                assert numpy.abs(entries[:, 0] - entries[:, 1:].sum(axis=1)).max() <= 1e-9 * numpy.abs(entries).max(), (name, layer)
        [values], log_scale = Engine(model, {"lrp0": rules.Zero()}, "float64").maps(_x(), 1)["lrp0"]
        if not bias:
            numpy.testing.assert_allclose((values.sum((1, 2)) * numpy.exp(log_scale)), 1, atol=1e-9)


@pytest.mark.parametrize("options, message", [({"stateful": True}, "stateful"), ({"return_state": True}, "2 outputs|3 outputs|return_state"),
                                              ({"activation": lambda x: x}, "activation <lambda>")])
def test_what_the_formulas_do_not_cover_is_refused(options, message):
    from keras import Input, Model, layers

    inputs = Input((STEPS, CHANNELS), batch_size=3 if "stateful" in options else None)
    made = _layer("lstm", **options)(inputs)
    model = Model(inputs, layers.Dense(2)(made[0] if isinstance(made, (list, tuple)) else made))
    with pytest.raises(ValueError, match=message):
        Engine(model, {"eps": rules.Epsilon(1)})


def test_a_rule_that_asks_no_value_is_not_for_recurrent_layers():
    model, _ = _model(_layer("lstm"))
    for name in ("wsquare", "flat", "zb"):
        with pytest.raises(ValueError, match="is not for the recurrent layer lstm"):
            Engine(model, {name: RULES[name][0]})
