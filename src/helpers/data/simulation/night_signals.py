"""The signals of a simulated night: stages, covariates and a sleeper's traits go in, five channels in µV come out."""

from __future__ import annotations

import numpy

from ...constants import SAMPLES
from . import planted_effects, waveforms

#: How strongly a waveform that stands in a modality is seen by each EEG and EOG channel.
SPREAD = {"EEG": {"EEG Fpz-Cz": 1.0, "EEG Pz-Oz": 0.7, "EOG horizontal": 0.15},
          "EOG": {"EEG Fpz-Cz": 0.10, "EEG Pz-Oz": 0.02, "EOG horizontal": 1.0}}


def sleeper(rng):
    """Traits of a subject, the same in both nights: rhythms, sizes of waveforms, background and tone."""
    return {"alpha_hz": rng.uniform(8.7, 10.8), "spindle_hz": rng.uniform(12.5, 14.2),
            "size": {waveform: numpy.exp(rng.normal(0, 0.12)) for waveform in planted_effects.WAVEFORMS},
            "background": numpy.exp(rng.normal(0, 0.12)), "exponent": rng.uniform(0.9, 1.3),
            "tone": numpy.exp(rng.normal(0, 0.2))}


def night(stages, covariates, traits, rng):
    """Signals of a night.

    Parameters
    ----------
    stages : a stage per 30-s epoch; a last, shorter epoch may be cut off afterwards.
    covariates : {"medication", "sex", "age"} of this night.
    traits : from `sleeper`.
    rng : numpy.random.Generator.

    Returns
    -------
    dict of channel → float64 array (epochs × 3000,), µV.
    """
    samples = len(stages) * SAMPLES
    channels = _backgrounds(samples, traits, rng)
    tone = numpy.empty(samples)
    for index, stage in enumerate(stages):
        start = index * SAMPLES
        tone[start:start + SAMPLES] = planted_effects.TONE[stage] * traits["tone"] * numpy.exp(rng.normal(0, 0.3))
        for waveform in planted_effects.WAVEFORMS:
            if rng.random() < planted_effects.probability(waveform, stage, covariates):
                size = traits["size"][waveform] * numpy.exp(rng.normal(0, 0.2))
                for offset, wave in waveforms.EVENTS[waveform](rng, traits):
                    _add(waveform, start + offset, size * wave, channels, tone)
    channels["EMG submental"] = tone * waveforms.muscle(samples, rng)
    return channels


def _add(waveform, start, wave, channels, tone):
    samples, modality = slice(start, start + len(wave)), planted_effects.WAVEFORMS[waveform][0]
    if modality == "EMG":
        tone[samples] *= 1 + wave
    else:
        for channel, gain in SPREAD[modality].items():
            channels[channel][samples] += gain * wave


def _backgrounds(samples, traits, rng):
    """1/f activity: two EEG leads that share a third of their power, and an EOG that picks up frontal EEG."""
    shared, front, back, eyes = (waveforms.background(samples, traits["exponent"], 10 * traits["background"], rng)
                                 for _ in range(4))
    fpz = 0.6 * shared + 0.8 * front
    return {"EEG Fpz-Cz": fpz, "EEG Pz-Oz": 0.6 * shared + 0.8 * back, "EOG horizontal": 0.3 * fpz + eyes}
