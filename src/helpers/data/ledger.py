"""Account of a night: what was scored and what went wrong, as stretches of time, goes in; every 30-s slot of the
recording comes out, kept or dropped with the reason that applies first.
"""

from __future__ import annotations

import math

import numpy
import pandas

from ..constants import EPOCH_S, REASONS, STAGES

#: Times nearer than this (s) are the same: decimals of annotations are not exact in binary.
SAME = 1e-3
#: What reaches into a slot by no more than this (s) does not touch it: scorers' clocks are rounded.
ROUNDING_S = 0.5


def make_ledger(marks, duration_s, errors=(), is_by_epoch=True):
    """The slots of a recording and what becomes of them; `flat` is judged on signals, by `drop_flat`.

    The slots follow the scoring, not the signal: their boundaries fall on the onsets at which most of the scored time
    begins, so that no slot straddles two scored epochs when the hypnogram starts at no multiple of 30 s. Slot 0 then
    begins before the signal and is partial, as is the last when the signal ends inside it.

    A slot is `outside hypnogram` when it reaches before the first or beyond the last annotation; `unscored` when it
    touches a hole in the scoring, a `?`, or two stages by more than half a second; `movement` or `marker error` when it touches
    such a stretch. Where scoring was not by epochs of 30 s, slots follow its first onset, and each takes the stage, hole or
    `?` of most of its seconds, the later at a tie.

    Parameters
    ----------
    marks : (start, end, label) in s from the first sample; label is a stage or a reason. Without any, the night was
        not scored: its slots begin at the first sample, and whole slots are kept without a stage.
    duration_s : length of the signals.
    errors : (start, end) of marker errors in s.
    is_by_epoch : whether the marks were scored in epochs of 30 s.

    Returns
    -------
    DataFrame: epoch (0, 1, …), onset_s, kept, reason ("" where kept), stage ("" where the slot has no single stage), mixed
    (whether its stage is that of most of its seconds).
    """
    shift = _shift(marks) if is_by_epoch else marks[0][0] % EPOCH_S
    first = shift - EPOCH_S if shift else 0.0
    count = max(1, math.ceil((duration_s - first - SAME) / EPOCH_S))
    touched = {label: numpy.zeros(count, bool) for label in (*REASONS, *STAGES)}
    stretches = list(_stretches(marks, duration_s, errors))
    for start, end, label in stretches:
        if end <= start:
            continue
        margin = SAME if label in ("partial", "marker error") else min(ROUNDING_S, (end - start) / 2 - SAME)
        slots = numpy.clip([start + margin - first, end - margin - first], 0, count * EPOCH_S) / EPOCH_S
        touched[label][math.floor(slots[0]):math.ceil(slots[1])] = True
    stages = numpy.array([touched[stage] for stage in STAGES])
    mixed = numpy.zeros(count, bool)
    if not is_by_epoch:
        mixed, stages, touched["unscored"] = _by_most_seconds(stretches, first, stages, touched["unscored"])
    touched["unscored"] |= stages.sum(axis=0) > 1
    clear = (stages.sum(axis=0) == 1) & ~touched["unscored"] & ~touched["outside hypnogram"]
    reason = numpy.select([touched[name] for name in REASONS], REASONS, "")
    return pandas.DataFrame({
        "epoch": numpy.arange(count), "onset_s": first + EPOCH_S * numpy.arange(count, dtype=float),
        "kept": reason == "", "reason": reason.astype(object),
        "stage": numpy.where(clear, numpy.array(STAGES)[stages.argmax(axis=0)], "").astype(object),
        "mixed": mixed & clear & (reason == "")})


def _by_most_seconds(stretches, first, stages, unscored):
    """(slots that hold several, slots of each stage, slots without one) by the seconds of each in a slot."""
    labels, count = (*STAGES, "unscored"), len(unscored)
    seconds, begun = numpy.zeros((len(labels), count)), numpy.full((len(labels), count), -math.inf)
    for start, end, label in stretches:
        if label in labels:
            row, ends = labels.index(label), numpy.clip([start - first, end - first], 0, count * EPOCH_S) / EPOCH_S
            for slot in range(math.floor(ends[0]), math.ceil(ends[1])):
                seconds[row, slot] += EPOCH_S * (min(ends[1], slot + 1) - max(ends[0], slot))
                begun[row, slot] = start
    mixed = stages.sum(axis=0) + unscored > 1
    longest = numpy.where(seconds > seconds.max(axis=0) - SAME, begun, -math.inf)  # the later of equals
    winner = longest.argmax(axis=0)
    of_stage = numpy.array([winner == row for row in range(len(STAGES))])
    return mixed, numpy.where(mixed, of_stage, stages), numpy.where(mixed, winner == len(STAGES), unscored)


def drop_flat(ledger, flat):
    """The ledger with kept slots dropped where `flat` (a bool per slot), the last of the reasons."""
    dropped = ledger["kept"] & numpy.asarray(flat)
    return ledger.assign(kept=ledger["kept"] & ~dropped, reason=ledger["reason"].mask(dropped, "flat"))


def _shift(marks):
    """Onset within 30 s at which most of the scored time begins; of equals, that of the earliest annotation."""
    seconds = {}
    for start, end, label in marks:
        shift = round(start % EPOCH_S, 2) % EPOCH_S
        seconds[shift] = seconds.get(shift, 0) + (end - start if label in STAGES else 0)
    return max(seconds, key=seconds.get, default=0)


def _stretches(marks, duration_s, errors):
    """All that can befall a slot, as (start, end, label): with the holes between annotations, nothing is left out."""
    yield -math.inf, 0, "partial"
    yield duration_s, math.inf, "partial"
    for start, end in errors:
        yield start, end, "marker error"
    if not marks:
        return
    yield -math.inf, marks[0][0], "outside hypnogram"
    scored_until = marks[0][0]
    for start, end, label in marks:
        if start > scored_until + SAME:
            yield scored_until, start, "unscored"
        yield start, end, label
        scored_until = max(scored_until, end)
    yield scored_until, math.inf, "outside hypnogram"
