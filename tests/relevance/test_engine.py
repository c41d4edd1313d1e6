"""The own engine held to the rules written out again in float64, on small random networks of every supported layer."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES


class Pair:
    """A Keras network and the same as a list of layers, grown together; biases of every sign, some units dead."""

    def __init__(self, shape, seed):
        from keras import layers

        self.random, self.plain, self.weights = numpy.random.default_rng(seed), [], []
        self.inputs = self.tensor = layers.Input(shape)

    def add(self, layer, *plain, weights=()):
        self.tensor = layer(self.tensor)
        self.plain.append(plain)
        self.weights += [(layer, weights)] if len(weights) else []
        return self

    def drawn(self, *shape):
        kernel = self.random.normal(size=shape) / numpy.sqrt(numpy.prod(shape[:-1]))
        bias = self.random.choice([-0.3, 0.0, 0.2], size=shape[-1])
        bias[0] = -50.0  # a unit that is always off, or far below the others at the top
        return kernel, bias

    def conv(self, filters, width, activation="relu", padding="valid"):
        from keras import layers

        kernel, bias = self.drawn(width, self.tensor.shape[-1], filters)
        self.add(layers.Conv1D(filters, width, padding=padding, activation=activation), "conv", kernel, bias,
                 {"padding": padding}, weights=(kernel, bias))
        return self._activated(activation)

    def dense(self, units, activation="relu"):
        from keras import layers

        kernel, bias = self.drawn(self.tensor.shape[-1], units)
        self.add(layers.Dense(units, activation=activation), "dense", kernel, bias, weights=(kernel, bias))
        return self._activated(activation)

    def _activated(self, activation):
        if activation == "relu":
            self.plain.append(("relu",))
        return self

    def model(self):
        from keras import Model

        made = Model(self.inputs, self.tensor)
        for layer, weights in self.weights:
            layer.set_weights([weight.astype("float32") for weight in weights])
        for number, layer in enumerate(self.plain):  # Keras keeps float32: so do the formulas
            self.plain[number] = tuple(entry.astype("float32").astype("float64") if isinstance(entry, numpy.ndarray) else entry
                                       for entry in layer)
        return made


def _network(kind, seed=0):
    from keras import layers

    pair = Pair((24, 3), seed)
    if kind == "study":
        pair.conv(6, 4).conv(5, 3).add(layers.MaxPooling1D(2), "maxpool", 2).add(layers.SpatialDropout1D(0.1), "relu")
        pair.conv(7, 3).add(layers.GlobalMaxPooling1D(), "globalmax").add(layers.Dropout(0.1), "relu")
        pair.dense(6).dense(4, "softmax")
    elif kind == "padded":
        pair.add(layers.ZeroPadding1D((2, 1)), "pad", (2, 1)).conv(5, 4).conv(4, 3, padding="same", activation=None)
        pair.add(layers.ReLU(), "relu").add(layers.AveragePooling1D(3), "avgpool", 3)
        pair.add(layers.GlobalAveragePooling1D(), "globalavg").dense(4, None)
    elif kind == "flat":
        pair.conv(4, 5, None).add(layers.MaxPooling1D(3), "maxpool", 3).add(layers.Flatten(), "flatten").dense(5, None)
        pair.dense(3, None)
    elif kind == "images":
        pair.add(layers.Reshape((6, 4, 3)), "reshape")
        pair.plain.pop()
        kernel, bias = pair.drawn(2, 3, 3, 4)
        pair.add(layers.Conv2D(4, (2, 3), activation="relu"), "conv", kernel, bias, weights=(kernel, bias))
        pair.plain.append(("relu",))
        pair.add(layers.Flatten(), "flatten").dense(3, None)
    return pair


def _same(model, plain, rule, formula, x, dtype="float64", limit=1e-10, shape=None, **options):
    engine = Engine(model, {"rule": rule}, dtype, **options)
    [values], log_scale = engine.maps(x)["rule"]
    for number, sample in enumerate(x.astype("float64")):
        expected = formulas.relevance(plain, sample.reshape(shape or sample.shape), formula).reshape(sample.shape)
        received = expected.any()  # nothing may be left, as of αβ where all contributions are negative
        assert numpy.isfinite(log_scale[number]) == received
        computed = values[number] * numpy.exp(log_scale[number]) if received else values[number]
        assert numpy.abs(computed - expected).max() <= limit * numpy.abs(expected).max()
        assert numpy.isclose(numpy.abs(values[number]).sum(), received, atol=1e-5)


def _samples(n=3, seed=1, shape=(24, 3)):
    return numpy.random.default_rng(seed).normal(size=(n, *shape)).astype("float32")


@pytest.mark.parametrize("shortcuts", [True, False])
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("kind", ["study", "padded", "flat", "images"])
def test_relevance_is_the_formula_s(kind, name, shortcuts):
    pair, (rule, formula) = _network(kind), RULES[name]
    model = pair.model()
    _same(model, pair.plain, rule, formula, _samples(), shape=(6, 4, 3) if kind == "images" else None,
          shortcuts=shortcuts)


@pytest.mark.parametrize("name", RULES)
def test_float32_differs_by_rounding_alone(name):
    pair, (rule, formula) = _network("study", 3), RULES[name]
    model = pair.model()
    _same(model, pair.plain, rule, formula, _samples(seed=4), "float32", 1e-5)


@pytest.mark.parametrize("name", ["eps=0.01", "alpha1beta0", "wsquare"])
@pytest.mark.parametrize("shortcuts", [True, False])
def test_ties_in_pooling_go_as_in_tensorflow(name, shortcuts):
    pair, (rule, formula) = _network("study", 5), RULES[name]
    model = pair.model()
    x = numpy.concatenate([numpy.repeat(_samples(2, shape=(1, 3)), 24, axis=1),
                           numpy.tile(_samples(1, shape=(4, 3)), (1, 6, 1))])
    _same(model, pair.plain, rule, formula, x, shortcuts=shortcuts)


def _branched(merge):
    """Two branches over the same input that are merged, then a convolution and a dense layer."""
    from keras import Model, layers

    pair = Pair((12, 2), 7)
    start, branches, plains = pair.inputs, [], []
    for width in (3, 3):
        pair.tensor, pair.plain = start, []
        pair.conv(4, width)
        branches.append(pair.tensor)
        plains.append(pair.plain)
    pair.tensor = {"both": layers.Concatenate, "add": layers.Add}[merge]()(branches)
    pair.plain = []
    pair.conv(5, 3).add(layers.GlobalMaxPooling1D(), "globalmax").dense(3, None)
    model = pair.model()
    assert isinstance(model, Model)
    exact = [[tuple(entry.astype("float32").astype("float64") if isinstance(entry, numpy.ndarray) else entry for entry in layer)
              for layer in plain] for plain in plains]
    return model, [(merge, *exact), *pair.plain]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("merge", ["both", "add"])
def test_branches_bring_their_relevance_together(merge, name):
    rule, formula = RULES[name]
    model, plain = _branched(merge)
    _same(model, plain, rule, formula, _samples(shape=(12, 2)))


def test_one_branch_per_modality_and_several_inputs_are_the_same_network():
    from keras import Model, layers

    random, made = numpy.random.default_rng(0), []
    kernels = [(random.normal(size=(3, 1, 4)), random.normal(size=4)) for _ in range(3)]
    for several in (True, False):
        inputs = [layers.Input((10, 1)) for _ in range(3)] if several else [layers.Input((10, 3))]
        ends = []
        for number in range(3):
            x = inputs[number] if several else inputs[0][:, :, number:number + 1]
            conv = layers.Conv1D(4, 3, activation="relu")
            ends.append(layers.GlobalMaxPooling1D()(conv(x)))
            conv.set_weights(kernels[number])
        dense = layers.Dense(2)
        model = Model(inputs, dense(layers.Concatenate()(ends)))
        dense.set_weights([numpy.random.default_rng(1).normal(size=(12, 2)), numpy.array([0.1, -0.1])])
        made.append(model)
    x = _samples(shape=(10, 3))
    chosen = {name: rule for name, (rule, _) in RULES.items()}
    apart = Engine(made[0], chosen).maps([x[:, :, number:number + 1] for number in range(3)])
    together = Engine(made[1], chosen).maps(x)
    for name in RULES:
        assert numpy.allclose(numpy.concatenate(apart[name][0], 2), together[name][0][0], atol=1e-6)
        assert numpy.allclose(apart[name][1], together[name][1], atol=1e-5)


def test_batch_normalisation_is_the_layer_beside_it():
    """Before, after, and after ReLU: the formulas see the folded weights, written out here."""
    from keras import Model, layers

    random = numpy.random.default_rng(2)
    kernel, bias = random.normal(size=(3, 2, 4)).astype("float32"), random.normal(size=4).astype("float32")
    second = random.normal(size=(4, 3)).astype("float32"), random.normal(size=3).astype("float32")
    norm = [random.normal(size=4) for _ in range(3)] + [random.uniform(0.5, 2, 4)]
    scale = norm[0].astype("float32") / numpy.sqrt(norm[3].astype("float32").astype("float64") + 1e-3)
    shift = norm[1].astype("float32") - norm[2].astype("float32") * scale
    inputs, normal, dense = layers.Input((8, 2)), layers.BatchNormalization(), layers.Dense(3)
    for side in ("after convolution", "before dense"):
        conv, normal, dense = layers.Conv1D(4, 3), layers.BatchNormalization(), layers.Dense(3)
        hidden = conv(inputs)
        hidden = layers.ReLU()(normal(hidden)) if side == "after convolution" else layers.ReLU()(hidden)
        hidden = layers.GlobalMaxPooling1D()(hidden)
        model = Model(inputs, dense(hidden if side == "after convolution" else normal(hidden)))
        conv.set_weights([kernel, bias]), dense.set_weights(second), normal.set_weights(norm)
        kernel64, second64 = kernel.astype("float64"), second[0].astype("float64")
        plain = [("conv", kernel64 * scale, bias * scale + shift), ("relu",), ("globalmax",), ("dense", *second)] \
            if side == "after convolution" else [("conv", kernel64, bias), ("relu",), ("globalmax",),
                                                  ("dense", second64 * scale[:, None], second[1] + shift @ second64)]
        for rule, formula in RULES.values():
            _same(model, plain, rule, formula, _samples(shape=(8, 2)), limit=1e-9)


def test_composites_choose_by_name_position_and_kind():
    pair = _network("study", 8)
    model = pair.model()
    names = [layer.name for layer in model.layers if layer.get_weights()]
    mixed = rules.Composite(rules.Epsilon(0.1), {names[1]: rules.Gamma(0.5)}, {0: rules.WSquare(), -1: rules.Zero()},
                            {"Conv1D": rules.AlphaBeta(1, 0)})
    formulas_by_layer = iter([("wsquare",), ("gamma", 0.5), ("alphabeta", 1, 0), ("epsilon", 0.1), ("zero",)])
    x = _samples(1)[0].astype("float64")
    inputs, output = formulas.forward(pair.plain, x)
    by_layer = [next(formulas_by_layer) if layer[0] in ("conv", "dense") else ("zero",) for layer in pair.plain]
    arrived = (output == output.max()).astype("float64")
    for layer, below, rule in list(zip(pair.plain, inputs, by_layer))[::-1]:
        arrived = formulas._down(layer, below, arrived, rule, numpy.ones(below.shape, bool))
    [values], log_scale = Engine(model, {"mixed": mixed}, "float64").maps(x[None])["mixed"]
    assert numpy.abs(values[0] * numpy.exp(log_scale[0]) - arrived).max() <= 1e-10 * numpy.abs(arrived).max()


def test_nothing_underflows():
    """ε = 1e6 through the study's depth leaves 1e-50 of the start and less, far below float32."""
    pair = _network("study", 9)
    model = pair.model()
    x = _samples()
    [values], log_scale = Engine(model, {"rule": rules.Epsilon(1e6)}).maps(x)["rule"]
    for number, sample in enumerate(x):
        expected = formulas.relevance(pair.plain, sample, ("epsilon", 1e6))
        total = numpy.abs(expected).sum()
        assert numpy.abs(values[number] - expected / total).sum() < 1e-4
        assert abs(log_scale[number] - numpy.log(total)) < 1e-4
    assert log_scale.max() < -60


@pytest.mark.parametrize("name", RULES)
def test_the_ledger_accounts_for_all_relevance(name):
    pair = _network("padded", 6)
    model = pair.model()
    books = Engine(model, {"rule": RULES[name][0]}, shortcuts=False).ledger(_samples())["rule"]
    assert len(books) == 5  # two convolutions, two averages, one dense layer
    for entries in books.values():
        scale = numpy.abs(entries).max(axis=1)
        assert numpy.abs(entries[:, 0] - entries[:, 1:].sum(axis=1)).max() <= 1e-5 * scale.max()
    top = next(iter(books.values()))
    assert numpy.allclose(top[:, 0], 1)
