"""Permutation tests over subjects: one response per subject comes in, how often chance does as much goes out.

What differs between nights of a subject is tested by flipping the signs of subjects' differences; what differs between subjects
by permuting residuals over subjects (Freedman and Lane 1983; Winkler et al. 2014, doi 10.1016/j.neuroimage.2014.01.060).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy

#: Random draws of a test whose arrangements are more than these; else all are counted.
DRAWS = 9_999
#: Statistics within this part of each other are equal.
TIE = 1e-9
#: Eigenvalues below this part of the greatest weight are 0. Columns are tested so many at a time, which a processor's cache holds.
NOTHING, BLOCK = 1e-14, 64


@dataclass(frozen=True)
class Moves:
    """Arrangements of subjects. order : int (draws, subjects), whose residual stands where; signs : its sign. exact : whether
    these are all there are, what was observed among them.
    """

    order: numpy.ndarray
    signs: numpy.ndarray
    exact: bool

    def weights(self, vector):
        """The weights that the residuals, as they stand, get where the moved ones are weighted by `vector`: (draws, subjects)."""
        moved = numpy.empty(self.order.shape)
        numpy.put_along_axis(moved, self.order, vector * self.signs, axis=1)
        return moved


def sign_flips(subjects, draws=DRAWS, seed=0):
    """Moves that flip the signs of subjects' residuals."""
    if 2**subjects <= draws + 1:
        signs = numpy.array(list(itertools.product((1.0, -1.0), repeat=subjects)))
    else:
        signs = numpy.random.default_rng(seed).choice((1.0, -1.0), (draws, subjects))
    return Moves(numpy.broadcast_to(numpy.arange(subjects), signs.shape), signs, 2**subjects <= draws + 1)


def permutations(subjects, draws=DRAWS, seed=0):
    """Moves that permute subjects' residuals."""
    exact = math.factorial(subjects) <= draws + 1
    if exact:
        order = numpy.array(list(itertools.permutations(range(subjects))))
    else:
        order = numpy.random.default_rng(seed).random((draws, subjects)).argsort(axis=1)
    return Moves(order, numpy.ones(order.shape), exact)


class Statistic:
    """T² = b′V⁻¹b of the first term of a design after moves, V the jackknife over subjects (CRV3 of one row per subject).

    With r = Pe − HPe, the residuals of moved residuals Pe, V is Σ w r², which is Σ w (Pe)² + Σ λ (v′Pe)² with vectors v and parts λ
    that the design alone decides. What moves make of them is worked out once, for any number of responses.
    """

    def __init__(self, design, moves):
        """design : (subjects, terms), the tested term first; every subject can be left out without losing rank."""
        base, n = numpy.linalg.qr(design)[0], len(design)
        row = numpy.linalg.pinv(design)[0]
        weight = (n - 1) / n * (row / (1 - (base**2).sum(axis=1))) ** 2
        crossed = (weight[:, None] * base) @ base.T
        parts, vectors = numpy.linalg.eigh(base @ ((base.T * weight) @ base) @ base.T - crossed - crossed.T)
        some = numpy.abs(parts) > NOTHING * weight.max()
        self.parts = parts[some]
        self.row, self.squared = moves.weights(row), numpy.abs(moves.weights(weight))
        self.projected = [moves.weights(vector) for vector in vectors[:, some].T]

    def of(self, residuals, responses=1):
        """(coefficients (draws, columns), T² (draws, columns / responses)), `responses` neighbouring columns tested together.

        residuals : (subjects, columns) of the model without the tested term.
        """
        coefficients = numpy.empty((len(self.row), residuals.shape[1]))
        tested = numpy.empty((len(self.row), residuals.shape[1] // responses))
        for start in range(0, tested.shape[1], BLOCK):
            here = slice(start * responses, (start + BLOCK) * responses)
            values = residuals[:, here]
            coefficients[:, here] = self.row @ values
            tested[:, start:start + BLOCK] = _squared(coefficients[:, here].reshape(len(self.row), -1, responses),
                                                      self._covariance(values, responses))
        return coefficients, tested

    def _covariance(self, values, responses):
        """V of neighbouring columns, (draws, columns / responses, responses, responses)."""
        onto = [vector @ values for vector in self.projected]
        covariance = numpy.empty((len(self.row), values.shape[1] // responses, responses, responses))
        for a, b in itertools.combinations_with_replacement(range(responses), 2):
            first, second = slice(a, None, responses), slice(b, None, responses)
            value = self.squared @ (values[:, first] * values[:, second])
            for part, projected in zip(self.parts, onto):
                value += part * projected[:, first] * projected[:, second]
            covariance[:, :, a, b] = covariance[:, :, b, a] = value
        return covariance


def _squared(coefficients, covariance):
    """b′V⁻¹b; infinite where V is singular and b is not 0."""
    responses = coefficients.shape[-1]
    with numpy.errstate(divide="ignore", invalid="ignore"):
        if responses == 1:
            return coefficients[..., 0] ** 2 / numpy.maximum(covariance[..., 0, 0], 0)
        if responses == 2:
            (a, b), (c, d, e) = numpy.moveaxis(coefficients, -1, 0), (covariance[..., 0, 0], covariance[..., 1, 1],
                                                                      covariance[..., 0, 1])
            return (a**2 * d + b**2 * c - 2 * a * b * e) / numpy.maximum(c * d - e**2, 0)
    inverse = numpy.linalg.pinv(covariance, hermitian=True)
    return numpy.einsum("nca,ncab,ncb->nc", coefficients, inverse, coefficients)


def arranged(design, flipped, draws=DRAWS):
    """(moves, `Statistic`) of a design: flips of signs, or permutations, of as many subjects as it has rows."""
    moves = (sign_flips if flipped else permutations)(len(design), draws)
    return moves, Statistic(design, moves)


def nothing_moved(subjects):
    """Moves of one draw in which every residual stands where it stood."""
    return Moves(numpy.arange(subjects)[None], numpy.ones((1, subjects)), True)


def test(values, design, moves, responses=1, drawn=None):
    """p of the first term of a design.

    Parameters
    ----------
    values : (subjects, columns). design : (subjects, terms), the tested term first. moves : of the residuals of the other terms.
    drawn : `Statistic` of design and moves, where it is there already.
    responses : how many neighbouring columns are tested together; a move moves all of a subject's columns.

    Returns
    -------
    {"coefficient": (columns,), "T2": (columns / responses,), "p": the same, "half95", "half90": the same, half widths of intervals
    of one response, "residual": (columns,) SD around the full model}. p counts arrangements with a T² at least as large; of random
    draws, what was observed is one (Phipson and Smyth 2010). Intervals reach as many standard errors as T exceeds in 5 or 10 % of
    the arrangements, so that p < 5 % where the 95 % interval leaves 0 out.
    """
    others = design[:, 1:]
    residuals = values - others @ numpy.linalg.lstsq(others, values, rcond=None)[0] if others.shape[1] else values
    still = Statistic(design, nothing_moved(len(values)))
    coefficient, observed = (array[0] for array in still.of(residuals, responses))
    _, squares = (drawn or Statistic(design, moves)).of(residuals, responses)
    as_large = (~(squares < observed * (1 - TIE))).sum(axis=0)
    p = as_large / len(squares) if moves.exact else (1 + as_large) / (1 + len(squares))
    full = values - design @ numpy.linalg.lstsq(design, values, rcond=None)[0]
    residual = numpy.sqrt((full**2).sum(axis=0) / max(len(values) - design.shape[1], 1))
    return {"coefficient": coefficient, "T2": observed, "p": p, "residual": residual,
            **(_half_widths(coefficient, observed, squares) if responses == 1 else {})}


def _half_widths(coefficient, observed, squares):
    """Half widths of 95 % and 90 % intervals: standard errors b/T times a quantile of T over arrangements."""
    with numpy.errstate(divide="ignore", invalid="ignore"):
        error = numpy.abs(coefficient) / numpy.sqrt(observed)
        reach = numpy.sqrt(numpy.quantile(squares, [0.95, 0.90], axis=0, method="higher"))
        return dict(zip(("half95", "half90"), error * reach))
