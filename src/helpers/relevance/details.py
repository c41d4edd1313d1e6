"""Relevance along time for the epochs that a reader may open: a trained fold and some of its test epochs come in, maps of
20 values a second in 8 bits go out, which is what a drawing of 30 s can show.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy
import pandas

from .. import artifacts
from .explainer import Explainer
from .shares import BATCH, opened

#: Values of an epoch's coarse map; each is the sum of as many samples of the map.
BINS = 600
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


def detail_fold(epochs_folder, recordings, predictions, weights, trained_on, rules, engine, chosen, folder, progress=None):
    """Coarse relevance of some of a fold's test epochs, for the class that it predicts.

    Parameters
    ----------
    epochs_folder, recordings, predictions, weights, trained_on, rules, engine, progress : as in `shares.explain_fold`.
    chosen : table of recording and epoch; those that the fold tested are explained.
    folder : where levels.npy (n, rules, 600, channels) int8, scale.npy (n, rules) float32 and details.parquet (recording,
        epoch: what the rows are) go.
    """
    epochs, model, parsed = opened(epochs_folder, recordings, weights, trained_on, rules)
    tested = predictions[["recording", "epoch"]].merge(chosen[["recording", "epoch"]])
    rows, found = epochs.rows(tested), []
    channels = sum(map(len, epochs.modalities.values()))
    with Explainer(model, parsed, engine) as explainer:
        for start in range(0, len(rows), BATCH):
            maps = explainer.maps(epochs.signals(rows[start:start + BATCH]))
            found.append([coarse(maps[name].values) for name in rules])
            if progress:
                progress(min(start + BATCH, len(rows)), len(rows))
    blank = numpy.zeros((0, len(rules), BINS, channels), "int8"), numpy.zeros((0, len(rules)), "float32")
    levels, scale = (numpy.concatenate([first, *(numpy.stack([pair[part] for pair in batch], 1) for batch in found)])
                     for part, first in enumerate(blank))
    for name, array in (("levels", levels), ("scale", scale)):
        with artifacts.whole(Path(folder) / f"{name}.npy") as temporary, open(temporary, "wb") as file:
            numpy.save(file, array, allow_pickle=False)
    artifacts.write_table(Path(folder) / "details.parquet", tested)


class Details:
    """Coarse relevance that was computed before, of all folds.

    Parameters
    ----------
    folders : fold → folder that `detail_fold` wrote.
    """

    def __init__(self, folders):
        self._places, self._arrays = {}, {}
        for fold, folder in folders.items():
            table = artifacts.read_table(Path(folder) / "details.parquet")
            self._arrays[fold] = [numpy.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in ("levels", "scale")]
            for row, (recording, epoch) in enumerate(zip(table["recording"].astype(str), table["epoch"])):
                self._places.setdefault(recording, {}).setdefault(int(epoch), {})[fold] = row

    def epochs(self, recording):
        """Numbers of the epochs there are of a recording, ascending."""
        return sorted(self._places.get(recording, {}))

    def of(self, recording, epoch):
        """({fold: levels (rules, 600, channels)}, {fold: scale (rules,)}) of an epoch, for the folds that tested it."""
        rows = sorted(self._places[recording][epoch].items())
        return tuple({fold: numpy.asarray(self._arrays[fold][part][row]) for fold, row in rows} for part in (0, 1))


class Opener:
    """Coarse relevance of any test epoch, computed when asked for.

    Parameters
    ----------
    files : function fold → the arguments epochs_folder, recordings, …, weights, trained_on of `detail_fold`.
    rules, engine : as there.
    """

    def __init__(self, files, rules, engine):
        self._files, self._rules, self._engine = files, rules, engine
        self._fold = lru_cache(None)(self._opened)

    def _opened(self, fold):
        epochs_folder, recordings, _, weights, trained_on = self._files(fold)
        epochs, model, parsed = opened(epochs_folder, recordings, weights, trained_on, self._rules)
        return epochs, Explainer(model, parsed, self._engine)

    def of(self, recording, epoch, folds):
        """As `Details.of`."""
        found = {}
        for fold in folds:
            epochs, explainer = self._fold(fold)
            wanted = pandas.DataFrame({"recording": [recording], "epoch": [epoch]})
            maps = explainer.maps(epochs.signals(epochs.rows(wanted)))
            found[fold] = [numpy.concatenate(part) for part in zip(*(coarse(maps[name].values) for name in self._rules))]
        return tuple({fold: parts[part] for fold, parts in found.items()} for part in (0, 1))
