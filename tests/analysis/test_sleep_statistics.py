"""A night in numbers, against nights worked out by hand by the definitions of the AASM manual."""

import numpy
import pandas
import pytest

from helpers.analysis.sleep_statistics import MEASURES, of_night, of_nights


def stages(*bouts):
    """`("W", 20), ("N1", 4)` as a stage for each 30-s slot."""
    return [stage for stage, number in bouts for _ in range(number)]


#: 8 hours from the first to the last scored slot: lights out 0, sleep onset after 10 min, REM 80 min later, awake 5 min in between and 15 at the end.
NIGHT = stages(("W", 20), ("N1", 10), ("N2", 100), ("N3", 50), ("REM", 60), ("W", 10), ("N2", 600), ("REM", 80), ("W", 30))


def test_a_night_is_counted_as_the_manual_says():
    found = of_night(NIGHT)
    # 960 slots are 480 min; asleep are 10 + 100 + 50 + 60 + 600 + 80 = 900 of them.
    assert found["recording_min"] == 480 and found["sleep_min"] == 450
    assert found["sleep_latency_min"] == 10, "20 slots of wake before the first of any sleep, N1"
    assert found["rem_latency_min"] == 80, "from sleep onset, not from lights out: 160 slots"
    assert found["waso_min"] == 20, "10 slots within the night and 30 after the final awakening"
    assert found["efficiency"] == pytest.approx(100 * 450 / 480) and found["gap_min"] == 0
    percent = {"N1": 100 * 10 / 900, "N2": 100 * 700 / 900, "N3": 100 * 50 / 900, "REM": 100 * 140 / 900}
    assert {stage: found[f"{stage}_percent"] for stage in percent} == pytest.approx(percent)
    assert list(found) == list(MEASURES)


def test_the_parts_of_a_night_make_the_whole():
    found = of_night(NIGHT)
    assert found["sleep_latency_min"] + found["sleep_min"] + found["waso_min"] == found["recording_min"]
    assert sum(found[f"{stage}_percent"] for stage in ("N1", "N2", "N3", "REM")) == pytest.approx(100)


def test_what_lies_outside_the_scoring_is_no_part_of_the_night():
    assert of_night(["", "", *NIGHT, ""]) == of_night(NIGHT)


def test_slots_without_a_stage_are_neither_sleep_nor_wake_but_time_passes():
    """2 of wake, 2 without, sleep for 4 with 2 more without before REM, then wake for 2."""
    found = of_night(["W", "W", "", "?", "N2", "N2", "", "movement", "REM", "REM", "W", "W"])
    assert (found["recording_min"], found["sleep_min"], found["gap_min"]) == (6, 2, 2)
    assert found["sleep_latency_min"] == 2 and found["rem_latency_min"] == 2, "over the gaps"
    assert found["waso_min"] == 1 and found["efficiency"] == pytest.approx(100 * 2 / 6)
    assert found["N2_percent"] == 50


def test_sleep_that_begins_with_rem_has_a_rem_latency_of_zero():
    found = of_night(["REM", "N2"])
    assert found["sleep_latency_min"] == 0 and found["rem_latency_min"] == 0 and found["waso_min"] == 0


def test_a_night_without_sleep_or_without_rem_has_no_latency_of_it():
    awake = of_night(["W"] * 4)
    assert awake["sleep_min"] == 0 and awake["efficiency"] == 0 and awake["recording_min"] == 2
    assert all(numpy.isnan(awake[name]) for name in ("sleep_latency_min", "rem_latency_min", "waso_min", "N2_percent"))
    assert numpy.isnan(of_night(["W", "N2"])["rem_latency_min"]) and of_night(["W", "N2"])["REM_percent"] == 0
    assert of_night(["", "movement"]) is None and of_night([]) is None


def test_nights_are_taken_from_the_ledger_with_what_was_dropped_and_without_those_that_nobody_scored():
    """Slots out of order; one dropped for a telemetry error, which the scorer staged."""
    ledger = pandas.DataFrame({"recording": ["b"] * 4 + ["a"] * 2, "epoch": [3, 0, 1, 2, 0, 1], "stage": ["REM", "W", "N2", "N2", "", ""],
                               "kept": [True, True, False, True, True, True], "reason": ["", "", "marker error", "", "", ""]})
    found = of_nights(ledger)
    assert found["recording"].tolist() == ["b"]
    row = found.iloc[0]
    assert (row["sleep_min"], row["sleep_latency_min"], row["rem_latency_min"]) == (1.5, 0.5, 1.0)
    assert list(of_nights(ledger[ledger["recording"] == "a"]).columns) == ["recording", *MEASURES]


def test_a_hypnogram_of_a_telemetry_night_gives_its_known_minutes():
    """ST7132 as its annotations add up: W 1800, N1 2670, N2 11520, N3 2490 + 600, REM 6480 s, in bouts of any order."""
    found = of_night(stages(("W", 60), ("N1", 89), ("N2", 384), ("N3", 103), ("REM", 216)))
    assert found["sleep_min"] == pytest.approx((2670 + 11520 + 2490 + 600 + 6480) / 60)
    assert found["REM_percent"] == pytest.approx(100 * 6480 / 23760)
