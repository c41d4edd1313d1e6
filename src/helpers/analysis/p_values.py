"""p values of a family corrected together, and one in words."""

import numpy


def corrected(p):
    """Benjamini-Hochberg corrected p of a family; NaN stays NaN and does not count."""
    from statsmodels.stats.multitest import multipletests

    p = numpy.asarray(p, "float64")
    q, tested = numpy.full(len(p), numpy.nan), numpy.isfinite(p)
    if tested.any():
        q[tested] = multipletests(p[tested], method="fdr_bh")[1]
    return q


def p_words(p):
    """`0.012`, or `below 0.0001`."""
    return "below 0.0001" if p < 1e-4 else f"{p:.2g}"
