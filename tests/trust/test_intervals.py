"""Intervals over subjects, held to a loop that draws whole sleepers and puts their epochs side by side."""

import warnings

import numpy
import pandas
import pytest

from helpers.trust.intervals import by_subject, means, of_stages, over_subjects


def nights(subjects=9, seed=4):
    """Epochs of sleepers who differ in level and in number of epochs."""
    random, rows = numpy.random.default_rng(seed), []
    for subject in range(subjects):
        level = random.normal()
        rows += [(f"s{subject}", level + .3 * random.normal()) for _ in range(random.integers(3, 30))]
    return pandas.DataFrame(rows, columns=["subject", "value"])


def test_intervals_are_those_of_a_loop_that_draws_whole_sleepers():
    table, random = nights(), numpy.random.default_rng(77)
    of_subject = [rows["value"].to_numpy() for _, rows in table.groupby("subject")]
    drawn = [numpy.concatenate([of_subject[at] for at in random.integers(len(of_subject), size=len(of_subject))]).mean() for _ in range(6000)]
    [value], [low], [high] = means(table, ["value"], draws=6000)
    assert value == pytest.approx(table["value"].mean())
    assert [low, high] == pytest.approx(numpy.percentile(drawn, [2.5, 97.5]).tolist(), abs=.05)
    assert high - low > .5, "sleepers differ, so that a slip of .05 in an end is small"


def test_the_same_draws_give_the_same_ends_as_sums_taken_one_by_one():
    """A ratio of sums, which is not the mean of ratios."""
    sums = numpy.random.default_rng(0).uniform(1, 5, (7, 2))
    value, low, high = over_subjects(sums, lambda added: added[:, :1] / added[:, 1:], draws=300, seed=5)
    ratios = []
    for counts in numpy.random.default_rng(5).multinomial(7, [1 / 7] * 7, 300):
        members = [subject for subject, count in enumerate(counts) for _ in range(count)]
        ratios.append(sum(sums[member, 0] for member in members) / sum(sums[member, 1] for member in members))
    assert value[0] == pytest.approx(sums[:, 0].sum() / sums[:, 1].sum())
    assert [low[0], high[0]] == pytest.approx(numpy.percentile(ratios, [2.5, 97.5]).tolist())


def test_epochs_written_down_twice_leave_an_interval_as_it_was():
    table = nights()
    once, twice = (means(rows, ["value"], seed=3) for rows in (table, pandas.concat([table, table])))
    numpy.testing.assert_allclose(once, twice, rtol=1e-12)
    assert not numpy.allclose(once, means(table, ["value"], seed=4), rtol=1e-6)


def test_one_sleeper_has_a_value_and_no_interval():
    value, low, high = means(pandas.DataFrame({"subject": "s", "a": [1.0, 3.0], "b": [5.0, numpy.nan]}), ["a", "b"])
    assert value.tolist() == [2, 5] and numpy.isnan([low, high]).all()


def test_what_is_not_known_is_left_out_of_its_own_column_alone():
    """b is known of one of two sleepers: draws without that one say nothing of it, and every other draw says 7."""
    table = pandas.DataFrame({"subject": ["s", "s", "t", "t"], "a": [1.0, 2.0, 3.0, 6.0], "b": [numpy.nan, 7.0, numpy.nan, numpy.nan],
                              "c": numpy.nan})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, low, high = means(table, ["a", "b", "c"])
    assert value[:2].tolist() == [3, 7] and (low[1], high[1]) == (7, 7)
    assert (low[0], high[0]) == (1.5, 4.5), "either sleeper twice is drawn in a quarter of the draws each"
    assert numpy.isnan([value[2], low[2], high[2]]).all()


def test_sums_are_added_up_by_sleeper_in_the_order_of_names():
    found = by_subject(numpy.array([[1, 10], [2, 20], [4, 40.]]), ["t", "s", "t"])
    assert found.tolist() == [[2, 20], [5, 50]]


def test_stages_are_all_epochs_then_each_that_somebody_scored():
    table = pandas.DataFrame({"true": ["N2", "", "REM", "N2"], "value": range(4)})
    assert [(stage, rows["value"].tolist()) for stage, rows in of_stages(table)] == [("all", [0, 1, 2, 3]), ("N2", [0, 3]), ("REM", [2])]
