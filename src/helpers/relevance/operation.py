"""One step of a traced network as plain arithmetic, and the activations that the engine knows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy

ACTIVATIONS = ("linear", "relu", "softmax")


@dataclass
class Operation:
    """One step of the network.

    Attributes
    ----------
    kind : "input", "linear" (weights, by a rule), "sum" (no weights, by a rule), "relu", "max", "move" (values change
        position and nothing else), "same" (nothing happens).
    inputs : indices of the operations whose outputs it takes.
    name, layer : of the Keras layer and its class.
    run : function of the inputs' tensors, and for "linear" and "sum" of the weights after them, without bias.
    weights, bias : float64 arrays of a "linear" or "sum".
    shape : of the output, without the batch.
    position : number of the layer among those with weights, from the input.
    options : of convolution or pooling, for the ways that know them.
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
        filters = self.weights.shape[-1]
        return int(numpy.prod(self.shape) // filters * self.weights.size)


def activation_of(layer):
    """Name of a layer's activation, which must be Keras's own: another function may bear the name."""
    function = getattr(layer, "activation", None)
    if function is None:
        return "linear"
    if type(function).__name__ == "ReLU":
        check_plain(function, layer.name)
        return "relu"
    name = getattr(function, "__name__", type(function).__name__)
    home = getattr(function, "__module__", "")
    if name not in ACTIVATIONS or home.split(".")[0] not in ("keras", "tf_keras", "tensorflow"):
        raise ValueError(f"layer {layer.name}: activation {name} is not supported"
                         + (f" (of {home})" if name in ACTIVATIONS else ""))
    return name


def check_plain(relu, name):
    """Refuse a ReLU layer that is leaky, capped or shifted."""
    if relu.negative_slope or relu.threshold or relu.max_value is not None:
        raise ValueError(f"layer {name}: ReLU must be plain, neither leaky nor capped nor shifted")


def activation(name, function, shape):
    """The operation of an activation that `activation_of` has named."""
    import tensorflow as tf

    if function == "relu":
        return Operation("relu", [], name, "ReLU", tf.nn.relu, shape=shape)
    if function == "softmax":
        return Operation("softmax", [], name, "Softmax", shape=shape)
    return Operation("same", [], name, "Activation", lambda x: x, shape=shape)
