"""The way in which a night is read, for a run and for `check`: its two files go in; signals at 100 Hz, the ledger of its
slots, notes on what was computed or taken for granted, and all that is wrong with it come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy
import pandas

from ..constants import EPOCH_S, RATE
from ..errors import InputError
from .edf import Channel, Recording, marker_errors, open_recording
from .hypnogram import UNSCORED, Hypnogram, read_hypnogram
from .ledger import drop_flat as without_flat
from .ledger import make_ledger
from .resampling import resample

MIXED_NOTE = "slots of 30 s that hold several stages were given that of most of their seconds, the later at a tie"
#: Of a sample: moments that are nearer than this are the same.
SAME = 1e-6


@dataclass
class Night:
    """What is known of a recording once its files were read.

    Attributes
    ----------
    faults : what is at fault ("signals", "marker", "hypnogram", "ledger", or a channel's name) → list of `InputError`, in
        the order in which a run comes upon them.
    psg : `edf.Recording` of the signals, or None where they cannot be read; then nothing else is known.
    named : (modality, name) of each channel that the cohort names, in its order.
    channels : the `edf.Channel` of each, None where there is none.
    marker_errors : (start, end) in s.
    hypnogram : `hypnogram.Hypnogram`, or None where the scoring is not known.
    ledger : see `ledger.make_ledger`. mixed : number of its slots that hold several stages and were given that of most of
        their seconds.
    flat : for each slot, whether some channel does not change in it at its rate.
    signals : float32 array (samples at 100 Hz,) of each channel in its unit; empty when only a check was asked for.
    """

    faults: dict[str, list[InputError]] = field(default_factory=dict)
    psg: Recording | None = None
    named: list[tuple[str, str]] = field(default_factory=list)
    channels: list[Channel | None] = field(default_factory=list)
    marker_errors: list[tuple[float, float]] = field(default_factory=list)
    hypnogram: Hypnogram | None = None
    ledger: pandas.DataFrame | None = None
    mixed: int = 0
    flat: numpy.ndarray | None = None
    signals: list[numpy.ndarray] = field(default_factory=list)

    def all_faults(self):
        """Every fault; that which stops a run comes first."""
        return [fault for faults in self.faults.values() for fault in faults]

    def notes(self):
        """What was computed and taken for granted: (sentence without a name of this night in it, how often, or None)."""
        channels = [channel for channel in self.channels if channel]
        notes = [f"{channel.name} is {' minus '.join(channel.minus)}" for channel in channels if channel.minus]
        notes += [f"{channel.name} was resampled from {channel.rate:g} Hz" for channel in channels if channel.rate != RATE]
        return [*((note, None) for note in notes), *self.reading_notes()]

    def reading_notes(self):
        """Those of the notes that are of how the files were read."""
        return ([(note, None) for note in self.psg.notes] + (self.hypnogram.notes if self.hypnogram else [])
                + [(MIXED_NOTE, self.mixed)] * (self.mixed > 0))

    def described(self):
        """Each channel that is there as recording.json describes it."""
        return [{"name": channel.name, "modality": modality, "unit": channel.unit, "rate": channel.rate,
                 "highpass": channel.highpass, "lowpass": channel.lowpass}
                for (modality, _), channel in zip(self.named, self.channels) if channel]

    def attempt(self, topic, function, *arguments):
        """What the function returns, or None when the user's files are at fault, which is noted under `topic`."""
        try:
            return function(*arguments)
        except InputError as error:
            self.faults.setdefault(topic, []).append(error)


def read_night(cohort, row, drop_flat=False, only_check=False):
    """Read a recording, collecting its faults.

    Parameters
    ----------
    cohort : `cohort.Cohort`; its modalities give the channels and their order, its marker the telemetry errors, its stages
        the meaning of the user's stage texts.
    row : mapping with recording, psg and hypnogram, as a row of the cohort's table; hypnogram "" for a night that nobody
        scored, None where the scoring cannot be known.
    drop_flat : drop slots in which a channel does not change at all.
    only_check : leave the signals out, which then need not be resampled.

    Returns
    -------
    `Night`.
    """
    night = Night(named=[(modality, name) for modality, names in cohort.modalities.items() for name in names])
    night.psg = psg = night.attempt("signals", open_recording, row["psg"])
    if psg is None:
        return night
    night.channels = [night.attempt(name, psg.channel, name) for _, name in night.named]
    if cohort.marker:
        night.marker_errors = night.attempt("marker", marker_errors, psg, cohort.marker) or []
    if row["hypnogram"]:
        night.hypnogram = night.attempt("hypnogram", read_hypnogram, row["hypnogram"], psg, cohort.stages,
                                         cohort.scoring)
    elif row["hypnogram"] == "":
        night.hypnogram = UNSCORED
    marks = night.hypnogram.marks if night.hypnogram else []
    night.ledger = make_ledger(marks, psg.duration_s, night.marker_errors,
                               night.hypnogram is None or night.hypnogram.is_by_epoch)
    night.mixed = int(night.ledger.pop("mixed").sum())
    night.flat = numpy.zeros(len(night.ledger), bool)
    for channel in filter(None, night.channels):
        _read_channel(night, channel, drop_flat, only_check)
    if drop_flat:
        night.ledger = without_flat(night.ledger, night.flat)
    if night.hypnogram and not night.ledger["kept"].any():
        counts = ", ".join(f"{count} {reason}" for reason, count in night.ledger["reason"].value_counts().items())
        night.faults["ledger"] = [InputError(f"{psg.path}: no epoch is left ({counts}); take recording {row['recording']} out")]
    return night


def _read_channel(night, channel, drop_flat, only_check):
    """Add to a night its signal and the slots in which it is flat."""
    values = night.attempt(channel.name, night.psg.values, channel.name)
    if values is None:
        return
    slots = _slots(values, channel.rate, night.ledger)
    if values.min() == values.max():
        night.faults.setdefault(channel.name, []).append(InputError(
            f"{night.psg.path}: channel {channel.name} is flat for the whole night; take the recording out, or name another "
            "channel"))
        return
    night.flat |= [len(slot) > 0 and numpy.ptp(slot) == 0 for slot in slots]
    in_epochs = [slot for slot, is_kept in zip(slots, night.ledger["kept"]) if is_kept and len(slot)]
    if not drop_flat and in_epochs and all(slot.min() == slot.max() == in_epochs[0][0] for slot in in_epochs):
        night.faults.setdefault(channel.name, []).append(flat_in_all(night.psg, channel.name, len(in_epochs)))
    if not only_check:
        night.signals.append(resample(values, channel.rate))


def flat_in_all(psg, name, epochs):
    """The error of a channel that does not change in all that is kept of a night."""
    return InputError(f"{psg.path}: channel {name} is flat in all {epochs} epochs that are kept; take the recording out, or "
                      "name another channel")


def _slots(values, rate, ledger):
    """A channel's samples in each slot, at its rate: those from the slot's onset on and before the next onset; none
    where the signal has not begun."""
    onsets = ledger["onset_s"].to_numpy()
    starts, ends = (numpy.ceil(moments * rate - SAME).astype(int).clip(0) for moments in (onsets, onsets + EPOCH_S))
    return [values[start:end] for start, end in zip(starts, ends)]
