"""What the own engine cannot do, or would do wrong, is refused by name before any arithmetic."""

import numpy
import pytest

from helpers.relevance import rules
from helpers.relevance.engine import Engine

pytestmark = pytest.mark.usefixtures("uncompiled")

EPSILON = {"eps": rules.Epsilon(1)}
MADE_BY_KERAS_2_ALONE = ("normalised twice", "samples sliced")


def _network(middle, shape=(8, 2), classes=3):
    """A model of what `middle` makes of its input, flattened to classes."""
    from keras import Input, Model, layers

    inputs = Input(shape)
    return Model(inputs, layers.Dense(classes)(layers.Flatten()(middle(inputs))))


def _masked():
    from keras import Input, Model, layers

    x, mask = Input((8, 2)), Input((8,), dtype="bool")
    return Model([x, mask], layers.Dense(2)(layers.GlobalAveragePooling1D()(x, mask=mask)))


def _two_outputs():
    from keras import Input, Model, layers

    inputs = Input((4,))
    return Model(inputs, [layers.Dense(2, name="stage")(inputs), layers.Dense(3, name="age")(inputs)])


def _of_two_ranks(x):
    from keras import layers

    return layers.Add(name="sum")([x, layers.GlobalAveragePooling1D()(x)])


def _own_relu(x):
    from keras import layers

    def relu(value):
        return value * 2

    return layers.Conv1D(2, 2, activation=relu, name="mine")(x)


def _own_convolution(x):
    from keras import layers

    class Conv1D(layers.Conv1D):
        def call(self, inputs):
            return super().call(inputs) * 2

    return Conv1D(2, 2, name="mine")(x)


def _own_model(x):
    from keras import Model

    class Own(Model):
        def call(self, inputs):
            return inputs * 2

    return Own(name="mine")(x)


def _subclassed():
    from keras import Model

    class Own(Model):
        def call(self, x):
            return x

    return Own(name="own")


def _models():
    """Name → (function that makes a model, what the message says)."""
    import keras
    from keras import Input, Sequential, layers

    def around(make, **options):
        return lambda: _network(make, **options)

    return {
        "recurrent": (around(lambda x: layers.SimpleRNN(2, name="memory")(x)), "layer memory: SimpleRNN is not supported"),
        "recurrent at each step": (lambda: _network(lambda x: layers.TimeDistributed(layers.LSTM(2), name="steps")(x), (3, 8, 2)),
                                   "layer steps: a recurrent layer within TimeDistributed"),
        "lambda": (around(lambda x: layers.Lambda(lambda value: value * 2, name="double")(x)), "layer double: Lambda"),
        "a number added": (around(lambda x: x + 1), "a \\+ b with a number is not supported; write layers.Rescaling"),
        "a number multiplied": (around(lambda x: x * 2), "a \\* b with a number is not supported; write layers.Rescaling"),
        "a quotient": (around(lambda x: x / x), "is not supported; the table of layers"),
        "a layer of one's own with Keras's name": (around(_own_convolution), "layer mine: Conv1D of .* is not supported, only Keras's"),
        "a model with a call of its own": (around(_own_model), "layer mine: Own"),
        "upsampling between values": (lambda: _network(lambda x: layers.UpSampling2D(2, interpolation="bilinear", name="up")(x), (3, 4, 2)),
                                      "layer up: upsampling by bilinear"),
        "transposed with dilation": (around(lambda x: layers.Conv1DTranspose(2, 2, dilation_rate=2, name="wide")(x)), "layer wide: .*dilation"),
        "product of two ranks": (around(lambda x: layers.Multiply(name="product")([x, layers.GlobalAveragePooling1D()(x)])),
                                 "layer product: .* same number of axes"),
        "attention with a mask": (around(lambda x: layers.MultiHeadAttention(1, 2, name="heads")(x, x, use_causal_mask=True)),
                                  "layer heads: a call with use_causal_mask"),
        "scores that go out": (around(lambda x: layers.MultiHeadAttention(1, 2, name="heads")(x, x, return_attention_scores=True)[0]),
                               "layer heads: 2 outputs|return_attention_scores"),
        "masking": (around(lambda x: layers.Masking(name="mask")(x)), "layer mask: Masking"),
        "capped as an activation": (around(lambda x: layers.Conv1D(2, 2, activation=layers.ReLU(6), name="cap")(x)),
                                    "layer cap: ReLU must be plain"),
        "a function called relu": (around(_own_relu), "layer mine: activation relu is not supported"),
        "softmax inside": (around(lambda x: layers.Softmax(name="inside")(x)), "layer inside: a softmax"),
        "normalised times": (around(lambda x: layers.BatchNormalization(axis=1, name="norm")(x)), "layer norm: .* axis 1"),
        "normalised twice": (around(lambda x: layers.BatchNormalization(axis=[2, 1], name="norm")(x)), "axis 2, 1"),
        "channels first": (around(lambda x: layers.Flatten(data_format="channels_first", name="flat")(x)),
                           "layer flat: channels_first"),
        "samples sliced": (around(lambda x: x[1:]), "slices must leave the samples"),
        "one sample taken": (around(lambda x: x[0]), "slices must leave the samples"),
        "samples put together": (around(lambda x: layers.Concatenate(axis=0, name="all")([x, x])), "layer all: .*samples"),
        "sum of two ranks": (around(_of_two_ranks), "layer sum: .* same number of axes"),
        "dropout that drops": (around(lambda x: layers.Dropout(0.5, name="drop", seed=1)(x, training=True)),
                               "layer drop: a call with training=True"),
        "a mask": (_masked, "a call with mask"),
        "two outputs": (_two_outputs, "2 outputs .*stage, age"),
        "output over time and space": (lambda: Sequential([Input((8, 2, 2)), layers.Dense(3, name="last")]),
                                       r"layer last: the model's output .*\(8, 2, 3\)"),
        "no fixed length": (lambda: Sequential([Input((None, 2), name="signal"), layers.GlobalMaxPooling1D()]),
                            "layer signal: its shape"),
        "not built": (lambda: keras.Sequential([layers.Dense(3)], name="unbuilt"), "model unbuilt: build it first"),
        "subclassed": (_subclassed, "model own: build it first"),
    }


@pytest.mark.parametrize("name", list(_models()))
def test_a_model_that_is_not_understood_is_refused_by_name(name):
    from keras import __version__

    if name in MADE_BY_KERAS_2_ALONE and not __version__.startswith("2."):
        pytest.skip("Keras 3 itself refuses to make such a model")
    make, message = _models()[name]
    with pytest.raises(ValueError, match=message):
        Engine(make(), EPSILON)


@pytest.mark.parametrize("x, target, message", [
    (numpy.zeros((2, 8, 2)), 3, "target 3: .* 0 to 2"),
    (numpy.zeros((2, 8, 2)), -1, "target -1"),
    (numpy.zeros((2, 8, 2)), 1.5, "target 1.5: classes are whole numbers"),
    (numpy.zeros((2, 8, 2)), [0, 1, 2], "3 targets given for 2 samples"),
    (numpy.zeros((2, 7, 2)), None, r"shape \(2, 7, 2\) given, \(2, 8, 2\) expected"),
    (numpy.zeros((8, 2)), None, "shape"),
    ([numpy.zeros((2, 8, 2))] * 2, None, "2 inputs given, the model has 1"),
])
def test_samples_and_targets_that_do_not_fit_are_refused(x, target, message):
    from keras import layers

    with pytest.raises(ValueError, match=message):
        Engine(_network(layers.ReLU()), EPSILON).maps(x, target)


def test_inputs_of_different_numbers_of_samples_are_refused():
    from keras import Input, Model, layers

    inputs = [Input((4,), name="first"), Input((4,), name="second")]
    with pytest.raises(ValueError, match="input second"):
        Engine(Model(inputs, layers.Add()(inputs)), EPSILON).maps([numpy.zeros((3, 4)), numpy.zeros((2, 4))])
