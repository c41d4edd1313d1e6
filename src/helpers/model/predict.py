"""Predictions of a trained fold: its weights and epochs go in, a table of stages and their probabilities comes out."""

from __future__ import annotations

import numpy
import pandas

from ..constants import STAGES
from . import networks
from .passes import forward, predict


def predict_fold(epochs, weights, fold):
    """Predict every epoch of these recordings by a network that was trained before; none of them was learned from.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs` of these recordings.
    weights : path of the fold's weights.npz.
    fold : its number.

    Returns
    -------
    Table as `predictions` makes it.

    Raises
    ------
    InputError
        When the weights are of a network for other channels.
    """
    rows, model = numpy.arange(len(epochs.table)), networks.trained(epochs, weights)
    return predictions(epochs.table, rows, predict(forward(model), epochs.signals, rows), fold)


def predictions(table, rows, probabilities, fold):
    """Table of fold, recording, subject, epoch, onset_s, true ("" where nobody scored), predicted, p_<stage>.

    Parameters
    ----------
    table : of epochs (`helpers.data.epochs.Epochs`).
    rows : row numbers of it.
    probabilities : (rows, stages).
    fold : number of the fold that predicts.
    """
    tested = table.iloc[rows]
    names = numpy.array(STAGES)
    columns = {"fold": fold, **{name: tested[name].to_numpy() for name in ("recording", "subject", "epoch", "onset_s")},
               "true": tested["stage"].to_numpy(), "predicted": names[probabilities.argmax(1)],
               **{f"p_{stage}": probabilities[:, number] for number, stage in enumerate(STAGES)}}
    return pandas.DataFrame(columns)
