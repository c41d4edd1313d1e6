"""The signs of the stages: in which modality each stands, how often an epoch of each stage shows it and how large it is. The
simulator draws from this table, the book prints it and truth.json holds it, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...constants import MODALITIES
from . import waveforms

ARTEFACT = "artefact"


@dataclass(frozen=True)
class Sign:
    """name : as events.parquet has it. modality : where it stands. size : median of its largest deflection, µV; in EMG the
    gain on the tone. chances : stage → probability that an epoch of it shows the sign. waves : function of `waveforms`.
    sizes : stage → size there, where it is another. varied : how many times more its size differs between sleepers and nights.
    """

    name: str
    modality: str
    size: float
    chances: dict
    waves: object
    sizes: dict | None = None
    varied: float = 1.0

    @property
    def seen_in(self):
        """Modalities of its rows in events.parquet: a movement disturbs all."""
        return MODALITIES if self.name == ARTEFACT else (self.modality,)

    def size_in(self, stage):
        return (self.sizes or {}).get(stage, self.size)


SIGNS = (
    Sign("alpha", "EEG", 14, {"W": 0.62, "N1": 0.10, "REM": 0.03}, waveforms.alpha, varied=2.0),
    Sign("slowed alpha", "EEG", 10, {"N1": 0.55, "REM": 0.30, "W": 0.10}, waveforms.slowed_alpha),
    Sign("theta", "EEG", 11, {"N1": 0.70, "REM": 0.62, "W": 0.12, "N2": 0.25}, waveforms.theta, {"N2": 14}),
    Sign("spindle", "EEG", 20, {"N2": 0.72, "N3": 0.32, "N1": 0.04, "REM": 0.02}, waveforms.spindle, varied=1.5),
    Sign("K-complex", "EEG", 80, {"N2": 0.56, "N3": 0.30, "N1": 0.03}, waveforms.k_complex),
    Sign("slow wave", "EEG", 66, {"N3": 0.90}, waveforms.slow_wave),
    Sign("single slow wave", "EEG", 45, {"N2": 0.36, "N1": 0.03}, waveforms.few_slow_waves),
    Sign("sawtooth", "EEG", 15, {"REM": 0.35, "N1": 0.05}, waveforms.sawtooth),
    Sign("blink", "EOG", 120, {"W": 0.65, "N1": 0.10, "N2": 0.03, "REM": 0.02}, waveforms.blink, {"N1": 60, "N2": 60}),
    Sign("glance", "EOG", 140, {"W": 0.75, "N1": 0.08, "N2": 0.04, "N3": 0.02}, waveforms.glance, {"N1": 60, "N2": 80, "N3": 80}),
    Sign("slow eye movement", "EOG", 55, {"N1": 0.84, "W": 0.30, "N2": 0.12, "N3": 0.04, "REM": 0.06},
         waveforms.slow_eye_movement, {"N2": 30}, varied=1.7),
    Sign("rapid eye movement", "EOG", 105, {"REM": 0.86, "N1": 0.04, "N2": 0.04, "N3": 0.02}, waveforms.rapid_eye_movement,
         varied=1.2),
    Sign("twitch", "EMG", 3.4, {"REM": 0.74, "N1": 0.05, "N2": 0.03}, waveforms.twitch, varied=1.2),
    Sign("activity", "EMG", 1.3, {"W": 0.45, "N1": 0.12, "N2": 0.04, "N3": 0.02, "REM": 0.02}, waveforms.activity),
    Sign(ARTEFACT, "EEG", 80, {"W": 0.22, "N1": 0.07, "N2": 0.02, "N3": 0.01, "REM": 0.02}, waveforms.artefact),
)

#: Tone of the chin muscles between twitches and activity, µV: an event of the whole epoch, named `TONE_SIGN`.
TONE = {"W": 9.0, "N1": 5.9, "N2": 5.5, "N3": 5.0, "REM": 2.9}
TONE_SIGN = "tone"

#: Standard deviation of the logarithm of a sign's size: between sleepers, between nights of one, between epochs and events.
SIZE_SD = {"subject": 0.30, "night": 0.15, "epoch": 0.15, "event": 0.15}
#: Standard deviation of the probability of a sign, between sleepers and between nights of one.
CHANCE_SD = {"subject": 0.05, "night": 0.04}
#: Deviations are drawn from a normal distribution and cut off here, in standard deviations.
CUT = 2.0

#: An ambiguous epoch looks like one of a neighbouring stage, as those may on which scorers disagree (Rosenberg and Van Hout 2013,
#: doi 10.5664/jcsm.2350). Which part of a sleeper's epochs they are is the absolute value of a normal deviate of this standard
#: deviation, so that some sleepers are hard to stage and others easy.
NEIGHBOURS = {"W": "N1", "N1": "N2", "N2": "N1", "N3": "N2", "REM": "N1"}
AMBIGUOUS_SD = 0.06

#: How strongly a sign that stands in a modality is seen by each EEG and EOG channel.
SPREAD = {"EEG": {"EEG Fpz-Cz": 1.0, "EEG Pz-Oz": 0.7, "EOG horizontal": 0.36},
          "EOG": {"EEG Fpz-Cz": 0.20, "EEG Pz-Oz": 0.03, "EOG horizontal": 1.0}}


def size_sd(level, name):
    """Standard deviation of the logarithm of a sign's size between sleepers ("subject") or nights ("night")."""
    return SIZE_SD[level] * next((sign.varied for sign in SIGNS if sign.name == name), 1.0)
