"""Scoring of a night: an EDF+ or BDF+ file of annotations, a table of events or a text of a stage per line goes in;
stretches of time with a stage, or with the ledger's reason for dropping them, come out, placed on the signal's clock.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

from ..constants import EPOCH_S
from ..errors import InputError
from .edf import open_recording
from .stage_texts import IGNORE, MEANINGS, TEXTS

#: Suffixes and first bytes of EDF and BDF files.
EDF_SUFFIXES = (".edf", ".bdf", ".rec")
EDF = (b"0       ", b"\xffBIOSEMI")
#: Columns that name a stage: as people call it, and as BIDS does (bids-specification.readthedocs.io, task events).
STAGE_COLUMNS = ("stage", "trial_type")
UNKNOWN_LISTED = 8
UNSCORED_ASSUMPTION = "there is no hypnogram, so that slots of 30 s begin at the first sample"
LINES_ASSUMPTION = "the hypnogram has one stage per line, taken as 30 s each from the first sample"


class Hypnogram(NamedTuple):
    """Scoring of a night.

    marks : list of (start, end, label) in s from the first sample of the signals, by start; label is a stage or a reason
        for dropping, see `stage_texts.TEXTS`.
    assumption : what is taken for granted of the file, as a sentence; "" for nothing.
    """

    marks: list
    assumption: str


#: A night that nobody scored.
UNSCORED = Hypnogram([], UNSCORED_ASSUMPTION)


def read_hypnogram(path, psg, texts=None):
    """Scoring of a night, in seconds from the first sample of the signals.

    Onsets of annotations are placed by the start times of both headers (MNE leaves the hypnogram's out), those of a
    table count from the recording's first sample. Lines of a text are 30 s each from there. An event without
    duration lasts until the next, the last for 30 s.

    Parameters
    ----------
    path : EDF+ or BDF+ file; CSV or TSV with the columns onset, duration (s) and stage, or trial_type where there is
        no stage; or text of a stage per line.
    psg : `edf.Recording` of the night's signals.
    texts : the user's text in lower case → a word of `stage_texts.MEANINGS`; goes before `stage_texts.TEXTS`.

    Returns
    -------
    `Hypnogram`.

    Raises
    ------
    InputError
        Naming the file and line: no such form, no stages, an unknown text, or the scoring of another night.
    """
    path = Path(path)
    content = None if path.suffix.lower() in EDF_SUFFIXES else _content(path)
    assumption = ""
    if content is None or content[:8] in EDF:
        scoring = psg if path == psg.path else open_recording(path)
        late, origin = (scoring.start - psg.start).total_seconds(), f"it starts {scoring.start}"
        events = [(onset, duration, text, f"annotation '{text}' at {onset:g} s")
                  for onset, duration, text in scoring.annotations]
    else:
        late, origin = 0, "whose seconds count from the first sample"
        lines = _text(content, path)
        columns = _columns(lines, path)
        events = _table(lines, columns, path) if len(columns) > 1 else _stage_per_line(lines, path)
        assumption = LINES_ASSUMPTION if len(columns) == 1 else ""
    marks = sorted((onset + late, duration, label)
                   for (onset, duration, *_), label in zip(events, _labels(events, texts or {}, path)) if label != IGNORE)
    if not marks:
        raise InputError(f"{path}: holds no annotations; give the file with the scoring")
    following = [start for start, _, _ in marks[1:]] + [marks[-1][0] + EPOCH_S]
    marks = [(start, start + duration if duration else after, label)
             for (start, duration, label), after in zip(marks, following)]
    first, last = marks[0][0], max(end for _, end, _ in marks)
    if last <= 0 or first >= psg.duration_s:
        raise InputError(f"{path}: scoring of another night, {origin}: from {first:g} to {last:g} s it does not overlap the "
                         f"signals of {psg.path} ({psg.start}, {psg.duration_s:g} s); give the hypnogram of the same night")
    return Hypnogram(marks, assumption)


def _content(path):
    """Bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the file with the scoring") from None


def _text(content, path):
    """Lines of a text file, without empty ones at its end."""
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise InputError(f"{path}: neither an EDF+ or BDF+ file nor text; give the file with the scoring")
    return text.rstrip().splitlines()


def _delimiter(line):
    return next((sign for sign in "\t;," if sign in line), "\t")


def _columns(lines, path):
    """Names of a table's columns, in lower case; a single name where the file has a stage per line."""
    first = lines[0] if lines else ""
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=_delimiter(first))) or [""]]
    if len(names) > 1 and not ({"onset", "duration"} <= set(names) and set(STAGE_COLUMNS) & set(names)):
        raise InputError(f"{path}: its columns are {', '.join(names)}; a table of the scoring needs onset, duration and "
                         "stage or trial_type, any other text one stage per line")
    return names


def _stage_per_line(lines, path):
    """(onset, duration, text, where) of each line of a text; a first line that says `stage` is the column's name."""
    named = bool(lines) and lines[0].strip().lower() in STAGE_COLUMNS
    texts = [(number, line.strip()) for number, line in enumerate(lines, start=1)][named:]
    for number, text in texts:
        if not text:
            raise InputError(f"{path}, line {number}: is empty, though each line is 30 s; write `unscored` where there is "
                             "no stage")
    return [(index * EPOCH_S, EPOCH_S, text, f"line {number}: '{text}'") for index, (number, text) in enumerate(texts)]


def _table(lines, names, path):
    """(onset, duration, text, where) of each event of a table, s from the recording's first sample; BIDS writes n/a where
    a duration is not known."""
    stage = next(name for name in STAGE_COLUMNS if name in names)
    events = []
    for number, cells in enumerate(csv.reader(lines[1:], delimiter=_delimiter(lines[0])), start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(names, (cell.strip() for cell in cells)))
        if len(row) < len(names):
            raise InputError(f"{path}, line {number}: has {len(cells)} cells where the first line has {len(names)}")
        onset, duration = (_seconds(row[name], name, path, number) for name in ("onset", "duration"))
        events.append((onset, duration, row[stage], f"line {number}: '{row[stage]}'"))
    return events


def _seconds(text, name, path, number):
    if name == "duration" and text.lower() in ("", "n/a"):
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (name == "duration" and value < 0):
        raise InputError(f"{path}, line {number}: {name} is '{text}', not a number of seconds")
    return value


def _labels(events, texts, path):
    """What each event means; all unknown texts are named at once, so that a single look at the file is enough."""
    known, unknown = {**TEXTS, **texts}, {}
    for _, _, text, where in events:
        if text.strip().lower() not in known:
            unknown.setdefault(text.strip(), where)
    if unknown:
        (first, where), *others = unknown.items()
        more = [f"'{text}'" for text, _ in others[:UNKNOWN_LISTED]] + ["more"] * (len(others) > UNKNOWN_LISTED)
        raise InputError(f"{path}{', ' if where.startswith('line') else ': '}{where} is no stage that is known"
                         + (f" (nor are {', '.join(more)})" if more else "")
                         + f"; say in the YAML file beside the CSV what it means ({', '.join(MEANINGS)}): "
                         f"stages: {{'{first}': …}}")
    return [known[text.strip().lower()] for _, _, text, _ in events]
