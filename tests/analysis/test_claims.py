"""Claims and planted truth on tables in which it is known what holds."""

import numpy
import pandas
import pytest

from helpers.analysis.bootstrap import Bootstrap
from helpers.analysis.claims import criteria, judge
from helpers.analysis.regression import regress_all
from helpers.analysis.truth import check_truth

from . import synthetic

RULES = ("eps=0.01", "eps=100", "alpha1beta0")
EPOCHS = pandas.DataFrame({"stage": ["W", "N2", "N2"]})


@pytest.fixture(scope="module")
def shares():
    effects = (("N2", "EEG", "temazepam", 8), ("N2", "EEG", "male", -6))
    return synthetic.shares(seed=2, epochs=80, effects=effects)


@pytest.fixture(scope="module")
def regression(shares):
    return regress_all(shares, synthetic.covariates(), RULES)


@pytest.fixture(scope="module")
def verdicts(shares, regression):
    return judge(shares, regression, EPOCHS, telemetry=False).set_index("claim")


@pytest.mark.parametrize("claim, verdict", [
    ("2b", "holds"), ("2c", "fails"), ("2d", "holds"), ("2e", "holds"), ("2f", "holds"), ("2g", "fails"),
    ("4b", "holds"), ("5b", "fails"), ("5c", "fails"), ("6", "undecided"), ("7a", "undecided"),
])
def test_a_claim_is_judged_as_it_was_planted(claim, verdict, verdicts):
    assert verdicts.loc[claim, "verdict"] == verdict, verdicts.loc[claim, "found"]


def test_every_claim_has_a_criterion_and_what_was_found(verdicts):
    assert list(verdicts.index) == [str(claim["id"]) for claim in criteria()["claims"]]
    assert (verdicts[["statement", "criterion", "found"]].map(len) > 10).all().all()
    assert {str(claim)[0] for claim in verdicts.index} == set("1234567")


def test_counts_are_judged_for_telemetry_only(shares, regression):
    stages = numpy.repeat(["W", "N1", "N2", "N3", "REM"], [4209, 3601, 19758, 6299, 8351])
    judged = judge(shares, regression, pandas.DataFrame({"stage": stages}), telemetry=True).set_index("claim")
    assert judged.loc["6", "verdict"] == "holds", judged.loc["6", "found"]
    judged = judge(shares, regression, pandas.DataFrame({"stage": stages[1:]}), telemetry=True).set_index("claim")
    assert judged.loc["6", "verdict"] == "fails"


def test_what_a_run_lacks_leaves_claims_undecided(shares):
    one_rule = shares[(shares["rule"] == "eps=100") & (shares["true"] != "N1")]
    judged = judge(one_rule, pandas.DataFrame(), EPOCHS, telemetry=False).set_index("claim")
    assert judged.loc[["2b", "2g", "4b", "7b"], "verdict"].tolist() == ["undecided"] * 4


def test_bootstrap_intervals_cover_what_subjects_share(shares):
    """The interval of a mean over subjects is about ±1.96 standard errors of the subjects' means."""
    bootstrap = Bootstrap(shares, 2000, 1)
    value, low, high = bootstrap.interval(lambda mean: mean, ("eps=100", "N2", "correct", "EEG"))
    right = shares[(shares["rule"] == "eps=100") & (shares["true"] == "N2") & (shares["predicted"] == "N2")
                   & (shares["modality"] == "EEG")]
    assert value == pytest.approx(100 * right["share"].mean())
    se = 100 * right.groupby("subject")["share"].mean().std() / numpy.sqrt(right["subject"].nunique())
    assert high - low == pytest.approx(2 * 1.96 * se, rel=0.25)


def test_planted_truth_is_found_and_a_wrong_truth_is_not(shares, regression):
    effects = [{"stage": "N2", "modality": "EEG", "covariate": "medication", "direction": 1}]
    leading = {"W": "EEG", "N1": "EOG", "N2": "EEG", "N3": "EEG", "REM": "EOG"}
    exchange = pandas.DataFrame([(0, stage, name, 10, 0.9, 0.5, 0.4 if name == leading[stage] else 0.1)
                                 for stage in leading for name in synthetic.MODALITIES],
                                columns=["fold", "stage", "modality", "n", "recall", "recall_exchanged", "lost"])
    checks = check_truth({"leading": leading, "effects": effects}, shares, exchange, regression)
    assert checks["passed"].all() and set(checks.loc[~checks["binding"], "rule"]) == {"eps=100"}
    wrong = {"leading": {**leading, "N1": "EMG"}, "effects": [{**effects[0], "direction": -1}]}
    checks = check_truth(wrong, shares, exchange, regression)
    failed = checks[~checks["passed"]]
    assert set(zip(failed["check"], failed["stage"])) == {
        ("leading modality", "N1"), ("recall lost by exchange", "N1"), ("covariate effect", "N2")}


def test_several_modalities_lead_together_only_if_the_exchange_of_each_costs_recall(shares, regression):
    exchange = pandas.DataFrame([(0, "REM", name, 10, 0.9, 0.5, lost) for name, lost in (("EEG", 0.1), ("EOG", 0.4), ("EMG", 0.11))],
                                columns=["fold", "stage", "modality", "n", "recall", "recall_exchanged", "lost"])
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
    exchange = pandas.DataFrame(columns=["fold", "stage", "modality", "n", "recall", "recall_exchanged", "lost"])
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
    exchange = pandas.DataFrame(columns=["fold", "stage", "modality", "n", "recall", "recall_exchanged", "lost"])
    checks = check_truth({"leading": dict.fromkeys(("W", "N1", "N2", "N3", "REM"), ["EEG"]), "effects": effects}, table, exchange,
                         regression, covariates)
    [row] = checks[(checks["check"] == "covariate effect") & (checks["rule"] == "eps=0.01")].itertuples()
    changes = numpy.array([0.1 + 0.1 * (subject % 3) for subject in range(8)])
    assert row.d_planted == 2.1 and row.d_found == pytest.approx(changes.mean() / (changes.std(ddof=1) / 2 ** 0.5))
    assert checks.loc[checks["check"] != "covariate effect", ["d_planted", "d_found"]].isna().all().all()
