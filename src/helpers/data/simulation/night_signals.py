"""The signals of a simulated night: stages, covariates and a sleeper's traits go in, four channels in µV come out, with every
event that was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ...constants import EPOCH_S, RATE, SAMPLES, STAGES
from . import backgrounds, planted_effects, signs, waveforms

#: Columns of events.parquet; the recording comes first.
EVENT_COLUMNS = ("recording", "epoch", "modality", "sign", "onset_s", "duration_s", "size")
#: Standard deviation of the logarithm of a sleeper's tone, and of one stage of it.
TONE_SD = {"subject": 0.15, "stage": 0.06}


@dataclass(frozen=True)
class Night:
    """channels : name → float64 array (epochs × 3000,), µV. events : list of (epoch, modality, sign, onset in s from the
    first sample, duration in s, size: µV, in EMG a gain on the tone and for the tone µV).
    drawn : (stage, sign, "size" or "chance") → how far the night is from the table, effects included.
    """

    channels: dict
    events: list
    drawn: dict


def _deviation(sd, rng):
    return float(numpy.clip(rng.standard_normal(), -signs.CUT, signs.CUT)) * sd


def deviations(level, rng):
    """How far a sleeper, or a night of his, is from the table: sign → {"size", "chance"}."""
    return {name: {"size": _deviation(signs.size_sd(level, name), rng), "chance": _deviation(signs.CHANCE_SD[level], rng)}
            for name in (*(sign.name for sign in signs.SIGNS), signs.TONE_SIGN)}


def sleeper(rng):
    """Traits of a subject, the same in both nights: rhythms, background, tone, how he differs in every sign, and the part of
    his epochs that are ambiguous.
    """
    return {"rhythms": waveforms.drawn_rhythms(rng), "background": backgrounds.drawn_traits(rng),
            "signs": deviations("subject", rng), "ambiguous": abs(_deviation(signs.AMBIGUOUS_SD, rng)),
            "tone": {stage: float(numpy.exp(own + rng.normal(0, TONE_SD["stage"]))) for own in [rng.normal(0, TONE_SD["subject"])]
                     for stage in STAGES}}


def night(stages, covariates, traits, rng, effect_size=0.0):
    """A `Night`.

    Parameters
    ----------
    stages : a stage per 30-s epoch; a last, shorter epoch may be cut off afterwards.
    covariates : {"medication", "sex", "age"} of this night.
    traits : from `sleeper`.
    rng : numpy.random.Generator.
    effect_size : standardised size d of the planted effects.
    """
    shown = [signs.NEIGHBOURS[stage] if rng.random() < traits["ambiguous"] else stage for stage in stages]
    tonight = deviations("night", rng)
    drawn = {(stage, name, quantity): own[quantity] + tonight[name][quantity]
             + planted_effects.change(stage, name, quantity, covariates, effect_size)
             for name, own in traits["signs"].items() for quantity in own for stage in STAGES}
    presence = backgrounds.weights(shown, rng)
    channels = _backgrounds(presence, traits["background"], rng)
    tone, events = _tone(shown, presence, traits["tone"], drawn, rng)
    for index, stage in enumerate(shown):
        for sign in signs.SIGNS:
            chance = sign.chances.get(stage)
            if chance is None or rng.random() >= numpy.clip(chance + drawn[(stage, sign.name, "chance")], 0, 1):
                continue
            size = sign.size_in(stage) * numpy.exp(drawn[(stage, sign.name, "size")] + rng.normal(0, signs.SIZE_SD["epoch"]))
            for offset, wave in sign.waves(rng, traits["rhythms"]):
                own = size * float(numpy.exp(rng.normal(0, signs.SIZE_SD["event"])))
                _add(sign, index * SAMPLES + offset, own * wave, channels, tone)
                events += [(index, modality, sign.name, index * EPOCH_S + offset / RATE, len(wave) / RATE, round(own, 2))
                           for modality in sign.seen_in]
    channels["EMG submental"] = tone * backgrounds.muscle(len(tone), rng)
    return Night(channels, events, drawn)


def _add(sign, start, wave, channels, tone):
    samples = slice(start, start + len(wave))
    if sign.modality == "EMG":
        tone[samples] *= 1 + wave
        return
    for channel, gain in signs.SPREAD[sign.modality].items():
        channels[channel][samples] += gain * wave
    if "EMG" in sign.seen_in:  # who moves strains muscles
        tone[samples] *= 1.5


def _tone(stages, presence, own, drawn, rng):
    """Muscle tone at each sample, µV, and its event of each epoch."""
    # Plain floats: times float32, a numpy scalar gives float32 before numpy 2 and float64 from then on.
    level = {stage: float(signs.TONE[stage] * own[stage] * numpy.exp(drawn[(stage, signs.TONE_SIGN, "size")]))
             for stage in STAGES}
    steady = sum(level[stage] * presence[stage] for stage in STAGES)
    wander = backgrounds.wandering(len(stages), signs.SIZE_SD["epoch"], rng)
    events = [(index, "EMG", signs.TONE_SIGN, float(index * EPOCH_S), float(EPOCH_S),
               round(float(level[stage] * numpy.exp(wander[index])), 2)) for index, stage in enumerate(stages)]
    return steady * numpy.exp(backgrounds.between_epochs(wander)), events


def _backgrounds(presence, traits, rng):
    """Two EEG leads that share a third of their power, and an EOG that sees the frontal one."""
    front, back = (backgrounds.noise(backgrounds.EEG, traits, presence, rng) for _ in range(2))
    eyes = backgrounds.noise(backgrounds.EOG, traits, presence, rng)
    return {"EEG Fpz-Cz": front, "EEG Pz-Oz": 0.6 * front + 0.8 * back,
            "EOG horizontal": signs.SPREAD["EEG"]["EOG horizontal"] * front + eyes}
