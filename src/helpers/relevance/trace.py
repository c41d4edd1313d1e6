"""A Keras model comes in, a list of plain operations in the order of computation goes out, for the engine to walk.

It is read from the model's nodes, so any acyclic graph will do; batch normalisation is folded into the layer beside it.
"""

from __future__ import annotations

from .layers import MAKERS
from .operation import Operation, activation, activation_of


def trace(model):
    """Operations of `model` in the order of computation, the softmax at the end left out.

    Raises
    ------
    ValueError
        Naming the layer that is not supported, before any arithmetic.
    """
    nodes = _nodes(model)
    operations, index_of = [], {}
    for tensor in model.inputs:
        index_of[_key(tensor)] = len(operations)
        operations.append(Operation("input", [], _layer_of(tensor).name, "InputLayer", shape=tuple(tensor.shape[1:])))
    for layer, node, takes, gives in nodes:
        inputs = [index_of[_key(tensor)] for tensor in takes]
        shape = tuple(gives[0].shape[1:])
        for operation in _operations(layer, node, takes, shape):
            operation.inputs = operation.inputs or inputs
            inputs = [len(operations)]
            operations.append(operation)
        index_of[_key(gives[0])] = inputs[0]
    last = index_of[_key(model.outputs[0])]
    operations = _without_softmax(_folded(operations), last)
    weighted = [operation for operation in operations if operation.kind == "linear"]
    for position, operation in enumerate(weighted):
        operation.position = position
    return operations


def _nodes(model):
    """(layer, node, input tensors, output tensors) of each call in the order of computation, inputs left out."""
    import tensorflow as tf

    inner = getattr(model, "_functional", None) or model  # Keras 3 keeps a Sequential's graph apart
    if not getattr(model, "inputs", None) or not hasattr(inner, "_nodes_by_depth"):
        raise ValueError(f"model {model.name}: build it first, or write it as a functional model")
    _check_ends(model)
    calls = []
    for depth in sorted(inner._nodes_by_depth, reverse=True):
        for node in inner._nodes_by_depth[depth]:
            layer = getattr(node, "operation", None) or node.layer
            takes = tf.nest.flatten(getattr(node, "keras_inputs", node.input_tensors))  # Keras 2, Keras 3
            gives = tf.nest.flatten(node.outputs)
            if takes:
                calls.append((layer, node, takes, gives))
    return calls


def _check_ends(model):
    """Refuse inputs of no fixed shape, and outputs that are not one vector of classes."""
    for tensor in model.inputs:
        if None in tuple(tensor.shape[1:]):
            raise ValueError(f"layer {_layer_of(tensor).name}: its shape {tuple(tensor.shape[1:])} must be fixed")
    if len(model.outputs) != 1:
        names = ", ".join(_layer_of(tensor).name for tensor in model.outputs)
        raise ValueError(f"model {model.name}: {len(model.outputs)} outputs (of {names}); explain a model of one of them")
    shape = tuple(model.outputs[0].shape[1:])
    if len(shape) != 1:
        raise ValueError(f"layer {_layer_of(model.outputs[0]).name}: the model's output must be one value per class, "
                         f"its shape is {shape}")


def _check_call(layer, node, takes, several):
    """Refuse calls that do more than pass tensors on: a mask, training=True."""
    arguments = getattr(node, "arguments", None)  # Keras 3, else Keras 2
    rest, named = (arguments.args[1:], arguments.kwargs) if arguments is not None else (node.call_args[1:], node.call_kwargs)
    for name, value in (*named.items(), *zip(("an argument",) * len(rest), rest)):
        if value is not None and value is not False:
            shown = f"={value}" if isinstance(value, bool) else ""
            raise ValueError(f"layer {layer.name}: a call with {name}{shown} is not supported")
    if len(takes) > 1 and not several:
        raise ValueError(f"layer {layer.name}: a call with {len(takes)} tensors is not supported")


def _key(tensor):
    history = tensor._keras_history
    return id(history[0]), history[1], history[2]


def _layer_of(tensor):
    return tensor._keras_history[0]


def _operations(layer, node, takes, shape):
    """What a layer does, as one operation or two: its arithmetic and its activation."""
    kind = type(layer).__name__
    if kind not in MAKERS:
        raise ValueError(f"layer {layer.name}: {kind} is not supported")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise ValueError(f"layer {layer.name}: {layer.data_format} is not supported, channels come last")
    if kind not in ("SlicingOpLambda", "GetItem"):
        _check_call(layer, node, takes, kind in ("Add", "Concatenate"))
    made = MAKERS[kind](layer, node, takes, shape)
    made.name, made.layer, made.shape = layer.name, kind, shape
    function = activation_of(layer)
    apart = function != "linear" and kind != "Activation"
    return [made, activation(layer.name, function, shape)] if apart else [made]


def _folded(operations):
    """Batch normalisation folded into the weights before it, or after it; what has none beside stays, with weights."""
    readers = {}
    for index, operation in enumerate(operations):
        for source in operation.inputs:
            readers.setdefault(source, []).append(index)
    folded = True
    while folded:  # one that is folded may bring the next one beside a layer
        folded = [_fold(operations, readers, index) for index, operation in enumerate(operations)
                  if operation.layer == "BatchNormalization" and operation.kind == "linear"]
        folded = any(folded)
    return operations


def _fold(operations, readers, index):
    """Fold the normalisation of this index, and say whether there was a layer for it."""
    normal = operations[index]
    before, after = _before(operations, readers, index), _after(operations, readers, index)
    if before is not None and before.kind == "linear":
        before.weights, before.bias = before.weights * normal.weights, before.bias * normal.weights + normal.bias
    elif after is not None and after.options.get("valid"):
        spread = after.weights * normal.bias[:, None]
        after.bias = after.bias + spread.sum(axis=tuple(range(spread.ndim - 1)))
        after.weights = after.weights * normal.weights[:, None]
    else:
        return False
    normal.kind, normal.run, normal.weights, normal.bias = "same", lambda x: x, None, 0.0
    return True


def _before(operations, readers, index):
    """The operation before, past what does nothing; None where its output is read elsewhere, too."""
    while True:
        [source] = operations[index].inputs
        if readers[source] != [index]:
            return None
        if operations[source].kind != "same":
            return operations[source]
        index = source


def _after(operations, readers, index):
    """The only operation that reads the output of this one, past what does nothing, or None."""
    while len(readers.get(index, [])) == 1:
        [index] = readers[index]
        if operations[index].kind != "same":
            return operations[index]
    return None


def _without_softmax(operations, last):
    for index, operation in enumerate(operations):
        if operation.kind == "softmax":
            if index != last:
                raise ValueError(f"layer {operation.name}: a softmax is supported as the last layer only")
            operation.kind, operation.run = "same", lambda x: x
    return operations[:last + 1] if last == len(operations) - 1 else _reordered(operations, last)


def _reordered(operations, last):
    """The same with `last` at the end; what does not lead to it is left out."""
    wanted, stack = set(), [last]
    while stack:
        index = stack.pop()
        wanted.add(index)
        stack.extend(operations[index].inputs)
    order = sorted(wanted | {index for index, operation in enumerate(operations) if operation.kind == "input"})
    order = [index for index in order if index != last] + [last]
    new = {index: number for number, index in enumerate(order)}
    for index in order:
        operations[index].inputs = [new[source] for source in operations[index].inputs]
    return [operations[index] for index in order]
