"""The subject browser's files: a script for the choice of nights, for each night and for each epoch that can be
opened, for browser-data.js to load from beside the page.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy

from ...analysis.selection import CHOICES, epochs_to_open
from ...pipeline import code, stamps
from ...relevance.details import BINS

#: Folder of the files, beside the page.
FOLDER = "nights"


def write(nights, details, predictions, detail, notice, stamp, folder, progress=True):
    """Write the browser's files into `folder`/nights, unless they are there; print what the 30-s detail costs.

    Parameters
    ----------
    nights : `packets.Nights`, or a function that makes them, which is called only where the files are to be written.
    details : `helpers.relevance.details.Details` of the epochs that can be opened.
    predictions : table of all folds.
    detail : which epochs can be opened, a name in `helpers.analysis.selection.CHOICES`.
    notice : sentence that marks the nights, or "".
    stamp : text that stands for all that the files are made of.
    """
    target = folder / FOLDER
    value = stamps.stamp([stamp, notice, detail], code=code.code_hash("helpers.report.browsing.browser_files", ("scipy",)))
    if stamps.matches(target, value):
        return
    nights = nights() if callable(nights) else nights
    if progress:
        print(_sizes(nights, predictions, detail), file=sys.stderr)
    with stamps.stamped_folder(target, value) as made:
        _save(made, "index", nights.index(CHOICES[detail], notice, details.epochs))
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for _ in threads.map(lambda number: _write_night(made, nights, details, number), range(len(nights.recordings))):
                pass


def _write_night(folder, nights, details, number):
    """The files of night `number` of `nights` and of those of its epochs that can be opened."""
    recording = nights.recordings[number]
    opened = details.epochs(recording)
    _save(folder, f"night-{number}", nights.night(recording, opened))
    signals = nights.epoch_signals(recording) if opened else None
    for epoch in opened:
        _save(folder, f"epoch/night-{number}/{epoch}", nights.epoch(epoch, signals(epoch), *details.of(recording, epoch)))


def _save(folder, name, content):
    """A packet as a script that hands it to the page."""
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"SleepBrowser.file({json.dumps(name)},\"{base64.b64encode(content).decode()}\");\n")


def _sizes(nights, predictions, detail):
    """What each choice of epochs costs at most, in one line, by the first epoch."""
    recording = nights.recordings[0]
    epoch = int(nights.epochs.table.loc[nights.epochs.table["recording"] == recording, "epoch"].iloc[0])
    signals = nights.epoch_signals(recording)(epoch)
    folds, channels = nights.folds(recording), signals.shape[2]
    dense = numpy.random.default_rng(0).integers(-40, 40, (len(nights.rules), BINS, channels), "int8")  # more than it takes
    levels, scale = dict.fromkeys(folds, dense), dict.fromkeys(folds, numpy.ones(len(nights.rules)))
    size = len(nights.epoch(epoch, signals, levels, scale)) * 4 / 3
    parts = []
    for name in CHOICES:
        count = len(epochs_to_open(predictions, name))
        parts.append(f"{name}{' (chosen)' if name == detail else ''} {count:,} epochs, at most {count * size / 1e6:.0f} MB")
    return f"30-s detail in the browser: {'; '.join(parts)}"
