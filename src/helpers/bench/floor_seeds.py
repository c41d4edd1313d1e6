"""The floor of each modality for several simulated cohorts and folds: with noise in place of its signal, and in a network that was trained
with that noise in its place. Measured once by `python -m helpers bench --floors`; the book shows what it wrote.
"""

from __future__ import annotations

from dataclasses import replace

import pandas

from ..pipeline.steps import STEPS
from ..relevance.rules import is_rule
from ..trust.altered import AS_NOISE

SEEDS, FOLDS = (1, 2, 3), 3


def measure(open_study, say):
    """Floors of the demo's first folds for each simulation seed.

    Parameters
    ----------
    open_study : function of settings that gives a `Study` of the demo. say : function of a line, for progress.

    Returns
    -------
    Table of seed, fold, rule, modality, intact, noise and trained (mean shares over the trial's correct epochs: with the signal, with noise
    in its place, and the same in a network trained so), accuracy, accuracy_noise (of the network trained so), commonest.
    """
    for name in ("other_training", "other_networks"):  # of the trial's other networks, those trained with a modality as noise
        STEPS[name] = replace(STEPS[name], only=lambda settings, part: part[0].endswith(AS_NOISE.format("")) and part[1] < FOLDS)
    return pandas.concat([_of_seed(seed, open_study, say) for seed in SEEDS], ignore_index=True)


def _of_seed(seed, open_study, say):
    say(f"Simulation seed {seed}")
    study = open_study({"simulation_seed": seed, "trial": "full"})
    texts = dict.fromkeys(("rule", "modality", "true", "predicted"), str)
    noise = study.noise_shares().astype({**texts, "noise": str})
    right = noise[(noise["true"] == noise["predicted"]) & (noise["fold"] < FOLDS) & noise["rule"].map(is_rule)]
    keys = ["fold", "rule", "modality"]
    intact = right[right["noise"] == ""].groupby(keys, sort=False)["share"].mean().rename("intact")
    replaced = right[right["noise"] == right["modality"]].groupby(keys, sort=False)["share"].mean().rename("noise")
    theirs = study.other_shares().astype({**texts, "network": str})
    theirs = theirs[(theirs["true"] == theirs["predicted"]) & (theirs["network"] == theirs["modality"].map(AS_NOISE.format))]
    trained = theirs.groupby(keys, sort=False)["share"].mean().rename("trained")
    predictions, scores = study.predictions(), study.other_scores()
    hit = (predictions["true"].astype(str) == predictions["predicted"].astype(str)).groupby(predictions["fold"]).mean().rename("accuracy")
    scores = scores.assign(modality=[name.removesuffix(AS_NOISE.format("")) for name in scores["network"].astype(str)])
    scores = scores.set_index(["fold", "modality"])[["accuracy", "commonest"]].rename(columns={"accuracy": "accuracy_noise"})
    table = pandas.concat([intact, replaced, trained], axis=1, join="inner").reset_index().join(hit, on="fold").join(scores, on=["fold", "modality"])
    return table.assign(seed=seed)[["seed", *keys, "intact", "noise", "trained", "accuracy", "accuracy_noise", "commonest"]]
