"""Relevance of a weighted layer's outputs comes in, that of its inputs goes out: from everywhere, or only from the outputs
that max pooling after it has chosen.

S is relevance divided by its denominator; a layer turns S into relevance of its inputs by its own arithmetic, transposed.
"""

from __future__ import annotations

import numpy

from ..model import sparse_gradient
from .rules import PLAIN


def transformed(array, form):
    """g(w) or h(b) of an array, as `rules.Term` and `rules.Fraction` write it."""
    if form == "square":
        return array ** 2
    if form == "one":
        return numpy.ones_like(array)
    up, down = form
    return up * numpy.maximum(array, 0) + down * numpy.minimum(array, 0)


class Layer:
    """A weighted layer of the traced network, with its values of the batch that is being explained.

    Parameters
    ----------
    operation : the layer, kind "linear" or "sum".
    dtype : of the arithmetic.
    positive : for each input whether it is known never to be negative.
    rectified : whether ReLU follows and no relevance arrives where it gives 0. The layer then gives ReLU's output.

    Attributes
    ----------
    factored : numbers of inputs that get their relevance divided by their values, the factor of x by which rules are written; by
        default none.
    """

    def __init__(self, operation, dtype, positive, rectified=False):
        self.operation, self.dtype, self.positive, self.rectified = operation, dtype, positive, rectified
        self.factored, self._made = frozenset(), {}

    def weights(self, form):
        """g(w) as a constant."""
        return self._constant("weights", form)

    def bias(self, form):
        """h(b) as a constant, 0 where there is none."""
        return self._constant("bias", form)

    def _constant(self, which, form):
        if (which, form) not in self._made:
            array = numpy.asarray(getattr(self.operation, which), "float64")
            self._made[which, form] = transformed(array, form).astype(self.dtype)
        return self._made[which, form]

    def forward(self, inputs, supports):
        """Output of the layer; it is kept with its inputs for `hand_down`."""
        import tensorflow as tf

        self._hold(inputs, supports)
        self.z = self._linear(inputs, PLAIN, PLAIN)
        if self.rectified:
            self.z = tf.nn.relu(self.z)
        return self.z

    def _hold(self, inputs, supports):
        self.inputs, self.supports, self._values = inputs, supports, {}

    def _apply(self, values, form):
        return self.operation.run(*values, self.weights(form))

    def _linear(self, values, form, bias):
        return self._apply(values, form) + self.bias(bias)

    def value(self, form, index, rule):
        """f(x) of one input, or None where it is 0 everywhere."""
        import tensorflow as tf

        x, support = self.inputs[index], self.supports[index]
        if isinstance(form, str):
            bound = 1.0 if form == "one" else getattr(rule, form)
            full = tf.zeros_like(x) + tf.constant(bound, self.dtype)
            return full if support is None else full * support
        up, down = form
        if up == down or self.positive[index]:
            return None if not up else x if up == 1 else up * x
        if (form, index) not in self._values:
            value = tf.nn.relu(x) if down == 0 else tf.minimum(x, 0) if up == 0 else tf.maximum(x, 0) * up
            self._values[form, index] = value if 0 in form and 1 in form else value + down * tf.minimum(x, 0)
        return self._values[form, index]

    def slope(self, form, index):
        """f(x)/x of one input: the factor of x⁺ where x ≥ 0, that of x⁻ elsewhere."""
        import tensorflow as tf

        up, down = form
        return tf.where(self.inputs[index] >= 0, tf.constant(up, self.dtype), tf.constant(down, self.dtype))

    def _terms(self, fraction, rule):
        """(term, f(x) of each input or None) of the terms that are not 0 everywhere."""
        for term in fraction.terms:
            values = [self.value(term.input, index, rule) for index in range(len(self.inputs))]
            if any(value is not None for value in values):
                yield term, values

    def _sums(self, fraction, rule):
        """Denominator D before ε, at every output."""
        import tensorflow as tf

        if _is_z(fraction):
            return self.z
        total = self.bias(fraction.bias)
        for term, values in self._terms(fraction, rule):
            full = [tf.zeros_like(x) if value is None else value for value, x in zip(values, self.inputs)]
            total = self._apply(full, term.weight) + total
        return tf.broadcast_to(total, tf.shape(self.z))

    def products(self, rule):
        """How many products with the weights `hand_down` takes by a rule: sums for denominators, and ways back."""
        count = 0
        for fraction in rule.fractions:
            if not (self.rectified and fraction.gate < 0):
                terms = [term for term in fraction.terms if not self._nothing(term.input)]
                count += len(terms) * (1 if _is_z(fraction) else 2)
        return count

    def _nothing(self, form):
        """Whether f(x) is 0 for all inputs."""
        return not isinstance(form, str) and all(self.positive) and not form[0]

    def denominators(self, fraction, rule):
        """D before ε and z, where relevance arrives."""
        return self._sums(fraction, rule), self.z

    def back(self, s, form):
        """Σ_j g(w_ij) S_j for each input."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            blank = [tf.zeros_like(x) for x in self.inputs]
            tape.watch(blank)
            output = self._apply(blank, form)
        return tape.gradient(output, blank, s)

    def hand_down(self, rules, arrived, ledger=None):
        """Relevance of the inputs: for each rule a list, one tensor per input.

        Parameters
        ----------
        rules : one per tensor of `arrived`.
        arrived : relevance of the outputs where it arrives (see `denominators`).
        ledger : list to which a tensor (n, 5) per rule is added: arrived, handed on, bias, ε, undefined.
        """
        import tensorflow as tf

        every = []
        for rule, relevance in zip(rules, arrived):
            handed, records = [None] * len(self.inputs), []
            for fraction in rule.fractions:
                if self.rectified and fraction.gate < 0:
                    continue
                s = self._divided(fraction, rule, relevance, records if ledger is not None else None)
                for index, piece in self._pieces(fraction, rule, s):
                    handed[index] = piece if handed[index] is None else handed[index] + piece
            every.append([tf.zeros_like(x) if tensor is None else tensor for tensor, x in zip(handed, self.inputs)])
            if ledger is not None:
                total = sum(per_sample(tensor) for tensor in every[-1])
                ledger.append(tf.stack([per_sample(relevance), total, *map(sum, zip(*records))], 1))
        return every

    def _pieces(self, fraction, rule, s):
        """(number of an input, relevance that it gets by a term of a fraction)."""
        for term, values in self._terms(fraction, rule):
            for index, (value, back) in enumerate(zip(values, self.back(s, term.weight))):
                if value is not None:
                    yield index, (self.slope(term.input, index) if index in self.factored else value) * back

    def _divided(self, fraction, rule, relevance, records):
        """S of a fraction; its bias, ε and undefined relevance go into `records`."""
        import tensorflow as tf

        d, z = self.denominators(fraction, rule)
        if fraction.gate and not self.rectified:
            relevance = tf.where((z >= 0) == (fraction.gate > 0), relevance, tf.zeros((), z.dtype))
        if fraction.coefficient != 1:
            relevance = fraction.coefficient * relevance
        unit = tf.ones((), d.dtype)
        sign = unit if self.rectified else tf.where(d >= 0, unit, -unit)
        s = relevance / (d + fraction.epsilon * sign) if fraction.epsilon else tf.math.divide_no_nan(relevance, d)
        if records is not None:
            lost = tf.zeros_like(relevance) if fraction.epsilon else tf.where(d == 0, relevance, 0 * unit)
            to_bias, to_epsilon = s * self.bias(fraction.bias), s * sign * fraction.epsilon
            records.append((per_sample(to_bias), per_sample(to_epsilon), per_sample(lost)))
        return s


def per_sample(tensor):
    """Sum over all but the batch, in float64."""
    import tensorflow as tf

    return tf.reduce_sum(tf.cast(tensor, "float64"), list(range(1, len(tensor.shape))))


def _is_z(fraction):
    """Whether a fraction's denominator is z itself."""
    return fraction.bias == PLAIN and [(term.input, term.weight) for term in fraction.terms] == [(PLAIN, PLAIN)]


class Convolution(Layer):
    """A plain one-dimensional convolution of one input, called by name: bias and ReLU are fused into it, and the terms of
    a fraction are its input channels, side by side, so that they take one call.
    """

    def forward(self, inputs, supports):
        self._hold(inputs, supports)
        self.z = self._linear(inputs, PLAIN, PLAIN, self.rectified)
        return self.z

    def _linear(self, values, form, bias, rectified=False):
        import tensorflow as tf

        [x] = values
        z = tf.nn.bias_add(tf.nn.conv2d(x[:, None], self.weights(form)[None], 1, "VALID"), self._bias_vector(bias))
        return (tf.nn.relu(z) if rectified else z)[:, 0]

    def _bias_vector(self, form):
        return numpy.broadcast_to(self.bias(form), self.operation.weights.shape[-1:])

    def weights(self, form):
        if not isinstance(form, list):
            return super().weights(form)
        return numpy.concatenate([super(Convolution, self).weights(of_term) for of_term in form], 1)

    def _joined(self, fraction, rule):
        """f(x) of all terms side by side and the forms of their weights; None where all are 0."""
        import tensorflow as tf

        terms = [(values[0], term.weight) for term, values in self._terms(fraction, rule)]
        if not terms:
            return None, []
        return terms[0][0] if len(terms) == 1 else tf.concat([value for value, _ in terms], 2), [form for _, form in terms]

    def _sums(self, fraction, rule):
        import tensorflow as tf

        if _is_z(fraction):
            return self.z
        value, forms = self._joined(fraction, rule)
        if value is None:
            return tf.zeros_like(self.z) + self.bias(fraction.bias)
        return self._linear([value], forms, fraction.bias)

    def _pieces(self, fraction, rule, s):
        import tensorflow as tf

        value, forms = self._joined(fraction, rule)
        if value is not None:
            if self.factored:
                value = tf.concat([self.slope(term.input, 0) for term, _ in self._terms(fraction, rule)], 2)
            for piece in tf.split(value * self.back(s, forms)[0], len(forms), 2):
                yield 0, piece

    def back(self, s, form):
        import tensorflow as tf

        w = self.weights(form)
        n, length = tf.shape(self.inputs[0])[0], self.inputs[0].shape[1]
        full = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.stack([n, 1, length, w.shape[1]]), filter=w[None], out_backprop=s[:, None],
            strides=[1] * 4, padding="VALID")
        return [full[:, 0]]


class ConvolutionPoolingByTwo(Convolution):
    """A convolution with ReLU and max pooling by two: relevance arrives at the larger of two neighbours alone.

    It is right where no relevance arrives at outputs that are 0, where ReLU makes ties.
    """

    def forward(self, inputs, supports):
        import tensorflow as tf

        super().forward(inputs, supports)
        length, filters = self.z.shape[1:]
        pairs = tf.reshape(self.z[:, :length // 2 * 2], (-1, length // 2, 2, filters))
        first, second = tf.unstack(pairs, axis=2)
        won = first >= second
        self.won = tf.cast(tf.stack([won, ~won], 2), self.dtype)
        self.top = tf.maximum(first, second)
        return self.top

    def _spread(self, pooled):
        """Values of the winners where these stand, 0 at their neighbours."""
        import tensorflow as tf

        full = tf.reshape(pooled[:, :, None] * self.won, (-1, 2 * pooled.shape[1], pooled.shape[2]))
        return tf.pad(full, [[0, 0], [0, 1], [0, 0]]) if self.z.shape[1] % 2 else full

    def denominators(self, fraction, rule):
        sums = self._sums(fraction, rule)
        return (self.top, self.top) if sums is self.z else (sums, self.z)

    def _divided(self, fraction, rule, relevance, records):
        if _is_z(fraction):
            return self._spread(super()._divided(fraction, rule, relevance, records))
        return super()._divided(fraction, rule, self._spread(relevance), records)


class ConvolutionGlobalPooling(Convolution):
    """A convolution with ReLU and global max pooling: relevance arrives at one time point per filter.

    It is right where no relevance arrives at outputs that are 0; where maxima tie the full way is taken.
    """

    def forward(self, inputs, supports):
        import tensorflow as tf

        self._hold(inputs, supports)
        self.raw = self._apply(inputs, PLAIN)
        self.largest, self.windows, self.tied = sparse_gradient.winners(self.raw, inputs[0].shape[1])
        self.z = tf.nn.relu(self.largest + self.bias(PLAIN))
        return self.z

    def _by_filter(self, form):
        return numpy.ascontiguousarray(self.weights(form).transpose(2, 0, 1))

    def _linear(self, values, form, bias, rectified=False):
        import tensorflow as tf

        kernel = self._by_filter(form)
        sums = tf.matmul(sparse_gradient.patches(values[0], self.windows), kernel.reshape(len(kernel), -1, 1))
        return tf.transpose(sums[:, :, 0]) + self.bias(bias)

    def back(self, s, form):
        return [sparse_gradient.spread(s, self._by_filter(form), self.windows, self.inputs[0].shape[1])]

    def hand_down(self, rules, arrived, ledger=None):
        import tensorflow as tf

        def everywhere():
            full = Convolution(self.operation, self.dtype, self.positive, True)
            full.factored = self.factored
            full._hold(self.inputs, self.supports)
            full.z = tf.nn.relu(self.raw + self.bias(PLAIN))
            won = tf.cast(self.raw == self.largest[:, None], self.dtype)
            equal = won / tf.reduce_sum(won, 1)[:, None]
            return full.hand_down(rules, [equal * relevance[:, None] for relevance in arrived])

        return tf.cond(self.tied, everywhere, lambda: super(ConvolutionGlobalPooling, self).hand_down(rules, arrived))
