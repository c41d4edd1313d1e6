"""What one training epoch shows the network."""

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.model.batches import batches, class_weights, draw


def test_without_a_size_every_row_comes_once_in_another_order():
    rows = numpy.arange(100, 150)
    drawn = draw(rows, numpy.zeros(50, int), 0, numpy.random.default_rng(0))
    assert sorted(drawn) == list(rows) and list(drawn) != list(rows)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 80), st.integers(0, 9))
def test_a_draw_is_as_equal_over_stages_as_can_be_and_repeats_rows_evenly(stages, size, seed):
    stages = numpy.array(stages)
    rows = numpy.arange(len(stages)) + 1000
    drawn = draw(rows, stages, size, numpy.random.default_rng(seed))
    assert len(drawn) == size and set(drawn) <= set(rows)
    present = numpy.unique(stages)
    per_stage = numpy.bincount(stages[drawn - 1000], minlength=5)[present]
    assert per_stage.max() - per_stage.min() <= 1
    for stage in present:
        uses = [(drawn == row).sum() for row in rows[stages == stage]]
        assert max(uses) - min(uses) <= 1


def test_balanced_weights_give_each_stage_that_occurs_the_same_say():
    weights = class_weights(numpy.array([0] * 6 + [2] * 3 + [4]), 5, "balanced")
    numpy.testing.assert_allclose(weights, [10 / 18, 0, 10 / 9, 0, 10 / 3], rtol=1e-6)
    assert class_weights(numpy.array([0, 0, 1]), 5, "none").tolist() == [1] * 5


def test_batches_cut_all_rows_in_order_and_the_last_is_what_is_left():
    assert [list(batch) for batch in batches(numpy.arange(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
