"""The network of branches and a person's own: built from a name, trained, kept with their weights, refused in one line where they do not fit."""

import numpy
import pytest

from helpers import files
from helpers.errors import InputError
from helpers.model import networks
from helpers.model.own_network import described

MODALITIES = {"EEG": [0, 1], "EOG": [2], "EMG": [3]}


def _x(n=4, channels=4, samples=3000):
    return numpy.random.default_rng(0).normal(size=(n, samples, channels)).astype("float32")


def test_each_branch_of_the_network_sees_its_modality_alone():
    """Noise in one modality changes what its own branch gives and no other's; each gives as many numbers."""
    from keras import Model

    model = networks.made({"network": "branches"}, 3000, MODALITIES, seed=1)
    ends = [model.get_layer(f"{name}_end") for name in MODALITIES]
    assert [layer.units for layer in ends] == [64, 64, 64]
    branches = Model(model.input, [layer.output for layer in ends])
    before = [numpy.asarray(end) for end in branches(_x())]
    for name, channels in MODALITIES.items():
        x = _x()
        x[:, :, channels] += numpy.random.default_rng(3).normal(size=(4, 3000, len(channels)))
        moved = [numpy.abs(numpy.asarray(end) - old).max() > 1e-6 for end, old in zip(branches(x), before)]
        assert moved == [other == name for other in MODALITIES]


def test_a_modality_of_another_name_has_a_branch_and_kernels_follow_the_seed():
    modalities = {"EEG": [0], "__chest__ & <belly>": [1]}
    one, same, other = (networks.made({"network": "branches"}, 3000, modalities, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(map(numpy.array_equal, one, same)) and not all(map(numpy.array_equal, one, other))
    probabilities = numpy.asarray(networks.made({"network": "branches"}, 3000, modalities)(_x(channels=2)))
    numpy.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_relevance_of_the_branches_is_conserved_and_of_every_modality():
    from helpers.relevance import rules
    from helpers.relevance.engine import Engine

    model = networks.made({"network": "branches"}, 3000, MODALITIES, seed=1)
    for layer in model.layers:
        if len(layer.get_weights()) == 2:
            layer.set_weights([layer.get_weights()[0], layer.get_weights()[1] * 0])
    [values], log_scale = Engine(model, {"lrp0": rules.Zero()}, "float64", compiled=False).maps(_x(2))["lrp0"]
    numpy.testing.assert_allclose(values.sum((1, 2)) * numpy.exp(log_scale), 1, atol=1e-9)
    assert (numpy.abs(values).sum(1) > 0).all()


GOOD = """
from keras import Sequential, layers

def build(time, channels, classes):
    return Sequential([layers.Input((time, channels)), layers.Conv1D(4, 50, strides=25, activation="elu"), layers.GlobalAveragePooling1D(),
                       layers.Dense(classes, activation="softmax")])
"""


def _file(tmp_path, text=GOOD):
    (tmp_path / "mine.py").write_text(text)
    return f"{tmp_path}/mine.py:build"


def test_weights_of_one_s_own_network_are_known_as_its_until_the_file_changes(tmp_path):
    class Epochs:
        modalities, context = MODALITIES, 0

        def signals(self, rows):
            return _x(len(rows))

    about = described(_file(tmp_path))
    model = networks.made(about, 3000, MODALITIES, seed=2)
    again = networks.made(about, 3000, MODALITIES, seed=2)
    assert all(map(numpy.array_equal, model.get_weights(), again.get_weights()))
    (tmp_path / "fold").mkdir()
    networks.save_weights(model, tmp_path / "fold" / "weights.npz")
    networks.keep_about(about, tmp_path / "fold")
    found = networks.trained(Epochs(), tmp_path / "fold" / "weights.npz")
    numpy.testing.assert_array_equal(found(_x()), model(_x()))
    _file(tmp_path, GOOD + "\n# another\n")
    with pytest.raises(InputError, match="mine.py:build: the file has changed since these folds were trained"):
        networks.trained(Epochs(), tmp_path / "fold" / "weights.npz")


def test_weights_alone_are_the_paper_s(tmp_path):
    assert networks.about_of(tmp_path / "weights.npz") == {"network": "paper"}
    files.write_json(tmp_path / "network.json", {"network": "branches"})
    assert networks.about_of(tmp_path / "weights.npz") == {"network": "branches"}


@pytest.mark.parametrize("change, message", [
    (lambda text: text.replace("def build", "def built"), "there is no function build in the file"),
    (lambda text: text.replace("from keras", "from kearas"), "mine.py: cannot be run: ModuleNotFoundError: No module named 'kearas'"),
    (lambda text: text.replace("strides=25", "strides=0"), r"build\(3000, 4, 5\) failed: "),
    (lambda text: text.replace("(time, channels, classes)", "(time)"), "failed: TypeError"),
    (lambda text: text.replace("Dense(classes", "Dense(classes + 1"), r"gives \(6,\), the stages are \(5,\); it must give"),
    (lambda text: text.replace('Dense(classes, activation="softmax")', "Dense(classes)"), "its outputs are no probabilities, they sum to"),
    (lambda text: text.replace("Input((time, channels))", "Input((time // 2, channels))"), r"takes \(1500, 4\), the epochs are \(3000, 4\)"),
    (lambda text: text.replace("return Seq", "return 3\n    Seq"), "gives a int; it must give a Keras model"),
    (lambda text: text.replace('activation="elu"', "activation=lambda x: x / (x - x)"), "gives what is no number"),
])
def test_what_does_not_fit_is_refused_in_one_line_before_any_training(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as refused:
        networks.made(described(_file(tmp_path, change(GOOD))), 3000, MODALITIES, seed=1)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name, message", [("mine.py", "must be paper, branches, or a file"), ("/nowhere/mine.py:build", "there is no file"),
                                           ("mine.txt:build", "must be paper")])
def test_a_network_that_is_no_file_and_function_is_refused(name, message):
    with pytest.raises(InputError, match=message):
        described(name)


def test_a_network_that_the_engine_cannot_explain_is_refused_before_it_is_trained(tmp_path):
    from helpers.relevance.network_check import check_network

    class Epochs:
        modalities, context = MODALITIES, 0

        def signals(self, rows):
            return _x(len(rows))

    check_network(described(_file(tmp_path)), Epochs())
    lambdas = GOOD.replace("layers.GlobalAverage", "layers.Lambda(lambda x: x * 2, name='twice'), layers.GlobalAverage")
    with pytest.raises(InputError, match="mine.py:build: cannot be explained: layer twice: Lambda is not supported"):
        check_network(described(_file(tmp_path, lambdas)), Epochs())


@pytest.mark.parametrize("network", ["branches", "own"])
def test_dropout_of_any_network_draws_the_same_again_from_the_same_seeds(network, tmp_path):
    text = GOOD.replace("layers.GlobalAverage", "layers.Dropout(0.5), layers.GaussianNoise(0.3), layers.GlobalAverage")
    about = {"network": "branches"} if network == "branches" else described(_file(tmp_path, text))
    model = networks.made(about, 3000, MODALITIES, seed=1)
    drawn = []
    for seed in (1, 2, 1):
        networks.seed_dropout(model, numpy.random.default_rng(seed))
        drawn.append(numpy.asarray(model(_x(), training=True)))
    assert numpy.array_equal(drawn[0], drawn[2]) and not numpy.array_equal(drawn[0], drawn[1])
