"""Rules of layer-wise relevance propagation: how a layer hands the relevance of its outputs down to its inputs.

A rule is data, read by whatever engine computes. In all formulas z_j = Σ_i x_i w_ij + b_j, i runs over the inputs of a
layer, j over its outputs, R_j is the relevance that arrives, x⁺ = max(x, 0), x⁻ = min(x, 0), and 0/0 is 0.

Each rule is a sum of fractions. A fraction has terms f(x_i) g(w_ij), whose sum over i, with h(b_j), is its denominator D_j:
R_i = Σ_fractions coefficient · Σ_terms f(x_i) Σ_j g(w_ij) R_j / (D_j + ε sign(D_j)), with sign(0) = +1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ..errors import InputError
from .methods import EPOCH, Ablation, DeepLift, GradientInput, IntegratedGradients, Method, Occlusion, Shapley, SmoothGrad
from .replacement import EXCHANGE, LineNoise

#: f, g or h as a pair (p, q): p v⁺ + q v⁻. Otherwise a name: "one" and "square" of a weight, "one", "low" and "high"
#: (bounds of the input) in place of an input.
PLAIN, POSITIVE, NEGATIVE, NOTHING = (1, 1), (1, 0), (0, 1), (0, 0)

#: What a rule says of iNNvestigate: it follows the same formula, or another one under the same name. None: it is not asked.
SAME_FORMULA, OTHER_FORMULA = "same formula", "other formula"


@dataclass(frozen=True)
class Term:
    """f(x_i) g(w_ij)."""

    input: tuple | str = PLAIN
    weight: tuple | str = PLAIN


@dataclass(frozen=True)
class Fraction:
    """Terms over one denominator; `gate` ±1 admits only outputs with z_j ≥ 0 or z_j < 0."""

    terms: tuple
    bias: tuple = NOTHING
    coefficient: float = 1.0
    epsilon: float = 0.0
    gate: int = 0


@dataclass(frozen=True)
class Zero:
    """LRP-0. Bach et al. 2015, Eq. 56, doi 10.1371/journal.pone.0130140."""

    title, source = "LRP-0", "bach2015"
    innvestigate = None
    formula = r"R_i = \sum_j \frac{x_i w_{ij}}{z_j} R_j"

    @property
    def fractions(self):
        return (Fraction((Term(),), PLAIN),)


@dataclass(frozen=True)
class Epsilon:
    """ε rule: what is small is taken up by ε. Bach et al. 2015, Eq. 58, doi 10.1371/journal.pone.0130140."""

    epsilon: float
    title, source = "ε", "bach2015"
    innvestigate = SAME_FORMULA
    formula = r"R_i = \sum_j \frac{x_i w_{ij}}{z_j + \varepsilon\,\mathrm{sign}(z_j)} R_j"

    def __post_init__(self):
        if not 1e-30 <= self.epsilon <= 1e30:  # beyond, float32 would take it for 0 or for infinity
            raise ValueError(f"ε = {self.epsilon}: must be positive, from 1e-30 to 1e30")

    @property
    def fractions(self):
        return (Fraction((Term(),), PLAIN, epsilon=self.epsilon),)


@dataclass(frozen=True)
class AttnLrp(Epsilon):
    """The ε rule, and in attention the rules of AttnLRP, which let queries and keys have relevance, too.

    Achtibat et al. 2024, arXiv 2402.05602. Other rules hold the weights of attention constant.
    """

    epsilon: float = 1e-6
    title, source = "AttnLRP", "achtibat2024"


@dataclass(frozen=True)
class Gamma:
    """γ rule: what agrees with the sign of z_j counts 1 + γ times; Montavon's where inputs are not negative.

    Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10, generalised to signed inputs as by Andéol et al. 2021.
    """

    gamma: float
    title, source = "γ", "montavon2019"
    innvestigate = None
    formula = r"R_i = \sum_j \frac{x_i w_{ij} + \gamma (x_i w_{ij})^{\pm}}{z_j + \gamma z_j^{\pm}} R_j"

    def __post_init__(self):
        if not 0 <= self.gamma <= 1e15:
            raise ValueError(f"γ = {self.gamma}: must not be negative, and at most 1e15")

    @property
    def fractions(self):
        up, down = (1 + self.gamma, 1), (1, 1 + self.gamma)
        return (Fraction((Term(POSITIVE, up), Term(NEGATIVE, down)), up, gate=1),
                Fraction((Term(POSITIVE, down), Term(NEGATIVE, up)), down, gate=-1))


@dataclass(frozen=True)
class AlphaBeta:
    """αβ rule: positive and negative contributions apart, α − β = 1; `bias=False` leaves b out of both.

    z_j⁺ = Σ_i (x_i w_ij)⁺ + b_j⁺ and z_j⁻ = Σ_i (x_i w_ij)⁻ + b_j⁻. Bach et al. 2015, Eq. 60.
    """

    alpha: float
    beta: float
    bias: bool = True
    title, source = "αβ", "bach2015"
    formula = r"R_i = \sum_j \Big(\alpha \frac{(x_i w_{ij})^+}{z_j^+} - \beta \frac{(x_i w_{ij})^-}{z_j^-}\Big) R_j"

    def __post_init__(self):
        if not (abs(self.alpha - self.beta - 1) <= 1e-9 and 0 <= self.beta):
            raise ValueError(f"α = {self.alpha}, β = {self.beta}: α − β must be 1 and β at least 0")

    @property
    def fractions(self):
        up, down = (POSITIVE, NEGATIVE) if self.bias else (NOTHING, NOTHING)
        fractions = (Fraction((Term(POSITIVE, POSITIVE), Term(NEGATIVE, NEGATIVE)), up, self.alpha),
                     Fraction((Term(POSITIVE, NEGATIVE), Term(NEGATIVE, POSITIVE)), down, -self.beta))
        return fractions if self.beta else fractions[:1]

    @property
    def innvestigate(self):
        """α1β0 alone is asked of it; with biases it takes b⁻ into the positive denominator (albermax/innvestigate#273)."""
        if (self.alpha, self.beta) != (1, 0):
            return None
        return OTHER_FORMULA if self.bias else SAME_FORMULA


@dataclass(frozen=True)
class WSquare:
    """w² rule, for the first layer. Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008."""

    title, source = "w²", "montavon2017"
    innvestigate = None
    formula = r"R_i = \sum_j \frac{w_{ij}^2}{\sum_{i'} w_{i'j}^2} R_j"

    @property
    def fractions(self):
        return (Fraction((Term("one", "square"),)),)


@dataclass(frozen=True)
class Flat:
    """Flat rule: every input of an output alike. Lapuschkin et al. 2019, doi 10.1038/s41467-019-08987-4."""

    title, source = "flat", "lapuschkin2019"
    innvestigate = None
    formula = r"R_i = \sum_j \frac{1}{\sum_{i'} 1} R_j"

    @property
    def fractions(self):
        return (Fraction((Term("one", "one"),)),)


@dataclass(frozen=True)
class ZB:
    """z^B rule, for inputs between bounds; `low` and `high` are numbers or one per channel, None until they are known.

    Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008.
    """

    low: tuple | float | None = None
    high: tuple | float | None = None
    title, source = "zᴮ", "montavon2017"
    innvestigate = None
    formula = (r"R_i = \sum_j \frac{x_i w_{ij} - l_i w_{ij}^+ - h_i w_{ij}^-}"
               r"{\sum_{i'} x_{i'} w_{i'j} - l_{i'} w_{i'j}^+ - h_{i'} w_{i'j}^-} R_j")

    @property
    def fractions(self):
        return (Fraction((Term(), Term("low", (-1, 0)), Term("high", (0, -1)))),)


@dataclass(frozen=True)
class Composite:
    """Different rules in different layers: the first that fits of name, position, kind of layer; else `other`.

    Positions count the layers with weights from the input, 0 first; −1 is the last. Kinds are Keras's class names. What fits no layer of
    the network, or what the layer cannot do, is refused by name when it is explained.
    """

    other: object
    by_name: dict = field(default_factory=dict)
    by_position: dict = field(default_factory=dict)
    by_kind: dict = field(default_factory=dict)
    innvestigate = None

    def rule(self, name, kind, position, count):
        """The rule of a layer, of `count` with weights; position None for layers without weights, None if not named."""
        places = () if position is None else (position, position - count)
        for table, keys in ((self.by_name, (name,)), (self.by_position, places), (self.by_kind, (kind,))):
            for key in keys:
                if key in table:
                    return table[key]
        return None if position is None else self.other

    def check(self, names, kinds, count):
        """Refuse what fits no layer.

        Parameters
        ----------
        names, kinds : of the layers that take a rule. count : of those with weights, which have positions.

        Raises
        ------
        ValueError
            Naming what fits none, or a layer that has two positions here.
        """
        for what, given, there in (("layer", self.by_name, names), ("kind of layer", self.by_kind, kinds)):
            for key in given:
                if key not in there:
                    raise ValueError(f"no {what} {key} takes a rule (there are {', '.join(dict.fromkeys(there))}; one that is folded into "
                                     "another takes none)")
        for key in self.by_position:
            if type(key) is not int or not -count <= key < count:
                raise ValueError(f"there is no layer {key}: the positions are 0 to {count - 1}, or −{count} to −1 from the last")
            if key < 0 and key + count in self.by_position:
                raise ValueError(f"positions {key} and {key + count} are one layer")


def bounded(rule, low, high):
    """The rule with `low` and `high` in place of z^B's bounds wherever these are not known yet."""
    if isinstance(rule, Composite):
        tables = {name: {key: bounded(of_layer, low, high) for key, of_layer in getattr(rule, name).items()}
                  for name in ("by_name", "by_position", "by_kind")}
        return replace(rule, other=bounded(rule.other, low, high), **tables)
    unknown = isinstance(rule, ZB) and (rule.low is None or rule.high is None)
    return replace(rule, low=low, high=high) if unknown else rule


def usual(convolutions, first=WSquare(), lower=Gamma(0.25), middle=Epsilon(0.01)):
    """The composite of Montavon et al. 2019: `first` at the input, `lower` in the lower half of the convolutions,
    `middle` in the upper half, LRP-0 in the dense layers on top.
    """
    below = {position: lower for position in range(1, (convolutions + 1) // 2)}
    return Composite(middle, by_position={0: first, **below}, by_kind={"Dense": Zero()})


_NUMBER = r"(\d+(?:\.\d*)?(?:e[+-]?\d+)?)"
NO_BIAS = "-nobias"


@dataclass(frozen=True)
class Form:
    """A row of the table of rules and other methods.

    Attributes
    ----------
    make : function of the form's numbers that makes the rule or method.
    label : what figures and tables call it, with {} for each number.
    first : whether rules of this form stand before all others, in the order of their number.
    """

    make: object
    label: str
    first: bool = False


#: How a rule or a method is written → its row. Each has its row here; the book's table and the tests are made of it.
FORMS = {
    "lrp0": Form(Zero, "LRP-0"),
    "eps=NUMBER": Form(Epsilon, "ε = {}", first=True),
    "gamma=NUMBER": Form(Gamma, "γ = {}"),
    "alphaNUMBERbetaNUMBER": Form(AlphaBeta, "α{}β{}"),
    f"alphaNUMBERbetaNUMBER{NO_BIAS}": Form(lambda alpha, beta: AlphaBeta(alpha, beta, bias=False), "α{}β{} without bias"),
    "wsquare": Form(WSquare, "w²"),
    "flat": Form(Flat, "flat"),
    "zb": Form(lambda: Composite(AlphaBeta(1, 0), by_position={0: ZB()}), "zᴮ"),
    "composite": Form(lambda: usual(8), "composite"),
    "gradient-input": Form(GradientInput, "gradient × input"),
    "integrated-gradients": Form(IntegratedGradients, "integrated gradients"),
    "integrated-gradients-epoch": Form(lambda: IntegratedGradients(EPOCH), "integrated gradients from another epoch"),
    "smoothgrad": Form(SmoothGrad, "SmoothGrad"),
    "deeplift": Form(DeepLift, "DeepLIFT"),
    "deeplift-epoch": Form(lambda: DeepLift(EPOCH), "DeepLIFT from another epoch"),
    "occlusion=NUMBER": Form(Occlusion, "occlusion of {} s"),
    "shapley": Form(Shapley, "Shapley values"),
    "ablation-zeros": Form(Ablation, "ablation by zeros"),
    "ablation-line=NUMBER": Form(lambda hz: Ablation(LineNoise(hz)), "ablation by line noise of {} Hz"),
    "ablation-exchange": Form(lambda: Ablation(EXCHANGE), "ablation by exchange"),
}


def _matched(name):
    """(row, numbers as they are written) of a rule's name; (None, ()) where it has no row."""
    for form, row in FORMS.items():
        match = re.fullmatch(form.replace("NUMBER", _NUMBER), str(name))
        if match:
            return row, match.groups()
    return None, ()


def canonical(name):
    """A rule's name with its numbers written in one way: `eps=1e-2` is `eps=0.01`.

    Raises
    ------
    InputError
        For a name that stands for no rule.
    """
    parse(name)
    return re.sub(_NUMBER, lambda number: f"{float(number[0]):.15g}", str(name))


def label(name):
    """What figures and tables call a rule: `eps=0.01` → `ε = 0.01`, `alpha1beta0` → `α1β0`; any other name as it is."""
    row, numbers = _matched(name)
    return row.label.format(*numbers) if row else str(name)


def ordered(names):
    """The names present, each once: ε by size first, as the paper has them, then other rules and then methods by name."""
    def key(name):
        row, numbers = _matched(name)
        if row and row.first:
            return 0, float(numbers[0]), name
        return (1 if row is None or is_rule(name) else 2), 0.0, name
    return sorted(set(names), key=key)


def is_rule(name):
    """Whether a name stands for a rule of relevance propagation, else for another method."""
    return not isinstance(parse(name), Method)


def has_maps(name):
    """Whether what a name stands for gives a value per time point and channel; else it gives one per modality."""
    return getattr(parse(name), "maps", True)


def without_bias(name):
    """Name of the same rule with biases left out of its denominators, or None for a rule that has no such form."""
    return f"{name}{NO_BIAS}" if getattr(parse(name), "bias", False) else None


def parse(name):
    """The rule or `methods.Method` that a name such as "eps=0.01" or "shapley" stands for.

    "zb" is z^B at the input with α1β0 above it, as in Montavon et al. 2017; "composite" is `usual` for the study's network.

    Raises
    ------
    InputError
        For a name that stands for no rule.
    """
    row, numbers = _matched(name)
    if row is None:
        raise InputError(f"rule {name!r}: not known; write one of {', '.join(FORMS)} with a number for NUMBER "
                         "(as eps=0.01)")
    try:
        return row.make(*map(float, numbers))
    except ValueError as error:
        raise InputError(f"rule {name!r}: {error}") from error
