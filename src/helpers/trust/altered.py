"""Nights as other networks see them: with another seed, with shuffled stages, with a modality as noise, or a modality alone."""

from __future__ import annotations

import numpy

from ..relevance.replacement import NOISE, Substitutes

SEED, SHUFFLED = "another seed", "shuffled stages"
AS_NOISE, ALONE, NOISE_ALONE = "{} as noise", "{} alone", "noise of {} alone"
#: Setting `trial` → number of folds that have other networks.
FOLDS = {"brief": 1, "full": 3}


def networks(trial, modalities):
    """Names of the other networks, by the setting `trial`."""
    if trial != "full":
        return (SEED, SHUFFLED)
    return (SEED, SHUFFLED, *(form.format(name) for form in (AS_NOISE, ALONE, NOISE_ALONE) for name in modalities))


class Altered:
    """Epochs as another network sees them, in training and in test: `helpers.data.epochs.Epochs` with other signals or stages.

    Parameters
    ----------
    epochs : `Epochs`. network : a name of `networks`. fold : its number. seed : of noise and of the order of stages.
    """

    def __init__(self, epochs, network, fold, seed):
        self._epochs, self.modalities, self.table = epochs, epochs.modalities, epochs.table
        self._noise = [name for name in self.modalities if network in (AS_NOISE.format(name), NOISE_ALONE.format(name))]
        alone = [name for name in self.modalities if network in (ALONE.format(name), NOISE_ALONE.format(name))]
        self._off = [name for name in self.modalities if alone and name not in alone]
        self._substitutes = Substitutes(epochs, epochs.table.assign(fold=fold), seed) if self._noise else None
        if network == SHUFFLED:
            stages = self.table["stage"].astype(str).to_numpy(copy=True)
            scored = stages != ""
            stages[scored] = numpy.random.default_rng([seed, fold]).permutation(stages[scored])
            self.table = self.table.assign(stage=stages)

    def __getattr__(self, name):
        return getattr(self._epochs, name)

    def signals(self, rows):
        """As of `Epochs`, with a modality as noise of its night's mean spectrum, or all others 0."""
        rows = numpy.asarray(rows, int)
        x = self._epochs.signals(rows)
        for name in self._noise:
            x[:, :, self.modalities[name]] = self._substitutes.without(name, NOISE, rows)[:, :, self.modalities[name]]
        for name in self._off:
            x[:, :, self.modalities[name]] = 0
        return x
