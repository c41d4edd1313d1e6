"""Relevance of frequencies: a virtual inspection layer, the inverse Fourier transform before the network, whose relevance is that of
the coefficients (Vielhaben et al. 2023, DFT-LRP, arXiv 2303.06365).

Rules hand an input x_t the relevance R_t = x_t c_t, with a factor c_t that this engine takes from the rule itself rather than by
dividing by x_t. A coefficient's contribution to x_t times c_t, summed over t, is its relevance; with X and C the Fourier transforms of
x and c over N samples and ±k taken together, R_k = w_k Re(X_k C*_k) / N, where w_k is 1 for k = 0 and k = N/2 and else 2. The sum over
frequencies is the sum over time.
"""

from __future__ import annotations

import numpy
from scipy import fft

from ..constants import RATE
from .engine import Engine
from .walk import Walk


class FrequencyWalk(Walk):
    """A walk whose relevance of the input is the factor of x."""

    def __init__(self, model, rules, dtype, shortcuts, output):
        super().__init__(model, rules, dtype, shortcuts, output)
        if len(self.inputs) > 1:
            raise ValueError(f"model {model.name}: several inputs; frequencies are told of models of one")
        self._at_input = set()
        for index, operation in enumerate(self.operations):
            if operation.kind == "input" or operation.kind in ("same", "move", "max", "relu") and self._at_input.issuperset(operation.inputs):
                self._at_input.add(index)
            elif operation.kind not in ("linear", "sum") and self._at_input.intersection(operation.inputs):
                raise ValueError(f"layer {operation.name}: reads the signal itself; frequencies are told where layers with weights do")
        for name, by_operation in zip(self.names, self._rules):
            if not all(_by_factor(rule) for index, rule in by_operation.items()
                       if self._at_input.intersection(self.operations[index].inputs)):
                raise ValueError(f"rule {name}: gives relevance where the signal is 0, so that frequencies have none; "
                                 "choose a rule whose relevance is x times a factor, such as eps, gamma or alpha-beta at the input")

    def forward(self, inputs):
        outputs, steps = super().forward(inputs)
        for step in steps.values():
            step.factored = frozenset(number for number, source in enumerate(step.operation.inputs) if source in self._at_input)
        return outputs, steps

    def _unweighted(self, operation, inputs, relevance):
        """Factors go through a ReLU only where it lets x through."""
        if operation.kind == "relu" and self._at_input.issuperset(operation.inputs):
            import tensorflow as tf

            open_to_x = tf.cast(inputs[0] > 0, self.dtype)
            return [([open_to_x * tensor], log, fresh) for tensor, log, fresh in relevance]
        return super()._unweighted(operation, inputs, relevance)

    def _gathered(self, outputs, arrived, rule, peaks):
        """Factors of x, and the sums of absolute relevance over time of each channel, whose sum is the total."""
        import tensorflow as tf

        [factor], log, _ = super()._gathered(outputs, arrived, rule, peaks)
        over_time = tf.reduce_sum(tf.abs(outputs[0] * factor), 1)
        return [factor, over_time], log, tf.reduce_sum(tf.cast(over_time, "float64"), 1)


class FrequencyEngine(Engine):
    """Explains one model of one input by rules, frequency by frequency.

    Raises
    ------
    ValueError
        As `Engine`; for a rule whose relevance is no factor of x (w², flat, z^B at the input), or a model of several inputs, by name.
    """

    walk = FrequencyWalk

    def frequencies(self, x, target=None):
        """Name of rule → (relevance (n, frequencies, channels), shares of channels (n, channels)).

        Both are fractions of a sample's total absolute relevance over time, shares of it absolutely and frequencies signed; NaN where
        none arrived. The frequencies are `hertz(x.shape[1])`.
        """
        x, by_rule = numpy.asarray(x, self.dtype), {}
        samples = x.shape[1]
        twice = numpy.full(samples // 2 + 1, 2 / samples, self.dtype)
        twice[[0, -1] if samples % 2 == 0 else [0]] /= 2
        signal = fft.rfft(x, axis=1) * twice[:, None]
        for name, ((factor, shares), log_scale) in self.maps(x, target).items():
            received = numpy.isfinite(log_scale)
            of_factor = fft.rfft(factor, axis=1)
            relevance = signal.real * of_factor.real + signal.imag * of_factor.imag
            relevance[~received], shares[~received] = numpy.nan, numpy.nan
            by_rule[name] = relevance, shares
        return by_rule


def _by_factor(rule):
    return not any(isinstance(term.input, str) for fraction in rule.fractions for term in fraction.terms)


def hertz(samples, rate=RATE):
    """Frequencies of the coefficients of so many samples, in Hz, from 0 to half the rate."""
    return numpy.arange(samples // 2 + 1) * (rate / samples)


def has_frequencies(rule):
    """Whether a rule gives relevance of frequencies: what it hands to the network's input is x times a factor."""
    first = rule.rule("", "", 0, 2) if hasattr(rule, "by_position") else rule
    return hasattr(first, "fractions") and _by_factor(first)
