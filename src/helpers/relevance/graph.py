"""A Keras model comes in, a list of plain operations in the order of computation goes out, for the engine to walk.

It is read from the model's nodes, so any acyclic graph will do; batch normalisation is folded into the layer beside it.
"""

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
        place and nothing else), "same" (nothing happens).
    inputs : places of the operations whose outputs it takes.
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
        """Multiplications with addition per sample of a "linear": each weight once per place of the output."""
        filters = self.weights.shape[-1]
        return int(numpy.prod(self.shape) // filters * self.weights.size)


def trace(model):
    """Operations of `model` in the order of computation, the softmax at the end left out.

    Raises
    ------
    ValueError
        Naming the layer that is not supported, before any arithmetic.
    """
    operations, places = [], {}
    for tensor in model.inputs:
        places[_key(tensor)] = len(operations)
        operations.append(Operation("input", [], _layer_of(tensor).name, "InputLayer", shape=tuple(tensor.shape[1:])))
    nodes = _nodes(model)
    for layer, node, takes, gives in nodes:
        inputs = [places[_key(tensor)] for tensor in takes]
        shape = tuple(gives[0].shape[1:])
        for operation in _operations(layer, node, takes, shape):
            operation.inputs = operation.inputs or inputs
            inputs = [len(operations)]
            operations.append(operation)
        places[_key(gives[0])] = inputs[0]
    last = places[_key(model.outputs[0])]
    operations = _without_softmax(_folded(operations), last)
    weighted = [operation for operation in operations if operation.kind == "linear"]
    for position, operation in enumerate(weighted):
        operation.position = position
    return operations


def _nodes(model):
    """(layer, node, input tensors, output tensors) of each call in the order of computation, inputs left out."""
    import tensorflow as tf

    inner = getattr(model, "_functional", None) or model  # Keras 3 keeps a Sequential's graph apart
    if not hasattr(inner, "_nodes_by_depth"):
        raise ValueError(f"model {model.name}: build it first, or write it as a functional model")
    found = []
    for depth in sorted(inner._nodes_by_depth, reverse=True):
        for node in inner._nodes_by_depth[depth]:
            layer = getattr(node, "operation", None) or node.layer
            takes = tf.nest.flatten(getattr(node, "keras_inputs", node.input_tensors))  # Keras 2, Keras 3
            gives = tf.nest.flatten(node.outputs)
            if takes:
                found.append((layer, node, takes, gives))
    return found


def _key(tensor):
    history = tensor._keras_history
    return id(history[0]), history[1], history[2]


def _layer_of(tensor):
    return tensor._keras_history[0]


def _operations(layer, node, takes, shape):
    """What a layer does, as one operation or two: its arithmetic and its activation."""
    kind = type(layer).__name__
    makers = _makers()
    if kind not in makers:
        raise ValueError(f"layer {layer.name}: {kind} is not supported")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise ValueError(f"layer {layer.name}: {layer.data_format} is not supported, channels come last")
    made = makers[kind](layer, node, takes, shape)
    made.name, made.layer, made.shape = layer.name, kind, shape
    activation = getattr(layer, "activation", None)
    activation = getattr(activation, "__name__", type(activation).__name__) if activation else "linear"
    if activation not in ACTIVATIONS:
        raise ValueError(f"layer {layer.name}: activation {activation} is not supported")
    extra = [] if activation == "linear" or kind == "Activation" else [_activation(layer.name, activation, shape)]
    return [made, *extra]


def _activation(name, activation, shape):
    import tensorflow as tf

    if activation == "relu":
        return Operation("relu", [], name, "ReLU", tf.nn.relu, shape=shape)
    if activation == "softmax":
        return Operation("softmax", [], name, "Softmax", shape=shape)
    return Operation("same", [], name, "Activation", lambda x: x, shape=shape)


def _makers():
    """Layer class → function (layer, node, input tensors, output shape) that makes its operation."""
    from . import layers

    return layers.MAKERS


def _folded(operations):
    """Batch normalisation folded into the weights before it, or after it; what has none beside stays, with weights."""
    readers = {}
    for place, operation in enumerate(operations):
        for source in operation.inputs:
            readers.setdefault(source, []).append(place)
    for place, operation in enumerate(operations):
        if operation.layer != "BatchNormalization":
            continue
        before = operations[operation.inputs[0]]
        after = [operations[reader] for reader in readers.get(place, [])]
        scale, shift = operation.weights, operation.bias
        if before.kind == "linear" and before.layer != "BatchNormalization" \
                and readers[operation.inputs[0]] == [place]:
            before.weights, before.bias = before.weights * scale, before.bias * scale + shift
        elif len(after) == 1 and after[0].kind == "linear" and after[0].options.get("valid"):
            own = after[0]
            spread = own.weights * (shift[:, None])
            own.bias = own.bias + spread.sum(axis=tuple(range(spread.ndim - 1)))
            own.weights = own.weights * scale[:, None]
        else:
            continue
        operation.kind, operation.run, operation.weights, operation.bias = "same", lambda x: x, None, 0.0
    return operations


def _without_softmax(operations, last):
    for place, operation in enumerate(operations):
        if operation.kind == "softmax":
            if place != last:
                raise ValueError(f"layer {operation.name}: a softmax is supported as the last layer only")
            operation.kind, operation.run = "same", lambda x: x
    return operations[:last + 1] if last == len(operations) - 1 else _reordered(operations, last)


def _reordered(operations, last):
    """The same with `last` at the end; what does not lead to it is left out."""
    wanted, stack = set(), [last]
    while stack:
        place = stack.pop()
        wanted.add(place)
        stack.extend(operations[place].inputs)
    kept = sorted(wanted | {place for place, one in enumerate(operations) if one.kind == "input"})
    kept = [place for place in kept if place != last] + [last]
    new = {place: number for number, place in enumerate(kept)}
    for place in kept:
        operations[place].inputs = [new[source] for source in operations[place].inputs]
    return [operations[place] for place in kept]
