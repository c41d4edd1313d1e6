"""Recurrent layers, step by step: gates are held constant, so that a memory is a sum of what it keeps and what is added to it.

m_t = keep_t · m_{t−1} + take_t · g(z_t), where z_t is linear in x_t and h_{t−1}. The sum hands relevance to its parts in proportion (LRP-0),
a gated signal gets all that its product gets, and z_t hands it to x_t and h_{t−1} by the layer's rule (Arras et al. 2017, doi
10.18653/v1/W17-5221; 2019, doi 10.1007/978-3-030-28954-6_11). One loop over the steps does it; the graph does not grow with them.
"""

from __future__ import annotations

from .operation import Operation
from .propagation import Layer, per_sample


class _New(Layer):
    """z at one step, by the layer's rule."""

    def bias(self, form):
        import tensorflow as tf

        up, down = form
        return up * tf.maximum(self.of_step, 0) + down * tf.minimum(self.of_step, 0)


class Recurrent(Layer):
    """A recurrent layer of the traced network."""

    def forward(self, inputs, supports):
        self._hold(inputs, supports)
        self.cell = self.operation.options["cell"]
        self.by_step = self.cell.steps(inputs[0])
        return self.cell.output(self.by_step[1])

    def products(self, rule):
        return 0

    def hand_down(self, rules, arrived, ledger=None):
        import tensorflow as tf

        xs, h, memory, keep, added, reset = self.by_step
        before = [tf.concat([tf.zeros_like(stack[:1]), stack[:-1]], 0) for stack in (h, memory)]
        at_step = [self._outputs_relevance(relevance, h) for relevance in arrived]
        zero, records = tf.zeros_like(h[0]), [[] for _ in rules]

        def step(carried, of_step):
            down = [self._at_step(rule, of_step[7 + number] + carried[2 * number], of_rule if ledger is not None else None, of_step[:7])
                    for number, (rule, of_rule) in enumerate(zip(rules, records))]
            return tuple(tensor for pair in down for tensor in pair)

        down = tf.scan(step, (xs, *before, memory, keep, added, reset, *at_step), (zero, tf.zeros_like(xs[0])) * len(rules), reverse=True)
        handed = [tf.transpose(tf.reverse(stack, [0]) if self.cell.backwards else stack, (1, 0, 2)) for stack in down[1::2]]
        if ledger is not None:
            for relevance, to_x, of_rule in zip(arrived, handed, records):
                ledger.append(tf.stack([per_sample(relevance), per_sample(to_x), *map(sum, zip(*of_rule))], 1))
        return [[tensor] for tensor in handed]

    def _outputs_relevance(self, relevance, h):
        """Relevance that arrives at each step's output, time first."""
        import tensorflow as tf

        if self.cell.sequences:
            return tf.transpose(relevance, (1, 0, 2))
        return tf.concat([tf.zeros_like(h[1:]), relevance[None]], 0)

    def _at_step(self, rule, relevance, records, of_step):
        """(relevance of the step before, of this step's x) of what has arrived at a step's memory."""
        import tensorflow as tf

        x, h_before, memory_before, memory, keep, added, reset = of_step
        s = tf.math.divide_no_nan(relevance, memory)
        inputs, run, weights, bias = self.cell.candidate(x, h_before, reset, self.dtype)
        new = _New(Operation("linear", [], "", "", run, weights), self.dtype, [self.positive[0], False])
        new.of_step = tf.convert_to_tensor(bias)
        new.forward(inputs, [None, None])
        of_new = [] if records is not None else None
        [[to_x, to_h]] = new.hand_down([rule], [added * s], of_new)
        if records is not None:
            _, _, to_bias, to_epsilon, undefined = tf.unstack(of_new[0], axis=1)
            records.append((to_bias, to_epsilon, undefined + per_sample(tf.where(memory == 0, relevance, tf.zeros_like(relevance)))))
        return keep * memory_before * s + to_h, to_x
