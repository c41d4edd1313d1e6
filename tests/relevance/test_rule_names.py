"""How a rule is written, and what it says of itself: its label, its place among others, what iNNvestigate makes of it."""

import pytest

from helpers.errors import InputError
from helpers.relevance import rules


@pytest.mark.parametrize("name, rule", [("eps=0.01", rules.Epsilon(0.01)), ("eps=1e-3", rules.Epsilon(0.001)),
                                        ("alpha1beta0", rules.AlphaBeta(1, 0)), ("alpha2beta1", rules.AlphaBeta(2, 1)),
                                        ("alpha1beta0-nobias", rules.AlphaBeta(1, 0, bias=False))])
def test_names_stand_for_rules(name, rule):
    assert rules.parse(name) == rule


@pytest.mark.parametrize("name", ["eps", "eps=-1", "eps=0", "alpha2beta0", "gradient", ""])
@pytest.mark.parametrize("read", [rules.parse, rules.canonical])
def test_a_name_that_stands_for_no_rule_is_named(name, read):
    with pytest.raises(InputError, match="rule"):
        read(name)


@pytest.mark.parametrize("written, name", [
    ("eps=1e-2", "eps=0.01"), ("eps=0.010", "eps=0.01"), ("eps=100.", "eps=100"), ("eps=1e2", "eps=100"),
    ("alpha2.0beta1", "alpha2beta1"), ("alpha1beta0.0-nobias", "alpha1beta0-nobias"), ("gamma=25e-2", "gamma=0.25"),
    ("lrp0", "lrp0"), ("composite", "composite")])
def test_a_rule_has_one_canonical_name_however_its_numbers_are_written(written, name):
    assert rules.canonical(written) == name
    assert rules.parse(written) == rules.parse(name)


@pytest.mark.parametrize("name, label", [
    ("eps=0.01", "ε = 0.01"), ("eps=100", "ε = 100"), ("gamma=0.25", "γ = 0.25"), ("alpha1beta0", "α1β0"),
    ("alpha2beta1", "α2β1"), ("alpha1beta0-nobias", "α1β0 without bias"), ("lrp0", "LRP-0"), ("wsquare", "w²"),
    ("flat", "flat"), ("zb", "zᴮ"), ("composite", "composite"), ("occlusion", "occlusion")])
def test_rules_are_labelled_as_people_write_them(name, label):
    assert rules.label(name) == label


def test_epsilon_comes_first_by_its_size_and_others_follow_by_name():
    names = ["zb", "eps=100", "alpha1beta0", "eps=9", "gamma=0.25", "eps=0.01", "eps=100", "alpha1beta0-nobias"]
    assert rules.ordered(names) == ["eps=0.01", "eps=9", "eps=100", "alpha1beta0", "alpha1beta0-nobias", "gamma=0.25", "zb"]


@pytest.mark.parametrize("name, formula", [
    ("eps=1", rules.SAME_FORMULA), ("alpha1beta0", rules.OTHER_FORMULA), ("alpha1beta0-nobias", rules.SAME_FORMULA),
    ("alpha2beta1", None), ("alpha2beta1-nobias", None), *((name, None) for name in ("lrp0", "gamma=1", "wsquare", "flat",
                                                                                    "zb", "composite"))])
def test_a_rule_says_whether_innvestigate_follows_its_formula(name, formula):
    assert rules.parse(name).innvestigate == formula


def test_a_rule_with_biases_names_the_one_without():
    assert rules.without_bias("alpha1beta0") == "alpha1beta0-nobias"
    assert [rules.without_bias(name) for name in ("alpha1beta0-nobias", "eps=1", "composite")] == [None] * 3
