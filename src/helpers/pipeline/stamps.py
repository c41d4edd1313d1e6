"""Folders stamped with what made them: a book, its pages and its browser's files are made again when their stamp differs."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

from ..files import read_json, whole_folder, write_json
from .store import hash_of

STAMP = "stamp.json"


@contextmanager
def stamped_folder(path, value):
    """`whole_folder` that bears the stamp `value` when the block succeeds."""
    with whole_folder(path) as temporary:
        yield temporary
        mark(temporary, value)


def stamp(config, inputs=(), code=""):
    """Hash of a configuration (plain values), the stamps or file hashes of its inputs, and a code hash."""
    return hash_of([config, list(inputs), code])


def matches(folder, value):
    """True when `folder` was made, whole, under this stamp."""
    try:
        return read_json(Path(folder) / STAMP)["stamp"] == value
    except (OSError, ValueError, KeyError):
        return False


def mark(folder, value, **details):
    """Stamp a finished folder; the last thing written into it."""
    write_json(Path(folder) / STAMP, {"stamp": value, **details})
