"""Small nights of the telemetry shape, written with edfio sample by sample so that a test knows what must come out."""

import datetime

import edfio
import numpy
import pandas

from helpers.data.cohort import TELEMETRY_MODALITIES, Cohort

START = datetime.datetime(1994, 7, 1, 23, 50)
STEP = 0.125
CHANNELS = ("EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental")


def noise(seconds, seed=0, rate=100):
    """Noise in steps of 1/8 µV: EDF stores it exactly."""
    steps = numpy.random.default_rng(seed).normal(0, 160, round(seconds * rate))
    return numpy.rint(steps).clip(-2048, 2047) * STEP


def write_psg(path, channels, marker=None, start=START, rates=None, unit="uV"):
    """A PSG: channel → samples in `unit`, steps of 1/8; the marker at 10 Hz."""
    signals = [edfio.EdfSignal.from_digital(
        numpy.rint(values / STEP).astype("int16"), (rates or {}).get(name, 100), label=name, physical_dimension=unit,
        physical_range=(-2048 * STEP, 2047 * STEP), digital_range=(-2048, 2047), prefiltering="HP:0.5Hz LP:50Hz")
        for name, values in channels.items()]
    if marker is not None:
        signals.append(edfio.EdfSignal.from_digital(
            numpy.asarray(marker, "int16"), 10, label="Marker", physical_dimension="ID+M-E",
            physical_range=(-2048, 2047), digital_range=(-2048, 2047)))
    edfio.Edf(signals, recording=edfio.Recording(startdate=start.date()), starttime=start.time(),
              data_record_duration=10).write(path)


def write_hypnogram(path, marks, start=START):
    """A hypnogram: (onset, duration or None, text) in s from its start."""
    edfio.Edf([], recording=edfio.Recording(startdate=start.date()), starttime=start.time(),
              annotations=[edfio.EdfAnnotation(*mark) for mark in marks]).write(path)


def write_night(folder, seconds=150, marks=None, marker=None, late_s=0, **changed):
    """Write a night of telemetry shape: N2 throughout unless `marks` say otherwise, channels `changed` by first word.

    Returns its cohort (recording `night` of subject 01) and its channels in µV.
    """
    channels = {name: changed.get(name.split()[0], noise(seconds, seed)) for seed, name in enumerate(CHANNELS)}
    if marker is None:
        marker = numpy.ones(seconds * 10)
    write_psg(folder / "psg.edf", channels, marker)
    marks = marks or [(0, seconds, "Sleep stage 2")]
    write_hypnogram(folder / "hypnogram.edf", marks, START + datetime.timedelta(seconds=late_s))
    table = pandas.DataFrame({"recording": ["night"], "subject": ["01"], "psg": [str(folder / "psg.edf")],
                              "hypnogram": [str(folder / "hypnogram.edf")]})
    return Cohort("test", table, TELEMETRY_MODALITIES, (), "Marker", False), channels
