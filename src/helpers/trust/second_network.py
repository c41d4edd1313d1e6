"""Another network on a fold's nights: what it reads in the same test epochs, how it explains them, and what it loses without a modality."""

from __future__ import annotations

from ..model.networks import BRANCHES, DEFAULT, PAPER, with_context
from ..model.predict import predict_fold
from ..relevance.shares import explain_fold
from .ablation import ablate_fold, recall_lost
from .floor import floor_fold

#: Folds on which it is trained.
FOLDS = 3


def second(network):
    """Which network is trained beside one, as `model.networks.made` takes both: the branches, or the paper's beside them."""
    return with_context(DEFAULT if network["network"] == BRANCHES else {"network": BRANCHES}, network.get("context", 0))


def named(network):
    """What a page calls a network: `the paper's network`, `the network of branches`, or the file and the function."""
    name = network["network"]
    return {PAPER: "the paper's network", BRANCHES: "the network of branches"}.get(name, name.replace("\\", "/").rpartition("/")[2])


def explain_second(epochs, fold, weights, learned, rules, per_stage, seed, progress=None):
    """Stage and explain a fold's test epochs by another network.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs` of the recordings that the fold tests. fold : its number. weights : path of the other network's.
    learned, rules, per_stage, seed, progress : as of `floor.floor_fold`.

    Returns
    -------
    (predictions, shares by `rules`, of `floor.floor_fold`, recall lost by exchange): tables as of the fold's own network.
    """
    from ..relevance.replacement import EXCHANGE

    read = predict_fold(epochs, weights, fold)
    shares = explain_fold(epochs, read, weights, learned, rules, "own", progress)
    floor = floor_fold(epochs, read, weights, learned, rules, per_stage, seed)
    return read, shares, floor, recall_lost(ablate_fold(epochs, read, weights, [EXCHANGE], seed))
