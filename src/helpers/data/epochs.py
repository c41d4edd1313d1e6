"""A recording's two files go in, its z-scored 30-s epochs and the ledger of its slots come out, in a folder that every
later floor reads through memory maps.
"""

from __future__ import annotations

import copy
from collections import Counter
from functools import cached_property
from pathlib import Path

import numpy
import pandas

from .. import files
from ..constants import RATE, SAMPLES
from ..errors import InputError
from .dates import shifted
from .edf import start_of
from .recorded_night import flat_in_all, read_night

#: Epochs that are z-scored and written at once.
BATCH = 64


def make_epochs(cohort, recording, folder, drop_flat=False):
    """Read a recording and write its epochs.

    Parameters
    ----------
    cohort : `cohort.Cohort`; its modalities give the channels and their order, its marker the telemetry errors.
    recording : name of a recording in it.
    folder : where to write signals.npy (float32, epochs × 3000 × channels, each channel z-scored over the kept epochs
        of the night), epochs.parquet (recording, subject, epoch, onset_s, stage), ledger.parquet (recording, epoch,
        onset_s, kept, reason, stage: every slot, see `ledger.make_ledger`) and recording.json (start as clock time,
        duration_s, each channel's mean and sd in its unit, its rate and its filters, and `notes`). A recording
        without a hypnogram has stage "" throughout.
    drop_flat : drop epochs in which a channel does not change at all.

    Raises
    ------
    InputError
        One line naming the file: truncated, a channel missing, flat or not a number, an unknown stage text, the
        hypnogram of another night, no epoch left.
    """
    folder = Path(folder)
    row = cohort.table.loc[cohort.table["recording"] == recording].iloc[0]
    night = read_night(cohort, row, drop_flat)
    for fault in night.all_faults():
        raise fault
    ledger = night.ledger
    starts = numpy.rint(ledger.loc[ledger["kept"], "onset_s"].to_numpy() * RATE).astype(int)
    means, sds = _scales(night, starts)
    folder.mkdir(parents=True, exist_ok=True)
    _write_signals(folder / "signals.npy", night.signals, starts, means, sds)
    ledger.insert(0, "recording", recording)
    files.write_table(folder / "ledger.parquet", ledger)
    table = ledger.loc[ledger["kept"], ["recording", "epoch", "onset_s", "stage"]]
    table.insert(1, "subject", row["subject"])
    files.write_table(folder / "epochs.parquet", table)
    files.write_json(folder / "recording.json", {
        "recording": recording, "subject": row["subject"], "start": start_of(night.psg).isoformat(),
        "duration_s": night.psg.duration_s, "rate": RATE, "notes": [note for note, _ in night.notes()],
        "channels": [{**channel, "mean": mean, "sd": sd} for channel, mean, sd in zip(night.described(), means, sds)]})


def _scales(night, starts):
    """Mean and SD of each channel over the epochs that begin at `starts`, summed in double precision."""
    means, sds = [], []
    for channel, values in zip(night.channels, night.signals):
        epochs = [values[start:start + SAMPLES] for start in starts]
        mean = float(numpy.mean([epoch.mean(dtype=numpy.float64) for epoch in epochs]))
        sd = float(numpy.sqrt(numpy.mean([numpy.square(epoch - mean, dtype=numpy.float64).mean() for epoch in epochs])))
        if sd == 0:
            raise flat_in_all(night.psg, channel.name, len(starts))
        means.append(mean)
        sds.append(sd)
    return means, sds


def _write_signals(path, signals, starts, means, sds):
    """Write epochs × samples × channels in batches: a second copy is never in memory, and a full disk is an error
    that can be caught, which it is not when a memory map is written."""
    form = {"descr": "<f4", "fortran_order": False, "shape": (len(starts), SAMPLES, len(signals))}
    with files.whole(path) as temporary, open(temporary, "wb") as file:
        numpy.lib.format.write_array_header_1_0(file, form)
        for begin in range(0, len(starts), BATCH):
            epochs = numpy.array([[values[start:start + SAMPLES] for values in signals]
                                  for start in starts[begin:begin + BATCH]], dtype=numpy.float64)
            epochs -= numpy.array(means)[:, None]
            epochs /= numpy.array(sds)[:, None]
            file.write(numpy.ascontiguousarray(epochs.transpose(0, 2, 1), dtype="<f4"))


class Epochs:
    """The epochs of several recordings, read where they lie.

    Parameters
    ----------
    folders : recording → the folder that `make_epochs` wrote, in the order in which rows are numbered.
    shift_dates : have every night begin on one and the same day, at its true clock time.
    context : neighbours on each side that `signals` gives with an epoch; the parameter of `with_context`.

    Attributes
    ----------
    middle : slice of the samples of `signals` that are the epoch's own.
    table : a row per kept epoch, numbered from 0: recording, subject, epoch, onset_s, stage.
    ledger : a row per slot: recording, epoch, onset_s, kept, reason, stage.
    modalities : modality → indices of its channels.
    notes : sentence on how nights were read (derivations, resampling, a hypnogram without times) → number of recordings
        of which it is true.
    """

    def __init__(self, folders, shift_dates=False, context=0):
        self.folders = {recording: Path(folder) for recording, folder in folders.items()}
        self.table = _stacked([folder / "epochs.parquet" for folder in self.folders.values()])
        self.ledger = _stacked([folder / "ledger.parquet" for folder in self.folders.values()])
        self._info = {name: files.read_json(folder / "recording.json") for name, folder in self.folders.items()}
        if shift_dates:
            self._info = {name: shifted(info) for name, info in self._info.items()}
        self._maps = [numpy.load(folder / "signals.npy", mmap_mode="r") for folder in self.folders.values()]
        self._first = numpy.cumsum([0, *map(len, self._maps)])
        self.notes = dict(Counter(note for info in self._info.values() for note in info.get("notes", ())))
        self.modalities = {}
        for index, channel in enumerate(next(iter(self._info.values()))["channels"]):
            self.modalities.setdefault(channel["modality"], []).append(index)
        self._set_context(context)

    def _set_context(self, context):
        samples = self._maps[0].shape[1]
        self.context, self.middle = context, slice(context * samples, (context + 1) * samples)

    def with_context(self, context):
        """The same epochs, whose signals come with so many neighbours on each side."""
        other = copy.copy(self)
        other._set_context(context)
        return other

    def info(self, recording):
        """What is known of a recording and its channels: the content of its recording.json."""
        return self._info[recording]

    def rows(self, wanted):
        """Row numbers of `table` of the epochs in `wanted`, a table with recording and epoch, in its order."""
        rows = self._index.get_indexer(pandas.MultiIndex.from_frame(wanted[["recording", "epoch"]]))
        if (rows < 0).any():
            missing = wanted[["recording", "epoch"]].iloc[(rows < 0).argmax()]
            raise InputError(f"epoch {missing['epoch']} of recording {missing['recording']} is not there")
        return rows

    def signals(self, rows):
        """Z-scored epochs of these row numbers of `table`, in this order: float32 array (rows, 3000, channels).

        With `context`, (rows, (2 context + 1) · 3000, channels): an epoch between those before and after it. Where a neighbour was not
        kept, or lies beyond the night, there is 0, the mean of the night.
        """
        rows = numpy.asarray(rows, dtype=int)
        signals = numpy.zeros((len(rows), 2 * self.context + 1, *self._maps[0].shape[1:]), numpy.float32)
        for place in range(2 * self.context + 1):
            there, neighbours = self._neighbours(rows, place - self.context)
            owners = numpy.searchsorted(self._first, neighbours, side="right") - 1
            for index, owner, row in zip(there, owners, neighbours - self._first[owners]):
                signals[index, place] = self._maps[owner][row]
        return signals.reshape(len(rows), (2 * self.context + 1) * signals.shape[2], signals.shape[-1])

    def _neighbours(self, rows, distance):
        """(places in `rows`, row numbers) of those whose neighbour at that distance, in slots, is there."""
        if distance == 0:
            return numpy.arange(len(rows)), rows
        wanted = self.table.iloc[rows][["recording", "epoch"]]
        found = self._index.get_indexer(pandas.MultiIndex.from_arrays([wanted["recording"], wanted["epoch"] + distance]))
        there = numpy.flatnonzero(found >= 0)
        return there, found[there]

    @cached_property
    def _index(self):
        return pandas.MultiIndex.from_frame(self.table[["recording", "epoch"]])

    def microvolts(self, rows):
        """The same epochs before the z-score, each channel in its unit: µV where that is a voltage."""
        epochs = self.signals(rows)[:, self.middle]
        for recording, of_recording in self.table.iloc[numpy.asarray(rows, dtype=int)].groupby("recording").indices.items():
            channels = self._info[recording]["channels"]
            epochs[of_recording] = (epochs[of_recording] * numpy.float32([channel["sd"] for channel in channels])
                                 + numpy.float32([channel["mean"] for channel in channels]))
        return epochs


def _stacked(paths):
    return pandas.concat([files.read_table(path) for path in paths], ignore_index=True)
