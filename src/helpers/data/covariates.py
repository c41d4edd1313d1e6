"""A covariate's cells as text come in; numbers or categories, with gaps where nothing is known, come out."""

from __future__ import annotations

import math

import pandas

#: What people and programs write where a value is not known, in lower case: BIDS n/a, R NA, pandas NaN.
UNKNOWN = ("", "n/a", "na", "nan")


def parsed(column):
    """The covariate of a column of texts: floats where all that is known are numbers, else text; NaN where unknown."""
    known = column.mask(column.str.lower().isin(UNKNOWN))
    numbers = pandas.to_numeric(known, errors="coerce")
    return known if (numbers.isna() & known.notna()).any() else numbers.astype(float)


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
