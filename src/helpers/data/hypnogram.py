"""Scoring of a night: an EDF+ or BDF+ file of annotations, a table of events, XML, or a text of a stage per line goes in;
stretches of time with a stage, or with the ledger's reason for dropping them, come out, placed on the signal's clock.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ..constants import EPOCH_S, STAGES
from ..errors import InputError
from .edf import open_recording
from .scoring_table import DAY_S, Events, read_text
from .scoring_xml import read_xml
from .spelling import folded
from .stage_texts import IGNORE, MEANINGS, TEXTS, quoted

#: First bytes of EDF and BDF files.
EDF = (b"0       ", b"\xffBIOSEMI")
UNSCORED_NOTE = "there is no hypnogram, so that slots of 30 s begin at the first sample"
IGNORED_NOTE = "texts of the hypnogram of which nothing is said are {}, by the setting others"
DAYS_NOTE = "the dates of signals and hypnogram differ, so that the clock alone places the hypnogram"
ROUNDING_NOTE = "holes and overlaps of up to 0.5 s between annotations were taken as rounding: the later onset counts"
OVERLAP_NOTE = "stages of the hypnogram lie over one another; where they differ, the slot is unscored"
#: Holes and overlaps up to this (s) are rounding; below the second they are no difference at all.
ROUNDING_S, SAME_S = 0.5, 1e-3
#: Epochs by which lines may outlast the signals, and which stages may lie over one another.
FEW = 5
#: Share of stages whose length, or onset after the first, is a multiple of 30 s in a scoring of 30-s epochs.
MOSTLY = 0.9
#: Unknown texts that an error lists.
LISTED = 100


class Hypnogram(NamedTuple):
    """Scoring of a night.

    marks : list of (start, end, label) in s from the first sample of the signals, by start; label is a stage or a reason
        for dropping, see `stage_texts.TEXTS`.
    notes : (sentence on what is taken for granted, how often, or None) of each.
    is_by_epoch : whether it was scored in epochs of 30 s; of others a slot may hold several.
    """

    marks: list
    notes: list
    is_by_epoch: bool = True


#: A night that nobody scored.
UNSCORED = Hypnogram([], [(UNSCORED_NOTE, None)])


def read_hypnogram(path, psg, texts=None, scoring=None):
    """Scoring of a night, in seconds from the first sample of the signals.

    Onsets of annotations are placed by the clocks of both files, fractions of a second included (MNE leaves the
    hypnogram's clock out); those of a table in seconds, of XML and of lines count from the recording's first sample.
    An event without duration lasts until the next, the last for 30 s.

    Parameters
    ----------
    path : EDF+ or BDF+ file; CSV or TSV with the columns onset, duration (s) and stage, or trial_type where there is
        no stage; NSRR or Profusion XML; or text of a stage per line. Its content says which, not its name.
    psg : `edf.Recording` of the night's signals.
    texts : the user's text as `spelling.folded` → a word of `stage_texts.MEANINGS`; goes before `stage_texts.TEXTS`.
    scoring : further settings of the user, see `listing.SCORING`.

    Returns
    -------
    `Hypnogram`.

    Raises
    ------
    InputError
        Naming the file and line: no such form, no stages, an unknown text, two scorers at once, or the scoring of another
        night.
    """
    path, scoring = Path(path), scoring or {}
    events, origin, notes = _events(path, psg, scoring)
    labels, others = _labels(events, texts or {}, scoring, path)
    notes += [(IGNORED_NOTE.format("ignored" if scoring.get("others") == IGNORE else "unscored"), others)] * (others > 0)
    marks = _marks(events, labels)
    if not marks:
        raise InputError(f"{path}: holds no annotations; give the file with the scoring")
    marks, rounded = _rounded(marks)
    notes += [(ROUNDING_NOTE, rounded)] * (rounded > 0)
    first, last = marks[0][0], max(end for _, end, _ in marks)
    if last <= 0 or first >= psg.duration_s:
        raise InputError(f"{path}: scoring of another night, {origin}: from {first:g} to {last:g} s it does not overlap the "
                         f"signals of {psg.path} ({psg.start}, {psg.duration_s:g} s); give the hypnogram of the same night")
    if events.line_s:
        _refuse_long(marks, events.line_s, psg, path)
    if overlaps := _overlaps(marks, path):
        notes.append((OVERLAP_NOTE, overlaps))
    return Hypnogram(marks, notes, _is_by_epoch(marks, events.line_s or scoring.get("seconds")))


def _events(path, psg, scoring):
    """(`Events` from the first sample, how an error says what they count from, notes) of a file, by its content."""
    try:
        with open(path, "rb") as file:
            is_edf = file.read(8) in EDF or path == psg.path
            content = None if is_edf else file.seek(0) or file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the file with the scoring") from None
    if is_edf:
        return _of_edf(psg if path == psg.path else open_recording(path), psg)
    start = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    read = read_xml(content, path) if start[:1] == b"<" else read_text(content, path, psg, scoring)
    return read, "whose onsets count from the first sample", [(note, None) for note in read.notes]


def _of_edf(scoring, psg):
    """The same of an EDF+ or BDF+ file."""
    events = [(onset, duration, text, f"annotation {quoted(text)} at {onset:g} s")
              for onset, duration, text in scoring.annotations]
    if scoring is psg or not events:
        return Events(events, None), "in the file of the signals", []
    for recording in (scoring, psg):
        if recording.start is None:
            raise InputError(f"{recording.path}: its header has no start time that can be read, which placing the scoring of "
                             f"{scoring.path} on the signals needs; mend it, or give the scoring as a table of onsets in seconds")
    late, notes = (scoring.start - psg.start).total_seconds(), []
    first, last = min(onset for onset, *_ in events), max(onset + duration for onset, duration, *_ in events)

    def overlap(days):
        return min(psg.duration_s, last + late + days * DAY_S) - max(0, first + late + days * DAY_S)

    if not (scoring.is_dated and psg.is_dated) or overlap(0) <= 0:
        middle = round((psg.duration_s / 2 - late - (first + last) / 2) / DAY_S)
        best, second = sorted(range(middle - 1, middle + 2), key=overlap, reverse=True)[:2]
        if overlap(best) > 0:
            if overlap(best) - overlap(second) < EPOCH_S:
                raise InputError(f"{scoring.path}: its clock fits several days of the {psg.duration_s / 3600:.1f} hours of "
                                 f"signals of {psg.path}, and their dates do not say which; mend the date in its header")
            late += best * DAY_S
            notes.append((DAYS_NOTE, None))
    shown = f"it starts {scoring.start if scoring.is_dated else scoring.start.time()}"
    return Events([(onset + late, *rest) for onset, *rest in events], None), shown, notes


def _labels(events, texts, scoring, path):
    """(what each event means, number of events of which nothing is said); all unknown texts are named at once."""
    known, others = {**TEXTS, **texts}, scoring.get("others")
    counts = Counter(text.strip() for _, _, text, _ in events.events if folded(text) not in known)
    untimed = any(onset is None for onset, *_ in events.events)
    if counts and (others is None or untimed):
        where = next(where for _, _, text, where in events.events if text.strip() in counts)
        listed = [f"{quoted(text)} {count}" for text, count in list(counts.items())[:LISTED]]
        more = len(counts) - len(listed)
        raise InputError(
            f"{path}{', ' if where.startswith('line') else ': '}{where} is no stage that is known"
            + (f"; {len(counts)} unknown texts and how often each: {', '.join(listed)}" + f" and {more} more" * (more > 0)
               if len(counts) > 1 else "")
            + f"; say in the YAML file beside the CSV what it means ({', '.join(MEANINGS)}): "
            f"stages: {{{quoted(next(iter(counts)))}: …}}"
            + ("" if untimed else ", or of all of which nothing is said: others: ignore"))
    return [known.get(folded(text), others) for _, _, text, _ in events.events], sum(counts.values())


def _marks(events, labels):
    """(start, end, label) of each event that means something, by start; lines that mean nothing take no time."""
    marks, begun = [], 0.0
    for (onset, duration, *_), label in zip(events.events, labels):
        if label != IGNORE:
            marks.append((begun if onset is None else onset, duration, label))
            begun += duration
    marks.sort()
    following = [start for start, _, _ in marks[1:]] + [marks[-1][0] + EPOCH_S] if marks else []
    return [(start, start + duration if duration else after, label)
            for (start, duration, label), after in zip(marks, following)]


def _rounded(marks):
    """The marks with holes and overlaps of up to 0.5 s closed, and the number of those."""
    closed, count = [], 0
    for (start, end, label), (later, _, _) in zip(marks, [*marks[1:], (marks[-1][1], 0, "")]):
        difference = abs(later - end)
        if SAME_S < difference <= ROUNDING_S:
            count += 1
        closed.append((start, later if difference <= ROUNDING_S else end, label))
    return closed, count


def _refuse_long(marks, line_s, psg, path):
    """Refuse lines that last much longer than the signals."""
    seconds = marks[-1][1]
    if seconds - psg.duration_s > FEW * max(line_s, EPOCH_S):
        fitting = line_s * psg.duration_s / seconds
        raise InputError(f"{path}: {round(seconds / line_s):,} lines of {line_s:g} s are {seconds:,g} s, "
                         f"{seconds / psg.duration_s:.3g} times the {psg.duration_s:,g} s of the signals of {psg.path}; a line may "
                         f"be about {fitting:.2g} s: say so in the YAML file beside the CSV by scoring: {{seconds: …}}, or give "
                         "the hypnogram of the same night")


def _overlaps(marks, path):
    """Number of stages that begin before another ends; more than a few are refused, as of two scorers in one file."""
    until, count, seconds = marks[0][0], 0, 0.0
    for start, end, label in marks:
        if label in STAGES:
            if until - start > ROUNDING_S:
                count, seconds = count + 1, seconds + min(until, end) - start
            until = max(until, end)
    if seconds > FEW * EPOCH_S:
        raise InputError(f"{path}: {count:,} of its {len(marks):,} stages begin while another lasts ({seconds:,g} s), as where a "
                         "file holds two scorers or several sessions; give the scoring of one, or choose its rows in the YAML "
                         "file beside the CSV: scoring: {rows: {scorer: …}}")
    return count


def _is_by_epoch(marks, unit_s):
    """Whether stages were scored in epochs of 30 s: as the file or its user says, else by the stages' lengths or onsets."""
    if unit_s:
        return unit_s % EPOCH_S == 0
    stages = [(end - start, start - marks[0][0]) for start, end, label in marks if label in STAGES]
    return any(sum(min(value % EPOCH_S, -value % EPOCH_S) <= ROUNDING_S for value in values) >= MOSTLY * len(stages)
               for values in zip(*stages)) or not stages
