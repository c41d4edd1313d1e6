"""Simulated stage sequences: a number of 30-s epochs goes in, a stage text per epoch comes out, cycle by cycle.

They have what staged sleep has: wake before sleep, N1 to N3 and back, REM at the end of a cycle, less N3 and more REM
as the night goes on, short awakenings, and N3 scored as stage 3 or 4.
"""

from __future__ import annotations

import numpy

#: Bouts of a cycle in order, and their shares of its length: in the first cycle and in the last.
CYCLE = (("W", 0.16, 0.10), ("N1", 0.11, 0.10), ("N2", 0.17, 0.17), ("N3", 0.22, 0.14), ("N2", 0.13, 0.17),
         ("N1", 0.03, 0.05), ("REM", 0.18, 0.27))


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
    return _interrupted(stages, rng)


def _interrupted(sequence, rng):
    """Short awakenings: a single epoch of W, then often another of N1, in about 4 % of the epochs of N2 and REM."""
    sequence = list(sequence)
    for index in range(2, len(sequence) - 2):
        inside = len({*sequence[index - 2:index + 3]}) == 1 and sequence[index] in ("N2", "REM")
        if inside and rng.random() < 0.06:
            sequence[index] = "W"
            if rng.random() < 0.7:
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
