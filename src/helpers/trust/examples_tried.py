"""Networks of other shapes, trained for a moment on a fold and explained: an example of what the engine takes."""

from __future__ import annotations

import numpy
import pandas

from ..constants import RATE, STAGES
from ..errors import InputError
from ..model import example_networks
from ..model.batches import draw, stage_numbers
from ..model.train import rows_of
from ..relevance.explainer import Explainer
from ..relevance.rules import Composite, bounded, is_rule, parse

#: What a page calls them → the function that builds one, and how many epochs it stages at once.
EXAMPLES = {"EEGNet": (example_networks.eegnet, 1), "CNN with LSTM": (example_networks.cnn_lstm, 1), "U-Time": (example_networks.u_time, 8)}
#: Epochs drawn for training, as equal in number over the stages as can be; passes over them; epochs explained at most.
DRAWN, PASSES, EXPLAINED = 1000, 3, 200
#: Seconds whose relevance is one value of a picture.
STEP_S = 0.5


def try_examples(epochs, folds, fold, names, seed, progress=None):
    """Train each example on some epochs of a fold's training subjects, and explain test epochs by each rule.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`. folds : table of fold, subject, role. fold : number. names : of rules; methods that are none,
        rules that need bounds of the input and composites, which name layers, are left out. seed : of weights and draws. progress : function (done, total, text).

    Returns
    -------
    (found, maps). found: network, parameters, at_once (epochs staged together), trained (epochs it was shown in a pass), tested,
    accuracy, rule, modality, share (mean of absolute relevance) and elsewhere (mean part that lies outside the explained epoch). maps:
    network, rule, modality, second and relevance (signed, part of the epoch's absolute total) of one test epoch, with recording, epoch,
    true and predicted stage.

    Raises
    ------
    InputError
        Where no subject trains or none is tested.
    """
    rows, stages = rows_of(epochs.table, folds, fold), stage_numbers(epochs.table)
    rules = {name: parse(name) for name in names if is_rule(name)}
    rules = {name: rule for name, rule in rules.items() if bounded(rule, 0, 0) == rule and not isinstance(rule, Composite)}
    found, maps = [], []
    for number, (name, (build, at_once)) in enumerate(EXAMPLES.items()):
        model, shown = _trained(build, at_once, epochs, rows["training"], stages, seed)
        tested = runs(epochs.table, rows["test"], at_once)
        if not len(tested):
            raise InputError(f"{name}: none of the test nights has {at_once} epochs in a row")
        of_network, of_epoch = _explained(model, at_once, epochs, tested, stages, rules)
        found.append(of_network.assign(network=name, parameters=model.count_params(), at_once=at_once, trained=shown))
        maps.append(of_epoch.assign(network=name))
        if progress:
            progress(number + 1, len(EXAMPLES), name)
    return pandas.concat(found, ignore_index=True), pandas.concat(maps, ignore_index=True)


def runs(table, rows, length):
    """Row numbers of epochs that follow each other without a gap, (n, length): stretches that do not overlap, none of two recordings.

    table : of epochs, with recording and epoch. rows : ascending row numbers that may be used.
    """
    rows = numpy.asarray(rows)
    recording, slot = table["recording"].astype(str).to_numpy()[rows], table["epoch"].to_numpy()[rows]
    begins = numpy.flatnonzero(numpy.r_[True, (recording[1:] != recording[:-1]) | (numpy.diff(slot) != 1)])
    whole = [part[:len(part) // length * length].reshape(-1, length) for part in numpy.split(rows, begins[1:])]
    return numpy.concatenate(whole)


def _trained(build, at_once, epochs, rows, stages, seed):
    """(the network, number of epochs of a pass)."""
    import tensorflow
    from keras.utils import set_random_seed

    tensorflow.config.experimental.enable_op_determinism()
    set_random_seed(seed)
    random = numpy.random.default_rng(seed)
    if at_once == 1:
        drawn = draw(rows, stages[rows], min(DRAWN, len(rows)), random)[:, None]
    else:
        drawn = random.permutation(runs(epochs.table, rows, at_once))[:max(1, DRAWN // at_once)]
    x = _signals(epochs, drawn)
    model = build(epochs.signals([0]).shape[1], x.shape[-1], len(STAGES))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, stages[drawn].reshape(len(drawn), *model.output_shape[1:-1]), batch_size=max(2, 32 // at_once), epochs=PASSES, verbose=0)
    return model, drawn.size


def _signals(epochs, runs_of_rows):
    """(n, samples of a run, channels)."""
    x = epochs.signals(runs_of_rows.ravel())
    return x.reshape(len(runs_of_rows), -1, x.shape[-1])


def _explained(model, at_once, epochs, tested, stages, rules):
    """The parts of `try_examples`' tables that hold of one network."""
    tested = tested[numpy.linspace(0, len(tested) - 1, min(len(tested), max(1, EXPLAINED // at_once))).astype(int)]
    x, place, samples = _signals(epochs, tested), at_once // 2, epochs.signals([0]).shape[1]
    said = model.predict(x, verbose=0).reshape(len(x), at_once, -1).argmax(-1)
    at = slice(place * samples, (place + 1) * samples)
    maps = Explainer(model, rules, batch=max(1, 64 // at_once)).maps(x, None if at_once == 1 else (place, None))
    right, rows = said[:, place] == stages[tested[:, place]], tested[:, place]
    shown = int(numpy.flatnonzero(right)[0]) if right.any() else 0
    found, pictures = [], []
    for rule, of_rule in maps.items():
        size = numpy.abs(of_rule.values)
        for modality, channels in epochs.modalities.items():
            found.append({"rule": rule, "modality": modality, "share": size[:, :, channels].sum((1, 2)).mean(dtype="float64"),
                          "elsewhere": 1 - size[:, at].sum((1, 2)).mean(dtype="float64")})
            pictures.append(_picture(of_rule.values[shown, at][:, channels]).assign(rule=rule, modality=modality))
    known = epochs.table.iloc[rows[shown]]
    found = pandas.DataFrame(found).assign(tested=tested.size, accuracy=(said == stages[tested]).mean())
    return found, pandas.concat(pictures, ignore_index=True).assign(recording=str(known["recording"]), epoch=int(known["epoch"]),
                                                                    true=str(known["stage"]), predicted=STAGES[said[shown, place]])


def _picture(values):
    """second and relevance of a modality (samples, channels), step by step."""
    step = round(STEP_S * RATE)
    n = len(values) // step
    relevance = values[:n * step].reshape(n, -1).sum(1, dtype="float64")
    return pandas.DataFrame({"second": STEP_S * numpy.arange(n), "relevance": relevance})
