"""Calendar dates that say nothing of when a person slept."""

from __future__ import annotations

from datetime import datetime

#: The day on which every shifted night begins.
DAY = (2000, 1, 1)


def shifted(info):
    """What is known of a recording (`Epochs.info`), with its start on DAY at the clock time of its own."""
    year, month, day = DAY
    return {**info, "start": datetime.fromisoformat(info["start"]).replace(year=year, month=month, day=day).isoformat()}
