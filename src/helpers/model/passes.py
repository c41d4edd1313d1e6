"""The network's training step and forward pass for a batch, compiled, and probabilities of many rows."""

from __future__ import annotations

import numpy

from .batches import batches
from .sparse_gradient import with_sparse_gradient

#: Epochs per batch of a forward pass.
PREDICTION_BATCH = 128


def training_step(model, optimizer):
    """A function (x, stages, weights) → (sum of the weighted losses, number right) that changes the model.

    x is (n, samples, channels) float32, stages (n,) int64, weights (n,) float32; the gradient is that of the weighted
    cross-entropy summed over the batch and divided by n, as Keras's `fit` has it.
    """
    import tensorflow
    from keras.losses import sparse_categorical_crossentropy

    variables, network = model.trainable_variables, with_sparse_gradient(model)
    samples, channels = model.input_shape[1:]

    @tensorflow.function(autograph=False, input_signature=[
        tensorflow.TensorSpec((None, samples, channels), tensorflow.float32),
        tensorflow.TensorSpec((None,), tensorflow.int64), tensorflow.TensorSpec((None,), tensorflow.float32)])
    def step(x, stages, weights):
        with tensorflow.GradientTape() as tape:
            probabilities = network(x, training=True)
            losses = sparse_categorical_crossentropy(stages, probabilities) * weights
            loss = tensorflow.reduce_mean(losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        right = tensorflow.argmax(probabilities, axis=1) == stages
        return tensorflow.reduce_sum(losses), tensorflow.math.count_nonzero(right)

    return step.get_concrete_function()


def forward(model):
    """A compiled function x → probabilities (n, stages), dropout off."""
    import tensorflow

    spec = tensorflow.TensorSpec((None, *model.input_shape[1:]), tensorflow.float32)
    return tensorflow.function(lambda x: model(x, training=False), autograph=False).get_concrete_function(spec)


def predict(function, signals, rows):
    """Probabilities (n, stages) float32 of `rows`, read and computed batch by batch.

    `function` comes from `forward`; `signals` turns row numbers into (n, samples, channels).
    """
    return numpy.concatenate([function(signals(batch)).numpy() for batch in batches(rows, PREDICTION_BATCH)])


def loss_and_accuracy(probabilities, stages):
    """Mean cross-entropy and fraction right; probabilities below 1e-7 count as that, as in Keras."""
    of_stage = probabilities[numpy.arange(len(stages)), stages].astype("float64")
    return float(-numpy.log(of_stage.clip(1e-7, 1)).mean()), float((probabilities.argmax(1) == stages).mean())
