"""A few test epochs of a fold are explained by both engines and accounted for layer by layer: how far the relevance of
this package agrees with iNNvestigate's, what iNNvestigate's bias error does, and where relevance is lost on its way down.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy
import pandas

from ..constants import KEYS
from . import reference
from .engine import ENTRIES, Engine
from .explainer import Explainer
from .fold import open_fold
from .rules import is_rule, parse, without_bias

#: Test epochs of a fold that are looked at.
EPOCHS = 64
#: Of them accounted for at once; TensorFlow keeps what it used for the largest batch.
BATCH = 16


def audit_fold(epochs, predictions, weights, learned, rules, seed):
    """Explain up to 64 test epochs of a fold by both engines.

    Parameters
    ----------
    epochs, predictions, weights, learned : as in `shares.explain_fold`. rules : names; methods that are no rules are left out.
    seed : of the choice of epochs.

    Returns
    -------
    (agreement, ledger). agreement has one row per epoch, rule and modality: the keys, rule, modality, share, log_total, and
    reference_share, reference_log_total, which are iNNvestigate's; its rules are the run's that iNNvestigate has, with α1β0
    once more without bias. Without iNNvestigate it has no rows. ledger has one row per epoch, rule and layer with weights:
    the keys, rule, layer, depth (0 at the class), and what arrived, was handed_on, went to the bias, to ε, was undefined
    (signed, 1 starts at the class; the first is the sum of the rest).
    """
    model, parsed = open_fold(epochs, weights, learned, [name for name in rules if is_rule(name)])
    random = numpy.random.default_rng([seed, int(predictions["fold"].iloc[0])])
    chosen = predictions.iloc[numpy.sort(random.permutation(len(predictions))[:EPOCHS])]
    x = epochs.signals(epochs.rows(chosen))
    return _agreement(model, x, epochs.modalities, chosen, parsed), _ledger(model, x, chosen, parsed)


def _agreement(model, x, modalities, chosen, parsed):
    compared = {name: rule for name, rule in parsed.items() if rule.innvestigate}
    compared |= {name: parse(name) for name in map(without_bias, tuple(compared)) if name}
    tables = []
    if compared and reference.available():
        with _uncompiled():
            by_engine = [Explainer(model, compared).parts(x, modalities)]
        with Explainer(model, compared, "innvestigate") as explainer:
            by_engine.append(explainer.parts(x, modalities))
        tables = [_side_by_side(chosen, name, list(modalities), *(parts[name] for parts in by_engine)) for name in compared]
    columns = [*KEYS, "rule", "modality", "share", "log_total", "reference_share", "reference_log_total"]
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame(columns=columns)


@contextmanager
def _uncompiled():
    """For one batch, compiling takes longer than what is compiled."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def _side_by_side(chosen, rule, modalities, parts, reference_parts):
    n, m = parts[0].shape
    columns = {"rule": rule, "modality": modalities * n}
    for prefix, (positive, negative, log_total) in (("", parts), ("reference_", reference_parts)):
        columns |= {f"{prefix}share": (positive + negative).ravel(), f"{prefix}log_total": numpy.repeat(log_total, m)}
    return chosen[list(KEYS)].iloc[numpy.repeat(numpy.arange(n), m)].reset_index(drop=True).assign(**columns)


def _ledger(model, x, chosen, parsed):
    tables = []
    for rule, layers in Engine(model, parsed, shortcuts=False, batch=BATCH).ledger(x).items():
        for depth, (layer, entries) in enumerate(layers.items()):
            columns = dict(zip(ENTRIES, entries.T))
            tables.append(chosen[list(KEYS)].assign(rule=rule, layer=layer, depth=depth, **columns))
    return pandas.concat(tables, ignore_index=True)
