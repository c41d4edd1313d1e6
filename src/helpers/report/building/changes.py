"""A line for the pages of a book: which results changed since it was last built."""

from __future__ import annotations

from pathlib import Path

from ... import files

#: More parts than this are counted rather than named.
NAMED = 4


def changes(path, stamps):
    """The line.

    Parameters
    ----------
    path : JSON file with the `stamps` of the last build and its line, `changes`; it may be missing.
    stamps : step → what it is made for → stamp (`book.Edition`). Where they are those of the last build its line
        stands, so that a page does not change because it was built twice.
    """
    if not Path(path).exists():
        return "First build."
    last = files.read_json(path)
    if last["stamps"] == stamps:
        return last["changes"]
    return f"Since the last build: {', '.join(_steps(last['stamps'], stamps))}."


def _steps(before, now):
    for step in [*now, *(step for step in before if step not in now)]:
        old, new = before.get(step, {}), now.get(step, {})
        parts = [part for part in [*new, *(part for part in old if part not in new)] if old.get(part) != new.get(part)]
        if not new:
            yield f"no {step}"
        elif parts:
            yield f"{step} of {' and '.join(parts) if len(parts) <= NAMED else f'{len(parts)} of {len({*old, *new})}'}"
