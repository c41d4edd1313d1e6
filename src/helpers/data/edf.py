"""Signals of one polysomnography file, one channel at a time: its name goes in, microvolts at its own rate or at 100 Hz
come out. A night is never whole in memory in double precision, and no channel is resampled because of another.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy

from ..constants import RATE
from ..errors import InputError
from .edf_header import Channel

#: Samples that are read at once: MNE holds three copies of them.
PIECE = 2**22
#: Overlap of stretches that are resampled, in samples of the lower rate, and length of a stretch in overlaps.
MARGIN, STRETCH = 6000, 16
#: Unit as headers write it → factor from what MNE hands out (volts, but nanovolts as they are) to microvolts.
MICROVOLTS = {"uV": 1e6, "µV": 1e6, "\u03bcV": 1e6, "\x83\xcaV": 1e6, "mV": 1e6, "V": 1e6, "nV": 1e-3}


def unit(channel):
    """Unit of what `read_channel` returns: µV for a voltage, else the header's."""
    return "µV" if channel.unit in MICROVOLTS else channel.unit


def find_channel(header, name):
    """The channel of that name, or the derivation that the name writes: `C4-M1` is channel C4 minus channel M1.

    Returns
    -------
    `header.Channel`; that of a derivation has `parts`, both channels' rate, and the filters in which they agree.

    Raises
    ------
    InputError
        Naming the file: neither is there, or the two differ in rate or unit.
    """
    there = {channel.name for channel in header.channels}
    splits = [(name[:at].strip(), name[at + 1:].strip()) for at, letter in enumerate(name) if letter == "-"]
    pairs = [pair for pair in splits if there.issuperset(pair)]
    if name in there or not pairs:
        return header.channel(name)
    if len(pairs) > 1:
        raise InputError(f"{header.path}: {name} can be read as {' and as '.join(map(' minus '.join, pairs))}; give the "
                         "channels names without a hyphen")
    plus, minus = (header.channel(part) for part in pairs[0])
    if plus.rate != minus.rate or unit(plus) != unit(minus):
        had = " and ".join(f"{one.name} has {one.rate:g} Hz and unit '{one.unit}'" for one in (plus, minus))
        raise InputError(f"{header.path}: {name} cannot be computed, {had}; name channels of one rate and unit")
    filters = [one if one == other else None for one, other in ((plus.highpass, minus.highpass),
                                                                (plus.lowpass, minus.lowpass))]
    return Channel(name, plus.rate, unit(plus), *filters, pairs[0])


def read_channel(header, name):
    """Samples of one channel or derivation, at its own rate.

    Parameters
    ----------
    header : `header.Header` of the file.
    name : channel, or derivation as `find_channel` takes it.

    Returns
    -------
    float64 array (samples,) in `unit(channel)`.

    Raises
    ------
    InputError
        Naming the file and the channel: not there, not readable, or a sample is no number.
    """
    import mne

    channel = find_channel(header, name)
    if channel.parts:
        plus, minus = channel.parts
        values = read_channel(header, plus)
        values -= read_channel(header, minus)
        return values
    read = mne.io.read_raw_bdf if header.path.suffix.lower() == ".bdf" else mne.io.read_raw_edf
    try:
        raw = read(header.path, include=[name], stim_channel=None, encoding="latin1", verbose="error")
        values = numpy.empty(raw.n_times)
        for start in range(0, raw.n_times, PIECE):
            values[start:start + PIECE] = raw.get_data(start=start, stop=min(start + PIECE, raw.n_times))[0]
    except (ValueError, RuntimeError, NotImplementedError, AssertionError) as error:
        raise InputError(f"{header.path}: MNE cannot read channel {name}: {' '.join(str(error).split())}") from error
    values *= MICROVOLTS.get(channel.unit, 1)
    wrong = numpy.flatnonzero(~numpy.isfinite(values))
    if len(wrong):
        raise InputError(f"{header.path}: channel {name} is no number at {wrong[0] / channel.rate:g} s "
                         f"({len(wrong)} samples in all); mend its physical range or take the recording out")
    return values


def resample(values, rate):
    """Samples at `rate` Hz brought to 100 Hz by MNE's FFT filter; float32 array (round(samples × 100 / rate),).

    A long signal goes through in stretches that overlap: all at once, a night at 512 Hz takes 2 GB. Stretches and
    their padding are whole numbers of samples at both rates. MNE's own padding, to a power of two, is not: it moves
    samples by up to half a sample at rates such as 250 Hz.
    """
    from mne.filter import resample as mne_resample

    if rate == RATE:
        return values.astype(numpy.float32)
    ratio = Fraction(rate).limit_denominator(1000)
    whole_s = ratio.denominator
    margin_s = whole_s * math.ceil(MARGIN / min(rate, RATE) / whole_s)
    resampled = numpy.empty(round(len(values) * RATE / rate), numpy.float32)
    padding = int(margin_s * ratio)
    for start_s in range(0, math.ceil(len(values) / rate), STRETCH * margin_s):
        before_s, end_s = max(start_s - margin_s, 0), start_s + STRETCH * margin_s
        stretch = values[int(before_s * ratio):int((end_s + margin_s) * ratio)]
        stretch = mne_resample(stretch, up=RATE, down=rate, npad=padding, verbose="error")
        resampled[start_s * RATE:end_s * RATE] = stretch[(start_s - before_s) * RATE:(end_s - before_s) * RATE]
    return resampled


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
