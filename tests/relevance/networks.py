"""Random small networks out of every supported layer: a Keras model, and the same as layers of `formulas`.

Whoever asks decides: `choose` takes a list and gives one of it, so that hypothesis can shrink a network that fails.
"""

from dataclasses import dataclass

import numpy

from helpers.relevance import rules

#: Name → (rule, the same for `formulas`). Every form that a rule can be written in is here.
RULES = {
    "lrp0": (rules.Zero(), ("zero",)),
    "eps=0.01": (rules.Epsilon(0.01), ("epsilon", 0.01)),
    "eps=100": (rules.Epsilon(100), ("epsilon", 100)),
    "gamma=0.25": (rules.Gamma(0.25), ("gamma", 0.25)),
    "alpha1beta0": (rules.AlphaBeta(1, 0), ("alphabeta", 1, 0)),
    "alpha2beta1": (rules.AlphaBeta(2, 1), ("alphabeta", 2, 1)),
    "alpha1beta0 without bias": (rules.AlphaBeta(1, 0, bias=False), ("alphabeta", 1, 0, False)),
    "wsquare": (rules.WSquare(), ("wsquare",)),
    "flat": (rules.Flat(), ("flat",)),
    "zb": (rules.ZB(-4.0, 5.0), ("zb", -4.0, 5.0)),
}
#: Of these, the rules that bring nothing to outputs of 0: only among themselves does the engine take shortcuts.
PROPORTIONAL = [name for name in RULES if name not in ("wsquare", "flat", "zb")]


@dataclass
class Value:
    """A tensor of the model, and the layers that lead to it."""

    tensor: object
    plain: list

    @property
    def shape(self):
        return tuple(self.tensor.shape[1:])


class Network:
    """A network in the making.

    Parameters
    ----------
    choose : function (list) → one of it.
    seed : of the weights.
    exact : weights of few binary digits, so that sums are exact, ties are ties and zeros are zeros in any order of
        summation.
    bias : whether layers have biases; False leaves out batch normalisation, too.
    """

    def __init__(self, choose, seed, exact=False, bias=True):
        self.choose, self.random, self.exact, self.bias = choose, numpy.random.default_rng(seed), exact, bias
        self.weights = []

    def drawn(self, *shape):
        """A kernel and a bias as Keras keeps them (float32): positive, negative and zero, one unit often dead."""
        kernel = self.random.normal(size=shape) / numpy.sqrt(numpy.prod(shape[:-1]))
        bias = self.random.choice([-0.375, 0.0, 0.25] if self.exact else [-0.3, 0.0, 0.2], size=shape[-1])
        bias[0] = self.choose([0.0, -50.0])
        kernel = numpy.round(kernel * 4) / 4 if self.exact else kernel
        return kernel.astype("float32").astype("float64"), (bias * self.bias).astype("float32").astype("float64")

    def apply(self, value, layer, *plain, weights=None):
        if weights is not None:
            self.weights.append((layer, weights))
        return Value(layer(value.tensor), value.plain + list(plain))

    # ------------------------------------------------------------ weights

    def conv(self, value, activation=None, **forced):
        """A convolution of any kind that fits."""
        from keras import layers

        rank = len(value.shape) - 1
        size = tuple(self.choose([width for width in (3, 2, 1) if width <= length]) for length in value.shape[:-1])
        options = {"padding": self.choose(["valid", "same", "causal"] if rank == 1 else ["valid", "same"]), **forced}
        options["groups"] = self.choose([1, 2]) if value.shape[-1] % 2 == 0 else 1
        step = self.choose(["plain", "strides", "dilation"])
        if step == "strides":
            options["strides"] = (2,) * rank
        if step == "dilation" and all(2 * width - 1 <= length for width, length in zip(size, value.shape)):
            options["dilation"] = (2,) * rank
        kernel, bias = self.drawn(*size, value.shape[-1] // options["groups"], 4)
        use_bias = self.bias and self.choose([True, False])
        made = {1: layers.Conv1D, 2: layers.Conv2D}[rank](
            4, size, padding=options["padding"], groups=options["groups"], strides=options.get("strides", 1),
            dilation_rate=options.get("dilation", 1), activation=activation, use_bias=use_bias)
        plain = ("conv", kernel, bias * use_bias, options)
        return self.apply(value, made, plain, *[("relu",)] * (activation == "relu"),
                          weights=[kernel, bias] if use_bias else [kernel])

    def dense(self, value, units=3, activation=None):
        from keras import layers

        kernel, bias = self.drawn(value.shape[-1], units)
        return self.apply(value, layers.Dense(units, activation=activation), ("dense", kernel, bias),
                          *[("relu",)] * (activation == "relu"), weights=[kernel, bias])

    def normal(self, value):
        """(value behind a batch normalisation that is not yet in its plain layers, factor, shift)."""
        from keras import layers

        channels = value.shape[-1]
        arrays = [self.random.choice([-0.5, 0.5, 2.0], size=channels), *self.random.choice([-0.5, 0.0, 0.25], (2, channels)),
                 numpy.full(channels, 0.75) if self.exact else self.random.uniform(0.5, 2, channels)]
        arrays = [array.astype("float32").astype("float64") for array in arrays]
        made = self.apply(value, layers.BatchNormalization(epsilon=0.25), weights=arrays)
        factor = arrays[0] / numpy.sqrt(arrays[3] + 0.25)
        return made, factor, arrays[1] - arrays[2] * factor

    def normal_after(self, value):
        """Folded into the layer before it, also behind what does nothing when explaining."""
        value = self.dense(value) if self.choose([False, True]) else self.conv(value)
        made, factor, shift = self.normal(self.still(value))
        kind, kernel, bias, *options = value.plain[-1]
        return self.relu(Value(made.tensor, [*value.plain[:-1], (kind, kernel * factor, bias * factor + shift, *options)]))

    def normal_before(self, value):
        """Folded into the layer after it where that sees no padding; else a layer of its own."""
        made, factor, shift = self.normal(self.relu(value))
        after = self.dense(made) if self.choose([False, True]) else self.conv(made)
        kind, kernel, bias, *options = after.plain[-1]
        if kind == "conv" and (options[0]["padding"] != "valid" or options[0]["groups"] > 1):
            return Value(after.tensor, [*made.plain, ("scale", factor, shift), after.plain[-1]])
        folded = (kernel * factor[:, None], bias + (kernel * shift[:, None]).sum(axis=tuple(range(kernel.ndim - 1))))
        return Value(after.tensor, [*made.plain, (kind, *folded, *options)])

    def normal_alone(self, value):
        made, factor, shift = self.normal(self.relu(value))
        return self.relu(Value(made.tensor, [*made.plain, ("scale", factor, shift)]))

    # ---------------------------------------------------- without weights

    def still(self, value):
        """What does nothing when explaining."""
        from keras import layers

        dropout = {2: layers.SpatialDropout1D, 3: layers.SpatialDropout2D}.get(len(value.shape), layers.Dropout)
        made = self.choose([None, layers.Dropout(0.3), layers.Activation("linear"), dropout(0.3)])
        return self.apply(value, made) if made else value

    def relu(self, value):
        from keras import layers

        return self.apply(value, self.choose([layers.ReLU(), layers.Activation("relu")]), ("relu",))

    def pool(self, value):
        from keras import layers

        rank = len(value.shape) - 1
        kind = self.choose(["maxpool", "avgpool"])
        sizes = [width for width in ((2,) if self.exact and kind == "avgpool" else (2, 3)) if width <= min(value.shape[:-1])]
        if not sizes:
            return value
        size, stride = self.choose(sizes), self.choose([2, 1, 3])
        padding = self.choose(["valid", "same"]) if kind == "maxpool" else "valid"
        made = {("maxpool", 1): layers.MaxPooling1D, ("maxpool", 2): layers.MaxPooling2D,
                ("avgpool", 1): layers.AveragePooling1D, ("avgpool", 2): layers.AveragePooling2D}[kind, rank]
        return self.apply(value, made(size, stride, padding),
                          (kind, (size,) * rank, {"strides": (stride,) * rank, "padding": padding}))

    def block(self, value, pooled=True):
        """As the study's network has it."""
        from keras import layers

        if len(value.shape) != 2 or value.shape[0] < 4:
            return value
        kernel, bias = self.drawn(2, value.shape[-1], 4)
        value = self.apply(value, layers.Conv1D(4, 2, activation="relu"), ("conv", kernel, bias), ("relu",),
                           weights=[kernel, bias])
        return self.apply(self.still(value), layers.MaxPooling1D(2), ("maxpool", 2)) if pooled else value

    def pad(self, value):
        from keras import layers

        sides = tuple((self.choose([1, 0, 2]), self.choose([0, 1])) for _ in value.shape[:-1])
        made = layers.ZeroPadding1D(sides[0]) if len(sides) == 1 else layers.ZeroPadding2D(sides)
        return self.apply(value, made, ("pad", *sides))

    def turn(self, value):
        """Permute, reshape or slice."""
        from keras import layers

        kind, rank = self.choose(["permute", "reshape", "slice"]), len(value.shape)
        if kind == "permute":
            dims = self.choose([(2, 1), (1, 2)] if rank == 2 else [(2, 1, 3), (3, 1, 2)])
            return self.apply(value, layers.Permute(dims), ("permute", dims))
        if kind == "reshape":
            shape = (*value.shape[:-2], value.shape[-1], value.shape[-2]) if rank == 3 or value.shape[0] % 2 else \
                (value.shape[0] // 2, value.shape[1], 2)
            return self.apply(value, layers.Reshape(shape), ("reshape", shape))
        key = self.choose([(slice(None),) * (rank - 1) + (slice(0, 1),), (slice(None, None, -1),), (slice(1, None),)])
        if value.shape[0] < 2:
            return value
        return Value(value.tensor[(slice(None), *key)], [*value.plain, ("slice", key)])

    def branches(self, value):
        """Two branches over one value, added or side by side."""
        from keras import layers

        kind = self.choose(["both", "add", "residual", "after", "spread"])
        if kind == "residual":
            kernel, bias = self.drawn(*[1] * (len(value.shape) - 1), value.shape[-1], value.shape[-1])
            made = {1: layers.Conv1D, 2: layers.Conv2D}[len(value.shape) - 1](value.shape[-1], 1)
            ends = [value, self.apply(value, made, ("conv", kernel, bias), weights=[kernel, bias])]
        elif kind == "spread":
            if self.exact and numpy.prod(value.shape[:-1]) not in (1, 2, 4, 8, 16):
                return value
            pooled = {2: layers.GlobalAveragePooling1D, 3: layers.GlobalAveragePooling2D}[len(value.shape)](keepdims=True)
            ends = [value, self.apply(value, pooled, ("globalavg", True))]
        else:
            ends = [self.dense(value, 4, self.choose([None, "relu"])) for _ in range(2)]
        start = len(value.plain)
        plains = [end.plain[start:] for end in ends]
        merge = layers.Concatenate(axis={"both": -1, "after": 1}[kind]) if kind in ("both", "after") else layers.Add()
        name = kind if kind in ("both", "after") else "add"
        return Value(merge([end.tensor for end in ends]), [*value.plain, (name, *plains)])

    # ------------------------------------------------------------- whole

    def grown(self, value, steps):
        for _ in range(steps):
            ways = [self.relu, self.still, self.pool, self.pad, self.turn, self.branches, self.block, self.block,
                    lambda value: self.conv(value, "relu"), self.conv,
                    lambda value: self.relu(self.conv(value, padding="valid"))]
            ways += [self.normal_after, self.normal_before, self.normal_alone] if self.bias else []
            value = self.choose(ways)(value)
            if numpy.prod(value.shape) > 120:
                value = self.pool(value)
        return value

    def ended(self, value):
        """Down to a few classes."""
        from keras import layers

        rank, count = len(value.shape), numpy.prod(value.shape[:-1])
        ways = ["globalmax", "flatten"] + ["globalavg"] * (not self.exact or count in (1, 2, 4, 8, 16))
        way, keep = self.choose(ways), self.choose([False, True])
        value = self.block(value, pooled=False) if way == "globalmax" else value
        if way != "flatten":
            made = {("globalmax", 2): layers.GlobalMaxPooling1D, ("globalmax", 3): layers.GlobalMaxPooling2D,
                    ("globalavg", 2): layers.GlobalAveragePooling1D, ("globalavg", 3): layers.GlobalAveragePooling2D}
            value = self.apply(value, made[way, rank](keepdims=keep), (way, keep))
        value = self.apply(value, layers.Flatten(), ("flatten",)) if way == "flatten" or keep else value
        if self.choose([False, True]):
            value = self.still(self.dense(value, 5, "relu"))
        return self.dense(value, 3, self.choose([None, "softmax"]))

    def model(self, steps=3):
        """(Keras model, layers, shape of a sample, channels of each input)."""
        from keras import Model, layers

        shape = self.choose([(8, 3), (9, 2), (4, 5, 2)])
        split = self.choose([[shape[-1]], [1] * shape[-1]])
        way = self.choose(["one", "branches"]) if len(split) == 1 else "branches"
        inputs = [layers.Input((*shape[:-1], channels)) for channels in split]
        if way == "one":
            value = self.grown(Value(inputs[0], []), steps)
        else:
            value = self.grown(self._modalities(inputs, shape), steps - 1)
        value = self.ended(value)
        model = Model(inputs, value.tensor)
        for layer, weights in self.weights:
            layer.set_weights(weights[:len(layer.get_weights())])
        return model, value.plain, shape, split

    def _modalities(self, inputs, shape):
        """A branch for each channel, which is an input of its own or a slice of the only one."""
        from keras import layers

        ends = []
        for channel in range(shape[-1]):
            key = (slice(None),) * (len(shape) - 1) + (slice(channel, channel + 1),)
            tensor = inputs[channel] if len(inputs) > 1 else inputs[0][(slice(None), *key)]
            kernel, bias = self.drawn(*[2] * (len(shape) - 1), 1, 4)
            made = {1: layers.Conv1D, 2: layers.Conv2D}[len(shape) - 1](4, 2, activation="relu")
            ends.append(self.apply(Value(tensor, [("slice", key)]), made, ("conv", kernel, bias), ("relu",),
                                   weights=[kernel, bias]))
        kind = self.choose(["both", "add"])
        merge = layers.Concatenate() if kind == "both" else layers.Add()
        return Value(merge([end.tensor for end in ends]), [(kind, *(end.plain for end in ends))])


def given_to(model, x, split):
    """x as the model takes it."""
    return x if len(split) == 1 else numpy.split(x, numpy.cumsum(split)[:-1], axis=-1)


def samples(shape, seed, exact=False):
    """Signed samples: random, one channel silent, periodic (pooling ties), and nothing but zeros."""
    x = numpy.random.default_rng(seed).normal(size=(4, *shape))
    x = numpy.round(x * 2) / 2 if exact else x
    x[1, ..., 0] = 0
    x[2] = x[2, :1] if exact else x[2]
    x[3] *= exact
    return x.astype("float32")
