"""Signals at any rate go in; the same at 100 Hz come out."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy

from ..constants import RATE

#: Overlap of stretches that are resampled, in samples of the lower rate, and length of a stretch in overlaps.
MARGIN, STRETCH = 6000, 16


def resample(values, rate):
    """Samples at `rate` Hz brought to 100 Hz by MNE's FFT filter; float32 array (round(samples × 100 / rate),).

    A long signal goes through in stretches that overlap: all at once, a night at 512 Hz takes 2 GB. Stretches and
    their padding are whole numbers of samples at both rates. MNE's padding, to a power of two, is not: it moves
    samples by up to half a sample at rates such as 250 Hz.
    """
    if rate == RATE:
        return values.astype(numpy.float32)
    from mne.filter import resample as mne_resample

    ratio = Fraction(rate).limit_denominator(1000)
    whole_s = ratio.denominator
    margin_s = whole_s * math.ceil(MARGIN / min(rate, RATE) / whole_s)
    resampled = numpy.empty(round(len(values) * RATE / rate), numpy.float32)
    padding = int(margin_s * ratio)
    for start_s in range(0, math.ceil(len(values) / rate), STRETCH * margin_s):
        before_s, end_s = max(start_s - margin_s, 0), start_s + STRETCH * margin_s
        stretch = values[int(before_s * ratio):int((end_s + margin_s) * ratio)]
        stretch = mne_resample(stretch, up=RATE, down=rate, npad=padding, verbose="error")
        resampled[start_s * RATE:end_s * RATE] = stretch[(start_s - before_s) * RATE:(end_s - before_s) * RATE]
    return resampled
