"""All ways of explaining on the same epochs: their names, and what a fold's tables hold, held to a network run by hand."""

import itertools

import numpy
import pandas
import pytest
from small_cohort import epochs_in, write_night
from uncompiled import uncompiled

from helpers.constants import KEYS, STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.relevance.replacement import Substitutes
from helpers.relevance.shares import explain_fold
from helpers.trust import comparison
from helpers.trust.comparison import compare_fold, compared
from helpers.trust.perturbation import REFERENCES
from helpers.trust.sample import sample

NAMES = ("EEG", "EOG", "EMG")
#: Three windows of 3 s, 3 s and 0.4 s.
SAMPLES, EDGES = 640, (0, 300, 600, 640)
METHODS = ("gradient-input", "deeplift", "occlusion=2")


@pytest.fixture(scope="module", autouse=True)
def quick():
    with uncompiled():
        yield


@pytest.mark.parametrize("trial", ["brief", "full"])
def test_the_run_s_rules_come_first_and_nothing_twice(trial):
    found = compared(["eps=100", "composite"], trial, learned="epochs")
    assert found[:2] == ["eps=100", "composite"] and len(set(found)) == len(found)
    assert {"gamma=0.25", "zb", *comparison.METHODS[trial]} <= set(found)
    assert set(comparison.METHODS["brief"]) < set(comparison.METHODS["full"])


def test_what_gives_no_maps_and_bounds_that_are_not_there_are_left_out():
    assert "zb" not in compared(["eps=1"], "brief", None)
    assert compared(["shapley", "eps=1"], "brief", None)[0] == "eps=1" and "shapley" not in compared(["shapley"], "brief", None)


@pytest.fixture(scope="module")
def fold(tmp_path_factory):
    """(epochs, predictions, weights' path, model) of two nights, of whose epochs about half are read correctly."""
    folder, random = tmp_path_factory.mktemp("compared"), numpy.random.default_rng(0)
    for number, name in enumerate(("n1", "n2")):
        write_night(folder / "epochs", name, f"s{number}", random.choice(STAGES, 20), number, samples=SAMPLES)
    epochs, model = epochs_in(folder / "epochs"), networks.build(3, 5, SAMPLES, seed=3)
    *below, kernel, bias = model.get_weights()
    model.set_weights([*below, 50 * kernel, bias])  # logits that differ
    networks.save_weights(model, folder / "weights.npz")
    predictions = predict_fold(epochs, folder / "weights.npz", 1)
    predictions["true"] = numpy.where(numpy.arange(len(predictions)) % 2, predictions["predicted"], predictions["true"])
    return epochs, predictions, folder / "weights.npz", model


@pytest.fixture(scope="module")
def found(fold):
    """The tables of `compare_fold`, of quick methods; a sign of 1 s in EEG of night n1 alone, at the start of every epoch."""
    epochs, predictions, weights, _ = fold
    events = pandas.DataFrame({"recording": "n1", "modality": "EEG", "sign": "spindle",
                           "onset_s": numpy.arange(2, 22) * 30.0, "duration_s": 1.0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "METHODS", {"brief": METHODS})
        return compare_fold(epochs, predictions, weights, epochs, ["eps=1"], "brief", 3, 4, events)


def logits_of(model):
    """Function x → logits, from the layer before the softmax."""
    from keras import Model

    kernel, bias = model.layers[-1].get_weights()
    before = Model(model.input, model.layers[-1].input)
    return lambda x: numpy.asarray(before(x), "float64") @ kernel + bias


def test_shares_are_those_of_the_sample_without_the_run_s_own_rules(fold, found):
    epochs, predictions, weights, _ = fold
    tested, shares = sample(predictions, 3, 4), found[0]
    assert set(shares["rule"]) == {"gamma=0.25", "zb", "composite", *METHODS}
    assert (shares.groupby("rule").size() == 3 * len(tested)).all()
    expected = explain_fold(epochs, tested, weights, epochs, ["gamma=0.25", "zb"], "own")
    for name in ("share", "positive", "negative"):
        both = [table[table["rule"].isin(["gamma=0.25", "zb"])].sort_values(["rule", "recording", "epoch", "modality"])[name].to_numpy()
                for table in (shares, expected)]
        numpy.testing.assert_allclose(*both, atol=1e-5)
    assert shares.groupby(["rule", "recording", "epoch"])["share"].sum().to_numpy() == pytest.approx(1)


def test_windows_cost_what_the_network_says_by_hand(fold, found):
    """Every third epoch of the sample; the order by |x| and windows one by one, all from another epoch of the night."""
    epochs, predictions, _, model = fold
    tested, lost = sample(predictions, 3, 4), found[1]
    chosen = numpy.arange(0, len(tested), 3)
    rules = ["eps=1", "gamma=0.25", "zb", "composite", *METHODS, *REFERENCES]
    assert lost.groupby("rule", sort=False).size().to_dict() == {rule: 3 * len(chosen) for rule in rules}
    assert lost[list(KEYS)].drop_duplicates().values.tolist() == tested[list(KEYS)].iloc[chosen].values.tolist()
    x, other = epochs.signals(epochs.rows(tested))[chosen], Substitutes(epochs, tested, 4).another(chosen, 0)
    logits, stage = logits_of(model), tested["predicted"].map(STAGES.index).to_numpy()[chosen]
    sets = [windows for k in range(4) for windows in itertools.combinations(range(3), k)]
    for place, of_epoch in enumerate(tested.iloc[chosen].itertuples()):
        for channel, name in enumerate(NAMES):
            changed = numpy.repeat(x[place:place + 1], len(sets), axis=0)
            for at, windows in enumerate(sets):
                for window in windows:
                    changed[at, EDGES[window]:EDGES[window + 1], channel] = other[place, EDGES[window]:EDGES[window + 1], channel]
            of_class = logits(changed)[:, stage[place]]
            loses = dict(zip(sets, of_class[0] - of_class))
            sizes = [numpy.abs(x[place, begin:end, channel]).sum() for begin, end in zip(EDGES, EDGES[1:])]
            for rule, worth in (("|x|", sizes), ("one by one", [loses[window,] for window in range(3)])):
                order = list(numpy.argsort(worth)[::-1])
                row = lost[(lost["rule"] == rule) & (lost["recording"] == of_epoch.recording) & (lost["epoch"] == of_epoch.epoch)
                           & (lost["modality"] == name)].iloc[0]
                for column, turned in (("most", order), ("least", order[::-1])):
                    assert row[column] == pytest.approx(sum(loses[tuple(sorted(turned[:k]))] for k in (1, 2, 3)) / 4, abs=1e-4)
    assert lost["most"].abs().max() > .05


def test_signs_are_looked_for_in_epochs_that_were_read_correctly(fold, found):
    tested, planted = sample(fold[1], 3, 4), found[2]
    right = tested[(tested["true"] == tested["predicted"]) & (tested["recording"] == "n1")]
    assert 0 < len(right) < (tested["recording"] == "n1").sum()
    assert planted[list(KEYS)].drop_duplicates().values.tolist() == right[list(KEYS)].values.tolist()
    assert set(planted["modality"]) == {"EEG"} and planted["part"].to_numpy() == pytest.approx(100 / SAMPLES)
    assert set(planted["rule"]) == {"eps=1", *found[0]["rule"], "|x|"}
    x = fold[0].signals(fold[0].rows(right))[:, :, 0]
    ratios = planted[(planted["rule"] == "|x|") & (planted["sign"] == "spindle")]["ratio"].to_numpy()
    assert ratios == pytest.approx(numpy.abs(x[:, :100]).mean(axis=1) / numpy.abs(x).mean(axis=1), rel=1e-5)


def test_real_nights_have_no_planted_signs(fold, monkeypatch):
    monkeypatch.setattr(comparison, "METHODS", {"brief": ("gradient-input",)})
    monkeypatch.setattr(comparison, "RULES", ())
    epochs, predictions, weights, _ = fold
    shares, lost, planted = compare_fold(epochs, predictions, weights, None, [], "brief", 1, 4)
    assert planted is None and set(shares["rule"]) == {"gradient-input"} and len(lost)
