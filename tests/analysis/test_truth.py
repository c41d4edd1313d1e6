"""Planted truth against tables in which it is known what was found."""

import numpy
import pandas
import pytest

from helpers.analysis.truth import check_truth

from . import synthetic, worlds


@pytest.fixture(scope="module")
def shares():
    effects = (("N2", "EEG", "temazepam", 8), ("N2", "EEG", "male", -6))
    return synthetic.shares(seed=2, epochs=80, effects=effects)


@pytest.fixture(scope="module")
def regression():
    return worlds.regression({("N2", "EEG", "medication"): 3.0})


def test_planted_truth_is_found_and_a_wrong_truth_is_not(shares, regression):
    effects = [{"stage": "N2", "modality": "EEG", "covariate": "medication", "direction": 1}]
    leading = {"W": "EEG", "N1": "EOG", "N2": "EEG", "N3": "EEG", "REM": "EOG"}
    exchange = pandas.DataFrame([("exchange", 0, stage, name, 10, 0.9, 0.5, 0.4 if name == leading[stage] else 0.1)
                                 for stage in leading for name in synthetic.MODALITIES],
                                columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    checks = check_truth({"leading": leading, "effects": effects}, shares, exchange, regression)
    assert checks["passed"].all() and set(checks.loc[~checks["binding"], "rule"]) == {"eps=100"}
    wrong = {"leading": {**leading, "N1": "EMG"}, "effects": [{**effects[0], "direction": -1}]}
    checks = check_truth(wrong, shares, exchange, regression)
    failed = checks[~checks["passed"]]
    assert set(zip(failed["check"], failed["stage"])) == {
        ("leading modality", "N1"), ("recall lost by exchange", "N1"), ("covariate effect", "N2")}


def test_several_modalities_lead_together_only_if_the_exchange_of_each_costs_recall(shares, regression):
    exchange = pandas.DataFrame([("exchange", 0, "REM", name, 10, 0.9, 0.5, lost) for name, lost in (("EEG", 0.1), ("EOG", 0.4), ("EMG", 0.11))],
                                columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    for leaders, found in ((["EOG", "EMG"], True), (["EMG", "EOG"], True), (["EOG"], True), (["EOG", "EEG"], False), (["EEG"], False)):
        leading = dict.fromkeys(("W", "N1", "N2", "N3", "REM"), leaders)
        checks = check_truth({"leading": leading, "effects": []}, shares, exchange, regression)
        row = checks[(checks["check"] == "recall lost by exchange") & (checks["stage"] == "REM")].iloc[0]
        assert row["passed"] == found and row["planted"] == f"{' and '.join(leaders)}, more than 10 points"


@pytest.mark.parametrize("leaders, lead", [(["EOG"], True), (["EOG", "EMG"], True), (["EMG"], False), (["EOG", "EEG"], False)])
def test_several_modalities_lead_together_only_if_each_has_more_relevance_than_any_other(regression, leaders, lead):
    table = pandas.DataFrame([{"fold": 0, "recording": "r", "subject": "s", "epoch": epoch, "true": "REM", "predicted": "REM",
                               "rule": "eps=0.01", "modality": name, "share": share, "log_total": 0.0} for epoch in range(3)
                              for name, share in (("EEG", 0.25), ("EOG", 0.45), ("EMG", 0.3))])
    exchange = pandas.DataFrame(columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    checks = check_truth({"leading": dict.fromkeys(("W", "N1", "N2", "N3", "REM"), leaders), "effects": []}, table, exchange,
                         regression)
    [row] = checks[(checks["check"] == "leading modality") & (checks["stage"] == "REM")].itertuples()
    assert row.passed == lead and row.found == "EOG 45, EMG 30, EEG 25 %"


def test_what_of_an_effect_reaches_the_shares_is_beside_the_size_that_was_planted(regression):
    """Nights of 8 subjects whose share is 0.5 on placebo and more by 0.1, 0.2 or 0.3 on temazepam; computed by hand."""
    rows = [(f"{subject}{medication}", subject, medication, 0.5 + (medication == "temazepam") * (0.1 + 0.1 * (subject % 3)))
            for subject in range(8) for medication in ("placebo", "temazepam")]
    covariates = pandas.DataFrame([row[:3] for row in rows], columns=["recording", "subject", "medication"])
    table = pandas.DataFrame([{"fold": 0, "recording": recording, "subject": subject, "epoch": epoch, "true": "N2",
                               "predicted": "N2", "rule": "eps=0.01", "modality": "EEG", "share": value, "log_total": 0.0}
                              for recording, subject, _, value in rows for epoch in range(3)])
    effects = [{"stage": "N2", "modality": "EEG", "covariate": "medication", "direction": 1, "d_drawn": 2.1}]
    exchange = pandas.DataFrame(columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    checks = check_truth({"leading": dict.fromkeys(("W", "N1", "N2", "N3", "REM"), ["EEG"]), "effects": effects}, table, exchange,
                         regression, covariates)
    [row] = checks[(checks["check"] == "covariate effect") & (checks["rule"] == "eps=0.01")].itertuples()
    changes = numpy.array([0.1 + 0.1 * (subject % 3) for subject in range(8)])
    assert row.d_planted == 2.1 and row.d_found == pytest.approx(changes.mean() / (changes.std(ddof=1) / 2 ** 0.5))
    assert checks.loc[checks["check"] != "covariate effect", ["d_planted", "d_found"]].isna().all().all()
