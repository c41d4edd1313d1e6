"""A person's own network: a function (time, channels, classes) in a file of theirs that gives a Keras model."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy

from ..errors import InputError

#: What such a function must give, in one sentence.
WANTED = "it must give a Keras model of (time, channels) whose last layer is a softmax over the stages"


def described(network):
    """What a study keeps of "FILE.py:FUNCTION": its absolute path, and the hash of the file.

    Raises
    ------
    InputError
        Where there is no such file, or no function is named.
    """
    path, function = _split(network)
    return {"network": f"{path}:{function}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _split(network):
    name, colon, function = str(network).rpartition(":")
    path = Path(name).expanduser().resolve()
    if not colon or not function.isidentifier() or path.suffix != ".py":
        raise InputError(f"network {network!r}: must be paper, branches, or a file and a function in it, such as my_models.py:build")
    if not path.is_file():
        raise InputError(f"network {network}: there is no file {path}")
    return path, function


def own(about, samples, channels, stages, seed=None):
    """The model that the function gives, found to fit; arguments as of `networks.made`."""
    network = about["network"]
    path, function = _split(network)
    if about.get("sha256") not in (None, described(network)["sha256"]):
        raise InputError(f"network {network}: the file has changed since these folds were trained; put it back, or train again")
    build = _function(path, function)
    if seed is not None:
        from keras.utils import set_random_seed

        set_random_seed(seed)
    try:
        model = build(samples, channels, stages)
    except Exception as error:  # whatever their code may raise is told in one line
        raise InputError(f"network {network}: {function}({samples}, {channels}, {stages}) failed: {type(error).__name__}: "
                         f"{' '.join(str(error).split())}") from error
    _check(model, network, (samples, channels), stages)
    return model


def saved(path, samples, channels, stages):
    """A whole model that Keras has saved, of its own layers alone: in its safe mode no code of anybody's is run."""
    from keras import models

    try:
        model = models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise InputError(f"{path.name}: Keras cannot load it in its safe mode, which takes its own layers alone and no Lambda: "
                         f"{' '.join(str(error).split())[:200]}") from error
    _check(model, path.name, (samples, channels), stages)
    return model


def _function(path, function):
    """The function of a file, which is run as a module of its own; what it imports may lie beside it."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"own_network_{hashlib.sha256(bytes(path)).hexdigest()[:8]}", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"network {path.name}: cannot be run: {type(error).__name__}: {' '.join(str(error).split())}") from error
    finally:
        sys.path.remove(str(path.parent))
    if not callable(getattr(module, function, None)):
        raise InputError(f"network {path.name}:{function}: there is no function {function} in the file")
    return getattr(module, function)


def _check(model, network, shape, stages):
    """Refuse a model that takes or gives something else, by what it does with a few drawn samples."""
    from keras import Model

    if not isinstance(model, Model):
        raise InputError(f"network {network}: gives a {type(model).__name__}; {WANTED}")
    if len(model.inputs) != 1 or tuple(model.inputs[0].shape[1:]) != shape:
        taken = ", ".join(str(tuple(tensor.shape[1:])) for tensor in model.inputs)
        raise InputError(f"network {network}: takes {taken}, the epochs are {shape}; {WANTED}")
    if len(model.outputs) != 1 or tuple(model.outputs[0].shape[1:]) != (stages,):
        given = ", ".join(str(tuple(tensor.shape[1:])) for tensor in model.outputs)
        raise InputError(f"network {network}: gives {given}, the stages are {(stages,)}; {WANTED}")
    given = numpy.asarray(model(numpy.random.default_rng(0).normal(size=(4, *shape)).astype("float32"), training=False))
    if not numpy.isfinite(given).all():
        raise InputError(f"network {network}: gives what is no number for ordinary signals, before any training")
    if (given < 0).any() or numpy.abs(given.sum(1) - 1).max() > 1e-3:
        raise InputError(f"network {network}: its outputs are no probabilities, they sum to {given.sum(1).min():.3g} to "
                         f"{given.sum(1).max():.3g}; {WANTED}")
