"""The waveforms by which sleep is staged, at 100 Hz: a generator and a sleeper's rhythms go in, the waveforms of a 30-s epoch
come out, each with its place in the epoch and of unit size (its largest deflection about 1). How large they are and which
epoch shows them is decided in `signs`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy
from scipy import signal

from ...constants import RATE, SAMPLES

_tukey, _hann = lru_cache(4096)(signal.windows.tukey), lru_cache(4096)(signal.windows.hann)


def drawn_rhythms(rng):
    """Frequencies of a sleeper in Hz, the same in both nights."""
    return {"alpha": rng.uniform(8.7, 10.8), "spindle": rng.uniform(12.3, 14.0), "theta": rng.uniform(5.2, 7.2)}


def _burst(frequency, seconds, rng):
    """A sinusoid of unit amplitude that swells and fades, its frequency wandering a little."""
    count = int(seconds * RATE)
    wander = numpy.cumsum(rng.standard_normal(count)) * 0.004
    phase = 2 * numpy.pi * (frequency * numpy.arange(count) / RATE + rng.random()) + wander
    return numpy.sin(phase) * _tukey(count, 0.8)


def _placed(waveforms, rng):
    """(start within the epoch, waveform) of each, anywhere in the epoch where it fits."""
    return [(int(rng.integers(0, SAMPLES - len(waveform) + 1)), waveform) for waveform in waveforms]


def alpha(rng, rhythms):
    """Alpha rhythm: three to six bursts of 2 to 6 s at the sleeper's frequency."""
    return _placed([_burst(rhythms["alpha"] + rng.normal(0, 0.2), rng.uniform(2, 6), rng) for _ in range(rng.integers(3, 7))],
                   rng)


def slowed_alpha(rng, rhythms):
    """Alpha of drowsiness and REM sleep, 1 to 2 Hz slower than awake: one to three bursts of 1.5 to 4 s."""
    return _placed([_burst(rhythms["alpha"] - rng.uniform(1, 2), rng.uniform(1.5, 4), rng) for _ in range(rng.integers(1, 4))],
                   rng)


def theta(rng, rhythms):
    """Four to nine bursts of 1.5 to 4 s around the sleeper's theta frequency."""
    return _placed([_burst(rhythms["theta"] + rng.normal(0, 0.7), rng.uniform(1.5, 4), rng)
                    for _ in range(rng.integers(4, 10))], rng)


def spindle(rng, rhythms):
    """Two to five sleep spindles of 0.6 to 1.6 s at the sleeper's frequency."""
    return _placed([_burst(rhythms["spindle"] + rng.normal(0, 0.3), rng.uniform(0.6, 1.6), rng)
                    for _ in range(rng.integers(2, 6))], rng)


def k_complex(rng, rhythms):
    """One or two K-complexes: a sharp negative wave, then a slower positive wave."""
    waves = []
    for _ in range(rng.integers(1, 3)):
        time, wide = numpy.arange(160) / RATE, rng.uniform(0.7, 1.1)
        sharp = numpy.exp(-0.5 * ((time - 0.4) / (0.10 * wide)) ** 2)
        slow = numpy.exp(-0.5 * ((time - 0.85) / (0.19 * wide)) ** 2)
        waves.append(0.7 * slow - sharp)
    return _placed(waves, rng)


def slow_wave(rng, rhythms):
    """A train of slow waves that fills 10 to 28 s, each wave 0.5 to 1.4 s long and of another height."""
    length, waves = int(rng.uniform(10, 28) * RATE), []
    start = int(rng.integers(0, SAMPLES - length + 1))
    end = start + length
    while start + 140 <= end:
        period = int(rng.uniform(0.5, 1.4) * RATE)
        waves.append((start, rng.uniform(0.5, 1) * -numpy.sin(2 * numpy.pi * numpy.arange(period) / period)))
        start += period
    return waves


def few_slow_waves(rng, rhythms):
    """One to four single slow waves."""
    return _placed([wave for _, wave in slow_wave(rng, rhythms)][:int(rng.integers(1, 5))], rng)


def sawtooth(rng, rhythms):
    """One to three bursts of 2 to 4 s of sawtooth waves at 2 to 4 Hz."""
    waves = []
    for _ in range(rng.integers(1, 4)):
        time = numpy.arange(int(rng.uniform(2, 4) * RATE)) / RATE
        waves.append(signal.sawtooth(2 * numpy.pi * rng.uniform(2, 4) * time, 0.75) * _tukey(len(time), 0.5))
    return _placed(waves, rng)


def blink(rng, rhythms):
    """Four to twelve blinks: bumps of a third of a second."""
    return _placed([_hann(int(rng.uniform(0.25, 0.4) * RATE)) for _ in range(rng.integers(4, 13))], rng)


def slow_eye_movement(rng, rhythms):
    """One or two trains of slow rolling eye movements, 6 to 14 s at 0.25 to 0.5 Hz."""
    return _placed([_burst(rng.uniform(0.25, 0.5), rng.uniform(6, 14), rng) for _ in range(rng.integers(1, 3))], rng)


def _eye_movements(numbers, rng):
    """Steps within 80 ms to either side that the amplifier's high-pass filter lets decay."""
    waves = []
    for _ in range(rng.integers(*numbers)):
        time = numpy.arange(200) / RATE
        step = (0.5 - 0.5 * numpy.cos(numpy.pi * numpy.clip(time / 0.08, 0, 1))) * numpy.exp(-time / rng.uniform(0.3, 0.5))
        waves.append(rng.choice([-1, 1]) * rng.uniform(0.5, 1) * step * _tukey(400, 0.2)[200:])
    return _placed(waves, rng)


def rapid_eye_movement(rng, rhythms):
    """Five to fourteen rapid eye movements of REM sleep."""
    return _eye_movements((5, 15), rng)


def glance(rng, rhythms):
    """Eight to 24 eye movements of wakefulness."""
    return _eye_movements((8, 25), rng)


def twitch(rng, rhythms):
    """Three to seven twitches of 0.1 to 0.3 s, as a gain on the muscle tone."""
    return _placed([_tukey(int(rng.uniform(0.1, 0.3) * RATE), 0.4) for _ in range(rng.integers(3, 8))], rng)


def activity(rng, rhythms):
    """One to three stretches of raised muscle activity of 1 to 8 s, as a gain on the muscle tone."""
    return _placed([_tukey(int(rng.uniform(1, 8) * RATE), 0.3) for _ in range(rng.integers(1, 4))], rng)


def artefact(rng, rhythms):
    """A movement of 2 to 8 s: the electrodes sway."""
    count = int(rng.uniform(2, 8) * RATE)
    sway = numpy.cumsum(rng.standard_normal(count))
    sway -= numpy.linspace(sway[0], sway[-1], count)
    return _placed([sway / numpy.abs(sway).max() * _tukey(count, 0.3)], rng)
