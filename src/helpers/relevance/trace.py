"""A Keras model comes in, a list of plain operations in the order of computation goes out, for the engine to walk.

It is read from the model's nodes, so any acyclic graph will do, also one with models in it; what only scales channels is folded into the
layer beside it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy

from .layers import MAKERS, MERGES, called
from .operation import GATES, HEADS, Call, Operation, activation, activation_of, arguments, tensors_of

#: Layers after which no activation is traced: it is what they do, or part of their steps.
WITHOUT_ACTIVATION = ("Activation", "LSTM", "GRU", "Bidirectional")


def trace(model, output=None):
    """Operations of `model` in the order of computation, the softmax or sigmoid at the end left out.

    Parameters
    ----------
    output : of a model of several outputs, the one that is explained: its number, or the name of the layer that gives it.

    Raises
    ------
    ValueError
        Naming the layer that is not supported, before any arithmetic.
    """
    _check_built(model)
    tracer = _Tracer()
    for tensor in model.inputs:
        shape = _fixed(tensor, _layer_of(tensor).name)
        tracer.operations.append(Operation("input", [], _layer_of(tensor).name, "InputLayer", shape=shape))
    ends = tracer.graph(model, list(range(len(model.inputs))), "", ())
    operations = _folded(_ending_at(tracer.operations, ends[_chosen_output(model, output)]))
    last = operations[-1]
    if last.options.get("function") in HEADS:
        last.kind, last.run, last.options = "same", lambda x: x, {}
    if len(last.shape) not in (1, 2):
        raise ValueError(f"layer {last.name}: the model's output must be one value per class, or that for each of several epochs; its shape is {last.shape}")
    _find_gates(operations)
    weighted = [operation for operation in operations if operation.kind in ("linear", "recurrent")]
    for position, operation in enumerate(weighted):
        operation.position = position
    return operations


def weights_of(model):
    """The numbers that a model computes with now."""
    return [numpy.array(array) for array in model.get_weights()]


def changed(weights, model):
    """Whether a model computes with other numbers than `weights_of` gave."""
    return any(not numpy.array_equal(before, now) for before, now in zip(weights, model.get_weights()))


class _Tracer:
    """Gathers the operations of a model and of the models within it."""

    def __init__(self):
        self.operations = []

    def graph(self, model, taken, path, steps):
        """Trace a model's graph.

        Parameters
        ----------
        taken : indices of the operations that are its inputs.
        path : names of the models around it, each with a slash after it.
        steps : numbers of time steps of the `TimeDistributed` layers around it, the outermost first.

        Returns
        -------
        Index of the operation that is each of its outputs.
        """
        index_of = {_key(tensor): index for tensor, index in zip(model.inputs, taken)}
        for layer, node, takes, gives in _nodes(model):
            if len(gives) > 1 and called(layer) != "Model":
                raise ValueError(f"layer {path}{layer.name}: {len(gives)} outputs are not supported, such as states")
            *shapes, shape = [_fixed(tensor, f"{path}{layer.name}") for tensor in (*takes, gives[0])]
            call = Call(layer, node, shapes, shape)
            ends = self.call(call, [index_of[_key(tensor)] for tensor in takes], path, steps)
            index_of |= {_key(tensor): end for tensor, end in zip(gives, ends)}
        return [index_of[_key(tensor)] for tensor in model.outputs]

    def call(self, call, taken, path, steps, name=None):
        """Trace one call of a layer, by default under its own name; the index of the operation that is each of its outputs."""
        layer, kind = call.layer, called(call.layer)
        name = name or f"{path}{layer.name}"
        if kind is None or kind not in MAKERS:
            raise ValueError(f"layer {name}: {_unknown(layer)}")
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise ValueError(f"layer {name}: {layer.data_format} is not supported, channels come last")
        if call.node is not None and kind not in ("a[…]", "MultiHeadAttention", "Attention"):
            _check_call(name, kind, call)
        if kind == "Model":
            return self.graph(_inner(layer), taken, f"{name}/", steps)
        if kind == "TimeDistributed":
            return self._at_each_step(call, taken, path, steps)
        return [self._made(call, kind, name, taken, steps)]

    def _at_each_step(self, call, taken, path, steps):
        inner, length = call.layer.layer, call.takes[0][0]
        if called(inner) == "Model":
            return self.graph(_inner(inner), taken, f"{path}{call.layer.name}/", (*steps, length))
        within = Call(inner, None, [shape[1:] for shape in call.takes], call.shape[1:])
        return self.call(within, taken, path, (*steps, length), f"{path}{call.layer.name}")

    def _made(self, call, kind, name, taken, steps):
        """Add the operations of a layer; the index of the last."""
        made = MAKERS[kind][0](call)
        made = made if isinstance(made, list) else [made]
        function = "linear" if kind in WITHOUT_ACTIVATION else activation_of(call.layer)
        if function != "linear":
            made.append(activation(name, function))
        start = len(self.operations)
        for number, operation in enumerate(made):
            sources = operation.inputs or ([("made", number - 1)] if number else [("in", index) for index in range(len(taken))])
            operation.inputs = [taken[index] if of == "in" else start + index for of, index in sources]
            operation.name, operation.layer = name, operation.layer or kind
            operation.shape = tuple(operation.shape) or call.shape
            self.operations.append(operation if not steps else _stepwise(operation, steps))
        return len(self.operations) - 1


def _stepwise(operation, steps):
    """The operation at each step of the axes before its own."""
    if operation.kind == "recurrent":
        raise ValueError(f"layer {operation.name}: a recurrent layer within TimeDistributed is not supported")
    count, axes = len(operation.inputs), len(steps)
    if operation.kind in ("same", "relu", "elementwise", "product"):
        return replace(operation, shape=(*steps, *operation.shape))

    def around(run):
        def at_each(*given):
            import tensorflow as tf

            tensors = [tf.reshape(tensor, (-1, *tensor.shape[axes + 1:])) for tensor in given[:count]]
            result = run(*tensors, *given[count:])
            return tf.reshape(result, (-1, *steps, *result.shape[1:]))
        return at_each

    options = {name: value for name, value in operation.options.items() if name not in ("simple", "halves", "all")}
    if "held" in options:
        options["held"] = around(options["held"])
    return replace(operation, run=around(operation.run), shape=(*steps, *operation.shape), options=options)


# ------------------------------------------------------------------ the graph

def _check_built(model):
    if not getattr(model, "inputs", None) or not hasattr(_inner(model), "_nodes_by_depth"):
        raise ValueError(f"model {model.name}: build it first, or write it as a functional model")


def _inner(model):
    """The model that has the graph: Keras 3 keeps that of a Sequential apart."""
    return getattr(model, "_functional", None) or model


def _nodes(model):
    """(layer, node, input tensors, output tensors) of each call in the order of computation, inputs left out."""
    import tensorflow as tf

    calls = []
    inner = _inner(model)
    for depth in sorted(inner._nodes_by_depth, reverse=True):
        for node in inner._nodes_by_depth[depth]:
            layer = getattr(node, "operation", None) or node.layer
            takes, gives = tensors_of(node), tf.nest.flatten(node.outputs)
            if takes:
                calls.append((layer, node, takes, gives))
    return calls


def _fixed(tensor, name):
    """Shape of a tensor without the batch, which must be fixed."""
    shape = tuple(tensor.shape[1:])
    if None in shape:
        raise ValueError(f"layer {name}: its shape {shape} must be fixed")
    return shape


def _chosen_output(model, output):
    names = [_layer_of(tensor).name for tensor in model.outputs]
    if output is None:
        if len(names) > 1:
            raise ValueError(f"model {model.name}: {len(names)} outputs (of {', '.join(names)}); say which one by output=")
        return 0
    number = names.index(output) if output in names else output
    if not isinstance(number, int) or not 0 <= number < len(names):
        raise ValueError(f"output {output!r}: the model has {', '.join(names)}")
    return number


def _check_call(name, kind, call):
    """Refuse calls that do more than pass tensors on: a mask, a constant, training=True."""
    given, named = arguments(call.node)
    operator = " " in kind
    for key, value in (*named.items(), *zip(("an argument",) * len(given[1:]), given[1:])):
        tensor = hasattr(value, "_keras_history") or isinstance(value, (list, tuple))
        if operator and not tensor and key != "name":
            raise ValueError(f"layer {name}: {kind} with a number is not supported; write layers.Rescaling(scale, offset)")
        if not operator and value is not None and value is not False:
            shown = f"={value}" if isinstance(value, bool) else ""
            raise ValueError(f"layer {name}: a call with {key}{shown} is not supported; call it with its tensors alone")
    if len(call.takes) > 1 and kind not in (*MERGES, "Model"):
        raise ValueError(f"layer {name}: a call with {len(call.takes)} tensors is not supported")
    if operator and len(call.takes) < 2:
        raise ValueError(f"layer {name}: {kind} with a number is not supported; write layers.Rescaling(scale, offset)")


def _unknown(layer):
    """Why a layer cannot be explained, and what to write instead."""
    from keras import layers

    kind = type(layer).__name__
    if hasattr(layers, kind) and type(layer) is not getattr(layers, kind):
        return f"{kind} of {type(layer).__module__} is not supported, only Keras's layer of that name"
    symbol = getattr(layer, "symbol", None)
    return f"{f'{kind} {symbol}' if symbol else kind} is not supported; the table of layers in the book says what is"


def _key(tensor):
    history = tensor._keras_history
    return id(history[0]), history[1], history[2]


def _layer_of(tensor):
    return tensor._keras_history[0]


# -------------------------------------------------------------------- folding

def _readers(operations):
    readers = {}
    for index, operation in enumerate(operations):
        for source in operation.inputs:
            readers.setdefault(source, []).append(index)
    return readers


def _folded(operations):
    """What scales channels folded into the weights before it, or after it; what has none beside stays, with weights."""
    readers, folded = _readers(operations), True
    while folded:  # one that is folded may bring the next one beside a layer
        folded = [_fold(operations, readers, index) for index, operation in enumerate(operations)
                  if operation.options.get("affine") and operation.kind == "linear"]
        folded = any(folded)
    return operations


def _fold(operations, readers, index):
    """Fold the scaling of this index, and say whether there was a layer for it."""
    scaling = operations[index]
    before, after = _before(operations, readers, index), _after(operations, readers, index)
    if before is not None and before.kind == "linear" and len(before.shape) == len(scaling.shape):
        before.scaled(scaling.weights, scaling.bias)
    elif after is not None and after.options.get("valid"):
        spread = after.weights * scaling.bias[:, None]
        after.bias = after.bias + spread.sum(axis=tuple(range(spread.ndim - 1)))
        after.weights = after.weights * scaling.weights[:, None]
    else:
        return False
    scaling.kind, scaling.run, scaling.weights, scaling.bias = "same", lambda x: x, None, 0.0
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


def _find_gates(operations):
    """Say of each product which of its factors are gates; a softmax that is none has no rule."""
    readers, used = _readers(operations), set()
    for operation in operations:
        if operation.kind == "product":
            gates = []
            for source in operation.inputs:
                while operations[source].kind in ("same", "move") and len(operations[source].inputs) == 1:
                    source = operations[source].inputs[0]
                gates.append(operations[source].options.get("function") in GATES)
                used.add(source)
            operation.options["gates"] = [gate and not all(gates) for gate in gates]
    for index, operation in enumerate(operations):
        if operation.options.get("function") == "softmax" and (index not in used or len(readers.get(index, [])) > 1):
            raise ValueError(f"layer {operation.name}: a softmax is supported as the last layer, or as a factor of a product")


def _ending_at(operations, last):
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
