"""The network as a function: what it gives before its softmax, the gradient of one class, and DeepLIFT's multipliers."""

from __future__ import annotations

import numpy

from ..model.sparse_gradient import max_of_convolution
from .trace import changed, trace, weights_of

#: Samples taken through the network at once.
BATCH = 64
#: Differences of inputs below this count as none: the gradient stands for the quotient of differences.
NONE = 1e-7


def chosen(logits, target):
    """The logit of one class per sample, (n,) float64, of logits (n, classes) and classes (n,)."""
    return logits[numpy.arange(len(logits)), target].astype("float64")


class Logits:
    """Outputs of a model of one input before its softmax, for any number of samples, batch by batch.

    Parameters
    ----------
    model : Keras model of the layers in `helpers.relevance.layers.MAKERS`, of one input (n, time, channels) or (n, inputs).

    Raises
    ------
    ValueError
        For a layer that is not supported, or a model of several inputs, by name.
    """

    def __init__(self, model):
        self._model = model
        self._read()
        if sum(operation.kind == "input" for operation in self.operations) > 1:
            raise ValueError(f"model {model.name}: several inputs; only rules explain such a model")

    def _read(self):
        """Read the model as it is now."""
        import tensorflow as tf

        self.operations, self._kept = trace(self._model), weights_of(self._model)
        self._weights = {index: tf.constant(operation.weights, tf.float32) for index, operation in enumerate(self.operations)
                         if operation.weights is not None}
        self._pooled = self._global_maxima()
        spec = tf.TensorSpec((None, *self.operations[0].shape), tf.float32)
        classes = tf.TensorSpec((None,), tf.int32)
        self._functions = {"logits": tf.function(lambda x: self._outputs(x)[-1], [spec], autograph=False),
                           "gradient": tf.function(self._gradient, [spec, classes], autograph=False),
                           "contributions": tf.function(self._contributions, [spec, spec, classes], autograph=False)}

    def __call__(self, x):
        """Logits (n, classes) float32 of x (n, time, channels)."""
        return self._batched("logits", x)

    def gradient(self, x, target):
        """∂f/∂x, like x, of the logit f of each sample's class `target` (n,); a maximum that ties is shared equally."""
        return self._batched("gradient", x, numpy.asarray(target, "int32"))

    def contributions(self, x, baseline, target):
        """DeepLIFT's contributions, like x, to f(x) − f(baseline) (rescale rule; Shrikumar et al. 2017, arXiv 1704.02685).

        At a maximum the whole difference goes to the winner of the larger of the two maxima.

        Raises
        ------
        ValueError
            For a layer that multiplies what the network makes of x, for which DeepLIFT has no rule, by name.
        """
        for operation in self.operations:
            if operation.kind in ("product", "held", "recurrent"):
                raise ValueError(f"DeepLIFT has no rule for layer {operation.name} ({operation.layer}), which multiplies values; choose another method")
        return self._batched("contributions", x, baseline, numpy.asarray(target, "int32"))

    def _batched(self, name, x, *others):
        if changed(self._kept, self._model):
            self._read()
        if not len(x):
            return numpy.zeros((0, *(self.operations[-1 if name == "logits" else 0].shape)), "float32")
        return numpy.concatenate([self._functions[name](*(array[start:start + BATCH] for array in (x, *others))).numpy()
                                  for start in range(0, len(x), BATCH)])

    def _global_maxima(self):
        """Index of a plain convolution → that of the global maximum that alone reads its ReLU, what does nothing in between."""
        readers = {}
        for index, operation in enumerate(self.operations):
            for source in operation.inputs:
                readers.setdefault(source, []).append(index)
        pooled = {}
        for index, operation in enumerate(self.operations):
            end, kinds = index, []
            while operation.options.get("simple") and len(readers.get(end, [])) == 1:
                [end] = readers[end]
                if self.operations[end].options.get("all") and "relu" in kinds:
                    pooled[index] = end
                if self.operations[end].kind not in ("relu", "same"):
                    break
                kinds.append(self.operations[end].kind)
        return pooled

    def _run(self, index, inputs):
        """Output of an operation, bias included."""
        import tensorflow as tf

        operation = self.operations[index]
        if index not in self._weights:
            return operation.run(*inputs)
        return operation.run(*inputs, self._weights[index]) + tf.constant(operation.bias, tf.float32)

    def _outputs(self, x, short=True):
        """Outputs of all operations; `short`: of a convolution whose global maximum alone is read, that maximum."""
        import tensorflow as tf

        outputs, known = [], {}
        for index, operation in enumerate(self.operations):
            if index in known:
                outputs.append(known[index])
            elif operation.kind == "input":
                outputs.append(x)
            elif short and index in self._pooled:
                weights, bias = self._weights[index], tf.constant(operation.bias, tf.float32)
                outputs.append(None)
                known[self._pooled[index]] = max_of_convolution(
                    outputs[operation.inputs[0]], weights, tf.broadcast_to(bias, weights.shape[-1:]))
            elif any(outputs[source] is None for source in operation.inputs):
                outputs.append(None)
            else:
                outputs.append(self._run(index, [outputs[source] for source in operation.inputs]))
        return outputs

    def _gradient(self, x, target):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = tf.gather(self._outputs(x)[-1], target, batch_dims=1)
        return tape.gradient(logits, x)

    def _contributions(self, x, baseline, target):
        import tensorflow as tf

        outputs = [tf.split(output, 2) for output in self._outputs(tf.concat([x, baseline], 0), short=False)]
        arrived = {len(self.operations) - 1: tf.one_hot(target, self.operations[-1].shape[-1])}
        for index in range(len(self.operations) - 1, 0, -1):
            if index in arrived:
                for source, multiplier in zip(self.operations[index].inputs, self._back(index, outputs, arrived.pop(index))):
                    arrived[source] = arrived[source] + multiplier if source in arrived else multiplier
        return arrived[0] * (x - baseline)

    def _back(self, index, outputs, multiplier):
        """Multipliers of an operation's inputs: contributions per difference."""
        import tensorflow as tf

        operation = self.operations[index]
        inputs, baselines = zip(*(outputs[source] for source in operation.inputs))
        if operation.kind in ("relu", "elementwise"):
            [x], [baseline] = inputs, baselines
            change = x - baseline
            small = tf.abs(change) < NONE
            quotient = (outputs[index][0] - outputs[index][1]) / tf.where(small, tf.ones_like(change), change)
            slope = tf.cast(x > 0, tf.float32) if operation.kind == "relu" else self._transposed(index, [x], tf.ones_like(x))[0]
            return [multiplier * tf.where(small, slope, quotient)]
        if operation.kind == "max":
            [x], [baseline] = inputs, baselines
            top, lower = outputs[index]
            contribution, zero = multiplier * (top - lower), tf.zeros_like(top)
            moved = (self._transposed(index, [x], tf.where(top >= lower, contribution, zero))[0]
                     + self._transposed(index, [baseline], tf.where(top >= lower, zero, contribution))[0])
            return [tf.math.divide_no_nan(moved, x - baseline)]
        return self._transposed(index, inputs, multiplier)

    def _transposed(self, index, inputs, values):
        """`values` of the output handed to the inputs by the operation's own gradient."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = self._run(index, inputs)
        return tape.gradient(output, inputs, values)
