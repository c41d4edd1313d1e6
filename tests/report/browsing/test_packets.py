"""What the subject browser is sent: packets unpacked by the description of their format and compared with the artifacts."""

import numpy
import pandas
import pytest
from packet_format import unpack
from scipy import signal

from helpers.report.browsing.packets import Nights, filtered, packet, slug
from helpers.study import Study


@pytest.fixture(scope="module")
def study(smoke):
    return Study.open("smoke", artifacts=smoke.artifacts, progress=False)


@pytest.fixture(scope="module")
def nights(study):
    return study.nights()


def test_a_packet_holds_text_of_any_script_and_arrays_of_any_length():
    arrays = {"a": numpy.arange(5, dtype="int8"), "b": numpy.array([[1.5, numpy.nan]], "float32"),
              "none": numpy.zeros((0, 3), "int32")}
    header, unpacked = unpack(packet({"name": "Nächte </script> 夜"}, arrays))
    assert header == {"name": "Nächte </script> 夜"}
    for name, array in arrays.items():
        numpy.testing.assert_array_equal(unpacked[name], array)


def test_the_index_offers_each_tested_night_by_what_tells_it_from_the_subjects_others(nights, study):
    header, _ = unpack(nights.index("some epochs", "Simulated"))
    table = study.covariates().astype({"recording": str})
    predictions = study.predictions().astype({"recording": str})
    listed = {night["recording"]: (subject["subject"], night["label"], night["folds"])
              for subject in header["subjects"] for night in subject["nights"]}
    expected = {row.recording: (row.subject, row.medication,
                                sorted(predictions.loc[predictions["recording"] == row.recording, "fold"].unique().tolist()))
                for row in table.itertuples() if row.recording in set(predictions["recording"])}
    assert listed == expected
    assert [rule["name"] for rule in header["rules"]] == ["eps=0.01", "eps=100", "alpha1beta0"]
    assert (header["detail"], header["notice"]) == ("some epochs", "Simulated")


def test_nights_that_no_covariate_tells_apart_are_called_by_their_recording():
    class Stub:
        modalities = {"EEG": [0]}

    predictions = pandas.DataFrame({"recording": ["a", "b"], "fold": 0})
    table = pandas.DataFrame({"recording": ["a", "b"], "subject": "1", "drug": ["x", "x"], "age": [1.0, 1.0]})
    assert Nights(Stub(), predictions, predictions, table, ["eps=1"]).labels == {"a": "a", "b": "b"}


def test_a_night_says_what_the_tables_say(nights, study):
    recording = nights.recordings[0]
    header, arrays = unpack(nights.night(recording, [7, 5]))
    ledger = study.epochs().ledger.query("recording == @recording").sort_values("onset_s")
    numpy.testing.assert_array_equal(arrays["epoch"], ledger["epoch"])
    numpy.testing.assert_allclose(arrays["onset"], ledger["onset_s"])
    assert [header["reasons"][reason] if reason >= 0 else "" for reason in arrays["reason"]] == list(ledger["reason"])
    assert header["opened"] == [5, 7]
    predictions, shares, seen = study.predictions(), study.shares(), 0
    for number, fold in enumerate(header["folds"]):
        of_fold = predictions[(predictions["recording"] == recording) & (predictions["fold"] == fold)]
        for row in of_fold.itertuples():
            slot = list(arrays["epoch"]).index(row.epoch)
            stages = ["W", "N1", "N2", "N3", "REM"]
            assert (stages[arrays["true"][slot]], stages[arrays["predicted"][number, slot]]) == (row.true, row.predicted)
            exact = [getattr(row, f"p_{stage}") for stage in stages]
            numpy.testing.assert_allclose(arrays["probabilities"][number, slot] / 65535, exact, atol=1e-5)
            for at, rule in enumerate(header["rules"]):
                exact_rows = shares[(shares["fold"] == fold) & (shares["recording"] == recording) & (shares["rule"] == rule)
                             & (shares["epoch"] == row.epoch)].set_index("modality")
                exact = exact_rows.loc[["EEG", "EOG", "EMG"], "share"]
                numpy.testing.assert_allclose(arrays["shares"][number, at, slot] / 65535, exact, atol=1e-5)
                numpy.testing.assert_allclose(arrays["log_total"][number, at, slot], exact_rows["log_total"].iloc[0], rtol=1e-6)
                seen += 1
    assert seen > 20
    bands = study.bands().astype({"recording": str, "rule": str, "modality": str, "band": str})
    names = unpack(nights.index(""))[0]["bands"]
    assert names == ["delta", "theta", "alpha", "sigma", "beta", "gamma"] and arrays["bands"].shape[-2:] == (3, 6)
    row = bands[(bands["recording"] == recording) & (bands["rule"] == "eps=100") & (bands["modality"] == "EOG")].iloc[7]
    slot, place = list(arrays["epoch"]).index(row["epoch"]), header["folds"].index(row["fold"])
    assert abs(arrays["bands"][place, header["rules"].index("eps=100"), slot, 1, names.index(row["band"])] / 65535 - row["share"]) < 1e-5
    numpy.testing.assert_allclose(arrays["bands"].sum(axis=-1, dtype=int) / 65535, arrays["shares"] / 65535, atol=1e-4)
    dropped = arrays["reason"] >= 0
    assert dropped.any() and (arrays["true"][dropped] == -1).all() and numpy.isneginf(arrays["log_total"][:, :, dropped]).all()


def test_a_nights_stretches_hold_the_lowest_and_highest_microvolts(nights, study):
    recording = nights.recordings[0]
    header, arrays = unpack(nights.night(recording))
    table, size = study.epochs().table, round(100 * header["stretch_s"])
    rows = numpy.flatnonzero(table["recording"] == recording)
    per_epoch = 3000 // size
    for row in rows[:: max(1, len(rows) // 5)]:
        values = study.epochs().microvolts([row])[0].reshape(per_epoch, size, -1)
        start = round((table["onset_s"].iloc[row] - arrays["onset"][0]) / header["stretch_s"])
        for channel, scale in enumerate(header["scales"][0]):
            for name, exact in (("low", values.min(1)), ("high", values.max(1))):
                level = arrays[name][0, channel, start:start + per_epoch]
                inside = numpy.abs(exact[:, channel]) < 126 * scale
                assert inside.mean() > 0.8
                numpy.testing.assert_allclose(level[inside] * scale, exact[inside, channel], atol=0.51 * scale)
    first = arrays["epoch"][arrays["reason"] >= 0][0]
    start = round((arrays["onset"][list(arrays["epoch"]).index(first)] - arrays["onset"][0]) / header["stretch_s"])
    assert (arrays["low"][:, :, start:start + per_epoch] == -128).all()  # dropped slots are blank


def test_an_epoch_holds_its_microvolts_and_the_relevance_that_was_computed(nights, study):
    recording = nights.recordings[0]
    details = study.details()
    epoch = details.epochs(recording)[0]
    levels, scale = details.of(recording, epoch)
    header, arrays = unpack(nights.epoch(epoch, nights.epoch_signals(recording)(epoch), levels, scale))
    [row] = study.epochs().rows(pandas.DataFrame({"recording": [recording], "epoch": [epoch]}))
    exact = study.epochs().microvolts([row])[0].T
    scales, middle = numpy.array(header["scales"][0]), numpy.array(header["middle"][0])
    assert (numpy.abs(arrays["signals"][0] * scales[:, None] + middle[:, None] - exact) <= 0.51 * scales[:, None]).all()
    shares = study.shares()
    for number, fold in enumerate(header["folds"]):
        for at, rule in enumerate(nights.rules):
            exact_rows = shares[(shares["fold"] == fold) & (shares["recording"] == recording) & (shares["rule"] == rule)
                         & (shares["epoch"] == epoch)].set_index("modality").loc[["EEG", "EOG", "EMG"]]
            net = (arrays["relevance"][number, at] * header["relevance_scales"][number][at]).sum(1)
            numpy.testing.assert_allclose(net, exact_rows["positive"] - exact_rows["negative"], atol=0.02)


def test_relevance_stands_by_its_rule_in_whatever_order_the_study_has_them(study):
    given = ["alpha1beta0", "eps=0.01"]
    nights = Nights(study.epochs(), study.predictions(), study.shares(), study.covariates(), given)
    levels = numpy.stack([numpy.full((600, 3), number, "int8") for number in (1, 2)])
    header, arrays = unpack(nights.epoch(0, numpy.ones((2, 3000, 3)), {4: levels}, {4: numpy.array([0.1, 0.2])}))
    assert nights.rules == ["eps=0.01", "alpha1beta0"]
    assert arrays["relevance"][0, :, 0, 0].tolist() == [2, 1] and header["relevance_scales"] == [[0.2, 0.1]]


def test_any_epoch_can_be_opened_with_the_relevance_of_the_page(nights, study):
    recording = nights.recordings[0]
    details, opener, folds = study.details(), study.opener(), nights.folds(recording)
    epoch = details.epochs(recording)[0]
    (levels, scale), (page_levels, page_scale) = opener.of(recording, epoch, folds), details.of(recording, epoch)
    for fold in folds:
        exact = page_levels[fold] * page_scale[fold][:, None, None]
        computed = levels[fold] * scale[fold][:, None, None]
        numpy.testing.assert_allclose(computed, exact, atol=1.5 * page_scale[fold].max())


def test_display_filters_keep_what_they_should_and_only_that():
    time = numpy.arange(3000 * 4) / 100

    def passed(modality, frequency):
        values = numpy.sin(2 * numpy.pi * frequency * time).astype("float32")
        middle = slice(2000, -2000)
        return filtered(values, modality)[middle].std() / values[middle].std()

    for modality in ("EEG", "EOG"):
        assert passed(modality, 0.05) < 0.1 < 0.95 < passed(modality, 5) and passed(modality, 49) < 0.1
    assert passed("EMG", 2) < 0.01 and passed("EMG", 30) > 0.95
    numpy.testing.assert_array_equal(filtered(time, "ECG"), time)
    frequencies, spectrum = signal.welch(filtered(numpy.random.default_rng(0).normal(size=30000), "EMG"), 100, nperseg=1000)
    assert spectrum[frequencies < 5].max() < 0.01 * spectrum[frequencies > 20].mean()


def test_an_address_holds_letters_digits_dots_and_dashes_alone():
    assert [slug(text) for text in ("eps=0.01", "placebo", "<b>A B</b>", "α1")] == ["eps-0.01", "placebo", "b-a-b-b", "1"]
