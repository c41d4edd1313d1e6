"""The waveforms by which sleep is staged, in µV at 100 Hz: a random generator and the traits of the sleeper go in, the events
of a 30-s epoch come out. Which epoch shows which of them is decided in `planted_effects`.
"""

from __future__ import annotations

import numpy
from scipy import fft, signal

from ...constants import RATE, SAMPLES


def background(samples, exponent, sd, rng):
    """Noise of `samples` values whose power falls as 1/f**exponent above 0.5 Hz, with standard deviation `sd`."""
    size = fft.next_fast_len(samples, real=True)
    frequency = fft.rfftfreq(size, 1 / RATE)
    shape = numpy.zeros(len(frequency))
    shape[1:] = frequency[1:] ** (-exponent / 2) / (1 + (0.5 / frequency[1:]) ** 4)
    spectrum = shape * (rng.standard_normal(len(shape)) + 1j * rng.standard_normal(len(shape)))
    noise = fft.irfft(spectrum, size)[:samples]
    return noise * (sd / noise.std())


def muscle(samples, rng):
    """Noise of unit standard deviation in the band of the chin muscles, 10 Hz to half the rate."""
    size = fft.next_fast_len(samples, real=True)
    frequency = fft.rfftfreq(size, 1 / RATE)
    shape = 1 / (1 + (10 / numpy.maximum(frequency, 1e-3)) ** 4)
    spectrum = shape * (rng.standard_normal(len(shape)) + 1j * rng.standard_normal(len(shape)))
    noise = fft.irfft(spectrum, size)[:samples]
    return noise / noise.std()


def _burst(frequency, seconds, rng):
    """A sinusoid of unit amplitude that swells and fades."""
    time = numpy.arange(int(seconds * RATE)) / RATE
    return numpy.sin(2 * numpy.pi * (frequency * time + rng.random())) * signal.windows.tukey(len(time), 0.5)


def _placed(waveforms, rng):
    """(start within the epoch, waveform) of each, anywhere in the epoch where it fits."""
    return [(int(rng.integers(0, SAMPLES - len(waveform) + 1)), waveform) for waveform in waveforms]


def alpha(rng, traits):
    """Alpha rhythm: two to four bursts of 2 to 6 s at the sleeper's frequency, 8.5 to 11 Hz."""
    return _placed([37 * _burst(traits["alpha_hz"] + rng.normal(0, 0.15), rng.uniform(2, 6), rng)
                    for _ in range(rng.integers(2, 5))], rng)


def theta(rng, traits):
    """Two to four bursts of 1.5 to 4 s at 4 to 7 Hz."""
    return _placed([26 * _burst(rng.uniform(4, 7), rng.uniform(1.5, 4), rng) for _ in range(rng.integers(2, 5))], rng)


def spindles(rng, traits):
    """Two to five sleep spindles of 0.7 to 1.6 s at the sleeper's frequency, 12.3 to 14.3 Hz."""
    waves = []
    for _ in range(rng.integers(2, 6)):
        wave = _burst(traits["spindle_hz"] + rng.normal(0, 0.25), rng.uniform(0.7, 1.6), rng)
        waves.append(32 * wave * signal.windows.hann(len(wave)) ** 0.5)
    return _placed(waves, rng)


def k_complexes(rng, traits):
    """1 to 3 K-complexes: a sharp negative wave, then a slower positive wave."""
    waves = []
    for _ in range(rng.integers(1, 4)):
        time = numpy.arange(130) / RATE
        sharp = numpy.exp(-0.5 * ((time - 0.35) / 0.09) ** 2)
        slow = numpy.exp(-0.5 * ((time - 0.75) / 0.17) ** 2)
        waves.append((-85 * sharp + 60 * slow) * rng.uniform(0.85, 1.2))
    return _placed(waves, rng)


def slow_waves(rng, traits):
    """A train of 8 to 20 s of slow waves, 0.7 to 1.5 Hz, each with another period and height."""
    waves, length = [], int(rng.uniform(8, 20) * RATE)
    while sum(map(len, waves)) < length:
        period = int(RATE / rng.uniform(0.7, 1.5))
        waves.append(rng.uniform(40, 80) * numpy.sin(2 * numpy.pi * numpy.arange(period) / period))
    return _placed([numpy.concatenate(waves)[:length]], rng)


def sawtooth(rng, traits):
    """Two or three bursts of 2 to 4 s of sawtooth waves at 2.5 to 4 Hz."""
    waves = []
    for _ in range(rng.integers(2, 4)):
        time = numpy.arange(int(rng.uniform(2, 4) * RATE)) / RATE
        wave = signal.sawtooth(2 * numpy.pi * rng.uniform(2.5, 4) * time, 0.75)
        waves.append(38 * wave * signal.windows.tukey(len(wave), 0.4))
    return _placed(waves, rng)


def blinks(rng, traits):
    """Four to ten blinks: positive bumps of a third of a second."""
    return _placed([rng.uniform(100, 170) * signal.windows.hann(int(rng.uniform(0.28, 0.42) * RATE))
                    for _ in range(rng.integers(4, 11))], rng)


def rolling_eyes(rng, traits):
    """1 or 2 trains of slow rolling eye movements, 6 to 12 s at 0.25 to 0.45 Hz."""
    return _placed([rng.uniform(70, 110) * _burst(rng.uniform(0.25, 0.45), rng.uniform(6, 12), rng)
                    for _ in range(rng.integers(1, 3))], rng)


def rapid_eyes(rng, traits):
    """Five to twelve rapid eye movements: a step of 50 ms to either side that the amplifier lets decay."""
    waves = []
    for _ in range(rng.integers(5, 13)):
        time = numpy.arange(120) / RATE
        step = numpy.clip(time / 0.05, 0, 1) * numpy.exp(-time / rng.uniform(0.25, 0.45))
        waves.append(rng.choice([-1, 1]) * rng.uniform(80, 140) * step * signal.windows.tukey(240, 0.2)[120:])
    return _placed(waves, rng)


def twitches(rng, traits):
    """1 to 3 bursts of muscle activity of half a second to two seconds, as a gain on the muscle tone."""
    return _placed([rng.uniform(1, 2) * signal.windows.tukey(int(rng.uniform(0.5, 2) * RATE), 0.5)
                    for _ in range(rng.integers(1, 4))], rng)


def frontal_k_complexes(rng, traits):
    """K-complexes that the EOG leads see better than the EEG lead, whose two electrodes both lie under them."""
    return [(start, 0.9 * wave) for start, wave in k_complexes(rng, traits)]


def frontal_slow_waves(rng, traits):
    """Slow waves that the EOG leads see better than the EEG lead."""
    return [(start, 1.1 * wave) for start, wave in slow_waves(rng, traits)]


#: Waveform → its events in an epoch: a function of a random generator and the sleeper's traits that gives a list of
#: (first sample within the epoch, waveform in µV; for `twitches`, a gain).
EVENTS = {function.__name__: function for function in (
    alpha, theta, spindles, k_complexes, slow_waves, sawtooth, blinks, rolling_eyes, rapid_eyes,
    frontal_k_complexes, frontal_slow_waves, twitches)}
