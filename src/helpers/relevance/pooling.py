"""Pooled relevance: weights by which a mean of shares becomes the share of all relevance of some epochs."""

from __future__ import annotations

import numpy


def pool_weights(log_total):
    """Weights that turn a mean of shares into the share of pooled relevance: exp(log_total), largest 1, 0 for −inf.

    The pooled share of a set of epochs is Σ share exp(log_total) / Σ exp(log_total): the modality's part of all their
    absolute relevance, in which an epoch counts by how much of it arrived.
    """
    log_total = numpy.asarray(log_total, "float64")
    finite = numpy.isfinite(log_total)
    if not finite.any():
        return numpy.zeros_like(log_total)
    return numpy.where(finite, numpy.exp(numpy.where(finite, log_total - log_total[finite].max(), 0)), 0.0)
