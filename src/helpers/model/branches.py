"""A network with a branch for each modality, its filters sized to what the modality shows, fused late."""

from __future__ import annotations

#: Width of each branch's end: as many numbers for every modality.
WIDTH = 64


def branches(samples, modalities, stages, weighted):
    """(input, output before its softmax) of the network for epochs of 30 s at 100 Hz.

    EEG and EOG have filters of 0.5 s for what is fast (spindles, saccades) and of 4 s for what is slow (slow waves, rolling eyes), as in
    DeepSleepNet (Supratak et al. 2017, doi 10.1109/TNSRE.2017.2721116); EMG has the power of filters of 0.2 s, pooled over 2 s. Modalities
    of other names have the first kind.

    Parameters
    ----------
    samples : of an epoch. modalities : name → channels. stages : number of classes.
    weighted : function that gives the options of the next layer with weights: its name and how its kernel is drawn.
    """
    from keras import layers

    channels = sum(map(len, modalities.values()))
    inputs, ends = layers.Input((samples, channels), name="input"), []
    for name, numbers in modalities.items():
        x = [inputs[:, :, number:number + 1] for number in numbers]
        x = layers.Concatenate(name=f"{_plain(name)}_channels")(x) if len(x) > 1 else x[0]
        x = _power(x, name, weighted) if name == "EMG" else _fast_and_slow(x, name, weighted)
        ends.append(layers.Dense(WIDTH, activation="relu", **weighted(f"{_plain(name)}_end"))(x))
    x = layers.Concatenate(name="together")(ends) if len(ends) > 1 else ends[0]
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(64, activation="relu", **weighted("fused"))(x)
    return inputs, layers.Dense(stages, activation="softmax", **weighted("stages"))(x)


def _fast_and_slow(x, name, weighted):
    """Largest outputs over time of two chains of convolutions, side by side."""
    from keras import layers

    ends = []
    for kind, width, stride, pooled in (("fast", 50, 6, 8), ("slow", 400, 50, 2)):
        y = layers.Conv1D(32, width, strides=stride, padding="same", activation="relu", **weighted(f"{_plain(name)}_{kind}"))(x)
        y = layers.MaxPooling1D(pooled, name=f"{_plain(name)}_{kind}_pooled")(y)
        for number in (1, 2):
            y = layers.Conv1D(48, 5, padding="same", activation="relu", **weighted(f"{_plain(name)}_{kind}_{number}"))(y)
        ends.append(layers.GlobalMaxPooling1D(name=f"{_plain(name)}_{kind}_largest")(y))
    return layers.Concatenate(name=f"{_plain(name)}_both")(ends)


def _power(x, name, weighted):
    """Power of some bands along the epoch: its mean, and its largest pattern of a few seconds."""
    from keras import layers

    y = layers.Conv1D(16, 20, strides=2, padding="same", **weighted(f"{_plain(name)}_bands"))(x)
    y = layers.Multiply(name=f"{_plain(name)}_power")([y, y])
    y = layers.AveragePooling1D(100, padding="same", name=f"{_plain(name)}_over_2_s")(y)
    y = layers.Conv1D(32, 3, padding="same", activation="relu", **weighted(f"{_plain(name)}_pattern"))(y)
    ends = [layers.GlobalAveragePooling1D(name=f"{_plain(name)}_mean")(y), layers.GlobalMaxPooling1D(name=f"{_plain(name)}_largest")(y)]
    return layers.Concatenate(name=f"{_plain(name)}_both")(ends)


def _plain(name):
    """A modality's name as the beginning of a layer's, which Keras wants without spaces or marks, and no mark first."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):x}" for letter in str(name))
    return plain if plain[:1].isalnum() else f"of{plain}"
