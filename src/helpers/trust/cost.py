"""How long the trial of explanations will take, from the time of one pass of the network and the number of passes that each part makes."""

from __future__ import annotations

import math
import time

import numpy

from ..constants import STAGES
from ..model import networks
from ..model.passes import forward
from .comparison import EVERY as EVERY_WINDOW
from .comparison import METHODS, RULES
from .floor import EVERY as EVERY_FLOOR
from .perturbation import REFERENCES, WINDOWS
from .randomisation import DEPTHS
from .shapley import DRAWS

#: Passes of the network that one gradient, one rule and DeepLIFT cost (measured on the study's network).
GRADIENT, RULE, DEEPLIFT = 1.7, 1.0, 6.0
#: Epochs of which passes are timed.
TIMED = 64


def passes(trial, rules, k, seconds=30):
    """Passes of the network for one epoch of the sample, by part of the trial.

    Parameters
    ----------
    trial : brief or full. rules : number of the run's rules. k : number of modalities. seconds : length of an epoch.
    """
    shapley = DRAWS[trial] * (2**k - 1) + 1
    several = {"integrated-gradients": 32 * GRADIENT, "integrated-gradients-epoch": 32 * GRADIENT, "smoothgrad": 16 * GRADIENT,
               "gradient-input": GRADIENT, "deeplift": DEEPLIFT, "deeplift-epoch": DEEPLIFT, "occlusion=2": k * seconds / 2}
    maps = RULE * (rules + len(RULES)) + sum(several[name] for name in METHODS[trial])
    orders = rules + len(RULES) + len(METHODS[trial]) + len(REFERENCES)
    windows = sum(k * (2 * steps * orders + seconds / window) for window, _, steps in WINDOWS[trial]) / EVERY_WINDOW[trial]
    each = RULE * rules + GRADIENT
    return {"Shapley values": shapley, "ways of explaining": maps + windows, "floors": (k + 1) * (each + shapley / EVERY_FLOOR),
            "random weights": (1 + len(DEPTHS[trial])) * each, "small changes": (k + 3) * each}


def estimate(epochs, network, trial, rules, per_stage, folds, workers):
    """One line on how long the trial will take, without training other networks.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`. network : as `model.networks.made` takes it. trial, per_stage : settings. rules, folds : their numbers.
    workers : side by side, each as quick
    as the one that this runs in.
    """
    by_part, k = passes(trial, rules, len(epochs.modalities)), len(epochs.modalities)
    samples = folds * per_stage * len(STAGES)
    minutes = samples * sum(by_part.values()) * seconds_per_pass(epochs, network) / min(workers, folds) / 60
    return (f"Trial of explanations, {trial}: about {sum(by_part.values()):,.0f} passes of the network for each of at most {samples:,} epochs and "
            f"{k} modalities, {min(workers, folds)} folds side by side: about {_duration(minutes)}")


def _duration(minutes):
    return f"{minutes / 60:.1f} hours" if minutes > 90 else f"{math.ceil(minutes)} minute{'s' * (math.ceil(minutes) > 1)}"


def seconds_per_pass(epochs, network):
    """Seconds of a pass of the network for an epoch, the quicker of two tries."""
    x = epochs.signals(numpy.resize(numpy.arange(len(epochs.table)), TIMED))
    run, times = forward(networks.made(network, x.shape[1], epochs.modalities, seed=0)), []
    for _ in range(3):
        start = time.perf_counter()
        run(x).numpy()
        times.append((time.perf_counter() - start) / TIMED)
    return min(times[1:])
