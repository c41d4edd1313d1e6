"""What `check` says of the user's nights before an hour is spent: all that a run would make of them, and every fault."""

import json
import shlex

import numpy
import pytest
from small_nights import noise, write_hypnogram, write_psg

from helpers.__main__ import _parser, main
from helpers.data.check import check
from helpers.data.cohort import Cohort
from helpers.data.epochs import Epochs, make_epochs
from helpers.data.trained_channels import trained_channels
from helpers.errors import InputError

CHANNELS = ("C4", "M1", "E1", "Chin")
YAML = "modalities: {EEG: [C4-M1], EOG: [E1], EMG: [Chin]}\nmarker: Marker\nstages: {Wach: W}\n"
HEADER = "recording,subject,psg,hypnogram,drug,age"


@pytest.fixture
def nights(tmp_path):
    """Seven subjects with a night of 150 s each, scored in three forms; returns a function that writes their CSV."""
    marks = [("W", 0), ("N2", 30), ("N2", 60), ("REM", 90), ("movement", 120)]
    write_hypnogram(tmp_path / "a.edf", [(start, 30, text) for text, start in marks])
    (tmp_path / "b.csv").write_text("onset,duration,stage\n" + "".join(f"{at},30,{text}\n" for text, at in marks))
    (tmp_path / "c.txt").write_text("".join(f"{text}\n" for text, _ in marks).replace("W", "Wach"))
    marker = numpy.ones(1600)
    marker[350:400] = -31
    for subject in range(7):
        write_psg(tmp_path / f"s{subject}.edf", {name: noise(160, 10 * subject + at, 128)
                                                 for at, name in enumerate(CHANNELS)}, marker,
                  rates=dict.fromkeys(CHANNELS, 128))

    def listed(yaml=YAML, **changed):
        rows = {f"n{at}": f"n{at},s{at},s{at}.edf,{('a.edf', 'b.csv', 'c.txt')[at % 3]},{'no' if at % 2 else 'yes'},{20 + at}"
                for at in range(7)}
        (tmp_path / "mine.csv").write_text("\n".join([HEADER, *{**rows, **changed}.values()]))
        (tmp_path / "mine.yaml").write_text(yaml)
        return tmp_path / "mine.csv"

    return listed


def _said(path, capsys, **options):
    """What is reported of each recording and of the cohort ("")."""
    capsys.readouterr()
    try:
        check(path, progress=False, **options)
        error = ""
    except InputError as fault:
        error = str(fault)
    first, *reports = capsys.readouterr().out.strip().split("\n\n")
    return {"": first, **{report.split(",")[0]: report for report in reports}, "last": reports[-1], "error": error}


def _faults(report):
    return [line for line in report.splitlines() if line.startswith("  fault ")]


def test_a_cohort_without_a_fault_is_described_and_ends_with_a_command_that_is_one(nights, capsys, tmp_path):
    path = nights(n3="n3,s3,s3.edf,a.edf,no,")
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    command = shlex.split(out.strip().splitlines()[-1])
    assert _parser().parse_args(command[3:]).cohort == str(path) and command[1:4] == ["-m", "helpers", "run"]
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before
    assert "7 recordings of 7 subjects" in out and not _faults(out)
    assert "drug: yes against no\n" in out and "age: a number, 20 to 26; not known in 1 of 7 recordings" in out
    said = _said(path, capsys)
    for line in ("C4-M1 = C4 minus M1: 128 Hz, resampled to 100 Hz; µV", "Marker is negative for 5 s",
                 "W 1, N2 2, REM 1, movement 1, in units of 30 s, from 0 to 150 s",
                 "kept       3 of 6 slots of 30 s: W 1, N2 1, REM 1", "dropped    partial 1, movement 1, marker error 1"):
        assert line in said["n2"]
    assert "one stage per line, taken as 30 s each" in said["n2"] and "one stage per line" not in said["n1"]
    assert "age not known, so the regression leaves this recording out" in said["n3"]


def test_what_is_reported_is_what_a_run_makes_of_the_nights(nights, capsys, tmp_path):
    path = nights()
    said, cohort = _said(path, capsys), Cohort.from_csv(path)
    for name in ("n0", "n1", "n2"):
        make_epochs(cohort, name, tmp_path / "made" / name)
        ledger = Epochs({name: tmp_path / "made" / name}).ledger
        stages = ledger.loc[ledger["kept"], "stage"].value_counts()
        assert f"{ledger['kept'].sum()} of {len(ledger)} slots" in said[name]
        assert all(f"{stage} {count}" in said[name] for stage, count in stages.items())
        dropped = ledger.loc[~ledger["kept"], "reason"].value_counts()
        assert all(f"{reason} {count}" in said[name] for reason, count in dropped.items())


def test_every_fault_is_reported_and_what_stops_a_run_is_among_them(nights, capsys, tmp_path):
    write_psg(tmp_path / "bad.edf", {"C4": noise(160), "M1": noise(160, 1, 200), "E1": numpy.zeros(16000)},
              rates={"M1": 200})
    (tmp_path / "bad.csv").write_text("onset,duration,stage\n0,90,Tief\n90,60,Licht\n")
    (tmp_path / "still.txt").write_text("?\n?\n?\n?\n?\n")
    (tmp_path / "cut.edf").write_bytes((tmp_path / "s0.edf").read_bytes()[:-500])
    path = nights(n0="n0,s0,bad.edf,bad.csv,no,20", n1="n1,s1,s1.edf,still.txt,no,20", n2="n2,s2,cut.edf,a.edf,no,20",
                  n3="n3,s3,gone.edf,gone.csv,no,20", n4="n4,s4,s4.edf,,no,20", n5="n5,,s5.edf,a.edf,no,20")
    said = _said(path, capsys)
    assert [len(_faults(said[f"n{at}"])) for at in range(7)] == [5, 1, 1, 2, 1, 1, 0]
    for text in ("C4-M1 cannot be computed", "no channel Chin", "no channel Marker", "channel E1 is flat for the whole night",
                 "line 2: 'Tief' is no stage that is known; 2 unknown texts and how often each: 'Tief' 1, 'Licht' 1"):
        assert text in said["n0"]
    assert "no epoch is left" in said["n1"] and "truncated" in said["n2"] and "psg gone.edf is not there" in said["n3"]
    assert "hypnogram is empty" in said["n4"] and "--folds" in said["n4"] and "128 Hz" in said["n4"]
    assert "6 of 7 recordings cannot be used" in said["error"] and main(["check", str(path)]) == 2
    whole = nights(n0="n0,s0,bad.edf,bad.csv,no,20", n1="n1,s1,s1.edf,still.txt,no,20", n2="n2,s2,cut.edf,a.edf,no,20")
    for name in ("n0", "n1", "n2"):
        with pytest.raises(InputError) as stopped:
            make_epochs(Cohort.from_csv(whole), name, tmp_path / "made" / name)
        assert str(stopped.value) in said[name]


def test_a_channel_that_is_flat_wherever_epochs_are_kept_is_a_fault_and_elsewhere_a_note(nights, capsys, tmp_path):
    for name, still in (("s1", slice(0, 120 * 128)), ("s2", slice(0, 30 * 128))):
        channels = {name: noise(160, at, 128) for at, name in enumerate(CHANNELS)}
        channels["E1"][still] = 3
        write_psg(tmp_path / f"{name}.edf", channels, numpy.ones(1600), rates=dict.fromkeys(CHANNELS, 128))
    said = _said(nights(), capsys)
    assert "E1 is flat in all 4 epochs that are kept" in _faults(said["n1"])[0]
    assert not _faults(said["n2"]) and "a channel is flat in 1 of the kept slots" in said["n2"]


def test_faults_of_the_cohort_as_a_whole_are_told_apart_from_those_of_a_recording(nights, capsys):
    few = nights(n5="n5,s0,s5.edf,a.edf,no,20", n6="n6,s0,s6.edf,a.edf,no,20")
    said = _said(few, capsys)
    assert "5 subjects: folds need at least 7" in said[""] and "one night only of subject s1, s2" in said[""]
    assert "mine.csv: the cohort as a whole cannot be used" in said["error"]
    same = _said(nights(yaml=YAML + "reference: {drug: maybe}\n", **{f"n{at}": f"n{at},s{at},s{at}.edf,a.edf,no,{at}"
                                                                   for at in range(7)}), capsys)
    assert len(_faults(same[""])) == 2 and "drug has one level (no)" in same[""] and "never 'maybe'" in same[""]


def test_a_number_with_a_slip_of_the_pen_is_seen_before_it_becomes_a_category(nights, capsys):
    said = _said(nights(n3="n3,s3,s3.edf,a.edf,no,2o"), capsys)[""]
    assert "age is a category, since '2o' is no number" in said and "drug is a category" not in said


def _trained(folder, *channels):
    """What folds were trained on that learned from a night with these channels."""
    folder.mkdir()
    (folder / "recording.json").write_text(json.dumps({"channels": [
        dict(zip(("modality", "name", "unit", "rate"), channel)) for channel in channels]}))
    return trained_channels([folder / "recording.json"])


def test_unscored_nights_are_held_against_what_the_folds_were_trained_on(nights, capsys, tmp_path):
    path = nights(n0="n0,s0,s0.edf,,,", n1="n1,s0,s1.edf,b.csv,yes,30", **{f"n{at}": "" for at in range(2, 7)})
    fitting = _trained(tmp_path / "a", ("EEG", "Fpz-Cz", "µV", 100), ("EOG", "E1", "µV", 100), ("EMG", "Chin", "µV", 100))
    said = _said(path, capsys, trained=fitting, folds="paper")
    assert not said["error"] and "--folds paper" in said["last"]
    assert "kept       4 of 6 slots of 30 s: without a stage" in said["n0"] and "there is no hypnogram" in said["n0"]
    assert "C4-M1 takes the place of Fpz-Cz" in said["n0"] and "E1 takes" not in said["n0"]
    assert "kept       3 of 6 slots of 30 s: W 1, N2 1, REM 1" in said["n1"]
    unfit = _trained(tmp_path / "b", ("EEG", "C4-M1", "µV", 100), ("EOG", "E1", "mmHg", 100), ("EMG", "Chin", "µV", 100))
    assert "E1 has the unit 'µV', the folds were trained on 'mmHg'" in _faults(_said(path, capsys, trained=unfit)["n0"])[0]
    other = _trained(tmp_path / "c", ("EEG", "C4-M1", "µV", 100), ("EMG", "Chin", "µV", 100))
    assert "the channels are EEG, EOG, EMG, the folds were trained on EEG, EMG" in _said(path, capsys, trained=other)["n1"]
    write_psg(tmp_path / "s0.edf", {name: noise(160, at, 64) for at, name in enumerate(CHANNELS)}, numpy.ones(1600),
              rates=dict.fromkeys(CHANNELS, 64))
    slow = _said(path, capsys, trained=fitting)
    assert len(_faults(slow["n0"])) == 3 and "frequencies above 32 Hz are absent" in slow["n0"] and not _faults(slow["n1"])
