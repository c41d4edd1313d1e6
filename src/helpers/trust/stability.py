"""Do shares of modalities stay as they are when what should not matter changes? A little noise, a gain that is 10 % off, a start 1 s later,
another training seed, another fold."""

from __future__ import annotations

import numpy
import pandas

from ..constants import KEYS, RATE
from ..relevance.fold import FoldExplainer
from ..relevance.shares import table
from .altered import SEED
from .intervals import by_subject, of_stages, over_subjects
from .sample import predicted, sample

#: Methods beside the run's rules.
METHODS = ("gradient-input",)
#: Standard deviation of the noise, in standard deviations of the channel; factor on one modality; seconds by which epochs begin later.
NOISE_SD, GAIN, SHIFT_S = 0.1, 1.1, 1.0
#: What may change.
NOISE, SHIFT, FOLD = "noise", "shift", "another fold"


def changes(modalities):
    """Name → function (x, random) that gives the changed epochs."""
    gains = {f"gain of {name}": lambda x, random, channels=channels: _gained(x, channels) for name, channels in modalities.items()}
    return {NOISE: lambda x, random: (x + NOISE_SD * random.standard_normal(x.shape)).astype("float32"), **gains,
            SHIFT: lambda x, random: numpy.roll(x, -round(SHIFT_S * RATE), axis=1)}


def _gained(x, channels):
    changed = numpy.array(x)
    changed[:, :, channels] *= GAIN
    return changed


def disturb_fold(epochs, predictions, weights, learned, rules, per_stage, seed, progress=None):
    """Explain the trial's sample of a fold's test epochs, intact and changed.

    Parameters
    ----------
    As of `floor.floor_fold`. A shift takes the epoch's own first second to its end. The stage that is explained is the one predicted
    of the intact epoch.

    Returns
    -------
    Tables of `relevance.shares` with `change`: "", or what was changed.
    """
    tested, names, tables = sample(predictions, per_stage, seed), list(dict.fromkeys([*rules, *METHODS])), []
    target = predicted(tested)
    rows, random = epochs.rows(tested), numpy.random.default_rng([seed, int(tested["fold"].iloc[0])])
    with FoldExplainer(epochs, tested, weights, learned, names) as explainer:
        for numbers in explainer.batches(progress):
            x = epochs.signals(rows[numbers])
            for change, of in {"": lambda x, random: x, **changes(epochs.modalities)}.items():
                for name, parts in explainer.parts(numbers, of(x, random), target[numbers]).items():
                    tables.append(table(tested.iloc[numbers], name, list(epochs.modalities), *parts).assign(change=change))
    return pandas.concat(tables, ignore_index=True)


def pairs(table, others=()):
    """Shares of the same epochs as they are and changed.

    Parameters
    ----------
    table : of `disturb_fold`, all folds. others : tables of pairs that come from elsewhere, such as another seed's.

    Returns
    -------
    Table of the keys, rule, modality, change, share, changed.
    """
    keys = [*KEYS, "rule", "modality"]
    rows = table.astype(dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality", "change"), str))
    intact = rows[rows["change"] == ""].set_index(keys)["share"]
    changed = rows[rows["change"] != ""][[*keys, "change", "share"]].rename(columns={"share": "changed"})
    return pandas.concat([changed.join(intact, on=keys), *others], ignore_index=True)


def folds_apart(shares):
    """Pairs of shares of the same epoch by the first two folds that tested it, where both predicted the same; in the columns of `pairs`."""
    rows = shares.astype(dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality"), str)).sort_values("fold", kind="stable")
    epoch = ["recording", "epoch", "rule", "modality"]
    turn = rows.groupby(epoch).cumcount()
    both = rows[turn == 0].merge(rows.loc[turn == 1, [*epoch, "predicted", "share"]], on=[*epoch, "predicted"], suffixes=("", "_other"))
    return both.rename(columns={"share_other": "changed"})[[*KEYS, "rule", "modality", "share", "changed"]].assign(change=FOLD)


def seeds_apart(disturbed, theirs):
    """Pairs of shares of the same epoch by a fold's own network and by one of another seed, of the same stage; in the columns of `pairs`.

    disturbed : of `disturb_fold`. theirs : tables of shares by other networks, with `network`.
    """
    texts, keys = dict.fromkeys(("recording", "subject", "true", "predicted", "rule", "modality"), str), [*KEYS, "rule", "modality"]
    own = disturbed[disturbed["change"].astype(str) == ""].astype(texts)[[*keys, "share"]]
    other = theirs[theirs["network"].astype(str) == SEED].astype(texts)[[*keys, "share"]]
    return own.merge(other.rename(columns={"share": "changed"}), on=keys).assign(change=SEED)


def stability(both, draws=1000, seed=0):
    """Intraclass correlation of shares by rule, change and stage.

    Returns
    -------
    Table of rule, change, stage ("all" or a true stage), modality ("all": the mean over modalities), icc, low, high (95 % over subjects),
    epochs, subjects. ICC(A,1) of McGraw and Wong 1996 (doi 10.1037/1082-989X.1.1.30): part of the variance between epochs in all
    variance, two measurements, absolute agreement.
    """
    rows, columns = [], ["rule", "change", "stage", "modality", "icc", "low", "high", "epochs", "subjects"]
    for (rule, change), here in both.dropna(subset=["share", "changed"]).groupby(["rule", "change"], sort=False):
        for stage, of_stage in of_stages(here):
            modalities = list(dict.fromkeys(of_stage["modality"]))
            sums, subjects = _moments(of_stage, modalities)

            def correlations(added, k=len(modalities)):
                of_each = intraclass(added.reshape(len(added), k, 6))
                return numpy.concatenate([of_each.mean(axis=1, keepdims=True), of_each], axis=1)

            for name, value, low, high in zip(["all", *modalities], *over_subjects(sums, correlations, draws, seed)):
                rows.append((rule, change, stage, name, value, low, high, len(of_stage) // len(modalities), subjects))
    return pandas.DataFrame(rows, columns=columns)


def _moments(rows, modalities):
    """(sums of n, x, y, x², y², xy by subject and modality: (subjects, 6 × modalities); number of subjects)."""
    x, y = rows["share"].to_numpy(), rows["changed"].to_numpy()
    moments = numpy.stack([numpy.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)
    chosen = (rows["modality"].to_numpy()[:, None] == numpy.array(modalities))[:, :, None] * moments[:, None]
    sums = by_subject(chosen.reshape(len(x), -1), rows["subject"])
    return sums, len(sums)


def intraclass(moments):
    """ICC(A,1) of two measurements from sums (…, 6) of n, x, y, x², y², xy; NaN where nothing varies."""
    n, x, y, xx, yy, xy = numpy.moveaxis(moments, -1, 0)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        vx, vy, cov = xx - x * x / n, yy - y * y / n, xy - x * y / n
        between, columns, error = (vx + vy + 2 * cov) / 2 / (n - 1), (x - y)**2 / (2 * n), (vx + vy - 2 * cov) / 2 / (n - 1)
        found = (between - error) / (between + error + 2 / n * (columns - error))
    return numpy.where(vx + vy > 1e-12 * (xx + yy), found, numpy.nan)  # below, what varies is rounding
