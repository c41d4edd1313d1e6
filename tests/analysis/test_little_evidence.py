"""Little evidence must not look like much: few subjects, one fold, a sign the wrong way, a number nearly right."""

import numpy
import pandas
import pytest

from helpers.analysis.bootstrap import Bootstrap
from helpers.analysis.groups import spread
from helpers.analysis.regression import regress_all
from helpers.analysis.truth import check_truth

from . import synthetic, worlds

RULE = "eps=100"


@pytest.fixture(scope="module")
def shares():
    return synthetic.shares(seed=5, rules=(RULE,), epochs=40)


def test_no_more_subjects_than_terms_give_no_coefficients(shares):
    """The scores of G subjects sum to 0, so their covariance has rank G − 1 at most: too little for as many terms."""
    four = shares[shares["subject"].isin([f"s{number:02d}" for number in range(4)])]
    table = regress_all(four, synthetic.covariates(), [RULE])[0]
    of_epochs = table.query("rows == 'epochs' and averaging == 'mean' and selection == 'correct'")
    assert set(of_epochs["reason_clustered"]) == {"4 subjects with such epochs, too few for 4 terms"}
    assert table[["p_ols", "p_clustered"]].isna().all().all()


def test_a_stage_that_one_subject_alone_has_decides_nothing(shares):
    single = shares[(shares["true"] != "N1") | (shares["subject"] == "s00")]
    row, specifications = worlds.judged("2b", single)
    assert row["verdict"] == "undecided" and "too few subjects" in row["found"] and set(specifications["verdict"]) == {"undecided"}
    assert worlds.judged("2b", shares)[0]["verdict"] == "holds"


def test_an_interval_needs_as_many_subjects_in_each_set_as_asked(shares):
    few = shares[(shares["true"] != "N1") | shares["subject"].isin([f"s{number:02d}" for number in range(5)])]
    keys = [(RULE, "N1", "correct", name) for name in ("EEG", "EOG")]
    assert numpy.isnan(Bootstrap(few, 50, 1, least=6).interval(numpy.subtract, *keys).low)
    assert numpy.isfinite(Bootstrap(few, 50, 1, least=5).interval(numpy.subtract, *keys).low)


def test_a_group_with_relevance_in_one_fold_only_has_no_spread(shares):
    wrong = (shares["true"] == "W") & (shares["predicted"] == "N1") & (shares["fold"] > 0)
    table = spread(shares.assign(share=shares["share"].mask(wrong)), draws=2)
    assert len(table) and not len(table[(table["true"] == "W") & (table["predicted"] == "N1")])
    assert (spread(shares, draws=2).query("true == 'W' and predicted == 'N1'")["sd"] > 0).all()


def test_a_planted_effect_that_could_not_be_estimated_has_not_passed(shares):
    regression = worlds.regression({("N2", "EEG", "medication"): 3.0}, rules=(RULE,)).assign(q_clustered=numpy.nan)
    lost = pandas.DataFrame([("exchange", "N2", "EEG", 0.4, 10)], columns=["replacement", "stage", "modality", "lost", "n"])
    truth = {"leading": dict.fromkeys(("W", "N1", "N2", "N3", "REM"), "EEG"),
             "effects": [{"stage": "N2", "modality": "EEG", "covariate": "medication", "direction": 1}]}
    checks = check_truth(truth, shares, lost, regression)
    row = checks[checks["check"] == "covariate effect"].iloc[0]
    assert not row["passed"] and row["found"] == "not estimated"


def test_bootstrap_intervals_cover_what_subjects_share(shares):
    """The interval of a mean over subjects is about ±1.96 standard errors of the subjects' means."""
    bootstrap = Bootstrap(shares, 2000, 1)
    found = bootstrap.interval(lambda mean: mean, ("eps=100", "N2", "correct", "EEG"))
    right = shares[(shares["rule"] == "eps=100") & (shares["true"] == "N2") & (shares["predicted"] == "N2")
                   & (shares["modality"] == "EEG")]
    assert found.value == pytest.approx(100 * right["share"].mean())
    se = 100 * right.groupby("subject")["share"].mean().std() / numpy.sqrt(right["subject"].nunique())
    assert found.high - found.low == pytest.approx(2 * 1.96 * se, rel=0.25)
