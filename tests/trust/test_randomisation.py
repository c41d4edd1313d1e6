"""Weights drawn anew, and how alike maps are: held to what initialisers promise, to scipy and to gradients taken by hand."""

import numpy
import pandas
import pytest
from scipy import stats
from small_cohort import epochs_in, write_night
from uncompiled import uncompiled

from helpers.constants import KEYS, STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.trust import randomisation
from helpers.trust.randomisation import randomise_fold, rank_correlation, reinitialise, similarities

MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}


@pytest.fixture(scope="module", autouse=True)
def quick():
    with uncompiled():
        yield


def learned(seed=3):
    """A network whose weights are none that its initialisers give: kernels 5 times too large, biases not 0."""
    model = networks.build(3, 5, 80, seed=seed)
    random = numpy.random.default_rng(seed)
    model.set_weights([5 * array + (random.normal(size=array.shape) if array.ndim == 1 else 0) for array in model.get_weights()])
    return model


def weighted(model):
    return [layer for layer in model.layers if layer.get_weights()]


@pytest.mark.parametrize("depth, drawn", [(.01, 1), (.1, 1), (.3, 3), (.5, 6), (1.0, 11)])
def test_only_the_top_layers_that_are_asked_for_change(depth, drawn):
    model, intact = learned(), learned()
    reinitialise(model, depth, 1)
    same = [all(map(numpy.array_equal, layer.get_weights(), other.get_weights())) for layer, other in zip(weighted(model), weighted(intact))]
    assert same == [True] * (11 - drawn) + [False] * drawn


def test_new_weights_are_those_of_the_layers_own_initialisers():
    """Glorot's kernels lie evenly between ± √(6/(ways in + ways out)), biases are 0."""
    model = learned()
    reinitialise(model, 1.0, 1)
    for layer in weighted(model):
        kernel, bias = layer.get_weights()
        limit = numpy.sqrt(6 / (numpy.prod(kernel.shape[:-1]) + kernel.shape[-1] * numpy.prod(kernel.shape[:-2])))
        assert not bias.any() and .9 * limit < numpy.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / numpy.sqrt(3), rel=5 / numpy.sqrt(kernel.size))
        assert abs(kernel.mean()) < 4 * limit / numpy.sqrt(3 * kernel.size)


def test_layers_of_other_initialisers_have_theirs():
    from keras import Sequential, layers

    model = Sequential([layers.Input((6,)), layers.Dense(4, kernel_initializer="ones", bias_initializer="zeros"), layers.BatchNormalization(),
                        layers.Dense(300, kernel_initializer="random_normal", bias_initializer="ones")])
    model.set_weights([array + 7 for array in model.get_weights()])
    reinitialise(model, 1.0, 0)
    kernel, bias, gamma, beta, mean, variance, drawn, ones = model.get_weights()
    for array, value in ((kernel, 1), (bias, 0), (gamma, 1), (beta, 0), (mean, 0), (variance, 1), (ones, 1)):
        assert (array == value).all()
    assert drawn.std() == pytest.approx(.05, rel=.1) and abs(drawn.mean()) < .01


def test_the_same_seed_draws_the_same_and_no_two_layers_alike():
    one, same, other, top = learned(), learned(5), learned(), learned()
    for model, depth, seed in ((one, 1.0, 2), (same, 1.0, 2), (other, 1.0, 3), (top, .3, 2)):
        reinitialise(model, depth, seed)
    for array, again in zip(one.get_weights(), same.get_weights()):
        numpy.testing.assert_array_equal(array, again)
    kernels, others = ([array for array in model.get_weights() if array.ndim > 1] for model in (one, other))
    assert not any(numpy.array_equal(*pair) for pair in zip(kernels, others))
    for array, again in zip(one.get_weights()[-6:], top.get_weights()[-6:]):
        numpy.testing.assert_array_equal(array, again)  # further down, the layers above stay as they were drawn
    convolutions = [kernel for kernel in kernels if kernel.shape == (3, 32, 32)]
    scaled = [kernel / numpy.abs(kernel).max() for kernel in convolutions]
    assert not numpy.allclose(scaled[0], scaled[1], atol=.1)


def test_a_weight_of_which_nobody_knows_how_it_began_is_refused_by_name():
    from keras import Sequential, layers

    class Odd(layers.Layer):
        def build(self, shape):
            self.odd = self.add_weight(name="odd", shape=(2,), initializer="zeros")
            self.built = True

        def call(self, x):
            return x + self.odd

    with pytest.raises(ValueError, match="layer strange: no initialiser of its odd is known"):
        reinitialise(Sequential([layers.Input((2,)), Odd(name="strange")]), 1.0, 0)


def rows(n):
    return pandas.DataFrame([(0, "n", "s", epoch, "N2", "N2") for epoch in range(n)], columns=list(KEYS), index=numpy.arange(n) * 10)


def test_maps_are_wholly_like_themselves_also_by_another_scale():
    maps = numpy.random.default_rng(0).normal(size=(4, 50, 3))
    for other, signed in ((maps, 1), (.01 * maps, 1), (-maps, -1)):
        found = similarities(maps, other, MODALITIES, rows(4))
        assert found["size"].tolist() == pytest.approx([1] * 4) and found["signed"].tolist() == pytest.approx([signed] * 4)
        assert found["moved"].tolist() == pytest.approx([0] * 4, abs=1e-12) and found["epoch"].tolist() == [0, 1, 2, 3]


def test_ranks_agree_as_scipy_says_with_ties():
    random = numpy.random.default_rng(1)
    first, then = random.integers(-4, 5, (2, 6, 60)).astype(float)
    then += first * numpy.arange(6)[:, None]
    expected = [stats.spearmanr(*pair).statistic for pair in zip(first, then)]
    assert rank_correlation(first, then) == pytest.approx(expected, abs=1e-12) and expected[-1] > .9
    maps = [values.reshape(6, 20, 3) for values in (first, then)]
    found = similarities(*maps, MODALITIES, rows(6))
    assert found["signed"].tolist() == pytest.approx(expected, abs=1e-12)
    assert found["size"].tolist() == pytest.approx([stats.spearmanr(*numpy.abs(pair)).statistic for pair in zip(first, then)], abs=1e-12)


def test_what_moves_between_modalities_is_half_the_sum_of_differences():
    """(.5, .3, .2) against (.1, .3, .6): .4 has moved; all of it when nothing is shared."""
    before, after = numpy.zeros((2, 2, 4, 3))
    before[0, 1], after[0, 2] = (.5, -.3, .2), (-.1, .3, .6)
    before[1, 0, 0], after[1, 0, 1] = 3, 5
    assert similarities(before, after, MODALITIES, rows(2))["moved"].tolist() == pytest.approx([.4, 1])


def test_an_epoch_without_relevance_is_like_nothing():
    maps = numpy.random.default_rng(0).normal(size=(2, 20, 3))
    gone = maps * [[[1]], [[0]]]
    for pair in ((maps, gone), (gone, maps)):
        found = similarities(*pair, MODALITIES, rows(2))
        assert found.loc[1, ["size", "signed", "moved"]].isna().all() and found.loc[0].notna().all()


def gradients(model, x, target):
    """x times the gradient of the logits of the target classes, by TensorFlow from the layer before the softmax."""
    import tensorflow as tf
    from keras import Model

    kernel, bias = model.layers[-1].get_weights()
    before, x = Model(model.input, model.layers[-1].input), tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        of_class = tf.gather(before(x) @ kernel + bias, target, batch_dims=1)
    return (x * tape.gradient(of_class, x)).numpy()


def test_a_fold_s_maps_are_held_against_those_of_the_same_network_with_new_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(randomisation, "DEPTHS", {"brief": (.3, 1.0)})
    stages = numpy.random.default_rng(0).choice(STAGES, 60)
    write_night(tmp_path / "epochs", "n1", "s1", stages, 1)
    epochs, model = epochs_in(tmp_path / "epochs"), learned()
    networks.save_weights(model, tmp_path / "weights.npz")
    predictions = predict_fold(epochs, tmp_path / "weights.npz", 1)
    found = randomise_fold(epochs, predictions, tmp_path / "weights.npz", None, ["eps=1"], "brief", 50, 4)
    assert found.groupby(["rule", "depth"]).size().to_dict() == dict.fromkeys(
        [(rule, depth) for rule in ("eps=1", "gradient-input") for depth in (.3, 1.0)], 30)
    assert (found.drop_duplicates(["epoch"])["true"].value_counts() == randomisation.MOST).all()
    x = epochs.signals(epochs.rows(found))
    for depth in (.3, 1.0):
        of_depth = ((found["rule"] == "gradient-input") & (found["depth"] == depth)).to_numpy()
        target = found.loc[of_depth, "predicted"].map(STAGES.index).to_numpy()
        after = learned()
        reinitialise(after, depth, 4)
        maps = [gradients(network, x[of_depth], target).reshape(30, -1) for network in (model, after)]
        for name, pair in (("signed", maps), ("size", numpy.abs(maps))):
            expected = [stats.spearmanr(*of_epoch).statistic for of_epoch in zip(*pair)]
            assert found.loc[of_depth, name].to_numpy() == pytest.approx(expected, abs=1e-3)
    means = found.groupby(["rule", "depth"])["signed"].mean()
    assert (means.abs() < .9).all(), "no map stays as it was"
