"""Recurrent layers, step by step: gates are held constant, so that a memory is a sum of what it keeps and what is added to it.

m_t = keep_t · m_{t−1} + take_t · g(z_t), where z_t is linear in x_t and h_{t−1}. The sum hands relevance to its parts in proportion (LRP-0),
a gated signal gets all that its product gets, and z_t hands it to x_t and h_{t−1} by the layer's rule (Arras et al. 2017, doi
10.18653/v1/W17-5221; 2019, doi 10.1007/978-3-030-28954-6_11). One loop over the steps does it; the graph does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from .operation import ELEMENTWISE, Operation, activation_of, weight
from .propagation import Layer, per_sample


@dataclass
class Cell:
    """Weights of a recurrent layer and what it does at each step.

    Attributes
    ----------
    kernel, recurrent : (inputs, parts × units) and (units, parts × units), parts as Keras has them.
    bias : (parts × units,), or (2, parts × units) of a GRU that resets after its product: of x and of h.
    activation, gate : functions of a tensor.
    backwards, sequences : whether it goes from the last step to the first, and gives each step's output.
    """

    kernel: numpy.ndarray
    recurrent: numpy.ndarray
    bias: numpy.ndarray
    activation: object
    gate: object
    backwards: bool
    sequences: bool

    #: Number of the part that is added to the memory, and that of the reset gate.
    part, reset = 2, None

    @property
    def units(self):
        return self.recurrent.shape[0]

    def steps(self, x):
        """Of x (n, time, inputs), by step and time first: x, h (what goes out), memory, keep, added (take times what is new), reset."""
        import tensorflow as tf

        xs = tf.transpose(x, (1, 0, 2))
        xs = tf.reverse(xs, [0]) if self.backwards else xs
        zero = tf.zeros((tf.shape(x)[0], self.units), x.dtype)
        of_x = tf.tensordot(xs, self.kernel.astype(x.dtype.name), 1) + numpy.atleast_2d(self.bias)[0].astype(x.dtype.name)
        return xs, *tf.scan(self.step, of_x, (zero,) * 5)

    def output(self, h):
        """(n, time, units), or the last step's (n, units), of h by step."""
        import tensorflow as tf

        return tf.transpose(h, (1, 0, 2)) if self.sequences else h[-1]

    def candidate(self, x, h, reset, dtype):
        """What z is made of: its inputs, the function of them and of the weights, the weights, and the bias as a tensor."""
        columns = slice(self.part * self.units, (self.part + 1) * self.units)
        weights, inputs = numpy.concatenate([self.kernel[:, columns], self.recurrent[:, columns]]), self.kernel.shape[0]

        def run(x, h, w):
            return x @ w[:inputs] + h @ w[inputs:]
        return [x, h], run, weights, self.bias[..., columns].astype(dtype)


class Lstm(Cell):
    """Long short-term memory: parts input gate, forget gate, what is new, output gate."""

    def step(self, before, of_x):
        import tensorflow as tf

        h, memory, *_ = before
        take, keep, new, out = tf.split(of_x + h @ self.recurrent.astype(of_x.dtype.name), 4, -1)
        keep, added = self.gate(keep), self.gate(take) * self.activation(new)
        memory = keep * memory + added
        return self.gate(out) * self.activation(memory), memory, keep, added, tf.zeros_like(h)


class Gru(Cell):
    """Gated recurrent unit: parts update gate, reset gate, what is new. The memory is what goes out."""

    def step(self, before, of_x):
        import tensorflow as tf

        h = before[0]
        of_h, after = self.recurrent.astype(of_x.dtype.name), self.bias.ndim == 2
        updates = h @ of_h + self.bias[1].astype(of_x.dtype.name) if after else h @ of_h[:, :2 * self.units]
        keep, reset = tf.split(self.gate(of_x[:, :2 * self.units] + updates[:, :2 * self.units]), 2, -1)
        new = reset * updates[:, 2 * self.units:] if after else (reset * h) @ of_h[:, 2 * self.units:]
        added = (1 - keep) * self.activation(of_x[:, 2 * self.units:] + new)
        memory = keep * h + added
        return memory, memory, keep, added, reset

    def candidate(self, x, h, reset, dtype):
        inputs, run, weights, bias = super().candidate(x, h, reset, dtype)
        if self.bias.ndim == 1:
            return [x, reset * h], run, weights, bias
        first = self.kernel.shape[0]
        return [x, h], lambda x, h, w: x @ w[:first] + reset * (h @ w[first:]), weights, bias[0] + reset * bias[1]


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
        at_step = [self._by_step(relevance, h) for relevance in arrived]
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

    def _by_step(self, relevance, h):
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


# ----------------------------------------------------------------- makers

def _cell(layer, kind):
    for name in ("stateful", "return_state", "time_major"):
        if getattr(layer, name, False):
            raise ValueError(f"layer {layer.name}: {name} is not supported")
    inner = layer.cell
    kernel, recurrent = weight(inner, "kernel"), weight(inner, "recurrent_kernel")
    bias = weight(inner, "bias") if inner.use_bias else numpy.zeros(kernel.shape[1])
    if not inner.use_bias and getattr(inner, "reset_after", False):
        bias = numpy.zeros((2, kernel.shape[1]))
    functions = []
    for which in ("activation", "recurrent_activation"):
        name = activation_of(layer, which)
        functions.append(ELEMENTWISE[name][0] if name != "linear" else lambda x: x)
    return kind(kernel, recurrent, bias, *functions, layer.go_backwards, layer.return_sequences)


def _operation(layer, kind, shape):
    cell = _cell(layer, kind)
    return Operation("recurrent", [], "", "", lambda x: cell.output(cell.steps(x)[1]), shape=shape, options={"cell": cell})


def lstm(call):
    return _operation(call.layer, Lstm, call.shape)


def gru(call):
    return _operation(call.layer, Gru, call.shape)


def bidirectional(call):
    """Both directions of x, the second turned back in time, put together as the layer says."""
    import tensorflow as tf

    layer, made = call.layer, []
    kinds = {"LSTM": Lstm, "GRU": Gru}
    for direction in (layer.forward_layer, layer.backward_layer):
        kind = type(direction).__name__
        if kind not in kinds:
            raise ValueError(f"layer {layer.name}: Bidirectional of {kind} is not supported, only of {' and '.join(kinds)}")
        units = direction.units
        shape = (call.takes[0][0], units) if direction.return_sequences else (units,)
        made.append(_operation(direction, kinds[kind], shape))
        made[-1].inputs, made[-1].layer = [("in", 0)], kind
    last = 1
    if layer.backward_layer.return_sequences:
        made.append(Operation("move", [("made", 1)], "", "", lambda x: tf.reverse(x, [1]), shape=made[1].shape))
        last = 2
    ends = [("made", 0), ("made", last)]
    merges = {"concat": lambda: Operation("move", ends, "", "", lambda *x: tf.concat(x, -1)),
              "sum": lambda: Operation("sum", ends, "", "", lambda a, b, w: (a + b) * w, numpy.ones(())),
              "mul": lambda: Operation("product", ends, "", "", lambda a, b: a * b),
              "ave": lambda: Operation("sum", ends, "", "", lambda a, b, w: (a + b) * w, numpy.array(0.5))}
    if layer.merge_mode not in merges:
        raise ValueError(f"layer {layer.name}: merge_mode {layer.merge_mode} is not supported, use concat, sum, mul or ave")
    return [*made, merges[layer.merge_mode]()]
