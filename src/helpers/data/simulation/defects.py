"""What breaks naive readers: movement, an unscored tail, a hole in the scoring, a hypnogram that starts late, telemetry
errors, a signal that ends inside an epoch. Clean scoring and signals go in, the same with some of these come out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from ...constants import EPOCH_S

#: Defect → share of the nights that have it; each is in a night at least.
SHARES = {"movement": 0.6, "unscored tail": 0.5, "late hypnogram": 0.5, "partial epoch": 0.6, "marker error": 0.35,
          "hole": 0.1}
UNSCORED, MOVEMENT = "Sleep stage ?", "Movement time"
MARKER_RATE = 10
#: How far movement sways the electrodes, µV.
SWAY = 150
MARKER_FINE, MARKER_ERROR = 1, -31


@dataclass(frozen=True)
class Plan:
    """Where the defects of a night lie.

    movement, hole, unscored : epochs (indices from the start of the signal) scored as movement, absent from the
    hypnogram, scored as unknown. late : epochs before the hypnogram starts. errors : (start, end) of marker errors
    in s. extra_s : signal beyond the last whole epoch. beyond_s : how long the hypnogram outlasts the signal.
    """

    movement: tuple[int, ...] = ()
    hole: tuple[int, ...] = ()
    unscored: tuple[int, ...] = ()
    late: int = 0
    errors: tuple[tuple[float, float], ...] = ()
    extra_s: int = 0
    beyond_s: int = 0


def spread(nights, rng):
    """Names of the defects of each night: list of tuples."""
    chosen = [[] for _ in range(nights)]
    for defect, share in SHARES.items():
        for night in sorted(rng.permutation(nights)[:math.ceil(share * nights)]):
            chosen[night].append(defect)
    return [tuple(names) for names in chosen]


def planned(stages, names, rng):
    """The `Plan` of a night whose epochs have these stages. No stage loses its last two epochs to a defect."""
    left = {stage: stages.count(stage) for stage in stages}
    few = max(1, len(stages) // 50)
    taken = set()

    def take(start, count):
        epochs = range(start, min(start + count, len(stages)))
        if not taken.isdisjoint(epochs) or any(
                left[stage] - sum(stages[epoch] == stage for epoch in epochs) < 2 for stage in {*stages}):
            return ()
        taken.update(epochs)
        for epoch in epochs:
            left[stages[epoch]] -= 1
        return tuple(epochs)

    def anywhere(count):
        for start in rng.permutation(numpy.arange(3, len(stages) - 3 - count)).tolist():
            if epochs := take(start, count):
                return epochs
        return ()

    late = len(take(0, int(rng.integers(1, few + 1)))) if "late hypnogram" in names else 0
    tail = int(rng.integers(1, few + 1))
    unscored = take(len(stages) - tail, tail) if "unscored tail" in names else ()
    movement = sum((anywhere(1) for _ in range(rng.integers(1, few + 1))), ()) if "movement" in names else ()
    errors = [_error(anywhere(2), first, rng) for first in range(min(2, few))] if "marker error" in names else []
    hole = anywhere(int(rng.integers(1, few + 1))) if "hole" in names else ()
    return Plan(tuple(sorted(movement)), hole, unscored, late, tuple(sorted(error for error in errors if error)),
                int(rng.choice([10, 20])) if "partial epoch" in names else 0, EPOCH_S * int(rng.integers(1, 40)))


def _error(epochs, at_boundary, rng):
    """A marker error within two epochs: the night's first begins inside an epoch, its second at a boundary."""
    if not epochs:
        return None
    start = epochs[0] * EPOCH_S + (0 if at_boundary else int(rng.integers(40, 260)) / 10)
    return (start, round(start + int(rng.integers(50, 300)) / 10, 1))


def annotations(texts, plan):
    """(onset, duration, text) in s from the hypnogram's start, epochs of the same text in a row joined.

    texts : annotation text of each whole epoch. The last annotation is `Sleep stage ?` and outlasts the signal.
    """
    texts = list(texts)
    for epochs, text in ((plan.movement, MOVEMENT), (plan.unscored, UNSCORED), (plan.hole, None),
                         (range(plan.late), None)):
        for epoch in epochs:
            texts[epoch] = text
    runs = []
    for epoch, text in enumerate(texts):
        if runs and epoch and texts[epoch - 1] == text:
            runs[-1][1] += EPOCH_S
        else:
            runs.append([(epoch - plan.late) * EPOCH_S, EPOCH_S, text])
    after = plan.extra_s + plan.beyond_s
    if runs[-1][2] == UNSCORED:
        runs[-1][1] += after
    else:
        runs.append([(len(texts) - plan.late) * EPOCH_S, after, UNSCORED])
    return [tuple(run) for run in runs if run[2] is not None]


def disturb(channels, plan, rate, rng):
    """Movement and lost telemetry put into the signals (dict of channel → µV array), which are changed; the marker returned.

    Returns
    -------
    int array at 10 Hz: 1, and −31 where telemetry failed.
    """
    count = len(next(iter(channels.values())))
    for epoch in plan.movement:
        samples = slice(epoch * EPOCH_S * rate, (epoch + 1) * EPOCH_S * rate)
        for name in channels:
            sway = numpy.cumsum(rng.standard_normal(EPOCH_S * rate))
            channels[name][samples] = 3 * channels[name][samples] + SWAY * sway / numpy.abs(sway).max()
    marker = numpy.full(count * MARKER_RATE // rate, MARKER_FINE)
    for start, end in plan.errors:
        marker[round(start * MARKER_RATE):round(end * MARKER_RATE)] = MARKER_ERROR
        for name in channels:
            failed = slice(round(start * rate), round(end * rate))
            lost = channels[name][failed]
            lost[:] = numpy.where(rng.random(len(lost)) < 0.02, rng.uniform(-400, 400, len(lost)), 0)
    return marker
