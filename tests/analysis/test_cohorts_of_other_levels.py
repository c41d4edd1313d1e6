"""Claims name a level and its reference: cohorts with other drugs, more of them, other codes or the other reference."""

import numpy
import pandas
import pytest

from helpers.analysis.regression import regress_all

from . import synthetic, worlds
from .worlds import judged

MEDICATION, SEX, AGE = ("4a", "4b"), ("4c", "4d", "5d", "5e"), ("4e", "4f", "4g")
N2 = {("N2", "EEG", "medication"): 3.0, ("N2", "EOG", "medication"): -3.0}


def _terms(*medication, sex=("male", "female"), age=("", "")):
    return (*medication, ("sex", *sex), ("age", *age))


def test_a_cohort_on_another_drug_has_nothing_to_say_on_temazepam():
    terms = _terms(("medication", "zolpidem", "placebo"))
    for claim in (*MEDICATION, "8f"):
        row, specifications = judged(claim, of_regression=worlds.regression(N2, terms=terms),
                                     people=worlds.covariates(("placebo", "zolpidem")))
        assert row["verdict"] == "not applicable" and "never temazepam" in row["found"] and not len(specifications)


@pytest.mark.parametrize("reference, verdict", [("placebo", "holds"), ("temazepam", "fails"), ("aspirin", "not applicable")])
def test_of_three_drugs_the_pair_that_the_claim_names_is_taken(reference, verdict):
    """In `points` every drug but its reference has more EEG in N2; placebo against temazepam is then the other way round."""
    drugs = ("aspirin", "placebo", "temazepam")
    terms = _terms(*(("medication", drug, reference) for drug in drugs if drug != reference))
    table = worlds.regression(N2, terms=terms)
    table.loc[table["level"] == "aspirin", [f"coefficient_{test}" for test in worlds.TESTS]] *= -5
    row, _ = judged("4b", of_regression=table, people=worlds.covariates(drugs))
    assert row["verdict"] == verdict, row["found"]
    assert (reference == "aspirin") == ("name placebo as its reference" in row["found"])


def test_a_verdict_does_not_turn_with_the_reference_of_a_cohort():
    points = {(stage, "EEG", "sex"): -3.0 for stage in ("N1", "N2", "N3", "REM")}
    turned = worlds.regression({key: 3.0 for key in points}, terms=_terms(("medication", "temazepam", "placebo"),
                                                                         sex=("female", "male")))
    for table in (worlds.regression(points), turned):
        row, specifications = judged("4c", of_regression=table)
        assert row["verdict"] == "holds"
        assert (specifications["low"] < specifications["value"]).all() and (specifications["high"] < 0).all()


@pytest.mark.parametrize("codes", [(1.0, 2.0), (0.0, 1.0)])
def test_sex_in_numbers_is_not_applicable_and_says_how_to_write_it(codes):
    table = worlds.regression({(stage, "EEG", "sex"): -3.0 for stage in ("N1", "N2", "N3", "REM")},
                              terms=_terms(("medication", "temazepam", "placebo"), sex=("", "")))
    for claim in (*SEX, "8f"):
        row, _ = judged(claim, of_regression=table, people=worlds.covariates(sex=codes))
        assert row["verdict"] == "not applicable" and "written as female and male" in row["found"]


def test_sex_in_letters_is_not_applicable_and_says_how_to_write_it():
    table = worlds.regression(terms=_terms(("medication", "temazepam", "placebo"), sex=("m", "f")))
    row, _ = judged("4c", of_regression=table, people=worlds.covariates(sex=("f", "m")))
    assert row["verdict"] == "not applicable" and "write female and male" in row["found"]


@pytest.mark.parametrize("claim, missing", [*((claim, "medication") for claim in MEDICATION), *((claim, "sex") for claim in SEX),
                                            *((claim, "age") for claim in AGE)])
def test_a_covariate_that_nobody_knows_is_not_applicable(claim, missing):
    table = worlds.regression(terms=[term for term in worlds.TERMS if term[0] != missing])
    row, _ = judged(claim, of_regression=table, people=worlds.covariates().drop(columns=missing))
    assert row["verdict"] == "not applicable" and f"nothing is known of {missing}" in row["found"]


def test_age_in_words_is_not_applicable():
    people = worlds.covariates().assign(age=lambda table: numpy.where(table["age"] > 40, "old", "young"))
    row, _ = judged("4e", of_regression=worlds.regression(terms=(*worlds.TERMS[:2], ("age", "young", "old"))), people=people)
    assert row["verdict"] == "not applicable" and "no number" in row["found"]


def test_without_any_covariate_shares_are_judged_and_effects_are_not():
    people = worlds.covariates()[["recording", "subject"]]
    assert judged("4b", of_regression=pandas.DataFrame(), people=people)[0]["verdict"] == "not applicable"
    assert judged("2g", of_regression=pandas.DataFrame(), people=people)[0]["verdict"] == "holds"


def test_the_range_of_age_decides_what_no_effect_is():
    """0.05 points a year are 2.5 points from 20 to 70 and 1 point from 20 to 40."""
    table = worlds.regression({("W", "EEG", "age"): 2.5})
    assert judged("4e", of_regression=table)[0]["verdict"] == "fails"
    row, _ = judged("4e", of_regression=table, people=worlds.covariates(ages=(20.0, 40.0)))
    assert row["verdict"] == "holds" and "age from 20 to 40 = 1.0" in row["found"]


@pytest.fixture(scope="module")
def six():
    """Six subjects who differ much and in whom age does nothing."""
    people = synthetic.covariates(6)
    table = synthetic.shares(seed=3, rules=("eps=100",), subjects=6, epochs=30, folds=2, subject_sd=12)
    return table, people, regress_all(table, people, ["eps=100"])[0]


def test_six_subjects_cannot_show_that_there_is_no_effect(six):
    shares, people, regression = six
    row, specifications = judged("4e", shares, regression, people=people)
    valid = specifications[specifications["test"].isin(["clustered", "permutation"])]
    assert len(valid) and set(valid["verdict"]) == {"undecided"}
    assert (valid["high"] - valid["low"]).min() > 10


@pytest.mark.parametrize("sex", ["female", "male"])
def test_a_real_regression_is_read_alike_from_either_reference(sex):
    shares = synthetic.shares(seed=2, rules=("eps=100",), epochs=30, folds=2, effects=(("N2", "EEG", "male", -12),))
    people = synthetic.covariates()
    table, _ = regress_all(shares, people, ["eps=100"], {"sex": sex})
    _, found = judged("4d", shares, table, people=people)
    value = found.loc[found["test"] == "clustered", ["value", "low", "high"]].iloc[0]
    assert value["low"] < value["value"] < value["high"] < -2
