"""Handing relevance down one weighted layer: everywhere, or only at the places that max pooling after it has chosen.

S is relevance divided by its denominator; a layer turns S into relevance of its inputs by its own arithmetic, transposed.
"""

from __future__ import annotations

import numpy

from .rules import PLAIN


def transformed(array, form):
    """g(w) or h(b) of an array, as `rules.Term` and `rules.Part` write it."""
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
    """

    def __init__(self, operation, dtype, positive, rectified=False):
        self.operation, self.dtype, self.positive, self.rectified = operation, dtype, positive, rectified
        self._made = {}

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
        self.z = self._apply(inputs, PLAIN) + self.bias(PLAIN)
        if self.rectified:
            self.z = tf.nn.relu(self.z)
        return self.z

    def _hold(self, inputs, supports):
        self.inputs, self.supports, self._values = inputs, supports, {}

    def _apply(self, values, form):
        return self.operation.run(*values, self.weights(form))

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
            part = tf.nn.relu(x) if down == 0 else tf.minimum(x, 0) if up == 0 else tf.maximum(x, 0) * up
            self._values[form, index] = part if 0 in form and 1 in form else part + down * tf.minimum(x, 0)
        return self._values[form, index]

    def _terms(self, part, rule):
        """(term, f(x) of each input or None) of the terms that are not 0 everywhere."""
        for term in part.terms:
            values = [self.value(term.input, index, rule) for index in range(len(self.inputs))]
            if any(value is not None for value in values):
                yield term, values

    def _sums(self, part, rule):
        """Denominator D before ε, at every output."""
        import tensorflow as tf

        if part.bias == PLAIN and [(term.input, term.weight) for term in part.terms] == [(PLAIN, PLAIN)]:
            return self.z
        total = self.bias(part.bias)
        for term, values in self._terms(part, rule):
            full = [tf.zeros_like(x) if value is None else value for value, x in zip(values, self.inputs)]
            total = self._apply(full, term.weight) + total
        return tf.broadcast_to(total, tf.shape(self.z))

    def denominators(self, part, rule):
        """D before ε and z, where relevance arrives."""
        return self._sums(part, rule), self.z

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
            handed, book = [None] * len(self.inputs), []
            for part in rule.parts:
                if self.rectified and part.gate < 0:
                    continue
                s = self._divided(part, rule, relevance, book if ledger is not None else None)
                for term, values in self._terms(part, rule):
                    for index, (value, back) in enumerate(zip(values, self.back(s, term.weight))):
                        if value is not None:
                            piece = value * back
                            handed[index] = piece if handed[index] is None else handed[index] + piece
            every.append([tf.zeros_like(x) if tensor is None else tensor for tensor, x in zip(handed, self.inputs)])
            if ledger is not None:
                total = sum(per_sample(tensor) for tensor in every[-1])
                ledger.append(tf.stack([per_sample(relevance), total, *map(sum, zip(*book))], 1))
        return every

    def _divided(self, part, rule, relevance, book):
        """S of a part; its bias, ε and undefined relevance go into the book."""
        import tensorflow as tf

        d, z = self.denominators(part, rule)
        if part.gate and not self.rectified:
            relevance = tf.where((z >= 0) == (part.gate > 0), relevance, tf.zeros((), z.dtype))
        if part.coefficient != 1:
            relevance = part.coefficient * relevance
        one = tf.ones((), d.dtype)
        sign = one if self.rectified else tf.where(d >= 0, one, -one)
        s = relevance / (d + part.epsilon * sign) if part.epsilon else tf.math.divide_no_nan(relevance, d)
        if book is not None:
            lost = tf.zeros_like(relevance) if part.epsilon else tf.where(d == 0, relevance, 0 * one)
            book.append((per_sample(s * self.bias(part.bias)), per_sample(s * sign * part.epsilon), per_sample(lost)))
        return s


def per_sample(tensor):
    """Sum over all but the batch, in float64."""
    import tensorflow as tf

    return tf.reduce_sum(tf.cast(tensor, "float64"), list(range(1, len(tensor.shape))))


class Convolution(Layer):
    """A plain one-dimensional convolution, whose transpose is called by name."""

    def back(self, s, form):
        import tensorflow as tf

        n, length, channels = tf.shape(self.inputs[0])[0], *self.inputs[0].shape[1:]
        full = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.stack([n, 1, length, channels]), filter=self.weights(form)[None], out_backprop=s[:, None],
            strides=[1] * 4, padding="VALID")
        return [full[:, 0]]


class Halved(Convolution):
    """A convolution with ReLU and max pooling by two: relevance arrives at one of two neighbours alone.

    It is right where no relevance arrives at outputs that are 0, where ReLU makes ties.
    """

    def forward(self, inputs, supports):
        import tensorflow as tf

        super().forward(inputs, supports)
        first, second = self._pairs(self.z)
        self.won, self.top = first >= second, tf.maximum(first, second)
        return self.top

    def _pairs(self, full):
        import tensorflow as tf

        length, filters = full.shape[1:]
        return tf.unstack(tf.reshape(full[:, :length // 2 * 2], (-1, length // 2, 2, filters)), axis=2)

    def denominators(self, part, rule):
        import tensorflow as tf

        sums = self._sums(part, rule)
        return self.top if sums is self.z else tf.where(self.won, *self._pairs(sums)), self.top

    def back(self, s, form):
        import tensorflow as tf

        zero = tf.zeros((), s.dtype)
        full = tf.reshape(tf.stack([tf.where(self.won, s, zero), tf.where(self.won, zero, s)], 2),
                          (-1, 2 * s.shape[1], s.shape[2]))
        if self.z.shape[1] % 2:
            full = tf.pad(full, [[0, 0], [0, 1], [0, 0]])
        return super().back(full, form)


class Strongest(Layer):
    """A convolution with ReLU and global max pooling: relevance arrives at one time point per filter.

    It is right where no relevance arrives at outputs that are 0; where maxima tie the full way is taken.
    """

    def forward(self, inputs, supports):
        import tensorflow as tf

        self._hold(inputs, supports)
        [x] = inputs
        self.raw = self._apply(inputs, PLAIN)
        self.winners, self.largest = tf.argmax(self.raw, 1, tf.int32), tf.reduce_max(self.raw, 1)
        self.tied = tf.math.count_nonzero(self.raw == self.largest[:, None]) > tf.size(self.largest, tf.int64)
        self.z = tf.nn.relu(self.largest + self.bias(PLAIN))
        width = self.operation.weights.shape[0]
        self.places = (tf.range(tf.shape(x)[0])[:, None] * x.shape[1] + self.winners)[:, :, None] + tf.range(width)
        return self.z

    def _sums(self, part, rule):
        import tensorflow as tf

        if part.bias == PLAIN and [(term.input, term.weight) for term in part.terms] == [(PLAIN, PLAIN)]:
            return self.z
        total = self.bias(part.bias)
        for term, [value] in self._terms(part, rule):
            patches = tf.gather(tf.reshape(value, (-1, value.shape[2])), self.places)
            total = tf.reduce_sum(patches * self.weights(term.weight).transpose(2, 0, 1), (2, 3)) + total
        return total

    def back(self, s, form):
        import tensorflow as tf

        n, length, channels = tf.shape(self.inputs[0])[0], *self.inputs[0].shape[1:]
        parts = s[:, :, None, None] * self.weights(form).transpose(2, 0, 1)
        spread = tf.math.unsorted_segment_sum(tf.reshape(parts, (-1, channels)), tf.reshape(self.places, (-1,)), n * length)
        return [tf.reshape(spread, (-1, length, channels))]

    def hand_down(self, rules, arrived, ledger=None):
        import tensorflow as tf

        def everywhere():
            full = Convolution(self.operation, self.dtype, self.positive, True)
            full._hold(self.inputs, self.supports)
            full.z = tf.nn.relu(self.raw + self.bias(PLAIN))
            won = tf.cast(self.raw == self.largest[:, None], self.dtype)
            part = won / tf.reduce_sum(won, 1)[:, None]
            return full.hand_down(rules, [part * relevance[:, None] for relevance in arrived])

        return tf.cond(self.tied, everywhere, lambda: super(Strongest, self).hand_down(rules, arrived))
