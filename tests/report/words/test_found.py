"""Three findings of the front page, from tables whose answers are known."""

import pandas

from helpers.report import found

RULE = "eps=100"
NIGHTS = pandas.DataFrame({"subject": ["1", "1", "2"]})


def shares(first):
    """Shares of five folds: EEG leads N2 by far, in REM `first` of the folds have EOG before EEG."""
    rows = [(fold, "N2", name, value) for fold in range(5) for name, value in (("EEG", .7 + fold / 100), ("EOG", .2), ("EMG", .1 - fold / 100))]
    rows += [(fold, "REM", name, value) for fold in range(5) for name, value in
             (("EEG", .3 if fold < first else .5), ("EOG", .5 if fold < first else .3), ("EMG", .2))]
    return pandas.DataFrame(rows, columns=["fold", "predicted", "modality", "share"]).assign(rule=RULE, n=10)


def floors(low):
    rows = [("all", "EEG", .6, 0.1), ("all", "EOG", .45, 0.1), ("N2", "EEG", .5, low), ("N2", "EOG", .5, -.01)]
    return pandas.DataFrame(rows, columns=["stage", "modality", "told", "low"]).assign(rule=RULE, reading="share")


def scores():
    return pandas.DataFrame({"stage": "all", "measure": ["accuracy", "kappa"], "value": [.8012, .734]})


def test_three_findings_name_rule_average_and_statistic():
    first, second, third = found.findings(NIGHTS, scores(), shares(5), floors(0.02), RULE, "Simulated nights: …").data.splitlines()
    assert first == ("1. In 3 simulated nights of 2 sleepers, each staged by networks that were trained on others, the network agrees with the planted "
                     "stage in 80 % of epochs (Cohen's kappa 0.73, all folds together).")
    assert second.startswith("2. Under the rule ε = 100, the choice of the study that is reproduced, EEG leads in N2, EOG leads in REM "
                             "(mean of shares over correctly staged epochs")
    assert "In 1 of 2 cases" in third and "60 % of epochs for EEG and 45 % of epochs for EOG (50 % is chance)" in third


def test_a_lead_that_folds_do_not_share_is_none_and_a_floor_that_an_interval_touches_is_not_exceeded():
    _, second, third = found.findings(NIGHTS, scores(), shares(3), floors(0.0), RULE).data.splitlines()
    assert "no modality leads clearly in REM" in second and "In 2 of 2 cases" in third


def test_without_a_scorer_and_without_a_trial_the_findings_say_so():
    first, second, third = found.findings(NIGHTS, None, shares(5), None, RULE).data.splitlines()
    assert "Nobody scored the 3 nights of 2 sleepers" in first and "over all epochs" in second and "was not tried" in third
