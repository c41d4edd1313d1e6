"""iNNvestigate as the reference: a Keras model, rules and samples go in, its relevance and the logits come out.

iNNvestigate needs eager execution off, process-wide, so it runs in a child process, which this module is as well. The
child rebuilds the plain network from its configuration and weights; arrays travel through pipes as .npy, unpickled.

What iNNvestigate 2.1.2 does differently from `helpers.relevance.rules`: with bias, α1β0 takes negative biases into the
positive denominator (albermax/innvestigate#273), so its relevance is wrong wherever a bias is negative; the ε rule is
exact; relevance starts as the logit rather than 1.
"""

from __future__ import annotations

import atexit
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress

import numpy

from ..errors import InputError, WorkError
from .operation import check_plain
from .rules import Epsilon

BATCH = 64

ACTIVATIONS = ("linear", "relu", "softmax")
#: Without BatchNormalization and Add, which iNNvestigate 2.1.2 gets wrong or cannot take.
LAYERS = ("InputLayer", "Conv1D", "Conv2D", "Dense", "Activation", "ReLU", "Softmax",
          "ZeroPadding1D", "ZeroPadding2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D",
          "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "Flatten",
          "Reshape", "Permute", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "Concatenate")


class Reference:
    """iNNvestigate on one model, in a child process.

    Raises
    ------
    ValueError
        For a rule that iNNvestigate is not asked for here: it has ε and α1β0, with and without bias.
    InputError
        Where iNNvestigate is not installed.

    Attributes
    ----------
    batch : samples that are explained at once.
    seconds : spent in the analyzers so far, without the pipes and without the search for the predicted class.
    """

    def __init__(self, model, rules):
        analyzers = {name: _analyzer(name, rule) for name, rule in rules.items()}
        require()
        self.seconds, self.batch = 0.0, BATCH
        waiting = [child for child in _idle if child.alive()]
        self._child, _idle[:] = waiting.pop() if waiting else _Child(), waiting
        self._ask({"model": _plain(model), "analyzers": analyzers}, model.get_weights())

    def relevance(self, x, target=None):
        """({name of rule: relevance like x, float32}, logits (n,) of the classes explained, from which it started)."""
        n = len(x)
        targets = numpy.full(n, -1) if target is None else numpy.broadcast_to(target, (n,))
        parts = []
        for start in range(0, n, self.batch):
            batch = slice(start, start + self.batch)
            parts.append(self._ask({}, [x[batch], targets[batch].astype("int32")]))
            self.seconds += parts[-1][0]["seconds"]
        names, _ = parts[0]
        arrays = [numpy.concatenate(arrays) for arrays in zip(*(arrays for _, arrays in parts))]
        return dict(zip(names["rules"], arrays[:-1])), arrays[-1]

    def _ask(self, header, arrays):
        try:
            return self._child.ask(header, arrays)
        except BaseException:
            child, self._child = self._child, None
            child.end()
            raise

    def close(self):
        """Let go of the child process, which waits for the next model; it ends with this process."""
        if self._child:
            _idle.append(self._child)
            self._child = None


class _Child:
    """The child process, by its pipes and what it logs."""

    def __init__(self):
        self._log = tempfile.TemporaryFile()
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, env=environment,
                                         stdout=subprocess.PIPE, stderr=self._log)

    def alive(self):
        return self._process.poll() is None

    def ask(self, header, arrays):
        """Its answer, a header and arrays."""
        try:
            _write(self._process.stdin, header, arrays)
            header, arrays = _read(self._process.stdout)
        except (BrokenPipeError, EOFError):
            raise WorkError(f"iNNvestigate's process ended: {self._last_words()}") from None
        if "error" in header:
            raise WorkError(f"iNNvestigate: {header['error']}")
        return header, arrays

    def _last_words(self):
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def end(self):
        """End it and wait until it has."""
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()  # first: it may be writing
        self._process.wait()
        self._log.close()


#: Children without a model. Each took seconds to load TensorFlow and iNNvestigate.
_idle = []


@atexit.register
def _end_idle():
    while _idle:
        _idle.pop().end()


def available():
    """Whether iNNvestigate is installed: there is none for Python 3.12 and later, nor beside Keras 3."""
    return importlib.util.find_spec("innvestigate") is not None


def require():
    """Raise an InputError that says the way out where iNNvestigate is not installed."""
    if not available():
        raise InputError("engine innvestigate: iNNvestigate is not installed, it needs Python 3.11 and Keras 2 (.venv, as "
                         "`make` sets it up); with what is here take -p engine own")


def check(model):
    """Refuse by name what iNNvestigate cannot do or does wrong (ValueError)."""
    if len(model.inputs) != 1:
        raise ValueError(f"{len(model.inputs)} inputs: iNNvestigate explains models of one input")
    for layer in model.layers:
        kind = type(layer).__name__
        activation = getattr(layer, "activation", None)
        activation = getattr(activation, "__name__", type(activation).__name__) if activation else "linear"
        if kind not in LAYERS:
            raise ValueError(f"layer {layer.name}: {kind} is not supported")
        if activation not in ACTIVATIONS:
            raise ValueError(f"layer {layer.name}: activation {activation} is not supported")
        if (kind == "Softmax" or activation == "softmax") and layer.output is not model.outputs[0]:
            raise ValueError(f"layer {layer.name}: a softmax is supported as the last layer only")
        if kind == "ReLU":
            check_plain(layer, layer.name)


def _analyzer(name, rule):
    """iNNvestigate's name and options for a rule."""
    if not rule.innvestigate:
        raise ValueError(f"rule {name}: {rule} is not supported by the engine innvestigate, which does ε and α1β0")
    if isinstance(rule, Epsilon):
        return ["lrp.epsilon", {"epsilon": rule.epsilon}]
    return ["lrp.alpha_1_beta_0" if rule.bias else "lrp.alpha_1_beta_0_IB", {}]


def _plain(model):
    """The model's configuration as JSON: no softmax, nothing that only eager execution can do, activations by name; the same
    for networks that differ in weights alone.
    """
    config = json.loads(model.to_json())
    for layer in config["config"]["layers"]:
        options = layer["config"]
        for name in ("rng_type", "kernel_initializer"):  # the weights are sent, and what differs by a seed is built anew
            options.pop(name, None)
        if layer["class_name"] in ("ReLU", "Softmax"):  # which iNNvestigate knows as Activation only
            options = layer["config"] = {"name": options["name"], "activation": layer["class_name"].lower()}
            layer["class_name"] = "Activation"
        if options.get("activation") == "softmax":
            options["activation"] = "linear"
    return json.dumps(config)


def _write(stream, header, arrays):
    buffer = io.BytesIO()
    for array in arrays:
        numpy.lib.format.write_array(buffer, numpy.ascontiguousarray(array), allow_pickle=False)
    content = buffer.getbuffer()
    stream.write(json.dumps({**header, "arrays": len(arrays), "bytes": len(content)}).encode() + b"\n")
    stream.write(content)
    stream.flush()


def _read(stream):
    line = stream.readline()
    if not line:
        raise EOFError
    header = json.loads(line)
    content = stream.read(header["bytes"])
    if len(content) < header["bytes"]:
        raise EOFError
    buffer = io.BytesIO(content)
    return header, [numpy.lib.format.read_array(buffer, allow_pickle=False) for _ in range(header["arrays"])]


def _serve(requests, answers):
    """The child: build the analyzers of a model, then explain batches, until another model comes or the pipe is closed. A
    model that differs from the one before in its weights alone takes over the analyzers, whose building takes longest."""
    import tensorflow

    tensorflow.compat.v1.disable_eager_execution()
    from keras.src.engine import base_layer_utils

    # Otherwise Keras computes each constant of an analyzer in a session of its own, which takes five times as long.
    base_layer_utils._UNSAFE_GRAPH_OP_LAYER_CREATION = True

    built = analyzers = None
    while True:
        try:
            header, arrays = _read(requests)
        except EOFError:
            return
        if "model" in header:
            if built != header:
                tensorflow.keras.backend.clear_session()
                built, analyzers = header, _Analyzers(header)
            analyzers.set_weights(arrays)
            _write(answers, {}, [])
        else:
            _write(answers, *analyzers.explain(*arrays))


class _Analyzers:
    """iNNvestigate's analyzers of a model, by the child process. They read the weights of their network, which can be set."""

    def __init__(self, header):
        import innvestigate
        import tensorflow

        self._rules = list(header["analyzers"])
        #: (graph's session, network, analyzer or None for the network that gives the logits). A graph for each: in one for
        #: all, each analyzer is slower to build than the one before.
        self._built = []
        for name, options in (*header["analyzers"].values(), (None, None)):
            session = tensorflow.compat.v1.Session(graph=tensorflow.Graph())
            with _within(session):
                network, analyzer = tensorflow.keras.models.model_from_json(header["model"]), None
                if name:
                    analyzer = innvestigate.create_analyzer(name, network, neuron_selection_mode="index", **options)
                    analyzer.create_analyzer_model()
            self._built.append((session, network, analyzer))

    def set_weights(self, weights):
        for session, network, _ in self._built:
            with _within(session):
                network.set_weights(weights)

    def explain(self, x, targets):
        """(header, arrays) of the answer for a batch."""
        *analyzers, (session, network, _) = self._built
        with _within(session):
            scores = network.predict_on_batch(x)
        targets = numpy.where(targets < 0, scores.argmax(axis=1), targets)
        relevance, start = [], time.perf_counter()
        for session, _, analyzer in analyzers:
            with _within(session):
                relevance.append(numpy.asarray(analyzer.analyze(x, targets), "float32"))
        seconds = time.perf_counter() - start
        return {"rules": self._rules, "seconds": seconds}, [*relevance, scores[numpy.arange(len(x)), targets]]


@contextmanager
def _within(session):
    with session.graph.as_default(), session.as_default():
        yield


def _main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the libraries print goes to the log, not between the answers
    try:
        _serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        pass
    except Exception as error:
        _write(answers, {"error": f"{type(error).__name__}: {error}"}, [])


if __name__ == "__main__":
    _main()
