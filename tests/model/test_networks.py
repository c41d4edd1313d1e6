"""The network's shape, as its parent has it, and its weights on disk."""

import os
import subprocess
import sys

import numpy
import pytest

from helpers.errors import InputError
from helpers.files import read_arrays
from helpers.model import networks


def test_the_network_has_the_parents_layers_and_255061_parameters():
    model = networks.build(channels=3)
    assert model.count_params() == 255_061
    assert model.input_shape == (None, 3000, 3) and model.output_shape == (None, 5)
    layers = []
    for layer in model.layers[1:]:
        config, name = layer.get_config(), type(layer).__name__
        if name == "Conv1D":
            assert config["activation"] == "relu" and config["padding"] == "valid" and config["strides"] == (1,)
            layers.append((name, config["filters"], config["kernel_size"][0]))
        elif name == "Dense":
            layers.append((name, config["units"], config["activation"]))
        else:
            layers.append((name, *(config[key] for key in ("rate", "pool_size") if key in config)))
    thin = [("MaxPooling1D", (2,)), ("SpatialDropout1D", 0.01)]
    assert layers == [("Conv1D", 16, 5)] * 2 + thin + ([("Conv1D", 32, 3)] * 2 + thin) * 2 + [("Conv1D", 256, 3)] * 2 + [
        ("GlobalMaxPooling1D",), ("Dropout", 0.01), ("Dense", 64, "relu"), ("Dropout", 0.01), ("Dense", 64, "relu"),
        ("Dropout", 0.05), ("Dense", 5, "softmax")]


def test_another_backend_than_tensorflow_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    with pytest.raises(InputError, match="backend is jax: set KERAS_BACKEND=tensorflow"):
        networks.build(samples=80)


def test_tensorflow_is_loaded_without_a_word():
    code = "from helpers.model import networks; networks.build(samples=80); import sys; print('heard', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert (done.stdout, done.stderr) == ("", "heard\n")


def test_the_same_seed_gives_the_same_kernels_and_no_two_layers_share_theirs():
    first, same, other = (networks.build(samples=80, seed=seed).get_weights() for seed in (1, 1, 2))
    for a, b in zip(first, same, strict=True):
        numpy.testing.assert_array_equal(a, b)
    kernels = [w for w in first if w.ndim > 1]
    assert not any(numpy.array_equal(a, b) for a, b in zip(kernels, (w for w in other if w.ndim > 1)))
    assert len({w.ravel()[:8].tobytes() for w in kernels}) == len(kernels)


def test_weights_survive_the_disk_without_a_pickle(tmp_path):
    model, other = networks.build(samples=80, seed=1), networks.build(samples=80, seed=2)
    networks.save_weights(model, tmp_path / "weights.npz")
    networks.load_weights(other, tmp_path / "weights.npz")
    x = numpy.random.default_rng(0).normal(size=(4, 80, 3)).astype("float32")
    numpy.testing.assert_array_equal(model(x), other(x))
    assert sum(array.size for array in read_arrays(tmp_path / "weights.npz")) == 255_061
    with pytest.raises(InputError, match="255,061 parameters.*this one has 255,141"):
        networks.load_weights(networks.build(channels=4, samples=80), tmp_path / "weights.npz")


def test_layers_are_called_the_same_however_many_networks_a_process_has_built():
    names = [[layer.name for layer in networks.build().layers if layer.get_weights()] for _ in range(2)]
    assert names[0] == names[1] and names[0][0] == "conv1d" and names[0][-1] == "dense_2"
