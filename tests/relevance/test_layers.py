"""Layers beyond the study's: each is held to its rule with the explicit matrix of what it does, which Keras itself gives, one unit at a time."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES

pytestmark = pytest.mark.usefixtures("uncompiled")

#: How the relevance of a layer's outputs reaches its inputs: by the rule, in proportion to the parts of a sum, or as values move.
RULE, SUM, MOVE = "rule", "sum", "move"


def matrix(layer, shape):
    """(matrix (inputs, outputs), bias (outputs,)) of a layer that is affine in its input, in float64."""
    units = numpy.eye(int(numpy.prod(shape))).reshape(-1, *shape).astype("float32")
    bias = numpy.asarray(layer(units[:1] * 0), "float64").ravel()
    return numpy.asarray(layer(units), "float64").reshape(len(units), -1) - bias, bias


def down(x, m, bias, arrived, rule):
    """Relevance of x (inputs,) by a rule: each output has the inputs alone whose weight is not 0."""
    handed = numpy.zeros(len(x))
    for j in range(len(arrived)):
        connected = m[:, j] != 0
        handed[connected] += formulas.linear(x[connected], m[connected, j:j + 1], bias[j:j + 1], arrived[j:j + 1], rule)
    return handed


def drawn(layer, shape, seed=0):
    """The layer with weights of either sign, no bias: then its matrix is exact, each entry being one weight."""
    random = numpy.random.default_rng(seed)
    layer.build((None, *shape))
    layer.set_weights([random.normal(size=array.shape) for array in layer.get_weights()])
    return layer


def _cases():
    from keras import layers

    return {
        "transposed": (lambda: layers.Conv1DTranspose(3, 4, strides=2, use_bias=False), (5, 2), RULE),
        "transposed same": (lambda: layers.Conv1DTranspose(3, 3, strides=2, padding="same", use_bias=False), (5, 2), RULE),
        "depthwise": (lambda: layers.DepthwiseConv1D(3, depth_multiplier=2, use_bias=False), (6, 2), RULE),
        "depthwise by steps": (lambda: layers.DepthwiseConv1D(3, strides=2, padding="same", use_bias=False), (7, 2), RULE),
        "depthwise 2d": (lambda: layers.DepthwiseConv2D((3, 1), depth_multiplier=2, use_bias=False), (3, 4, 2), RULE),
        "at each step": (lambda: layers.TimeDistributed(layers.Dense(3, use_bias=False)), (4, 2), RULE),
        "convolution at each step": (lambda: layers.TimeDistributed(layers.Conv1D(2, 3, padding="same", use_bias=False)), (3, 5, 2), RULE),
        "mean with padding": (lambda: layers.AveragePooling1D(3, 2, padding="same"), (8, 2), SUM),
        "mean with padding, one left over": (lambda: layers.AveragePooling1D(2, padding="same"), (7, 2), SUM),
        "mean of images with padding": (lambda: layers.AveragePooling2D((2, 3), (1, 2), padding="same"), (3, 4, 2), SUM),
        "mean at each step": (lambda: layers.TimeDistributed(layers.GlobalAveragePooling1D()), (3, 4, 2), SUM),
        "upsampling": (lambda: layers.UpSampling1D(3), (4, 2), MOVE),
        "upsampling of images": (lambda: layers.UpSampling2D((2, 3)), (2, 3, 2), MOVE),
        "cropping": (lambda: layers.Cropping1D((1, 2)), (6, 2), MOVE),
        "cropping to one side": (lambda: layers.Cropping1D((2, 0)), (6, 2), MOVE),
        "cropping of images": (lambda: layers.Cropping2D(((1, 0), (0, 1))), (3, 4, 2), MOVE),
        "copies": (lambda: layers.RepeatVector(3), (4,), MOVE),
        "identity": (lambda: layers.Identity(), (4, 2), MOVE),
        "noise": (lambda: layers.GaussianNoise(0.5), (4, 2), MOVE),
        "flattened at each step": (lambda: layers.TimeDistributed(layers.Flatten()), (2, 3, 2), MOVE),
    }


@pytest.mark.parametrize("case", list(_cases()))
def test_a_layer_hands_down_what_its_matrix_says(case):
    """input → layer → ReLU → two classes, by every rule."""
    from keras import Sequential, layers

    make, shape, how = _cases()[case]
    layer = drawn(make(), shape)
    top = layers.Dense(2)
    model = Sequential([layers.Input(shape), layer, layers.ReLU(), layers.Flatten(), top])
    random = numpy.random.default_rng(3)
    top.set_weights([random.normal(size=top.get_weights()[0].shape), numpy.array([.3, -.2])])
    m, bias = matrix(layer, shape)
    if how == SUM:  # parts of a whole, of which Keras has seven digits
        m = numpy.divide(1, numpy.round(numpy.divide(1, m, out=numpy.zeros_like(m), where=m != 0)), out=numpy.zeros_like(m), where=m != 0)
    kernel, offset = (array.astype("float64") for array in top.get_weights())
    x = random.normal(size=(3, *shape)).astype("float32")
    maps = Engine(model, {name: rule for name, (rule, _) in RULES.items()}, "float64").maps(x, 1)
    for name, (_, formula) in RULES.items():
        [values], log_scale = maps[name]
        for number, sample in enumerate(x.astype("float64")):
            hidden = numpy.maximum(sample.ravel() @ m + bias, 0)
            arrived = formulas.linear(hidden, kernel[:, 1:], offset[1:], numpy.ones(1), formula)
            expected = m @ arrived if how == MOVE else down(sample.ravel(), m, bias, arrived, formula if how == RULE else ("zero",))
            received = numpy.exp(log_scale[number]) if numpy.isfinite(log_scale[number]) else 0
            assert numpy.abs(values[number].ravel() * received - expected).max() <= 1e-10 * max(numpy.abs(expected).max(), 1e-12), name


def _same_maps(first, second, x, names=("lrp0", "eps=0.01", "alpha2beta1", "wsquare"), limit=1e-10, target=None):
    """Two models are explained alike."""
    chosen = {name: RULES[name][0] for name in names}
    one, other = (Engine(model, chosen, "float64").maps(x, target) for model in (first, second))
    for name in names:
        for (a, b) in zip(one[name][0], other[name][0]):
            assert numpy.abs(a - b).max() <= limit, name
        numpy.testing.assert_allclose(one[name][1], other[name][1], atol=limit)


def _set(model, seed=0):
    random = numpy.random.default_rng(seed)
    model.set_weights([random.normal(size=array.shape) * 0.5 for array in model.get_weights()])
    return model


def _x(*shape, n=4, seed=1):
    return numpy.random.default_rng(seed).normal(size=(n, *shape)).astype("float32")


@pytest.mark.parametrize("rank", [1, 2])
def test_a_separable_convolution_is_a_depthwise_and_a_pointwise_one(rank):
    from keras import Sequential, layers

    shape, size = ((9, 2), 3) if rank == 1 else ((4, 5, 2), (2, 3))
    separable = {1: layers.SeparableConv1D, 2: layers.SeparableConv2D}[rank](4, size, depth_multiplier=2, padding="same")
    depthwise = {1: layers.DepthwiseConv1D, 2: layers.DepthwiseConv2D}[rank](size, depth_multiplier=2, padding="same", use_bias=False)
    pointwise = {1: layers.Conv1D, 2: layers.Conv2D}[rank](4, 1)
    whole = _set(Sequential([layers.Input(shape), separable, layers.ReLU(), layers.Flatten(), layers.Dense(2)]))
    parts = Sequential([layers.Input(shape), depthwise, pointwise, layers.ReLU(), layers.Flatten(), layers.Dense(2)])
    parts.set_weights(whole.get_weights())
    _same_maps(whole, parts, _x(*shape))


def test_models_within_models_are_their_layers_in_a_row():
    from keras import Input, Model, Sequential, layers

    def rows():
        return [layers.Conv1D(4, 3, activation="relu"), layers.MaxPooling1D(2), layers.Conv1D(3, 2), layers.ReLU(), layers.Flatten(),
                layers.Dense(3)]

    plain = _set(Sequential([Input((12, 2)), *rows()]))
    first, second, third, fourth, *last = rows()
    inner = Sequential([Input((12, 2)), first, second], name="inner")
    inputs = Input((12, 2))
    middle = Model(inputs, fourth(third(inner(inputs))), name="middle")
    deep = Sequential([Input((12, 2)), middle, *last])
    deep.set_weights(plain.get_weights())
    _same_maps(deep, plain, _x(12, 2))
    name = f"middle/inner/{first.name}"
    of_name = Engine(deep, {"mixed": rules.Composite(rules.Zero(), by_name={name: rules.Flat()})}, "float64").maps(_x(12, 2))["mixed"]
    of_place = Engine(plain, {"mixed": rules.Composite(rules.Zero(), by_position={0: rules.Flat()})}, "float64").maps(_x(12, 2))["mixed"]
    numpy.testing.assert_allclose(of_name[0][0], of_place[0][0], atol=1e-12)


def test_a_model_that_is_called_twice_stands_in_both_places():
    from keras import Input, Model, Sequential, layers

    inputs = [Input((10, 1)), Input((10, 1))]
    shared = Sequential([Input((10, 1)), layers.Conv1D(3, 3, activation="relu"), layers.GlobalMaxPooling1D()])
    twice = _set(Model(inputs, layers.Dense(2)(layers.Concatenate()([shared(one) for one in inputs]))))
    conv = layers.Conv1D(3, 3, activation="relu")
    once = Model(inputs, layers.Dense(2)(layers.Concatenate()([layers.GlobalMaxPooling1D()(conv(one)) for one in inputs])))
    once.set_weights(twice.get_weights())
    _same_maps(twice, once, [_x(10, 1), _x(10, 1, seed=2)])


def test_an_encoder_at_each_epoch_of_a_sequence_explains_the_epoch_that_is_asked_for():
    """One output per epoch: of the epoch asked for alone, as of the encoder with that epoch."""
    from keras import Input, Model, Sequential, layers

    encoder = Sequential([Input((16, 2)), layers.Conv1D(4, 3, activation="relu"), layers.MaxPooling1D(2), layers.Conv1D(3, 3, activation="relu"),
                          layers.GlobalMaxPooling1D(), layers.Dense(3, activation="softmax")])
    inputs = Input((5, 16, 2))
    sequence = _set(Model(inputs, layers.TimeDistributed(encoder)(inputs)))
    x = _x(5, 16, 2)
    chosen = {name: rule for name, (rule, _) in RULES.items()}
    of_sequence = Engine(sequence, chosen, "float64").maps(x, (2, None))
    of_epoch = Engine(encoder, chosen, "float64").maps(x[:, 2])
    for name in RULES:
        numpy.testing.assert_allclose(of_sequence[name][0][0][:, 2], of_epoch[name][0][0], atol=1e-10)
        assert numpy.abs(numpy.delete(of_sequence[name][0][0], 2, 1)).max() == 0
        numpy.testing.assert_allclose(of_sequence[name][1], of_epoch[name][1], atol=1e-10)
    positions, classes = numpy.array([0, 1, 2, 4]), numpy.array([2, 0, 1, 1])
    named = Engine(sequence, chosen, "float64").maps(x, (positions, classes))
    for number in range(4):
        alone = Engine(encoder, chosen, "float64").maps(x[number:number + 1, positions[number]], classes[number])
        numpy.testing.assert_allclose(named["eps=0.01"][0][0][number, positions[number]], alone["eps=0.01"][0][0][0], atol=1e-10)
    with pytest.raises(ValueError, match="stages 5 epochs at once; give .position, class."):
        Engine(sequence, chosen).maps(x)
    with pytest.raises(ValueError, match="target 5: positions are whole numbers from 0 to 4"):
        Engine(sequence, chosen).maps(x, (5, 0))


@pytest.mark.parametrize("merge", ["Average", "Subtract", "a + b", "a - b", "Add"])
def test_merges_share_in_proportion_to_their_parts(merge):
    from keras import Input, Model, layers

    inputs = Input((4,))
    parts = [layers.Dense(3), layers.Dense(3)]
    a, b = (part(inputs) for part in parts)
    merged = {"a + b": lambda: a + b, "a - b": lambda: a - b}.get(merge, lambda: getattr(layers, merge)()([a, b]))()
    top = layers.Dense(2)
    model = _set(Model(inputs, top(merged)), 4)
    x = _x(4)
    weights = [[array.astype("float64") for array in layer.get_weights()] for layer in (*parts, top)]
    factors = {"Average": (.5, .5), "Subtract": (1, -1), "a - b": (1, -1)}.get(merge, (1, 1))
    for name, (rule, formula) in RULES.items():
        [values], log_scale = Engine(model, {name: rule}, "float64").maps(x, 0)[name]
        for number, sample in enumerate(x.astype("float64")):
            given = [factor * (sample @ kernel + bias) for factor, (kernel, bias) in zip(factors, weights)]
            arrived = formulas.linear(sum(given), weights[2][0][:, :1], weights[2][1][:1], numpy.ones(1), formula)
            expected = sum(formulas.linear(sample, *weights[part], arrived * given[part] / sum(given), formula) for part in (0, 1))
            assert numpy.abs(values[number] * numpy.exp(log_scale[number]) - expected).max() <= 1e-9 * numpy.abs(expected).max(), name


def _functions():
    from keras import layers

    return {**{name: (lambda name=name: layers.Activation(name)) for name in
               ("tanh", "sigmoid", "elu", "selu", "gelu", "softplus", "swish", "softsign", "hard_sigmoid", "exponential")},
            "LeakyReLU": lambda: layers.LeakyReLU(0.2), "ELU": lambda: layers.ELU(0.7), "PReLU": lambda: layers.PReLU(),
            "capped": lambda: layers.ReLU(max_value=1.5), "leaky": lambda: layers.ReLU(negative_slope=0.1),
            "from a threshold": lambda: layers.ReLU(threshold=0.4), "within": None}


@pytest.mark.parametrize("name", list(_functions()))
def test_activations_of_any_kind_pass_relevance_on(name):
    """Also where they give something of 0: nothing may be skipped there."""
    from keras import Sequential, layers

    made = _functions()[name]
    first, top = layers.Dense(5, activation=None if made else "tanh"), layers.Dense(3)
    function = made() if made else None
    model = _set(Sequential([layers.Input((4,)), first, layers.ReLU(), *([function] if made else []), top]), 5)
    x = _x(4)
    hidden = [numpy.asarray(Sequential(model.layers[:number])(x), "float64") for number in (1, 2, 3)]
    below = hidden[2] if made else hidden[1]
    (kernel, bias), (to_class, offset) = ([array.astype("float64") for array in layer.get_weights()] for layer in (first, top))
    for rule in ("eps=0.01", "wsquare", "alpha2beta1"):
        [values], log_scale = Engine(model, {rule: RULES[rule][0]}, "float64").maps(x, 2)[rule]
        for number, sample in enumerate(x.astype("float64")):
            arrived = formulas.linear(below[number], to_class[:, 2:], offset[2:], numpy.ones(1), RULES[rule][1])
            expected = formulas.linear(sample, kernel, bias, arrived, RULES[rule][1])
            assert numpy.abs(values[number] * numpy.exp(log_scale[number]) - expected).max() <= 2e-6 * numpy.abs(expected).max(), name


@pytest.mark.parametrize("written", ["layer", "operator"])
@pytest.mark.parametrize("gate", ["sigmoid", "softmax", "none", "repeated"])
def test_a_gate_gets_nothing_and_two_signals_halves(gate, written):
    from keras import Input, Model, layers

    inputs = Input((3, 4))
    signal, other, top = layers.Dense(5), layers.Dense(5, activation=gate if gate in ("sigmoid", "softmax") else None), layers.Dense(2)
    second = layers.GlobalAveragePooling1D(keepdims=True)(other(inputs)) if gate == "repeated" else other(inputs)
    product = layers.Multiply()([signal(inputs), second]) if written == "layer" else signal(inputs) * second
    model = _set(Model(inputs, top(layers.Flatten()(product))), 6)
    x = _x(3, 4)
    ws, wo, wt = ([array.astype("float64") for array in layer.get_weights()] for layer in (signal, other, top))
    rule, formula = RULES["eps=0.01"]
    [values], log_scale = Engine(model, {"rule": rule}, "float64").maps(x, 1)["rule"]
    for number, sample in enumerate(x.astype("float64")):
        a, b = sample @ ws[0] + ws[1], sample @ wo[0] + wo[1]
        of_gate = {"sigmoid": lambda b: 1 / (1 + numpy.exp(-b)), "softmax": lambda b: numpy.exp(b) / numpy.exp(b).sum(1, keepdims=True)}.get(
            gate, lambda b: b if gate == "none" else b.mean(0, keepdims=True))(b)
        arrived = formulas.linear((a * of_gate).ravel(), wt[0][:, 1:], wt[1][1:], numpy.ones(1), formula).reshape(3, 5)
        halves = arrived if gate in ("sigmoid", "softmax") else arrived / 2
        expected = numpy.stack([formulas.linear(sample[step], *ws, halves[step], formula) for step in range(3)])
        if gate in ("none", "repeated"):
            to_other = halves if gate == "none" else b * formulas._ratio(halves.sum(0, keepdims=True), b.sum(0, keepdims=True))
            expected += numpy.stack([formulas.linear(sample[step], *wo, to_other[step], formula) for step in range(3)])
        assert numpy.abs(values[number] * numpy.exp(log_scale[number]) - expected).max() <= 1e-7 * numpy.abs(expected).max()


@pytest.mark.parametrize("kind", ["Normalization", "Rescaling"])
def test_what_scales_channels_is_folded_into_the_layer_beside_it(kind):
    from keras import Sequential, layers

    scale, shift = numpy.array([2.0, .5, -1.0]), numpy.array([.1, -.2, .3])
    scaling = layers.Rescaling(scale, shift) if kind == "Rescaling" else layers.Normalization(
        mean=-shift / numpy.abs(scale), variance=1 / scale ** 2)
    scale = numpy.abs(scale) if kind == "Normalization" else scale
    model = _set(Sequential([layers.Input((6, 3)), scaling, layers.Conv1D(4, 2, activation="relu"), layers.Flatten(), layers.Dense(2)]))
    plain = Sequential([layers.Input((6, 3)), layers.Conv1D(4, 2, activation="relu"), layers.Flatten(), layers.Dense(2)])
    weights = model.get_weights()[-4:]
    kernel = weights[0].astype("float64")
    plain.set_weights([kernel * scale[:, None], weights[1] + (kernel * shift[:, None]).sum((0, 1)), *weights[2:]])
    _same_maps(model, plain, _x(6, 3), limit=1e-5)


def test_a_batch_normalisation_is_folded_into_any_layer_before_it():
    """Whose output channels need not be the last axis of its weights."""
    from keras import Sequential, layers

    for make in (lambda: layers.DepthwiseConv1D(3, depth_multiplier=2), lambda: layers.Conv1DTranspose(4, 3, strides=2),
                 lambda: layers.SeparableConv1D(4, 3)):
        normal = layers.BatchNormalization()
        model = _set(Sequential([layers.Input((6, 2)), make(), normal, layers.ReLU(), layers.Flatten(), layers.Dense(2)]))
        gamma, beta, mean, variance = (array.astype("float64") for array in normal.get_weights())
        variance = variance ** 2 + .5
        normal.set_weights([gamma, beta, mean, variance])
        walk = Engine(model, {"lrp0": rules.Zero()}, "float64")._walk
        assert "BatchNormalization" not in [operation.layer for operation in walk.operations if operation.kind == "linear"]
        outputs, _ = walk.forward([_x(6, 2).astype("float64")])
        numpy.testing.assert_allclose(outputs[-1], model(_x(6, 2)), atol=1e-5)


def test_a_sigmoid_head_is_left_out_and_one_of_several_outputs_is_explained():
    from keras import Input, Model, layers

    inputs = Input((4,))
    hidden = layers.Dense(5, activation="relu")(inputs)
    stage, age = layers.Dense(3, activation="sigmoid", name="stage")(hidden), layers.Dense(2, name="age")(hidden)
    both, logits = _set(Model(inputs, [stage, age])), None
    for output, name, units in ((0, "stage", 3), ("stage", "stage", 3), ("age", "age", 2)):
        dense = layers.Dense(units)
        logits = Model(inputs, dense(hidden))
        dense.set_weights(both.get_layer(name).get_weights())
        for chosen in RULES:
            one = Engine(both, {chosen: RULES[chosen][0]}, "float64", output=output).maps(_x(4))[chosen]
            other = Engine(logits, {chosen: RULES[chosen][0]}, "float64").maps(_x(4))[chosen]
            numpy.testing.assert_allclose(one[0][0], other[0][0], atol=1e-12)
    with pytest.raises(ValueError, match="2 outputs .of stage, age.; say which one"):
        Engine(both, {"lrp0": rules.Zero()})
    with pytest.raises(ValueError, match="output 'sex': the model has stage, age"):
        Engine(both, {"lrp0": rules.Zero()}, output="sex")
