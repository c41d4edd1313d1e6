"""Dates that are shifted say nothing of when a person slept; clock times stay."""

import pytest

from helpers.data.dates import shifted


@pytest.mark.parametrize("start, expected", [("1989-05-07T23:58:00", "2000-01-01T23:58:00"),
                                             ("2024-02-29T00:00:01.500000", "2000-01-01T00:00:01.500000")])
def test_a_night_is_moved_to_one_day_with_its_clock_time_kept(start, expected):
    info = {"start": start, "duration_s": 30.0}
    assert shifted(info) == {"start": expected, "duration_s": 30.0}
    assert info["start"] == start and shifted(shifted(info)) == shifted(info)
