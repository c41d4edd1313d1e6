"""The engine of this package: after a forward pass the relevance of all rules goes down layer by layer, rescaled per sample
so that nothing underflows.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy

from .propagation import Convolution, ConvolutionGlobalPooling, ConvolutionPoolingByTwo, Layer
from .rules import Composite, Zero
from .scales import added, on_one_scale, raised, rescaled, times
from .trace import trace

#: From so many samples on, a batch is taken in two halves.
SPLIT = 32

#: What the ledger says of a layer, in this order; the first is the sum of the others.
ENTRIES = ("arrived", "handed_on", "bias", "epsilon", "undefined")


class Engine:
    """Explains one model by rules.

    Parameters
    ----------
    model : Keras model of the layers in `helpers.relevance.layers.MAKERS`.
    rules : name → rule or composite.
    dtype : "float32" or "float64".
    shortcuts : False computes everything everywhere, to compare with. compiled : False for few samples, where compiling takes longer.

    Raises
    ------
    ValueError
        For a layer that is not supported, or a z^B rule without bounds, by name.
    """

    def __init__(self, model, rules, dtype="float32", shortcuts=True, compiled=True):
        import tensorflow as tf

        self.names, self.dtype, self._compiles = list(rules), dtype, compiled
        self.operations = trace(model)
        self.inputs = [operation for operation in self.operations if operation.kind == "input"]
        self._rules = [self._by_operation(name, rule) for name, rule in rules.items()]
        self._readers = {}
        for index, operation in enumerate(self.operations):
            for source in operation.inputs:
                self._readers.setdefault(source, []).append(index)
        self._positive = self._never_negative()
        self._fused = self._shortcuts() if shortcuts else {}
        self._compiled = {}
        self._spec = [tf.TensorSpec((None, *operation.shape), dtype) for operation in self.inputs]

    def _by_operation(self, name, rule):
        """Index of each operation that takes a rule → its rule."""
        count = sum(operation.kind == "linear" for operation in self.operations)
        by_operation = {}
        for index, operation in enumerate(self.operations):
            if operation.kind not in ("linear", "sum"):
                continue
            of_layer = rule
            if isinstance(rule, Composite):
                of_layer = rule.rule(operation.name, operation.layer, operation.position, count)
            elif operation.kind == "sum":
                of_layer = None
            by_operation[index] = of_layer = of_layer or Zero()
            for bound in ("low", "high"):
                self._check_bound(name, operation, getattr(of_layer, bound, 0.0))
        named = set(rule.by_name) if isinstance(rule, Composite) else set()
        for layer in named - {self.operations[index].name for index in by_operation}:
            raise ValueError(f"rule {name}: no layer {layer} takes a rule (one that is folded into another takes none)")
        return by_operation

    def _check_bound(self, name, operation, bound):
        """Refuse a bound of z^B that is missing or does not fit the channels of the layer's input."""
        if bound is None:
            raise ValueError(f"rule {name}: z^B needs bounds, as ZB(low, high)")
        bounds, channels = numpy.size(bound), self.operations[operation.inputs[0]].shape[-1]
        if bounds not in (1, channels):
            raise ValueError(f"rule {name}: {bounds} bounds for the {channels} channels that layer {operation.name} takes")

    def _never_negative(self):
        """For each operation whether its output is known never to be negative."""
        positive = []
        for operation in self.operations:
            inputs = [positive[source] for source in operation.inputs]
            positive.append(operation.kind == "relu" or operation.kind in ("same", "move", "max", "sum") and all(inputs))
        return positive

    # -------------------------------------------------------------- shortcuts

    def _shortcuts(self):
        """Index of a layer → (index of the ReLU or pooling that is computed with it, class of `propagation`), where relevance
        arrives at outputs above 0 alone."""
        fused = {}
        for index, operation in enumerate(self.operations):
            if operation.kind != "linear":
                continue
            simple = operation.options.get("simple")
            end = self._only_reader(index)
            if end is None or self.operations[end].kind != "relu" or not self._proportional(end):
                continue
            fused[index] = (end, Convolution if simple else Layer)
            while simple and (end := self._only_reader(end)) is not None:
                following = self.operations[end]
                if following.options.get("halves"):
                    fused[index] = (end, ConvolutionPoolingByTwo)
                if following.options.get("all"):
                    fused[index] = (end, ConvolutionGlobalPooling)
                if following.kind != "same":
                    break
        return fused

    def _only_reader(self, index):
        readers = self._readers.get(index, [])
        return readers[0] if len(readers) == 1 else None

    def _proportional(self, index):
        """Whether no rule brings relevance to outputs of an operation that are 0."""
        readers = self._readers.get(index, [])
        if not readers:
            return False
        for reader in readers:
            if self.operations[reader].kind in ("linear", "sum"):
                terms = [term for by_operation in self._rules for fraction in by_operation[reader].fractions
                         for term in fraction.terms]
                if any(isinstance(term.input, str) for term in terms):
                    return False
            elif not self._proportional(reader):
                return False
        return True

    # ------------------------------------------------------------------ walks

    def _forward(self, inputs):
        """Outputs of the operations, and what hands relevance down, by the index of the last operation that it computes."""
        import tensorflow as tf

        outputs, supports, steps, hidden = [], [], {}, {}
        samples = iter(inputs)
        for index, operation in enumerate(self.operations):
            if operation.kind == "input":
                outputs.append(next(samples))
                supports.append(None)
                continue
            if index in hidden:  # computed with the convolution before it
                outputs.append(hidden[index])
                supports.append(None)
                continue
            taken = [outputs[source] for source in operation.inputs]
            masks = [supports[source] for source in operation.inputs]
            supports.append(self._support(operation, taken, masks))
            if operation.kind in ("linear", "sum"):
                positive = [self._positive[source] for source in operation.inputs]
                end, kind = self._fused.get(index, (index, Layer))
                step = steps[end] = kind(operation, self.dtype, positive, index in self._fused)
                outputs.append(step.forward(taken, masks))
                between = index
                while between != end:
                    between = self._readers[between][0]
                    hidden[between] = outputs[index]
            else:
                outputs.append(operation.run(*taken))
        return outputs, steps

    def _support(self, operation, inputs, masks):
        """1 where values come from the network and 0 where they are padding; None where all do."""
        import tensorflow as tf

        padding = operation.layer.startswith("ZeroPadding")
        if operation.kind not in ("same", "move", "relu") or not padding and all(mask is None for mask in masks):
            return None
        ones = [tf.ones((1, *x.shape[1:]), self.dtype) if mask is None else mask for x, mask in zip(inputs, masks)]
        return operation.run(*ones)

    def _backward(self, outputs, steps, targets, ledger=None, careful=False):
        """Relevance of each input: per rule (tensors by input, log_scale (n,) float64, total); and the smallest peak that
        a sample's relevance had fallen to before it was rescaled.

        `careful` rescales before every layer, and takes what ε divides by out of it.
        """
        import tensorflow as tf

        last, peaks = len(self.operations) - 1, []
        start = tf.one_hot(targets, outputs[last].shape[-1], dtype=self.dtype)
        zero = tf.zeros(tf.shape(targets), "float64")
        arrived = {last: [(start, zero, True) for _ in self.names]}
        skipped = {index for end, _ in self._fused.values() for index in self._between(end)}
        fused_at = {end: index for index, (end, _) in self._fused.items()}
        for index in range(last, -1, -1):
            operation = self.operations[index]
            if operation.kind == "input" or index not in arrived or index in skipped:
                continue
            relevance = arrived.pop(index)
            if index in steps:
                weighted = fused_at.get(index, index)
                rules = [by_operation[weighted] for by_operation in self._rules]
                sources = self.operations[weighted].inputs
                down = self._weighted(steps[index], rules, relevance, operation.kind == "max", operation, ledger,
                                      careful, peaks)
            else:
                sources = operation.inputs
                down = self._unweighted(operation, [outputs[source] for source in sources], relevance)
            for number, source in enumerate(sources):
                pieces = [(tensors[number], log, fresh) for tensors, log, fresh in down]
                arrived[source] = [added(*pair) for pair in zip(arrived[source], pieces)] if source in arrived else pieces
        gathered = [self._gathered(outputs, arrived, rule, peaks) for rule in range(len(self.names))]
        return gathered, tf.reduce_min(tf.concat(peaks, 0))

    def _between(self, end):
        """Indices from a fused convolution up to its pooling, without the pooling."""
        [index] = [index for index, (other, _) in self._fused.items() if other == end]
        while index != end:
            yield index
            index = self._readers[index][0]

    def _weighted(self, step, rules, relevance, small, operation, ledger, careful, peaks):
        small = careful or small or len(operation.shape) == 1  # pooled or dense: rescaling costs little there
        scaled = [rescaled(*of_rule, peaks) if small or not of_rule[2] else of_rule for of_rule in relevance]
        if careful:
            scaled = [raised(rule, *of_rule) for rule, of_rule in zip(rules, scaled)]
        fresh = [small or not rescaled_before for _, _, rescaled_before in relevance]
        records = None if ledger is None else []
        handed = step.hand_down(rules, [tensor for tensor, _, _ in scaled], records)
        if ledger is not None:
            import tensorflow as tf

            ledger.append((operation.name, [entry * tf.exp(log)[:, None] for entry, (_, log, _) in zip(records, scaled)]))
        return [(tensors, log, new) for tensors, (_, log, _), new in zip(handed, scaled, fresh)]

    def _unweighted(self, operation, inputs, relevance):
        import tensorflow as tf

        if operation.kind in ("relu", "same"):
            return [([tensor], log, fresh) for tensor, log, fresh in relevance]
        copies = len(relevance)
        stacked = [tf.concat([x] * copies, 0) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(stacked)
            output = operation.run(*stacked)
        backs = tape.gradient(output, stacked, tf.concat([tensor for tensor, _, _ in relevance], 0))
        split = [tf.split(back, copies, 0) for back in backs]
        return [([of_rules[number] for of_rules in split], log, fresh) for number, (_, log, fresh) in enumerate(relevance)]

    def _gathered(self, outputs, arrived, rule, peaks):
        """Relevance at the inputs of the network, on one scale."""
        import tensorflow as tf

        tensors, logs = [], []
        for index, operation in enumerate(self.operations):
            if operation.kind == "input":
                blank = (tf.zeros_like(outputs[index]), tf.fill((tf.shape(outputs[index])[0],), tf.cast(0, "float64")), True)
                tensor, log, _ = rescaled(*arrived[index][rule], peaks) if index in arrived else blank
                tensors.append(tensor)
                logs.append(log)
        tensors, log = on_one_scale(tensors, logs)
        total = sum(tf.reduce_sum(tf.cast(tf.abs(tensor), "float64"), list(range(1, len(tensor.shape))))
                    for tensor in tensors)
        return tensors, log, total

    def multiply_adds(self):
        """Multiplications with addition per sample: {"forward": of a forward pass, "all": of that and the way down}."""
        forward = total = 0
        for index, operation in enumerate(self.operations):
            if operation.kind == "linear":
                products = operation.multiply_adds()
                forward += products
                kind = self._fused.get(index, (index, Layer))[1]
                down = operation.weights.size if kind is ConvolutionGlobalPooling else products
                positive = [self._positive[source] for source in operation.inputs]
                step = kind(operation, self.dtype, positive, index in self._fused)
                total += products + down * sum(step.products(by_operation[index]) for by_operation in self._rules)
        return {"forward": forward, "all": total}

    # ----------------------------------------------------------------- calls

    def _uncompiled(self, finish, careful, records=None):
        """The function (inputs, targets) → what `finish` makes of the relevance, and the smallest peak."""
        import tensorflow as tf

        def run(inputs, targets):
            outputs, steps = self._forward(inputs)
            targets = tf.where(targets < 0, tf.argmax(outputs[-1], 1, tf.int32), targets)
            relevance, least = self._backward(outputs, steps, targets, records, careful)
            return finish(relevance), least
        return run

    def _function(self, name, finish, careful):
        """The same, compiled the first time unless TensorFlow is told not to."""
        import tensorflow as tf

        if tf.config.functions_run_eagerly() or not self._compiles:
            return self._uncompiled(finish, careful)
        if (name, careful) not in self._compiled:
            compiled = tf.function(self._uncompiled(finish, careful), [self._spec, tf.TensorSpec((None,), tf.int32)],
                                   autograph=False)
            self._compiled[name, careful] = compiled.get_concrete_function()
        return self._compiled[name, careful]

    def _call(self, name, finish, x, target):
        x, targets = self._checked(x, target)
        finished, least = _in_halves(self._function(name, finish, False), x, targets)
        if least < numpy.finfo(self.dtype).tiny * 1e20:  # digits were lost, or everything, or there is none
            finished, _ = _in_halves(self._function(name, finish, True), x, targets)
        return finished

    def _checked(self, x, target):
        """Samples and targets as tensors, −1 for the predicted class."""
        import tensorflow as tf

        x = [numpy.asarray(array) for array in (x if isinstance(x, (list, tuple)) else [x])]
        if len(x) != len(self.inputs):
            raise ValueError(f"{len(x)} inputs given, the model has {len(self.inputs)}")
        for array, operation in zip(x, self.inputs):
            if array.shape[1:] != operation.shape or len(array) != len(x[0]):
                raise ValueError(f"input {operation.name}: shape {array.shape} given, ({len(x[0])}, "
                                 f"{', '.join(map(str, operation.shape))}) expected")
        targets, classes = numpy.asarray(-1 if target is None else target), self.operations[-1].shape[-1]
        if target is not None and (targets.dtype.kind not in "iu" or ((targets < 0) | (targets >= classes)).any()):
            raise ValueError(f"target {target}: classes are whole numbers from 0 to {classes - 1}")
        if targets.shape not in ((), (len(x[0]),)):
            raise ValueError(f"{targets.size} targets given for {len(x[0])} samples")
        targets = numpy.broadcast_to(targets, (len(x[0]),)).astype("int32")
        return [tf.constant(array, self.dtype) for array in x], tf.constant(targets)

    def maps(self, x, target=None):
        """Name of rule → (relevance by input with absolute values summing to 1, log_scale (n,) float64)."""
        import tensorflow as tf

        def finish(relevance):
            return [([times(tensor, tf.math.divide_no_nan(tf.ones((), "float64"), total)) for tensor in tensors],
                     log + tf.math.log(total)) for tensors, log, total in relevance]

        maps = self._call("maps", finish, x, target)
        return {name: ([tensor.numpy() for tensor in tensors], log.numpy())
                for name, (tensors, log) in zip(self.names, maps)}

    def channels(self, x, target=None):
        """Name of rule → (positive, negative (n, channels) float64, fractions of the absolute relevance, log_scale).

        Channels of several inputs stand one after the other; nothing larger leaves the engine.
        """
        import tensorflow as tf

        def finish(relevance):
            finished = []
            for tensors, log, total in relevance:
                signed = []
                for sign in (1, -1):
                    sums = [tf.reduce_sum(tf.nn.relu(sign * tensor), list(range(1, len(tensor.shape) - 1)))
                            for tensor in tensors]
                    signed.append(tf.cast(tf.concat(sums, 1), "float64"))
                whole = tf.reduce_sum(sum(signed), 1, keepdims=True)  # `total` but for rounding: fractions sum to 1 exactly
                finished.append((*(tf.math.divide_no_nan(sums, whole) for sums in signed), log + tf.math.log(total)))
            return finished

        by_rule = self._call("channels", finish, x, target)
        return {name: tuple(tensor.numpy() for tensor in tensors) for name, tensors in zip(self.names, by_rule)}

    def ledger(self, x, target=None):
        """Rule → layer → (n, 5) float64, the `ENTRIES`: what arrived, was handed on, went to bias or ε, was undefined.

        1 starts at the class; layers stand in the order of the way down.
        """
        if self._fused:
            raise ValueError("the ledger needs an engine without shortcuts")
        records = []  # not compiled: it is asked for once, and compiling takes longer
        self._uncompiled(lambda relevance: relevance, True, records)(*self._checked(x, target))
        names = [name for name, _ in records]  # of a layer that is called twice, the last call comes first
        layers = [f"{name} (call {names[index:].count(name)})" if names.count(name) > 1 else name
                  for index, name in enumerate(names)]
        return {name: {layer: entries[number].numpy() for layer, (_, entries) in zip(layers, records)}
                for number, name in enumerate(self.names)}


def _in_halves(function, x, targets):
    """What a function (inputs, targets) → (tensors, smallest peak) makes of all samples, taken in two halves at once where
    there are cores for it: one batch alone leaves them idle between its operations.
    """
    import tensorflow as tf

    n = len(targets)
    if n < SPLIT or _cores() < 2 or tf.config.functions_run_eagerly():
        return function(x, targets)
    halves = [([array[half] for array in x], targets[half]) for half in (slice(n // 2), slice(n // 2, n))]
    with ThreadPoolExecutor(2) as threads:
        (first, first_least), (second, second_least) = threads.map(lambda half: function(*half), halves)
    return tf.nest.map_structure(lambda *both: tf.concat(both, 0), first, second), tf.minimum(first_least, second_least)


def _cores():
    """Cores that an operation of TensorFlow may use here."""
    import tensorflow as tf

    asked = tf.config.threading.get_intra_op_parallelism_threads() or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0))
    return asked or os.cpu_count()
