"""Pairs of a subject's nights against means taken by hand, and the test that they are the picture of."""

import numpy
import pandas
import pytest

from helpers.analysis.paired_nights import paired_nights
from helpers.analysis.regression import regress_all

from . import synthetic

RULE = "eps=100"


@pytest.fixture(scope="module")
def shares():
    return synthetic.shares(seed=3, rules=(RULE,), subjects=6, epochs=80)


@pytest.fixture(scope="module")
def people():
    return synthetic.covariates(6)


@pytest.fixture(scope="module")
def pairs(shares, people):
    return paired_nights(shares, people, [RULE])


def _by_hand(shares, recording, stage, modality, pooled):
    """Percent of one night: each epoch's share averaged over folds, then over epochs; or the part of all relevance."""
    mine = shares[(shares["recording"] == recording) & (shares["true"] == stage) & (shares["predicted"] == stage)
                  & (shares["modality"] == modality)]
    if not pooled:
        return 100 * mine.groupby("epoch")["share"].mean().mean()
    weights = numpy.exp(mine["log_total"] - mine["log_total"].max())
    return 100 * (mine["share"] * weights).sum() / weights.sum()


@pytest.mark.parametrize("averaging", ["mean", "pooled"])
def test_shares_of_nights_are_those_taken_by_hand(averaging, shares, pairs):
    mine = pairs[(pairs["averaging"] == averaging) & (pairs["subject"] == "s02")]
    assert len(mine) == 15 and set(zip(mine["level"], mine["reference"])) == {("temazepam", "placebo")}
    for row in mine.itertuples():
        for found, recording in ((row.at_reference, "s02n0"), (row.at_level, "s02n1")):
            assert found == pytest.approx(_by_hand(shares, recording, row.stage, row.modality, averaging == "pooled"), rel=1e-9)


def test_the_mean_change_is_the_coefficient_that_the_permutation_tests(shares, people, pairs):
    table, _ = regress_all(shares, people, [RULE])
    tested = table[(table["averaging"] == "mean") & (table["rows"] == "nights") & (table["scale"] == "percent")
                   & (table["selection"] == "correct") & (table["covariate"] == "medication")]
    mine = pairs[pairs["averaging"] == "mean"]
    change = (mine["at_level"] - mine["at_reference"]).groupby([mine["stage"], mine["modality"]]).mean()
    for row in tested.itertuples():
        assert change[row.stage, row.modality] == pytest.approx(row.coefficient_permutation, rel=1e-9)


def test_a_night_with_fewer_than_five_epochs_of_a_stage_makes_no_pair(shares, people):
    here = (shares["recording"] == "s02n1") & (shares["true"] == "N1") & (shares["predicted"] == "N1")
    four = shares.loc[here, "epoch"].unique()[:4]
    fewer = paired_nights(shares[~here | shares["epoch"].isin(four)], people, [RULE])
    lost = fewer[(fewer["subject"] == "s02") & (fewer["stage"] == "N1")]
    assert lost.empty and "s02" in set(fewer.loc[fewer["stage"] == "N2", "subject"])
    five = shares.loc[here, "epoch"].unique()[:5]
    assert len(paired_nights(shares[~here | shares["epoch"].isin(five)], people, [RULE])) == len(fewer) + 6


def test_levels_of_a_covariate_are_held_against_the_reference_that_is_asked_for(shares, people, pairs):
    other = paired_nights(shares, people, [RULE], {"medication": "temazepam"})
    assert set(other["reference"]) == {"temazepam"} and set(other["level"]) == {"placebo"}
    numpy.testing.assert_allclose(other["at_level"], pairs["at_reference"])


def test_three_drugs_make_pairs_of_each_with_the_reference(shares, people):
    third = shares[shares["recording"].str.endswith("n1")].assign(recording=lambda table: table["recording"].str[:-1] + "2")
    three = pandas.concat([people, people[people["medication"] == "temazepam"].assign(
        medication="zolpidem", recording=lambda table: table["recording"].str[:-1] + "2")])
    found = paired_nights(pandas.concat([shares, third]), three, [RULE])
    assert set(found["level"]) == {"temazepam", "zolpidem"} and set(found["reference"]) == {"placebo"}
    of = {level: found[found["level"] == level].reset_index(drop=True)["at_level"] for level in ("temazepam", "zolpidem")}
    numpy.testing.assert_allclose(of["temazepam"].sort_values(), of["zolpidem"].sort_values(), rtol=1e-6)


def test_what_is_the_same_in_all_nights_of_a_subject_makes_no_pairs(shares, people):
    assert paired_nights(shares, people.drop(columns="medication"), [RULE]).empty
    assert paired_nights(shares, people[["recording", "subject"]], [RULE]).empty
