"""The subject browser's files: a study comes in; one script for the choice of nights, one for each night and one for each
epoch that can be opened go out, for browser-data.js to load from beside the page.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy

from ...pipeline import code, stamps
from ...analysis.selection import CHOICES, worth_opening
from ...relevance.details import BINS
from .packets import nights_of

#: Folder of the files, beside the page.
FOLDER = "nights"


def write(study, folder, progress=True):
    """Write the browser's files of a study into `folder`/nights, unless they are there; print what the 30-s detail costs.

    Which epochs carry it is the setting `detail` (helpers.analysis.selection.CHOICES).
    """
    target = folder / FOLDER
    value = stamps.stamp([study.stamps(), study.notice, study.config["detail"]], code=code.code_hash("helpers.report.browsing.browser_files", ("scipy",)))
    if stamps.matches(target, value):
        return
    nights, details, detail = nights_of(study), study.details(), study.config["detail"]
    if progress:
        print(_sizes(study, nights, details, detail), file=sys.stderr)
    with stamps.stamped_folder(target, value) as made:
        def save(name, content):
            path = made / f"{name}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"SleepBrowser.file({json.dumps(name)},\"{base64.b64encode(content).decode()}\");\n")

        def one(number):
            recording = nights.recordings[number]
            opened = details.epochs(recording)
            save(f"night-{number}", nights.night(recording, opened))
            signals = nights.epoch_signals(recording) if opened else None
            for epoch in opened:
                save(f"epoch/night-{number}/{epoch}", nights.epoch(epoch, signals(epoch), *details.of(recording, epoch)))

        save("index", nights.index(CHOICES[detail], study.notice))
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for _ in threads.map(one, range(len(nights.recordings))):
                pass


def _sizes(study, nights, details, detail):
    """What each choice of epochs costs at most, in one line, by the first epoch."""
    predictions, recording = study.predictions(), nights.recordings[0]
    epoch = int(nights.epochs.table.loc[nights.epochs.table["recording"] == recording, "epoch"].iloc[0])
    signals = nights.epoch_signals(recording)(epoch)
    folds, channels = nights.folds(recording), signals.shape[2]
    dense = numpy.random.default_rng(0).integers(-40, 40, (len(nights.rules), BINS, channels), "int8")  # more than it takes
    levels, scale = dict.fromkeys(folds, dense), dict.fromkeys(folds, numpy.ones(len(nights.rules)))
    size = len(nights.epoch(epoch, signals, levels, scale)) * 4 / 3
    parts = []
    for name in CHOICES:
        count = len(worth_opening(predictions, name))
        parts.append(f"{name}{' (chosen)' if name == detail else ''} {count:,} epochs, at most {count * size / 1e6:.0f} MB")
    return f"30-s detail in the browser: {'; '.join(parts)}"
