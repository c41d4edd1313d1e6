"""What is lost without a modality: outputs and scores written again, on a fold in which it is known which modality tells a stage."""

import numpy
import pandas
import pytest
from small_cohort import epochs_in, split, write_night

from helpers.constants import STAGES
from helpers.model import networks
from helpers.model.predict import predict_fold
from helpers.model.train import train_fold
from helpers.trust.ablation import ablate_fold, outputs, recall_lost, score_changes


@pytest.fixture(scope="module")
def ablated(tmp_path_factory):
    """A fold in which EEG tells W, N1 and N2 apart, EOG N3 and REM; EMG is noise."""
    folder = tmp_path_factory.mktemp("ablated")
    random = numpy.random.default_rng(3)
    for number, name in enumerate(("n1", "n2", "n3", "n4")):
        stages = random.permutation(numpy.repeat(STAGES, 24))
        signs = ((0, 4), (0, 4), (0, 4), (1, 4), (1, 4))
        write_night(folder / "epochs", name, f"s{number}", stages, number, signs=signs)
    folds = split(("s0", "training"), ("s1", "training"), ("s2", "validation"), ("s3", "test"))
    settings = {"training_epochs": 14, "samples_per_epoch": 0, "batch": 16, "learning_rate": 2e-3,
                "class_weights": "none", "plateau_patience": 20, "stop_patience": 20, "seed": 1}
    epochs, weights = epochs_in(folder / "epochs"), folder / "weights.npz"
    train_fold(epochs, folds, 1, settings, folder)
    predictions = predict_fold(epochs_in(folder / "epochs", ["n4"]), weights, 1)
    return epochs, weights, predictions, ablate_fold(epochs, predictions, weights, ("zeros", "line noise", "exchange"), 5)


def test_the_modality_that_tells_a_stage_costs_most_recall_by_exchange_and_noise_costs_none(ablated):
    _, _, predictions, table = ablated
    assert (predictions["true"] == predictions["predicted"]).mean() > 0.9
    lost = recall_lost(table).query("replacement == 'exchange'").pivot(index="stage", columns="modality", values="lost")
    for stage, teller in zip(STAGES, ("EEG", "EEG", "EEG", "EOG", "EOG")):
        assert lost.loc[stage].idxmax() == teller and lost.loc[stage, teller] > 0.2
        assert abs(lost.loc[stage, "EMG"]) < 0.1


def test_outputs_without_a_modality_are_the_network_s_own(ablated):
    """Zeros put in here and given to the Keras model: the probability, logit and log-odds of the stage predicted before."""
    epochs, weights, predictions, table = ablated
    model = networks.trained(epochs, weights)
    x = epochs.signals(epochs.rows(predictions))
    without = x.copy()
    without[:, :, 1] = 0
    before, after = (model.predict(signals, verbose=0).astype("float64") for signals in (x, without))
    rows = table[(table["replacement"] == "zeros") & (table["modality"] == "EOG")].reset_index(drop=True)
    stage = pandas.Categorical(predictions["predicted"], STAGES).codes
    at = numpy.arange(len(x)), stage
    numpy.testing.assert_allclose(rows["probability"], before[at] - after[at], atol=1e-5)
    odds = [numpy.log(p[at] / (1 - p[at])) for p in (before, after)]
    clear = (numpy.minimum(before[at], 1 - before[at]) > 1e-3) & (numpy.minimum(after[at], 1 - after[at]) > 1e-3)
    assert clear.sum() > 20
    numpy.testing.assert_allclose(rows["log_odds"][clear], (odds[0] - odds[1])[clear], atol=1e-3)
    assert rows["predicted_without"].tolist() == [STAGES[number] for number in after.argmax(1)]


def test_log_odds_do_not_saturate_where_probabilities_do():
    logits = numpy.array([[60.0, 0, 0], [80.0, 0, 0], [-60.0, 0, 0]])
    probability, logit, log_odds = outputs(logits, numpy.array([0, 0, 0]))
    numpy.testing.assert_allclose(log_odds, [60 - numpy.log(2), 80 - numpy.log(2), -60 - numpy.log(2)])
    numpy.testing.assert_allclose(logit, logits[:, 0])
    assert probability[0] == probability[1] == 1 and 0 < probability[2] < 1e-20


def test_recall_is_that_of_the_predictions_and_the_loss_is_the_difference(ablated):
    _, _, predictions, table = ablated
    lost = recall_lost(table)
    assert list(lost.columns) == ["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"]
    right = (predictions["true"] == predictions["predicted"]).groupby(predictions["true"]).mean()
    numpy.testing.assert_allclose(lost["recall"], right[lost["stage"]])
    zeros = table[(table["replacement"] == "zeros") & (table["modality"] == "EEG")]
    without = (zeros["predicted_without"] == zeros["true"]).groupby(zeros["true"]).mean()
    of_zeros = lost[(lost["replacement"] == "zeros") & (lost["modality"] == "EEG")]
    assert list(of_zeros["stage"]) == list(STAGES)
    numpy.testing.assert_allclose(of_zeros["recall_without"], without[of_zeros["stage"]])
    numpy.testing.assert_allclose(lost["lost"], lost["recall"] - lost["recall_without"])
    assert (lost["n"] == 24).all() and (lost["fold"] == 1).all()
    assert recall_lost(table.assign(true="")).empty


def test_line_noise_is_no_zero_out_and_the_same_seed_repeats_it(ablated):
    epochs, weights, predictions, table = ablated
    both = [table[table["replacement"] == name].reset_index(drop=True)["logit"] for name in ("zeros", "line noise")]
    assert (both[0] - both[1]).abs().median() > 0.01
    again, other = (ablate_fold(epochs, predictions, weights, ["exchange"], seed) for seed in (5, 6))
    exchanged = table[table["replacement"] == "exchange"].reset_index(drop=True)
    pandas.testing.assert_frame_equal(again, exchanged)
    assert not other["logit"].equals(exchanged["logit"])


def test_scores_change_in_percent_of_what_they_were():
    """Two folds of four epochs: by hand."""
    true, predicted = ["W", "W", "N2", "N2"] * 2, ["W", "W", "N2", "W", "W", "N2", "N2", "N2"]
    without = ["W", "N2", "W", "W", "N2", "N2", "N2", "N2"]
    table = pandas.DataFrame({"fold": [0] * 4 + [1] * 4, "true": true, "predicted": predicted, "predicted_without": without,
                              "replacement": "zeros", "modality": "EEG"})
    changes = score_changes(table).set_index(["fold", "measure", "stage"])
    assert changes.loc[(0, "accuracy", "all"), ["before", "after", "change"]].tolist() == pytest.approx([.75, .25, -200 / 3])
    assert changes.loc[(1, "accuracy", "all"), "change"] == pytest.approx(100 * (.5 - .75) / .75)
    assert changes.loc[(0, "f1", "W"), ["before", "after"]].tolist() == pytest.approx([4 / 5, 2 / 5])
    assert changes.loc[(1, "f1", "W"), "change"] == pytest.approx(-100)
    assert numpy.isnan(changes.loc[(0, "f1", "REM"), "change"])
    assert changes.loc[(0, "balanced accuracy", "all"), "after"] == pytest.approx(.25)
    assert score_changes(table.assign(true="")).empty
