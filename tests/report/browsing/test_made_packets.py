"""What the subject browser is sent of made-up nights, whose every number is known: each stands at its slot, fold, rule and modality."""

import made_nights
import numpy
import pandas
import pytest
from made_nights import EEG, NOBODY, SPLIT
from packet_format import unpack

from helpers.report.browsing.packets import Nights

STAGES = ["W", "N1", "N2", "N3", "REM"]
#: Fold 1 tested night b alone, and its shares differ by rule, modality and epoch.
COVARIATES = pandas.DataFrame({"recording": ["a", "b"], "subject": "1", "age": [40.0, 40.0], "drug": ["placebo", "Some drug"]})


def share(fold, epoch, rule, name):
    """A share of its own for each; EOG has the rest."""
    eeg, emg = (.1 + .02 * epoch + .05 * fold + .03 * (rule == "eps=100"), .01 + .001 * epoch)
    return {"EEG": eeg, "EMG": emg, "EOG": 1 - eeg - emg}[name]


@pytest.fixture(scope="module")
def nights():
    epochs = made_nights.Epochs()
    predictions, shares = made_nights.predictions(epochs), made_nights.shares(epochs)
    shares["share"] = [share(row.fold, row.epoch, row.rule, row.modality) for row in shares.itertuples()]
    shares["log_total"] = -shares["epoch"] - 10.0 * shares["fold"] - 100.0 * (shares["rule"] == "eps=100")
    kept = [(table["fold"] != 1) | (table["recording"] == "b") for table in (predictions, shares)]
    bands = shares[["fold", "recording", "epoch", "rule", "modality"]].merge(pandas.DataFrame({"band": ["delta", "beta"], "part": [.75, .25]}), how="cross")
    bands["share"] = [row.part * share(row.fold, row.epoch, row.rule, row.modality) for row in bands.itertuples()]
    return Nights(epochs, predictions[kept[0]].sample(frac=1, random_state=1), shares[kept[1]].sample(frac=1, random_state=2), COVARIATES, made_nights.RULES,
                  bands[(bands["fold"] != 1) | (bands["recording"] == "b")])


@pytest.mark.parametrize("recording, folds", [("a", [0, 2]), ("b", [0, 1, 2])])
def test_stages_and_shares_stand_at_their_slot_fold_rule_and_modality(nights, recording, folds):
    header, arrays = unpack(nights.night(recording))
    assert header["folds"] == folds == nights.folds(recording) and header["rules"] == ["eps=0.01", "eps=100"]
    assert arrays["onset"].tolist() == [30 * slot for slot in range(12)] and arrays["epoch"].tolist() == list(range(12))
    assert (header["start"], header["epoch_s"]) == ("1989-05-07T23:58:00", 30)
    for slot in range(12):
        dropped = slot == made_nights.DROPPED
        assert arrays["reason"][slot] == (0 if dropped else -1) and header["reasons"] == ["movement"]
        assert arrays["true"][slot] == (-1 if dropped else STAGES.index("N2"))
        for number, fold in enumerate(folds):
            predicted = made_nights.PREDICTED.get(slot, ("N2",) * 3)[fold]
            assert arrays["predicted"][number, slot] == (-1 if dropped else STAGES.index(predicted))
            known = made_nights.PROBABILITY.get(slot, ((0, 0, 1),) * 3)[fold]
            assert arrays["probabilities"][number, slot] / 65535 == pytest.approx([0] * 5 if dropped else [*known, 0, 0], abs=1e-5)
            for at, rule in enumerate(header["rules"]):
                shares = [0 if dropped else share(fold, slot, rule, name) for name in ("EEG", "EOG", "EMG")]
                assert arrays["shares"][number, at, slot] / 65535 == pytest.approx(shares, abs=1e-5)
                total = -numpy.inf if dropped else -slot - 10 * fold - 100 * (rule == "eps=100")
                assert arrays["log_total"][number, at, slot] == total
                for band, part in enumerate((.75, .25)):
                    assert arrays["bands"][number, at, slot, :, band] / 65535 == pytest.approx([part * value for value in shares], abs=1e-5)


def test_an_epoch_without_relevance_has_no_share_and_no_total():
    epochs = made_nights.Epochs()
    shares = made_nights.shares(epochs)
    shares.loc[shares["epoch"] == 7, ["share", "log_total"]] = numpy.nan, -numpy.inf
    _, arrays = unpack(Nights(epochs, made_nights.predictions(epochs), shares, COVARIATES, made_nights.RULES).night("a"))
    assert not arrays["shares"][:, :, 7].any() and numpy.isneginf(arrays["log_total"][:, :, 7]).all() and "bands" not in arrays


def test_stretches_are_the_lowest_and_highest_values_of_their_seconds():
    epochs = made_nights.Epochs()
    night = Nights(epochs, made_nights.predictions(epochs), made_nights.shares(epochs), COVARIATES, made_nights.RULES)
    header, arrays = unpack(night.night("b"))
    per_epoch = round(30 / header["stretch_s"])
    rows = epochs.table.index[(epochs.table["recording"] == "b")]
    for row, slot in zip(rows, epochs.table["epoch"][rows]):
        exact = epochs.microvolts([row])[0].reshape(per_epoch, -1, 3)
        here = slice(slot * per_epoch, (slot + 1) * per_epoch)
        for channel, scale in enumerate(header["scales"][0]):
            low, high = (arrays[name][0, channel, here] for name in ("low", "high"))
            inside = numpy.abs(exact[:, :, channel]).max(axis=1) < 120 * scale
            assert inside.any() and (low <= high).all()
            numpy.testing.assert_allclose(low[inside] * scale, exact.min(axis=1)[inside, channel], atol=.51 * scale)
            numpy.testing.assert_allclose(high[inside] * scale, exact.max(axis=1)[inside, channel], atol=.51 * scale)
    gap = slice(made_nights.DROPPED * per_epoch, (made_nights.DROPPED + 1) * per_epoch)
    assert (arrays["low"][:, :, gap] == -128).all() and (arrays["high"][:, :, gap] == -128).all()
    assert [channel["filter"] for channel in header["channels"]] == ["0.3 to 35 Hz", "0.3 to 35 Hz", "above 10 Hz"]
    # EMG is 9 µV at 14.3 Hz on 4 µV at 0.2 Hz. Of the first a Butterworth filter of order 2 from 10 Hz on, there and back, keeps 1 / (1 + (10 / 14.3)⁴).
    kept = 1 / (1 + (10 / 14.32) ** 4)
    assert numpy.median(arrays["high"][1, 2, here] * header["scales"][1][2]) == pytest.approx(9 * kept * (1 + rows[-1] % 3), rel=.08)


def test_an_opened_epoch_has_its_own_signals_and_relevance_by_fold_and_rule(nights):
    signals = nights.epoch_signals("b")(SPLIT)
    row = nights.epochs.table.index[(nights.epochs.table["recording"] == "b") & (nights.epochs.table["epoch"] == SPLIT)]
    numpy.testing.assert_allclose(signals[0], nights.epochs.microvolts(row)[0], atol=1e-4)
    levels = {fold: numpy.arange(2 * 600 * 3).reshape(2, 600, 3) % (90 + fold) for fold in EEG}
    scale = {fold: numpy.array([.1 + fold, .2 + fold]) for fold in EEG}
    header, arrays = unpack(nights.epoch(SPLIT, signals, {fold: values.astype("int8") for fold, values in levels.items()}, scale))
    assert (header["epoch"], header["folds"]) == (SPLIT, [0, 1, 2])
    shown = arrays["signals"] * numpy.array(header["scales"])[:, :, None] + numpy.array(header["middle"])[:, :, None]
    numpy.testing.assert_allclose(shown, signals.transpose(0, 2, 1), atol=.51 * numpy.max(header["scales"]))
    assert numpy.abs(arrays["signals"]).max() == 40, "so many levels as the index says"
    for number, fold in enumerate(EEG):  # the study has eps=100 first, the page ε by size
        numpy.testing.assert_array_equal(arrays["relevance"][number], levels[fold][::-1].transpose(0, 2, 1))
        assert header["relevance_scales"][number] == pytest.approx([.2 + fold, .1 + fold])


def test_the_index_has_what_a_page_needs_to_read_the_rest(nights):
    header, _ = unpack(nights.index("words", "Simulated nights: made."))
    [subject] = header["subjects"]
    assert [(night["recording"], night["label"], night["slug"], night["file"], night["folds"]) for night in subject["nights"]] == [
        ("a", "placebo", "placebo", "night-0", [0, 2]), ("b", "Some drug", "some-drug", "night-1", [0, 1, 2])]
    assert [stage["name"] for stage in header["stages"]] == STAGES and [stage["height"] for stage in header["stages"]] == [4, 2, 1, 0, 3]
    assert [(modality["name"], modality["channels"], modality["colour"]) for modality in header["modalities"]] == [
        ("EEG", [0], "#1f77c8"), ("EOG", [1], "#b88600"), ("EMG", [2], "#c8283c")]
    assert (header["bands"], header["missing"], header["fractions"], header["given"]) == (["delta", "beta"], -128, 65535, "planted")
    supports, against = header["supports"], header["against"]
    assert supports[1] == max(supports) and against[1] == min(against), "green supports, purple speaks against"
    assert header["levels"] == {"night": 32, "epoch": 40} and unpack(nights.night("a", [NOBODY, SPLIT]))[0]["opened"] == [SPLIT, NOBODY]
