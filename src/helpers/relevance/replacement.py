"""What stands in for a modality that is taken away: zeros, line noise, another epoch of the same sleeper, or noise with the mean
spectrum of its night. Signals are z-scored by night, so that zeros are the night's mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ..constants import RATE

#: Replacements by name; what is meant by line noise is a `LineNoise`.
ZEROS, LINE, EXCHANGE, NOISE = "zeros", "line noise", "exchange", "noise"
#: By what a modality is replaced to see what is lost without it, the papers' own first.
ABLATIONS = (ZEROS, LINE, EXCHANGE)
#: A sine at half the sampling rate, or a multiple of it, is sin φ up to its sign: phases keep it at least this.
LEAST_SINE = 0.5


@dataclass(frozen=True)
class LineNoise:
    """A sine of the mains with noise, in standard deviations of the channel.

    Attributes
    ----------
    hz, amplitude : of the sine; its phase is drawn for each epoch. noise : standard deviation of Gaussian noise added to it.
    """

    hz: float = 50.0
    amplitude: float = 1.0
    noise: float = 0.1

    def drawn(self, samples, channels, random, rate=RATE):
        """(samples, channels); the sine is the same in all channels. At 50 Hz sampled at 100 Hz it would vanish at phase 0."""
        phase = random.uniform(-numpy.pi, numpy.pi)
        while 2 * self.hz % rate == 0 and abs(numpy.sin(phase)) < LEAST_SINE:
            phase = random.uniform(-numpy.pi, numpy.pi)
        sine = self.amplitude * numpy.sin(2 * numpy.pi * self.hz * numpy.arange(samples) / rate + phase)
        return sine[:, None] + self.noise * random.standard_normal((samples, channels))


def permuted(subjects, random):
    """For each row the number of a row of the same subject: row numbers shuffled within subjects, int array."""
    subjects = numpy.asarray(subjects, "str")
    numbers = numpy.arange(len(subjects))
    for subject in numpy.unique(subjects):
        of_subject = subjects == subject
        numbers[of_subject] = random.permutation(numbers[of_subject])
    return numbers


def mean_amplitudes(signals):
    """Root of the mean power of each frequency over epochs: (n, samples, channels) → (frequencies, channels)."""
    return numpy.sqrt((numpy.abs(numpy.fft.rfft(signals, axis=1)) ** 2).mean(axis=0))


def spectral_noise(amplitudes, samples, random):
    """Gaussian noise of this mean power spectrum, (samples, channels); channels are independent of each other."""
    drawn = random.standard_normal((2, *amplitudes.shape)) / numpy.sqrt(2)
    coefficients = amplitudes * (drawn[0] + 1j * drawn[1])
    real = [0, -1] if samples % 2 == 0 else [0]  # mean and half the sampling rate have no phase
    coefficients[real] = numpy.sqrt(2) * coefficients[real].real
    return numpy.fft.irfft(coefficients, samples, axis=0)


class Substitutes:
    """What stands in for the modalities of some test epochs. The same seed, fold and epoch give the same, however they are asked.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    tested : the fold's table of test epochs (fold, recording, subject, epoch, …); exchange is among these.
    seed : of all that is drawn.
    """

    def __init__(self, epochs, tested, seed):
        self.epochs, self.modalities = epochs, epochs.modalities
        self.rows, self._recordings = epochs.rows(tested), tested["recording"].astype(str).to_numpy()
        self._subjects, self._seed = tested["subject"], [seed, int(tested["fold"].iloc[0])]
        self._partners, self._amplitudes, self._others = {}, {}, {}
        self._of_recording = epochs.table.groupby(epochs.table["recording"].astype(str)).indices

    def intact(self, numbers):
        """Test epochs of these numbers, rows of the table that was given: (n, samples, channels)."""
        return self.epochs.signals(self.rows[numbers])

    def without(self, modality, replacement, numbers):
        """The same with one modality replaced: by `ZEROS`, a `LineNoise`, `EXCHANGE` with another test epoch of the same sleeper,
        or `NOISE` with the mean spectrum and amplitude of its night."""
        x, channels = self.intact(numbers), self.modalities[modality]
        if replacement == ZEROS:
            x[:, :, channels] = 0
        elif replacement == EXCHANGE:
            x[:, :, channels] = self.epochs.signals(self.rows[self._partner(modality)[numbers]])[:, :, channels]
        else:
            place = list(self.modalities).index(modality)
            for at, number in enumerate(numbers):
                random = numpy.random.default_rng([*self._seed, place, int(self.rows[number])])
                if isinstance(replacement, LineNoise):
                    x[at][:, channels] = replacement.drawn(x.shape[1], len(channels), random)
                else:
                    amplitudes = self._amplitude(self._recordings[number])[:, channels]
                    x[at][:, channels] = spectral_noise(amplitudes, x.shape[1], random)
        return x

    def another(self, numbers, draw):
        """For each of these epochs another one of the same night, the `draw`th of some that differ: (n, samples, channels)."""
        return self.epochs.signals([self._another(number, draw) for number in numbers])

    def _another(self, number, draw):
        row, of_night = self.rows[number], self._of_recording[self._recordings[number]]
        if row not in self._others:
            others = of_night[of_night != row] if len(of_night) > 1 else of_night
            self._others[row] = numpy.random.default_rng([*self._seed, int(row)]).permutation(others)
        return self._others[row][draw % len(self._others[row])]

    def _partner(self, modality):
        if modality not in self._partners:
            place = list(self.modalities).index(modality)
            self._partners[modality] = permuted(self._subjects, numpy.random.default_rng([*self._seed, place]))
        return self._partners[modality]

    def _amplitude(self, recording):
        if recording not in self._amplitudes:
            self._amplitudes[recording] = mean_amplitudes(self.epochs.signals(self._of_recording[recording]))
        return self._amplitudes[recording]
