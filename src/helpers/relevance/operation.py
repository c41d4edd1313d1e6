"""One step of a traced network as plain arithmetic, and the activations that the engine knows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy


@dataclass(frozen=True)
class Call:
    """One call of a Keras layer: the layer, its node in the graph (None within `TimeDistributed`), shapes of what it takes and of what
    it gives, without the batch.
    """

    layer: object
    node: object
    takes: list
    shape: tuple


@dataclass
class Operation:
    """One step of the network.

    Attributes
    ----------
    kind : "input"; "linear" (weights, by a rule); "sum" (no weights, by a rule); "held" (linear in some inputs once what others make
        of it is held constant, by a rule); "recurrent" (weights, step by step, by a rule); "relu"; "elementwise" (another activation);
        "product"; "max"; "move" (values change position or are copied, and nothing else); "same" (nothing happens).
    inputs : indices of the operations whose outputs it takes. A maker that gives several operations writes ("in", k) for what the
        layer takes and ("made", k) for the operations that it gave before; by default each takes what stands before it.
    name, layer : of the Keras layer and its class.
    run : function of the inputs' tensors, and for "linear", "sum" and "held" of the weights after them, without bias: what the network
        computes, with its true gradient.
    weights, bias : float64 arrays of a "linear" or "sum".
    shape : of the output, without the batch.
    position : number of the layer among those with weights, from the input.
    options : of convolution or pooling, for the ways that know them; "held" : function as `run` in which what is held has no gradient;
        "gates" : of a product, whether each factor is a gate; "outputs" : axes of the weights that are the outputs (default the last).
    """

    kind: str
    inputs: list
    name: str
    layer: str
    run: object = None
    weights: numpy.ndarray | None = None
    bias: numpy.ndarray | float = 0.0
    shape: tuple = ()
    position: int | None = None
    options: dict = field(default_factory=dict)

    def multiply_adds(self):
        """Multiplications with addition per sample of a "linear": each weight once per position of the output."""
        axes = self.options.get("outputs", (-1,))
        filters = math.prod(self.weights.shape[axis] for axis in axes)
        return int(math.prod(self.shape) // filters * self.weights.size)

    def scaled(self, factor, shift):
        """Have the output times `factor` plus `shift` (one per output channel) come out instead, by other weights and bias."""
        axes = self.options.get("outputs", (-1,))
        shape = [1] * self.weights.ndim
        for axis in axes:
            shape[axis] = self.weights.shape[axis]
        self.weights, self.bias = self.weights * numpy.reshape(factor, shape), self.bias * factor + shift


def _tf(name):
    """A function of TensorFlow, loaded when it is called."""
    def run(x):
        import tensorflow as tf

        return getattr(tf.nn, name)(x)
    return run


def _hard_sigmoid(x):
    from keras import activations

    return activations.hard_sigmoid(x)


def _exponential(x):
    import tensorflow as tf

    return tf.exp(x)


#: Keras's name of an activation → (function of a tensor, whether it is never negative). A last softmax or sigmoid is left out.
ELEMENTWISE = {
    "relu": (_tf("relu"), True), "relu6": (_tf("relu6"), True), "sigmoid": (_tf("sigmoid"), True), "tanh": (_tf("tanh"), False),
    "softplus": (_tf("softplus"), True), "softsign": (_tf("softsign"), False), "elu": (_tf("elu"), False), "selu": (_tf("selu"), False),
    "gelu": (_tf("gelu"), False), "silu": (_tf("silu"), False), "swish": (_tf("silu"), False), "leaky_relu": (_tf("leaky_relu"), False),
    "hard_sigmoid": (_hard_sigmoid, True), "exponential": (_exponential, True), "softmax": (_tf("softmax"), True),
}
#: Activations that make a factor of a product a gate: it weighs the other and gets no relevance.
GATES = ("sigmoid", "hard_sigmoid", "softmax")
#: Activations that are left out at the end of a network.
HEADS = ("softmax", "sigmoid")


def activation_of(layer, which="activation"):
    """Name of a layer's activation, which must be Keras's own: another function may bear the name. A plain ReLU layer is "relu"."""
    function = getattr(layer, which, None)
    if function is None:
        return "linear"
    if type(function).__name__ == "ReLU":
        check_plain(function, layer.name)
        return "relu"
    name = getattr(function, "__name__", type(function).__name__)
    home = getattr(function, "__module__", "")
    if name != "linear" and name not in ELEMENTWISE or home.split(".")[0] not in ("keras", "tf_keras", "tensorflow"):
        raise ValueError(f"layer {layer.name}: activation {name} is not supported"
                         + (f" (of {home}); write a Keras activation of another name" if name in ELEMENTWISE else "; one of "
                            f"{', '.join(ELEMENTWISE)} is"))
    return name


def check_plain(relu, name):
    """Refuse a ReLU layer within another that is leaky, capped or shifted."""
    if relu.negative_slope or relu.threshold or relu.max_value is not None:
        raise ValueError(f"layer {name}: ReLU must be plain, neither leaky nor capped nor shifted; within a layer write such a one after "
                         "it, as a layer of its own")


def activation(name, function, shape=()):
    """The operation of an activation that `activation_of` has named."""
    if function == "linear":
        return Operation("same", [], name, "Activation", lambda x: x, shape=shape)
    run, positive = ELEMENTWISE[function]
    kind = "relu" if function == "relu" else "elementwise"
    layer = {"relu": "ReLU", "softmax": "Softmax"}.get(function, "Activation")
    return Operation(kind, [], name, layer, run, shape=shape, options={"positive": positive, "function": function})


def weight(layer, name):
    """A weight of a Keras layer by its name, as float64.

    Raises
    ------
    ValueError
        Where the layer keeps it in another form, such as eight-bit integers.
    """
    if getattr(layer, "quantization_mode", None):
        raise ValueError(f"layer {layer.name}: weights of {layer.quantization_mode} are not supported; explain the layer before it is quantized")
    return numpy.asarray(getattr(layer, name), "float64")


def arguments(node):
    """What a call was given, under either Keras: (in order, by name)."""
    given = getattr(node, "arguments", None)
    return (tuple(given.args), dict(given.kwargs)) if given is not None else (tuple(node.call_args), dict(node.call_kwargs))


def tensors_of(node):
    """The tensors that a call takes, under either Keras."""
    import tensorflow as tf

    return tf.nest.flatten(getattr(node, "keras_inputs", node.input_tensors))
