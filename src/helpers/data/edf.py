"""Reader of EDF, EDF+, BDF and BDF+ files: a path goes in; the start, length, channels, values and annotations of a
recording come out of a single opening. Values are read a channel at a time, so that a night is never whole in memory in
double precision, and no channel is resampled because of another.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy

from ..constants import EPOCH_S
from ..errors import InputError
from .dates import NO_DATE
from .edf_annotations import annotations, record_start
from .edf_header import Header, microvolts, number, read_header
from .spelling import folded

#: A data record that begins so much later or earlier (s) than where the one before ends is no continuation of it.
JUMP_S = 0.01
#: What such differences may add up to over a recording, in s.
DRIFT_S = 3
#: Latest start of the first sample after the header's, in s.
LATEST_S = 366 * 86400
HIGHEST_RATE = 100_000
#: No value of a channel is as large, in its unit.
LARGEST = 1e12
#: Bytes of a faulty annotation that are quoted.
QUOTED = 40


@dataclass(frozen=True)
class Channel:
    """A channel as its file describes it: rate and filters in Hz (None where none is named), unit as written there.

    minus : of a derivation such as C4-M1, the names of both channels.
    """

    name: str
    rate: float
    written_unit: str
    highpass: float | None
    lowpass: float | None
    minus: tuple[str, ...] = ()

    @property
    def unit(self):
        """Unit of the channel's values: µV for a voltage, else the header's."""
        return self.written_unit if microvolts(self.written_unit) is None else "µV"


@dataclass(frozen=True)
class Recording:
    """What a file holds; from `open_recording`.

    Attributes
    ----------
    path : of the file.
    channels : `Channel` of each signal in the file, without derivations.
    start : clock time of the first sample, a fraction of a second included, or of the file where there are no signals; None
        where its header has no time of day. is_dated : whether it has a date; NO_DATE stands for it where not.
    duration_s : length of the signals; 0 where there are none.
    notes : what was taken for granted, as sentences.
    """

    path: Path
    channels: tuple[Channel, ...]
    start: datetime.datetime | None
    is_dated: bool
    duration_s: float
    notes: tuple[str, ...]
    _header: Header = field(repr=False)
    _first_s: float = field(repr=False)
    _annotation_channels: list = field(repr=False)

    def channel(self, name):
        """The channel of that name, or the derivation that the name writes: `C4-M1` is channel C4 minus channel M1.

        Returns
        -------
        `Channel`; that of a derivation has both names in `minus`, both channels' rate, and the filters in which they agree.

        Raises
        ------
        InputError
            Naming the file: there is no such channel or several, or the two differ in rate or unit.
        """
        names = {folded(channel.name) for channel in self.channels}
        splits = [(name[:at].strip(), name[at + 1:].strip()) for at, letter in enumerate(name) if letter == "-"]
        pairs = [pair for pair in splits if names.issuperset(map(folded, pair))]
        if folded(name) in names or not pairs:
            return self.channels[self._index(name)]
        if len(pairs) > 1:
            raise InputError(f"{self.path}: {name} can be read as {' and as '.join(map(' minus '.join, pairs))}; give the "
                             "channels names without a hyphen")
        first, second = (self.channels[self._index(term)] for term in pairs[0])
        if first.rate != second.rate or first.unit != second.unit:
            both = " and ".join(f"{channel.name} has {channel.rate:g} Hz and unit '{channel.written_unit}'"
                                for channel in (first, second))
            raise InputError(f"{self.path}: {name} cannot be computed, {both}; name channels of the same rate and unit")
        filters = [corner if corner == other else None
                   for corner, other in ((first.highpass, second.highpass), (first.lowpass, second.lowpass))]
        return Channel(name, first.rate, first.unit, *filters, (first.name, second.name))

    def values(self, name):
        """Samples of a channel or derivation at its rate: float64 array (samples,) in the channel's `unit`.

        Raises
        ------
        InputError
            Naming the file and the channel: not there, or a sample is no number.
        """
        channel = self.channel(name)
        if channel.minus:
            first, second = channel.minus
            values = self.values(first)
            values -= self.values(second)
            return values
        signal = self._signals[self._index(name)]
        if not 1 / EPOCH_S <= channel.rate <= HIGHEST_RATE:
            raise InputError(f"{self.path}: channel {name} has {channel.rate:g} samples a second, and needs 1 in {EPOCH_S} s to "
                             f"{HIGHEST_RATE:,} in 1 s; mend the header or name another channel")
        low, high, digital_low, digital_high = map(number, signal.limits)
        if low == high or digital_low == digital_high or not numpy.isfinite([low, high, digital_low, digital_high]).all():
            raise InputError(f"{self.path}: channel {channel.name} has no physical or digital range that can be read (physical "
                             f"{signal.limits[0]!r} to {signal.limits[1]!r}, digital {signal.limits[2]!r} to "
                             f"{signal.limits[3]!r}), so that its values have no scale; mend its header or take the recording "
                             "out")
        gain = (high - low) / (digital_high - digital_low)
        values = self._stored(signal) * gain  # multiplied and added in MNE's order
        values += low - digital_low * gain
        factor = microvolts(channel.written_unit)
        if factor not in (None, 1):
            values *= factor
        unusable = numpy.flatnonzero(~(numpy.abs(values) < LARGEST))
        if len(unusable):
            raise InputError(f"{self.path}: channel {name} is {values[unusable[0]]:g} at {unusable[0] / channel.rate:g} s "
                             f"({len(unusable)} such samples in all); mend its physical range or take the recording out")
        return values

    @cached_property
    def annotations(self):
        """(onset, duration, text) of each annotation in the file's order, s from `start`; duration 0 where none is given.

        Raises
        ------
        InputError
            Naming the file and the record whose annotations cannot be read.
        """
        read = []
        for record, channels in enumerate(self._annotation_channels):
            for channel in channels:
                try:
                    read += annotations(channel)
                except ValueError as error:
                    raise _no_annotation(self.path, record, error) from None
        return [(onset - self._first_s, duration, text) for onset, duration, text in read]

    @cached_property
    def _signals(self):
        """`edf_header.Signal` of each channel."""
        return [signal for signal in self._header.signals if not signal.is_annotations]

    def _stored(self, signal):
        """The stored integers of a signal."""
        stored, width = _records(self.path, self._header), self._header.sample_bytes
        stored = stored[:, width * signal.first:width * (signal.first + signal.samples)]
        if width == 2:
            return numpy.ascontiguousarray(stored).view("<i2").ravel()
        padded = numpy.zeros((*stored.shape[:1], signal.samples, 4), numpy.uint8)
        padded[:, :, 1:] = stored.reshape(-1, signal.samples, 3)
        return padded.view("<i4").ravel() >> 8

    def _index(self, name):
        """Index of a channel of the file; its name must be there exactly once, its spelling may differ in case."""
        matching = [index for index, channel in enumerate(self.channels) if channel.name == name] or [
            index for index, channel in enumerate(self.channels) if folded(channel.name) == folded(name)]
        if not matching:
            names = ", ".join(channel.name for channel in self.channels) or "none"
            raise InputError(f"{self.path}: no channel {name}; the file has {names}")
        if len(matching) > 1:
            raise InputError(f"{self.path}: {len(matching)} channels are called {name}; give each a name of its own")
        return matching[0]


def open_recording(path):
    """The `Recording` in an EDF, EDF+, BDF or BDF+ file.

    Raises
    ------
    InputError
        Naming the file: not there, no EDF or BDF, shorter than its header says, interrupted.
    """
    path = Path(path)
    header = read_header(path)
    channels = tuple(Channel(signal.label, signal.samples / header.record_s, signal.unit, _filter("HP", signal.filters),
                             _filter("LP", signal.filters)) for signal in header.signals if not signal.is_annotations)
    annotation_channels = _annotation_channels(path, header)
    first_s = _first_sample(path, header, annotation_channels) if channels else 0.0
    start, notes = None, header.notes
    if header.time is None:
        notes += ("the header has no time of day, so that clock times count from 0:00 at the first sample",)
    else:
        start = _later(header.date or NO_DATE, header.time, first_s)
    return Recording(path, channels, start, header.date is not None,
                     header.records * header.record_s if channels else 0.0, notes, header, first_s,
                     annotation_channels)


def _later(date, time, seconds):
    """A moment so many seconds after another."""
    try:
        return datetime.datetime.combine(date, time) + datetime.timedelta(seconds=seconds)
    except OverflowError:  # the end of time: the last years that a calendar holds
        return datetime.datetime.combine(NO_DATE, time) + datetime.timedelta(seconds=seconds)


def start_of(recording):
    """Clock time of the first sample, on a day that says nothing where there is no date, and at 0:00 where no time."""
    return recording.start or datetime.datetime.combine(NO_DATE, datetime.time())


def _records(path, header):
    """The bytes of each data record, mapped: uint8 array (records, bytes)."""
    return numpy.memmap(path, numpy.uint8, "r", header.length, (header.records, header.record_bytes))


def _annotation_channels(path, header):
    """Bytes of the annotation channels of each data record."""
    width = header.sample_bytes
    spans = [slice(width * signal.first, width * (signal.first + signal.samples))
             for signal in header.signals if signal.is_annotations]
    if not spans:
        return []
    columns = [numpy.ascontiguousarray(_records(path, header)[:, span]) for span in spans]
    return [[column[record].tobytes() for column in columns] for record in range(header.records)]


def _first_sample(path, header, annotation_channels):
    """Seconds from the header's start to the first sample, by the start that the data records give, if they do.

    Raises
    ------
    InputError
        Where the records do not follow one another, whether or not the file calls itself interrupted.
    """
    known = []
    for index, channels in enumerate(annotation_channels):
        try:
            start = record_start(channels[0])
        except ValueError as error:
            raise _no_annotation(path, index, error) from None
        if start is not None:
            known.append((index, start))
    if not known:
        if header.is_interrupted:
            raise InputError(f"{path}: calls itself interrupted (EDF+D), and its records do not say when they begin; convert it "
                             "to a continuous one")
        return 0.0
    (first, first_start), late = known[0], 0.0
    for index, start in known:
        before, late = late, start - first_start - (index - first) * header.record_s
        if abs(late - before) > JUMP_S or abs(late) > DRIFT_S:
            expected = first_start + (index - first) * header.record_s
            raise InputError(f"{path}: an interrupted recording: data record {index + 1} begins at {start:g} s where {expected:g} s "
                             "follow from those before, so that samples are not evenly spaced in time; cut it there, or "
                             "convert it to a continuous one")
    if abs(first_start - first * header.record_s) > LATEST_S:
        raise InputError(f"{path}: its first data record begins {first_start:g} s after its header's start; mend its header")
    return first_start - first * header.record_s


def _no_annotation(path, record, error):
    return InputError(f"{path}: data record {record + 1} holds {error.args[0][:QUOTED]!r}, which is no EDF+ annotation; export the "
                      "scoring anew")


def _filter(kind, text):
    """Corner frequency in Hz of `HP:0.5Hz LP:50Hz`, or None."""
    corner = re.search(kind + r"\s*:\s*(\d+(?:\.\d+)?)\s*(k?)Hz", text, re.IGNORECASE)
    return float(corner[1]) * (1000 if corner[2] else 1) if corner else None


def marker_errors(recording, name):
    """Stretches in which the marker's level is negative, which means a telemetry error.

    Returns
    -------
    list of (start, end) in s from the first sample.
    """
    negative = recording.values(name) < 0
    edges = numpy.flatnonzero(numpy.diff(negative, prepend=False, append=False))
    return [(start, end) for start, end in (edges.reshape(-1, 2) / recording.channel(name).rate).tolist()]
