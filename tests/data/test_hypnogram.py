"""Scoring in other forms than EDF+: tables of events, one stage per line, words of the user."""

import numpy
import pytest
from small_nights import noise, write_hypnogram, write_night, write_psg

from helpers.data.edf import open_recording
from helpers.data.epochs import Epochs, make_epochs
from helpers.data.hypnogram import read_hypnogram
from helpers.errors import InputError

STAGES = ["W", "N1", "N2", "N2", "N3", "REM", "unscored", "N2"]
WANTED = [(30 * index, 30 * index + 30, label) for index, label in enumerate(STAGES)]


@pytest.fixture
def psg(tmp_path):
    write_psg(tmp_path / "psg.edf", {"EEG": noise(240)})
    return open_recording(tmp_path / "psg.edf")


def _read(folder, text, psg, name="night.csv", **options):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_hypnogram(folder / name, psg, **options).marks


def _table(columns, delimiter=",", row="{onset}{d}30{d}{text}"):
    lines = [row.format(onset=start, text=label, d=delimiter) for start, _, label in WANTED]
    return "\n".join([delimiter.join(columns), *lines, ""])


@pytest.mark.parametrize("text, name", [
    (_table(("onset", "duration", "stage")), "a.csv"),
    (_table(("onset", "duration", "trial_type"), "\t"), "a_events.tsv"),
    (_table(("Onset", " Duration", "Stage"), ";").replace("\n", "\r\n"), "a.csv"),
    (_table(("onset", "duration", "trial_type", "stage"), row="{onset}{d}30{d}sleep{d}{text}"), "a.csv"),
    (_table(("stage", "value", "onset", "duration"), row='"{text}"{d}"1, or so"{d}{onset}{d}30.0'), "a.txt"),
    ("\ufeff" + _table(("onset", "duration", "stage")), "a.csv"),
    (_table(("onset", "duration", "stage"), "\t").encode("utf-16"), "a.txt"),
    ("\n".join(STAGES) + "\n\n", "a.txt"),
    ("stage\n" + "\n".join(f"Sleep stage {stage}" if len(stage) < 4 else stage for stage in STAGES), "a"),
])
def test_a_night_scored_in_any_form_has_the_same_stages(text, name, psg, tmp_path):
    marks = _read(tmp_path, text, psg, name)
    assert marks == WANTED
    write_hypnogram(tmp_path / "a.edf", [(start, end - start, label) for start, end, label in WANTED])
    assert read_hypnogram(tmp_path / "a.edf", psg).marks == marks


def test_only_a_text_without_times_is_taken_as_30_s_a_line(psg, tmp_path):
    for text, wanted in (("W\nN1\n", True), ("stage\nW\n", True), (_table(("onset", "duration", "stage")), False)):
        (tmp_path / "a.txt").write_text(text)
        assert bool(read_hypnogram(tmp_path / "a.txt", psg).notes) == wanted
    write_hypnogram(tmp_path / "a.edf", [(0, 30, "W")])
    assert not read_hypnogram(tmp_path / "a.edf", psg).notes


def test_events_of_a_table_may_be_long_unordered_overlapping_and_without_duration(psg, tmp_path):
    text = "onset\tduration\ttrial_type\n90\tn/a\tN2\n0\t90\tW\n150\t\tREM\n95.5\t3\tmovement\n"
    assert _read(tmp_path, text, psg) == [(0, 90, "W"), (90, 150, "N2"), (95.5, 98.5, "movement"), (150, 180, "REM")]


def test_texts_of_ones_own_mean_what_the_map_says(psg, tmp_path):
    lines = "0\n1\n2\n2\n3\n5\n9\nS4\n"
    texts = {"0": "W", "1": "N1", "2": "N2", "3": "N3", "5": "REM", "9": "unscored", "s4": "N2"}
    assert _read(tmp_path, lines, psg, texts=texts) == WANTED


def test_an_ignored_event_leaves_the_stages_around_it_alone(psg, tmp_path):
    text = "onset,duration,stage\n0,,W\n31,,Lights off\n60,60,N2\n"
    assert _read(tmp_path, text, psg, texts={"lights off": "ignore"}) == [(0, 60, "W"), (60, 120, "N2")]


def test_all_unknown_texts_are_named_with_the_first_place_and_the_way_out(psg, tmp_path):
    text = "onset,duration,stage\n0,30,W\n30,30,Wach\n60,30,Tief\n90,30,Wach\n"
    with pytest.raises(InputError, match=r"night\.csv, line 3: 'Wach' is no stage that is known; 2 unknown texts and how often "
                                         r"each: 'Wach' 2, 'Tief' 1; .*YAML file beside the CSV .*movement, ignore\): stages: "
                                         r"\{'Wach': …\}, or of all of which nothing is said: others: ignore"):
        _read(tmp_path, text, psg)
    many = "\n".join(f"stage-{number}" for number in range(60))
    with pytest.raises(InputError, match="line 1: 'stage-0' .*60 unknown texts .*'stage-59' 1; ") as error:
        _read(tmp_path, many, psg)
    assert "others: unscored" in str(error.value)  # a line that is ignored takes no time
    with pytest.raises(InputError, match="'x{40}…' is no stage") as error:
        _read(tmp_path, "x" * 100_000, psg)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize("text, named", [
    ("start,stop,stage\n0,30,W\n", "its columns are 'start', 'stop', 'stage'; .* onset, duration and stage or trial_type"),
    ("onset,duration,value\n0,30,1\n", "onset, duration and stage or trial_type"),
    ("onset,duration,stage\n0,30,W\nsoon,30,W\n", "line 3: onset is 'soon', not a number of seconds"),
    ("onset,duration,stage\n0,-30,W\n", "line 2: duration is '-30'"),
    ("onset,duration,stage\nnan,30,W\n", "line 2: onset is 'nan'"),
    ("onset,duration,stage\n0,30\n", "line 2: has 2 cells where the first line has 3"),
    ("onset,duration,stage\n", "holds no annotations"),
    ("", "holds no annotations"),
    ("W\n\nN1\n", "line 2: is empty"),
    ("onset,duration,stage\n90000,30,W\n", r"scoring of another night, .*from 90000 to 90030 s .*psg\.edf"),
    (b"PK\x03\x04\x00\x00\x00\x00\x00", "neither an EDF\\+ or BDF\\+ file nor XML nor text"),
])
def test_a_scoring_that_cannot_be_read_is_named(text, named, psg, tmp_path):
    with pytest.raises(InputError, match=named) as error:
        _read(tmp_path, text, psg)
    assert "night.csv" in str(error.value) and "\n" not in str(error.value)


def test_a_scoring_that_is_not_there_is_named(psg, tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: cannot be read"):
        read_hypnogram(tmp_path / "gone.csv", psg)


def test_that_lines_were_taken_as_30_s_is_written_beside_the_epochs(tmp_path):
    night, _ = write_night(tmp_path)
    (tmp_path / "lines.txt").write_text("W\nN2\nN2\nN3\n?\n")
    lines = type(night)("t", night.table.assign(hypnogram=str(tmp_path / "lines.txt")), night.modalities, (), None, False)
    make_epochs(lines, "night", tmp_path / "epochs" / "night")
    make_epochs(night, "night", tmp_path / "edf" / "night")
    epochs = Epochs({"night": tmp_path / "epochs" / "night"})
    assert epochs.table["stage"].tolist() == ["W", "N2", "N2", "N3"]
    assert epochs.notes == {"the hypnogram has one stage per line, taken as 30 s each from the first sample": 1}
    assert Epochs({"night": tmp_path / "edf" / "night"}).notes == {}
    assert numpy.isfinite(epochs.signals(range(4))).all()
