"""The way of relevance through a network: forward once, and down again layer by layer for all rules, rescaled per sample so that nothing
underflows.
"""

from __future__ import annotations

import numpy

from .held import Held
from .propagation import Convolution, ConvolutionGlobalPooling, ConvolutionPoolingByTwo, Layer
from .recurrent import Recurrent
from .rules import AttnLrp, Composite, Epsilon, Zero
from .scales import added, on_one_scale, raised, rescaled
from .trace import trace

#: Kinds of operations that hand relevance down by a rule; of "sum" and "held" LRP-0 unless a composite names them.
RULED = ("linear", "recurrent", "sum", "held")
#: What hands it down, where that is no plain layer.
KINDS = {"recurrent": Recurrent, "held": Held}


class Walk:
    """A model as it is now, and rules.

    Parameters
    ----------
    model, rules, dtype, shortcuts, output : as `engine.Engine` takes them.
    """

    def __init__(self, model, rules, dtype, shortcuts, output):
        self.names, self.dtype = list(rules), dtype
        self.operations = trace(model, output)
        self.inputs = [operation for operation in self.operations if operation.kind == "input"]
        self._rules = [self._by_operation(name, rule) for name, rule in rules.items()]
        self._readers = {}
        for index, operation in enumerate(self.operations):
            for source in operation.inputs:
                self._readers.setdefault(source, []).append(index)
        self._positive = self._never_negative()
        self._fused = self._shortcuts() if shortcuts else {}

    def _by_operation(self, name, rule):
        """Index of each operation that takes a rule → its rule."""
        ruled = {index: operation for index, operation in enumerate(self.operations) if operation.kind in RULED}
        count = sum(operation.position is not None for operation in ruled.values())
        if isinstance(rule, Composite):
            try:
                rule.check([operation.name for operation in ruled.values()], [operation.layer for operation in ruled.values()], count)
            except ValueError as error:
                raise ValueError(f"rule {name}: {error}") from error
        by_operation = {}
        for index, operation in ruled.items():
            of_layer = rule
            if isinstance(rule, Composite):
                of_layer = rule.rule(operation.name, operation.layer, operation.position, count)
            elif operation.kind == "sum" or operation.kind == "held" and not isinstance(rule, AttnLrp):
                of_layer = None
            by_operation[index] = of_layer = of_layer or Zero()
            self._check_fits(name, operation, of_layer)
        return by_operation

    def _check_fits(self, name, operation, rule):
        """Refuse a rule that the layer cannot follow."""
        for bound in ("low", "high"):
            self._check_bound(name, operation, getattr(rule, bound, 0.0))
        terms = [term for fraction in rule.fractions for term in fraction.terms]
        if operation.kind == "recurrent" and any(isinstance(form, str) for term in terms for form in (term.input, term.weight)):
            raise ValueError(f"rule {name}: {rule.title} is not for the recurrent layer {operation.name}; give it another by a Composite, "
                             "such as LRP-0, ε, γ or αβ")
        if operation.kind == "held" and not isinstance(rule, (Zero, Epsilon)):
            raise ValueError(f"rule {name}: layer {operation.name} takes LRP-0, ε or AttnLRP, as part of it is held constant")

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
            whatever = operation.kind == "relu" or operation.options.get("positive", False)
            kept = operation.kind in ("same", "move", "max", "product") or operation.kind == "sum" and (operation.weights >= 0).all()
            positive.append(whatever or kept and bool(inputs) and all(inputs))
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
            if self.operations[reader].kind in ("elementwise", "product"):  # what they give of 0 need not be 0
                return False
            if self.operations[reader].kind in ("linear", "sum"):
                terms = [term for by_operation in self._rules for fraction in by_operation[reader].fractions
                         for term in fraction.terms]
                if any(isinstance(term.input, str) for term in terms):
                    return False
            elif not self._proportional(reader):
                return False
        return True

    # ------------------------------------------------------------------ walks

    def forward(self, inputs):
        """Outputs of the operations, and what hands relevance down, by the index of the last operation that it computes."""

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
            if operation.kind in RULED:
                positive = [self._positive[source] for source in operation.inputs]
                end, kind = self._fused.get(index, (index, KINDS.get(operation.kind, Layer)))
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
        if operation.kind not in ("same", "move", "relu", "elementwise") or not padding and all(mask is None for mask in masks):
            return None
        ones = [tf.ones((1, *x.shape[1:]), self.dtype) if mask is None else mask for x, mask in zip(inputs, masks)]
        return operation.run(*ones) if operation.kind in ("same", "move") else ones[0]

    def backward(self, outputs, steps, targets, ledger=None, careful=False):
        """Relevance of each input: per rule (tensors by input, log_scale (n,) float64, total); and the smallest peak that
        each sample's relevance had fallen to before it was rescaled, (n,).

        `targets` are (n,) numbers of the outputs, counted through all positions. `careful` rescales before every layer, and takes what ε divides by out of it.
        """
        import tensorflow as tf

        last, peaks = len(self.operations) - 1, []
        start = tf.reshape(tf.one_hot(targets, numpy.prod(self.operations[last].shape), dtype=self.dtype), tf.shape(outputs[last]))
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
                if all(tensors[number] is None for tensors, _, _ in down):  # a gate, or what is held constant
                    continue
                pieces = [(tf.zeros_like(outputs[source]) if tensors[number] is None else tensors[number], log, fresh)
                          for tensors, log, fresh in down]
                arrived[source] = [added(*pair) for pair in zip(arrived[source], pieces)] if source in arrived else pieces
        gathered = [self._gathered(outputs, arrived, rule, peaks) for rule in range(len(self.names))]
        return gathered, tf.reduce_min(tf.stack(peaks), 0)

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

        if operation.kind == "product":
            return self._shared(operation, inputs, relevance)
        if operation.kind in ("relu", "elementwise", "same"):
            return [([tensor], log, fresh) for tensor, log, fresh in relevance]
        copies = len(relevance)
        stacked = [tf.concat([x] * copies, 0) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(stacked)
            output = operation.run(*stacked)
        backs = tape.gradient(output, stacked, tf.concat([tensor for tensor, _, _ in relevance], 0))
        split = [tf.split(back, copies, 0) for back in backs]
        return [([of_rules[number] for of_rules in split], log, fresh) for number, (_, log, fresh) in enumerate(relevance)]

    def _shared(self, operation, inputs, relevance):
        """Relevance of a product in equal parts to the factors that are no gates; along axes where a factor was repeated, summed."""
        import tensorflow as tf

        gates, shared = operation.options["gates"], []
        for tensor, log, fresh in relevance:
            each = tensor / gates.count(False)
            shared.append(([None if gate else each if x.shape[1:] == tensor.shape[1:] else tf.reduce_sum(
                each, [axis for axis in range(1, len(x.shape)) if x.shape[axis] != tensor.shape[axis]], keepdims=True)
                for gate, x in zip(gates, inputs)], log, False))
        return shared

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

