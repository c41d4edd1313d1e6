"""A checkpoint: all that training needs to go on after a training epoch, in one file that is there whole or not at all."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy

from .. import files
from .schedule import Schedule


@dataclass
class Checkpoint:
    """Learning-rate and stopping state, one history row per finished training epoch, and three lists of arrays."""

    schedule: Schedule
    history: list = field(default_factory=list)
    weights: list = field(default_factory=list)
    optimizer: list = field(default_factory=list)
    best: list = field(default_factory=list)

    def save(self, path, key):
        """Write to `path`, over the last one. `key` says what is being trained, on what and how."""
        about = {"key": key, "schedule": asdict(self.schedule), "history": self.history,
                 "counts": [len(self.weights), len(self.optimizer), len(self.best)]}
        text = numpy.frombuffer(json.dumps(about).encode(), "uint8")
        files.write_arrays(path, [text, *self.weights, *self.optimizer, *self.best])


def load(path, key):
    """The `Checkpoint` at `path`, or None when there is none or it is of another training (another `key`)."""
    if not Path(path).exists():
        return None
    try:
        text, *arrays = files.read_arrays(path)
        about = json.loads(text.tobytes())
    except (ValueError, zipfile.BadZipFile):
        return None
    if about["key"] != key:
        return None
    state = Checkpoint(Schedule(**about["schedule"]), about["history"])
    for name, count in zip(("weights", "optimizer", "best"), about["counts"]):
        setattr(state, name, arrays[:count])
        arrays = arrays[count:]
    return state
