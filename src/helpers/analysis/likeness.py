"""How near simulated nights are to a real one: the epochs of a study go in, each figure of its spectra and amplitudes comes
out beside that of the real night, with the range in which it may lie.

The real night's figures, where they come from and where the literature widens them are in real_night.yaml.
"""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
from scipy import signal

from ..constants import RATE, SAMPLES, STAGES

#: Edges of the bands in Hz; a band holds its lower edge. Their names as in real_night.yaml.
EDGES = (0.4, 1, 4, 8, 12, 16, 30)
BANDS = tuple(f"{low}–{high} Hz" for low, high in zip(EDGES, EDGES[1:]))
WINDOW_S = 5
#: A share may be so many times larger or smaller, or so far off; a standard deviation so many times.
SHARE_FACTOR, SHARE_POINTS, SD_FACTOR = 2, 0.05, 1.6
#: The median absolute value of Gaussian noise in standard deviations: of muscle tone, it passes over short bursts.
MEDIAN_OF_NOISE = 0.6745


def real_night():
    """Content of real_night.yaml."""
    import yaml

    return yaml.safe_load(Path(__file__).with_name("real_night.yaml").read_text())


def bands(epochs):
    """Share of each band in the power from 0.4 to below 30 Hz: array (epochs, 6).

    epochs : array (epochs, 3000). Welch's method, Hann windows of 5 s, half overlapping.
    """
    frequency, power = signal.welch(epochs, RATE, nperseg=WINDOW_S * RATE)
    inside = [(frequency > low - 0.01) & (frequency < high - 0.01) for low, high in zip(EDGES, EDGES[1:])]
    total = power[:, (frequency > EDGES[0] - 0.01) & (frequency < EDGES[-1] - 0.01)].sum(1)
    return numpy.stack([power[:, within].sum(1) for within in inside], 1) / total[:, None]


def figures(channels, stages):
    """Figures of a night: modality, stage, quantity, value.

    channels : modality → array (epochs, 3000), µV. stages : of each epoch. Shares are means over epochs, standard deviations
    medians. Tone: standard deviation of muscle noise without its bursts, over that in REM.
    """
    stages, rows = numpy.asarray(stages), []
    spectra = {name: bands(channels[name]) for name in ("EEG", "EOG")}
    tone = numpy.median(numpy.abs(channels["EMG"]), axis=1) / MEDIAN_OF_NOISE
    for stage in [stage for stage in STAGES if (stages == stage).any()]:
        of_stage = stages == stage
        for name, shares in spectra.items():
            mean = shares[of_stage].mean(0)
            rows += [(name, stage, band, value) for band, value in zip(BANDS if name == "EEG" else BANDS[:1], mean)]
            rows.append((name, stage, "SD", numpy.median(channels[name][of_stage].std(1))))
        rows.append(("EMG", stage, "tone over REM", numpy.median(tone[of_stage]) / numpy.median(tone[stages == "REM"])
                     if (stages == "REM").any() else numpy.nan))
    return pandas.DataFrame(rows, columns=["modality", "stage", "quantity", "value"])


def compare(epochs):
    """Figures of simulated nights beside the real night's.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs` whose modalities are EEG, EOG and EMG, each of one channel.

    Returns
    -------
    Table of modality, stage, quantity, unit, simulated (median over subjects of the mean over their nights), low and high (10th
    and 90th percentile over subjects), real (NaN where the real night has no such figure), least and most (the range in which
    `simulated` may lie), inside.
    """
    nights = []
    for recording, rows in epochs.table.groupby("recording", sort=False).indices.items():
        microvolts = epochs.microvolts(rows).reshape(len(rows), SAMPLES, -1)
        channels = {name: microvolts[:, :, epochs.modalities[name][0]] for name in ("EEG", "EOG", "EMG")}
        table = figures(channels, epochs.table["stage"].astype(str).to_numpy()[rows])
        nights.append(table.assign(subject=epochs.info(recording)["subject"]))
    keys = ["modality", "stage", "quantity"]
    subjects = pandas.concat(nights).groupby([*keys, "subject"], sort=False)["value"].mean().groupby(keys, sort=False)
    table = pandas.DataFrame({"simulated": subjects.median(), "low": subjects.quantile(0.1),
                              "high": subjects.quantile(0.9)}).reset_index()
    return judged(table)


def judged(table):
    """The table with the real night's figures, the ranges, and whether `simulated` lies in them."""
    real = real_night()
    known = {(name, stage, quantity): value for name in ("EEG", "EOG") for stage, of_stage in real[name].items()
             for quantity, value in of_stage.items()}
    upper = {(row["modality"], row["stage"], row["quantity"]): row["up to"] for row in real["wider"]}
    rows = []
    for key in table[["modality", "stage", "quantity"]].itertuples(index=False, name=None):
        value = known.get(key, numpy.nan)
        if key[0] == "EMG":
            least, most = real["tone"]["W over REM"] if key[1] == "W" else (1, real["tone"]["W over REM"][1])
        elif key[2] == "SD":
            least, most = value / SD_FACTOR, value * SD_FACTOR
        else:
            most = max(value, upper.get(key, 0))
            least, most = min(value / SHARE_FACTOR, value - SHARE_POINTS), max(most * SHARE_FACTOR, most + SHARE_POINTS)
        rows.append((value, max(least, 0), most))
    columns = pandas.DataFrame(rows, columns=["real", "least", "most"], index=table.index)
    unit = [{"SD": "µV", "tone over REM": "times"}.get(quantity, "share") for quantity in table["quantity"]]
    table = table.assign(unit=unit, **columns)
    table["inside"] = table["simulated"].between(table["least"], table["most"])
    return table[["modality", "stage", "quantity", "unit", "simulated", "low", "high", "real", "least", "most", "inside"]]
