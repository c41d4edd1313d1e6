"""What the header of an EDF, EDF+ or BDF file says: when it starts, how long it is, and each channel's rate, unit and
filters. Read apart from the signals, because MNE forgets the start of a hypnogram and reads truncated files silently.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
#: Fields of a channel in the order in which they are stored, and their widths in bytes (edfplus.info/specs/edf.html).
FIELDS = {"label": 16, "transducer": 80, "unit": 8, "physical_min": 8, "physical_max": 8, "digital_min": 8,
          "digital_max": 8, "filters": 80, "samples": 8, "reserved": 32}


@dataclass(frozen=True)
class Channel:
    """A channel as its file describes it: rate and filters in Hz (None where none is named), unit as written.

    parts : of a derivation, the names of both channels; see `recording.find_channel`.
    """

    name: str
    rate: float
    unit: str
    highpass: float | None
    lowpass: float | None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """start : clock time of the first sample. duration_s : length of the signals; 0 where there are none."""

    path: Path
    start: datetime.datetime
    duration_s: float
    channels: tuple[Channel, ...]

    def channel(self, name):
        """The channel of that name; InputError, naming those that are there, unless there is exactly one."""
        found = [channel for channel in self.channels if channel.name == name]
        if not found:
            there = ", ".join(channel.name for channel in self.channels) or "none"
            raise InputError(f"{self.path}: no channel {name}; the file has {there}")
        if len(found) > 1:
            raise InputError(f"{self.path}: {len(found)} channels are called {name}; give each a name of its own")
        return found[0]


def read_header(path):
    """Read the header of an EDF, EDF+ or BDF file.

    Raises
    ------
    InputError
        Naming the file: not there, no EDF or BDF, shorter than its header says, interrupted (EDF+D).
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            fixed = file.read(256)
            count = int(fixed[252:256])
            fields = {name: [file.read(width).decode("latin-1").strip() for _ in range(count)]
                      for name, width in FIELDS.items()}
        start = _start(fixed)
        header_bytes, records, record_s = int(fixed[184:192]), int(fixed[236:244]), float(fixed[244:252])
        samples = [int(number) for number in fields["samples"]]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of an EDF or BDF file") from None
    except ValueError:
        raise InputError(f"{path}: no EDF or BDF file, or its header is damaged; get a whole copy") from None
    record_bytes = sum(samples) * (3 if fixed[:1] == b"\xff" else 2)
    held = path.stat().st_size - header_bytes
    if held < records * record_bytes or record_bytes == 0:
        raise InputError(f"{path}: truncated, {held:,} bytes of data where its header says {records * record_bytes:,}; "
                         "get a whole copy")
    channels = _channels(fields, samples, record_s)
    if channels and fixed[192:197] in (b"EDF+D", b"BDF+D"):
        raise InputError(f"{path}: an interrupted recording ({fixed[192:197].decode()}), whose samples are not evenly "
                         "spaced in time; convert it to a continuous one")
    return Header(path, start, held // record_bytes * record_s if channels else 0.0, channels)


def _start(fixed):
    """Start date and time; the year from EDF+'s recording field where that has it in full: after 2084 only it does."""
    day, month, year = fixed[168:176].decode("latin-1").split(".")
    recording = re.match(r"Startdate \d\d?-[A-Za-z]{3}-(\d{4})", fixed[88:168].decode("latin-1"))
    year = int(recording[1]) if recording else int(year) + (2000 if int(year) < 85 else 1900)
    hour, minute, second = (int(part) for part in fixed[176:184].decode("latin-1").split("."))
    return datetime.datetime(year, int(month), int(day), hour, minute, second)


def _channels(fields, samples, record_s):
    return tuple(Channel(name, number / record_s, unit, _filter("HP", filters), _filter("LP", filters))
                 for name, unit, filters, number in zip(fields["label"], fields["unit"], fields["filters"], samples)
                 if name not in ANNOTATIONS and record_s > 0)


def _filter(kind, text):
    """Corner frequency in Hz of `HP:0.5Hz LP:50Hz`, or None."""
    found = re.search(kind + r"\s*:\s*(\d+(?:\.\d+)?)\s*(k?)Hz", text, re.IGNORECASE)
    return float(found[1]) * (1000 if found[2] else 1) if found else None
