"""The networks: a 30-s sleep epoch of a few channels goes in, five probabilities of stages come out.

"paper" is `get_model()` of CVxTz/EEG_classification, the parent of the paper's network; "branches" has a branch for each modality; a
person's own is a function in a file. They are rebuilt from code each time; what lies on disk is weights alone, and which network's.
"""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path

from .. import files
from ..constants import MODALITIES, SAMPLES, STAGES
from ..errors import InputError
from . import branches
from .loading import load_tensorflow

PAPER, BRANCHES = "paper", "branches"
#: Networks of this package, as the setting `network` names them; any other is a file and a function in it.
NAMES = (PAPER, BRANCHES)
#: The network where none is named.
DEFAULT = {"network": PAPER}
#: File beside weights.npz that says which network's they are.
ABOUT = "network.json"
#: Weights as Keras writes them, in place of weights.npz, in its newer and its older format.
H5_FILES = ("weights.weights.h5", "weights.h5")
#: A whole model, which needs no code of anybody's.
SAVED, SAVED_FILE = "a saved model", "model.keras"

#: Filters and kernel widths of the four convolution blocks; each convolution is done twice.
BLOCKS = ((16, 5), (32, 3), (32, 3), (256, 3))


def build(channels=len(MODALITIES), stages=len(STAGES), samples=SAMPLES, seed=None):
    """The untrained network: (n, samples, channels) z-scored signals → (n, stages) probabilities.

    Valid padding, ReLU, Glorot-uniform kernels, biases of 0; 255,061 parameters with 3 channels and 5 stages.

    Parameters
    ----------
    channels : number of input channels, all modalities side by side.
    stages : number of stages.
    samples : samples of an epoch, at least 72.
    seed : int that fixes the kernels (under one Keras; the other draws others), or None for kernels that differ each
        time.

    Raises
    ------
    InputError
        When Keras 3 is set to another backend than TensorFlow.
    """
    load_tensorflow()
    _check_backend()
    from keras import Model, __version__, layers

    drawn = _drawn(seed)
    # Keras 2 has to be asked for a generator of each layer's own, which `seed_dropout` sets; Keras 3 has no other.
    generator = {"rng_type": "stateful"} if __version__.startswith("2.") else {}

    def named(kind, number):
        """Name of the layer of that number among its kind: Keras would count on over all networks of a process."""
        return {"name": f"{kind}_{number}" if number else kind}

    def weighted(kind, number):
        return {"kernel_initializer": next(drawn), **named(kind, number)}

    inputs = x = layers.Input((samples, channels), name="input")
    for block, (filters, width) in enumerate(BLOCKS):
        for number in range(2):
            x = layers.Conv1D(filters, width, activation="relu", **weighted("conv1d", 2 * block + number))(x)
        if block < len(BLOCKS) - 1:
            x = layers.MaxPooling1D(2, **named("max_pooling1d", block))(x)
            x = layers.SpatialDropout1D(0.01, **named("spatial_dropout1d", block), **generator)(x)
    x = layers.GlobalMaxPooling1D(name="global_max_pooling1d")(x)
    x = layers.Dropout(0.01, name="dropout", **generator)(x)
    for number, rate in enumerate((0.01, 0.05)):
        x = layers.Dense(64, activation="relu", **weighted("dense", number))(x)
        x = layers.Dropout(rate, **named("dropout", number + 1), **generator)(x)
    return Model(inputs, layers.Dense(stages, activation="softmax", **weighted("dense", 2))(x), name="model")


def _drawn(seed):
    """Initialisers of kernels one after the other, each with a seed of its own; with None, they differ each time."""
    from keras.initializers import GlorotUniform

    for index in itertools.count():
        yield GlorotUniform(seed=None if seed is None else seed * 1_000 + index)


def made(about, samples, modalities, seed=None):
    """The untrained network that a study asks for.

    Parameters
    ----------
    about : {"network": a name of `NAMES`, or "FILE.py:FUNCTION", with "sha256" of that file if it must not have changed}.
    samples : of an epoch, with its neighbours where the network takes them. modalities : name → channels. seed : as in `build`.

    Raises
    ------
    InputError
        For a file, or a function in it, that is not there, has changed or fails, or whose model takes or gives something else.
    """
    name, channels = about["network"], sum(map(len, modalities.values()))
    if name == PAPER:
        return build(channels, len(STAGES), samples, seed)
    load_tensorflow()
    _check_backend()
    if name == BRANCHES:
        from keras import Model

        drawn = _drawn(seed)
        ends = branches.branches(samples, modalities, len(STAGES), lambda name: {"kernel_initializer": next(drawn), "name": name})
        return _repeatable(Model(*ends, name=BRANCHES))
    from .own_network import own

    return _repeatable(own(about, samples, channels, len(STAGES), seed))


def _repeatable(model):
    """The model with a generator of each layer's own, which `seed_dropout` sets; Keras 3 has no other."""
    from keras import __version__

    for layer in model._flatten_layers() if __version__.startswith("2.") else ():
        generator = getattr(layer, "_random_generator", None)
        if generator is not None:
            layer._random_generator = type(generator)(seed=1, rng_type="stateful")
            layer._random_generator._maybe_init()
    return model


def _check_backend():
    """Refuse another backend of Keras 3 by name: batches, gradients and relevance are computed by TensorFlow here."""
    try:
        from keras import backend

        name = backend.backend()
    except ImportError:  # the other backend is not even installed
        name = os.environ.get("KERAS_BACKEND", "tensorflow")
        if name == "tensorflow":
            raise
    if name != "tensorflow":
        raise InputError(f"Keras's backend is {name}: set KERAS_BACKEND=tensorflow, the only one that works here")


def seed_dropout(model, seeds):
    """Set the generators of all layers that draw, dropout and noise, from a `numpy.random.Generator`, so that what follows is repeatable."""
    for layer in model._flatten_layers():
        if getattr(layer, "seed_generator", None) is not None:  # Keras 3: the seed and how many draws were made
            layer.seed_generator.state.assign([int(seeds.integers(2**31)), 0])
        elif getattr(getattr(layer, "_random_generator", None), "_generator", None) is not None:
            layer._random_generator._generator.reset_from_seed(int(seeds.integers(2**31)))


def save_weights(model, path):
    """Write the weights as .npz, in the network's order, whole or not at all."""
    files.write_arrays(path, model.get_weights())


def load_weights(model, path):
    """Read weights written by `save_weights` into `model`.

    Raises
    ------
    InputError
        When the file holds the weights of a network of another shape.
    """
    path = Path(path)
    for name in H5_FILES:
        if path.with_name(name).exists():
            return _load_h5(model, path.with_name(name))
    weights = files.read_arrays(path)
    expected, shapes = [w.shape for w in model.get_weights()], [w.shape for w in weights]
    if shapes != expected:
        raise InputError(f"{path}: weights of another network ({_count(shapes):,} parameters in {len(shapes)} arrays, "
                         f"this one has {_count(expected):,} in {len(expected)}); train it again for these channels")
    model.set_weights(weights)


def _load_h5(model, path):
    """Weights that Keras itself has written."""
    try:
        model.load_weights(path)
    except Exception as error:  # it raises what its reader raises
        raise InputError(f"{path.name}: no weights of this network: {' '.join(str(error).split())[:200]}") from error


def about_network(name, context=0):
    """What is kept of a network by the settings `network` and `context`: that name, or of a file its absolute path and hash; and how many
    neighbours on each side it takes, if any."""
    from .own_network import described

    return with_context({"network": name} if name in NAMES else described(name), context)


def with_context(about, context):
    """What is kept of a network, with how many neighbours on each side it takes, if any."""
    return about | ({"context": context} if context else {})


def keep_about(about, folder):
    """Write beside weights which network they are of."""
    files.write_json(Path(folder) / ABOUT, about)


def about_of(weights):
    """Which network the weights at that path are of: what `keep_about` wrote beside them, else the paper's."""
    path = Path(weights).with_name(ABOUT)
    return files.read_json(path) if path.exists() else DEFAULT


def trained(epochs, weights):
    """The network for epochs of this shape (`helpers.data.epochs.Epochs`), with the weights of that path."""
    about, samples = about_of(weights), epochs.signals([0]).shape[1]
    if about.get("context", 0) != epochs.context:
        raise ValueError(f"epochs with {epochs.context} neighbours on each side, for a network that takes {about.get('context', 0)}")
    if about["network"] == SAVED:
        from .own_network import saved

        return saved(Path(weights).with_name(SAVED_FILE), samples, sum(map(len, epochs.modalities.values())), len(STAGES))
    model = made(about, samples, epochs.modalities)
    load_weights(model, weights)
    return model


def _count(shapes):
    return sum(math.prod(shape) for shape in shapes)
