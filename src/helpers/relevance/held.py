"""How a layer hands relevance down that is linear in some inputs once what the others make of it is held constant: of attention the weights, of
LayerNormalization the deviation (Ali et al. 2022, arXiv 2202.07304).
"""

from __future__ import annotations

from .propagation import Layer, per_sample
from .rules import PLAIN, AttnLrp


class Held(Layer):
    """A layer that is linear once part of it is held constant: LRP-0 or ε of what is left, or AttnLRP of attention."""

    def hand_down(self, rules, arrived, ledger=None):
        import tensorflow as tf

        every = []
        for rule, relevance in zip(rules, arrived):
            records = [] if ledger is not None else None
            if isinstance(rule, AttnLrp) and "attention" in self.operation.options:
                every.append(self._by_attention(rule, relevance))
                if ledger is not None:  # what the softmax keeps is a bias of its expansion
                    kept = per_sample(relevance) - sum(map(per_sample, every[-1]))
                    records.append((kept, tf.zeros_like(kept), tf.zeros_like(kept)))
            else:
                s = self._divided(rule.fractions[0], rule, relevance, records)
                inputs = [tf.identity(x) for x in self.inputs]  # one that is given twice counts in each place
                with tf.GradientTape() as tape:
                    tape.watch(inputs)
                    output = self.operation.options["held"](*inputs, self.weights(PLAIN))
                backs = tape.gradient(output, inputs, s)
                every.append([None if back is None else x * back for x, back in zip(self.inputs, backs)])
            if ledger is not None:
                total = sum(per_sample(tensor) for tensor in every[-1] if tensor is not None)
                ledger.append(tf.stack([per_sample(relevance), total, *map(sum, zip(*records))], 1))
        return every

    def _by_attention(self, rule, relevance):
        """Query, key and value of AttnLRP (Achtibat et al. 2024, propositions 3.1 and 3.3): the softmax by its linear expansion, equal parts
        to both factors of a product."""
        import tensorflow as tf

        scored, summed = self.operation.options["attention"]
        query, key, value = self.inputs
        scores = scored(query, key)
        weights = tf.nn.softmax(scores)
        to_weights, to_value = self._halves(summed, weights, value, relevance, rule.epsilon)
        to_scores = scores * (to_weights - weights * tf.reduce_sum(to_weights, -1, keepdims=True))
        return [*self._halves(scored, query, key, to_scores, rule.epsilon), to_value]

    def _halves(self, product, first, second, relevance, epsilon):
        """Half of the relevance of a product of matrices for each factor, by the ε rule."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch([first, second])
            output = product(first, second)
        sign = tf.where(output >= 0, tf.ones_like(output), -tf.ones_like(output))
        backs = tape.gradient(output, [first, second], relevance / (2 * output + epsilon * sign))
        return [factor * back for factor, back in zip((first, second), backs)]
