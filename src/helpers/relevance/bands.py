"""Relevance of frequency bands: which rhythms of a modality a network reads, epoch by epoch, and spectra by stage."""

from __future__ import annotations

import numpy
import pandas
from scipy import fft

from ..constants import KEYS, STAGES
from ..errors import InputError
from . import rules as _rules
from .fold import BATCH, open_fold
from .frequencies import FrequencyEngine, has_frequencies, hertz

#: Width of a step of the spectra, Hz.
STEP_HZ = 0.5


def starts(edges, frequencies):
    """Index of the first frequency of each band; a band holds its lower edge and not its upper, the last both.

    edges : upper edges, ascending; the first band begins at 0.

    Raises
    ------
    InputError
        For a band so narrow that no frequency lies in it.
    """
    edges = list(edges)
    found = numpy.searchsorted(frequencies, numpy.concatenate([[0], edges[:-1]]) - 1e-9)
    if len(found) > 1 and (empty := numpy.flatnonzero(numpy.diff(found) == 0)).size:
        raise InputError(f"bands: none of the frequencies of an epoch, which are {frequencies[1]:.3g} Hz apart, lies below the edge of "
                         f"{edges[empty[0]]:g} Hz and above the one before it; choose edges further apart")
    return found


def with_frequencies(names):
    """Those names that stand for rules by which frequencies have relevance."""
    return [name for name in names if _rules.is_rule(name) and has_frequencies(_rules.parse(name))]


def band_fold(epochs, predictions, weights, learned, names, bands, progress=None):
    """Divide each modality's share of a fold's test epochs among frequency bands.

    Parameters
    ----------
    epochs, weights, learned, progress : as of `shares.explain_fold`. predictions : the fold's table of test epochs.
    names : of rules whose relevance is x times a factor. bands : name → upper edge in Hz, ascending; the first begins at 0, the last
        ends at half the sampling rate.

    Returns
    -------
    (tables, spectra). tables gives (name, table) of each rule, one at a time, with a row per epoch, modality and band: the keys, rule,
    modality, band, share. A band's part of Σ|R_k| over the frequencies of its modality is multiplied by the modality's share, so that
    bands add up to it. spectra has a row
    per rule, stage (of correct epochs; of nights that nobody scored, the predicted one), modality and step of `STEP_HZ`: hz (its
    lower edge), relevance (mean part of the modality's Σ|R_k|), power (mean part of its signal's power without the mean) and n (epochs).

    Raises
    ------
    InputError
        For a rule by which frequencies have no relevance, by name.
    """
    model, parsed = open_fold(epochs, weights, learned, names)
    try:
        engine = FrequencyEngine(model, parsed)
    except ValueError as error:
        raise InputError(f"{error}; choose the rules of the bands by -p rules") from error
    rows, modalities, frequencies = epochs.rows(predictions), epochs.modalities, hertz(epochs.signals([0]).shape[1])
    cuts = starts(bands.values(), frequencies)
    spectra, shares = _Spectra(predictions, list(modalities), frequencies), {name: [] for name in names}
    for begin in range(0, len(rows), BATCH):
        here = slice(begin, begin + BATCH)
        x = epochs.signals(rows[here])
        for name, (relevance, of_channels) in engine.frequencies(x).items():
            within = _within(relevance, modalities)
            of_modalities = numpy.stack([of_channels[:, channels].sum(axis=1) for channels in modalities.values()], axis=1)
            parts = numpy.add.reduceat(within, cuts, axis=2, dtype="float64")
            shares[name].append(numpy.where(of_modalities[..., None] == 0, 0, parts * of_modalities[..., None]))
            spectra.add(name, within, here)
        spectra.add("", _power(x, modalities), here)
        if progress:
            progress(min(begin + BATCH, len(rows)), len(rows), f"{min(begin + BATCH, len(rows)):,} of {len(rows):,} epochs")
    parts = pandas.MultiIndex.from_product([list(modalities), list(bands)], names=["modality", "band"]).to_frame(index=False)
    tables = ((name, _table(predictions, name, parts, numpy.concatenate(shares.pop(name)))) for name in names)
    return tables, spectra.table(names)


def _table(predictions, name, parts, shares):
    """A row per epoch and part (modality, band), of shares (n, modalities, bands)."""
    n, m = len(shares), len(parts)
    repeated = predictions[list(KEYS)].iloc[numpy.repeat(numpy.arange(n), m)].reset_index(drop=True)
    return repeated.assign(rule=name, modality=numpy.tile(parts["modality"], n), band=numpy.tile(parts["band"], n), share=shares.ravel())


def _within(relevance, modalities):
    """(n, modalities, frequencies): absolute relevance of a modality's frequencies over its sum, NaN where it has none."""
    size = numpy.stack([numpy.abs(relevance[:, :, channels]).sum(axis=2) for channels in modalities.values()], axis=1)
    total = size.sum(axis=2, keepdims=True, dtype="float64").astype(size.dtype)
    return size / numpy.where(total > 0, total, numpy.nan)


def _power(x, modalities):
    """The same of the signal's power: (n, modalities, frequencies), the mean left out."""
    power = numpy.abs(fft.rfft(x, axis=1)) ** 2
    power[:, 0] = 0
    return _within(power, modalities)


class _Spectra:
    """Sums of spectra over the epochs of each stage: correct ones, or all where nobody scored."""

    def __init__(self, predictions, modalities, frequencies):
        true, predicted = (predictions[name].astype(str).to_numpy() for name in ("true", "predicted"))
        self._stages = numpy.where((true == predicted) | (true == ""), predicted, "")
        self._modalities, self._steps = modalities, numpy.arange(0, frequencies[-1], STEP_HZ)
        self._cuts, self._sums = starts([*self._steps[1:], frequencies[-1]], frequencies), {}

    def add(self, name, within, here):
        """Add spectra (n, modalities, frequencies) of the epochs `here` under a rule's name, or "" for the signal's power."""
        steps = numpy.add.reduceat(within, self._cuts, axis=2, dtype="float64")
        for stage in set(self._stages[here]) - {""}:
            of_stage = steps[(self._stages[here] == stage) & ~numpy.isnan(steps).any(axis=(1, 2))]
            sums, n = self._sums.get((name, stage), (0, 0))
            self._sums[name, stage] = sums + of_stage.sum(axis=0), n + len(of_stage)

    def table(self, names):
        rows = []
        for stage in [stage for stage in STAGES if ("", stage) in self._sums]:
            powers, counted = self._sums["", stage]
            for name in names:
                sums, n = self._sums[name, stage]
                if n and counted:
                    grid = pandas.MultiIndex.from_product([self._modalities, self._steps], names=["modality", "hz"]).to_frame(index=False)
                    rows.append(grid.assign(rule=name, stage=stage, relevance=(sums / n).ravel(), power=(powers / counted).ravel(), n=n))
        columns = ["rule", "stage", "modality", "hz", "relevance", "power", "n"]
        return pandas.concat(rows, ignore_index=True)[columns] if rows else pandas.DataFrame(columns=columns)
