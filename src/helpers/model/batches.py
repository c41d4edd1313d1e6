"""Which sleep epochs one training epoch shows the network, in which order, and how much each class weighs."""

from __future__ import annotations

import numpy

from ..constants import STAGES


def stage_numbers(table):
    """Stages of a table's rows as indices of STAGES, int array."""
    return table["stage"].map({stage: number for number, stage in enumerate(STAGES)}).to_numpy("int64")


def draw(rows, stages, size, random):
    """Shuffled rows of one training epoch.

    Parameters
    ----------
    rows : row numbers that may be drawn.
    stages : stage number of each of `rows`.
    size : 0 for every row once; else that many rows, as equal in number over the stages that occur as can be. A
        stage with fewer rows than its share repeats them, each as often as the others but for one.
    random : numpy.random.Generator.
    """
    if not size:
        return random.permutation(rows)
    present = random.permutation(numpy.unique(stages))
    numbers = numpy.full(len(present), size // len(present))
    numbers[: size % len(present)] += 1
    drawn = [numpy.resize(random.permutation(rows[stages == stage]), number) for stage, number in zip(present, numbers)]
    return random.permutation(numpy.concatenate(drawn))


def class_weights(stages, n_stages, kind):
    """Weight of each stage in the loss, float32 (n_stages,).

    "balanced": n / (stages that occur × n of the stage), so that each stage that occurs weighs the same in all and
    the mean weight of an epoch is 1 (King and Zeng 2001, doi 10.1093/oxfordjournals.pan.a004868); "none": 1 each.
    """
    if kind == "none":
        return numpy.ones(n_stages, "float32")
    counts = numpy.bincount(stages, minlength=n_stages)
    weights = len(stages) / (numpy.count_nonzero(counts) * numpy.maximum(counts, 1))
    return numpy.where(counts > 0, weights, 0).astype("float32")


def batches(rows, size):
    """Cut rows into batches of `size`, the last one with what is left."""
    for start in range(0, len(rows), size):
        yield rows[start:start + size]
