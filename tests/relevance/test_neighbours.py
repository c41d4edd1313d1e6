"""Explanations of a network that takes the neighbours of an epoch: shares of all it takes, and what of them lies outside the epoch."""

import sys
from pathlib import Path

import numpy
import pytest

from helpers.constants import STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance.details import coarse, detail_fold
from helpers.relevance.explainer import Explainer
from helpers.relevance.rules import parse
from helpers.relevance.shares import explain_fold

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "model"))
from small_cohort import epochs_in, write_night

NAMES = ["eps=0.01", "alpha1beta0", "gradient-input", "ablation-zeros"]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """(epochs with one neighbour on each side, predictions, path of the weights)."""
    folder = tmp_path_factory.mktemp("context")
    write_night(folder / "epochs", "a", "s", STAGES, 1, samples=600)
    epochs = epochs_in(folder / "epochs").with_context(1)
    weights = folder / "weights.npz"
    networks.save_weights(networks.build(3, 5, 1800, seed=1), weights)
    networks.keep_about(networks.about_network("paper", 1), folder)
    return epochs, predict_fold(epochs, weights, 0), weights


def test_the_network_sees_an_epoch_between_its_neighbours(night):
    epochs, predictions, weights = night
    model = networks.trained(epochs, weights)
    x = numpy.pad(epochs.with_context(0).signals(range(5)).reshape(-1, 3), ((600, 600), (0, 0)))
    windows = numpy.stack([x[600 * k:600 * (k + 3)] for k in range(5)])
    numpy.testing.assert_allclose(predictions[[f"p_{stage}" for stage in STAGES]], model(windows), atol=1e-6)
    with pytest.raises(ValueError, match="epochs with 0 neighbours on each side, for a network that takes 1"):
        networks.trained(epochs.with_context(0), weights)


def test_shares_are_of_all_that_is_taken_and_what_lies_on_neighbours_is_named(night):
    epochs, predictions, weights = night
    table = explain_fold(epochs, predictions, weights, None, NAMES, "own").set_index(["rule", "epoch", "modality"])
    explainer = Explainer(networks.trained(epochs, weights), {name: parse(name) for name in NAMES[:2]})
    for name, maps in explainer.maps(epochs.signals(range(5))).items():
        size = numpy.abs(maps.values.astype("float64"))
        for number, epoch in enumerate(predictions["epoch"]):
            here = table.loc[name, epoch]
            numpy.testing.assert_allclose(here["share"], size[number].sum(0), atol=1e-5)
            numpy.testing.assert_allclose(here["neighbours"], size[number, :600].sum(0) + size[number, 1200:].sum(0), atol=1e-5)
    apart = table.dropna(subset=["neighbours"])
    assert (apart["neighbours"] <= apart["share"] + 1e-6).all() and table.loc["eps=0.01", "neighbours"].max() > .1
    assert table.loc["ablation-zeros", "neighbours"].isna().all() and table.loc["gradient-input", "neighbours"].notna().all()
    assert "neighbours" not in explain_fold(*_alone(night), ["eps=0.01"], "own")


def _alone(night):
    """The same of a network that takes the epoch alone."""
    epochs, predictions, weights = night
    folder = weights.parent / "alone"
    folder.mkdir(exist_ok=True)
    networks.save_weights(networks.build(3, 5, 600, seed=1), folder / "weights.npz")
    return epochs.with_context(0), predictions, folder / "weights.npz", None


def test_pictures_along_the_seconds_show_the_epoch_itself(night, monkeypatch):
    epochs, predictions, weights = night
    levels, scale, table = detail_fold(epochs, predictions, weights, None, ["eps=0.01"], "own", predictions.iloc[1:3])
    maps = Explainer(networks.trained(epochs, weights), {"eps=0.01": parse("eps=0.01")}).maps(epochs.signals([1, 2]))["eps=0.01"]
    wanted, scales = coarse(maps.values[:, 600:1200])
    assert abs(levels[:, 0].astype(int) - wanted).max() <= 1 and table["epoch"].tolist() == predictions["epoch"].tolist()[1:3]
    numpy.testing.assert_allclose(scale[:, 0], scales, rtol=1e-4)
