"""Who had which level first, against the telemetry nights and small tables read by eye."""

import pandas

from helpers.analysis.night_order import order_of_nights
from helpers.data import telemetry

from . import synthetic


def _counts(table):
    return {(row.among, row.among_level): (row.reference_first, row.level_first) for row in table.itertuples()}


def test_of_the_telemetry_subjects_twelve_had_placebo_first_and_five_of_seven_males():
    """Counted from the names of the files: the sixth letter is the number of the night."""
    nights = telemetry.recordings()
    people = pandas.DataFrame({"recording": nights["psg"].str[:6], "subject": nights["subject"].astype(str),
                               "medication": nights["medication"], "sex": nights["sex"], "age": nights["age"].astype(float)})
    table, enters = order_of_nights(people, dict(zip(people["recording"], people["recording"].str[5].astype(int))))
    by_hand = {"": [0, 0], "male": [0, 0], "female": [0, 0]}
    for _, rows in people.groupby("subject"):
        first = rows.sort_values("recording").iloc[0]
        for key in ("", first["sex"]):
            by_hand[key][first["medication"] == "temazepam"] += 1
    assert enters and _counts(table) == {("", ""): (12, 10), ("sex", "female"): (7, 8), ("sex", "male"): (5, 2)}
    assert {key: tuple(value) for key, value in by_hand.items()} == {level: counts for (_, level), counts in _counts(table).items()}


def test_the_level_that_came_first_is_the_one_with_the_lower_number():
    people = synthetic.covariates(4)
    numbers = {f"s{subject:02d}n{night}": (night if subject else 1 - night) + 1 for subject in range(4) for night in (0, 1)}
    table, enters = order_of_nights(people, numbers)
    assert enters and _counts(table)["", ""] == (3, 1)
    # s00 and s03 are male; s00 had temazepam first.
    assert _counts(table)["sex", "male"] == (1, 1) and _counts(table)["sex", "female"] == (2, 0)
    other, _ = order_of_nights(people, numbers, {"medication": "temazepam"})
    assert _counts(other)["", ""] == (1, 3)


def test_an_order_that_medication_says_already_is_counted_but_no_term():
    people = synthetic.covariates(4)
    numbers = {name: int(name[-1]) + 1 for name in people["recording"]}
    table, enters = order_of_nights(people, numbers)
    assert not enters and _counts(table)["", ""] == (4, 0)


def test_an_order_that_is_not_known_of_every_night_is_none():
    people = synthetic.covariates(4)
    for period in (None, {"s00n0": 1}, dict.fromkeys(people["recording"], 1)):
        table, enters = order_of_nights(people, period)
        assert table.empty and not enters


def test_without_anything_that_differs_within_subjects_the_order_still_enters():
    people = synthetic.covariates(4)
    numbers = {name: int(name[-1]) + 1 for name in people["recording"]}
    table, enters = order_of_nights(people.drop(columns="medication"), numbers)
    assert table.empty and enters
    assert order_of_nights(people[["recording", "subject"]], numbers)[1] is False
