"""What planted truth decides of a claim, by hand, and whether a verdict agrees with it."""

import pandas
import pytest

from helpers.analysis.expectations import HOLDS_NOT, NOT_DECIDED, agrees, expected
from helpers.analysis.hits import of_rules

from . import worlds

STAGES = ("W", "N1", "N2", "N3", "REM")
LEADING = {"W": ["EOG"], "N1": ["EOG"], "N2": ["EEG"], "N3": ["EEG"], "REM": ["EOG", "EMG"]}
EFFECTS = [("REM", "EMG", "sex", -1), ("REM", "EOG", "sex", 1), ("N1", "EOG", "age", 1), ("N2", "EEG", "medication", 1),
           ("N2", "EOG", "medication", -1)]
#: Stage × covariate pairs with an effect, or of which nothing is said (N3, age).
TOUCHED = {(stage, covariate) for stage, _, covariate, _ in EFFECTS} | {("N3", "age")}


def truth(effects=EFFECTS):
    return {"leading": LEADING,
            "effects": [dict(zip(("stage", "modality", "covariate", "direction"), effect)) for effect in effects],
            "unaffected": [{"stage": stage, "covariate": covariate} for stage in STAGES
                           for covariate in ("medication", "sex", "age") if (stage, covariate) not in TOUCHED]}


@pytest.mark.parametrize("claim, expectation", [
    ("1", NOT_DECIDED),          # of all epochs nothing was planted
    ("2b", "holds"),             # EOG leads N1
    ("2d", NOT_DECIDED),         # that EEG has more than EMG in N1 was not planted
    ("2e", NOT_DECIDED),         # EEG leads, but not three times
    ("2f", NOT_DECIDED),         # EOG and EMG lead REM together
    ("2h", "fails"),             # EMG leads REM over EEG
    ("2g", NOT_DECIDED),
    ("3", NOT_DECIDED),
    ("4a", HOLDS_NOT),           # medication does nothing in W
    ("4b", "holds"),
    ("4c", HOLDS_NOT),           # sex does nothing in N1
    ("4d", HOLDS_NOT),
    ("4e", "holds"),             # age does nothing in W
    ("4f", HOLDS_NOT),
    ("4g", "fails"),             # EOG gains with age in N1
    ("5a", NOT_DECIDED),
    ("5b", "holds"),
    ("5c", "fails"),             # EOG leads N1
    ("5d", HOLDS_NOT),
    ("5e", "fails"),             # EMG loses in REM
    ("6", NOT_DECIDED),
    ("8a", NOT_DECIDED),         # EEG leads two stages, and costs what nobody planted in the others
    ("8c", NOT_DECIDED),
    ("8d", "fails"),             # EMG leads REM
])
def test_what_was_planted_says_of_a_claim(claim, expectation):
    needs = next(row["needs"] for row in worlds.CONTENT["claims"] if str(row["id"]) == claim)
    assert expected(needs, truth()) == expectation


@pytest.mark.parametrize("effects, expectation", [
    ([("N2", "EEG", "sex", -1)], "holds"), ([("N2", "EEG", "sex", 1)], "fails"), ([("N3", "EEG", "sex", -1)], "fails"),
    ([("N2", "EOG", "sex", -1)], NOT_DECIDED), ([("N2", "EEG", "sex", -1), ("N3", "EOG", "sex", 1)], NOT_DECIDED)])
def test_the_largest_effect_is_decided_where_all_stages_are(effects, expectation):
    facts = truth(effects)
    facts["unaffected"] = [{"stage": stage, "covariate": "sex"} for stage in STAGES if stage not in {at for at, *_ in effects}]
    needs = next(row["needs"] for row in worlds.CONTENT["claims"] if str(row["id"]) == "4d")
    assert expected(needs, facts) == expectation


@pytest.mark.parametrize("expectation, verdict, agreement", [
    ("holds", "holds", "yes"), ("holds", "fails", "no"), ("holds", "undecided", "open"), ("fails", "fails", "yes"),
    ("fails", "holds", "no"), ("fails", "undecided", "open"), (HOLDS_NOT, "holds", "no"), (HOLDS_NOT, "undecided", "yes"),
    (HOLDS_NOT, "fails", "yes"), (NOT_DECIDED, "holds", ""), ("holds", "not applicable", "")])
def test_a_verdict_agrees_with_what_was_expected(expectation, verdict, agreement):
    assert agrees(expectation, verdict) == agreement


def test_claims_on_simulated_nights_say_what_was_expected():
    found = worlds.regression({("N2", "EEG", "medication"): 3.0, ("N2", "EOG", "medication"): -3.0, ("W", "EEG", "age"): 5.0})
    for claim, expectation, agreement in (("4b", "holds", "yes"), ("4e", "holds", "no"), ("2e", NOT_DECIDED, "")):
        row, _ = worlds.judged(claim, of_regression=found, truth=truth())
        assert (row["expected"], row["agrees"]) == (expectation, agreement)
        row, _ = worlds.judged(claim, of_regression=found)
        assert (row["expected"], row["agrees"]) == ("", "")


def test_false_alarms_are_pairs_without_an_effect_that_a_test_calls_significant():
    table = worlds.regression({("W", "EEG", "age"): 5, ("W", "EMG", "age"): 5, ("N1", "EOG", "age"): 5, ("N3", "EEG", "sex"): 5})
    table.loc[table["stage"] == "N3", "q_permutation"] = 0.2
    table.loc[(table["averaging"] == "pooled") | (table["scale"] == "log-ratio") | (table["selection"] == "all"), "q_clustered"] = 0
    alarms, pairs = of_rules(table, truth()), 11  # 15 without REM and sex, N1 and age, N2 and medication, N3 and age
    by_test = alarms.groupby("test").agg({"alarms": "unique", "without": "unique"})
    assert by_test.loc["clustered", "alarms"] == [2] and by_test.loc["ols", "alarms"] == [2]
    assert by_test.loc["permutation", "alarms"] == [1] and by_test.loc["ols", "without"] == [pairs]
    assert set(alarms["rule"]) == set(worlds.RULES)
    assert of_rules(pandas.DataFrame(), truth()).empty and of_rules(table, None).empty
