"""The explainer with either engine, held to the rules written out again in float64."""

import os
import subprocess
import sys
import time

import numpy
import pytest

from helpers.errors import InputError
from helpers.pipeline import config
from helpers.relevance import Explainer, rules

from .formulas import forward, relevance
from .small_network import network, samples

ENGINES = ["own", pytest.param("innvestigate", marks=pytest.mark.innvestigate)]
MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}
NAMES = {"eps=0.01": ("epsilon", 0.01), "eps=100": ("epsilon", 100.0), "alpha1beta0": ("alphabeta", 1, 0, True)}


@pytest.fixture(scope="module", params=ENGINES)
def explained(request):
    """Network with biases of 0 and more, which iNNvestigate gets right under every rule; samples and their maps."""
    model, plain = network(numpy.random.default_rng(0), lambda draws: numpy.abs(draws) * 0.1)
    with Explainer(model, {name: rules.parse(name) for name in NAMES}, request.param) as explainer:
        x = samples()
        yield explainer, plain, x, explainer.maps(x)


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_the_formula_s_with_one_unit_at_the_predicted_class(name, explained):
    _, plain, x, maps = explained
    for number, sample in enumerate(x):
        expected = relevance(plain, sample, NAMES[name])
        total = numpy.abs(expected).sum()
        assert numpy.abs(maps[name].values[number] - expected / total).sum() < 1e-4
        assert abs(maps[name].log_scale[number] - numpy.log(total)) < 1e-4


@pytest.mark.parametrize("target", [3, [0, 1, 2, 3, 4, 0]])
def test_any_class_can_be_explained(target, explained):
    explainer, plain, x, _ = explained
    maps = explainer.maps(x, target)["eps=0.01"]
    for number, sample in enumerate(x):
        expected = relevance(plain, sample, NAMES["eps=0.01"], numpy.broadcast_to(target, 6)[number])
        got = maps.values[number] * numpy.exp(maps.log_scale[number])
        assert numpy.abs(got - expected).sum() < 1e-4 * numpy.abs(expected).sum()


@pytest.mark.parametrize("engine", ENGINES)
def test_epsilon_is_right_with_biases_of_any_sign(engine):
    model, plain = network(numpy.random.default_rng(4), lambda draws: draws * 0.3)
    x = samples(seed=5)
    with Explainer(model, {"eps": rules.Epsilon(0.1)}, engine) as explainer:
        maps = explainer.maps(x)["eps"]
    for number, sample in enumerate(x):
        expected = relevance(plain, sample, ("epsilon", 0.1))
        assert numpy.abs(maps.values[number] - expected / numpy.abs(expected).sum()).sum() < 1e-4


@pytest.mark.parametrize("engine", ENGINES)
def test_alpha1beta0_conserves_relevance_where_there_is_no_bias(engine):
    model, _ = network(numpy.random.default_rng(6), numpy.zeros_like)
    with Explainer(model, {"positive": rules.AlphaBeta(1, 0)}, engine) as explainer:
        maps = explainer.maps(samples())["positive"]
    assert numpy.allclose(maps.values.sum(axis=(1, 2)) * numpy.exp(maps.log_scale), 1, atol=1e-5)


def test_shares_are_fractions_of_the_absolute_relevance(explained):
    explainer, plain, x, _ = explained
    shares = explainer.shares(x, MODALITIES)
    assert shares.shape == (6, 3, 3) and numpy.allclose(shares.sum(axis=2), 1, atol=1e-6)
    for number, sample in enumerate(x):
        for rule, formula in enumerate(NAMES.values()):
            by_channel = numpy.abs(relevance(plain, sample, formula)).sum(axis=0)
            assert numpy.allclose(shares[number, rule], by_channel / by_channel.sum(), atol=1e-4)


def test_a_batch_taken_in_two_halves_is_explained_as_its_samples_are():
    model, _ = network(numpy.random.default_rng(0), numpy.abs)
    explainer, x = Explainer(model, {"eps": rules.Epsilon(0.01), "positive": rules.AlphaBeta(1, 0)}), samples(41)
    whole, targets = explainer.maps(x), numpy.arange(41) % 5
    named = explainer.parts(x, MODALITIES, targets)
    for start in (0, 20, 40):
        batch = slice(start, start + 20)
        alone = explainer.maps(x[batch])
        for name in whole:
            assert numpy.allclose(whole[name].values[batch], alone[name].values, atol=1e-6)
            assert numpy.allclose(whole[name].log_scale[batch], alone[name].log_scale, atol=1e-6)
        for name, (positive, negative, log_scale) in explainer.parts(x[batch], MODALITIES, targets[batch]).items():
            for of_all, other in zip(named[name], (positive, negative, log_scale)):
                assert numpy.allclose(of_all[batch], other, atol=1e-6)


@pytest.mark.innvestigate
def test_the_reference_takes_negative_biases_into_the_positive_denominator():
    """albermax/innvestigate#273: W = (1, −1), b = −1, x = (1, 1); right is (1, 0)."""
    from keras import Sequential, layers

    def model():
        model = Sequential([layers.Input((1, 2)), layers.Flatten(), layers.Dense(1)])
        model.set_weights([numpy.array([[1.0], [-1.0]]), numpy.array([-1.0])])
        return model

    right = relevance([("dense", numpy.array([[1.0], [-1.0]]), numpy.array([-1.0]))], [1, 1], ("alphabeta", 1, 0, True))
    assert right.tolist() == [1, 0]
    both = {"bias": rules.AlphaBeta(1, 0), "without": rules.AlphaBeta(1, 0, bias=False)}
    with Explainer(model(), both, "innvestigate") as explainer:
        maps = explainer.maps(numpy.ones((1, 1, 2)))
    assert numpy.exp(maps["bias"].log_scale[0]) > 1e6
    assert maps["without"].values.ravel().tolist() == [1, 0] and maps["without"].log_scale[0] == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sample_without_relevance_is_counted_and_never_spread(engine):
    model, plain = network(numpy.random.default_rng(0), numpy.zeros_like)
    x = numpy.concatenate([numpy.zeros((1, 40, 3), "float32"), samples(1)])
    assert not forward(plain, x[0])[1].any()
    with Explainer(model, {"eps=0.01": rules.Epsilon(0.01)}, engine) as explainer:
        maps, shares = explainer.maps(x)["eps=0.01"], explainer.shares(x, MODALITIES)
        assert explainer.without_relevance == {"eps=0.01": 2}  # once for each of the two calls
    assert not maps.values[0].any() and maps.log_scale[0] == -numpy.inf and numpy.isfinite(maps.log_scale[1])
    assert numpy.isnan(shares[0]).all() and numpy.isfinite(shares[1]).all()


@pytest.mark.parametrize("layer, named", [
    ("LSTM", "LSTM"), ("tanh", "activation tanh"), ("leaky", "ReLU must be plain"), ("norm", "BatchNormalization"),
    ("inside", "activation LeakyReLU")])
def test_what_the_engine_cannot_do_is_refused_by_name(layer, named):
    from keras import Sequential, layers

    made = {"LSTM": lambda: layers.LSTM(2), "tanh": lambda: layers.Conv1D(2, 2, activation="tanh"),
            "leaky": lambda: layers.ReLU(negative_slope=0.1), "norm": layers.BatchNormalization,
            "inside": lambda: layers.Dense(2, activation=layers.LeakyReLU(name="relu"))}[layer]()
    with pytest.raises(ValueError, match=named):
        Explainer(Sequential([layers.Input((8, 2)), made]), {"eps": rules.Epsilon(1)}, "innvestigate")


def test_a_rule_that_the_engine_lacks_is_refused_by_name():
    model, _ = network(numpy.random.default_rng(0), numpy.abs)
    with pytest.raises(ValueError, match="rule two"):
        Explainer(model, {"two": rules.AlphaBeta(2, 1)}, "innvestigate")


def test_without_innvestigate_one_line_says_what_is_missing_and_the_way_out(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    model, _ = network(numpy.random.default_rng(0), numpy.abs)
    for ask in (lambda: Explainer(model, {"eps": rules.Epsilon(1)}, "innvestigate"),
                lambda: config.load("smoke", {"engine": "innvestigate"})):
        with pytest.raises(InputError, match="iNNvestigate is not installed.*Python 3.11.*-p engine own"):
            ask()


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().split()[2] != "Z"


@pytest.mark.innvestigate
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks processes up in /proc")
def test_the_child_takes_the_next_model_unless_it_has_died_and_ends_with_its_parent():
    """Of the same layers with other weights, which it need not build again; with one unit more; after it was killed."""
    code = ("from helpers.relevance import Explainer, rules\nfrom keras import Sequential, layers\n"
            "import numpy, os, sys\n"
            "def run(weight, units=2, kill=False):\n"
            "    dense = layers.Dense(units, name='dense')\n"
            "    model = Sequential([layers.Input((2, 2), name='input'), layers.Flatten(name='flatten'), dense], name='model')\n"
            "    first = numpy.array([weight, 1, 1, 0], 'float32')[:, None]\n"
            "    dense.set_weights([numpy.pad(first, ((0, 0), (0, units - 1))), numpy.zeros(units)])\n"
            "    with Explainer(model, {'eps': rules.Epsilon(1e-9)}, 'innvestigate') as explainer:\n"
            "        pid = explainer._reference._child._process.pid\n"
            "        print(pid, *explainer.shares(numpy.ones((1, 2, 2)), {'a': [0], 'b': [1]})[0, 0], flush=True)\n"
            "        if kill:\n            explainer._reference._child._process.kill()\n"
            "            explainer._reference._child._process.wait()\n"
            "run(2)\nrun(8)\nrun(6, units=3, kill=True)\nrun(3)\n"
            "if sys.argv[1] == 'die': os._exit(0)\n")
    for how in ("exit", "die"):
        done = subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=True)
        pids, computed = zip(*((pid, list(map(float, shares))) for pid, *shares in map(str.split, done.stdout.splitlines())))
        first_pid, *_, last_pid = pids
        assert len(set(pids[:3])) == 1 and last_pid != first_pid
        numpy.testing.assert_allclose(computed, [[.75, .25], [.9, .1], [.875, .125], [.8, .2]], rtol=1e-5)
        end = time.monotonic() + 20
        while (_alive(int(first_pid)) or _alive(int(last_pid))) and time.monotonic() < end:
            time.sleep(0.1)
        assert not _alive(int(first_pid)) and not _alive(int(last_pid)), how
