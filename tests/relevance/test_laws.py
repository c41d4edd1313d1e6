"""Laws that relevance obeys whatever the network: conservation, linearity, invariance, and no underflow."""

import numpy
import pytest
from hypothesis import given, settings, strategies

from helpers.relevance import rules
from helpers.relevance.engine import Engine

from . import formulas
from .networks import RULES, Network, given_to, samples

LINEAR = {name: rule for name, (rule, _) in RULES.items()}


pytestmark = pytest.mark.usefixtures("uncompiled")


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
    maps = Engine(model, {number: rules.Epsilon(number) for number in (1e6, 1e12, 1e20, 1e30)}, shortcuts=shortcuts).maps(x)
    for epsilon, ([values], log_scale) in maps.items():
        _close(plain, x, values, log_scale, ("epsilon", epsilon))
    model, plain = _deep(3, bias=False)
    for size in (1e-30, 1e-20, 1e20):
        x = (numpy.random.default_rng(3).normal(size=(3, 20, 3)) * size).astype("float32")
        maps = Engine(model, {name: rule for name, (rule, _) in RULES.items()}, shortcuts=shortcuts).maps(x)
        for name, ([values], log_scale) in maps.items():
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


def _kinds(plain):
    """Kinds of layers, those in branches too."""
    return {kind for layer in plain for kind in
            [layer[0], *(kind for branch in layer[1:] if isinstance(branch, list) for kind in _kinds(branch))]}


def _random(seed, **options):
    """A random network: (model, layers, samples as the model takes them, the same in one array)."""
    import keras

    keras.backend.clear_session()
    random = numpy.random.default_rng(seed)
    network = Network(lambda ways: ways[random.integers(len(ways))], seed, **options)
    model, plain, shape, split = network.model()
    x = samples(shape, seed)[:3]
    return model, plain, given_to(model, x, split), x


ANY = strategies.integers(0, 10**6)
FEW = settings(max_examples=4, deadline=None, derandomize=True)


@FEW
@given(seed=ANY)
def test_the_ledger_balances_at_every_layer_of_any_network(seed):
    model, _, x, _ = _random(seed)
    for books in Engine(model, LINEAR, "float64", shortcuts=False).ledger(x).values():
        assert numpy.allclose(next(iter(books.values()))[:, 0], 1)
        for entries in books.values():
            scale = numpy.abs(entries).max(axis=1)  # z near 0 hands on much more than arrived, of either sign
            assert (numpy.abs(entries[:, 0] - entries[:, 1:].sum(axis=1)) <= 1e-9 * scale).all()


@FEW
@given(seed=ANY)
def test_what_arrives_is_1_less_what_the_ledger_lost_on_the_way(seed):
    """With biases or without; a map of a network without biases sums to 1 but for ε and 0/0."""
    for bias in (True, False):
        model, plain, x, _ = _random(seed, bias=bias)
        if "pad" in _kinds(plain) and _kinds(plain) & {"maxpool", "globalmax"}:
            continue  # where padding wins a maximum it receives nothing, and no layer's ledger has it
        engine = Engine(model, LINEAR, "float64", shortcuts=False)
        books = engine.ledger(x)
        for name, (values, log_scale) in engine.maps(x).items():
            total = sum(of_input.sum(axis=tuple(range(1, of_input.ndim))) for of_input in values)
            received = total * numpy.exp(numpy.where(numpy.isfinite(log_scale), log_scale, 0))
            lost = sum(entries[:, 2:] for entries in books[name].values())
            assert numpy.allclose(received, 1 - lost.sum(axis=1), atol=1e-9 * max(1, numpy.exp(log_scale.max())))
            assert bias or not lost[:, 0].any()
            if not bias and not name.startswith("eps") and not lost.any():
                assert numpy.allclose(received, 1, atol=1e-9 * max(1, numpy.exp(log_scale.max())))


@FEW
@given(seed=ANY, weights=strategies.lists(strategies.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.0]), min_size=3, max_size=3))
def test_relevance_is_linear_in_what_it_starts_with(seed, weights):
    """A last unit that adds classes up by LRP-0 starts each class with its share of the sum."""
    from keras import Model, layers

    model, plain = _deep(2)
    x = numpy.random.default_rng(seed).normal(size=(2, 16, 3)).astype("float32")
    top = layers.Dense(1, use_bias=False, name="top")
    together = Model(model.inputs, top(model.outputs[0]))
    top.set_weights([numpy.array(weights)[:, None]])
    mixed = {name: rules.Composite(rule, by_name={"top": rules.Zero()}) for name, rule in LINEAR.items()}
    whole = Engine(together, mixed, "float64").maps(x)
    apart = [Engine(model, LINEAR, "float64").maps(x, number) for number in range(3)]
    for number, sample in enumerate(x.astype("float64")):
        parts = formulas.forward(plain, sample)[1] * weights
        if not parts.sum():
            continue
        for name in LINEAR:
            expected = sum(share * _relevance(maps[name])[number] for share, maps in zip(parts / parts.sum(), apart))
            largest = max(numpy.abs(_relevance(maps[name])[number]).max() for maps in apart)
            largest *= max(1, numpy.abs(parts / parts.sum()).max())
            assert numpy.abs(_relevance(whole[name])[number] - expected).max() <= 1e-8 * largest


def _relevance(maps):
    [values], log_scale = maps
    return values * numpy.exp(numpy.where(numpy.isfinite(log_scale), log_scale, 0))[:, None, None]


def _changed(model, change):
    """A copy of a model whose list of weights (kernel, bias, kernel, …) went through `change`."""
    from keras import models

    copy = models.clone_model(model)
    weights = [array.astype("float64") for array in model.get_weights()]
    change(weights)
    copy.set_weights(weights)
    return copy


@FEW
@given(seed=ANY, powers=strategies.lists(strategies.integers(-5, 5), min_size=5, max_size=5))
def test_rescaling_between_layers_changes_no_map_of_lrp0_gamma_or_alpha_beta(seed, powers):
    """Weights and bias of a unit times c > 0, those that read it by c: the same function, so the same relevance."""
    model, _ = _deep(2)
    c = 2.0 ** numpy.array(powers)  # powers of 2, so that float32 weights lose nothing

    def change(weights):
        for number in (0, 2, 4):
            weights[number] *= c
            weights[number + 1] *= c
            weights[number + 2] /= c[:, None]

    x = numpy.random.default_rng(seed).normal(size=(2, 16, 3)).astype("float32")
    chosen = {name: rule for name, rule in LINEAR.items() if name.startswith(("lrp0", "alpha", "gamma"))}
    chosen["eps → 0"] = rules.Epsilon(1e-20)
    first, second = (Engine(network, chosen, "float64").maps(x) for network in (model, _changed(model, change)))
    for name in chosen:
        _alike(first[name], second[name])


def _alike(first, second, limit=1e-10):
    for before, after in zip(_relevance(first), _relevance(second)):
        assert numpy.abs(before - after).max() <= limit * numpy.abs(before).max()


@FEW
@given(seed=ANY)
def test_channels_that_change_places_take_their_relevance_along(seed):
    random = numpy.random.default_rng(seed)
    model, _ = _deep(2)
    order, hidden = random.permutation(3), random.permutation(5)

    def change(weights):
        weights[0] = weights[0][:, order][:, :, hidden]
        weights[1], weights[2] = weights[1][hidden], weights[2][:, hidden]

    x = random.normal(size=(2, 16, 3)).astype("float32")
    first = Engine(model, LINEAR, "float64").maps(x)
    second = Engine(_changed(model, change), LINEAR, "float64").maps(x[:, :, order])
    for name, ([values], log_scale) in first.items():
        _alike(([values[:, :, order]], log_scale), second[name])


@FEW
@given(seed=ANY)
def test_a_sample_is_explained_alike_alone_in_any_order_and_with_its_class_named(seed):
    model, plain, x, whole = _random(seed)
    inputs = x if isinstance(x, list) else [x]
    engine = Engine(model, LINEAR, "float64")
    maps = engine.maps(inputs)
    classes = [formulas.forward(plain, sample)[1].argmax() for sample in whole.astype("float64")]
    alone = engine.maps([array[1:2] for array in inputs], classes[1])
    turned = engine.maps([array[::-1] for array in inputs], classes[::-1])
    for name, (values, log_scale) in maps.items():
        for of_input, single, backwards in zip(values, alone[name][0], turned[name][0]):
            assert numpy.allclose(of_input[1], single[0], atol=1e-10)
            assert numpy.allclose(of_input, backwards[::-1], atol=1e-10)
        assert numpy.allclose(log_scale[1], alone[name][1]) and numpy.allclose(log_scale, turned[name][1][::-1])
    nobody = engine.maps([array[:0] for array in inputs])
    for name, (values, log_scale) in nobody.items():
        assert [of_input.shape for of_input in values] == [array[:0].shape for array in inputs] and log_scale.shape == (0,)


def test_a_layer_that_is_called_twice_is_two_layers_with_the_same_weights():
    from keras import Input, Model, layers

    shared, top = layers.Dense(4, activation="relu", name="shared"), layers.Dense(2, name="top")
    inputs = Input((4,))
    model = Model(inputs, top(shared(shared(inputs))))
    random = numpy.random.default_rng(0)
    model.set_weights([random.normal(size=(4, 4)), random.normal(size=4), random.normal(size=(4, 2)), random.normal(size=2)])
    kernel, bias, last, offset = (array.astype("float64") for array in model.get_weights())
    plain = [("dense", kernel, bias), ("relu",), ("dense", kernel, bias), ("relu",), ("dense", last, offset)]
    x = random.normal(size=(3, 4)).astype("float32")
    for name, (rule, formula) in RULES.items():
        engine = Engine(model, {name: rule}, "float64", shortcuts=False)
        [values], log_scale = engine.maps(x)[name]
        _close(plain, x, values, log_scale, formula, 1e-9)
        assert list(engine.ledger(x)[name]) == ["top", "shared (call 2)", "shared (call 1)"]
