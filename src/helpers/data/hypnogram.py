"""Scoring of one night: an EDF+ or BDF+ file of annotations goes in, stretches of time with a stage, or with the
ledger's reason for dropping them, come out, placed on the signal's clock.
"""

from __future__ import annotations

from ..errors import InputError
from .header import read_header
from .stages import TEXTS

EPOCH_S = 30


def read_hypnogram(path, psg):
    """Annotations of a hypnogram, in seconds from the first sample of the signals.

    Onsets are placed by the start times of both headers; MNE leaves the hypnogram's out. An annotation without
    duration lasts until the next one, the last one 30 s.

    Parameters
    ----------
    path : EDF+ or BDF+ file.
    psg : `header.Header` of the night's signals.

    Returns
    -------
    list of (start, end, label), by start; label is a stage or a reason, see `stages.TEXTS`.

    Raises
    ------
    InputError
        Naming the file: no annotations, an unknown text, or the scoring of another night.
    """
    import mne

    header = read_header(path)
    late = (header.start - psg.start).total_seconds()
    try:
        found = mne.read_annotations(path, encoding="latin1")
    except (ValueError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path}: MNE cannot read its annotations: {' '.join(str(error).split())}") from error
    if not len(found):
        raise InputError(f"{path}: holds no annotations; give the EDF+ file with the scoring")
    marks = sorted((onset + late, duration, _label(text, onset, path))
                   for onset, duration, text in zip(found.onset, found.duration, found.description))
    following = [start for start, _, _ in marks[1:]] + [marks[-1][0] + EPOCH_S]
    marks = [(start, start + duration if duration else after, label)
             for (start, duration, label), after in zip(marks, following)]
    first, last = marks[0][0], max(end for _, end, _ in marks)
    if last <= 0 or first >= psg.duration_s:
        raise InputError(f"{path}: scoring of another night, it starts {header.start} and does not overlap the signals "
                         f"of {psg.path} ({psg.start}, {psg.duration_s:g} s); give the hypnogram of the same night")
    return marks


def _label(text, onset, path):
    try:
        return TEXTS[text.strip().lower()]
    except KeyError:
        raise InputError(f"{path}: annotation '{text}' at {onset:g} s is no stage that is known; rename it to "
                         "Sleep stage W, N1, N2, N3, R or ?, or to Movement time, or take it out") from None
