"""A small network of the study's kind, as a Keras model and as a list of layers for the formulas."""

import numpy


def network(random, bias):
    """A small network of the study's kind: (Keras model, the same as a list of layers). `bias` maps draws to biases."""
    from keras import Sequential, layers

    def drawn(*shape):
        return random.normal(size=shape) / numpy.sqrt(numpy.prod(shape[:-1])), bias(random.normal(size=shape[-1]))

    plain = [("conv", *drawn(4, 3, 6)), ("relu",), ("maxpool", 2), ("conv", *drawn(3, 6, 8)), ("relu",),
             ("globalmax",), ("dense", *drawn(8, 7)), ("relu",), ("dense", *drawn(7, 5))]
    model = Sequential([layers.Input((40, 3)), layers.Conv1D(6, 4, activation="relu"), layers.MaxPooling1D(2),
                        layers.SpatialDropout1D(0.1), layers.Conv1D(8, 3), layers.ReLU(), layers.GlobalMaxPooling1D(),
                        layers.Dense(7, activation="relu"), layers.Dropout(0.5), layers.Dense(5, activation="softmax")])
    model.set_weights([array.astype("float32") for layer in plain if len(layer) == 3 for array in layer[1:]])
    return model, plain


def samples(n=6, seed=1):
    return numpy.random.default_rng(seed).normal(size=(n, 40, 3)).astype("float32")
