"""The header of an EDF or BDF file: bytes go in; start, records and each signal's description come out.

The first byte says which of the two it is, whatever the file's name (edfplus.info/specs/edf.html; biosemi.com/faq/file_format).
Fields are read as recorders write them: padded with NULs, in UTF-8 or Latin-1, with a decimal comma, with other signs
between the numbers of a date. What cannot be read of the clock is left open, for whoever needs it to say so.
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass

from ..errors import InputError
from .spelling import decoded, folded

FIXED = 256
#: Name of a signal's field → its bytes.
FIELDS = {"label": 16, "transducer": 80, "unit": 8, "physical_min": 8, "physical_max": 8, "digital_min": 8, "digital_max": 8,
          "filters": 80, "samples": 8, "reserved": 32}
ANNOTATIONS = ("edf annotations", "bdf annotations")
#: Shortest and longest recording that are believed: a header may be damaged.
SHORTEST_S, LONGEST_S = 1, 100 * 3600
NUMBERS = re.compile(r"\s*(\d{1,4})\D+(\d{1,2})\D+(\d{1,4})")
#: A unit as `folded`, in which both signs for micro are the Greek letter; and micro as other encodings leave it.
VOLT = re.compile("(micro|mic|milli|nano|mu|mc|[\u03bcumn])?\\s?v(o(l(ts?)?)?)?(rms)?")
GARBLED = ("\x83\xcaV", "\x83\xcav", "\ufffdV", "\u00c2\u00b5V", "\u00c2 \u00b5V", "\u00ce\u00bcV", "\u00e6V", "\u00ecV")
MICROVOLTS = {"\u03bc": 1, "u": 1, "mu": 1, "mc": 1, "mic": 1, "micro": 1, "m": 1e3, "milli": 1e3, "n": 1e-3, "nano": 1e-3, None: 1e6}


@dataclass(frozen=True)
class Signal:
    """A signal as its header describes it: fields as text, `first` and `samples` of each record in samples."""

    label: str
    unit: str
    filters: str
    limits: tuple[str, str, str, str]
    first: int
    samples: int

    @property
    def is_annotations(self):
        """Whether it holds texts and no samples."""
        return self.label.casefold() in ANNOTATIONS


@dataclass(frozen=True)
class Header:
    """What an EDF or BDF header says.

    Attributes
    ----------
    sample_bytes : 2 (EDF) or 3 (BDF).
    date, time : of the start, None where the header has none that can be read.
    length : bytes of the header. records, record_s : number of data records and seconds of each.
    is_interrupted : whether the file calls itself EDF+D.
    signals : `Signal` of each, annotations included.
    notes : what was taken for granted, as sentences.
    """

    sample_bytes: int
    date: datetime.date | None
    time: datetime.time | None
    length: int
    records: int
    record_s: float
    is_interrupted: bool
    signals: tuple[Signal, ...]
    notes: tuple[str, ...]

    @property
    def record_bytes(self):
        """Bytes of a data record."""
        return self.sample_bytes * sum(signal.samples for signal in self.signals)


def read_header(path):
    """The `Header` of a file, its length held against the file's.

    Raises
    ------
    InputError
        Naming the file: not there, no EDF or BDF, shorter than its header says, no number where one is needed.
    """
    try:
        with open(path, "rb") as file:
            fixed = file.read(FIXED)
            if not is_edf(fixed):
                raise InputError(f"{path}: no EDF or BDF file, whose first byte would be 0 or 255; give the recording itself, or "
                                 "get a whole copy")
            count = _whole(fixed[252:256], "number of signals", path)
            columns = file.read(FIXED * max(count, 0))
            size = file.seek(0, 2)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of an EDF or BDF file") from None
    if count < 1 or len(columns) < FIXED * count:
        raise InputError(f"{path}: truncated, {size:,} bytes where a header of {count:,} signals takes "
                         f"{FIXED * (count + 1):,}; get a whole copy")
    signals = _signals(columns, count, path)
    sample_bytes = 3 if fixed[:1] == b"\xff" else 2
    record_bytes, data_bytes = sample_bytes * sum(signal.samples for signal in signals), size - FIXED * (count + 1)
    promised = _whole(fixed[236:244], "number of records", path)
    records, notes = _records(promised, record_bytes, data_bytes, path)
    _refuse_other_width(sample_bytes, promised * record_bytes, data_bytes, text(fixed[192:197]), path)
    record_s = number(fixed[244:252])
    if not 0 <= record_s < math.inf:
        raise InputError(f"{path}: its header gives {text(fixed[244:252])!r} s to each record, which is no length; mend it")
    if any(not signal.is_annotations for signal in signals):
        _refuse_length(record_s, records, path)
    return Header(sample_bytes, _date(fixed), _time(fixed[176:184]), FIXED * (count + 1), records, record_s,
                  text(fixed[192:197]).endswith("+D"), signals, notes)


def is_edf(start):
    """Whether a file that begins with these bytes, at least 256 if it is one, is EDF or BDF."""
    return len(start) >= FIXED and (start[:1] == b"\xff" and start[1:2] != b"\xfe" or start[:8].rstrip(b" \0") == b"0")


def text(field):
    """Text of a header field: UTF-8 first, Latin-1 where that fails; padding of blanks and NULs is cut off."""
    return decoded(field.partition(b"\0")[0]).strip()


def number(field):
    """Number in a header field, which may have a decimal comma; NaN where there is none."""
    try:
        return float(text(field if isinstance(field, bytes) else field.encode()).replace(",", "."))
    except ValueError:
        return math.nan


def microvolts(unit):
    """Factor that makes microvolts of a unit as headers write it (`uV`, `µV`, `microV`, `mV`, `V`, in any case), else None."""
    unit = "uv" if unit in GARBLED else folded(unit).strip("[]().")
    match = VOLT.fullmatch(unit)
    return MICROVOLTS[match[1]] if match else None


def _whole(field, name, path):
    value = number(field)
    if value != value or value != round(value, 0) or abs(value) > 1e8:
        raise InputError(f"{path}: no EDF or BDF file, or its header is damaged: its {name} is {text(field)!r}; get a whole copy")
    return int(value)


def _signals(columns, count, path):
    """Each `Signal` of a header."""
    fields, at = {}, 0
    for name, width in FIELDS.items():
        fields[name] = [columns[at + width * index:at + width * (index + 1)] for index in range(count)]
        at += width * count
    signals, first = [], 0
    for index in range(count):
        label = text(fields["label"][index])
        samples = _whole(fields["samples"][index], f"number of samples of signal {label!r}", path)
        if samples < 0:
            raise InputError(f"{path}: its header gives signal {label!r} {samples} samples to a record; get a whole copy")
        limits = tuple(text(fields[name][index]) for name in ("physical_min", "physical_max", "digital_min", "digital_max"))
        signals.append(Signal(label, text(fields["unit"][index]), text(fields["filters"][index]), limits, first, samples))
        first += samples
    return tuple(signals)


def _records(promised, record_bytes, data_bytes, path):
    """Number of data records to read, and notes."""
    if not record_bytes:
        raise InputError(f"{path}: its header gives no samples to a record; get a whole copy")
    if promised < 0:
        if data_bytes < record_bytes:
            raise InputError(f"{path}: truncated, it holds no whole record of data; get a whole copy")
        return data_bytes // record_bytes, ("the header does not say how many records there are, so that all in the file were "
                                            "read",)
    if promised == 0 or data_bytes < promised * record_bytes:
        raise InputError(f"{path}: truncated, {data_bytes:,} bytes of data where its header says "
                         f"{max(promised, 1) * record_bytes:,}; get a whole copy")
    beyond = data_bytes - promised * record_bytes
    return promised, ("what the file holds beyond the length that its header promises was left out",) * (beyond >= record_bytes)


def _refuse_other_width(sample_bytes, promised, data_bytes, form, path):
    """Refuse 24-bit samples after a header of 16-bit ones, and the reverse, by the length of the data or the file's form."""
    other = 5 - sample_bytes
    by_length = data_bytes != promised and data_bytes * sample_bytes == promised * other
    if by_length or promised < 0 and form.startswith(("24BIT", "BDF") if sample_bytes == 2 else "EDF"):
        raise InputError(f"{path}: its first byte says {8 * sample_bytes} bits a sample, its "
                         f"{'length' if by_length else 'header'} {8 * other}; export it anew")


def _refuse_length(record_s, records, path):
    seconds = record_s * records
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise InputError(f"{path}: its header says {records:,} records of {record_s:g} s, {seconds / 3600:g} hours in all, "
                         f"which is no night ({SHORTEST_S} s to {LONGEST_S // 3600} hours); mend its header or cut the recording")


def _date(fixed):
    """Start date; the year from EDF+'s recording field where that has it in full: after 2084 only it does."""
    recording = re.match(r"Startdate (\d\d?-[A-Za-z]{3}-(\d{4}))", text(fixed[88:168]))
    match = NUMBERS.match(text(fixed[168:176]))
    try:
        day, month, year = map(int, match.groups())
        year = int(recording[2]) if recording else year + (2000 if year < 85 else 1900) if year < 100 else year
        return datetime.date(year, month, day)
    except (ValueError, AttributeError):  # no such day, or no three numbers
        pass
    try:
        return datetime.datetime.strptime(recording[1].title(), "%d-%b-%Y").date() if recording else None
    except ValueError:
        return None


def _time(field):
    match = NUMBERS.match(text(field))
    try:
        return datetime.time(*map(int, match.groups())) if match else None
    except ValueError:
        return None
