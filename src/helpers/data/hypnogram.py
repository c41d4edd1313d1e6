"""Scoring of one night: an EDF+ or BDF+ file of annotations, a table of events or a text of one stage per line goes in;
stretches of time with a stage, or with the ledger's reason for dropping them, come out, placed on the signal's clock.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

from ..constants import EPOCH_S
from ..errors import InputError
from .edf_header import read_header
from .stage_texts import IGNORE, MEANINGS, TEXTS

#: First bytes of EDF and BDF files.
EDF = (b"0       ", b"\xffBIOSEMI")
#: Columns that name a stage: one's own and BIDS's (bids-specification.readthedocs.io, task events).
STAGE_COLUMNS = ("stage", "trial_type")
UNKNOWN_LISTED = 8


def read_hypnogram(path, psg, texts=None):
    """Scoring of a night, in seconds from the first sample of the signals.

    Onsets of annotations are placed by the start times of both headers (MNE leaves the hypnogram's out), those of a
    table count from the recording's first sample. Lines of a text are 30 s each from there. An event without
    duration lasts until the next one, the last one 30 s.

    Parameters
    ----------
    path : EDF+ or BDF+ file; CSV or TSV with the columns onset, duration (s) and stage, or trial_type where there is
        no stage; or text of one stage per line.
    psg : `header.Header` of the night's signals.
    texts : text of one's own in lower case → one of `stages.MEANINGS`; goes before `stages.TEXTS`.

    Returns
    -------
    list of (start, end, label), by start; label is a stage or a reason, see `stages.TEXTS`.

    Raises
    ------
    InputError
        Naming the file and line: no such form, no stages, an unknown text, or the scoring of another night.
    """
    path = Path(path)
    if _is_edf(path):
        header = read_header(path)
        late, origin = (header.start - psg.start).total_seconds(), f"it starts {header.start}"
        events = _annotations(path)
    else:
        late, origin = 0, "whose seconds count from the first sample"
        events = _lines(path) if one_stage_per_line(path) else _table(path)
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
    return marks


def one_stage_per_line(path):
    """Whether a hypnogram has no times of its own, so that its lines are taken as 30 s each from the first sample."""
    return not _is_edf(path) and len(_columns(_text(path), path)) == 1


def assumed(path):
    """What is taken for granted of a hypnogram, or of a night without one (path ""), as a sentence; "" for nothing."""
    if path == "":
        return "there is no hypnogram, so that slots of 30 s begin at the first sample"
    return ("the hypnogram has one stage per line, taken as 30 s each from the first sample" if one_stage_per_line(path)
            else "")


def _is_edf(path):
    if Path(path).suffix.lower() in (".edf", ".bdf", ".rec"):
        return True
    try:
        with open(path, "rb") as file:
            return file.read(8) in EDF
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the file with the scoring") from None


def _annotations(path):
    """(onset, duration, text, where) of each annotation of an EDF+ or BDF+ file, s from its own start."""
    import mne

    try:
        found = mne.read_annotations(path, encoding="latin1")
    except (ValueError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path}: MNE cannot read its annotations: {' '.join(str(error).split())}") from error
    return [(float(onset), float(duration), str(text), f"annotation '{text}' at {onset:g} s")
            for onset, duration, text in zip(found.onset, found.duration, found.description)]


def _text(path):
    """Lines of a text file, without empty ones at its end."""
    content = Path(path).read_bytes()
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
    """Names of a table's columns, in lower case; one where the file has a stage per line."""
    first = lines[0] if lines else ""
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=_delimiter(first))) or [""]]
    if len(names) > 1 and not ({"onset", "duration"} <= set(names) and set(STAGE_COLUMNS) & set(names)):
        raise InputError(f"{path}: its columns are {', '.join(names)}; a table of the scoring needs onset, duration and "
                         "stage or trial_type, any other text one stage per line")
    return names


def _lines(path):
    """The same of a text of one stage per line; a first line that says `stage` is the column's name."""
    lines = _text(path)
    named = bool(lines) and lines[0].strip().lower() in STAGE_COLUMNS
    texts = [(number, line.strip()) for number, line in enumerate(lines, start=1)][named:]
    for number, text in texts:
        if not text:
            raise InputError(f"{path}, line {number}: is empty, though each line is 30 s; write `unscored` where there is "
                             "no stage")
    return [(place * EPOCH_S, EPOCH_S, text, f"line {number}: '{text}'") for place, (number, text) in enumerate(texts)]


def _table(path):
    """The same of a table, s from the recording's first sample; BIDS writes n/a where a duration is not known."""
    lines = _text(path)
    names = _columns(lines, path)
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
    """What each event means; all unknown texts are named at once, so that one look at the file is enough."""
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
