"""Scoring in text: a table of events, or one stage per line, goes in; events in seconds from the signal's first sample come
out. Onsets may be seconds or clock times.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
from typing import NamedTuple

from ..constants import EPOCH_S
from ..errors import InputError
from .spelling import folded
from .stage_texts import quoted

#: Columns that name a stage: as people call it, and as BIDS does (bids-specification.readthedocs.io, task events).
STAGE_COLUMNS = ("stage", "trial_type")
LINES_NOTE = "the hypnogram has one stage per line, taken as {:g} s each from the first sample"
CLOCK_NOTE = "onsets of the hypnogram are clock times, placed by the start of the signals; their dates do not count"
#: Columns that say whose scoring a row is.
SCORERS = ("scorer", "rater", "reader", "annotator", "expert", "scored_by", "scored by")
#: A clock time at the end of a cell, after a date or none.
CLOCK = re.compile(r"(.*?[\sT])?(\d{1,2}):(\d\d):(\d\d(?:[.,]\d+)?)\s*([AaPp])?\.?[Mm]?\.?")
DAY_S = 86400
#: Longest signals (s) on which a clock time says the moment without a date.
CLOCK_IS_ENOUGH_S = 23 * 3600


class Events(NamedTuple):
    """What a scoring says, in its order.

    events : (onset, duration, text, where) of each; s from the first sample, duration 0 where none is given, where as an
        error names it.
    epoch_s : seconds of the epochs in which the night was scored, None where the file does not say.
    are_lines : whether the file has no times of its own, so that its lines must not outlast the signals.
    notes : what was taken for granted, as sentences.
    """

    events: list
    epoch_s: float | None
    are_lines: bool = False
    notes: tuple = ()


def read_text(content, path, psg, scoring):
    """`Events` of a text file.

    Parameters
    ----------
    content : bytes of the file; path : its name, for errors.
    psg : `edf.Recording` of the night's signals, on whose clock times are placed.
    scoring : the user's settings, see `listing.SCORING`.
    """
    lines = _lines(content, path)
    separator = lines and re.fullmatch(r"sep=(.)", lines[0])
    if separator:  # a line for a spreadsheet program
        lines = lines[1:]
    delimiter = separator[1] if separator else next((sign for sign in "\t;," if lines and sign in lines[0]), None)
    if delimiter is None:
        return _stage_per_line(lines, path, scoring)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{path}: no table that can be read ({error}); export the scoring anew") from None
    return _Table(rows, delimiter, path, psg, scoring).events()


def _lines(content, path):
    """Lines of a text file in UTF-8, UTF-16 or Latin-1, without empty ones at its end."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", "replace")
    elif content[1:2] == content[3:4] == b"\0" or content[:1] == content[2:3] == b"\0":
        text = content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    if "\0" in text:
        raise InputError(f"{path}: neither an EDF+ or BDF+ file nor XML nor text; give the file with the scoring")
    return re.split("\r\n|\r|\n", text.strip("\r\n").rstrip()) if text.strip() else []


def _stage_per_line(lines, path, scoring):
    """A line that says `stage` first is the column's name; lines that mean nothing take no time."""
    named = bool(lines) and lines[0].strip().lower() in STAGE_COLUMNS
    texts = [(number, line.strip()) for number, line in enumerate(lines, start=1)][named:]
    line_s = scoring.get("seconds", EPOCH_S)
    for number, text in texts:
        if not text:
            raise InputError(f"{path}, line {number}: is empty, though each line is {line_s:g} s; write `unscored` where there is "
                             "no stage")
    return Events([(None, line_s, text, f"line {number}: {quoted(text)}") for number, text in texts], line_s,
                  True, (LINES_NOTE.format(line_s),))


class _Table:
    """A table of events, its rows split into cells."""

    def __init__(self, rows, delimiter, path, psg, scoring):
        self.rows, self.path, self.psg, self.scoring = rows, path, psg, scoring
        self.decimal_comma = delimiter != ","
        self.names = [folded(name) for name in rows[0]]

    def events(self):
        """`Events` of the rows that the user chose."""
        columns = {kind: self.column(kind) for kind in ("stage", "onset", "duration", "end")}
        if columns["stage"] is None or columns["onset"] is None:
            shown = ", ".join(quoted(name.strip()) for name in self.rows[0])
            raise InputError(f"{self.path}: its columns are {shown}; a table of the scoring needs onset, duration and stage or "
                             "trial_type, any other text one stage per line; say in the YAML file beside the CSV which columns "
                             "these are: scoring: {onset: …, stage: …}")
        read, clock, dated = [], set(), False
        for number, cells in self.chosen():
            onset, is_clock = self.moment(cells[columns["onset"]], "onset", number)
            clock.add(is_clock)
            dated |= is_clock and bool(CLOCK.fullmatch(cells[columns["onset"]])[1])
            if columns["end"] is not None and columns["duration"] is None:
                end, ends_by_clock = self.moment(cells[columns["end"]], "end", number)
                clock.add(ends_by_clock)
                duration = (end - onset) % DAY_S if ends_by_clock else end - onset
                if duration < 0:
                    raise self.fault(number, f"end {cells[columns['end']]} lies before onset {cells[columns['onset']]}")
            else:
                duration = self.duration(cells, columns["duration"], number)
            text = cells[columns["stage"]]
            read.append((onset, duration, text, f"line {number}: {quoted(text)}"))
        if len(clock) > 1:
            raise InputError(f"{self.path}: some of its times are seconds and some clock times; write all in one way")
        epoch_s = self.scoring.get("seconds")
        if clock != {True} or self.scoring.get("times") == "elapsed":
            return Events(read, epoch_s)
        placed = self.placed(read)
        if not dated and "times" not in self.scoring:
            self.refuse_elapsed(read, placed)
        return Events(placed, epoch_s, False, (CLOCK_NOTE,))

    def column(self, kind):
        """Index of the column that the user or custom calls by that name, or None."""
        usual = STAGE_COLUMNS if kind == "stage" else () if kind == "end" else (kind,)
        wanted = self.scoring.get(kind)
        if wanted is not None and folded(wanted) not in self.names:
            raise InputError(f"{self.path}: no column {quoted(wanted)}, which the YAML file beside the CSV names; its columns are "
                             f"{', '.join(map(quoted, self.names))}")
        present = [name for name in ([folded(wanted)] if wanted else usual) if name in self.names]
        if present and self.names.count(present[0]) > 1:
            raise InputError(f"{self.path}: {self.names.count(present[0])} columns are called {quoted(present[0])}; name each once")
        return self.names.index(present[0]) if present else None

    def chosen(self):
        """(line, cells) of each row that is not empty and of those that the user chose."""
        wanted = {folded(name): value for name, value in self.scoring.get("rows", {}).items()}
        if missing := [name for name in wanted if name not in self.names]:
            raise InputError(f"{self.path}: no column {quoted(missing[0])}, by which rows are to be chosen; its columns are "
                             f"{', '.join(map(quoted, self.names))}")
        rows, taken = [], []
        for number, cells in enumerate(self.rows[1:], start=2):
            cells = [cell.strip() for cell in cells]
            if any(cells):
                if len(cells) < len(self.names) or any(cells[len(self.names):]):
                    raise self.fault(number, f"has {len(cells)} cells where the first line has {len(self.names)}")
                rows.append(cells)
                if all(cells[self.names.index(name)] == value for name, value in wanted.items()):
                    taken.append((number, cells))
        if rows and not taken:
            (name, value), *_ = wanted.items()
            there = dict.fromkeys(quoted(cells[self.names.index(name)]) for cells in rows)
            raise InputError(f"{self.path}: no row has {quoted(value)} in column {quoted(name)}; there are "
                             f"{', '.join(list(there)[:10])}")
        for column in set(SCORERS) & set(self.names):
            if len(scorers := dict.fromkeys(cells[self.names.index(column)] for _, cells in taken)) > 1:
                raise InputError(f"{self.path}: holds the scoring of {', '.join(map(quoted, list(scorers)[:10]))}, two scorers or "
                                 "more; choose one in the YAML file beside the CSV: "
                                 f"scoring: {{rows: {{{column}: {next(iter(scorers))}}}}}")
        return taken

    def moment(self, cell, name, number):
        """(seconds, whether they are those of a clock since midnight) of a cell."""
        seconds = self.seconds(cell)
        if seconds is not None:
            return seconds, False
        match = CLOCK.fullmatch(cell)
        hour, minute, second = (int(match[2]), int(match[3]), float(match[4].replace(",", "."))) if match else (99, 0, 0)
        if match and match[5]:
            hour = hour % 12 + 12 * (match[5] in "pP") if 1 <= hour <= 12 else 99
        if hour > 23 or minute > 59 or second >= 60:
            raise self.fault(number, f"{name} is {quoted(cell)}, not a number of seconds and no clock time such as 23:05:30")
        return 3600 * hour + 60 * minute + second, True

    def duration(self, cells, column, number):
        """Seconds of a row; 0 where they are not known: BIDS writes n/a there."""
        if column is None:
            return self.scoring.get("seconds", 0.0)
        cell = cells[column]
        if cell.lower() in ("", "n/a"):
            return 0.0
        seconds, match = self.seconds(cell), CLOCK.fullmatch(cell)
        if seconds is None and match and not match[1] and not match[5]:
            seconds = 3600 * int(match[2]) + 60 * int(match[3]) + float(match[4].replace(",", "."))
        if seconds is None or seconds < 0:
            raise self.fault(number, f"duration is {quoted(cell)}, not a number of seconds")
        return seconds

    def seconds(self, cell):
        """A number, or None."""
        try:
            value = float(cell.replace(",", ".") if self.decimal_comma else cell)
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def placed(self, read):
        """Events whose onsets are seconds since midnight, placed on the signal's clock."""
        start, duration_s = self.psg.start, self.psg.duration_s
        if start is None:
            raise InputError(f"{self.path}: its onsets are clock times, and {self.psg.path} does not say when it starts; write "
                             "onsets in seconds from the first sample")
        if duration_s > CLOCK_IS_ENOUGH_S:
            raise InputError(f"{self.path}: its onsets are clock times, which can be of several days in {duration_s / 3600:.1f} "
                             "hours of signals; write onsets in seconds from the first sample")
        midnight = datetime.datetime.combine(start.date(), datetime.time())
        since = (start - midnight).total_seconds()
        latest = (DAY_S + duration_s) / 2
        return [((onset - since + DAY_S - latest) % DAY_S - DAY_S + latest, *rest) for onset, *rest in read]

    def refuse_elapsed(self, read, placed):
        """Refuse times that can as well be counted from the first sample, where they would begin sooner."""
        first, last = min(read)[0], max(read)[0]
        if last < self.psg.duration_s and first < abs(min(placed)[0]):
            raise InputError(f"{self.path}: its onsets, from {_shown(first)} to {_shown(last)}, can be times of the clock or time "
                             f"since the first sample ({self.psg.start:%H:%M:%S}); say in the YAML file beside the CSV which: "
                             "scoring: {times: clock} or {times: elapsed}")

    def fault(self, number, text):
        """An error of a line."""
        return InputError(f"{self.path}, line {number}: {text}")


def _shown(seconds):
    return f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02d}:{int(seconds % 60):02d}"
