"""The stages of a night's 30-s slots come in; what a sleep laboratory reports of the night goes out: how long somebody slept, how soon
and in which stages.

Definitions are those of the AASM manual (Iber et al. 2007, "Sleep scoring data to be reported"), in minutes and percent:

total recording time   from lights out to lights on. Nothing here knows the lights: scoring stands for them, from the beginning of its
                       first epoch to the end of its last.
total sleep time       time in N1, N2, N3 and REM.
sleep latency          from lights out to the first epoch of any sleep.
REM latency            from that epoch to the first epoch of REM.
wake after sleep onset time in W after that epoch until lights on, the final awakening included.
sleep efficiency       total sleep time in percent of the total recording time.
stages                 time in each stage of sleep in percent of the total sleep time.
"""

from __future__ import annotations

import numpy
import pandas

from ..constants import EPOCH_S, STAGES

SLEEP = STAGES[1:]
#: Column → what it is called, unit included.
MEASURES = {"recording_min": "total recording time, min", "sleep_min": "total sleep time, min", "sleep_latency_min": "sleep latency, min",
            "rem_latency_min": "REM latency, min", "waso_min": "wake after sleep onset, min", "efficiency": "sleep efficiency, %",
            **{f"{stage}_percent": f"{stage}, % of sleep" for stage in SLEEP}, "gap_min": "without a stage, min"}


def of_night(stages):
    """The statistics of one night.

    Parameters
    ----------
    stages : stage of each 30-s slot in the order of time. Any text that is not in `constants.STAGES` is a slot without a stage: nobody
        scored it, or its scoring is no single stage. Such slots before the first and after the last stage are left out.

    Returns
    -------
    dict of `MEASURES`, or None where no slot has a stage. NaN: latencies of what does not come, stages where nobody slept.
    Slots without a stage in between are neither sleep nor wake, but time passes: `gap_min` counts them, the total sleep time, the time
    awake and the efficiency are then the least that they can have been, and a latency that runs over one the greatest.
    """
    stages = numpy.asarray(stages, dtype=object)
    scored = numpy.flatnonzero(numpy.isin(stages, STAGES))
    if not len(scored):
        return None
    stages, minutes = stages[scored[0]:scored[-1] + 1], EPOCH_S / 60
    asleep = numpy.isin(stages, SLEEP)
    onset, rem = _first(asleep), _first(stages == "REM")
    sleep = int(asleep.sum())
    awake = (stages[onset:] == "W").sum() if sleep else numpy.nan
    return {"recording_min": len(stages) * minutes, "sleep_min": sleep * minutes,
            "sleep_latency_min": (onset if sleep else numpy.nan) * minutes,
            "rem_latency_min": (rem - onset if rem is not None else numpy.nan) * minutes, "waso_min": awake * minutes,
            "efficiency": 100 * sleep / len(stages),
            **{f"{stage}_percent": 100 * (stages == stage).sum() / sleep if sleep else numpy.nan for stage in SLEEP},
            "gap_min": (~numpy.isin(stages, STAGES)).sum() * minutes}


def _first(where):
    """Number of the first slot that is meant, or None."""
    return int(where.argmax()) if where.any() else None


def of_nights(ledger):
    """The statistics of every night that somebody scored: a row per recording, in the ledger's order.

    Parameters
    ----------
    ledger : a row per 30-s slot: recording, epoch (its place in the night), stage. Also slots that were dropped for their signals, such
        as a telemetry error, have the stage that the scorer gave them, and count.

    Returns
    -------
    Table of recording and `MEASURES`.
    """
    plain = ledger.astype({"recording": str, "stage": str})
    rows = [{"recording": name, **found} for name, slots in plain.groupby("recording", sort=False)
            if (found := of_night(slots.sort_values("epoch")["stage"])) is not None]
    return pandas.DataFrame(rows, columns=["recording", *MEASURES])
