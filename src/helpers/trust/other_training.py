"""Training of other networks on a fold's nights."""

from __future__ import annotations

from ..model.train import train_fold
from .altered import SEED, Altered


def train_other(epochs, folds, fold, network, settings, seed, folder, progress=None):
    """Train another network on a fold; as `model.train.train_fold`, which see."""
    settings = {**settings, "seed": settings["seed"] + 1} if network == SEED else settings
    train_fold(Altered(epochs, network, fold, seed), folds, fold, settings, folder, progress)
