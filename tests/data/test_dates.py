"""Dates that are shifted say nothing of when a person slept; clock times stay."""

import pytest

from helpers.data.dates import shifted


@pytest.mark.parametrize("start, expected", [("1989-05-07T23:58:00", "2000-01-01T23:58:00"),
                                             ("2024-02-29T00:00:01.500000", "2000-01-01T00:00:01.500000")])
def test_a_night_is_moved_to_one_day_with_its_clock_time_kept(start, expected):
    info = {"start": start, "duration_s": 30.0}
    assert shifted(info) == {"start": expected, "duration_s": 30.0}
    assert info["start"] == start and shifted(shifted(info)) == shifted(info)


def test_epochs_hand_out_shifted_dates_where_asked(tmp_path):
    from small_nights import write_night

    from helpers.data.epochs import Epochs, make_epochs

    cohort, _ = write_night(tmp_path)
    make_epochs(cohort, "night", tmp_path / "epochs")
    starts = [Epochs({"night": tmp_path / "epochs"}, shift_dates=shift).info("night")["start"] for shift in (False, True)]
    assert starts == ["1994-07-01T23:50:00", "2000-01-01T23:50:00"]
