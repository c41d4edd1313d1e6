"""What simulated nights plant: how often each stage shows each waveform, in which modality, and how medication, sex and
age change that. The simulator draws from these tables and `truth.json` is made of them, so the two cannot disagree.
"""

from __future__ import annotations

from ...constants import MODALITIES, STAGES

#: waveform → (modality in which it stands, {stage: probability that an epoch of that stage shows it}).
WAVEFORMS = {
    "alpha": ("EEG", {"W": 0.86, "N1": 0.16, "REM": 0.06}),
    "theta": ("EEG", {"N1": 0.45, "W": 0.05, "N2": 0.12, "REM": 0.12}),
    "spindles": ("EEG", {"N2": 0.82, "N3": 0.20, "N1": 0.05, "REM": 0.03}),
    "k_complexes": ("EEG", {"N2": 0.50, "N1": 0.06, "N3": 0.20}),
    "slow_waves": ("EEG", {"N3": 0.83, "N2": 0.06}),
    "sawtooth": ("EEG", {"REM": 0.40, "N1": 0.06}),
    "blinks": ("EOG", {"W": 0.42, "N1": 0.05, "REM": 0.03}),
    "rolling_eyes": ("EOG", {"N1": 0.82, "W": 0.12, "N2": 0.07, "REM": 0.04}),
    "rapid_eyes": ("EOG", {"REM": 0.86, "W": 0.12, "N1": 0.05, "N2": 0.03}),
    "frontal_k_complexes": ("EOG", {"N2": 0.38, "N1": 0.04, "N3": 0.06}),
    "frontal_slow_waves": ("EOG", {"N3": 0.46, "N2": 0.04}),
    "twitches": ("EMG", {"W": 0.16, "N1": 0.10, "REM": 0.08}),
}

#: Median muscle tone in µV.
TONE = {"W": 8.0, "N1": 7.5, "N2": 7.0, "N3": 6.5, "REM": 4.8}

#: (stage, covariate) → {waveform: change of its probability between the ends of the covariate}.
#: The ends: placebo → temazepam, female → male, 18 → 78 years. The tables above hold for the middle.
EFFECTS = {
    ("W", "medication"): {"alpha": -0.24, "blinks": 0.70},
    ("N2", "medication"): {"spindles": 0.28, "frontal_k_complexes": -0.46},
    ("N3", "age"): {"slow_waves": -0.28, "frontal_slow_waves": 0.76},
    ("REM", "sex"): {"sawtooth": -0.60, "rapid_eyes": 0.20},
}

#: The modality that leads each stage.
LEADING = {"W": "EEG", "N1": "EOG", "N2": "EEG", "N3": "EEG", "REM": "EOG"}

COVARIATES = ("medication", "sex", "age")


def position(covariate, value):
    """Where a value lies between the ends of its covariate: −0.5 to 0.5."""
    if covariate == "age":
        return (value - 48) / 60
    return 0.5 if value in ("temazepam", "male") else -0.5


def probability(waveform, stage, covariates):
    """Probability that an epoch of `stage` shows `waveform`, for {"medication": …, "sex": …, "age": …}."""
    chance = WAVEFORMS[waveform][1].get(stage, 0.0)
    for (affected, covariate), changes in EFFECTS.items():
        if affected == stage and waveform in changes:
            chance += changes[waveform] * position(covariate, covariates[covariate])
    return min(max(chance, 0.0), 0.99)


def truth():
    """What is planted, as plain values for truth.json."""
    effects = [{"stage": stage, "modality": modality, "covariate": covariate, "direction": direction}
               for (stage, covariate), changes in EFFECTS.items() for modality, direction in _directions(changes)]
    return {
        "leading": dict(LEADING),
        "effects": effects,
        "unaffected": [{"stage": stage, "covariate": covariate} for stage in STAGES for covariate in COVARIATES
                       if (stage, covariate) not in EFFECTS],
        "coding": {"medication": "temazepam against placebo", "sex": "male against female", "age": "per year"},
        "probabilities": {waveform: {"modality": modality, **chances} for waveform, (modality, chances) in WAVEFORMS.items()},
        "changes": [{"stage": stage, "covariate": covariate, **changes}
                    for (stage, covariate), changes in EFFECTS.items()],
    }


def _directions(changes):
    total = {}
    for waveform, change in changes.items():
        total[WAVEFORMS[waveform][0]] = total.get(WAVEFORMS[waveform][0], 0) + change
    return [(modality, 1 if total[modality] > 0 else -1) for modality in MODALITIES if total.get(modality)]
