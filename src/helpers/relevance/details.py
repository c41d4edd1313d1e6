"""Relevance along time for the epochs that a reader may open: a trained fold and some of its test epochs come in, maps of
20 values a second in 8 bits go out, which is what a drawing of 30 s can show.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy

from .. import files
from ..constants import EPOCH_S
from .fold import FoldExplainer

#: Values of an epoch's coarse map; each is the sum of as many samples of the map.
BINS = 20 * EPOCH_S
#: Largest value in 8 bits.
FULL = 127


def coarse(values):
    """Relevance maps (n, time, channels) as sums over time in 8 bits.

    Returns
    -------
    (levels (n, 600, channels) int8, scale (n,) float32): the sum of relevance in a bin is levels × scale.
    """
    n, time, channels = values.shape
    sums = numpy.asarray(values, "float64").reshape(n, BINS, time // BINS, channels).sum(2)
    scale = numpy.abs(sums).max((1, 2)) / FULL
    levels = numpy.rint(sums / numpy.where(scale > 0, scale, 1)[:, None, None])
    return levels.astype("int8"), scale.astype("float32")


def detail_fold(epochs, predictions, weights, learned, names, engine, chosen, progress=None):
    """Coarse relevance of some of a fold's test epochs, for the class that it predicts.

    Parameters
    ----------
    epochs, predictions, weights, learned, names, engine, progress : as in `shares.explain_fold`.
    chosen : table of recording and epoch; those that the fold tested are explained.

    Returns
    -------
    levels (n, names, 600, channels) int8, scale (n, names) float32, and a table of recording and epoch: what the rows are. Both
    are 0 of a method that gives one value per modality.
    """
    tested = predictions.merge(chosen[["recording", "epoch"]])
    channels = sum(map(len, epochs.modalities.values()))
    levels, scale = [numpy.zeros((0, len(names), BINS, channels), "int8")], [numpy.zeros((0, len(names)), "float32")]
    if len(tested):
        with FoldExplainer(epochs, tested, weights, learned, names, engine) as explainer:
            for numbers in explainer.batches(progress):
                for parts, of_batch in zip((levels, scale), _coarse_maps(explainer, numbers, channels)):
                    parts.append(of_batch)
    return numpy.concatenate(levels), numpy.concatenate(scale), tested[["recording", "epoch"]]


def _coarse_maps(explainer, numbers, channels):
    """levels (n, names, 600, channels) and scale (n, names) of these epochs."""
    maps, middle = explainer.maps(numbers), explainer.middle
    blank = numpy.zeros((len(numbers), BINS, channels), "int8"), numpy.zeros(len(numbers), "float32")
    by_name = [coarse(maps[name].values[:, middle]) if name in maps else blank for name in explainer.names]
    return [numpy.stack(arrays, 1) for arrays in zip(*by_name)]


class Details:
    """Coarse relevance that was computed before, of all folds.

    Parameters
    ----------
    folders : fold → folder of what `detail_fold` gave: levels.npy, scale.npy and details.parquet.
    """

    def __init__(self, folders):
        self._rows, self._arrays = {}, {}
        for fold, folder in folders.items():
            table = files.read_table(Path(folder) / "details.parquet")
            self._arrays[fold] = [numpy.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in ("levels", "scale")]
            for row, (recording, epoch) in enumerate(zip(table["recording"].astype(str), table["epoch"])):
                self._rows.setdefault(recording, {}).setdefault(int(epoch), {})[fold] = row

    def epochs(self, recording):
        """Numbers of the epochs there are of a recording, ascending."""
        return sorted(self._rows.get(recording, {}))

    def of(self, recording, epoch):
        """({fold: levels (rules, 600, channels)}, {fold: scale (rules,)}) of an epoch, for the folds that tested it."""
        rows = sorted(self._rows[recording][epoch].items())
        return tuple({fold: numpy.asarray(self._arrays[fold][number][row]) for fold, row in rows} for number in (0, 1))


class Opener:
    """Coarse relevance of any test epoch, computed when asked for.

    Parameters
    ----------
    fold_files : function fold → the arguments epochs, tested, weights, learned of `FoldExplainer`.
    names, engine : as there.
    """

    def __init__(self, fold_files, names, engine):
        self._fold_files, self._names, self._engine = fold_files, names, engine
        self._explained = lru_cache(None)(self._open)

    def _open(self, fold):
        epochs, tested, weights, learned = self._fold_files(fold)
        numbers = {key: number for number, key in enumerate(zip(tested["recording"].astype(str), tested["epoch"]))}
        return FoldExplainer(epochs, tested, weights, learned, self._names, self._engine), numbers

    def of(self, recording, epoch, folds):
        """As `Details.of`."""
        arrays = {}
        for fold in folds:
            explainer, numbers = self._explained(fold)
            channels = sum(map(len, explainer.modalities.values()))
            arrays[fold] = [array[0] for array in _coarse_maps(explainer, [numbers[str(recording), int(epoch)]], channels)]
        return tuple({fold: pair[number] for fold, pair in arrays.items()} for number in (0, 1))
