"""Annotations of EDF+ and BDF+ files: the annotation channels of each data record go in; when each record begins, and the
onset, duration and texts of each annotation, come out (edfplus.info/specs/edfplus.html, 2.2.2 to 2.2.4).
"""

from __future__ import annotations

import re

from .spelling import decoded

#: A time-stamped annotation list: onset, duration, texts. Some recorders leave out the sign or write a decimal comma.
STAMPED_TEXTS = re.compile(rb"([+-]?\d+(?:[.,]\d*)?)(?:\x15(\d*[.,]?\d*))?\x14(.*?)\x14?", re.DOTALL)

#: Digits of an onset or a duration that are believed: these are thousands of years.
LONGEST = 20


def record_start(channel):
    """Onset in s of a data record by its first annotation list, which has an empty text; None where the record has no such
    list.

    Parameters
    ----------
    channel : bytes of the record's first annotation channel.

    Raises
    ------
    ValueError
        With the bytes that are no annotation.
    """
    entry = channel.partition(b"\0")[0]
    if not entry.strip():
        return None
    onset, _, texts = _parsed(entry)
    return onset if not texts or texts.startswith(b"\x14") else None


def annotations(channel):
    """(onset, duration, text) in s of each annotation in a record's channel; duration 0 where none is given.

    Raises
    ------
    ValueError
        With the bytes that are no annotation.
    """
    found = []
    for entry in channel.split(b"\0"):
        if not entry.strip():
            continue
        onset, duration, texts = _parsed(entry)
        found += [(onset, duration, decoded(words)) for words in texts.split(b"\x14") if words.strip()]
    return found


def _parsed(entry):
    """(onset, duration, bytes of the texts) of an annotation list."""
    match = STAMPED_TEXTS.fullmatch(entry)
    if not match or max(len(match[1]), len(match[2] or b"")) > LONGEST:
        raise ValueError(entry)
    return _seconds(match[1]), _seconds(match[2]), match[3]


def _seconds(digits):
    digits = (digits or b"").replace(b",", b".").decode()
    return float(digits) if digits.strip(".") else 0.0
