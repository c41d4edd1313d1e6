"""One example of each sign as the simulator draws it: the sign alone, within the background of a stage that shows it, and the
spectra of both.
"""

from __future__ import annotations

import numpy
import pandas
from scipy import signal

from ...constants import RATE, SAMPLES
from . import backgrounds, signs

#: Seconds of an example, and of the windows of its spectrum.
SHOWN_S, WINDOW_S = 8, 4
SEED = 20


def example(sign, seed=SEED):
    """A sign of medium size in a sleeper of the table's middle.

    Returns
    -------
    (waves, spectrum): tables of sign, modality, stage, then second, alone and together (µV), and hertz, background and together
    (µV²/Hz, Welch's method over 30 s).
    """
    rng = numpy.random.default_rng([seed, [other.name for other in signs.SIGNS].index(sign.name)])
    stage = max(sign.chances, key=sign.chances.get)
    middle = {"steeper": 0.0, "level": dict.fromkeys(sign.chances | signs.TONE, 1.0)}
    presence = backgrounds.weights([stage] * 3, rng)
    within = slice(SAMPLES, 2 * SAMPLES)
    if sign.modality == "EMG":
        behind = (signs.TONE[stage] * backgrounds.muscle(3 * SAMPLES, rng))[within]
    else:
        spectra = {"EEG": backgrounds.EEG, "EOG": backgrounds.EOG}[sign.modality]
        behind = backgrounds.noise(spectra, middle, presence, rng)[within]
    alone, first = numpy.zeros(SAMPLES), SAMPLES
    for start, wave in sign.waves(rng, {"alpha": 9.8, "spindle": 13.2, "theta": 6.2}):
        alone[start:start + len(wave)] += sign.size_in(stage) * wave
        first = min(first, start)
    together = behind * (1 + alone) if sign.modality == "EMG" else behind + alone
    about = {"sign": sign.name, "modality": sign.modality, "stage": stage}
    start = min(max(first - RATE, 0), SAMPLES - SHOWN_S * RATE)
    shown = slice(start, start + SHOWN_S * RATE)
    waves = pandas.DataFrame({"second": numpy.arange(SHOWN_S * RATE) / RATE, "together": together[shown],
                              "alone": (together - behind)[shown]})
    hertz, without = signal.welch(behind, RATE, nperseg=WINDOW_S * RATE)
    spectrum = pandas.DataFrame({"hertz": hertz, "background": without,
                                 "together": signal.welch(together, RATE, nperseg=WINDOW_S * RATE)[1]})
    return waves.assign(**about), spectrum[spectrum["hertz"].between(0.25, 45)].assign(**about)


def examples():
    """(waves, spectra) of all signs, one below the other."""
    pairs = [example(sign) for sign in signs.SIGNS]
    return tuple(pandas.concat(tables, ignore_index=True) for tables in zip(*pairs))
