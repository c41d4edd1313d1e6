"""Weights on disk mean the same network under either Keras, and give the same shares: both are held to one reference that
no Keras computes, at half the distance that they may have from each other.
"""

import numpy
import pytest

from helpers import files
from helpers.model import networks
from helpers.relevance import Explainer, rules

from .formulas import relevance

MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}
NAMES = {"eps=0.01": ("epsilon", 0.01), "eps=100": ("epsilon", 100.0), "alpha1beta0": ("alphabeta", 1, 0, True)}

#: The arrays of weights.npz: kernels of the eight convolutions and three dense layers, each with its biases after it.
KERNELS = [(5, 3, 16), (5, 16, 16), (3, 16, 32), (3, 32, 32), (3, 32, 32), (3, 32, 32), (3, 32, 256), (3, 256, 256),
           (256, 64), (64, 64), (64, 5)]
SAMPLES = 160


def _weights(seed):
    """Kernels of He's size and biases of either sign, float32, as training leaves them."""
    random, arrays = numpy.random.default_rng(seed), []
    for shape in KERNELS:
        arrays.append(random.normal(size=shape) * numpy.sqrt(2 / numpy.prod(shape[:-1])))
        arrays.append(random.normal(size=shape[-1]) * 0.1)
    return [array.astype("float32") for array in arrays]


def _plain(arrays):
    """The network as a list of layers for the formulas."""
    pairs, plain = list(zip(arrays[::2], arrays[1::2])), []
    for number, (kernel, bias) in enumerate(pairs):
        plain += [("conv" if kernel.ndim == 3 else "dense", kernel.astype("float64"), bias.astype("float64")), ("relu",)]
        plain += {1: [("maxpool", 2)], 3: [("maxpool", 2)], 5: [("maxpool", 2)], 7: [("globalmax",)]}.get(number, [])
    return plain[:-1]  # the stages' scores are not rectified


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    arrays, path = _weights(11), tmp_path_factory.mktemp("weights") / "weights.npz"
    files.write_arrays(path, arrays)
    model = networks.build(samples=SAMPLES)
    networks.load_weights(model, path)
    return model, arrays


def test_the_network_keeps_its_weights_in_the_order_and_shape_of_the_file(loaded):
    model, arrays = loaded
    for array, other in zip(model.get_weights(), arrays, strict=True):
        numpy.testing.assert_array_equal(array, other)


def test_shares_are_those_of_the_formulas(loaded):
    model, arrays = loaded
    x = numpy.random.default_rng(12).normal(size=(3, SAMPLES, 3)).astype("float32")
    shares = Explainer(model, {name: rules.parse(name) for name in NAMES}).shares(x, MODALITIES)
    plain = _plain(arrays)
    for number, sample in enumerate(x):
        for rule, formula in enumerate(NAMES.values()):
            by_channel = numpy.abs(relevance(plain, sample, formula)).sum(axis=0)
            assert numpy.abs(shares[number, rule] - by_channel / by_channel.sum()).max() < 5e-6
