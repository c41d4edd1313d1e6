"""The activity that goes on in every stage, between and beneath the signs: the stage of each epoch and a sleeper's traits go
in, noise with the spectrum of each stage comes out, in µV at 100 Hz.

Its density is the aperiodic one with a knee that spectra of sleep are described by (Donoghue et al. 2020; Schneider et al.
2022), plus a slow drift and the amplifier's noise, behind the amplifier's high-pass filter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy
from scipy import fft, ndimage

from ...constants import EPOCH_S, RATE, SAMPLES, STAGES

#: Corner of the amplifier's high-pass filter in Hz (first order), as its header says.
HIGHPASS = 0.5
#: Seconds in which one stage gives way to the next.
PASSAGE_S = 4
#: A stage begins up to so many seconds before or after the boundary of the epoch that is scored.
EARLY_OR_LATE_S = 8


@dataclass(frozen=True)
class Spectrum:
    """sd : µV between 0.4 and 30 Hz. knee : Hz, where the density begins to fall; exponent : how steeply, as 1/f**exponent.
    drift : part of the variance that is slow drift. floor : noise of muscle and amplifier, µV²/Hz.
    """

    sd: float
    knee: float
    exponent: float
    drift: float
    floor: float

    def density(self, frequency, steeper=0.0):
        """µV²/Hz at `frequency` (array, Hz), for a sleeper whose exponent is so much larger."""
        band = (frequency >= 0.4) & (frequency < 30)
        f = numpy.maximum(frequency, 1e-3)
        highpass = f ** 2 / (f ** 2 + HIGHPASS ** 2)
        step = frequency[1] - frequency[0]

        def scaled(shape, part):
            shape = shape * highpass
            return shape * part * self.sd ** 2 / (shape[band].sum() * step)
        falling = scaled(1 / (1 + (f / self.knee) ** (self.exponent + steeper)), 1 - self.drift)
        return (falling + scaled(1 / (1 + (f / 0.35) ** 5), self.drift) + self.floor) / (1 + (f / 46) ** 12)


EEG = {"W": Spectrum(14, 2.6, 2.8, 0.25, 0.25), "N1": Spectrum(7.2, 2.8, 2.3, 0.08, 0.09),
       "N2": Spectrum(11.5, 2.4, 2.9, 0.05, 0.025), "N3": Spectrum(14, 2.4, 3.1, 0.05, 0.022),
       "REM": Spectrum(7.0, 2.6, 2.6, 0.15, 0.025)}
EOG = {"W": Spectrum(30, 1.0, 2.4, 0.75, 1.2), "N1": Spectrum(8, 1.2, 2.4, 0.50, 0.40),
       "N2": Spectrum(6, 1.6, 2.4, 0.30, 0.25), "N3": Spectrum(8, 1.6, 2.4, 0.25, 0.23),
       "REM": Spectrum(10, 1.0, 2.4, 0.75, 0.22)}

#: Frequencies at which a density is computed; between them amplitudes lie on straight lines.
GRID = 4001

#: Standard deviations of logarithms: of the level of a sleeper, of one stage of his, and of an epoch.
LEVEL_SD = {"subject": 0.18, "stage": 0.13, "epoch": 0.15}
#: Of the exponent, between sleepers.
EXPONENT_SD = 0.12


def weights(stages, rng):
    """How much of each stage there is at each sample, 0 to 1: stage → float32 array (epochs × 3000,); they sum to 1."""
    boundaries = [index for index in range(1, len(stages)) if stages[index] != stages[index - 1]]
    starts = [0, *(index * SAMPLES + round(RATE * rng.uniform(-EARLY_OR_LATE_S, EARLY_OR_LATE_S)) for index in boundaries),
              len(stages) * SAMPLES]
    held = [stages[index] for index in (0, *boundaries)]
    result = {}
    for stage in STAGES:
        present = numpy.zeros(len(stages) * SAMPLES, dtype=numpy.float32)
        for name, start, end in zip(held, starts, starts[1:]):
            present[start:end] = name == stage
        result[stage] = ndimage.uniform_filter1d(present, PASSAGE_S * RATE, mode="nearest")
    return result


def between_epochs(values):
    """A value per epoch as one per sample, straight lines between the epochs' middles."""
    middles = (numpy.arange(len(values)) + 0.5) * EPOCH_S * RATE
    return numpy.interp(numpy.arange(len(values) * SAMPLES), middles, values)


def wandering(count, sd, rng, memory=0.6):
    """`count` values with standard deviation `sd`, each correlated with the one before."""
    values = rng.standard_normal(count) * sd
    for index in range(1, count):
        values[index] = memory * values[index - 1] + numpy.sqrt(1 - memory ** 2) * values[index]
    return values


def noise(spectra, traits, presence, rng):
    """Noise that has in each stage that stage's spectrum: float64 array (samples,), µV.

    spectra : stage → `Spectrum`. traits : "steeper", and "level" by stage. presence : from `weights`.
    """
    samples = len(next(iter(presence.values())))
    size = fft.next_fast_len(samples, real=True)
    frequency = fft.rfftfreq(size, 1 / RATE)
    white = fft.rfft(rng.standard_normal(size), overwrite_x=True)
    result = numpy.zeros(samples)
    grid = numpy.linspace(0, RATE / 2, GRID)
    for stage, spectrum in spectra.items():
        if presence[stage].any():
            amplitude = numpy.sqrt(spectrum.density(grid, traits["steeper"]) * RATE / 2) * traits["level"][stage]
            gain = numpy.interp(frequency, grid, amplitude)
            result += presence[stage] * fft.irfft(white * gain, size)[:samples]
    return result * numpy.exp(between_epochs(wandering(samples // SAMPLES, LEVEL_SD["epoch"], rng)))


def muscle(samples, rng):
    """Noise of unit standard deviation in the band of the chin muscles, 10 Hz to half the rate."""
    size = fft.next_fast_len(samples, real=True)
    frequency = fft.rfftfreq(size, 1 / RATE)
    white = fft.rfft(rng.standard_normal(size), overwrite_x=True)
    result = fft.irfft(white / (1 + (10 / numpy.maximum(frequency, 1e-3)) ** 4), size)[:samples]
    return result / result.std()


def drawn_traits(rng):
    """A sleeper's level in each stage and the steepness of his spectra, the same in both nights."""
    level = rng.normal(0, LEVEL_SD["subject"])
    return {"steeper": float(numpy.clip(rng.normal(0, EXPONENT_SD), -2 * EXPONENT_SD, 2 * EXPONENT_SD)),
            "level": {stage: float(numpy.exp(level + rng.normal(0, LEVEL_SD["stage"]))) for stage in STAGES}}
