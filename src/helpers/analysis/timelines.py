"""One window of one night: epochs, predictions and shares come in; everything that figure 3 draws goes out."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy
import pandas

from ..constants import EPOCH_S
from ..errors import InputError


@dataclass(frozen=True)
class Timeline:
    """A window of a recording under one fold and rule.

    Attributes
    ----------
    recording, fold, rule : what is shown.
    start : clock time of the recording's first sample, ISO.
    start_s, stop_s : the window, in seconds of the recording; `rate` is the signals' rate in Hz.
    modalities : modality → channel numbers; `channels` : name and unit of each channel.
    table : one row per 30-s slot of the window: epoch, onset_s, kept, reason, true, predicted, a share per modality
        and a probability p_<stage> per stage; dropped slots have no stage and NaN.
    microvolts : (samples, channels) float32 in the channels' units; NaN where slots were dropped.
    """

    recording: str
    fold: int
    rule: str
    start: str
    start_s: float
    stop_s: float
    rate: int
    modalities: dict
    channels: list
    table: pandas.DataFrame
    microvolts: numpy.ndarray


def chosen(predictions, recording=None, fold=None):
    """The recording and fold to show: as given, or the first recording that was tested and the first fold that did.

    Raises
    ------
    InputError
        For a recording that no fold tested, or a fold that did not test it.
    """
    tested = predictions[["recording", "fold"]].astype({"recording": str}).drop_duplicates()
    if recording is None and fold is not None:
        tested = tested[tested["fold"] == fold]
        if tested.empty:
            raise InputError(f"fold {fold}: there is none of this number, or it tested nothing; "
                             f"there are {', '.join(str(number) for number in sorted(predictions['fold'].unique()))}")
    name = str(recording) if recording is not None else tested["recording"].iloc[0]
    folds = sorted(int(number) for number in tested.loc[tested["recording"] == name, "fold"])
    if not folds:
        raise InputError(f"recording {name}: no fold tested it; tested are "
                         f"{', '.join(sorted(set(tested['recording'])))}")
    if fold is not None and fold not in folds:
        raise InputError(f"fold {fold}: did not test recording {name}; folds that did: "
                         f"{', '.join(str(number) for number in folds)}")
    return name, folds[0] if fold is None else int(fold)


def timeline(epochs, predictions, shares, recording, fold, rule, start_s=None, minutes=120):
    """The window of `minutes` from `start_s`, both cut to the recording.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    predictions, shares : tables of all folds.
    start_s : second of the recording at which the window begins; None for its first scored epoch.

    Raises
    ------
    InputError
        For a recording that this fold did not test, a rule without shares, or a window outside the recording.
    """
    for name, value in (("start_s", start_s or 0), ("minutes", minutes)):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise InputError(f"{name} = {value!r}: must be a number")
    tested = predictions[(predictions["fold"] == fold) & (predictions["recording"].astype(str) == recording)]
    if tested.empty:
        raise InputError(f"recording {recording}: fold {fold} did not test it")
    chosen = shares[(shares["fold"] == fold) & (shares["recording"].astype(str) == recording)
                    & (shares["rule"].astype(str) == rule)]
    if chosen.empty:
        raise InputError(f"rule {rule}: there are no shares; there are "
                         f"{', '.join(sorted(set(shares['rule'].astype(str))))}")
    info = epochs.info(recording)
    first = float(tested["onset_s"].min()) if start_s is None else float(start_s)
    slots = epochs.ledger[(epochs.ledger["recording"] == recording) & (epochs.ledger["onset_s"] >= first - EPOCH_S / 2)
                          & (epochs.ledger["onset_s"] < first + 60 * minutes - EPOCH_S / 2)]
    if minutes <= 0 or first < 0 or slots.empty:
        raise InputError(f"start_s = {start_s}, minutes = {minutes}: outside recording {recording}, which lasts "
                         f"{info['duration_s']:.0f} s")
    table = _table(slots, tested, chosen)
    window = (float(table["onset_s"].iloc[0]), float(table["onset_s"].iloc[-1]) + EPOCH_S)
    return Timeline(recording, int(fold), rule, info["start"], *window, int(info["rate"]), epochs.modalities,
                    info["channels"], table, _signals(epochs, recording, table, window, int(info["rate"])))


def _table(slots, tested, chosen):
    wide = chosen.astype({"modality": str}).pivot(index="epoch", columns="modality", values="share")
    probabilities = [column for column in tested.columns if column.startswith("p_")]
    known = tested.set_index("epoch")[["true", "predicted", *probabilities]].astype({"true": str, "predicted": str})
    table = slots[["epoch", "onset_s", "kept", "reason"]].reset_index(drop=True).join(known, on="epoch")
    table[["true", "predicted"]] = table[["true", "predicted"]].fillna("")
    return table.join(wide, on="epoch")


def _signals(epochs, recording, table, window, rate):
    scored = table[table["kept"]]
    rows = epochs.table.index[(epochs.table["recording"] == recording) & epochs.table["epoch"].isin(scored["epoch"])]
    values = epochs.microvolts(rows.to_numpy())
    starts = numpy.round((epochs.table.loc[rows, "onset_s"].to_numpy() - window[0]) * rate).astype(int)
    signals = numpy.full((round((window[1] - window[0]) * rate), values.shape[2]), numpy.nan, "float32")
    for start, epoch in zip(starts, values):
        signals[start:start + len(epoch)] = epoch
    return signals
