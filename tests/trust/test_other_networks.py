"""Other networks: what they are shown, how they are trained, and what they can and cannot learn."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, split, write_night
from uncompiled import uncompiled

from helpers.constants import KEYS, STAGES
from helpers.files import read_arrays
from helpers.model import networks as own_networks
from helpers.model.predict import predict_fold
from helpers.model.train import train_fold
from helpers.trust.altered import SEED, SHUFFLED, Altered, networks
from helpers.trust.other_networks import scores, try_other
from helpers.trust.other_training import train_other
from helpers.trust.sample import sample

NAMES = ("EEG", "EOG", "EMG")
LEARNED = ("W", "N2", "REM")
SETTINGS = {"training_epochs": 5, "samples_per_epoch": 120, "batch": 12, "learning_rate": 3e-3, "class_weights": "balanced",
            "plateau_patience": 5, "stop_patience": 20, "seed": 7}


@pytest.fixture(scope="module", autouse=True)
def quick():
    with uncompiled():
        yield


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """(epochs of four sleepers whose stage EEG alone carries, the table of their fold)."""
    folder, random = tmp_path_factory.mktemp("others") / "epochs", numpy.random.default_rng(1)
    for number, subject in enumerate("abcd"):
        write_night(folder, f"n{number}", subject, random.choice(LEARNED, 70, p=(.25, .5, .25)), number, signs=((0, 1.5),) * 5)
    return epochs_in(folder), split(("a", "training"), ("b", "training"), ("c", "validation"), ("d", "test"))


@pytest.fixture(scope="module")
def own(nights, tmp_path_factory):
    """(path of weights of a network that nobody trained, its predictions of two nights)."""
    path = tmp_path_factory.mktemp("own") / "weights.npz"
    own_networks.save_weights(own_networks.build(3, 5, 80, seed=3), path)
    predictions = predict_fold(nights[0], path, 1)
    return path, predictions[predictions["recording"].isin(["n2", "n3"])].reset_index(drop=True)


def test_a_longer_trial_has_each_modality_as_noise_alone_and_as_noise_alone():
    assert networks("brief", NAMES) == (SEED, SHUFFLED)
    found = networks("full", {"EEG": [0], "EMG": [1]})
    assert found == (SEED, SHUFFLED, "EEG as noise", "EMG as noise", "EEG alone", "EMG alone", "noise of EEG alone", "noise of EMG alone")


def test_shuffled_stages_are_the_same_stages_at_other_epochs(nights):
    epochs, _ = nights
    before, found = epochs.table.copy(), Altered(epochs, SHUFFLED, 1, 5)
    assert sorted(found.table["stage"]) == sorted(before["stage"])
    assert .2 < (found.table["stage"] == before["stage"]).mean() < .55, "as many as by chance: .25² + .5² + .25²"
    pandas.testing.assert_frame_equal(found.table.drop(columns="stage"), before.drop(columns="stage"))
    pandas.testing.assert_frame_equal(epochs.table, before)
    numpy.testing.assert_array_equal(found.signals([3, 200]), epochs.signals([3, 200]))
    assert found.table.equals(Altered(epochs, SHUFFLED, 1, 5).table)
    assert not found.table.equals(Altered(epochs, SHUFFLED, 2, 5).table) and not found.table.equals(Altered(epochs, SHUFFLED, 1, 6).table)


@pytest.mark.parametrize("network", [SEED, "EEG as noise", "EOG alone", "noise of EOG alone"])
def test_stages_stay_with_their_epochs_but_for_the_shuffled(nights, network):
    found = Altered(nights[0], network, 1, 5)
    pandas.testing.assert_frame_equal(found.table, nights[0].table)
    assert found.info("n1")["subject"] == "b" and found.modalities == nights[0].modalities


def test_a_modality_alone_leaves_zeros_in_all_others(nights):
    x, found = nights[0].signals([0, 90, 5]), Altered(nights[0], "EOG alone", 1, 5).signals([0, 90, 5])
    numpy.testing.assert_array_equal(found[:, :, 1], x[:, :, 1])
    assert not found[:, :, [0, 2]].any() and x[:, :, [0, 2]].all()
    numpy.testing.assert_array_equal(Altered(nights[0], SEED, 1, 5).signals([0, 90, 5]), x)


@pytest.mark.parametrize("network", ["EEG as noise", "noise of EEG alone"])
def test_noise_has_the_mean_spectrum_of_its_night_and_nothing_of_the_epoch(nights, network):
    epochs, _ = nights
    night = numpy.arange(70, 140)
    x, found = epochs.signals(night), Altered(epochs, network, 1, 5).signals(night)
    powers = [(numpy.abs(numpy.fft.rfft(signals[:, :, 0], axis=1))**2).mean(axis=0) for signals in (x, found)]
    assert powers[1] / powers[0] == pytest.approx(numpy.ones(41), abs=6 / numpy.sqrt(70))
    assert powers[0].max() / powers[0].min() > 10, "its spectrum is not flat"
    alike = [numpy.corrcoef(*pair)[0, 1] for pair in zip(x[:, :, 0], found[:, :, 0])]
    assert abs(numpy.mean(alike)) < .15
    if network == "EEG as noise":
        numpy.testing.assert_array_equal(found[:, :, 1:], x[:, :, 1:])
    else:
        assert not found[:, :, 1:].any()


def test_an_epoch_s_noise_is_the_same_however_it_is_asked_for(nights):
    epochs = Altered(nights[0], "EEG as noise", 1, 5)
    together = epochs.signals([8, 100, 3])
    numpy.testing.assert_allclose(Altered(nights[0], "EEG as noise", 1, 5).signals([3, 8]), together[[2, 0]], rtol=1e-6)
    assert not numpy.allclose(Altered(nights[0], "EEG as noise", 1, 6).signals([8]), together[:1])


def test_another_seed_is_the_next_one_and_all_else_has_the_fold_s_own(nights, tmp_path):
    epochs, folds = nights
    brief = {**SETTINGS, "training_epochs": 1, "samples_per_epoch": 24}
    ways = {"another seed": lambda folder: train_other(epochs, folds, 1, SEED, brief, 5, folder),
            "the next seed": lambda folder: train_fold(epochs, folds, 1, {**brief, "seed": 8}, folder),
            "shuffled": lambda folder: train_other(epochs, folds, 1, SHUFFLED, brief, 5, folder),
            "its own seed": lambda folder: train_fold(Altered(epochs, SHUFFLED, 1, 5), folds, 1, brief, folder)}
    weights = {}
    for name, train in ways.items():
        (tmp_path / name).mkdir()
        train(tmp_path / name)
        weights[name] = numpy.concatenate([values.ravel() for values in read_arrays(tmp_path / name / "weights.npz")])
    for one, same in (("another seed", "the next seed"), ("shuffled", "its own seed")):
        numpy.testing.assert_allclose(weights[one], weights[same], atol=1e-5)
    assert numpy.abs(weights["another seed"] - weights["shuffled"]).max() > .05


def test_a_modality_that_carries_the_stage_is_learned_alone_and_noise_of_it_is_not(nights, own, tmp_path):
    """Noise does no better than the commonest stage, within chance (3 standard errors); the modality does by far."""
    epochs, folds = nights
    _, predictions = own
    tested, found = predictions[predictions["recording"] == "n3"], {}
    for network in ("EEG alone", "noise of EEG alone"):
        (tmp_path / network).mkdir()
        train_other(epochs, folds, 1, network, SETTINGS, 5, tmp_path / network)
        read, _, alike = try_other(epochs, tested, own[0], tmp_path / network / "weights.npz", network, None, [], 1, 4)
        found[network] = scores(read, network).iloc[0]
        assert alike.empty and read["true"].tolist() == tested["true"].tolist()
    noise, signal = found["noise of EEG alone"], found["EEG alone"]
    chance = numpy.sqrt(noise["commonest"] * (1 - noise["commonest"]) / noise["n"])
    assert noise["n"] == 70 and noise["commonest"] == pytest.approx(tested["true"].value_counts(normalize=True).max())
    assert noise["accuracy"] < noise["commonest"] + 3 * chance and abs(noise["kappa"]) < .3
    assert signal["accuracy"] > signal["commonest"] + 4 * chance and signal["kappa"] > .6


def test_a_network_held_against_itself_explains_alike_and_reads_alike(nights, own):
    epochs, (weights, predictions) = nights[0], own
    read, shares, alike = try_other(epochs, predictions, weights, weights, SEED, None, ["eps=1"], 4, 4)
    pandas.testing.assert_frame_equal(read[list(predictions)], predictions, check_dtype=False, rtol=1e-4)
    tested = sample(predictions, 4, 4)
    assert alike["rule"].value_counts().to_dict() == {"eps=1": len(tested), "gradient-input": len(tested)}
    assert alike["size"].min() > .999 and alike["signed"].min() > .999 and alike["moved"].max() < 1e-5
    assert len(shares) == 2 * 3 * len(tested) and shares.groupby(["rule", "recording", "epoch"])["share"].sum().tolist() == pytest.approx(
        [1] * 2 * len(tested))
    assert shares[list(KEYS)].drop_duplicates().values.tolist() == tested[list(KEYS)].values.tolist()


def test_another_network_explains_the_stage_that_the_fold_s_own_predicted(nights, own, tmp_path):
    """Shares by rules of the other network, explained by hand on what it is shown."""
    from helpers.relevance import Explainer, rules

    epochs, (weights, predictions), network = nights[0], own, "EEG as noise"
    other, x = own_networks.build(3, 5, 80, seed=11), epochs.signals(epochs.rows(predictions))
    *others, bias = other.get_weights()
    other.set_weights([*others, bias - numpy.log(other(x)).mean(axis=0)])  # no stage is the likeliest of all epochs
    own_networks.save_weights(other, tmp_path / "other.npz")
    read, shares, alike = try_other(epochs, predictions, weights, tmp_path / "other.npz", network, None, ["eps=1"], 3, 4)
    assert alike.empty and list(alike) == [*KEYS, "size", "signed", "moved", "rule"]
    altered, tested = Altered(epochs, network, 1, 4), sample(predictions, 3, 4)
    shown = altered.signals(epochs.rows(predictions))
    assert read["predicted"].tolist() == [STAGES[number] for number in numpy.argmax(other(shown), axis=1)]
    assert (numpy.argmax(other(shown), axis=1) != numpy.argmax(other(x), axis=1)).any()
    assert (read["predicted"] != predictions["predicted"]).any()
    expected = Explainer(other, {"eps=1": rules.Epsilon(1)}).shares(
        altered.signals(epochs.rows(tested)), epochs.modalities, tested["predicted"].map(STAGES.index).to_numpy())[:, 0]
    mine = shares[shares["rule"] == "eps=1"].set_index(["recording", "epoch", "modality"])["share"].unstack()
    numpy.testing.assert_allclose(mine[list(NAMES)].loc[list(zip(tested["recording"], tested["epoch"]))], expected, atol=1e-5)
    _, _, shuffled = try_other(epochs, predictions, weights, tmp_path / "other.npz", SHUFFLED, None, [], 3, 4)
    assert shuffled["size"].max() < .99 and shuffled["moved"].min() > 0, "weights of another seed explain otherwise"
    assert not all(map(numpy.array_equal, read_arrays(weights), read_arrays(tmp_path / "other.npz")))


def test_scores_of_ten_epochs_by_hand():
    """6 N2 and 4 W; said N2 7 times, right in 5 N2 and 2 W: accuracy .7, chance .6 × .7 + .4 × .3 = .54."""
    read = pandas.DataFrame({"fold": 2, "true": ["N2"] * 6 + ["W"] * 4 + [""],
                             "predicted": ["N2"] * 5 + ["W"] + ["N2", "N2", "W", "W"] + ["N1"]})
    [row] = scores(read, "EEG alone").itertuples()
    assert (row.network, row.fold, row.n) == ("EEG alone", 2, 10)
    assert (row.accuracy, row.commonest, row.kappa) == pytest.approx((.7, .6, (.7 - .54) / (1 - .54)))
    assert scores(read.assign(true=""), "x").empty and list(scores(read.assign(true=""), "x")) == list(scores(read, "x"))
    alone = scores(pandas.DataFrame({"fold": 2, "true": ["N2"] * 3, "predicted": "N2"}), "x").iloc[0]
    assert alone["accuracy"] == 1 and numpy.isnan(alone["kappa"])
