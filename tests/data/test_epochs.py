"""Two files of a night become epochs and a ledger, and say in a line what is wrong with them."""

import datetime
import json

import numpy
import pandas
import pytest
from small_nights import START, noise, write_hypnogram, write_night, write_psg

from helpers.data.cohort import TELEMETRY_MODALITIES, Cohort
from helpers.data.epochs import Epochs, make_epochs
from helpers.data.simulation.simulate import simulate
from helpers.errors import InputError

NAMES = ("EEG Fpz-Cz", "EOG horizontal", "EMG submental")


def _made(night, folder, **options):
    make_epochs(night, "night", folder / "night", **options)
    return Epochs({"night": folder / "night"})


def _kept(channels, slots, start_s=0):
    """The channels' microvolts in these slots, cut by hand: (slots, 3000, 3)."""
    starts = [round((start_s + 30 * slot) * 100) for slot in slots]
    return numpy.array([[channels[name][start:start + 3000] for name in NAMES] for start in starts]).transpose(0, 2, 1)


def test_the_real_night_has_its_epochs(shared_data, tmp_path):
    files = shared_data / "sleep-edfx"
    table = pandas.DataFrame({"recording": ["night"], "subject": ["00"], "psg": [str(files / "SC4001E0-PSG.edf")],
                              "hypnogram": [str(files / "SC4001EC-Hypnogram.edf")]})
    epochs = _made(Cohort("cassette", table, TELEMETRY_MODALITIES, (), None, False), tmp_path)
    assert epochs.table["stage"].value_counts().to_dict() == {"W": 1997, "N1": 58, "N2": 250, "N3": 220, "REM": 125}
    assert len(epochs.ledger) == 2650 and epochs.ledger["kept"].all()
    info = epochs.info("night")
    assert (info["start"], info["duration_s"], info["rate"]) == ("1989-04-24T16:13:00", 79500, 100)
    assert [channel["rate"] for channel in info["channels"]] == [100, 100, 1]
    assert (info["channels"][2]["highpass"], info["channels"][2]["lowpass"]) == (16, 0.7)
    # The night's whole fourth hour of EEG, from the file's bytes: 30-s records of seven channels, the EEG first.
    content = (files / "SC4001E0-PSG.edf").read_bytes()
    numbers = numpy.frombuffer(content[256 * 8:], "<i2").reshape(2650, -1)[360:480, :3000]
    wanted = (numbers + 2048) / 4095 * (192 + 192) - 192
    numpy.testing.assert_allclose(epochs.microvolts(range(360, 480))[:, :, 0], wanted, atol=2e-4)


def test_the_real_night_scored_600_s_late_has_the_same_stages_600_s_later(shared_data, tmp_path):
    files = shared_data / "sleep-edfx"
    content = (files / "SC4001EC-Hypnogram.edf").read_bytes()
    assert content[176:184] == b"16.13.00"
    (tmp_path / "late.edf").write_bytes(content[:176] + b"16.23.00" + content[184:])
    ledgers = []
    for hypnogram in (files / "SC4001EC-Hypnogram.edf", tmp_path / "late.edf"):
        table = pandas.DataFrame({"recording": ["night"], "subject": ["00"], "hypnogram": [str(hypnogram)],
                                  "psg": [str(files / "SC4001E0-PSG.edf")]})
        ledgers.append(_made(Cohort("cassette", table, {"EEG": ("EEG Fpz-Cz",)}, (), None, False), tmp_path).ledger)
    early, late = ledgers
    assert late["stage"].tolist() == [""] * 20 + early["stage"].tolist()[:-20]
    assert late["reason"].tolist() == ["outside hypnogram"] * 20 + [""] * 2630


def test_epochs_are_z_scored_over_those_that_are_kept_and_microvolts_come_back(tmp_path):
    loud = noise(150, 0)
    loud[:3000] *= 3
    night, channels = write_night(tmp_path, marks=[(0, 30, "Movement time"), (30, 120, "Sleep stage 2")], EEG=loud)
    channels["EEG Fpz-Cz"] = numpy.clip(loud, -256, 255.875)
    write_psg(tmp_path / "psg.edf", channels, numpy.ones(1500))
    epochs = _made(night, tmp_path)
    wanted = _kept(channels, [1, 2, 3, 4])
    numpy.testing.assert_allclose(epochs.microvolts(range(4)), wanted, atol=1e-3)
    z = (wanted - wanted.mean(axis=(0, 1))) / wanted.std(axis=(0, 1))
    signals = epochs.signals(range(4))
    assert signals.dtype == numpy.float32 and signals.shape == (4, 3000, 3)
    numpy.testing.assert_allclose(signals, z, atol=1e-5)
    for channel, mean, sd in zip(epochs.info("night")["channels"], wanted.mean(axis=(0, 1)), wanted.std(axis=(0, 1))):
        assert (channel["mean"], channel["sd"], channel["unit"]) == (pytest.approx(mean), pytest.approx(sd), "µV")


def test_signals_far_from_zero_are_z_scored_as_well(tmp_path):
    night, _ = write_night(tmp_path)
    content = bytearray((tmp_path / "psg.edf").read_bytes())
    physical_min = 256 + 5 * (16 + 80 + 8)
    for field, limit in ((physical_min, b"999744  "), (physical_min + 5 * 8, b"1000256 ")):
        content[field:field + 8] = limit
    (tmp_path / "psg.edf").write_bytes(content)
    epochs = _made(night, tmp_path)
    assert epochs.info("night")["channels"][0]["mean"] == pytest.approx(1e6, abs=10)
    signals = epochs.signals(range(5))[:, :, 0].astype(float)
    assert abs(signals.mean()) < 1e-3 and abs(signals.std() - 1) < 1e-3


def test_a_hypnogram_header_600_s_late_places_its_stages_600_s_late(tmp_path):
    night, channels = write_night(tmp_path, 750, [(0, 90, "Sleep stage W"), (90, 900, "Sleep stage ?")], late_s=600)
    epochs = _made(night, tmp_path)
    assert epochs.ledger["reason"].tolist() == ["outside hypnogram"] * 20 + [""] * 3 + ["unscored"] * 2
    assert epochs.table["onset_s"].tolist() == [600, 630, 660]
    numpy.testing.assert_allclose(epochs.microvolts([0]), _kept(channels, [20]), atol=1e-3)


def test_a_hypnogram_after_midnight_belongs_to_the_evening_before(tmp_path):
    night, _ = write_night(tmp_path, 900, [(0, 300, "Sleep stage R")], late_s=600)
    assert (START + datetime.timedelta(seconds=600)).date() > START.date()
    assert _made(night, tmp_path).table["onset_s"].tolist() == list(range(600, 900, 30))


def test_epochs_follow_a_hypnogram_that_starts_between_them(tmp_path):
    night, channels = write_night(tmp_path, 150, [(0, 30, "Sleep stage W"), (30, 60, "Sleep stage 1")], late_s=47)
    epochs = _made(night, tmp_path)
    assert epochs.table["onset_s"].tolist() == [47, 77, 107]
    assert epochs.table["stage"].tolist() == ["W", "N1", "N1"]
    assert epochs.ledger["reason"].tolist() == ["partial", "outside hypnogram", "", "", "", "partial"]
    numpy.testing.assert_allclose(epochs.microvolts([0, 1, 2]), _kept(channels, [0, 1, 2], 47), atol=1e-3)


def test_an_epoch_touched_by_a_marker_error_is_dropped_and_said_so(tmp_path):
    marker = numpy.ones(1500)
    marker[450:900] = -31
    night, _ = write_night(tmp_path, marker=marker)
    epochs = _made(night, tmp_path)
    assert epochs.ledger["reason"].tolist() == ["", "marker error", "marker error", "", ""]
    assert epochs.table["epoch"].tolist() == [0, 3, 4]


def test_annotations_without_duration_last_until_the_next(tmp_path):
    night, _ = write_night(tmp_path, 150, [(0, None, "N1"), (60, None, "REM"), (120, None, "W")])
    assert _made(night, tmp_path).table["stage"].tolist() == ["N1", "N1", "REM", "REM", "W"]


def test_flat_epochs_are_dropped_only_when_asked_for(tmp_path):
    still = noise(150, 1)
    still[3000:6000] = 5
    night, _ = write_night(tmp_path, EOG=still)
    assert _made(night, tmp_path).ledger["kept"].all()
    assert _made(night, tmp_path, drop_flat=True).ledger["reason"].tolist() == ["", "flat", "", "", ""]


def test_flat_epochs_are_found_at_any_rate(tmp_path):
    channels = {name: noise(150, seed, 256) for seed, name in enumerate(NAMES)}
    channels["EMG submental"][256 * 60:256 * 90] = 0
    night, _ = write_night(tmp_path)
    write_psg(tmp_path / "psg.edf", channels, numpy.ones(1500), rates=dict.fromkeys(NAMES, 256))
    epochs = _made(night, tmp_path, drop_flat=True)
    assert epochs.ledger["reason"].tolist() == ["", "", "flat", "", ""]
    assert epochs.signals([0]).shape == (1, 3000, 3)


@pytest.mark.parametrize("late_s", [0.5, 0.25])
def test_a_channel_at_1_hz_beside_a_scoring_that_begins_at_a_fraction_of_a_second(tmp_path, late_s):
    slow = noise(150, 5, 1)
    slow[61:91] = 7  # all samples of 60.5 to 90.5 s and of 60.25 to 90.25 s
    night, channels = write_night(tmp_path)
    write_psg(tmp_path / "psg.edf", {**{name: channels[name] for name in NAMES[:2]}, NAMES[2]: slow}, numpy.ones(1500),
              rates={NAMES[2]: 1})
    write_hypnogram(tmp_path / "hypnogram.edf", [(late_s, 120, "Sleep stage 2")])
    epochs = _made(night, tmp_path, drop_flat=True)
    assert epochs.ledger["onset_s"].tolist() == [late_s + 30 * slot for slot in range(-1, 5)]
    assert epochs.ledger["reason"].tolist() == ["partial", "", "", "flat", "", "partial"]
    wanted = _kept(channels, [0, 1, 3], late_s)
    numpy.testing.assert_allclose(epochs.microvolts(range(3))[:, :, :2], wanted[:, :, :2], atol=1e-3)


def test_a_nights_files_are_opened_once_and_not_by_mne(tmp_path, monkeypatch):
    import mne

    from helpers.data import edf

    night, _ = write_night(tmp_path)
    opened, read_header = [], edf.read_header
    monkeypatch.setattr(edf, "read_header", lambda path: opened.append(path.name) or read_header(path))
    for name in ("read_raw_edf", "read_raw_bdf"):
        monkeypatch.setattr(mne.io, name, None)
    monkeypatch.setattr(mne, "read_annotations", None)
    _made(night, tmp_path)
    assert opened == ["psg.edf", "hypnogram.edf"]


def test_rows_come_in_the_order_asked_from_several_nights(tmp_path):
    for name, stage, seconds in (("a", "W", 90), ("b", "R", 60)):
        (tmp_path / name).mkdir()
        night, _ = write_night(tmp_path / name, seconds, [(0, seconds, f"Sleep stage {stage}")],
                               EEG=noise(seconds, ord(name)))
        table = night.table.assign(recording=name, subject=f"0{name}")
        make_epochs(Cohort("test", table, night.modalities, (), "Marker", False), name, tmp_path / "epochs" / name)
    epochs = Epochs({name: tmp_path / "epochs" / name for name in "ba"})
    assert epochs.folders == {name: tmp_path / "epochs" / name for name in "ba"}
    assert list(epochs.table.index) == list(range(5)) and epochs.table["recording"].tolist() == list("bbaaa")
    assert epochs.table["subject"].tolist() == ["0b", "0b", "0a", "0a", "0a"]
    assert epochs.modalities == {"EEG": [0], "EOG": [1], "EMG": [2]}
    rows = [4, 0, 3, 1, 4]
    wanted = numpy.array([noise(60, ord("b"))[:3000], noise(60, ord("b"))[3000:], noise(90, ord("a"))[:3000],
                          noise(90, ord("a"))[3000:6000], noise(90, ord("a"))[6000:]])[rows]
    numpy.testing.assert_allclose(epochs.microvolts(rows)[:, :, 0], wanted, atol=1e-3)
    stored = numpy.concatenate([numpy.load(tmp_path / "epochs" / name / "signals.npy") for name in "ba"])
    numpy.testing.assert_array_equal(epochs.signals(rows), stored[rows])
    assert epochs.rows(epochs.table.iloc[rows]).tolist() == rows
    with pytest.raises(InputError, match="epoch 7 of recording a is not there"):
        epochs.rows(pandas.DataFrame({"recording": ["b", "a"], "epoch": [1, 7]}))
    assert epochs.signals([]).shape == epochs.microvolts([]).shape == (0, 3000, 3)


def test_several_channels_of_a_modality_keep_their_order(tmp_path):
    night, channels = write_night(tmp_path)
    both = Cohort("test", night.table, {"EEG": ("EEG Pz-Oz", "EEG Fpz-Cz"), "EMG": ("EMG submental",)}, (), None, False)
    epochs = _made(both, tmp_path)
    assert epochs.modalities == {"EEG": [0, 1], "EMG": [2]}
    numpy.testing.assert_allclose(epochs.microvolts([2])[0, :, 0], channels["EEG Pz-Oz"][6000:9000], atol=1e-3)


def test_a_simulated_cohort_loses_exactly_what_its_truth_says(tmp_path):
    simulate(tmp_path / "nights", 2, 20, 5)
    truth = json.loads((tmp_path / "nights" / "truth.json").read_text())["traps"]
    night = Cohort.simulated(tmp_path / "nights")
    for recording in night.table["recording"]:
        make_epochs(night, recording, tmp_path / "epochs" / recording)
        planted, ledger = truth[recording], Epochs({recording: tmp_path / "epochs" / recording}).ledger
        wanted = {"outside hypnogram": set(range(planted["hypnogram_late_s"] // 30)),
                  "unscored": {*planted["hole_epochs"], *planted["unscored_epochs"]},
                  "movement": {*planted["movement_epochs"]},
                  "marker error": {slot for start, end in planted["marker_errors_s"] for slot in range(40)
                                   if start < 30 * slot + 30 and end > 30 * slot},
                  "partial": {40} if planted["partial_epoch_s"] else set()}
        for reason, slots in wanted.items():
            assert set(ledger.loc[ledger["reason"] == reason, "epoch"]) == slots


def test_a_night_without_a_hypnogram_keeps_its_slots_from_the_first_sample_unscored(tmp_path):
    marker = numpy.ones(1600)
    marker[350:380] = -31
    night, channels = write_night(tmp_path, 160, marker=marker)
    night.table["hypnogram"] = ""
    epochs = _made(night, tmp_path)
    assert epochs.ledger["reason"].tolist() == ["", "marker error", "", "", "", "partial"]
    assert set(epochs.table["stage"]) == {""} and epochs.table["onset_s"].tolist() == [0, 60, 90, 120]
    numpy.testing.assert_allclose(epochs.microvolts(range(4)), _kept(channels, [0, 2, 3, 4]), atol=1e-3)
    assert list(epochs.notes) == ["there is no hypnogram, so that slots of 30 s begin at the first sample"]


def test_derivations_and_resampling_are_written_beside_the_epochs(tmp_path):
    night, channels = write_night(tmp_path)
    derived = Cohort("t", night.table, {"EEG": ("EEG Fpz-Cz-EEG Pz-Oz",), "EMG": ("EMG submental",)}, (), None, False)
    epochs = _made(derived, tmp_path)
    wanted = channels["EEG Fpz-Cz"] - channels["EEG Pz-Oz"]
    numpy.testing.assert_allclose(epochs.microvolts([1])[0, :, 0], wanted[3000:6000], atol=1e-3)
    assert epochs.notes == {"EEG Fpz-Cz-EEG Pz-Oz is EEG Fpz-Cz minus EEG Pz-Oz": 1}
    write_psg(tmp_path / "psg.edf", {name: noise(150, 3, 128) for name in NAMES}, rates=dict.fromkeys(NAMES, 128))
    made = _made(Cohort("t", night.table, night.modalities, (), None, False), tmp_path)
    assert made.notes == {f"{name} was resampled from 128 Hz": 1 for name in NAMES}


def _fails(night, folder, text):
    with pytest.raises(InputError, match=text) as failure:
        make_epochs(night, "night", folder / "night")
    assert "\n" not in str(failure.value)
    assert not (folder / "night" / "recording.json").exists()


def test_a_truncated_psg_or_hypnogram_is_named(tmp_path):
    night, _ = write_night(tmp_path)
    for name in ("psg.edf", "hypnogram.edf"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-40])
        _fails(night, tmp_path, f"{name}: truncated")
        (tmp_path / name).write_bytes(whole)


@pytest.mark.parametrize("late_s", [43200, -43200, 7200])
def test_the_hypnogram_of_another_night_is_named(tmp_path, late_s):
    night, _ = write_night(tmp_path, late_s=late_s)
    _fails(night, tmp_path, r"hypnogram\.edf: scoring of another night, .*psg\.edf")


def test_a_missing_channel_and_a_missing_marker_are_named(tmp_path):
    night, _ = write_night(tmp_path)
    _fails(Cohort("t", night.table, {"EEG": ("C3",)}, (), None, False), tmp_path,
           r"psg\.edf: no channel C3; the file has EEG Fpz-Cz, EEG Pz-Oz, EOG horizontal, EMG submental, Marker$")
    _fails(Cohort("t", night.table, night.modalities, (), "Flag", False), tmp_path, r"psg\.edf: no channel Flag")


def test_a_flat_channel_is_named(tmp_path):
    night, _ = write_night(tmp_path, EMG=numpy.zeros(15000))
    _fails(night, tmp_path, r"psg\.edf: channel EMG submental is flat for the whole night")


def test_a_channel_that_is_flat_wherever_epochs_are_kept_is_named(tmp_path):
    still = noise(150)
    still[3000:] = 0
    night, _ = write_night(tmp_path, marks=[(0, 30, "?"), (30, 120, "N2")], EOG=still)
    _fails(night, tmp_path, r"psg\.edf: channel EOG horizontal is flat in all 4 epochs")


def test_a_channel_without_a_scale_is_named(tmp_path):
    night, _ = write_night(tmp_path)
    content = bytearray((tmp_path / "psg.edf").read_bytes())
    physical_min = 256 + 5 * (16 + 80 + 8)
    content[physical_min:physical_min + 8] = b"NaN     "
    (tmp_path / "psg.edf").write_bytes(content)
    _fails(night, tmp_path, r"psg\.edf: channel EEG Fpz-Cz has no physical or digital range")


def test_an_unknown_annotation_is_named(tmp_path):
    night, _ = write_night(tmp_path, marks=[(0, 60, "Sleep stage W"), (60, 30, "Lights off")])
    _fails(night, tmp_path, r"hypnogram\.edf: annotation 'Lights off' at 60 s is no stage")


def test_a_file_without_annotations_is_no_hypnogram(tmp_path):
    night, _ = write_night(tmp_path)
    _fails(Cohort("t", night.table.assign(hypnogram=night.table["psg"]), night.modalities, (), None, False), tmp_path,
           r"psg\.edf: holds no annotations")


def test_a_night_without_one_epoch_is_named(tmp_path):
    night, _ = write_night(tmp_path, marks=[(0, 150, "Sleep stage ?")])
    _fails(night, tmp_path, r"psg\.edf: no epoch is left \(5 unscored\); take recording night out")
