"""Averages of shares within folds, held to sums written out in plain Python."""

import math

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.analysis.groups import fold_shares, spread

from . import synthetic

EPOCHS = st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(-90, 10)),
                  min_size=1, max_size=20)


def _table(drawn):
    rows = []
    for epoch, (*amounts, log_total) in enumerate(drawn):
        rows += [(0, "r", "s", epoch, "W", "W", "eps=1", name, amount / sum(amounts), amount / sum(amounts), 0.0, log_total)
                 for name, amount in zip(synthetic.MODALITIES, amounts)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule",
                                           "modality", "share", "positive", "negative", "log_total"])


@settings(max_examples=60, deadline=None)
@given(EPOCHS)
def test_the_mean_counts_every_epoch_the_same(drawn):
    table = _table(drawn)
    means = fold_shares(table).set_index("modality")
    for name in synthetic.MODALITIES:
        values = table.loc[table["modality"] == name, "share"].tolist()
        assert math.isclose(means.loc[name, "share"], math.fsum(values) / len(values), rel_tol=1e-9)
        assert min(values) - 1e-12 <= means.loc[name, "share"] <= max(values) + 1e-12
    assert math.isclose(means["share"].sum(), 1, rel_tol=1e-9) and (means["n"] == len(drawn)).all()


@settings(max_examples=60, deadline=None)
@given(EPOCHS)
def test_pooled_is_the_ratio_of_summed_relevance(drawn):
    table = _table(drawn)
    means = fold_shares(table, "pooled").set_index("modality")["share"]
    total = math.fsum(math.exp(log_total) for *_, log_total in drawn)
    for at, name in enumerate(synthetic.MODALITIES):
        received = math.fsum(math.exp(log_total) * amounts[at] / sum(amounts) for *amounts, log_total in drawn)
        assert math.isclose(means[name], received / total, rel_tol=1e-9)


def test_pooled_stays_right_where_relevance_itself_would_underflow():
    means = fold_shares(_table([(3, 1, 1, -2000), (1, 1, 3, -2000 + math.log(3))]), "pooled").set_index("modality")
    assert math.isclose(means.loc["EEG", "share"], (3 / 5 + 3 * 1 / 5) / 4)


def test_epochs_without_relevance_are_left_out_and_counted():
    table = _table([(1, 1, 2, 0.0), (1, 2, 1, 0.0), (2, 1, 1, 0.0)])
    lost = table["epoch"] >= 1
    table.loc[lost, ["share", "positive", "negative"]] = numpy.nan
    table.loc[lost, "log_total"] = -numpy.inf
    for averaging in ("mean", "pooled"):
        means = fold_shares(table, averaging).set_index("modality")
        assert means["share"].tolist() == [0.25, 0.25, 0.5]
        assert (means["n"] == 1).all() and (means["without_relevance"] == 2).all()


def test_groups_are_those_that_occur_and_their_sizes_add_up():
    shares = synthetic.shares(epochs=30, rules=("eps=1",))
    means = fold_shares(shares.astype({"true": "category", "predicted": "category"}), by=("true", "predicted"))
    assert means["n"].sum() == len(shares) and (means["n"] > 0).all()


def test_the_spread_at_equal_numbers_takes_the_size_of_a_group_out_of_the_comparison():
    """Correct and misclassified epochs are drawn alike here: fewer epochs alone make the misclassified vary more."""
    table = spread(synthetic.shares(seed=3, rules=("eps=1",), wrong=0.15, epochs=200, subject_sd=0), draws=40)
    assert (table["sd"] > table["sd_correct"]).mean() > 0.8
    assert table["sd"].mean() / table["sd_correct_equal"].mean() == pytest.approx(1, abs=0.2)


def test_the_spread_is_the_standard_deviation_of_fold_means():
    shares = synthetic.shares(seed=4, rules=("eps=1",), epochs=80)
    row = spread(shares, draws=1).iloc[0]
    chosen = shares[shares["modality"] == row["modality"]]
    for column, stage in (("sd", row["predicted"]), ("sd_correct", row["true"])):
        group = chosen[(chosen["true"] == row["true"]) & (chosen["predicted"] == stage)]
        assert row[column] == pytest.approx(group.groupby("fold")["share"].mean().std(ddof=1))
