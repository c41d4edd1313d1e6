"""Methods that are no rules, on the epochs of the trial: their shares stand in the same table as those of rules."""

from __future__ import annotations

from ..relevance.shares import explain_fold
from .sample import sample

#: Setting `trial` → methods that are held against rules.
METHODS = {"brief": ("gradient-input", "integrated-gradients", "smoothgrad", "deeplift", "occlusion=2"),
           "full": ("gradient-input", "integrated-gradients", "integrated-gradients-epoch", "smoothgrad", "deeplift",
                    "deeplift-epoch", "occlusion=2")}


def attribute_fold(epochs, predictions, weights, learned, trial, per_stage, seed, progress=None):
    """Shares by every method of the trial, of its sample of a fold's test epochs.

    Parameters
    ----------
    epochs, predictions, weights, learned, progress : as in `relevance.shares.explain_fold`. trial : the setting, brief or full.
    per_stage, seed : of the sample.
    """
    return explain_fold(epochs, sample(predictions, per_stage, seed), weights, learned, METHODS[trial], "own", progress)
