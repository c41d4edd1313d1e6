"""Networks of other shapes on a small cohort: what they are shown, and that their shares and pictures are those of their maps."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, split, write_night

from helpers.constants import STAGES
from helpers.errors import InputError
from helpers.relevance import Explainer
from helpers.relevance.rules import parse
from helpers.trust import examples_tried
from helpers.trust.examples_tried import runs, try_examples

FOLDS = split(("a", "training"), ("b", "validation"), ("c", "test"), fold=0)


def test_runs_follow_each_other_within_a_recording_and_do_not_overlap():
    table = pandas.DataFrame({"recording": list("aaaaaabbbb"), "epoch": [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]})
    assert runs(table, range(10), 3).tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert runs(table, range(10), 4).tolist() == [[6, 7, 8, 9]] and runs(table, range(6), 4).shape == (0, 4)
    assert runs(table, [0, 1, 4, 5], 2).tolist() == [[0, 1], [4, 5]] and runs(table, [2, 3], 1).tolist() == [[2], [3]]


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """(epochs, tables of `try_examples`, the models that it made by name)."""
    folder, models = tmp_path_factory.mktemp("examples"), {}
    for subject, seed in (("a", 1), ("b", 2), ("c", 3)):
        write_night(folder, f"n{subject}", subject, list(STAGES) * 4, seed, samples=3000, signs=((0, 3),) * 5)
    epochs = epochs_in(folder)
    trained = examples_tried._trained

    def kept(build, *given):
        made, shown = trained(build, *given)
        models[build.__name__] = made
        return made, shown

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples_tried, "_trained", kept)
        patch.setattr(examples_tried, "PASSES", 1)
        found, maps = try_examples(epochs, FOLDS, 0, ["eps=0.01", "alpha1beta0", "zb", "composite", "shapley"], 1)
    return epochs, found, maps, models


def test_each_network_is_explained_by_every_rule_that_fits_any_network(tried):
    _, found, maps, _ = tried
    assert list(dict.fromkeys(found["network"])) == ["EEGNet", "CNN with LSTM", "U-Time"] == list(dict.fromkeys(maps["network"]))
    assert found.groupby("network")["rule"].unique().map(list).tolist() == [["eps=0.01", "alpha1beta0"]] * 3
    numpy.testing.assert_allclose(found.groupby(["network", "rule"])["share"].sum(), 1, atol=1e-5)
    assert found["trained"].unique().tolist() == [20, 16] and found.groupby("network", sort=False)["tested"].first().tolist() == [20, 20, 16]
    assert (found.loc[found["at_once"] == 1, "elsewhere"].abs() < 1e-5).all() and (found.loc[found["at_once"] == 8, "elsewhere"] > 0).any()


def test_shares_and_the_picture_of_u_time_are_those_of_its_fifth_epoch(tried):
    epochs, found, maps, models = tried
    rows = numpy.flatnonzero(epochs.table["recording"] == "nc")[:16].reshape(2, 8)
    x = epochs.signals(rows.ravel()).reshape(2, 24000, 3)
    relevance = Explainer(models["u_time"], {"eps=0.01": parse("eps=0.01")}).maps(x, (4, None))["eps=0.01"].values
    of_rule = found[(found["network"] == "U-Time") & (found["rule"] == "eps=0.01")]
    numpy.testing.assert_allclose(of_rule["share"], numpy.abs(relevance).sum(1).mean(0), atol=1e-4)
    own = numpy.abs(relevance[:, 12000:15000]).sum((1, 2)).mean()
    numpy.testing.assert_allclose(of_rule["elsewhere"], 1 - own, atol=1e-4)
    said = models["u_time"].predict(x, verbose=0).argmax(-1)
    known = epochs.table["stage"].to_numpy()[rows]
    assert of_rule["accuracy"].iloc[0] == pytest.approx((numpy.array(STAGES)[said] == known).mean())
    picture = maps[(maps["network"] == "U-Time") & (maps["rule"] == "eps=0.01") & (maps["modality"] == "EOG")]
    right = numpy.flatnonzero(numpy.array(STAGES)[said[:, 4]] == known[:, 4])
    shown = right[0] if len(right) else 0
    assert picture["epoch"].iloc[0] == epochs.table["epoch"].to_numpy()[rows[shown, 4]] and picture["true"].iloc[0] == known[shown, 4]
    numpy.testing.assert_allclose(picture["relevance"], relevance[shown, 12000:15000, 1].reshape(60, 50).sum(1), atol=1e-5)
    assert picture["second"].tolist() == numpy.arange(0, 30, .5).tolist()


def test_nights_without_enough_epochs_in_a_row_are_named(tried, monkeypatch):
    epochs, *_ = tried
    monkeypatch.setattr(examples_tried, "EXAMPLES", {"U-Time": (examples_tried.example_networks.u_time, 30)})
    monkeypatch.setattr(examples_tried, "_trained", lambda *_: (None, 0))
    with pytest.raises(InputError, match="U-Time: none of the test nights has 30 epochs in a row"):
        try_examples(epochs, FOLDS, 0, ["eps=1"], 1)
