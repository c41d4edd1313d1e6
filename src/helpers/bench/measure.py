"""The speed table: this package against Keras and iNNvestigate, as ratios measured in one run on trained weights and real
signals. Epochs and weights of one fold come in, one row per comparison goes out.

So that the comparison is fair, each side runs at its own best batch, graphs are built and warmed up before, dtype and
threads are the same, sides take turns, and the median of five ratios counts. Shares are compared first.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import numpy
import pandas

from ..constants import MODALITIES
from ..errors import WorkError
from ..relevance import reference
from ..relevance.rules import AlphaBeta, Epsilon

ROUNDS = 5
BATCHES = (32, 64, 128, 256)
#: Epochs of a timed pass.
EPOCHS = 512
#: Shares of the two engines may differ by so much (α1β0 with bias ignored on both sides).
LIMIT = 1e-4
CHANNELS = {name: [channel] for channel, name in enumerate(MODALITIES)}
THREE = {"eps=0.01": Epsilon(0.01), "eps=100": Epsilon(100), "alpha1beta0": AlphaBeta(1, 0, bias=False)}


def measure(epochs, predictions, weights, batch, say, book=False, zennit=None):
    """The table, a row per comparison: what, against, limit, ratio (median), low, high, better ("higher" or "lower"),
    detail.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    predictions, weights : of a trained fold: its table of test epochs, the path of its weights.npz.
    batch : of the training step, on both sides.
    say : function of a line, for progress.
    book : whether the whole demo report is timed as well.
    zennit : a Python that has torch and zennit, which is timed as well; or None.

    Raises
    ------
    WorkError
        When the shares of the two engines differ by more than 1e-4, or the gradients of a step by more than 1e-5.
    """
    from ..model import networks
    from ..model.batches import stage_numbers

    table = []
    if book:
        say("The whole demo report")
        table.append(_report())
    rows = numpy.random.default_rng(1).permutation(epochs.rows(predictions))[:EPOCHS]
    x, stages = epochs.signals(rows), stage_numbers(epochs.table)[rows]
    model = networks.build(channels=x.shape[2])
    networks.load_weights(model, weights)
    table = _compared(x, model, say, zennit) + table
    say("Training steps against Keras's fit")
    table.append(_training(x, stages, model, batch, "training step"))
    other = networks.made({"network": networks.BRANCHES}, x.shape[1], epochs.modalities, seed=1)
    table.append(_training(x, stages, other, batch, "training step of the network of branches"))
    say("Memory for explaining 42,000 epochs")
    table.append(_memory(epochs, predictions, weights))
    return pandas.DataFrame(table)


def machine():
    """What it was measured on, in one line."""
    import os
    import platform
    from pathlib import Path

    from ..pipeline import code

    try:
        names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name")]
    except OSError:
        names = []
    versions = ", ".join(f"{name} {code.version(name)}" for name in ("tensorflow", "keras", "innvestigate", "numpy"))
    return (f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}, {platform.system()}, Python "
            f"{platform.python_version()}, {versions}, on {time.strftime('%Y-%m-%d')}")


def _compared(x, model, say, zennit):
    """Rows on relevance: three rules and one against iNNvestigate, the gradient, a forward pass, and the cores."""
    from ..relevance.engine import Engine

    rows, work = [], Engine(model, THREE).multiply_adds()
    timed = {"forward pass": _forward(model), "input gradient": _gradient(model), "three rules": _shares(model, THREE),
             "ε alone": _shares(model, {"eps=0.01": THREE["eps=0.01"]}), "three rules by frequency": _frequencies(model, THREE), "matrix product": _product()}
    if reference.available():
        say(f"Comparing shares of {len(x)} epochs with iNNvestigate's")
        timed["iNNvestigate"] = _same_shares(x, model)
    if zennit:
        say(f"Comparing shares of {len(x)} epochs with Zennit's")
        timed["Zennit"] = _zennit(x, model, zennit)
    say("Finding each side's best batch")
    best = {name: _best(run, x) for name, run in timed.items()}
    say("; ".join(f"{name}: {batch}" for name, batch in best.items() if name != "matrix product"))
    seconds = {name: [] for name in timed}
    for turn in range(ROUNDS):
        say(f"Round {turn + 1} of {ROUNDS}")
        for name, run in timed.items():
            seconds[name].append(run(x, best[name]))

    def against(what, other, by, limit, better):
        ratios = [of_other / of_this for of_this, of_other in zip(seconds[what], seconds[other])]
        ratios = ratios if better == "higher" else [1 / ratio for ratio in ratios]
        rows.append(_row(what, by, limit, ratios, better, f"batch {best[what]} against {best[other]}"))
    if "iNNvestigate" in timed:
        against("three rules", "iNNvestigate", "iNNvestigate's three passes, epochs/s", 5, "higher")
    if zennit:
        against("three rules", "Zennit", "Zennit's three passes on PyTorch, epochs/s", None, "higher")
    against("three rules", "input gradient", "one plain input gradient, time", 1.25, "lower")
    against("ε alone", "input gradient", "one plain input gradient, time", 1, "lower")
    against("three rules by frequency", "three rules", "three rules alone, time", 1.3, "lower")
    against("three rules", "forward pass", f"one forward pass, time; its arithmetic is {work['all'] / work['forward']:.2f} of "
            "one", None, "lower")
    gflops = 2 * work["all"] * len(x) / statistics.median(seconds["three rules"]) / 1e9
    floor = 2 * _SIDE ** 3 / 1e9 / statistics.median(seconds["matrix product"])
    rows.append(_row("three rules", "a 4096² matrix product on the same cores, arithmetic/s", None, [gflops / floor], "higher",
                     f"{gflops:.0f} of {floor:.0f} GFLOP/s"))
    return rows


def _row(what, against, limit, ratios, better, detail):
    return {"what": what, "against": against, "limit": limit, "ratio": statistics.median(ratios), "low": min(ratios),
            "high": max(ratios), "better": better, "detail": detail}


def _passes(function):
    """A timed run over all samples, batch by batch, the last one filled up so that all are of one size."""
    def run(x, batch):
        wrapped = numpy.concatenate([x, x[:-len(x) % batch]]) if len(x) % batch else x
        start = time.perf_counter()
        for at in range(0, len(wrapped), batch):
            function(wrapped[at:at + batch])
        return (time.perf_counter() - start) * len(x) / len(wrapped)
    return run


def _best(run, x):
    """The batch with which the side is quickest, the first pass of each not counted."""
    samples = x[:max(BATCHES)]
    for batch in BATCHES:
        run(samples[:batch], batch)
    return min(BATCHES, key=lambda batch: min(run(samples, batch) for _ in range(2)))


def _forward(model):
    from ..model.passes import forward

    function = forward(model)
    return _passes(lambda x: function(x).numpy())


def _shares(model, rules):
    from ..relevance.explainer import Explainer

    explainer = Explainer(model, rules)
    return _passes(lambda x: explainer.parts(x, CHANNELS))


def _frequencies(model, rules):
    from ..relevance.frequencies import FrequencyEngine

    engine = FrequencyEngine(model, rules)
    return _passes(engine.frequencies)


def _gradient(model):
    """Shares of the plain input gradient of the largest logit, as Keras and TensorFlow give it."""
    import tensorflow as tf
    from keras import Model, models

    bare = models.clone_model(model)
    bare.set_weights(model.get_weights())
    bare.layers[-1].activation = tf.identity
    logits = Model(bare.input, bare.layers[-1](bare.layers[-2].output))

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)])
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            top = tf.reduce_max(logits(x, training=False), 1)
        sums = tf.reduce_sum(tf.abs(tape.gradient(top, x)), 1)
        return sums / tf.reduce_sum(sums, 1, keepdims=True)

    return _passes(lambda x: run(tf.constant(x)).numpy())


_SIDE = 4096


def _product():
    """Seconds of a single-precision product of two 4096² matrices: what the cores give."""
    import tensorflow as tf

    matrix = tf.random.normal((_SIDE, _SIDE))

    def run(x, batch):
        start = time.perf_counter()
        tf.linalg.matmul(matrix, matrix).numpy()
        return time.perf_counter() - start
    return run


def _same_shares(x, model):
    """iNNvestigate's timed run, pipes left out of account, once its shares were found to be this engine's."""
    other = reference.Reference(model, THREE)
    sums = numpy.stack([numpy.abs(relevance).sum(1, dtype="float64") for relevance in other.relevance(x)[0].values()], 1)
    _check_shares(sums / sums.sum(2, keepdims=True), x, model, "iNNvestigate")

    def run(x, batch):
        other.batch, before = batch, other.seconds
        other.relevance(x)
        return other.seconds - before
    return run


def _check_shares(theirs, x, model, name):
    """Refuse to time what differs from this engine's shares; `theirs` are (n, rules, channels)."""
    from ..relevance.explainer import Explainer

    worst = float(numpy.abs(theirs - Explainer(model, THREE).shares(x, CHANNELS)).max())
    if not worst <= LIMIT:
        raise WorkError(f"bench: shares differ from {name}'s by up to {worst:.1e}, the limit is {LIMIT:.0e}")


def _zennit(x, model, python):
    """Zennit's timed run in a process of its own, once its shares were found to be this engine's."""
    import tempfile
    from pathlib import Path

    from ..model import networks

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}" for name in ("weights.npz", "x.npy", "shares.npy")]
        networks.save_weights(model, paths[0])
        numpy.save(paths[1], x)
        child = subprocess.Popen([python, Path(__file__).with_name("zennit_peer.py"), *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 text=True)
        if child.stdout.readline() != "ready\n":
            raise WorkError(f"bench: --zennit {python}: failed as said above; it must have torch and zennit")
        _check_shares(numpy.load(paths[2]), x, model, "Zennit")

    def run(samples, batch):  # always of all of them
        print(batch, file=child.stdin, flush=True)
        return float(child.stdout.readline()) * len(samples) / len(x)
    return run


def _training(x, stages, model, batch, what):
    """Samples/s of this package's training step against Keras's fit, once their gradients were found to agree."""
    from keras import models
    from keras.optimizers import Adam

    from ..model.passes import training_step

    def network():
        copy = models.clone_model(model)
        copy.set_weights(model.get_weights())
        return copy

    _same_gradients(x[:32], stages[:32], network())
    keras, keras_optimizer, optimizer = network(), Adam(1e-4), Adam(1e-4)
    keras.compile(keras_optimizer, "sparse_categorical_crossentropy")
    trained = network()
    optimizer.build(trained.trainable_variables)
    step = training_step(trained, optimizer)

    def fit():
        keras.fit(x, stages, batch_size=batch, epochs=1, verbose=0)

    def steps():
        for at in range(0, len(x), batch):
            n = len(x[at:at + batch])
            float(step(x[at:at + batch], stages[at:at + batch], numpy.ones(n, "float32"))[0])

    ratios = []
    for turn in range(ROUNDS + 1):
        seconds = []
        for act in (fit, steps):
            start = time.perf_counter()
            act()
            seconds.append(time.perf_counter() - start)
        ratios += [seconds[0] / seconds[1]] if turn else []
    return _row(what, "Keras's fit of the same network, samples/s", 1.66, ratios, "higher", f"batch {batch} both")


def _same_gradients(x, stages, model):
    import tensorflow as tf
    from keras.losses import sparse_categorical_crossentropy

    from ..model.sparse_gradient import with_sparse_gradient

    gradients = []
    for network in (with_sparse_gradient(model), model):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(sparse_categorical_crossentropy(stages, network(x, training=False)))
        gradients.append(tape.gradient(loss, model.trainable_variables))
    for sparse, keras, variable in zip(*gradients, model.trainable_variables):
        apart = float(tf.norm(sparse - keras) / tf.norm(keras))
        if not apart <= 1e-5:
            raise WorkError(f"bench: the gradient of {variable.name} differs from Keras's by {apart:.1e} of its size")


def _memory(epochs, predictions, weights, count=42_000):
    """Most memory that explaining so many epochs takes beside the memory-mapped signals.

    The fold's test epochs are taken again and again, by the code that a run uses, in a process of its own.
    """
    import tempfile

    code = ("import sys, json; from helpers.bench.measure import _explain_many; "
            "print(_explain_many(**json.loads(sys.argv[1])))")
    with tempfile.TemporaryDirectory() as folder:
        predictions.to_parquet(f"{folder}/predictions.parquet")
        about = {"folders": {recording: str(folder) for recording, folder in epochs.folders.items()},
                 "predictions": f"{folder}/predictions.parquet", "weights": str(weights), "epochs": count}
        done = subprocess.run([sys.executable, "-c", code, json.dumps(about)], capture_output=True, text=True)
    if done.returncode:
        raise WorkError(f"bench: explaining {count:,} epochs failed: {done.stderr.strip().splitlines()[-1]}")
    peak = int(done.stdout.split()[-1]) / 1e9 or numpy.nan
    return _row("memory", f"explaining {count:,} epochs, GB above the mapped signals", 1.5, [peak], "lower",
                "peak, all of Python")


def _report():
    """Minutes of the whole demo report with nothing cached, environment and all but it left out."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "helpers", "run", "--profile", "demo", "--artifacts", f"{folder}/results",
                               "--output", f"{folder}/build"])
        minutes = (time.perf_counter() - start) / 60
    if done.returncode:
        raise WorkError("bench: the demo report failed, as said above")
    return _row("demo report", "nothing cached, minutes", 8, [minutes], "lower", "all steps and the book")


def _explain_many(folders, predictions, weights, epochs):
    """Peak of this process's anonymous memory while it explains; 0 where the system does not tell."""
    import threading

    from .. import files
    from ..data.epochs import Epochs
    from ..relevance.shares import explain_fold

    table = files.read_table(predictions)
    many = table.iloc[numpy.resize(numpy.arange(len(table)), epochs)]
    peak, over = [0], threading.Event()

    def watch():
        while not over.wait(0.02):
            peak.append(_anonymous())
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    explain_fold(Epochs(folders), many, weights, None, ["eps=0.01", "eps=100", "alpha1beta0"], "own")
    over.set()
    watcher.join()
    return max(peak)


def _anonymous():
    """Bytes of resident memory that is no file's, as Linux tells it; 0 elsewhere."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))
    except (OSError, StopIteration):
        return 0
