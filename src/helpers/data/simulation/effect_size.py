"""The standardised size d of what a covariate does to a value that every night has, and where a sleeper lies on a covariate.

Medication is counted over the standard deviation between nights of a sleeper; sex, and age over 30 years, over that between
sleepers. The same measure is taken of what was drawn and of what reached the shares.
"""

from __future__ import annotations

import numpy

#: Years of age over which an effect has the size d, and the age at which signs have the size of their table.
YEARS, MIDDLE_AGE = 30, 48


def position(covariate, value):
    """Where a value lies, 1 being the distance over which an effect has the size d."""
    if covariate == "age":
        return (value - MIDDLE_AGE) / YEARS
    return 0.5 if value in ("temazepam", "male") else -0.5


def standardised(covariate, nights):
    """Size d of the effect of a covariate.

    Parameters
    ----------
    covariate : "medication", "sex" or "age".
    nights : (subject, covariates of the night by name, value) of each.

    Returns
    -------
    float; None with too few sleepers or without any spread.
    """
    subjects = {}
    for subject, covariates, value in nights:
        subjects.setdefault(subject, []).append((position(covariate, covariates[covariate]), value))
    if covariate == "medication":
        pairs = [both for both in subjects.values() if sorted(x for x, _ in both) == [-0.5, 0.5]]
        changes = numpy.array([sum(2 * x * value for x, value in both) for both in pairs])
        sd = changes.std(ddof=1) / 2 ** 0.5 if len(changes) > 2 else 0
        return float(changes.mean() / sd) if sd > 0 else None
    x = numpy.array([both[0][0] for both in subjects.values()])
    y = numpy.array([numpy.mean([value for _, value in both]) for both in subjects.values()])
    if len(x) < 4 or x.std() == 0:
        return None
    design = numpy.column_stack([numpy.ones(len(x)), x])
    coefficients = numpy.linalg.lstsq(design, y, rcond=None)[0]
    sd = numpy.sqrt(((y - design @ coefficients) ** 2).sum() / (len(x) - 2))
    return float(coefficients[1] / sd) if sd > 0 else None
