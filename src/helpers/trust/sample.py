"""Which test epochs a trial looks at: as many of every true stage, spread over sleepers and nights as evenly as there are epochs."""

from __future__ import annotations

import numpy
import pandas

from ..constants import STAGES


def sample(predictions, per_stage, seed):
    """Some test epochs of a fold.

    Parameters
    ----------
    predictions : the fold's table of test epochs. per_stage : epochs of each true stage, where there are so many; of nights that
        nobody scored, of each predicted stage. seed : of the draw.

    Returns
    -------
    Rows of the table, in its order. Within a stage nights take turns, so that their numbers of epochs differ by at most 1 as long as
    a night has epochs left.
    """
    random = numpy.random.default_rng([seed, int(predictions["fold"].iloc[0])])
    stage = predictions["true"].astype(str)
    if (stage == "").all():
        stage = predictions["predicted"].astype(str)
    shuffled = predictions.iloc[random.permutation(len(predictions))]
    nights = shuffled["recording"].astype(str)
    turn = shuffled.groupby([stage.loc[shuffled.index], nights]).cumcount()
    order = shuffled.assign(_turn=turn).sort_values("_turn", kind="stable").drop(columns="_turn")
    return order.groupby(stage.loc[order.index], sort=False).head(per_stage).sort_index()


def predicted(tested):
    """Numbers of the stages that the network predicted of these epochs, which are those explained: (n,) int."""
    return pandas.Categorical(tested["predicted"].astype(str), STAGES).codes.astype(int)
