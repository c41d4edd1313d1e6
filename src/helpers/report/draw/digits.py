"""A column of numbers comes in; how a table shows them goes out: decimals that align, a minus that is one, and 0 without a sign."""

import math

import numpy
import pandas

#: Digits of the largest number of a column that are shown, and the most decimals.
DIGITS, DECIMALS = 4, 6
#: How raised digits are written.
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def column(values):
    """A function from a number of the column to its text.

    All numbers have as many decimals as the largest has of four digits, less those that are 0 throughout. A number that would be all
    zeros so is written as a power of ten: `1.9·10⁻⁵`.
    """
    known = numpy.array([value for value in pandas.to_numeric(pandas.Series(list(values)), errors="coerce") if math.isfinite(value)], float)
    largest = numpy.abs(known).max(initial=0)
    decimals = min(max(DIGITS - 1 - math.floor(math.log10(largest)), 0), DECIMALS) if largest else 0
    while decimals and all(f"{value:.{decimals}f}".endswith("0") for value in known):
        decimals -= 1
    return lambda value: number(value, decimals)


def number(value, decimals):
    """`−0.50`; `0.00` of −0; `1.9·10⁻⁵` of what would be all zeros; `–` of what is no number."""
    if pandas.isna(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    said = f"{value:.{decimals}f}"
    if not said.strip("-0."):
        said = power(value) if value else f"{0:.{decimals}f}"
    return said.replace("-", "−")


def power(value):
    """`1.9·10⁻⁵`."""
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(RAISED)}"


def fixed(value, decimals, sign=""):
    """`−0.50`, and `0.00` of what rounds to it, whatever its sign; `+0.50` with the sign "+"."""
    said = f"{value:{sign}.{decimals}f}"
    return (said if said.strip("+-0.") else said.lstrip("+-")).replace("-", "−")


def within(value, low, high, decimals):
    """`−0.50 [−0.75, 0.25]`: a number and its interval."""
    return f"{fixed(value, decimals)} [{fixed(low, decimals)}, {fixed(high, decimals)}]"
