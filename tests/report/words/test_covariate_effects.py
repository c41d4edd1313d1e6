"""Sentences on the order of nights, the smallest detectable effects, pairs of nights and joint tests."""

import numpy
import pandas
import pytest
from made_tables import joint, pairs, regression

from helpers.report.words import covariate_effects as effects
from helpers.report.words.markdown import plain

NAMES = ["covariate", "level", "reference", "among", "among_level", "reference_first", "level_first"]


def first(*rows):
    return pandas.DataFrame([("medication", "temazepam", "placebo", *row) for row in rows], columns=NAMES)


def test_an_order_that_goes_with_sex_is_said_to_be_confounded():
    said = effects.order(first(("", "", 12, 10), ("sex", "female", 7, 8), ("sex", "male", 5, 2)), True).data
    assert "enters the clustered test and the permutation as a covariate, not the paper's OLS" in said
    assert "In **12 subjects placebo came first, in 10 temazepam**" in said
    assert "7 to 8 among female and 5 to 2 among male: order and sex are confounded" in said


def test_an_order_that_is_alike_in_both_sexes_is_not():
    said = effects.order(first(("", "", 9, 6), ("sex", "female", 6, 4), ("sex", "male", 3, 2)), True).data
    assert "order and sex are not confounded" in said


def test_an_order_that_is_the_same_for_all_is_no_term():
    said = effects.order(first(("", "", 9, 0), ("sex", "female", 6, 0)), False).data
    assert "no test can tell it apart" in said and "medication and order cannot be told apart" in said and "sex" not in said


def test_an_order_that_is_not_known_is_said_so():
    assert "not known of every night, or the same for all" in effects.order(first(), False).data
    assert "enters" in effects.order(first(), True).data and "not known" not in effects.order(first(), True).data


def test_the_smallest_detectable_effects_are_given_by_covariate():
    table = regression()
    table.loc[(table["covariate"] == "sex") & (table["stage"] == "W"), "detectable"] = 9.0
    said = effects.detectable(table).data
    assert "of 22 subjects" in said and "power of 80 %" in said
    assert "**1.8 points** (medication: temazepam against placebo; 1.8 to 1.8)" in said
    assert "**1.8 points** (sex: male against female; 1.8 to 9.0)" in said
    assert "**17.5 points** (age, per ten years; 17.5 to 17.5)" in said
    assert "not known" in effects.detectable(table.assign(detectable=numpy.nan)).data


def test_the_largest_change_within_subjects_is_named_with_how_many_go_along():
    said = effects.pairs(pairs(), "eps=100", "mean").data
    assert "EEG in N2, +3.0 points** (temazepam against placebo); it goes up in 3 of 3" in said
    assert said.startswith("ε = 100, mean of shares over a night's epochs")
    table = pairs()
    table.loc[(table["stage"] == "W") & (table["modality"] == "EOG") & (table["subject"] != "b"), "at_level"] = 10.0
    said = effects.pairs(table, "alpha1beta0", "pooled").data
    assert "α1β0, pooled" in said and "EOG in W, −7.0 points** (temazepam against placebo); it goes down in 3 of 3" in said
    assert "no pairs" in effects.pairs(table[:0], "eps=100", "mean").data


def test_joint_tests_are_counted_by_each_test_and_by_both():
    said = effects.joint(joint(), "eps=100", "mean").data
    assert said.startswith("ε = 100, mean of a night's log-ratios: of 15 joint tests")
    assert "clustered errors call **2** significant after correction, permutation **1**" in said
    assert "both **1** (medication temazepam in N2)" in said
    assert "Nights with fewer than 5 epochs are left out: 3 of N1; 7 shares of 0 became slightly more" in said
    whole = joint().assign(left_out=0)
    assert effects.joint(whole.assign(replaced=1), "eps=100", "pooled").data.endswith("No night is left out; 1 share of 0 became slightly more, as logarithms need.")
    assert effects.joint(whole.assign(replaced=0), "eps=100", "pooled").data.endswith("No night is left out, and no share is 0.")
    assert "None of 15 joint tests" in effects.joint(joint().assign(p_clustered=numpy.nan), "eps=100", "mean").data


@pytest.mark.parametrize("tell", [
    lambda name: effects.order(first(("", "", 12, 10), ("sex", "f", 7, 8)).replace(["placebo", "f", "sex"], name), True),
    lambda name: effects.pairs(pairs().replace({"placebo": name}), "eps=100", "mean"),
    lambda name: effects.joint(joint().replace({"temazepam": name}), "eps=100", "mean"),
    lambda name: effects.detectable(regression().replace({"temazepam": name}))])
def test_names_from_files_are_text(tell):
    name = "<img src=x onerror=alert(1)>**b**"
    assert plain(name) in tell(name).data and "<img" not in tell(name).data


def test_without_covariates_there_is_nothing_to_say():
    for said in (effects.detectable(pandas.DataFrame()), effects.joint(pandas.DataFrame(), "eps=100", "mean")):
        assert "nothing to regress on" in said.data
