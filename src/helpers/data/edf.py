"""Reader of EDF, EDF+, BDF and BDF+ files: a path goes in; the start, length, channels, values and annotations of a
recording come out of a single opening. Values are read a channel at a time, so that a night is never whole in memory in
double precision, and no channel is resampled because of another.
"""

from __future__ import annotations

import datetime
import math
import re
import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy

from ..constants import RATE
from ..errors import InputError

#: Overlap of stretches that are resampled, in samples of the lower rate, and length of a stretch in overlaps.
MARGIN, STRETCH = 6000, 16
#: Unit as headers write it → factor that makes microvolts of it.
MICROVOLTS = {"uV": 1, "µV": 1, "\u03bcV": 1, "\x83\xcaV": 1, "mV": 1e3, "V": 1e6, "nV": 1e-3}
ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
#: A time-stamped annotation list: onset, duration, texts (edfplus.info/specs/edfplus.html, 2.2.2).
STAMPED_TEXTS = re.compile("([+-]\\d+\\.?\\d*)(?:\x15(\\d+\\.?\\d*))?\x14(.*?)\x14\x00")


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
        return "µV" if self.written_unit in MICROVOLTS else self.written_unit


@dataclass(frozen=True)
class Recording:
    """What a file holds; from `open_recording`.

    Attributes
    ----------
    path : of the file.
    start : clock time of the first sample.
    duration_s : length of the signals; 0 where there are none.
    channels : `Channel` of each signal in the file, without derivations.
    """

    path: Path
    start: datetime.datetime
    duration_s: float
    channels: tuple[Channel, ...]
    _signals: tuple = field(repr=False)
    _samples: object = field(repr=False)

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
        names = {channel.name for channel in self.channels}
        splits = [(name[:at].strip(), name[at + 1:].strip()) for at, letter in enumerate(name) if letter == "-"]
        pairs = [pair for pair in splits if names.issuperset(pair)]
        if name in names or not pairs:
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
        return Channel(name, first.rate, first.unit, *filters, pairs[0])

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
        index = self._index(name)
        try:
            values = _calibrated(self._samples(index), self._signals[index])
        except (ValueError, ZeroDivisionError):
            raise InputError(f"{self.path}: channel {name} has no physical or digital range that can be read; mend its "
                             "header or take the recording out") from None
        factor = MICROVOLTS.get(channel.written_unit, 1)
        if factor != 1:
            values *= factor
        unusable = numpy.flatnonzero(~numpy.isfinite(values))
        if len(unusable):
            raise InputError(f"{self.path}: channel {name} is no number at {unusable[0] / channel.rate:g} s "
                             f"({len(unusable)} samples in all); mend its physical range or take the recording out")
        return values

    @cached_property
    def annotations(self):
        """(onset, duration, text) of each annotation in the file's order, s from the first sample; duration 0 where none
        is given. Texts are taken as Latin-1."""
        lists = [match for index, signal in enumerate(self._signals) if signal.label.strip() in ANNOTATIONS
                 for match in STAMPED_TEXTS.findall(self._samples(index).tobytes().decode("latin-1"))]
        # The first list only says by what fraction of a second the first sample follows the header's start.
        late = float(lists[0][0]) if lists and not lists[0][2].split("\x14")[0] else 0.0
        return [(float(onset) - late, float(duration or 0), text) for onset, duration, texts in lists
                for text in texts.split("\x14") if text]

    def _index(self, name):
        """Index of a channel of the file in `channels` and among the signals; its name must be there exactly once."""
        matching = [index for index, channel in enumerate(self.channels) if channel.name == name]
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
        Naming the file: not there, no EDF or BDF, shorter than its header says, interrupted (EDF+D).
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            fixed = file.read(256)
            header = fixed + file.read(256 * int(fixed[252:256]))
        start, form = _start(fixed), fixed[192:197]
        header_bytes, records, record_s = int(fixed[184:192]), int(fixed[236:244]), float(fixed[244:252])
        sample_bytes = 3 if fixed[:1] == b"\xff" else 2
        count = int(fixed[252:256])
        widths = [int(header[at:at + 8]) for at in range(256 + 216 * count, 256 + 224 * count, 8)]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of an EDF or BDF file") from None
    except ValueError:
        raise InputError(f"{path}: no EDF or BDF file, or its header is damaged; get a whole copy") from None
    record_bytes, data_bytes = sum(widths) * sample_bytes, path.stat().st_size - header_bytes
    if data_bytes < records * record_bytes or data_bytes < record_bytes or record_bytes == 0:
        raise InputError(f"{path}: truncated, {data_bytes:,} bytes of data where its header says "
                         f"{records * record_bytes:,}; get a whole copy")
    signals, samples = _signals(path, header, header_bytes, data_bytes // record_bytes, widths, sample_bytes)
    ordinary = [index for index, signal in enumerate(signals) if signal.label.strip() not in ANNOTATIONS]
    if ordinary and form in (b"EDF+D", b"BDF+D"):
        raise InputError(f"{path}: an interrupted recording ({form.decode()}), whose samples are not evenly "
                         "spaced in time; convert it to a continuous one")
    order = ordinary + [index for index in range(len(signals)) if index not in ordinary]
    channels = tuple(Channel(signals[index].label.strip(), widths[index] / record_s, signals[index].physical_dimension.strip(),
                             _filter("HP", signals[index].prefiltering), _filter("LP", signals[index].prefiltering))
                     for index in ordinary)
    return Recording(path, start, data_bytes // record_bytes * record_s if channels else 0.0, channels,
                     tuple(signals[index] for index in order), lambda index: samples(order[index]))


def _signals(path, header, header_bytes, records, widths, sample_bytes):
    """Each signal as edfio describes it, annotations among them, and a function that gives the stored integers of any.

    edfio maps EDF files into memory, but would read a BDF file whole, so that its samples are decoded here, a signal at a
    time.
    """
    import edfio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lengths that differ from the header's are judged before
            if sample_bytes == 2:
                signals = edfio.read_edf(path, header_encoding="latin-1")._signals
                return signals, lambda index: signals[index].digital
            signals = edfio.read_bdf(header, header_encoding="latin-1")._signals
    except (ValueError, ArithmeticError, NameError):  # NameError: edfio on a record of 0 s that has signals
        raise InputError(f"{path}: no EDF or BDF file, or its header is damaged; get a whole copy") from None
    starts = numpy.cumsum([0, *widths])

    def samples(index):
        stored = numpy.memmap(path, numpy.uint8, "r", header_bytes, (records, starts[-1], 3))
        stored = stored[:, starts[index]:starts[index + 1]]
        if signals[index].label.strip() in ANNOTATIONS:
            return stored
        padded = numpy.zeros((*stored.shape[:2], 4), numpy.uint8)
        padded[:, :, 1:] = stored
        return padded.view("<i4").ravel() >> 8

    return signals, samples


def _calibrated(stored, signal):
    """Stored integers in the signal's unit; MNE multiplies and adds in the same order."""
    low, high = _limit(signal._physical_min), _limit(signal._physical_max)
    digital_low, digital_high = _limit(signal._digital_min), _limit(signal._digital_max)
    if high == low:
        raise ValueError("a physical range of 0")
    gain = (high - low) / (digital_high - digital_low)
    values = stored * gain
    values += low - digital_low * gain
    return values


def _limit(field):
    """Number in a header field; some recorders write a decimal comma, or a digital limit with decimals, which edfio refuses."""
    return float(field.decode("latin-1").replace(",", "."))


def _start(fixed):
    """Start date and time; the year from EDF+'s recording field where that has it in full: after 2084 only it does."""
    day, month, year = fixed[168:176].decode("latin-1").split(".")
    recording = re.match(r"Startdate \d\d?-[A-Za-z]{3}-(\d{4})", fixed[88:168].decode("latin-1"))
    year = int(recording[1]) if recording else int(year) + (2000 if int(year) < 85 else 1900)
    hour, minute, second = map(int, fixed[176:184].decode("latin-1").split("."))
    return datetime.datetime(year, int(month), int(day), hour, minute, second)


def _filter(kind, text):
    """Corner frequency in Hz of `HP:0.5Hz LP:50Hz`, or None."""
    corner = re.search(kind + r"\s*:\s*(\d+(?:\.\d+)?)\s*(k?)Hz", text, re.IGNORECASE)
    return float(corner[1]) * (1000 if corner[2] else 1) if corner else None


def resample(values, rate):
    """Samples at `rate` Hz brought to 100 Hz by MNE's FFT filter; float32 array (round(samples × 100 / rate),).

    A long signal goes through in stretches that overlap: all at once, a night at 512 Hz takes 2 GB. Stretches and
    their padding are whole numbers of samples at both rates. MNE's padding, to a power of two, is not: it moves
    samples by up to half a sample at rates such as 250 Hz.
    """
    if rate == RATE:
        return values.astype(numpy.float32)
    from mne.filter import resample as mne_resample

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


def marker_errors(recording, name):
    """Stretches in which the marker's level is negative, which means a telemetry error.

    Returns
    -------
    list of (start, end) in s from the first sample.
    """
    negative = recording.values(name) < 0
    edges = numpy.flatnonzero(numpy.diff(negative, prepend=False, append=False))
    return [(start, end) for start, end in (edges.reshape(-1, 2) / recording.channel(name).rate).tolist()]
