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


def make_ledger(marks, duration_s, errors=()):
    """The slots of a recording and what becomes of them; `flat` is judged on signals, by `drop_flat`.

    The slots follow the scoring, not the signal: their boundaries fall on the onsets at which most of the scored time
    begins, so that no slot straddles two scored epochs when the hypnogram starts at no multiple of 30 s. Slot 0 then
    begins before the signal and is partial, as is the last when the signal ends inside it.

    A slot is `outside hypnogram` when it reaches before the first or beyond the last annotation; `unscored` when it
    touches a hole in the scoring, a `?`, or two stages; `movement` or `marker error` when it touches such a stretch.

    Parameters
    ----------
    marks : (start, end, label) in s from the first sample; label is a stage or a reason. Without any, the night was
        not scored: its slots begin at the first sample, and whole slots are kept without a stage.
    duration_s : length of the signals.
    errors : (start, end) of marker errors in s.

    Returns
    -------
    DataFrame: epoch (0, 1, …), onset_s, kept, reason ("" where kept), stage ("" where the slot has no single stage).
    """
    shift = _shift(marks)
    first = shift - EPOCH_S if shift else 0.0
    count = math.ceil((duration_s - first - SAME) / EPOCH_S)
    touched = {label: numpy.zeros(count, bool) for label in (*REASONS, *STAGES)}
    for start, end, label in _stretches(marks, duration_s, errors):
        slots = numpy.clip([start + SAME - first, end - SAME - first], 0, count * EPOCH_S) / EPOCH_S
        touched[label][math.floor(slots[0]):math.ceil(slots[1])] = True
    stages = numpy.array([touched[stage] for stage in STAGES])
    touched["unscored"] |= stages.sum(axis=0) > 1
    clear = (stages.sum(axis=0) == 1) & ~touched["unscored"] & ~touched["outside hypnogram"]
    reason = numpy.select([touched[name] for name in REASONS], REASONS, "")
    return pandas.DataFrame({
        "epoch": numpy.arange(count), "onset_s": first + EPOCH_S * numpy.arange(count, dtype=float),
        "kept": reason == "", "reason": reason.astype(object),
        "stage": numpy.where(clear, numpy.array(STAGES)[stages.argmax(axis=0)], "").astype(object)})


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
