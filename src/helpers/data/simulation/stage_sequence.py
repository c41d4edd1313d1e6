"""Simulated stage sequences: a number of 30-s epochs goes in, a stage text per epoch comes out, cycle by cycle.

They have what staged sleep has: wake before sleep, N1 to N3 and back, REM at the end of a cycle, less N3 and more REM
as the night goes on, hesitation where one stage becomes the next, short awakenings, and N3 scored as stage 3 or 4.
"""

from __future__ import annotations

import numpy

#: Bouts of a cycle in order, and their shares of its length: in the first cycle and in the last.
CYCLE = (("W", 0.15, 0.09), ("N1", 0.09, 0.08), ("N2", 0.18, 0.21), ("N3", 0.24, 0.13), ("N2", 0.13, 0.17),
         ("N1", 0.03, 0.04), ("REM", 0.18, 0.28))
#: Probability that an epoch of N2 or REM inside a bout is an awakening, and that N1 follows it.
AWAKENING, N1_AFTER = 0.025, 0.7
#: Probability that one of the first epochs of a bout is still of the stage before, and how many can be.
HESITATION, HESITANT = 0.2, 4
#: Pairs of stages between which sleep hesitates.
BETWEEN = (("W", "N1"), ("N1", "N2"), ("N2", "N3"), ("N3", "N2"))


def sequence(epochs, cycle_epochs, rng):
    """Stage of each epoch.

    Parameters
    ----------
    epochs : number of 30-s epochs, at least 10.
    cycle_epochs : length of a sleep cycle in epochs; the night holds the nearest whole number of them, at least 1.
    rng : numpy.random.Generator.

    Returns
    -------
    list of str from `constants.STAGES`. Every stage appears.
    """
    cycles = max(1, round(epochs / cycle_epochs))
    bouts = []
    for cycle in range(cycles):
        late = cycle / (cycles - 1) if cycles > 1 else 0.5
        for stage, first, last in CYCLE:
            bouts.append((stage, (first + (last - first) * late) * rng.uniform(0.8, 1.25)))
    lengths = numpy.array([length for _, length in bouts])
    ends = numpy.rint(numpy.cumsum(lengths) / lengths.sum() * epochs).astype(int)
    starts = numpy.concatenate([[0], ends[:-1]])
    stages = [stage for (stage, _), start, end in zip(bouts, starts, ends) for _ in range(end - start)]
    return _interrupted(_hesitant(stages, starts, rng), rng)


def _hesitant(sequence, starts, rng):
    """Epochs at the beginning of a long bout that are still of the stage before."""
    result = list(sequence)
    for start in starts[1:]:
        before, after = sequence[start - 1], sequence[min(start, len(sequence) - 1)]
        if (before, after) in BETWEEN and sequence[start:start + 2 * HESITANT] == [after] * 2 * HESITANT:
            for index in range(start + 1, start + HESITANT):
                if rng.random() < HESITATION:
                    result[index] = before
    return result


def _interrupted(sequence, rng):
    """Short awakenings: a single epoch of W, then often another of N1."""
    sequence = list(sequence)
    for index in range(2, len(sequence) - 2):
        inside = len({*sequence[index - 2:index + 3]}) == 1 and sequence[index] in ("N2", "REM")
        if inside and rng.random() < AWAKENING:
            sequence[index] = "W"
            if rng.random() < N1_AFTER:
                sequence[index + 1] = "N1"
    return sequence


def scored(sequence, rng):
    """Annotation text of each epoch, as telemetry files write it: N3 is `Sleep stage 3`, or 4 deep inside a bout."""
    texts = {"W": "W", "N1": "1", "N2": "2", "N3": "3", "REM": "R"}
    result = []
    for index, stage in enumerate(sequence):
        around = sequence[max(0, index - 2):index + 3]
        deep = stage == "N3" and all(other == "N3" for other in around) and rng.random() < 0.7
        result.append("Sleep stage " + ("4" if deep else texts[stage]))
    return result
