"""How medication, sex and age act on the signs, at a standardised size d that the user sets, and what truth.json says of it.

d is the change of a sign's size (logarithm) or probability over its standard deviation: from placebo to temazepam over that
between nights of a sleeper; from female to male, and over 30 years of age, over that between sleepers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy

from ...constants import STAGES
from ...errors import InputError
from . import backgrounds, signs, stage_sequence
from .effect_size import YEARS, position


@dataclass(frozen=True)
class Effect:
    """In epochs of `stage` the `quantity` ("size" or "chance") of `sign` grows (+1) or falls (−1) with the covariate."""

    stage: str
    covariate: str
    sign: str
    quantity: str
    direction: int


#: Temazepam: fewer and smaller twitches, as of a drug that relaxes muscles. Age: less theta (Carrier et al. 2001), here with
#: less slowed alpha and larger slow eye movements. Sex: larger rapid eye movements and smaller twitches, without a model. None
#: is of a sign that decides a channel's standard deviation over the night, by which the network's input is divided: its other
#: stages would change with it.
EFFECTS = (Effect("REM", "medication", "twitch", "size", -1), Effect("REM", "medication", "twitch", "chance", -1),
           Effect("N1", "age", "slow eye movement", "size", 1), Effect("N1", "age", "theta", "size", -1),
           Effect("N1", "age", "slowed alpha", "size", -1),
           Effect("REM", "sex", "rapid eye movement", "size", 1), Effect("REM", "sex", "twitch", "size", -1))

#: What the effects must do to shares: (stage, covariate, modality, direction, sign that does it).
REACHES = (("REM", "medication", "EMG", -1, "twitch"), ("N1", "age", "EOG", 1, "slow eye movement"),
           ("REM", "sex", "EOG", 1, "rapid eye movement"), ("REM", "sex", "EMG", -1, "twitch"))

#: The modalities that lead each stage.
LEADING = {"W": ("EOG",), "N1": ("EOG",), "N2": ("EEG",), "N3": ("EEG",), "REM": ("EOG", "EMG")}

COVARIATES = ("medication", "sex", "age")
#: Ages of simulated sleepers.
AGES = (18, 79)


def unit(effect):
    """The standard deviation over which an effect's size is counted: of a probability, or of the logarithm of a size."""
    sds = signs.CHANCE_SD if effect.quantity == "chance" else {level: signs.size_sd(level, effect.sign) for level in signs.SIZE_SD}
    return sds["night"] if effect.covariate == "medication" else float(numpy.hypot(sds["subject"], sds["night"] / 2 ** 0.5))


def change(stage, sign, quantity, covariates, effect_size):
    """What is added to a sign's probability, or to the logarithm of its size, in epochs of a stage on a night."""
    return sum(effect.direction * effect_size * unit(effect) * position(effect.covariate, covariates[effect.covariate])
               for effect in EFFECTS if (effect.stage, effect.sign, effect.quantity) == (stage, sign, quantity))


def check(effect_size):
    """Refuse a size with which a probability would leave 0 to 1 on some night.

    Raises
    ------
    InputError
        It names the sign, the stage and the probability.
    """
    if not 0 <= effect_size < numpy.inf:
        raise InputError(f"effect_size {effect_size}: give a number of standard deviations, 0 to 3")
    ends = [dict(zip(COVARIATES, (medication, sex, age))) for medication in ("placebo", "temazepam")
            for sex in ("female", "male") for age in AGES]
    for sign in signs.SIGNS:
        for stage, chance in sign.chances.items():
            reached = [chance + change(stage, sign.name, "chance", covariates, effect_size) for covariates in ends]
            if not any(value != chance for value in reached):
                continue
            spread = signs.CUT * sum(signs.CHANCE_SD.values())
            for value in (min(reached) - spread, max(reached) + spread):
                if not 0 <= value <= 1:
                    raise InputError(f"effect_size {effect_size}: the probability of a {sign.name} in {stage} would reach "
                                     f"{value:.2f}; give a smaller size")


def truth(effect_size, drawn=()):
    """What is planted, as plain values for truth.json. drawn : size d of each of `EFFECTS` as drawn, or None."""
    drawn = {effect: None if d is None else round(d, 3) for effect, d in zip(EFFECTS, drawn)}
    acting = REACHES if effect_size else ()
    affected = {(stage, covariate) for stage, covariate, *_ in acting}
    found = {(effect.stage, effect.covariate, effect.sign): d for effect, d in drawn.items() if effect.quantity == "size"}
    return {
        "leading": {stage: list(modalities) for stage, modalities in LEADING.items()},
        "effect_size": effect_size,
        "effects": [{"stage": stage, "modality": modality, "covariate": covariate, "direction": direction, "sign": sign,
                     "d_asked": direction * effect_size,
                     "d_drawn": found.get((stage, covariate, sign))}
                    for stage, covariate, modality, direction, sign in acting],
        "unaffected": [{"stage": stage, "covariate": covariate} for stage in STAGES for covariate in COVARIATES
                       if (stage, covariate) not in affected],
        "coding": {"medication": "temazepam against placebo", "sex": "male against female", "age": f"over {YEARS} years"},
        "changes": [{**asdict(effect), "unit": round(unit(effect), 4), "d_asked": effect.direction * effect_size,
                     "d_drawn": drawn.get(effect)} for effect in EFFECTS],
        "signs": [{"sign": sign.name, "modality": sign.modality, "size": sign.size, "other sizes": sign.sizes or {},
                   "probabilities": sign.chances} for sign in signs.SIGNS],
        "ambiguous": {"sd": signs.AMBIGUOUS_SD, "neighbours": dict(signs.NEIGHBOURS)},
        "tone": dict(signs.TONE),
        "backgrounds": [{"modality": name, "stage": stage, **asdict(spectrum)} for name, spectra in
                        (("EEG", backgrounds.EEG), ("EOG", backgrounds.EOG)) for stage, spectrum in spectra.items()],
        "cycle": [{"stage": stage, "first": first, "last": last} for stage, first, last in stage_sequence.CYCLE],
    }
