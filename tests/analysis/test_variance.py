"""Variances known by construction, and an analysis of variance written by hand where nights are balanced."""

import numpy
import pandas
import pytest

from helpers.analysis import variance
from helpers.analysis.covariate_design import design_of

from . import synthetic
from .drawn_epochs import epochs, shares_of


def balanced(subjects, between, within, seed=0):
    """(means, subjects, medication, sex) of two nights each."""
    random = numpy.random.default_rng(seed)
    means = numpy.repeat(random.normal(0, between, subjects), 2) + random.normal(0, within, 2 * subjects)
    return means, numpy.repeat([f"s{at:02d}" for at in range(subjects)], 2), numpy.tile([0.0, 1], subjects), \
        numpy.repeat((numpy.arange(subjects) % 3 == 0) * 1.0, 2)


@pytest.mark.parametrize("seed", range(4))
def test_balanced_nights_have_the_variances_of_an_analysis_of_variance_by_hand(seed):
    means, subjects, medication, sex = balanced(22, 6, 3, seed)
    found = variance.fit_mixed(means + 2 * medication - 5 * sex, numpy.column_stack([numpy.ones(44), medication, sex]), subjects)
    pairs = means.reshape(-1, 2)
    change, middle, men = pairs[:, 1] - pairs[:, 0], pairs.mean(axis=1), sex[::2] == 1
    of_nights = ((change - change.mean()) ** 2).sum() / 2 / 21
    around = sum(((middle[group] - middle[group].mean()) ** 2).sum() for group in (men, ~men))
    assert found.nights == pytest.approx(of_nights, rel=1e-3)
    assert found.subjects == pytest.approx(around / 20 - of_nights / 2, rel=1e-3)
    assert "bound" not in found.note


def test_subjects_who_are_more_alike_than_nights_have_a_variance_of_0_and_it_is_said():
    pairs = numpy.random.default_rng(0).normal(0, 1, 22)
    means = numpy.column_stack([pairs, -pairs]).ravel()
    found = variance.fit_mixed(means, numpy.ones((44, 1)), numpy.repeat(numpy.arange(22).astype(str), 2))
    assert found.subjects == 0 and found.nights == pytest.approx((means**2).sum() / 43, rel=1e-3)
    assert "between subjects at its bound 0" in found.note


def test_what_optimisers_fail_at_is_said(monkeypatch):
    from statsmodels.regression.mixed_linear_model import MixedLM

    means, subjects, _, _ = balanced(10, 2, 1)
    whole, fit = variance.fit_mixed(means, numpy.ones((20, 1)), subjects), MixedLM.fit

    def fails(self, method, **options):
        if method == "lbfgs":
            raise numpy.linalg.LinAlgError("Singular matrix")
        return fit(self, method=method, **options)
    monkeypatch.setattr(MixedLM, "fit", fails)
    found = variance.fit_mixed(means, numpy.ones((20, 1)), subjects)
    assert found.note == "lbfgs: Singular matrix" and found.subjects == pytest.approx(whole.subjects, rel=1e-3)
    monkeypatch.setattr(variance, "_optimum", lambda *arguments: "did not converge")
    found = variance.fit_mixed(means, numpy.ones((20, 1)), subjects)
    assert numpy.isnan(found.subjects) and found.note == "lbfgs: did not converge; powell: did not converge"
    ends = {"lbfgs": (-10.0, 1.0, 0.5), "powell": (-12.0, 0.1, 0.7)}
    monkeypatch.setattr(variance, "_optimum", lambda *arguments: ends[arguments[-1]])
    found = variance.fit_mixed(means, numpy.ones((20, 1)), subjects)
    assert found.note == "powell: another optimum" and found.subjects == pytest.approx(means.var())


def test_single_nights_and_nights_that_are_all_the_same():
    values = numpy.random.default_rng(1).normal(0, 2, 30)
    found = variance.fit_mixed(values, numpy.ones((30, 1)), numpy.arange(30).astype(str))
    assert numpy.isnan(found.subjects) and found.nights == pytest.approx(values.var(ddof=1)) and "no subject has two" in found.note
    same = variance.fit_mixed(numpy.ones(4), numpy.ones((4, 1)), list("aabb"))
    assert same == variance.Mixed(0.0, 0.0, "all nights are the same")


def test_planted_variances_are_found_whatever_covariates_do():
    covariates = synthetic.covariates(150)
    random = numpy.random.default_rng(2)
    numbers = random.integers(10, 60, len(covariates))
    values = epochs(numbers, covariates["subject"], 2, random) * 25 + [50, 30]
    values[:, 0] += numpy.repeat(2 * (covariates["sex"] == "male") - 0.1 * (covariates["age"] - 50), numbers)
    table = variance.variances(shares_of(values, covariates, numbers), covariates, ["eps=0.01"])
    assert len(table) == 15 and (table.loc[table["stage"] != "N2", "reason"] != "").all()
    for row in table[(table["stage"] == "N2") & (table["modality"] != "EMG")].itertuples():
        assert row.between_subjects == pytest.approx(1.5**2, rel=0.25)
        assert row.between_nights - row.sampling == pytest.approx(1, rel=0.35)
        assert row.within_nights == pytest.approx(3**2, rel=0.05) and row.correlation == pytest.approx(0.6, abs=0.03)
        assert row.icc == pytest.approx(row.between_subjects / (row.between_subjects + row.between_nights))
        assert row.nights == 300 and row.subjects == 150


def by_networks(subjects, folds, between, seed=0):
    """(covariates, shares of the same ten epochs of each night by several folds, means (nights, folds) in percent)."""
    covariates = synthetic.covariates(subjects)[["recording", "subject"]]
    random = numpy.random.default_rng(seed)
    nights, numbers = 2 * subjects, numpy.full(2 * subjects, 10)
    means = random.normal(50, 3, (nights, 1)) + random.normal(0, between, (nights, folds))
    percent = [numpy.column_stack([numpy.repeat(of_fold, 10), numpy.full(10 * nights, 20.0)]) for of_fold in means.T]
    return covariates, pandas.concat([shares_of(percent[fold], covariates, numbers, fold=fold) for fold in range(folds)]), means


def test_networks_agree_as_far_as_the_intraclass_correlation_by_hand():
    covariates, shares, means = by_networks(10, 3, 2)
    row = variance.variances(shares, covariates, ["eps=0.01"]).set_index(["stage", "modality"]).loc[("N2", "EEG")]
    within = ((means - means.mean(axis=1, keepdims=True)) ** 2).sum() / (20 * 2)
    nights = 3 * ((means.mean(axis=1) - means.mean()) ** 2).sum() / 19
    assert row["between_networks"] == pytest.approx(within) and row["shared_subjects"] == 10
    assert row["icc_networks"] == pytest.approx((nights - within) / (nights + 2 * within))


def test_unequal_numbers_of_networks_leave_the_agreement_unbiased():
    found = []
    for seed in range(60):
        covariates, shares, _ = by_networks(10, 3, 2, seed)
        shares = shares[(shares["fold"] < 2) | (shares["subject"] < "s05")]
        design = design_of(covariates)
        means = variance.shared_epochs(shares)
        assert means.groupby("recording")["fold"].nunique().value_counts().to_dict() == {2: 10, 3: 10}
        found.append(variance.between_networks(means, "EEG", design))
    assert numpy.mean([one["between_networks"] for one in found]) == pytest.approx(4, rel=0.12)
    assert numpy.mean([one["icc_networks"] for one in found]) == pytest.approx(9 / 13, abs=0.06)


def test_epochs_that_one_network_misread_are_compared_for_none():
    covariates, shares, means = by_networks(10, 2, 2)
    wrong = shares.assign(predicted=numpy.where((shares["fold"] == 1) & (shares["epoch"] < 4), "N1", shares["predicted"]),
                          share=shares["share"] + 0.1 * (shares["epoch"] < 4))
    kept = variance.shared_epochs(wrong)
    numpy.testing.assert_allclose(kept.pivot(index="recording", columns="fold", values="EEG"), means)
    assert variance.shared_epochs(wrong[wrong["epoch"] < 8]).empty  # four epochs are left: too few


@pytest.mark.parametrize("subjects, folds", [(7, 2), (10, 1)])
def test_networks_are_not_compared_with_too_few_subjects_whom_several_tested(subjects, folds):
    covariates, shares, _ = by_networks(subjects, folds, 2)
    row = variance.variances(shares, covariates, ["eps=0.01"]).set_index(["stage", "modality"]).loc[("N2", "EEG")]
    assert numpy.isnan(row["between_networks"]) and "fewer than 8" in row["reason_networks"]
    assert row["shared_subjects"] == (7 if folds == 2 else 0)
