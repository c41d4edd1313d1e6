"""Signals of one polysomnography file, one channel at a time: its name goes in, microvolts at its own rate or at 100 Hz
come out. A night is never whole in memory in double precision, and no channel is resampled because of another.
"""

from __future__ import annotations

import numpy

from ..errors import InputError

RATE = 100
#: Unit as headers write it → factor from what MNE hands out (volts, but nanovolts as they are) to microvolts.
MICROVOLTS = {"uV": 1e6, "µV": 1e6, "\u03bcV": 1e6, "\x83\xcaV": 1e6, "mV": 1e6, "V": 1e6, "nV": 1e-3}


def unit(channel):
    """Unit of what `read_channel` returns: µV for a voltage, else the header's."""
    return "µV" if channel.unit in MICROVOLTS else channel.unit


def read_channel(header, name):
    """Samples of one channel, at its own rate.

    Parameters
    ----------
    header : `header.Header` of the file.
    name : channel.

    Returns
    -------
    float64 array (samples,) in `unit(channel)`.

    Raises
    ------
    InputError
        Naming the file and the channel: not there, not readable, or a sample is no number.
    """
    import mne

    channel = header.channel(name)
    read = mne.io.read_raw_bdf if header.path.suffix.lower() == ".bdf" else mne.io.read_raw_edf
    try:
        raw = read(header.path, include=[name], stim_channel=None, preload=True, encoding="latin1", verbose="error")
    except (ValueError, RuntimeError, NotImplementedError, AssertionError) as error:
        raise InputError(f"{header.path}: MNE cannot read channel {name}: {' '.join(str(error).split())}") from error
    values = raw._data[0]
    values *= MICROVOLTS.get(channel.unit, 1)
    wrong = numpy.flatnonzero(~numpy.isfinite(values))
    if len(wrong):
        raise InputError(f"{header.path}: channel {name} is no number at {wrong[0] / channel.rate:g} s "
                         f"({len(wrong)} samples in all); mend its physical range or take the recording out")
    return values


def resample(values, rate):
    """Samples at `rate` Hz brought to 100 Hz by MNE's FFT filter; float32 array (round(samples × 100 / rate),)."""
    from mne.filter import resample as mne_resample

    if rate != RATE:
        values = mne_resample(values, up=RATE, down=rate, npad="auto", verbose="error")
    return values.astype(numpy.float32)


def marker_errors(header, name):
    """Stretches in which the marker's level is negative, which means a telemetry error.

    The marker is read alone and never resampled: next to faster channels MNE would interpolate its levels, and swing
    below zero around fine ones.

    Returns
    -------
    list of (start, end) in s from the first sample.
    """
    negative = read_channel(header, name) < 0
    edges = numpy.flatnonzero(numpy.diff(negative, prepend=False, append=False))
    return [(start, end) for start, end in (edges.reshape(-1, 2) / header.channel(name).rate).tolist()]
