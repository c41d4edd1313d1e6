"""Calendar dates that say nothing of when a person slept."""

from __future__ import annotations

from datetime import date, datetime

#: The day on which every shifted night begins, and one of which no date is known.
NO_DATE = date(2000, 1, 1)


def shifted(info):
    """What is known of a recording (`Epochs.info`), with its start on `NO_DATE` at the clock time of its own."""
    return {**info, "start": datetime.combine(NO_DATE, datetime.fromisoformat(info["start"]).time()).isoformat()}
