"""Scoring of a night: an EDF+ or BDF+ file of annotations, a table of events, XML, or a text of a stage per line goes in;
stretches of time with a stage, or with the ledger's reason for dropping them, come out, placed on the signal's clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ..constants import EPOCH_S, STAGES
from ..errors import InputError
from .edf import open_recording
from .edf_header import is_edf
from .ledger import ROUNDING_S, SAME
from .scoring_table import DAY_S, Events, read_text
from .scoring_xml import read_xml
from .spelling import folded
from .stage_texts import IGNORE, MEANINGS, OTHERS, TEXTS, quoted

#: How an error says what annotations of EDF+ count from.
CLOCKED = "it starts"
UNSCORED_NOTE = "there is no hypnogram, so that slots of 30 s begin at the first sample"
IGNORED_NOTE = "texts of the hypnogram of which nothing is said are {}, by the setting others"
DAYS_NOTE = "the dates of signals and hypnogram differ, so that the clock alone places the hypnogram"
ROUNDING_NOTE = "holes and overlaps of up to 0.5 s between annotations were taken as rounding: the later onset counts"
DRIFT_NOTE = "onsets of the hypnogram that waver or drift against slots of 30 s were taken as those of the nearest slot"
OVERLAP_NOTE = "stages of the hypnogram lie over one another; where they differ, the slot is unscored"
#: Seconds by which onsets may be off their slots where they change by rounding from one to the next.
DRIFT_S = 5
#: Seconds that an event of no length takes which is no stage.
POINT_S = 1.0
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
    texts = {**TEXTS, **(texts or {})}
    events, origin, notes = _events(path, psg, texts, scoring)
    labels, others = _labels(events, texts, scoring, path)
    notes += [(IGNORED_NOTE.format("ignored" if scoring.get("others") == IGNORE else "unscored"), others)] * (others > 0)
    marks = _marks(events, labels, texts)
    if not marks:
        raise InputError(f"{path}: holds no annotations; give the file with the scoring")
    marks, rounded = _rounded(marks)
    notes += [(ROUNDING_NOTE, rounded)] * (rounded > 0)
    first, last = marks[0][0], max(end for _, end, _ in marks)
    if last <= 0 or first >= psg.duration_s:
        raise InputError(f"{path}: scoring of another night, {origin}: from {first:g} to {last:g} s it does not overlap the "
                         f"signals of {psg.path} ({psg.start}, {psg.duration_s:g} s); give the hypnogram of the same night")
    if not origin.startswith(CLOCKED):
        _refuse_long(marks, events, psg, path)
    if overlaps := _overlaps(marks, path):
        notes.append((OVERLAP_NOTE, overlaps))
    is_by_epoch = _is_by_epoch(marks, events.epoch_s)
    if is_by_epoch:
        marks, moved = _without_drift(marks)
        notes += [(DRIFT_NOTE, moved)] * (moved > 0)
    return Hypnogram(marks, notes, is_by_epoch)


def _events(path, psg, texts, scoring):
    """(`Events` from the first sample, how an error says what they count from, notes) of a file, by its content."""
    try:
        with open(path, "rb") as file:
            of_edf = path == psg.path or is_edf(file.read(256))
            content = None if of_edf else file.seek(0) or file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the file with the scoring") from None
    if of_edf:
        return _of_edf(psg if path == psg.path else open_recording(path), psg, texts)
    start = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    read = read_xml(content, path) if start[:1] == b"<" else read_text(content, path, psg, scoring)
    return read, "whose onsets count from the first sample", [(note, None) for note in read.notes]


def _of_edf(scoring, psg, texts):
    """The same of an EDF+ or BDF+ file."""
    events = [(onset, duration, text, f"annotation {quoted(text)} at {onset:g} s")
              for onset, duration, text in scoring.annotations]
    if scoring is psg or not events:
        return Events(events, None), f"{CLOCKED} with the signals", []
    for recording in (scoring, psg):
        if recording.start is None:
            raise InputError(f"{recording.path}: its header has no start time that can be read, which placing the scoring of "
                             f"{scoring.path} on the signals needs; mend it, or give the scoring as a table of onsets in seconds")
    late, notes = (scoring.start - psg.start).total_seconds(), []
    stages = [event for event in events if texts.get(folded(event[2])) in STAGES] or events
    first, last = min(onset for onset, *_ in stages), max(onset + duration for onset, duration, *_ in stages)

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
    shown = f"{CLOCKED} {scoring.start if scoring.is_dated else scoring.start.time()}"
    return Events([(onset + late, *rest) for onset, *rest in events], None), shown, notes


def _labels(events, known, scoring, path):
    """(what each event means, number of events of which nothing is said); all unknown texts are named at once.

    In a text of a stage per line, what is ignored takes no time: by `others` only headings are, before the first stage.
    """
    others = scoring.get("others")
    labels = [known.get(folded(text)) for _, _, text, _ in events.events]
    heading = next((at for at, label in enumerate(labels) if label), 0) if others == IGNORE else 0
    is_unknown = [label is None and (others is None or events.are_lines and others == IGNORE and at >= heading)
                  for at, label in enumerate(labels)]
    if any(is_unknown):
        _refuse_unknown([event for event, unknown in zip(events.events, is_unknown) if unknown], others,
                        OTHERS[0] if events.are_lines else IGNORE, path)
    return [others if label is None else label for label in labels], labels.count(None)


def _refuse_unknown(events, others, way_out, path):
    """Name the texts of these events and how often each is there."""
    counts, where = Counter(text.strip() for _, _, text, _ in events), events[0][-1]
    listed = [f"{quoted(text)} {count}" for text, count in list(counts.items())[:LISTED]]
    more = len(counts) - len(listed)
    raise InputError(
        f"{path}{', ' if where.startswith('line') else ': '}{where} is no stage that is known"
        + (f"; {len(counts)} unknown texts and how often each: {', '.join(listed)}" + f" and {more} more" * (more > 0)
           if len(counts) > 1 else "")
        + f"; say in the YAML file beside the CSV what it means ({', '.join(MEANINGS)}): "
        f"stages: {{{quoted(next(iter(counts)))}: …}}"
        + (f", or of all of which nothing is said: others: {way_out}" if others is None else
           ", since others: ignore would shift all lines that follow"))


def _marks(events, labels, known):
    """(start, end, label) of each event that means something, by start; lines that mean nothing take no time.

    An event without duration lasts until the next one that can end it: a stage, or any that has no duration either. The
    last lasts as long as most do, at most an epoch. An event of which nothing is said is a point, as is any that is no stage
    where stages have durations.
    """
    timed, begun = [], 0.0
    stages_last = any(duration for (_, duration, *_), label in zip(events.events, labels) if label in STAGES)
    for (onset, duration, text, _), label in zip(events.events, labels):
        if label != IGNORE:
            is_point = label not in STAGES and (stages_last or folded(text) not in known)
            timed.append((begun if onset is None else onset, duration or (POINT_S if is_point else 0.0), label,
                          not is_point and (label in STAGES or not duration)))
            begun += duration
    timed.sort(key=lambda event: event[0])
    ends = sorted({start for start, *_, can_end in timed if can_end})
    intervals = Counter(round(after - before, 3) for before, after in zip(ends, ends[1:]))
    last_s = min(EPOCH_S, max(intervals, key=intervals.get, default=EPOCH_S))
    marks = []
    for start, duration, label, _ in timed:
        after = bisect_right(ends, start)
        marks.append((start, start + (duration or (ends[after] - start if after < len(ends) else last_s)), label))
    return marks


def _rounded(marks):
    """The marks with holes and overlaps of up to 0.5 s closed, and the number of those."""
    closed, count = [], 0
    for (start, end, label), (later, _, _) in zip(marks, [*marks[1:], (marks[-1][1], 0, "")]):
        difference = abs(later - end)
        if SAME < difference <= ROUNDING_S:
            count += 1
        closed.append((start, later if difference <= ROUNDING_S else end, label))
    return closed, count


def _refuse_long(marks, events, psg, path):
    """Refuse lines that last longer than the signals by more than a few epochs, and tables of which most lies outside them."""
    seconds = max(end for _, end, _ in marks)
    if events.are_lines and seconds - psg.duration_s > FEW * max(events.epoch_s, EPOCH_S):
        fitting = events.epoch_s * psg.duration_s / seconds
        raise InputError(f"{path}: {round(seconds / events.epoch_s):,} lines of {events.epoch_s:g} s are {seconds:,.10g} s, "
                         f"{_times(seconds / psg.duration_s)} the {psg.duration_s:,.10g} s of the signals of {psg.path}; a line may "
                         f"be about {fitting:.2g} s: say so in the YAML file beside the CSV by scoring: {{seconds: …}}, or give "
                         "the hypnogram of the same night")
    stages = [(start, end) for start, end, label in marks if label in STAGES]
    scored = sum(end - start for start, end in stages)
    within = sum(max(0, min(end, psg.duration_s) - max(start, 0)) for start, end in stages)
    if scored - within > max(within, FEW * EPOCH_S):
        raise InputError(f"{path}: its stages last {scored:,.10g} s, to {seconds:,.10g} s, {_times(seconds / psg.duration_s)} the "
                         f"{psg.duration_s:,.10g} s of the signals of {psg.path}, and most lie outside them; write onsets and "
                         "durations in seconds from the first sample, or give the hypnogram of the same night")


def _times(factor):
    """`1.5 times`, `1,000 times`."""
    return f"{factor:,.0f} times" if factor >= 100 else f"{factor:.3g} times"


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


def _is_by_epoch(marks, epoch_s):
    """Whether stages were scored in epochs of 30 s: as the file or its user says, else by the stages' lengths or onsets. A
    scoring with holes or overlaps at most of its changes is no scoring in other epochs."""
    if epoch_s:
        return epoch_s % EPOCH_S == 0
    stages = [(start, end) for start, end, label in marks if label in STAGES]
    follow = [before[1] == after[0] for before, after in zip(stages, stages[1:])]
    if not follow or sum(follow) < MOSTLY * len(follow):
        return True
    lengths, onsets = [end - start for start, end in stages], [start - stages[0][0] for start, _ in stages]
    return any(sum(abs(_off(value)) <= ROUNDING_S for value in values) >= MOSTLY * len(stages) for values in (lengths, onsets))


def _off(seconds):
    """Seconds by which a time is off the nearest multiple of 30 s."""
    return (seconds + EPOCH_S / 2) % EPOCH_S - EPOCH_S / 2


def _without_drift(marks):
    """(the marks with onsets that waver or drift put on slots of 30 s, number of stages moved).

    They do where an onset's place within 30 s changes by rounding only from a stage to the next; holes and shifts are left.
    """
    starts = [start for start, _, label in marks if label in STAGES]
    offs, moment = [], starts[0] if starts else 0.0
    for before, after in zip(starts[:1] + starts, starts):
        step = _off(after - before)
        if abs(step) > ROUNDING_S:
            return marks, 0
        offs.append((offs[-1] if offs else 0.0) + step)
    if not offs or max(offs) - min(offs) <= 2 * SAME or max(offs) - min(offs) > 2 * DRIFT_S:
        return marks, 0
    first = moment + (max(offs) + min(offs)) / 2
    first = moment - _off(moment) if abs(_off(first)) <= ROUNDING_S else first

    def placed(start, end, label):
        if label not in STAGES and end - start < EPOCH_S - ROUNDING_S:
            return start, end, label
        return start - _off(start - first), end - _off(end - first), label

    moved = sum(abs(_off(start - first)) > SAME for start in starts)
    return sorted(placed(*mark) for mark in marks), moved
