"""Recordings and scorings as laboratories write them: every kind through the way that `check` and a run share."""

import numpy
import pandas
import pytest
from edf_bytes import COUNTS, STAGES, channels, marks, signal, stamped, write, write_scoring

from helpers.__main__ import main
from helpers.data.cohort import Cohort
from helpers.data.edf import open_recording
from helpers.data.recorded_night import read_night
from helpers.errors import InputError

MODALITIES = {"EEG": ("C4-M1",), "EOG": ("E1-M2",), "EMG": ("Chin",)}


def night(folder, psg="psg.edf", hypnogram="hyp.edf", modalities=None, **settings):
    """What is read of a night, by the cohort's settings."""
    cohort = Cohort("t", pandas.DataFrame(), modalities or MODALITIES, (), None, False, settings.pop("stages", {}), settings)
    return read_night(cohort, {"recording": "r", "psg": str(folder / psg),
                               "hypnogram": hypnogram and str(folder / hypnogram)})


def counts(read):
    """Kept epochs of each stage; a fault fails the test."""
    assert not read.all_faults(), read.all_faults()
    return {stage: int((read.ledger["stage"][read.ledger["kept"]] == stage).sum()) for stage in COUNTS}


def first_onset(read):
    return float(read.ledger["onset_s"][read.ledger["kept"]].iloc[0])


def only_fault(read):
    [fault] = read.all_faults()
    assert "\n" not in str(fault)
    return str(fault)


def notes(read):
    return " ".join(f"{text} {count}" for text, count in read.notes())


# ------------------------------------------------------------------- content

@pytest.mark.parametrize("psg, kind", [("a.edf", "EDF"), ("A.EDF", "EDF"), ("a.bdf", "EDF"), ("a.edf", "BDF"), ("a.rec", "BDF"),
                                       ("a", "EDF")])
@pytest.mark.parametrize("scoring", ["h.EDF", "h.rec", "h.txt", "h"])
def test_the_first_byte_decides_whatever_the_name(tmp_path, psg, kind, scoring):
    write(tmp_path / psg, channels(), kind=kind)
    write_scoring(tmp_path / scoring, marks())
    read = night(tmp_path, psg, scoring)
    assert counts(read) == COUNTS
    for values, sd in zip(read.signals, (20, 40, 10)):
        assert values.std() == pytest.approx(sd, rel=0.02)


def test_what_is_read_has_the_length_that_the_header_promises(tmp_path):
    write_scoring(tmp_path / "hyp.edf", marks())
    write(tmp_path / "psg.edf", channels(), tail=b"\x11\x11" * 9000)
    assert night(tmp_path).psg.duration_s == 1200 and "beyond the length" in notes(night(tmp_path))
    write(tmp_path / "psg.edf", channels(), records=-1)
    assert counts(night(tmp_path)) == COUNTS and "how many records" in notes(night(tmp_path))
    write(tmp_path / "psg.edf", channels(), records=121)
    assert "truncated" in only_fault(night(tmp_path))
    write(tmp_path / "psg.edf", channels(), kind="BDF", version=b"0")
    assert "16 bits a sample, its length 24" in only_fault(night(tmp_path))


# ---------------------------------------------------------------------- time

@pytest.mark.parametrize("lasts", [30.1, 29.9, 29.998, 30.004, 30.4, 29.6])
def test_a_fraction_of_a_second_is_no_hole_and_no_second_stage(tmp_path, lasts):
    write(tmp_path / "psg.edf", channels())
    write_scoring(tmp_path / "hyp.edf", marks(lasts=lasts))
    assert counts(night(tmp_path)) == COUNTS and "rounding: the later onset counts 39" in notes(night(tmp_path))


def test_a_hole_of_a_second_is_one_and_onsets_that_waver_are_none(tmp_path):
    write(tmp_path / "psg.edf", channels())
    write_scoring(tmp_path / "hyp.edf", marks(lasts=29))
    assert "no epoch is left (" in only_fault(night(tmp_path))
    wavering = [(onset + 0.2 * (at % 3), 30, text) for at, (onset, _, text) in enumerate(marks())]
    write_scoring(tmp_path / "hyp.edf", wavering)
    assert sum(counts(night(tmp_path)).values()) >= 39


@pytest.mark.parametrize("first, late", [(0, 0), (0.75, -0.75), (3600.5, -3600.5)])
def test_each_files_own_timekeeping_counts(tmp_path, first, late):
    ramp = signal("C4-M1", numpy.arange(120000) / 100)
    keeping = [stamped(first + 10 * record) for record in range(120)]
    write(tmp_path / "psg.edf", [ramp, *channels()[1:]], keeping, form="EDF+C", clock="22.00.00")
    write_scoring(tmp_path / "hyp.edf", marks(late=3660), first=300)
    read, onset = night(tmp_path), 3660 + late
    if onset < 1200:
        assert first_onset(read) == onset and read.signals[0][round(onset * 100)] == pytest.approx(onset, abs=0.06)
    else:
        assert "another night" in only_fault(read)


def test_annotations_beside_signals_that_begin_late_count_from_the_headers_second(tmp_path):
    keeping = [stamped(0.75 + 10 * record) for record in range(120)]
    for onset, duration, text in marks(late=30)[:38]:
        keeping[int(onset // 10)] += stamped(onset, text, duration)
    write(tmp_path / "psg.edf", channels(), keeping, form="EDF+C")
    read = night(tmp_path, hypnogram="psg.edf")
    assert first_onset(read) == 29.25 and counts(read) == {**COUNTS, "REM": 4}


@pytest.mark.parametrize("form, starts, fault", [
    ("EDF+D", lambda record: 10 * record, None),
    ("EDF+D", lambda record: 5 + 10 * record, None),
    ("EDF+D", lambda record: 10 * record + 16 * (record > 30), "data record 32 begins at 326 s where 310 s follow"),
    ("EDF+C", lambda record: 10 * record + 16 * (record > 30), "data record 32 begins at 326 s where 310 s follow"),
    ("EDF+C", lambda record: 10 * record - 3 * (record > 30), "data record 32 begins at 307 s"),
    ("EDF+C", lambda record: 10 * record + 0.009 * record, "evenly spaced"),
    ("EDF+D", lambda record: None, "do not say when they begin"),
    ("EDF+C", lambda record: None, None),
])
def test_an_interruption_is_judged_by_the_starts_of_the_records(tmp_path, form, starts, fault):
    keeping = [b"\0" * 6 if starts(record) is None else stamped(starts(record)) for record in range(120)]
    write(tmp_path / "psg.edf", channels(), keeping, form=form)
    write_scoring(tmp_path / "hyp.edf", marks())
    read = night(tmp_path)
    if fault:
        assert fault in only_fault(read)
    else:
        assert not read.all_faults() and read.psg.duration_s == 1200


@pytest.mark.parametrize("clock, date, recording, start", [
    ("09:01:17", "01.03.24", "Startdate 01-MAR-2024 X X X", "2024-03-01T09:01:17"),
    ("9.1.17", "01-03-24", "X", "2024-03-01T09:01:17"),
    ("22.00.00", "00.00.00", "X", "2000-01-01T22:00:00"),
    (b"22.00.00", b"01.03.24", b"Startdate 01-MAR-2024\0\0\0", "2024-03-01T22:00:00"),
    ("22.00.00", "31.02.24", "Startdate 03-MAR-2024 X", "2024-03-03T22:00:00"),
])
def test_odd_clocks_are_read(tmp_path, clock, date, recording, start):
    write(tmp_path / "psg.edf", channels(), clock=clock, date=date, recording=recording)
    assert open_recording(tmp_path / "psg.edf").start.isoformat() == start


def test_a_missing_clock_is_a_fault_only_where_placing_needs_it(tmp_path):
    write(tmp_path / "psg.edf", channels(), clock=b"\0" * 8, date=b"\0" * 8)
    write_scoring(tmp_path / "hyp.edf", marks())
    assert "psg.edf: its header has no start time" in only_fault(night(tmp_path))
    (tmp_path / "hyp.txt").write_text("\n".join(STAGES))
    assert counts(night(tmp_path, hypnogram="hyp.txt")) == COUNTS and "no time of day" in notes(night(tmp_path, hypnogram="hyp.txt"))
    own = [stamped(10 * record) for record in range(120)]
    for onset, duration, text in marks():
        own[int(onset // 10)] += stamped(onset, text, duration)
    write(tmp_path / "psg.edf", channels(), own, form="EDF+C", clock="", date="")
    assert counts(night(tmp_path, hypnogram="psg.edf")) == COUNTS


@pytest.mark.parametrize("date", ["02.03.24", "28.02.24", "00.00.00", "01.03.95"])
def test_files_that_differ_by_whole_days_are_placed_by_the_clock_with_a_note(tmp_path, date):
    write(tmp_path / "psg.edf", channels(), clock="23.55.00")
    write_scoring(tmp_path / "hyp.edf", marks(), clock="00.05.00", date=date, recording="X")
    read = night(tmp_path)
    assert first_onset(read) == 600 and counts(read)["W"] == 10
    assert ("the clock alone places" in notes(read)) == (date != "02.03.24")


# ----------------------------------------------------------------- scale, units

@pytest.mark.parametrize("limits", [(0, 0, -32768, 32767), (-100, -100, -32768, 32767), (-3276.8, 3276.7, 0, 0)])
def test_a_channel_without_a_scale_is_named_where_it_is_used(tmp_path, limits):
    write(tmp_path / "psg.edf", [signal("C4"), signal("M1", limits=limits), *channels()[1:]])
    write_scoring(tmp_path / "hyp.edf", marks())
    assert "channel M1 has no physical or digital range" in only_fault(night(tmp_path))
    assert counts(night(tmp_path, modalities={"EEG": ("C4",)})) == COUNTS


@pytest.mark.parametrize("unit, factor", [
    ("uV", 1), ("UV", 1), ("uv", 1), ("microV", 1), ("microvol", 1), ("µV".encode(), 1), ("μV".encode(), 1),
    ("µV".encode("latin-1"), 1), ("V", 1e6), ("mV", 1e3), ("mv", 1e3), (b"uV\0\0", 1), ("degC", None), ("mmHg", None)])
def test_units_are_known_in_any_case_and_encoding(tmp_path, unit, factor):
    write(tmp_path / "psg.edf", [signal("C4", numpy.arange(12000) % 7, unit=unit)])
    recording = open_recording(tmp_path / "psg.edf")
    assert (recording.channel("C4").unit == "µV") == (factor is not None)
    assert recording.values("C4")[1] == pytest.approx(factor or 1)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_channel_names_are_known_in_any_case_and_encoding(tmp_path, encoding):
    write(tmp_path / "psg.edf", [signal("EEG µ1".encode(encoding)), signal("chin EMG")])
    recording = open_recording(tmp_path / "psg.edf")
    assert recording.channel("eeg µ1").name == recording.channel("EEG μ1").name == "EEG µ1"
    assert recording.channel("Chin  emg").name == "chin EMG"
    write(tmp_path / "psg.edf", [signal("Chin"), signal("CHIN", sd=5)])
    assert open_recording(tmp_path / "psg.edf").values("CHIN").std() == pytest.approx(5, rel=0.05)
    with pytest.raises(InputError, match="2 channels are called chin"):
        open_recording(tmp_path / "psg.edf").values("chin")


# ----------------------------------------------------------------- annotations

FRENCH = {"W": "Éveil", "N1": "Stade léger 1", "N2": "Stade léger 2", "N3": "Profond", "REM": "Paradoxal"}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_texts_are_utf_8_first_and_latin_1_then(tmp_path, encoding):
    write(tmp_path / "psg.edf", channels())
    write_scoring(tmp_path / "hyp.edf", [(30 * at, 30, FRENCH[stage]) for at, stage in enumerate(STAGES)], encoding=encoding)
    assert counts(night(tmp_path, stages={text.casefold(): stage for stage, text in FRENCH.items()})) == COUNTS


def test_an_annotation_that_cannot_be_read_is_a_fault_that_names_its_record(tmp_path):
    write(tmp_path / "psg.edf", channels())
    lists = [stamped(0, "Sleep stage W", 300), b"thirty\x14Sleep stage 2\x14\0", stamped(600, "Sleep stage 3", 600)]
    write(tmp_path / "hyp.edf", [], [lists[0] + lists[1] + lists[2]], form="EDF+C")
    assert "data record 1 holds b'thirty" in only_fault(night(tmp_path))


def test_signals_that_look_like_annotations_are_none(tmp_path):
    forged = numpy.frombuffer(b"+60\x1530\x14Sleep stage R\x14\0", "<i2") / 10
    values = numpy.tile(forged, 120000 // len(forged) + 1)[:120000]
    keeping = [stamped(10 * record) for record in range(120)]
    keeping[0] += b"".join(stamped(onset, text, duration) for onset, duration, text in marks())
    write(tmp_path / "psg.edf", [signal("C4-M1", values), *channels()[1:]], keeping, form="EDF+C")
    assert counts(night(tmp_path, hypnogram="psg.edf")) == COUNTS


# ------------------------------------------------------------------ vocabulary

def test_events_of_which_nothing_is_said_are_named_at_once_or_ignored_and_counted(tmp_path):
    write(tmp_path / "psg.edf", channels())
    events = [(onset + 3, 5, f"Event {at}") for at, (onset, *_) in enumerate(marks())]
    write_scoring(tmp_path / "hyp.edf", sorted(marks() + events))
    fault = only_fault(night(tmp_path))
    assert "40 unknown texts" in fault and "'Event 39' 1" in fault and "others: ignore" in fault
    read = night(tmp_path, others="ignore")
    assert counts(read) == COUNTS and "ignored, by the setting others 40" in notes(read)
    with_gaps = night(tmp_path, others="unscored")
    assert "no epoch is left" in only_fault(with_gaps)


# ------------------------------------------------------- lines of other lengths

@pytest.mark.parametrize("line_s, factor", [(1, 30), (5, 6), (10, 3), (20, 1.5)])
def test_lines_that_outlast_the_signals_are_a_fault_until_their_seconds_are_said(tmp_path, line_s, factor):
    write(tmp_path / "psg.edf", channels())
    seconds = numpy.repeat(STAGES, 30)
    (tmp_path / "hyp.txt").write_text("\n".join(seconds[::line_s]))
    fault = only_fault(night(tmp_path, hypnogram="hyp.txt"))
    assert f"{1200 // line_s:,} lines of 30 s are {36000 / line_s:,g} s, {factor:g} times the 1,200 s" in fault
    read = night(tmp_path, hypnogram="hyp.txt", seconds=float(line_s))
    assert counts(read) == COUNTS and f"taken as {line_s} s each" in notes(read)


def test_a_line_or_two_more_than_fit_are_usual(tmp_path):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.txt").write_text("\n".join([*STAGES, "W", "W"]))
    assert counts(night(tmp_path, hypnogram="hyp.txt")) == COUNTS


def test_a_slot_takes_the_stage_of_most_of_its_seconds_and_the_later_at_a_tie(tmp_path):
    write(tmp_path / "psg.edf", channels(120))
    (tmp_path / "hyp.txt").write_text("\n".join(["W", "N1", "N1", "N2", "N3", "?"]))
    read = night(tmp_path, hypnogram="hyp.txt", seconds=20.0)  # W 20 N1 10 | N1 30 | N2 20 N3 10 | N3 10 ? 20
    assert read.ledger["stage"].tolist() == ["W", "N1", "N2", ""] and read.mixed == 2
    assert read.ledger["reason"].tolist() == ["", "", "", "unscored"]
    (tmp_path / "hyp.txt").write_text("\n".join(["W", "N1", "N2", "REM", "N3", "N3", "?", "W"]))
    assert night(tmp_path, hypnogram="hyp.txt", seconds=15.0).ledger["stage"].tolist() == ["N1", "REM", "N3", "W"]


def test_annotations_of_20_s_are_taken_like_lines_of_20_s(tmp_path):
    write(tmp_path / "psg.edf", channels())
    twenty = numpy.random.default_rng(3).choice(["W", "N2", "REM"], 60)
    write_scoring(tmp_path / "hyp.edf", [(20 * at, 20, stage) for at, stage in enumerate(twenty)])
    (tmp_path / "hyp.txt").write_text("\n".join(twenty))
    by_event, by_line = night(tmp_path), night(tmp_path, hypnogram="hyp.txt", seconds=20.0)
    assert by_event.ledger["stage"].tolist() == by_line.ledger["stage"].tolist()
    assert by_event.mixed == by_line.mixed > 0


# ---------------------------------------------------------------- two scorers

def _table(rows, columns="onset,duration,stage,scorer"):
    return "\n".join([columns, *(",".join(map(str, row)) for row in rows)])


@pytest.mark.parametrize("late", [0, 15])
def test_two_scorers_are_a_fault_until_one_is_chosen(tmp_path, late):
    write(tmp_path / "psg.edf", channels())
    rows = [(30 * at, 30, stage, "A") for at, stage in enumerate(STAGES)]
    rows += [(30 * at + late, 30, stage, "B") for at, stage in enumerate(STAGES[2:] + ["W", "W"])]
    (tmp_path / "hyp.csv").write_text(_table(rows))
    assert "two scorers" in only_fault(night(tmp_path, hypnogram="hyp.csv"))
    assert counts(night(tmp_path, hypnogram="hyp.csv", rows={"Scorer": "A"})) == COUNTS
    assert "no row has 'C' in column 'scorer'; there are 'A', 'B'" in only_fault(
        night(tmp_path, hypnogram="hyp.csv", rows={"scorer": "C"}))
    write_scoring(tmp_path / "both.edf", sorted(marks() + [(onset, 30, "Sleep stage W") for onset, *_ in marks()]))
    assert "two scorers" in only_fault(night(tmp_path, hypnogram="both.edf"))


def test_a_single_epoch_scored_twice_is_unscored_and_said(tmp_path):
    write(tmp_path / "psg.edf", channels())
    write_scoring(tmp_path / "hyp.edf", sorted([*marks(), (0, 30, "Sleep stage 2")]))
    read = night(tmp_path)
    assert counts(read) == {**COUNTS, "W": 9} and "lie over one another; where they differ, the slot is unscored 1" in notes(read)


# --------------------------------------------------------------- clock and XML

@pytest.mark.parametrize("form", ["{:%H:%M:%S}", "{:%d/%m/%Y %H:%M:%S}", "{:%Y-%m-%dT%H:%M:%S}.000", "{:%I:%M:%S %p}",
                                  "{:%Y-%m-%d %H:%M:%S},0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_clock_times_in_a_table_are_placed_by_the_start_of_the_signals(tmp_path, form, encoding):
    write(tmp_path / "psg.edf", channels(), clock="23.55.00")
    begin = pandas.Timestamp("2024-03-01 23:54:00")  # a minute before the signals; over midnight
    rows = [f"{form.format(begin + pandas.Timedelta(seconds=30 * at))};30,0;{stage}"
            for at, stage in enumerate(["W", "W", *STAGES])]
    (tmp_path / "hyp.csv").write_bytes("\n".join(["Start;Length;Event", *rows]).encode(encoding))
    read = night(tmp_path, hypnogram="hyp.csv", onset="Start", duration="length", stage="Event")
    assert counts(read) == COUNTS and "clock times" in notes(read)


@pytest.mark.parametrize("cell, fault", [("00:00:00", "can be times of the clock or time since"), ("00:00:30", "can be times of the clock"), ("22:61:00", "no clock time"),
                                         ("810 W", "not a number of seconds")])
def test_a_time_that_can_be_read_in_two_ways_or_none_is_named(tmp_path, cell, fault):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.csv").write_text(f"onset,duration,stage\n{cell},30,W\n")
    assert fault in only_fault(night(tmp_path, hypnogram="hyp.csv"))


NSRR = ("<PSGAnnotation><EpochLength>30</EpochLength><ScoredEvents>{}</ScoredEvents></PSGAnnotation>")
EVENT = ("<ScoredEvent><EventType>{}</EventType><EventConcept>{}</EventConcept><Start>{}</Start><Duration>{}</Duration>"
         "</ScoredEvent>")
CONCEPTS = {"W": "Wake|0", "N1": "Stage 1 sleep|1", "N2": "Stage 2 sleep|2", "N3": "Stage 3 sleep|3", "REM": "REM sleep|5"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_of_nsrr_and_profusion_is_read(tmp_path, encoding):
    write(tmp_path / "psg.edf", channels())
    events = [EVENT.format("Stages|Stages", CONCEPTS[stage], 30 * at, 30) for at, stage in enumerate(STAGES)]
    events.insert(3, EVENT.format("Arousals|Arousals", "Arousal|Arousal ()", 41.5, 7))
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n' + NSRR.format("".join(events))
    (tmp_path / "hyp.xml").write_bytes(text.encode(encoding))
    assert counts(night(tmp_path, hypnogram="hyp.xml")) == COUNTS
    digits = "".join(f"<SleepStage>{'W N1 N2 N3 N4 REM'.split().index(stage)}</SleepStage>" for stage in STAGES)
    (tmp_path / "hyp.xml").write_text(f"<CMPStudyConfig><EpochLength>30</EpochLength><SleepStages>{digits}</SleepStages>"
                                      "</CMPStudyConfig>")
    assert counts(night(tmp_path, hypnogram="hyp.xml")) == COUNTS
    (tmp_path / "hyp.xml").write_text((tmp_path / "hyp.xml").read_text().replace(">30<", ">60<"))
    assert "40 lines of 60 s are 2,400 s, 2 times the 1,200 s" in only_fault(night(tmp_path, hypnogram="hyp.xml"))


def test_no_entity_of_an_xml_file_is_expanded(tmp_path):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "secret").write_text("W")
    for entity in (f'SYSTEM "{(tmp_path / "secret").as_uri()}"', '"Wake|0"'):
        (tmp_path / "hyp.xml").write_text(f"<!DOCTYPE x [<!ENTITY a {entity}>]>"
                                          + NSRR.format(EVENT.format("Stages", "&a;", 0, 1200)))
        assert "document type" in only_fault(night(tmp_path, hypnogram="hyp.xml"))


# ----------------------------------------------------------------- the report

def test_check_says_what_a_scoring_program_says(tmp_path, capsys):
    write(tmp_path / "psg.edf", channels(1500))
    write_scoring(tmp_path / "hyp.edf", marks())
    rows = [f"r{at},s{at},psg.edf,hyp.edf" for at in range(7)]
    (tmp_path / "mine.csv").write_text("\n".join(["recording,subject,psg,hypnogram", *rows]))
    (tmp_path / "mine.yaml").write_text("modalities: {EEG: [C4-M1], EOG: [E1-M2], EMG: [Chin]}")
    assert main(["check", str(tmp_path / "mine.csv")]) == 0
    assert ("  scored     total sleep time 15.0 min; W 5, N1 3, N2 6, N3 3, REM 3 min; first sleep at 22:05:00, 5.0 min after the "
            "first sample; 80 % of the signals have a stage") in capsys.readouterr().out


def test_a_range_beyond_all_measure_is_a_fault(tmp_path):
    write(tmp_path / "psg.edf", [signal("C4-M1", limits=("-1e308", "1e300", -32768, 32767)), *channels()[1:]])
    write_scoring(tmp_path / "hyp.edf", marks())
    assert "channel C4-M1 is -" in only_fault(night(tmp_path)) and "mend its physical range" in only_fault(night(tmp_path))


# ------------------------------------------------- what a second reader found

@pytest.mark.parametrize("rows", [
    [f"{30 * at},{stage},{who}" for who, shift in (("A", 0), ("B", 2)) for at, stage in enumerate(STAGES[shift:])],
    [f"{30 * at + 15 * (who == 'B')},{stage},{who}" for at, stage in enumerate(STAGES) for who in "AB"],
])
def test_two_scorers_without_durations_are_a_fault(tmp_path, rows):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.csv").write_text("\n".join(["onset,stage,rater", *rows]))
    assert "the scoring of 'A', 'B', two scorers or more" in only_fault(night(tmp_path, hypnogram="hyp.csv"))
    assert counts(night(tmp_path, hypnogram="hyp.csv", rows={"rater": "A"})) == COUNTS


def test_two_sessions_without_durations_are_a_fault(tmp_path):
    write(tmp_path / "psg.edf", channels())
    rows = [f"{30 * at},{stage},{session}" for session in (1, 2) for at, stage in enumerate(STAGES[session:])]
    (tmp_path / "hyp.csv").write_text("\n".join(["onset,stage,session", *rows]))
    assert "begin while another lasts" in only_fault(night(tmp_path, hypnogram="hyp.csv"))


@pytest.mark.parametrize("factor", [1000, 100])
def test_onsets_in_another_unit_are_a_fault(tmp_path, factor):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.csv").write_text(_table([(30 * at * factor, 30 * factor, stage) for at, stage in enumerate(STAGES)],
                                             "onset,duration,stage"))
    assert f"{factor:,} times the 1,200 s" in only_fault(night(tmp_path, hypnogram="hyp.csv"))


@pytest.mark.parametrize("line_s, lines", [(1, ["?"] * 5 + ["W"] * 1195), (10, ["?"] + ["W"] * 119), (20, ["?"] * 4 + ["W"] * 56)])
def test_lines_begin_with_the_recording_whatever_the_first_of_them_says(tmp_path, line_s, lines):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.txt").write_text("\n".join(lines))
    ledger = night(tmp_path, hypnogram="hyp.txt", seconds=float(line_s)).ledger
    assert ledger["onset_s"].iloc[0] == 0 and len(ledger) == 40 and ledger["kept"].sum() == {1: 40, 10: 40, 20: 37}[line_s]


def test_the_epochs_that_nsrr_names_count(tmp_path):
    write(tmp_path / "psg.edf", channels(720))
    events = EVENT.format("Stages", "Wake|0", 0, 500) + EVENT.format("Stages", "Stage 2 sleep|2", 500, 220)
    (tmp_path / "hyp.xml").write_text(NSRR.format(events).replace(">30<", ">20<"))
    read = night(tmp_path, hypnogram="hyp.xml")
    assert read.ledger["stage"].tolist() == ["W"] * 17 + ["N2"] * 7 and read.mixed == 1


@pytest.mark.parametrize("step", [30.001, 30.004, 29.998])
def test_onsets_that_drift_by_milliseconds_cost_no_epoch(tmp_path, step):
    stages = numpy.random.default_rng(1).choice(["W", "N2", "REM"], 958)
    write(tmp_path / "psg.edf", [signal(name, numpy.arange(2880000 // 4) % 50, rate=25) for name in ("C4-M1", "E1-M2", "Chin")])
    write_scoring(tmp_path / "hyp.edf", [(step * at, step, stage) for at, stage in enumerate(stages)])
    read = night(tmp_path)
    kept = read.ledger[read.ledger["kept"]]
    assert len(kept) >= 957 and not (read.ledger["reason"] == "unscored").any() and "waver or drift" in notes(read)
    assert kept["stage"].tolist()[-900:] == stages.tolist()[-900:]


def test_points_and_short_events_without_durations_cost_their_own_slot_at_most(tmp_path):
    write(tmp_path / "psg.edf", channels())
    rows = [(onset, "n/a", text) for onset, _, text in marks()]
    (tmp_path / "hyp.csv").write_text(_table([*rows, (605, "n/a", "Arousal")], "onset,duration,stage"))
    assert counts(night(tmp_path, hypnogram="hyp.csv", others="unscored")) == {**COUNTS, "N2": 11}
    starts = [row for at, row in enumerate(rows) if not at or STAGES[at] != STAGES[at - 1]]
    (tmp_path / "hyp.csv").write_text(_table([*starts, (605, 2, "movement")], "onset,duration,stage"))
    assert counts(night(tmp_path, hypnogram="hyp.csv")) == {**COUNTS, "N2": 11, "REM": 1}
    write_scoring(tmp_path / "hyp.edf", sorted([*marks(), (605, 0, "Movement")]))
    assert counts(night(tmp_path)) == {**COUNTS, "N2": 11}


def test_holes_and_overlaps_of_two_seconds_cost_the_epochs_that_they_touch(tmp_path):
    write(tmp_path / "psg.edf", channels())
    for by in (-2, 2):
        write_scoring(tmp_path / "hyp.edf", [(onset, 30 + by, text) for onset, _, text in marks()])
        read = night(tmp_path)
        assert (read.ledger["reason"] == "unscored").sum() >= 4 and read.mixed == 0


@pytest.mark.parametrize("version", [b"0\0\0\0\0\0\0\0", b"\xffBioSemi"])
def test_a_version_padded_or_spelled_in_another_way_is_one(tmp_path, version):
    kind = "BDF" if version[:1] == b"\xff" else "EDF"
    write(tmp_path / "psg.edf", channels(), kind=kind, version=version)
    write_scoring(tmp_path / "hyp.edf", marks(), version=version, kind=kind)
    assert counts(night(tmp_path)) == COUNTS


def test_others_in_a_text_of_lines_keep_every_line_in_its_place(tmp_path):
    write(tmp_path / "psg.edf", channels())
    (tmp_path / "hyp.txt").write_text("\n".join(["[Header]", "Rate 30", *STAGES[:20], "A0", *STAGES[21:]]))
    assert "line 23: 'A0' is no stage" in only_fault(night(tmp_path, hypnogram="hyp.txt", others="ignore"))
    (tmp_path / "hyp.txt").write_text("\n".join(["[Header]", "Rate 30", *STAGES]))
    assert counts(night(tmp_path, hypnogram="hyp.txt", others="ignore")) == COUNTS
    (tmp_path / "hyp.txt").write_text("\n".join([*STAGES[:20], "A0", *STAGES[21:]]))
    assert counts(night(tmp_path, hypnogram="hyp.txt", others="unscored")) == {**COUNTS, "N2": 11}


def test_what_is_not_used_keeps_no_night_out(tmp_path):
    slow = signal("SpO2", numpy.zeros(0), rate=1)
    slow["samples"] = 0
    write(tmp_path / "psg.edf", [*channels(), slow])
    write_scoring(tmp_path / "hyp.edf", marks())
    assert counts(night(tmp_path)) == COUNTS
    assert "has 0 samples a second" in only_fault(night(tmp_path, modalities={"EMG": ("SpO2",)}))


def test_a_scoring_dated_a_day_early_whose_tail_is_unscored_is_placed_by_its_stages(tmp_path):
    write(tmp_path / "psg.edf", channels())
    write_scoring(tmp_path / "hyp.edf", [*marks(), (1200, 86400, "Sleep stage ?")], date="29.02.24", recording="X")
    assert counts(night(tmp_path)) == COUNTS and "the clock alone" in notes(night(tmp_path))


@pytest.mark.parametrize("changes, fault", [
    ({"annotations": [b"+%d\x14\x14\0" % (315360000000 + 10 * at) for at in range(120)]}, "mend its header"),
    ({"annotations": [b"+999999999999999999999999\x14\x14\0"] * 120}, "no EDF+ annotation"),
    ({"annotations": [stamped(0)] + [b"+6x0\x14\x14\0"] * 119}, "data record 2 holds b'+6x0"),
    ({"version": b"0", "kind": "BDF", "records": -1, "form": "BDF+C"}, "16 bits a sample, its header 24"),
])
def test_absurd_headers_are_faults_of_one_line(tmp_path, changes, fault):
    write(tmp_path / "psg.edf", channels(), **changes)
    write_scoring(tmp_path / "hyp.edf", marks())
    assert fault in only_fault(night(tmp_path))
    content = bytearray((tmp_path / "hyp.edf").read_bytes())
    content[252:256] = b"-1  "
    (tmp_path / "odd.edf").write_bytes(content)
    with pytest.raises(InputError, match="a header of -1 signals"):
        open_recording(tmp_path / "odd.edf")


def test_a_recording_of_no_time_is_a_fault(tmp_path):
    write(tmp_path / "psg.edf", channels())
    content = bytearray((tmp_path / "psg.edf").read_bytes())
    content[244:252] = b"1e-9    "
    (tmp_path / "psg.edf").write_bytes(content)
    write_scoring(tmp_path / "hyp.edf", marks())
    assert "which is no night" in only_fault(night(tmp_path))
