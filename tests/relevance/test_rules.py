"""A rule says what it is called, how it is shown and where it stands; names are read in one place."""

import pytest
from helpers.errors import InputError
from helpers.relevance import rules

LABELS = {
    "eps=0.01": "ε = 0.01", "eps=100": "ε = 100", "gamma=0.25": "γ = 0.25", "alpha1beta0": "α1β0", "alpha2beta1": "α2β1",
    "alpha1.5beta0.5": "α1.5β0.5", "alpha1beta0-nobias": "α1β0 without bias", "lrp0": "LRP-0", "wsquare": "w²",
    "zb": "z^B", "flat": "flat", "composite": "composite", "none": "none", "eps=-1": "eps=-1",
}


@pytest.mark.parametrize("name, label", LABELS.items())
def test_figures_show_a_rule_by_its_sign_and_any_other_name_as_it_is(name, label):
    assert rules.label(name) == label


@pytest.mark.parametrize("written, name", {
    "eps=1e-2": "eps=0.01", "eps=100.": "eps=100", "eps=1e2": "eps=100",
    "eps=1e-20": "eps=1e-20", "gamma=0.250": "gamma=0.25", "alpha1.0beta0.0": "alpha1beta0",
    "alpha2.0beta1-nobias": "alpha2beta1-nobias", "lrp0": "lrp0", "wsquare": "wsquare", "flat": "flat", "zb": "zb",
    "composite": "composite"}.items())
def test_a_rule_has_one_name_however_its_numbers_are_written(written, name):
    assert rules.canonical(written) == name == rules.canonical(name)
    assert rules.label(written) == rules.label(name)


def test_every_form_of_a_name_parses_again_from_the_name_that_the_rule_gives_itself():
    for form in rules.FORMS:
        name = form.replace("alphaNUMBERbetaNUMBER", "alpha2beta1").replace("NUMBER", "0.5")
        assert rules.parse(name).name == name
        assert rules.parse(rules.parse(name).name) == rules.parse(name)


@pytest.mark.parametrize("name", ["none", "eps", "eps=-1", "Eps=0.01", "eps=.01", "alpha1beta1"])
def test_a_name_of_no_rule_has_no_canonical_form(name):
    with pytest.raises(InputError, match=f"rule '{name}'"):
        rules.canonical(name)


def test_epsilons_come_first_by_size_then_the_others_by_name_each_once():
    names = ["lrp0", "eps=100", "gamma=0.25", "alpha1beta0", "eps=0.01", "eps=9", "none", "eps=100", "zb"]
    assert rules.ordered(names) == ["eps=0.01", "eps=9", "eps=100", "alpha1beta0", "gamma=0.25", "lrp0", "none", "zb"]


def test_innvestigate_has_epsilon_and_alpha_1_beta_0_and_differs_where_biases_take_part():
    known = {name: (rules.parse(name).in_innvestigate, rules.parse(name).same_in_innvestigate)
            for name in ("eps=0.01", "alpha1beta0", "alpha1beta0-nobias")}
    assert known == {"eps=0.01": (True, True), "alpha1beta0": (True, False), "alpha1beta0-nobias": (True, True)}
    assert not any(rules.parse(name).in_innvestigate for name in ("lrp0", "gamma=0.25", "alpha2beta1", "flat", "zb", "composite"))
