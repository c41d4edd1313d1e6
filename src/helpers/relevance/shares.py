"""Shares of a trained fold: every test epoch is explained under every rule, and its relevance summed by modality."""

from __future__ import annotations

import numpy
import pandas

from ..errors import InputError
from ..model import networks
from . import rules as _rules
from .explainer import Explainer

#: Epochs explained at once; it keeps what is passed on within the caches of a processor.
BATCH = 64
KEYS = ("fold", "recording", "subject", "epoch", "true", "predicted")


def explain_fold(epochs, predictions, weights, learned, rules, engine, progress=None):
    """Explain the predicted class of each test epoch of a fold.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    predictions : the fold's table of test epochs (fold, recording, subject, epoch, true, predicted, …).
    weights : path of the fold's weights.
    learned : the epochs that it learned from, whose extremes are the bounds of z^B; None where they are not there, which
        leaves z^B out.
    rules : names of rules.
    engine : name of the engine.
    progress : function (done, total, text).

    Returns
    -------
    Table with one row per epoch, rule and modality: the keys, rule, modality, share, positive and negative (its signed
    parts, both at least 0, which add up to it; NaN for an epoch without relevance), log_total (natural log of the total
    absolute relevance, 1 starting at the class).
    """
    model, parsed = open_fold(epochs, weights, learned, rules)
    rows, parts = epochs.rows(predictions), {name: [] for name in rules}
    try:
        explainer = Explainer(model, parsed, engine)
    except ValueError as error:  # a rule that this engine cannot do
        raise InputError(f"{error}; choose other rules, or another engine by -p engine own") from error
    with explainer:
        for start in range(0, len(rows), BATCH):
            of_batch = explainer.parts(epochs.signals(rows[start:start + BATCH]), epochs.modalities)
            for name, of_rule in of_batch.items():
                parts[name].append(of_rule)
            if progress:
                done = min(start + BATCH, len(rows))
                progress(done, len(rows), f"{done:,} of {len(rows):,} epochs")
    tables = [_table(predictions, name, list(epochs.modalities), *map(numpy.concatenate, zip(*parts[name])))
              for name in rules]
    return pandas.concat(tables, ignore_index=True)


def open_fold(epochs, weights, learned, rules):
    """(trained model, name → rule with its bounds) of a fold; the arguments are those of `explain_fold`."""
    model = networks.build(channels=sum(map(len, epochs.modalities.values())))
    networks.load_weights(model, weights)
    parsed = {name: _rules.parse(name) for name in rules}
    if unbounded := [name for name, rule in parsed.items() if _rules.bounded(rule, 0, 0) != rule]:
        if learned is None:
            raise InputError(f"rule {unbounded[0]}: its bounds are the extremes of the training signals, which are not there; "
                             "choose other rules")
        bounds = _extremes(learned)
        parsed = {name: _rules.bounded(rule, *bounds) for name, rule in parsed.items()}
    return model, parsed


def _extremes(epochs):
    """Lowest and highest signal of each channel over all epochs, a tuple each."""
    rows, extremes = numpy.arange(len(epochs.table)), []
    for start in range(0, len(rows), BATCH):
        x = epochs.signals(rows[start:start + BATCH])
        extremes.append((x.min(axis=(0, 1)), x.max(axis=(0, 1))))
    low, high = zip(*extremes)
    return tuple(map(float, numpy.min(low, 0))), tuple(map(float, numpy.max(high, 0)))


def _table(predictions, rule, modalities, positive, negative, log_total):
    n, m = positive.shape
    repeated = predictions[list(KEYS)].iloc[numpy.repeat(numpy.arange(n), m)].reset_index(drop=True)
    return repeated.assign(rule=rule, modality=modalities * n, share=(positive + negative).ravel(),
                           positive=positive.ravel(), negative=negative.ravel(), log_total=numpy.repeat(log_total, m))
