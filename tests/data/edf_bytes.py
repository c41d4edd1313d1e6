"""Writes EDF and BDF files byte by byte, so that every field of a header can be as odd as recorders write it."""

import numpy

#: Stages of 20 minutes, and how many epochs of each there are.
STAGES = ["W"] * 10 + ["N1"] * 6 + ["N2"] * 12 + ["N3"] * 6 + ["REM"] * 6
COUNTS = {"W": 10, "N1": 6, "N2": 12, "N3": 6, "REM": 6}
RECORD_S = 10


def field(value, width):
    raw = value if isinstance(value, bytes) else str(value).encode("latin-1")
    assert len(raw) <= width
    return raw.ljust(width)


def signal(label, values=None, rate=100, sd=20, seconds=1200, unit="uV", limits=(-3276.8, 3276.7, -32768, 32767)):
    """A signal of steps of 0.1 µV; noise of that SD where there are no values."""
    if values is None:
        values = numpy.random.default_rng(len(label) + int(sd)).normal(0, sd, seconds * rate)
    return {"label": label, "stored": numpy.rint(numpy.asarray(values) * 10).astype(int), "samples": rate * RECORD_S,
            "unit": unit, "limits": limits}


def channels(seconds=1200):
    return [signal("C4-M1", sd=20, seconds=seconds), signal("E1-M2", sd=40, seconds=seconds),
            signal("Chin", sd=10, seconds=seconds)]


def stamped(onset, text="", duration=None, encoding="utf-8"):
    """A time-stamped annotation list of one text."""
    lasts = "" if duration is None else f"\x15{duration:g}"
    return f"{onset:+.6g}{lasts}\x14".encode() + text.encode(encoding) + b"\x14\0"


def write(path, signals, annotations=None, kind="EDF", form="", clock="22.00.00", date="01.03.24",
          recording="Startdate 01-MAR-2024 X X X", records=None, version=None, tail=b"", label=None):
    """Write a file of records of 10 s.

    annotations : bytes of the annotation channel of each record; with no signals, of its only record.
    """
    width = 3 if kind == "BDF" else 2
    count = len(annotations) if annotations else len(signals[0]["stored"]) // signals[0]["samples"]
    longest = -(-max(map(len, annotations)) // 6) * 6 if annotations else 0
    described = [(one["label"], one["unit"], *one["limits"], one["samples"]) for one in signals]
    if annotations:
        described.append((label or f"{kind} Annotations", "", -1, 1, -32768, 32767, longest // width))
    columns = b"".join(b"".join(field(value, size) for value in column) for column, size in (
        ([row[0] for row in described], 16), ([""] * len(described), 80), *(([row[at] for row in described], 8) for at in range(1, 6)),
        (["HP:0.3Hz LP:35Hz"] * len(described), 80), ([row[6] for row in described], 8), ([""] * len(described), 32)))
    head = b"".join(field(value, size) for value, size in (
        (version or (b"\xffBIOSEMI" if kind == "BDF" else b"0"), 8), ("X X X X", 80), (recording, 80), (date, 8), (clock, 8),
        (256 * (len(described) + 1), 8), (form, 44), (count if records is None else records, 8),
        (RECORD_S if signals else 0, 8), (len(described), 4)))
    body = b""
    for record in range(count):
        for one in signals:
            stored = one["stored"][record * one["samples"]:(record + 1) * one["samples"]].astype("<i4")
            body += stored.view("u1").reshape(-1, 4)[:, :width].tobytes()
        if annotations:
            body += annotations[record].ljust(longest, b"\0")
    path.write_bytes(head + columns + body + tail)


def write_scoring(path, marks, first=0.0, encoding="utf-8", **options):
    """A file of annotations alone: (onset, duration, text) of each."""
    lists = stamped(first) + b"".join(stamped(onset, text, duration, encoding) for onset, duration, text in marks)
    write(path, [], [lists], form="EDF+C", **options)


def marks(step=30, lasts=None, late=0.0):
    """An annotation for each epoch of `STAGES`."""
    return [(late + step * at, lasts or step, f"Sleep stage {stage.replace('REM', 'R')}") for at, stage in enumerate(STAGES)]
