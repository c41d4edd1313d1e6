"""What recurrent layers compute at each step, and the operations that they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from .operation import ELEMENTWISE, Operation, activation_of, weight


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
