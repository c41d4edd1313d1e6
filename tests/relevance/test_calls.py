"""What a call of the engine promises whatever the network: the weights of now, memory of a batch, each sample for itself, every channel once,
and settings that apply or are refused.
"""

import subprocess
import sys

import numpy
import pytest

from helpers.relevance import Explainer, rules
from helpers.relevance.engine import Engine

from .small_network import network, samples

pytestmark = pytest.mark.usefixtures("uncompiled")

MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}
RULES = {"eps": rules.Epsilon(0.01), "large": rules.Epsilon(1e4), "alphabeta": rules.AlphaBeta(1, 0)}


def _model(seed=0):
    return network(numpy.random.default_rng(seed), lambda draws: draws * 0.1)[0]


# ---------------------------------------------------------------- weights

@pytest.mark.parametrize("compiled", [True, False])
def test_the_weights_of_the_call_are_explained(compiled):
    import tensorflow as tf

    model, other, x = _model(), _model(7), samples()
    tf.config.run_functions_eagerly(False)
    try:
        explainer = Explainer(model, RULES, compiled=compiled)
        before = explainer.shares(x, MODALITIES)
        model.set_weights(other.get_weights())
        now = explainer.shares(x, MODALITIES)
        expected = Explainer(other, RULES, compiled=compiled).shares(x, MODALITIES)
    finally:
        tf.config.run_functions_eagerly(True)
    assert numpy.abs(now - before).max() > 0.01
    numpy.testing.assert_allclose(now, expected, atol=1e-6)


def test_one_weight_that_training_has_moved_is_seen_in_ledgers_and_by_methods_that_are_no_rules():
    from helpers.relevance.logits import Logits

    model, x = _model(), samples()
    engine, logits = Engine(model, RULES, shortcuts=False), Logits(model)
    before, outputs = engine.ledger(x)["eps"], logits(x)
    layer = model.layers[-1]
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + numpy.eye(5)[0].astype("float32")])
    after = engine.ledger(x)["eps"]
    assert any(numpy.abs(after[name] - before[name]).max() > 1e-3 for name in before)
    numpy.testing.assert_allclose(logits(x), outputs + numpy.eye(5)[0], atol=1e-6)


# ---------------------------------------------------------------- batches

@pytest.mark.parametrize("n", [0, 1, 5, 12])
def test_batches_change_nothing_and_progress_is_told(n):
    model, x, told = _model(), samples(max(n, 1))[:n], []
    whole = Explainer(model, RULES, batch=1000).parts(x, MODALITIES)
    parts = Explainer(model, RULES, batch=5).parts(x, MODALITIES, progress=lambda *news: told.append(news))
    maps = Explainer(model, RULES, batch=5).maps(x)
    for name in RULES:
        assert maps[name].values.shape == x.shape and maps[name].log_scale.shape == (n,)
        for one, other in zip(whole[name], parts[name]):
            numpy.testing.assert_allclose(one, other, atol=1e-6)
    assert [done for done, *_ in told] == {12: [5, 10, 12], 0: []}.get(n, [n]) and all(total == n for _, total, _ in told)


#: Peak of anonymous memory of a process that explains so many samples of a mapped file, in MB.
PEAK = """
import resource, sys, numpy
sys.path.insert(0, sys.argv[2])
from relevance.small_network import network
from helpers.bench.measure import _anonymous
from helpers.relevance import Explainer, rules
import threading
model = network(numpy.random.default_rng(0), lambda draws: draws * 0.1)[0]
explainer = Explainer(model, {"eps": rules.Epsilon(0.01), "ab": rules.AlphaBeta(1, 0)})
x = numpy.load(sys.argv[1], mmap_mode="r")
modalities = {"EEG": [0], "EOG": [1], "EMG": [2]}
explainer.shares(x[:200], modalities)
peak, over = [_anonymous()], threading.Event()
def watch():
    while not over.wait(0.005):
        peak.append(_anonymous())
thread = threading.Thread(target=watch)
thread.start()
shares = explainer.shares(x, modalities)
over.set(); thread.join()
print((max(peak) - peak[0]) / 1e6, shares.shape[0])
"""


def test_memory_is_that_of_a_batch(tmp_path):
    """80,000 samples of 40 × 3: as one batch they take some 800 MB, one map of them 38."""
    x = numpy.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (80_000, 40, 3))
    x[:] = numpy.random.default_rng(0).normal(size=(1000, 40, 3)).repeat(80, 0)
    x.flush()
    from pathlib import Path

    done = subprocess.run([sys.executable, "-c", PEAK, str(tmp_path / "x.npy"), str(Path(__file__).parents[1])], capture_output=True, text=True)
    peak, n = done.stdout.split()
    assert n == "80000" and float(peak) < 60, done.stderr


# ----------------------------------------------------- each for itself

@pytest.mark.parametrize("bad", [numpy.nan, numpy.inf, -numpy.inf])
def test_a_sample_that_is_no_number_touches_no_other_and_is_counted(bad):
    """Also at a large ε, where digits would be lost without rescaling."""
    model, x = _model(), samples(6)
    spoilt = x.copy()
    spoilt[2, 5, 1] = bad
    explainer = Explainer(model, RULES)
    whole, maps = explainer.parts(spoilt, MODALITIES), explainer.maps(spoilt)
    others = numpy.delete(numpy.arange(6), 2)
    alone = Explainer(model, RULES).parts(x[others], MODALITIES)
    for name in RULES:
        for found, expected in zip(whole[name], alone[name]):
            numpy.testing.assert_allclose(found[others], expected, atol=1e-6)
            assert numpy.isnan(found[2]).all()
        assert numpy.isnan(maps[name].values[2]).all() and numpy.isfinite(maps[name].values[others]).all()
    assert explainer.not_finite == dict.fromkeys(RULES, 2) and explainer.without_relevance == dict.fromkeys(RULES, 0)


# ------------------------------------------------------------- modalities

@pytest.mark.parametrize("modalities, message", [
    ({"EEG": [0], "EOG": [1]}, "channel 2 of 3 is in none of them"),
    ({"EEG": [0], "EMG": [2]}, "channel 1 of 3 is in none of them"),
    ({"EEG": [0, 1], "EOG": [1], "EMG": [2]}, "channel 1 is named twice"),
    ({"EEG": [0], "EOG": [1], "EMG": [2], "ECG": [3]}, "there is no channel 3, the samples have 3"),
    ({"EEG": [0], "EOG": [1], "EMG": [-1]}, "channel 2 of 3 is in none"),
    ({}, "channel 0 of 3 is in none"),
])
def test_every_channel_is_named_exactly_once(modalities, message):
    with pytest.raises(ValueError, match=message):
        Explainer(_model(), RULES).shares(samples(), modalities)


def _turned():
    """A model of (channels, time, 1), the same of (time, channels), and the first one's samples from the second's."""
    from keras import Sequential, layers

    plain = Sequential([layers.Input((6, 3)), layers.Flatten(), layers.Dense(2)])
    turned = Sequential([layers.Input((3, 6, 1)), layers.Permute((2, 1, 3)), layers.Flatten(), layers.Dense(2)])
    random = numpy.random.default_rng(0)
    plain.set_weights([random.normal(size=(18, 2)), numpy.zeros(2)])
    turned.set_weights(plain.get_weights())
    return turned, plain


def test_the_axis_of_the_channels_is_found_or_asked_for():
    turned, plain = _turned()
    x = numpy.random.default_rng(1).normal(size=(4, 6, 3)).astype("float32")
    expected = Explainer(plain, RULES).shares(x, MODALITIES)
    found = Explainer(turned, RULES).shares(x.transpose(0, 2, 1)[..., None], MODALITIES)
    numpy.testing.assert_allclose(found, expected, atol=1e-6)
    numpy.testing.assert_allclose(Explainer(turned, RULES).shares(x.transpose(0, 2, 1)[..., None], MODALITIES, axis=1), expected, atol=1e-6)
    with pytest.raises(ValueError, match="axis 3 could be that of 1 channels; say which by axis="):
        Explainer(turned, RULES).shares(x.transpose(0, 2, 1)[..., None], {"EEG": [0]})


def test_where_two_axes_are_as_long_it_is_asked_for():
    from keras import Sequential, layers

    model = Sequential([layers.Input((3, 3)), layers.Flatten(), layers.Dense(2)])
    x = samples()[:, :3]
    with pytest.raises(ValueError, match="axis 1 or 2 could be that of 3 channels"):
        Explainer(model, RULES).shares(x, MODALITIES)
    by_axis = [Explainer(model, RULES).shares(x, MODALITIES, axis=axis) for axis in (1, 2, -1)]
    maps = Explainer(model, RULES).maps(x)["eps"].values
    numpy.testing.assert_allclose(by_axis[0][:, 0], numpy.abs(maps).sum(2), atol=1e-6)
    numpy.testing.assert_allclose(by_axis[1][:, 0], numpy.abs(maps).sum(1), atol=1e-6)
    numpy.testing.assert_array_equal(by_axis[1], by_axis[2])


# ------------------------------------------------------------- composites

def _by_layers(**tables):
    return {"mixed": rules.Composite(rules.Zero(), **tables)}


def test_a_composite_goes_by_name_then_position_then_kind():
    """−1 is the last layer, and says more than its kind."""
    model, x = _model(), samples()
    names = [layer.name for layer in model.layers if layer.get_weights()]
    by_kind = {"Dense": rules.Gamma(0.5), "Conv1D": rules.Gamma(0.5)}
    full = {names[0]: rules.Gamma(0.5), names[1]: rules.Gamma(0.5), names[2]: rules.Gamma(0.5), names[3]: rules.Epsilon(0.3)}
    expected = Engine(model, _by_layers(by_name=full), "float64").maps(x)["mixed"][0][0]
    for tables in ({"by_position": {-1: rules.Epsilon(0.3)}}, {"by_position": {3: rules.Epsilon(0.3)}},
                   {"by_name": {names[3]: rules.Epsilon(0.3)}, "by_position": {-1: rules.Flat()}}):
        found = Engine(model, _by_layers(by_kind=by_kind, **tables), "float64").maps(x)["mixed"][0][0]
        numpy.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("tables, message", [
    ({"by_kind": {"Conv2D": rules.Flat()}}, "rule mixed: no kind of layer Conv2D takes a rule .there are Conv1D, Dense"),
    ({"by_kind": {"MaxPooling1D": rules.Flat()}}, "no kind of layer MaxPooling1D"),
    ({"by_name": {"max_pooling": rules.Flat()}}, "no layer max_pooling takes a rule"),
    ({"by_position": {4: rules.Flat()}}, "there is no layer 4: the positions are 0 to 3"),
    ({"by_position": {-5: rules.Flat()}}, "there is no layer -5"),
    ({"by_position": {"first": rules.Flat()}}, "there is no layer first"),
    ({"by_position": {3: rules.Flat(), -1: rules.Zero()}}, "positions -1 and 3 are one layer"),
])
def test_what_fits_no_layer_is_refused_by_name(tables, message):
    with pytest.raises(ValueError, match=message):
        Engine(_model(), _by_layers(**tables))


# -------------------------------------------------- weights in other forms

def _keras_3():
    import keras

    return not keras.__version__.startswith("2.")


def test_low_rank_changes_of_weights_are_seen_and_eight_bits_refused():
    if not _keras_3():
        pytest.skip("Keras 2 has neither")
    from keras import Sequential, layers

    dense = layers.Dense(3, name="dense")
    model = Sequential([layers.Input((4,)), dense])
    x = numpy.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    dense.enable_lora(2)
    random = numpy.random.default_rng(1)
    dense.lora_kernel_a.assign(random.normal(size=(4, 2)))
    dense.lora_kernel_b.assign(random.normal(size=(2, 3)))
    kernel = numpy.asarray(dense.kernel)
    plain = Sequential([layers.Input((4,)), layers.Dense(3)])
    plain.set_weights([kernel, numpy.asarray(dense.bias)])
    found, expected = (Engine(one, {"eps": rules.Epsilon(0.1)}, "float64").maps(x)["eps"][0][0] for one in (model, plain))
    numpy.testing.assert_allclose(found, expected, atol=1e-6)
    eight = layers.Dense(3, name="eight")
    small = Sequential([layers.Input((4,)), eight])
    eight.quantize("int8")
    with pytest.raises(ValueError, match="layer eight: weights of int8 are not supported"):
        Engine(small, {"eps": rules.Epsilon(0.1)})


def test_an_operation_that_bears_a_layer_s_name_is_not_taken_for_it():
    if not _keras_3():
        pytest.skip("Keras 2 has no such operations")
    import keras
    from keras import Input, Model, layers

    inputs = Input((4, 3), batch_size=2)
    model = Model(inputs, layers.Dense(2)(keras.ops.reshape(inputs, (4, 6))))
    with pytest.raises(ValueError, match="Reshape of .* is not supported, only Keras's layer"):
        Engine(model, {"eps": rules.Epsilon(0.1)})
