"""Who trains, who chooses and who is tested: subjects, a number of folds and a seed go in, a table of roles comes out."""

from __future__ import annotations

import math

import numpy
import pandas

from ..errors import InputError

LEAST_TRAINING = 5


def sizes(n, n_folds=None):
    """(training, validation, test) numbers of subjects of a fold of n subjects; 22 give 17, 2, 3 as in the paper.

    Where `n_folds` folds would leave subjects untested, each tests as many as it takes, if five are left for training.

    Raises
    ------
    InputError
        When fewer than five would be left for training.
    """
    test, validation = max(1, round(0.14 * n)), max(1, round(0.09 * n))
    if n_folds and n - validation - math.ceil(n / n_folds) >= LEAST_TRAINING:
        test = max(test, math.ceil(n / n_folds))
    training = n - test - validation
    if training < LEAST_TRAINING:
        raise InputError(f"{n} subjects: folds need at least {LEAST_TRAINING + 2} ({LEAST_TRAINING} for training, one "
                         "for validation, one for the test)")
    return training, validation, test


def make_folds(subjects, n_folds, seed, design="balanced"):
    """Table of fold, subject, role ("training", "validation", "test"); no subject has two roles in a fold.

    Parameters
    ----------
    subjects : names; their order does not matter.
    n_folds : number of folds.
    seed : of the draws.
    design : "balanced": a shuffled round-robin fills the test places, so that the numbers of times two subjects are
        tested differ by at most 1, and everyone is tested if enough are left for training; "random": each fold is an
        independent draw.
    """
    subjects = sorted(set(subjects))
    _, n_validation, n_test = sizes(len(subjects), n_folds if design == "balanced" else None)
    random = numpy.random.default_rng(seed)
    rows = []
    for fold, tested in enumerate(_test_sets(subjects, n_folds, n_test, design, random)):
        others = [subjects[i] for i in random.permutation(len(subjects)) if subjects[i] not in tested]
        role = {**dict.fromkeys(tested, "test"), **dict.fromkeys(others[:n_validation], "validation")}
        rows += [(fold, subject, role.get(subject, "training")) for subject in subjects]
    return pandas.DataFrame(rows, columns=["fold", "subject", "role"])


def _test_sets(subjects, n_folds, n_test, design, random):
    """The test subjects of each fold."""
    if design == "random":
        for _ in range(n_folds):
            yield [subjects[i] for i in random.choice(len(subjects), n_test, replace=False)]
        return
    queue = []
    for _ in range(n_folds):
        tested = []
        while len(tested) < n_test:
            if not queue:  # a new round: those who were just taken come last, so that no fold draws a subject twice
                shuffled = [subjects[i] for i in random.permutation(len(subjects))]
                queue = [s for s in shuffled if s not in tested] + [s for s in shuffled if s in tested]
            tested.append(queue.pop(0))
        yield tested


def untested(folds):
    """Subjects that no fold tests, sorted."""
    return sorted(set(folds["subject"]) - set(folds.loc[folds["role"] == "test", "subject"]))
