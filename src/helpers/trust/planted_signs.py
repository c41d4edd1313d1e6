"""Relevance held to what was planted: on simulated nights it is known where in an epoch a sign of its stage stands."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, RATE

#: All signs of a modality together; a movement is no sign of a stage.
ANY, LEFT_OUT = "any sign", ("artefact",)
#: Signs that fill more of an epoch say nothing of where in it relevance should be.
MOST = 0.9
#: What is held beside the maps: the size of the signal itself.
SIZE = "|x|"


def hits(x, maps, tested, onsets, events, modalities):
    """How much of the supporting relevance of a modality falls on its planted signs.

    Parameters
    ----------
    x : epochs (n, time, channels). maps : name → attributions like x. tested : their rows of the table of test epochs. onsets : seconds
        from the start of the recording (n,). events : table of recording, modality, sign, onset_s, duration_s. modalities : name → channels.

    Returns
    -------
    Table of the keys, rule (a name of `maps`, or `|x|`), modality, sign (or `ANY`), part (of the epoch that the signs fill), ratio (part of
    the modality's positive relevance that falls on them, over `part`: 1 by chance, 1/part at best; Kohlbrenner et al. 2020), rank (part of
    them among as many time points with the largest relevance: `part` by chance, 1 at best; Arras et al. 2022) and top (1 where the largest
    relevance stands on one of them, the pointing game).
    """
    rows, by_night = [], {name: table for name, table in events.groupby(events["recording"].astype(str))}
    sizes = {**maps, SIZE: numpy.abs(x)}
    for place, (night, onset) in enumerate(zip(tested["recording"].astype(str), onsets)):
        if night not in by_night:
            continue
        here = by_night[night]
        here = here[(here["onset_s"] < onset + x.shape[1] / RATE) & (here["onset_s"] + here["duration_s"] > onset)]
        for modality, channels in modalities.items():
            for sign, mask in masks(here[here["modality"] == modality], onset, x.shape[1]).items():
                for name, values in sizes.items():
                    towards = numpy.maximum(values[place][:, channels], 0).sum(axis=1, dtype="float64")
                    rows.append((place, name, modality, sign, mask.mean(), *scores(towards, mask)))
    table = pandas.DataFrame(rows, columns=["place", "rule", "modality", "sign", "part", "ratio", "rank", "top"])
    keys = tested[list(KEYS)].iloc[table["place"].to_numpy(int)].reset_index(drop=True)
    return pandas.concat([keys, table.drop(columns="place")], axis=1)


def masks(events, onset, samples):
    """Sign → where in an epoch it stands, boolean (samples,); also `ANY`. Signs that fill nearly all of it are left out."""
    found = {}
    for sign, rows in events.groupby(events["sign"].astype(str)):
        mask = numpy.zeros(samples, bool)
        for begin, duration in zip(rows["onset_s"], rows["duration_s"]):
            first = round((begin - onset) * RATE)
            mask[max(first, 0):max(first + round(duration * RATE), 0)] = True
        if sign not in LEFT_OUT and 0 < mask.mean() <= MOST:
            found[sign] = mask
    together = numpy.any(list(found.values()), axis=0) if found else numpy.zeros(samples, bool)
    return {**found, ANY: together} if 0 < together.mean() <= MOST else found


def scores(towards, mask):
    """(ratio, rank, top) of relevance (time,), not negative; NaN where there is none."""
    total = towards.sum()
    if not total > 0:
        return numpy.nan, numpy.nan, numpy.nan
    count = int(mask.sum())
    largest = numpy.argpartition(-towards, count - 1)[:count]
    return towards[mask].sum() / total / mask.mean(), mask[largest].mean(), float(mask[towards.argmax()])
