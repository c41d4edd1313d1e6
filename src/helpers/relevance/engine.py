"""The engine of this package: samples in batches, each by the way of `helpers.relevance.walk`, compiled once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy

from .scales import times
from .trace import changed, weights_of
from .walk import Walk

#: Samples explained at once: what is passed on stays within the caches of a processor.
BATCH = 64
#: From so many samples on, a batch is taken in two halves.
SPLIT = 32

#: What the ledger says of a layer, in this order; the first is the sum of the others.
ENTRIES = ("arrived", "handed_on", "bias", "epsilon", "undefined")


class Engine:
    """Explains one model by rules, with the weights that it has at each call.

    Parameters
    ----------
    model : Keras model of the layers in `helpers.relevance.layers.MAKERS`.
    rules : name → rule or composite.
    dtype : "float32" or "float64".
    shortcuts : False computes everything everywhere, to compare with. compiled : False for few samples, where compiling takes longer.
    output : of a model of several outputs, the one that is explained: its number, or the name of the layer that gives it.
    batch : samples explained at once.

    Raises
    ------
    ValueError
        For a layer that is not supported, a z^B rule without bounds, or a part of a composite that fits no layer, by name.
    """

    #: What walks; another for relevance that is no map of the input.
    walk = Walk

    def __init__(self, model, rules, dtype="float32", shortcuts=True, compiled=True, output=None, batch=BATCH):
        self.names, self.dtype, self.batch, self._compiles = list(rules), dtype, batch, compiled
        self._shortcuts = shortcuts
        self._model, self._new_walk = model, lambda: self.walk(model, rules, dtype, shortcuts, output)
        self._begin()

    def _begin(self):
        """Read the model as it is now."""
        import tensorflow as tf

        self._walk, self._weights, self._compiled = self._new_walk(), weights_of(self._model), {}
        self._spec = [tf.TensorSpec((None, *operation.shape), self.dtype) for operation in self._walk.inputs]

    def _follow(self):
        """Read the model again where its weights have changed."""
        if changed(self._weights, self._model):
            self._begin()

    def multiply_adds(self):
        """Multiplications with addition per sample: {"forward": of a forward pass, "all": of that and the way down}."""
        return self._walk.multiply_adds()

    def _uncompiled(self, finish, careful, records=None):
        """The function (inputs, targets) → what `finish` makes of the relevance, and the smallest peak of each sample."""
        import tensorflow as tf

        walk = self._walk

        def run(inputs, targets):
            outputs, steps = walk.forward(inputs)
            shape = walk.operations[-1].shape
            logits = tf.reshape(outputs[-1], (-1, numpy.prod(shape[:-1], dtype=int), shape[-1]))
            positions, classes = tf.unstack(targets, axis=1)
            largest = tf.argmax(tf.gather(logits, positions, batch_dims=1), 1, tf.int32)
            classes = tf.where(classes < 0, largest, classes)
            relevance, least = walk.backward(outputs, steps, positions * shape[-1] + classes, records, careful)
            return finish(relevance), least
        return run

    def _function(self, name, finish, careful):
        """The same, compiled the first time unless TensorFlow is told not to."""
        import tensorflow as tf

        if tf.config.functions_run_eagerly() or not self._compiles:
            return self._uncompiled(finish, careful)
        if (name, careful) not in self._compiled:
            compiled = tf.function(self._uncompiled(finish, careful), [self._spec, tf.TensorSpec((None, 2), tf.int32)],
                                   autograph=False)
            self._compiled[name, careful] = compiled.get_concrete_function()
        return self._compiled[name, careful]

    def _call(self, name, finish, x, target, progress=None):
        """What `finish` makes of the relevance of all samples, batch by batch, as arrays; NaN of a sample that is not all numbers."""
        import tensorflow as tf

        self._follow()
        x, targets = self._checked(x, target)
        n, gathered = len(targets), None
        if not n:  # as one would come out
            x, targets = [numpy.zeros((1, *array.shape[1:])) for array in x], numpy.zeros((1, 2), "int32")
            return tf.nest.map_structure(lambda array: array[:0], self._of_batch(name, finish, x, targets))
        for start in range(0, n, self.batch):
            part = slice(start, start + self.batch)
            found = self._of_batch(name, finish, [array[part] for array in x], targets[part])
            gathered = gathered or tf.nest.map_structure(lambda array: numpy.empty((n, *array.shape[1:]), array.dtype), found)
            tf.nest.map_structure(lambda whole, array: whole.__setitem__(part, array), gathered, found)
            if progress:
                progress(min(start + self.batch, n), n, f"{min(start + self.batch, n):,} of {n:,} samples")
        return gathered

    def _of_batch(self, name, finish, x, targets):
        import tensorflow as tf

        x = [numpy.asarray(array, self.dtype) for array in x]
        good = numpy.all([numpy.isfinite(array).all(axis=tuple(range(1, array.ndim))) for array in x], axis=0)
        if not good.all():  # others shall not meet what is no number
            x = [numpy.where(good.reshape(-1, *[1] * (array.ndim - 1)), array, 0) for array in x]
        found, least = self._arrays(name, finish, False, x, targets)
        lost = least < numpy.finfo(self.dtype).tiny * 1e20  # digits were lost, or everything, or there is none
        if lost.any():
            again, _ = self._arrays(name, finish, True, x, targets)
            found = tf.nest.map_structure(lambda array, other: numpy.where(lost.reshape(-1, *[1] * (array.ndim - 1)), other, array), found, again)
        if not good.all():
            found = tf.nest.map_structure(numpy.array, found)
            tf.nest.map_structure(lambda array: array.__setitem__(~good, numpy.nan), found)
        return found

    def _arrays(self, name, finish, careful, x, targets):
        import tensorflow as tf

        found = _in_halves(self._function(name, finish, careful), [tf.constant(array) for array in x], tf.constant(targets))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), found)

    def _checked(self, x, target):
        """Samples as arrays, and (n, 2) positions and classes, −1 for the predicted class."""
        x, inputs = [numpy.asarray(array) for array in (x if isinstance(x, (list, tuple)) else [x])], self._walk.inputs
        if len(x) != len(inputs):
            raise ValueError(f"{len(x)} inputs given, the model has {len(inputs)}")
        for array, operation in zip(x, inputs):
            if array.shape[1:] != operation.shape or len(array) != len(x[0]):
                raise ValueError(f"input {operation.name}: shape {array.shape} given, ({len(x[0])}, "
                                 f"{', '.join(map(str, operation.shape))}) expected")
        *several, classes = self._walk.operations[-1].shape
        position = 0
        if several:
            if not isinstance(target, (tuple, list)) or len(target) != 2:
                raise ValueError(f"target {target}: the model stages {several[0]} epochs at once; give (position, class), class None for the "
                                 "predicted one")
            position, target = target
        counted = [(position, (several or [1])[0], "positions"), (-1 if target is None else target, classes, "classes")]
        return x, numpy.stack([_whole(value, most, what, len(x[0]), least=-1 if target is None and what == "classes" else 0)
                               for value, most, what in counted], 1)

    def maps(self, x, target=None, progress=None):
        """Name of rule → (relevance by input with absolute values summing to 1, log_scale (n,) float64)."""
        import tensorflow as tf

        def finish(relevance):
            return [([times(tensor, tf.math.divide_no_nan(tf.ones((), "float64"), total)) for tensor in tensors],
                     log + tf.math.log(total)) for tensors, log, total in relevance]

        return dict(zip(self.names, self._call("maps", finish, x, target, progress)))

    def channels(self, x, target=None, axis=-1, progress=None):
        """Name of rule → (positive, negative (n, channels) float64, fractions of the absolute relevance, log_scale).

        `axis` is that of the channels. Channels of several inputs stand one after the other; nothing larger leaves the engine.
        """
        import tensorflow as tf

        def finish(relevance):
            finished = []
            for tensors, log, total in relevance:
                signed = []
                for sign in (1, -1):
                    sums = [tf.reduce_sum(tf.nn.relu(sign * tensor), [other for other in range(1, len(tensor.shape))
                                                                      if other != axis % len(tensor.shape)]) for tensor in tensors]
                    signed.append(tf.cast(tf.concat(sums, 1), "float64"))
                whole = tf.reduce_sum(sum(signed), 1, keepdims=True)  # `total` but for rounding: fractions sum to 1 exactly
                finished.append((*(tf.math.divide_no_nan(sums, whole) for sums in signed), log + tf.math.log(total)))
            return finished

        return dict(zip(self.names, self._call(f"channels {axis}", finish, x, target, progress)))

    def ledger(self, x, target=None):
        """Rule → layer → (n, 5) float64, the `ENTRIES`: what arrived, was handed on, went to bias or ε, was undefined.

        1 starts at the class; layers stand in the order of the way down.
        """
        if self._shortcuts:
            raise ValueError("the ledger needs an engine without shortcuts")
        self._follow()
        x, targets = self._checked(x, target)
        batches = [self._ledger_of([array[start:start + self.batch] for array in x], targets[start:start + self.batch])
                   for start in range(0, max(len(targets), 1), self.batch)]
        return {name: {layer: numpy.concatenate([batch[name][layer] for batch in batches]) for layer in layers}
                for name, layers in batches[0].items()}

    def _ledger_of(self, x, targets):
        import tensorflow as tf

        records = []  # not compiled: it is asked for once, and compiling takes longer
        self._uncompiled(lambda relevance: relevance, True, records)([tf.constant(array, self.dtype) for array in x], tf.constant(targets))
        names = [name for name, _ in records]  # of a layer that is called twice, the last call comes first
        layers = [f"{name} (call {names[index:].count(name)})" if names.count(name) > 1 else name
                  for index, name in enumerate(names)]
        return {name: {layer: entries[number].numpy() for layer, (_, entries) in zip(layers, records)}
                for number, name in enumerate(self.names)}


def _whole(values, most, what, n, least):
    """`values` as n whole numbers below `most`."""
    numbers = numpy.asarray(values)
    if numbers.dtype.kind not in "iu" or ((numbers < least) | (numbers >= most)).any():
        raise ValueError(f"target {values}: {what} are whole numbers from 0 to {most - 1}")
    if numbers.shape not in ((), (n,)):
        raise ValueError(f"{numbers.size} targets given for {n} samples")
    return numpy.broadcast_to(numbers, (n,)).astype("int32")


def _in_halves(function, x, targets):
    """What a function (inputs, targets) → (tensors, smallest peak of each sample) makes of all samples, taken in two halves at once where
    there are cores for it: one batch alone leaves them idle between its operations.
    """
    import tensorflow as tf

    n = len(targets)
    if n < SPLIT or _cores() < 2 or tf.config.functions_run_eagerly():
        return function(x, targets)
    halves = [([array[half] for array in x], targets[half]) for half in (slice(n // 2), slice(n // 2, n))]
    with ThreadPoolExecutor(2) as threads:
        (first, first_least), (second, second_least) = threads.map(lambda half: function(*half), halves)
    return tf.nest.map_structure(lambda *both: tf.concat(both, 0), (first, first_least), (second, second_least))


def _cores():
    """Cores that an operation of TensorFlow may use here."""
    import tensorflow as tf

    asked = tf.config.threading.get_intra_op_parallelism_threads() or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0))
    return asked or os.cpu_count()
