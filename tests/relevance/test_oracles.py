"""Attributions held to those of other programs, whose numbers lie in oracles/made_by_others.csv with the script that made them."""

from pathlib import Path

import numpy
import pandas
import pytest

from helpers.relevance import coalitions, methods
from helpers.relevance.attributions import Attributor
from helpers.relevance.engine import Engine
from helpers.relevance.logits import Logits
from helpers.relevance.rules import is_rule, parse

from .small_network import network, samples

TABLE = pandas.read_csv(Path(__file__).parent / "oracles" / "made_by_others.csv")
CLASSES = numpy.array([0, 3, 1, 4])
MODALITIES = {"EEG": [0], "EOG": [1], "EMG": [2]}


@pytest.fixture(scope="module")
def small():
    return network(numpy.random.default_rng(1), lambda draws: 0.3 * draws)[0], samples(4)


class NextSample:
    """Substitutes: the sample after each."""

    modalities = MODALITIES

    def __init__(self, x):
        self.x = x

    def another(self, numbers, draw):
        return self.x[(numpy.asarray(numbers) + 1) % 4]


@pytest.mark.parametrize("name", sorted(set(TABLE["method"]) - {"shapley"}))
def test_maps_are_those_of_captum_shap_and_zennit(name, small):
    """Integrated gradients in 4,000 steps there and 256 here."""
    model, x = small
    if is_rule(name):
        [values], log_scale = Engine(model, {name: parse(name)}, "float64").maps(x, CLASSES)[name]
    else:
        method = methods.IntegratedGradients(parse(name).baseline, 256) if name.startswith("integrated") else parse(name)
        maps = Attributor(model, {name: method}, NextSample(x)).maps(x, numpy.arange(4), CLASSES)[name]
        values, log_scale = maps.values, maps.log_scale
    rows = TABLE[TABLE["method"] == name]
    found = (values * numpy.exp(log_scale)[:, None, None])[rows["sample"], rows["time"].astype(int), rows["channel"]]
    limit = 2e-2 if name.startswith("integrated") else 1e-4
    assert len(rows) == 84 and numpy.abs(found - rows["value"]).max() <= limit * rows["value"].abs().max()


def test_shapley_values_are_those_of_shap_with_the_same_backgrounds(small):
    model, x = small
    others = [numpy.roll(x, -shift, 0) for shift in (1, 2, 3)]
    of_sets = coalitions.values(Logits(model), x, others, MODALITIES).mean(axis=1, dtype="float64")
    found = coalitions.shapley(of_sets[numpy.arange(4), :, CLASSES])
    expected = TABLE[TABLE["method"] == "shapley"].pivot(index="sample", columns="channel", values="value").to_numpy()
    assert expected.shape == (4, 3)
    assert numpy.abs(found - expected).max() <= 1e-4 * numpy.ptp(Logits(model)(x))


def eegnet():
    """The example network with the weights that oracles/eegnet_by_zennit.py draws, and its two samples."""
    from helpers.model.example_networks import eegnet as built

    random, arrays = numpy.random.default_rng(2), []
    for kernels, filters in (([(50, 1, 1, 8)], 8), ([(1, 3, 8, 2)], 16), ([(16, 1, 16, 1), (1, 1, 16, 16)], 16)):
        arrays += [random.normal(size=shape) / 4 for shape in kernels]
        arrays += [random.uniform(.5, 1.5, filters), random.normal(size=filters) / 4, random.normal(size=filters) / 4, random.uniform(.5, 1.5, filters)]
    model = built(600, 3, 5)
    model.set_weights([array.astype("float32") for array in (*arrays, random.normal(size=(48, 5)) / 4, random.normal(size=5) / 4)])
    return model, numpy.random.default_rng(3).normal(size=(2, 600, 3)).astype("float32")


def test_relevance_of_eegnet_is_that_of_zennit():
    """LRP-0, which does not depend on whether batch normalisation is merged into the convolution before it, as Zennit does."""
    table = pandas.read_csv(Path(__file__).parent / "oracles" / "eegnet_by_zennit.csv")
    model, x = eegnet()
    [values], log_scale = Engine(model, {"lrp0": parse("lrp0")}, "float64").maps(x, numpy.array([3, 1]))["lrp0"]
    maps, rows = values * numpy.exp(log_scale)[:, None, None], table[table["time"] >= 0]
    found = maps[rows["sample"], rows["time"], rows["channel"]]
    assert len(rows) == 516 and numpy.abs(found - rows["value"]).max() <= 1e-6 * rows["value"].abs().max()
    logits = table[table["time"] < 0].pivot(index="sample", columns="channel", values="value").to_numpy()
    assert numpy.abs(Logits(model)(x) - logits).max() < 1e-4 * numpy.abs(logits).max()
