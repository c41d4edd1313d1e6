"""What a comparison says of a sentence: an estimate with its intervals comes in; holds, fails or undecided goes out."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy

from ..constants import ALPHA
from .p_values import p_words

HOLDS, FAILS, UNDECIDED, NOT_APPLICABLE = "holds", "fails", "undecided", "not applicable"
#: Of several parts of a sentence the first of these that occurs is the verdict on the whole.
ORDER = (FAILS, NOT_APPLICABLE, UNDECIDED, HOLDS)


#: Why there is no average or mean over folds.
TOO_FEW = "epochs of too few subjects or folds"


@functools.lru_cache(maxsize=4096)
def _quantile(part, freedom):
    """t above which this part of the distribution lies."""
    from scipy import stats

    return float(stats.t.isf(part, freedom))


@dataclass(frozen=True)
class Interval:
    """value, and its 95 % interval low to high; inner_low to inner_high is its 90 % interval, by which equivalence is tested at
    5 %. NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan
    inner_low: float = math.nan
    inner_high: float = math.nan

    @classmethod
    def of_draws(cls, value, drawn):
        """Percentile intervals of resamples (Efron and Tibshirani 1993)."""
        known = drawn[~numpy.isnan(drawn)]
        if not len(known) or math.isnan(value):
            return cls(math.nan)
        low, inner_low, inner_high, high = numpy.percentile(known, [50 * ALPHA, 100 * ALPHA, 100 - 100 * ALPHA, 100 - 50 * ALPHA])
        return cls(float(value), float(low), float(high), float(inner_low), float(inner_high))

    @classmethod
    def of_t(cls, value, error, freedom):
        """Intervals of t with so many degrees of freedom."""
        return cls.around(value, *(_quantile(part, freedom) * error for part in (ALPHA / 2, ALPHA)))

    @classmethod
    def around(cls, value, outer, inner):
        """Intervals of half widths, 95 % and 90 %."""
        return cls(value, value - outer, value + outer, value - inner, value + inner)

    def times(self, factor):
        """The intervals of a multiple."""
        ends = [(self.low, self.high), (self.inner_low, self.inner_high)]
        (low, high), (inner_low, inner_high) = (sorted(factor * end for end in pair) for pair in ends)
        return Interval(factor * self.value, low, high, inner_low, inner_high)

    def __str__(self):
        ends = "" if math.isnan(self.low) else f" [{self.low:.1f}, {self.high:.1f}]"
        return f"{self.value:.1f}{ends}"


@dataclass(frozen=True)
class Comparison:
    """verdict of one part of a sentence. what : what is compared, and where. text : what was found. interval : of the value.
    support : how far the value lies on the side that the sentence names, in its own unit; below 0 on the other side. bounds :
    against which the interval is held, twice the same or both ends of a margin."""

    verdict: str
    what: str
    text: str
    interval: Interval = Interval(math.nan)
    support: float = math.nan
    bounds: tuple = (0.0, 0.0)


def not_applicable(reason):
    """What this run or cohort cannot be asked."""
    return Comparison(NOT_APPLICABLE, "", reason)


def undecided(what, reason):
    """What could not be estimated."""
    return Comparison(UNDECIDED, what, f"{what}: {reason}")


def above(what, interval, bound=0.0):
    """Whether a value is above a bound: the 95 % interval lies above it (fails: below)."""
    if math.isnan(interval.value):
        return undecided(what, TOO_FEW)
    verdict = HOLDS if interval.low > bound else FAILS if interval.high < bound else UNDECIDED
    return Comparison(verdict, what, f"{what} = {interval}", interval, interval.value - bound, (bound, bound))


def equivalent(what, interval, margin):
    """Whether a value is as good as 0: two one-sided tests at 5 % (Schuirmann 1987), that is, the 90 % interval lies within
    ±margin. It fails where the 95 % interval lies wholly outside."""
    if math.isnan(interval.value):
        return undecided(what, TOO_FEW)
    within = -margin < interval.inner_low and interval.inner_high < margin
    outside = interval.low > margin or interval.high < -margin
    verdict = HOLDS if within else FAILS if outside else UNDECIDED
    text = f"{what} = {interval.value:.1f} [90 %: {interval.inner_low:.1f}, {interval.inner_high:.1f}]"
    return Comparison(verdict, what, text, interval, margin - abs(interval.value), (-margin, margin))


def directed(what, interval, p, direction):
    """Whether a value is significant in a direction, +1 or −1 (fails: significant in the other one)."""
    side = direction * interval.value
    verdict = UNDECIDED if not p < ALPHA else HOLDS if side > 0 else FAILS
    return Comparison(verdict, what, f"{what} = {interval}, corrected p {p_words(p)}", interval, side)


def overall(comparisons):
    """The verdict on a sentence from those on its parts."""
    return next(verdict for verdict in ORDER if any(part.verdict == verdict for part in comparisons))


def deciding(comparisons):
    """The part that decides: of those with the verdict on the whole the one with the least support."""
    verdict = overall(comparisons)
    return min((part for part in comparisons if part.verdict == verdict),
               key=lambda part: math.inf if math.isnan(part.support) else part.support)
