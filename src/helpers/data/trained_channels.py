"""The channels that a network was trained on, from the records of the nights that trained it, and how the channels of
another night differ from them.
"""

from __future__ import annotations

from .. import files
from ..constants import RATE


def trained_channels(paths):
    """What each input channel of a network was trained on.

    Parameters
    ----------
    paths : recording.json of each recording that the network learned from, as `epochs.make_epochs` writes it.

    Returns
    -------
    list, in the network's order, of dicts: modality, names, units (sets of what the recordings had), rate (Hz, the
    lowest).
    """
    nights = [files.read_json(path)["channels"] for path in sorted(paths)]
    return [{"modality": channels[0]["modality"], "names": {channel["name"] for channel in channels},
             "units": {channel["unit"] for channel in channels}, "rate": min(channel["rate"] for channel in channels)}
            for channels in zip(*nights)]


def channel_differences(trained, channels):
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
    needed, present = ([channel["modality"] for channel in side] for side in (trained, channels))
    if needed != present:
        return [f"the channels are {', '.join(present)}, the folds were trained on {', '.join(needed)}, in this order"], []
    for learned, channel in zip(trained, channels):
        name = channel["name"]
        if channel["unit"] not in learned["units"]:
            faults.append(f"{name} has the unit '{channel['unit']}', the folds were trained on "
                          f"'{' or '.join(sorted(learned['units']))}'")
        if channel["rate"] < min(learned["rate"], RATE):
            faults.append(f"{name} was recorded at {channel['rate']:g} Hz, the folds were trained on {learned['rate']:g} Hz: "
                          f"frequencies above {channel['rate'] / 2:g} Hz are absent")
        if name not in learned["names"]:
            notes.append(f"{name} takes the place of {' or '.join(sorted(learned['names']))}, which the folds were trained on")
    return faults, notes
