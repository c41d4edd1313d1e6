"""What shares owe to the signal: explanations with noise in place of a modality (`trust.floor`) come in, floors and how well each value
tells signal from noise go out.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS
from .intervals import means

#: How the value of a modality is read: its part of the absolute sum, or what supports the stage less what speaks against it.
READINGS = ("share", "signed")


def pairs(table):
    """Each modality's value in an intact epoch and in the same epoch with that modality as noise, of epochs with relevance in both.

    Returns
    -------
    Table of the keys, rule, modality, reading, intact, noise.
    """
    words = dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality", "noise"), str)
    rows = table.astype(words).assign(signed=table["positive"] - table["negative"])
    keys = [*KEYS, "rule", "modality"]
    intact, floor = (rows[chosen].set_index(keys)[list(READINGS)] for chosen in (rows["noise"] == "", rows["noise"] == rows["modality"]))
    both = intact.join(floor, lsuffix=" intact", rsuffix=" noise", how="inner").dropna().reset_index()
    return pandas.concat([both[keys].assign(reading=name, intact=both[f"{name} intact"], noise=both[f"{name} noise"])
                          for name in READINGS], ignore_index=True)


def floors(table, draws=1000, seed=0):
    """Every modality's mean value, its floor, and how often the value tells signal from noise.

    Parameters
    ----------
    table : of `floor.floor_fold`, all folds. draws : of the bootstrap over subjects.

    Returns
    -------
    Table of rule, reading, stage ("all", or a true stage: its correct epochs), modality, intact and floor (means, fractions of the
    absolute sum), above (their difference) with low and high (95 %), told (part of epochs in which the value is higher with the signal
    than with noise, ties half; ½ is what a value gives that knows nothing of the signal) with told_low and told_high, epochs, subjects.
    """
    both = pairs(table)
    both["above"] = both["intact"] - both["noise"]
    both["told"] = numpy.where(both["above"] == 0, 0.5, both["above"] > 0)
    right = both[both["true"] == both["predicted"]]
    parts = [("all", right if (both["true"] != "").any() else both), *((stage, rows) for stage, rows in right.groupby("true"))]
    rows = [{"rule": rule, "reading": reading, "stage": stage, "modality": modality, **_summed(of_cell, draws, seed)}
            for stage, here in parts for (rule, reading, modality), of_cell in here.groupby(["rule", "reading", "modality"], sort=False)]
    return pandas.DataFrame(rows, columns=["rule", "reading", "stage", "modality", "intact", "floor", "above", "low", "high", "told",
                                           "told_low", "told_high", "epochs", "subjects"])


def _summed(rows, draws, seed):
    """Means of a cell, with intervals of `above` and `told`."""
    value, low, high = means(rows, ["intact", "noise", "above", "told"], draws, seed)
    return {"intact": value[0], "floor": value[1], "above": value[2], "low": low[2], "high": high[2], "told": value[3],
            "told_low": low[3], "told_high": high[3], "epochs": len(rows), "subjects": rows["subject"].nunique()}


def floor_shares(shares, noise):
    """For every epoch, what its modalities would get as noise: the table of shares with each share replaced by its floor.

    Parameters
    ----------
    shares : table of `relevance.shares`. noise : of `floor.floor_fold`, all folds.

    Returns
    -------
    The rows of `shares` whose rule has floors. A floor is the mean share of a modality as noise, over the trial's epochs of the same fold
    of which the network predicted the same stage; where a fold has none of a stage, over those of all folds.
    """
    texts = dict.fromkeys(("predicted", "rule", "modality", "noise"), str)
    as_noise = noise.astype(texts).query("noise == modality")
    by_stage = ["rule", "modality", "predicted"]
    rows = shares.astype({name: str for name in ("recording", "subject", "true", *by_stage)})
    rows = rows[rows["rule"].isin(set(as_noise["rule"]))]
    means = as_noise.groupby(["fold", *by_stage])["share"].mean().rename("here")
    over_folds = as_noise.groupby(by_stage)["share"].mean().rename("anywhere")
    found = rows.join(means, on=["fold", *by_stage]).join(over_folds, on=by_stage)
    known = found["share"].notna()
    return rows.assign(share=found["here"].fillna(found["anywhere"]).where(known))


def above_floor(shares, noise):
    """The table of shares with each share less its floor, below 0 where noise gets more; signed parts are left out."""
    floor = floor_shares(shares, noise)
    return floor.assign(share=shares.loc[floor.index, "share"] - floor["share"], positive=numpy.nan, negative=numpy.nan)
