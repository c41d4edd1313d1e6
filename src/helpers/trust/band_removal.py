"""Bands held to the network: what the logit of the explained stage loses when a band of a modality comes from another epoch of the night."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS
from ..model import networks
from ..relevance.bands import starts
from ..relevance.frequencies import hertz
from ..relevance.logits import Logits, chosen
from ..relevance.replacement import Substitutes
from .sample import predicted, sample

#: Epochs taken at once.
BATCH = 64


def remove_bands(epochs, predictions, weights, bands, per_stage, seed, progress=None):
    """Exchange each band of each modality in the trial's sample of a fold's test epochs.

    Parameters
    ----------
    epochs, predictions, weights, per_stage, seed, progress : as of `shapley.shapley_fold`. bands : as of `relevance.bands.band_fold`.

    Returns
    -------
    Table of the keys, modality, band and lost: f(x) − f(x with the band of another epoch), f the logit of the predicted stage.
    """
    tested = sample(predictions, per_stage, seed)
    network, substitutes, tables = Logits(networks.trained(epochs, weights)), Substitutes(epochs, tested, seed), []
    target = predicted(tested)
    for begin in range(0, len(tested), BATCH):
        numbers = numpy.arange(begin, min(begin + BATCH, len(tested)))
        x, other = substitutes.intact(numbers), substitutes.another(numbers, 0)
        intact = chosen(network(x), target[numbers])
        for modality, channels in epochs.modalities.items():
            for band, taken in zip(bands, exchanged(x[:, :, channels], other[:, :, channels], bands)):
                changed = numpy.array(x)
                changed[:, :, channels] = taken
                lost = intact - chosen(network(changed), target[numbers])
                tables.append(tested.iloc[numbers][list(KEYS)].assign(modality=modality, band=band, lost=lost))
        if progress:
            progress(numbers[-1] + 1, len(tested), f"{numbers[-1] + 1:,} of {len(tested):,} epochs")
    return pandas.concat(tables, ignore_index=True)


def exchanged(x, other, bands):
    """For each band, x (n, time, channels) with the frequencies of that band from `other`."""
    spectra, others = numpy.fft.rfft(x, axis=1), numpy.fft.rfft(other, axis=1)
    cuts = [*starts(bands.values(), hertz(x.shape[1])), spectra.shape[1]]
    for first, end in zip(cuts, cuts[1:]):
        mixed = spectra.copy()
        mixed[:, first:end] = others[:, first:end]
        yield numpy.fft.irfft(mixed, x.shape[1], axis=1).astype("float32")


def agreement(removed, bands_table):
    """By rule, stage and modality: Spearman's correlation, over the bands and epochs of a stage, of |lost| with the share of a band.

    Returns
    -------
    Table of rule, stage ("all", or a true stage), modality, correlation, n (epochs).
    """
    columns, keys = ["rule", "stage", "modality", "correlation", "n"], ["fold", "recording", "epoch", "modality", "band"]
    if bands_table.empty:
        return pandas.DataFrame(columns=columns)
    texts = dict.fromkeys(("recording", "modality", "band"), str)
    both = bands_table.astype({**texts, "rule": str}).merge(removed.astype({**texts, "true": str})[[*keys, "true", "lost"]], on=keys, suffixes=("", "_")).dropna(subset=["share"])
    rows = []
    for stage, here in [("all", both), *both.groupby("true")]:
        for (rule, modality), cell in here.groupby(["rule", "modality"], sort=False):
            correlation = cell["share"].corr(cell["lost"].abs(), method="spearman") if len(cell) > 2 else numpy.nan
            rows.append((rule, stage, modality, correlation, len(cell.drop_duplicates(["fold", "recording", "epoch"]))))
    return pandas.DataFrame(rows, columns=columns).query("stage != ''").reset_index(drop=True)
