"""What a network loses without a modality: scores of all test epochs, and outputs of each, before and after it is replaced."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, STAGES
from ..model import networks
from ..model.scores import scores
from ..relevance.logits import Logits
from ..relevance.replacement import ABLATIONS, EXCHANGE, ZEROS, LineNoise, Substitutes

#: Epochs replaced at once.
BATCH = 128
#: Columns of changes of the predicted stage's output.
CHANGES = ("probability", "logit", "log_odds")


def ablate_fold(epochs, predictions, weights, names, seed, line=(50, 1, 0.1), progress=None):
    """Replace each modality in every test epoch of a fold.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`. predictions : the fold's table of test epochs. weights : path of its weights.npz.
    names : of replacements, among `ABLATIONS`. seed : of what is drawn. line : Hz, amplitude and added noise of line noise, as of `LineNoise`.
    progress : function (done, total, text), called after each modality.

    Returns
    -------
    Table of one row per epoch, replacement and modality: the keys, replacement, modality, predicted_without (the stage then), and
    what the stage that was predicted before loses: probability, logit and log_odds (before − after; below 0 where it gains).
    """
    network, substitutes = Logits(networks.trained(epochs, weights)), Substitutes(epochs, predictions, seed)
    numbers = numpy.arange(len(predictions))
    predicted = pandas.Categorical(predictions["predicted"], STAGES).codes
    before = outputs(_logits(network, substitutes.intact, numbers), predicted)
    kinds, tables = dict(zip(ABLATIONS, (ZEROS, LineNoise(*line), EXCHANGE))), []
    for name in names:
        for modality in epochs.modalities:
            logits = _logits(network, lambda some, m=modality, r=kinds[name]: substitutes.without(m, r, some), numbers)
            lost = dict(zip(CHANGES, (first - then for first, then in zip(before, outputs(logits, predicted)))))
            tables.append(predictions[list(KEYS)].assign(
                replacement=name, modality=modality, predicted_without=numpy.array(STAGES)[logits.argmax(1)], **lost))
            if progress:
                progress(len(tables), len(names) * len(epochs.modalities), f"{modality}: {name}")
    return pandas.concat(tables, ignore_index=True)


def _logits(network, signals, numbers):
    return numpy.concatenate([network(signals(numbers[start:start + BATCH])) for start in range(0, len(numbers), BATCH)])


def outputs(logits, stage):
    """(probability, logit, log-odds) of one stage number per epoch, of logits (n, stages); float64."""
    logits = logits.astype("float64")
    rows = numpy.arange(len(logits))
    chosen, others = logits[rows, stage], logits.copy()
    others[rows, stage] = -numpy.inf
    top = others.max(axis=1)
    log_odds = chosen - top - numpy.log(numpy.exp(others - top[:, None]).sum(axis=1))
    return 1 / (1 + numpy.exp(-log_odds)), chosen, log_odds


def recall_lost(table):
    """Recall lost per true stage when one modality is replaced.

    Returns
    -------
    Table of replacement, fold, stage, modality, n (epochs of the stage), recall, recall_without, lost = recall − recall_without (0 to
    1; below 0 where it helps). A stage without test epochs has no rows, nor has what nobody scored.
    """
    words = table[["replacement", "modality", "true", "predicted", "predicted_without"]].astype(str)
    right = words.assign(fold=table["fold"], n=1, recall=words["predicted"] == words["true"],
                         recall_without=words["predicted_without"] == words["true"])[words["true"] != ""]
    counted = right.groupby(["replacement", "fold", "modality", "true"], sort=False).agg(
        {"n": "sum", "recall": "mean", "recall_without": "mean"}).reset_index().rename(columns={"true": "stage"})
    counted["lost"] = counted["recall"] - counted["recall_without"]
    in_order = counted.sort_values("stage", key=lambda stages: stages.map(STAGES.index), kind="stable").sort_values(
        ["replacement", "fold", "modality"], kind="stable",
        key=lambda column: pandas.Series(pandas.factorize(column)[0], column.index))
    return in_order[["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"]].reset_index(drop=True)


def score_changes(table):
    """How scores change in percent of what they were, per fold: 100 (m₂ − m₁) / m₁ (Ellis et al. 2023).

    Returns
    -------
    Table of fold, replacement, modality, measure, stage ("all" for measures of all stages), before, after, change. A score that was
    0 or of nothing has no change.
    """
    scored, keys = table[table["true"].astype(str) != ""], ["fold", "measure", "stage"]
    if not len(scored):
        return pandas.DataFrame(columns=["fold", "replacement", "modality", "measure", "stage", "before", "after", "change"])
    tables = []
    for (replacement, modality), rows in scored.groupby(["replacement", "modality"], sort=False, observed=True):
        before, after = (scores(rows[["fold", "true"]].assign(predicted=rows[name]), by=("fold",))
                         for name in ("predicted", "predicted_without"))
        both = before[before["measure"].isin(MEASURES)].merge(after, on=keys, suffixes=("", "_after"))
        tables.append(both[keys].assign(replacement=replacement, modality=modality, before=both["value"], after=both["value_after"]))
    changes = pandas.concat(tables, ignore_index=True)
    changes["change"] = 100 * (changes["after"] - changes["before"]) / changes["before"].where(changes["before"] > 0)
    return changes[["fold", "replacement", "modality", "measure", "stage", "before", "after", "change"]]


#: Scores whose change is told.
MEASURES = ("accuracy", "balanced accuracy", "weighted f1", "kappa", "f1")
