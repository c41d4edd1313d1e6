"""Relevance along time for the epochs that a reader may open: a trained fold and some of its test epochs come in, maps of
20 values a second in 8 bits go out, which is what a drawing of 30 s can show.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy
import pandas

from .. import files
from ..constants import EPOCH_S
from .explainer import Explainer
from .shares import BATCH, open_fold

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


def detail_fold(epochs, predictions, weights, learned, rules, engine, chosen, progress=None):
    """Coarse relevance of some of a fold's test epochs, for the class that it predicts.

    Parameters
    ----------
    epochs, predictions, weights, learned, rules, engine, progress : as in `shares.explain_fold`.
    chosen : table of recording and epoch; those that the fold tested are explained.

    Returns
    -------
    levels (n, rules, 600, channels) int8, scale (n, rules) float32, and a table of recording and epoch: what the rows are.
    """
    model, parsed = open_fold(epochs, weights, learned, rules)
    tested = predictions[["recording", "epoch"]].merge(chosen[["recording", "epoch"]])
    rows, batches = epochs.rows(tested), []
    channels = sum(map(len, epochs.modalities.values()))
    with Explainer(model, parsed, engine) as explainer:
        for start in range(0, len(rows), BATCH):
            maps = explainer.maps(epochs.signals(rows[start:start + BATCH]))
            batches.append([coarse(maps[name].values) for name in rules])
            if progress:
                progress(min(start + BATCH, len(rows)), len(rows))
    blank = numpy.zeros((0, len(rules), BINS, channels), "int8"), numpy.zeros((0, len(rules)), "float32")
    levels, scale = (numpy.concatenate([empty, *(numpy.stack([of_rule[number] for of_rule in batch], 1) for batch in batches)])
                     for number, empty in enumerate(blank))
    return levels, scale, tested


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
    fold_files : function fold → the arguments epochs, weights, learned of `detail_fold`.
    rules, engine : as there.
    """

    def __init__(self, fold_files, rules, engine):
        self._fold_files, self._rules, self._engine = fold_files, rules, engine
        self._explained = lru_cache(None)(self._open)

    def _open(self, fold):
        epochs, weights, learned = self._fold_files(fold)
        model, parsed = open_fold(epochs, weights, learned, self._rules)
        return epochs, Explainer(model, parsed, self._engine)

    def of(self, recording, epoch, folds):
        """As `Details.of`."""
        arrays = {}
        for fold in folds:
            epochs, explainer = self._explained(fold)
            wanted = pandas.DataFrame({"recording": [recording], "epoch": [epoch]})
            maps = explainer.maps(epochs.signals(epochs.rows(wanted)))
            of_rules = [coarse(maps[name].values) for name in self._rules]
            arrays[fold] = [numpy.concatenate(values) for values in zip(*of_rules)]
        return tuple({fold: pair[number] for fold, pair in arrays.items()} for number in (0, 1))
