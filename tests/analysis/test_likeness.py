"""Figures of nights against a power spectrum written out by hand, and simulated nights against the real night's range."""

import numpy
import pandas
import pytest

from helpers.analysis import likeness
from helpers.constants import STAGES
from helpers.data.simulation import night_signals, stage_sequence
from helpers.data.simulation.simulate import EFFECT_SIZE

CHANNELS = {"EEG": "EEG Fpz-Cz", "EOG": "EOG horizontal", "EMG": "EMG submental"}


def test_shares_of_bands_are_those_of_welchs_method_by_hand():
    values = numpy.random.default_rng(1).standard_normal((2, 3000)).cumsum(1)
    taper = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(500) / 500)
    for epoch, found in zip(values, likeness.bands(values)):
        power = numpy.zeros(251)
        for start in range(0, 2501, 250):
            piece = epoch[start:start + 500]
            power += numpy.abs(numpy.fft.rfft((piece - piece.mean()) * taper)) ** 2
        bins = [power[2:5], power[5:20], power[20:40], power[40:60], power[60:80], power[80:150]]  # of 0.2 Hz
        expected = numpy.array([part.sum() for part in bins]) / power[2:150].sum()
        numpy.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_rhythm_is_in_its_band_and_bursts_do_not_raise_the_tone():
    time, rng = numpy.arange(3000) / 100, numpy.random.default_rng(2)
    chin = 3 * rng.standard_normal((4, 3000))
    chin[2:, 500:800] *= 8
    alpha = numpy.tile(20 * numpy.sin(2 * numpy.pi * 10 * time), (4, 1))
    table = likeness.figures({"EEG": alpha, "EOG": alpha, "EMG": chin}, ["REM", "REM", "W", "W"])
    table = table.set_index(["modality", "stage", "quantity"])["value"]
    assert table["EEG", "W", "8–12 Hz"] > 0.999
    assert table["EEG", "W", "SD"] == pytest.approx(20 / 2 ** 0.5, rel=1e-3)
    assert table["EMG", "W", "tone over REM"] < 1.2


def test_a_figure_is_inside_by_the_tolerances_that_are_stated():
    rows = [("EEG", "N3", "1–4 Hz", 0.29), ("EEG", "N3", "1–4 Hz", 0.30), ("EEG", "N3", "12–16 Hz", 0.056), ("EEG", "N3", "SD", 49),
            ("EEG", "N3", "SD", 50), ("EEG", "W", "8–12 Hz", 0.59), ("EEG", "W", "8–12 Hz", 0.61),
            ("EMG", "W", "tone over REM", 1.9), ("EMG", "W", "tone over REM", 3.9)]
    table = pandas.DataFrame(rows, columns=["modality", "stage", "quantity", "simulated"]).assign(low=0, high=1)
    assert likeness.judged(table)["inside"].tolist() == [False, True, False, True, False, True, False, False, True]


def test_the_real_night_is_inside_its_own_range():
    real = likeness.real_night()
    rows = [(name, stage, quantity, value) for name in ("EEG", "EOG") for stage, of_stage in real[name].items()
            for quantity, value in of_stage.items()]
    table = pandas.DataFrame(rows, columns=["modality", "stage", "quantity", "simulated"]).assign(low=0, high=1)
    assert likeness.judged(table)["inside"].all() and len(rows) == 45 and set(real["epochs"]) == set(STAGES)
    for shares in real["EEG"].values():
        assert sum(value for name, value in shares.items() if name.endswith("Hz")) == pytest.approx(1, abs=0.02)


def test_simulated_nights_come_near_the_real_one():
    """A share within a factor of 2 or 0.05 of the range, a standard deviation within 1.6, as the median of nine sleepers."""
    tables = []
    for number in range(9):
        rng = numpy.random.default_rng([11, number])
        about = {"medication": ("placebo", "temazepam")[number % 2], "sex": ("male", "female")[number % 2], "age": 24 + 6 * number}
        stages = stage_sequence.sequence(120, 60, rng)
        night = night_signals.night(stages, about, night_signals.sleeper(rng), rng, EFFECT_SIZE)
        channels = {name: night.channels[channel].reshape(-1, 3000) for name, channel in CHANNELS.items()}
        tables.append(likeness.figures(channels, stages))
    found = pandas.concat(tables).groupby(["modality", "stage", "quantity"], sort=False)["value"].median()
    table = likeness.judged(found.rename("simulated").reset_index().assign(low=0, high=1))
    assert table["inside"].all(), table[~table["inside"]].to_string()
    tone = table[table["modality"] == "EMG"].set_index("stage")["simulated"].reindex(STAGES)
    assert tone.is_monotonic_decreasing
