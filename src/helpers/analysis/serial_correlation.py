"""Epochs of one night and stage as a first-order autoregressive series: values come in; their variance and the correlation of
neighbours go out, and what both do to a night's mean and squares.
"""

from __future__ import annotations

import numpy

#: Correlations of neighbours that are told apart from 0 are searched between these.
LEAST, MOST = -0.5, 0.98


def inflation(numbers, correlation):
    """By how much the variance of a mean of n neighbours exceeds that of n independent values: 1 + 2 Σ (1 − k/n) ρᵏ.

    Parameters
    ----------
    numbers : (nights,), epochs of each. correlation : ρ of neighbours, below 1.
    """
    numbers = numpy.asarray(numbers, float)
    return ((1 + correlation) / (1 - correlation)
            - 2 * correlation * (1 - correlation**numbers) / (numbers * (1 - correlation) ** 2))


def squares_moments(numbers, correlation):
    """(mean, variance) of Σ (e − ē)² of each night's epochs of variance 1: n − f, and 2 tr((CΣ)²) with Σ their correlations and C
    what takes the mean away; each (nights,)."""
    numbers = numpy.asarray(numbers, int)
    mean = numbers - inflation(numbers, correlation)
    variance = numpy.empty(len(numbers))
    for number in numpy.unique(numbers):
        at = numpy.arange(1, number + 1)
        rows = (1 + correlation - correlation**at - correlation ** (number - at + 1)) / (1 - correlation)
        trace = number * inflation([number], correlation**2)[0] - 2 / number * (rows**2).sum() + (rows.sum() / number) ** 2
        variance[numbers == number] = 2 * trace
    return mean, variance


def within_nights(values, nights):
    """(variance of epochs, correlation of neighbours) within nights.

    Parameters
    ----------
    values : (epochs,), in the order of the night. nights : (epochs,), the night's number of each.

    Returns
    -------
    Both by moments: squares and products of neighbours around the nights' means, pooled, are set to what an autoregressive series
    gives after its own mean was taken away, which is less than its variance and its correlation. NaN without a night of 3 epochs.
    """
    numbers = numpy.bincount(nights)
    long = (numbers >= 3)[nights]
    values, nights = values[long], nights[long]
    if not len(values):
        return numpy.nan, numpy.nan
    numbers = numpy.bincount(nights)
    around = values - (numpy.bincount(nights, values) / numpy.maximum(numbers, 1))[nights]
    neighbours = nights[1:] == nights[:-1]
    squares, products = (around**2).sum(), (around[1:] * around[:-1])[neighbours].sum()
    if not squares > 0:
        return 0.0, 0.0
    numbers = numbers[numbers > 0]
    tried = numpy.linspace(LEAST, MOST, 149)
    expected = numpy.array([_products(numbers, one) / (numbers - inflation(numbers, one)).sum() for one in tried])
    correlation = float(numpy.interp(products / squares, expected, tried))
    return float(squares / (numbers - inflation(numbers, correlation)).sum()), correlation


def _products(numbers, correlation):
    """Expected sum of products of neighbours around the nights' means, of epochs of variance 1."""
    of_mean = inflation(numbers, correlation) / numbers
    first = (1 - correlation**numbers) / (numbers * (1 - correlation))
    return ((numbers - 1) * correlation - (numbers + 1) * of_mean + 2 * first).sum()
