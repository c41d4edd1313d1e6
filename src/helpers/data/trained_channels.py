"""The channels that a network was trained on, read from its folder of results; those of another night are held against
them.
"""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..constants import RATE
from ..errors import InputError


def trained_channels(folder):
    """What each input channel of the folds in a folder of results was trained on.

    Returns
    -------
    list, in the network's order, of dicts: modality, names, units (sets of what the recordings had), rate (Hz, the
    lowest).

    Raises
    ------
    InputError
        When it is no such folder.
    """
    nights = [files.read_json(path)["channels"] for path in sorted(Path(folder).glob("epochs/*/recording.json"))]
    if not nights:
        raise InputError(f"{folder}: no folder of results, it has no epochs/*/recording.json; give the one of the run whose "
                         "folds shall be used, such as artifacts/paper")
    return [{"modality": channels[0]["modality"], "names": {one["name"] for one in channels},
             "units": {one["unit"] for one in channels}, "rate": min(one["rate"] for one in channels)}
            for channels in zip(*nights)]


def held_against(trained, channels):
    """What makes a night unfit for a network, and what is merely different.

    Parameters
    ----------
    trained : from `trained_channels`.
    channels : of the night, in the cohort's order: dicts with modality, name, unit and rate, as in recording.json.

    Returns
    -------
    (faults, notes): lists of sentences. A fault is another number or order of modalities, another unit, or a rate so
    low that frequencies are absent which the network was trained on. Another name is a note.
    """
    faults, notes = [], []
    wanted, had = ([one["modality"] for one in side] for side in (trained, channels))
    if wanted != had:
        return [f"the channels are {', '.join(had)}, the folds were trained on {', '.join(wanted)}, in this order"], []
    for one, other in zip(trained, channels):
        name = other["name"]
        if other["unit"] not in one["units"]:
            faults.append(f"{name} has the unit '{other['unit']}', the folds were trained on "
                          f"'{' or '.join(sorted(one['units']))}'")
        if other["rate"] < min(one["rate"], RATE):
            faults.append(f"{name} was recorded at {other['rate']:g} Hz, the folds were trained on {one['rate']:g} Hz: "
                          f"frequencies above {other['rate'] / 2:g} Hz are absent")
        if name not in one["names"]:
            notes.append(f"{name} takes the place of {' or '.join(sorted(one['names']))}, which the folds were trained on")
    return faults, notes
