"""A covariate's cells as text come in; numbers or categories, with gaps where nothing is known, come out."""

from __future__ import annotations

import math

import pandas

from .dates import NO_DATE

#: What people and programs write where a value is not known, in lower case: BIDS n/a, R NA, pandas NaN.
UNKNOWN = ("", "n/a", "na", "nan")


def parsed(column):
    """The covariate of a column of texts: floats where all that is known are numbers, else text; NaN where unknown."""
    known = column.mask(column.str.lower().isin(UNKNOWN))
    numbers = pandas.to_numeric(known, errors="coerce")
    return known if (numbers.isna() & known.notna()).any() else numbers.astype(float)


#: Column of a CSV that says which of a subject's nights a recording is; without it the dates of the recordings do.
PERIOD = "period"


def periods(table, starts):
    """Which of the subject's nights each recording is, by date.

    Parameters
    ----------
    table : with recording and subject. starts : recording → ISO time of its start, on the day `dates.NO_DATE` where none is known.

    Returns
    -------
    recording → 1, 2, …; None where a date is not known or two nights of a subject began at the same time.
    """
    known = table["recording"].map(starts)
    if known.str.startswith(NO_DATE.isoformat()).any() or pandas.concat([table["subject"], known], axis=1).duplicated().any():
        return None
    order = known.groupby(table["subject"]).rank().astype(int)
    return {str(name): int(number) for name, number in zip(table["recording"], order)}


def is_infinite(text):
    """Whether a cell would be taken for an infinite number: inf, -Infinity, 1e999."""
    try:
        return math.isinf(float(text))
    except ValueError:
        return False


def levels(column, reference=None):
    """Levels of a category, the level that the others are compared with first: `reference`, or the first in the alphabet."""
    names = sorted(set(column.dropna().astype(str)))
    return sorted(names, key=lambda level: level != reference)


def is_number(column):
    return pandas.api.types.is_numeric_dtype(column)


def complete(table, names):
    """A bool per row: whether every covariate of it is known. A model takes all covariates together or not at all."""
    return table[list(names)].notna().all(axis=1)
