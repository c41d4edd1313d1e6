"""Annotations of EDF+ and BDF+ files: the annotation channels of each data record go in; when each record begins, and the
onset, duration and texts of each annotation, come out (edfplus.info/specs/edfplus.html, 2.2.2 to 2.2.4).
"""

from __future__ import annotations

import re

#: A time-stamped annotation list: onset, duration, texts. Some recorders leave out the sign or write a decimal comma.
STAMPED_TEXTS = re.compile(rb"([+-]?\d+(?:[.,]\d*)?)(?:\x15(\d*[.,]?\d*))?\x14(.*?)\x14?", re.DOTALL)


def record_start(channel):
    """Onset in s of a data record by its first annotation list, which has an empty text; None where there is none.

    Parameters
    ----------
    channel : bytes of the record's first annotation channel.
    """
    match = STAMPED_TEXTS.fullmatch(channel.partition(b"\0")[0])
    return _seconds(match[1]) if match and (not match[3] or match[3].startswith(b"\x14")) else None


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
        match = STAMPED_TEXTS.fullmatch(entry)
        if not match:
            raise ValueError(entry)
        onset, duration = _seconds(match[1]), _seconds(match[2])
        found += [(onset, duration, _decoded(words)) for words in match[3].split(b"\x14") if words.strip()]
    return found


def _seconds(digits):
    digits = (digits or b"").replace(b",", b".").decode()
    return float(digits) if digits.strip(".") else 0.0


def _decoded(words):
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("latin-1")
