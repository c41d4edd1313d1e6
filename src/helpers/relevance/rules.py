"""Rules of layer-wise relevance propagation: how a layer hands the relevance of its outputs down to its inputs.

A rule is data; engines read it. In all formulas z_j = Σ_i x_i w_ij + b_j, i runs over the inputs of a layer, j over its
outputs, R_j is the relevance that arrives, and 0/0 is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True)
class Epsilon:
    """R_i = x_i Σ_j w_ij R_j / (z_j + ε sign(z_j)), with sign(0) = +1 and the bias in z.

    Bach et al. 2015, Eq. 58, doi 10.1371/journal.pone.0130140. ε takes up relevance, the more the smaller |z_j| is.
    """

    epsilon: float

    def __post_init__(self):
        if not self.epsilon > 0:
            raise ValueError(f"ε = {self.epsilon}: must be positive")


@dataclass(frozen=True)
class AlphaBeta:
    """R_i = Σ_j (α (x_i w_ij)⁺ / z_j⁺ − β (x_i w_ij)⁻ / z_j⁻) R_j with α − β = 1.

    z_j⁺ = Σ_i (x_i w_ij)⁺ + b_j⁺ and z_j⁻ = Σ_i (x_i w_ij)⁻ + b_j⁻; `bias=False` leaves b out of both.
    Bach et al. 2015, Eq. 60, doi 10.1371/journal.pone.0130140.
    """

    alpha: float
    beta: float
    bias: bool = True

    def __post_init__(self):
        if abs(self.alpha - self.beta - 1) > 1e-9 or self.beta < 0:
            raise ValueError(f"α = {self.alpha}, β = {self.beta}: α − β must be 1 and β at least 0")


_NUMBER = r"(\d+(?:\.\d*)?(?:e[+-]?\d+)?)"
_FORMS = (
    (re.compile(rf"eps={_NUMBER}"), lambda epsilon: Epsilon(float(epsilon))),
    (re.compile(rf"alpha{_NUMBER}beta{_NUMBER}"), lambda alpha, beta: AlphaBeta(float(alpha), float(beta))),
)


def parse(name):
    """The rule that a name such as "eps=0.01" or "alpha1beta0" stands for.

    Raises
    ------
    InputError
        For a name that stands for no rule.
    """
    for form, rule in _FORMS:
        match = form.fullmatch(str(name))
        if match:
            try:
                return rule(*match.groups())
            except ValueError as error:
                raise InputError(f"rule {name!r}: {error}") from error
    raise InputError(f"rule {name!r}: not known; write eps=NUMBER (as eps=0.01) or alphaNUMBERbetaNUMBER "
                     "(as alpha1beta0)")
