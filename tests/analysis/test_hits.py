"""A hit has its own modality and sign; a false alarm is any modality of a pair without an effect."""

import pandas
import pytest

from helpers.analysis.hits import hits_and_alarms

TRUTH = {"effects": [{"stage": "N2", "covariate": "medication", "modality": "EEG", "direction": 1},
                     {"stage": "REM", "covariate": "sex", "modality": "EMG", "direction": -1}],
         "unaffected": [{"stage": "W", "covariate": "age"}, {"stage": "N3", "covariate": "sex"}]}
CELLS = (("N2", "medication", "EEG"), ("N2", "medication", "EOG"), ("REM", "sex", "EMG"), ("W", "age", "EEG"), ("W", "age", "EOG"),
         ("N3", "sex", "EMG"))


def counted(**found):
    """Hits and alarms of OLS where it finds these cells with these coefficients, and of the other tests, which find nothing."""
    rows = [{"stage": stage, "covariate": covariate, "modality": modality, "q_clustered": 0.9, "q_permutation": 0.9,
             **{f"coefficient_{test}": 1.0 for test in ("ols", "clustered", "permutation")}, "q_ols": 0.9}
            for stage, covariate, modality in CELLS]
    table = pandas.DataFrame(rows)
    for name, coefficient in found.items():
        stage, modality = name.split("_")
        at = (table["stage"] == stage) & (table["modality"] == modality)
        table.loc[at, ["q_ols", "coefficient_ols"]] = 0.01, coefficient
    of_tests = hits_and_alarms(table, TRUTH).set_index("test")
    assert list(of_tests.index) == ["ols", "clustered", "permutation"]
    assert (of_tests.loc[["clustered", "permutation"], ["hits", "alarms"]] == 0).all(axis=None)
    assert (of_tests["planted"] == 2).all() and (of_tests["without"] == 2).all()
    return tuple(of_tests.loc["ols", ["hits", "alarms"]])


@pytest.mark.parametrize("found, expected", [
    ({}, (0, 0)), ({"N2_EEG": 3.0}, (1, 0)), ({"N2_EEG": -3.0}, (0, 0)), ({"N2_EOG": -3.0}, (0, 0)), ({"REM_EMG": -2.0}, (1, 0)),
    ({"REM_EMG": 2.0}, (0, 0)), ({"W_EEG": 1.0}, (0, 1)), ({"W_EEG": 1.0, "W_EOG": -1.0}, (0, 1)),
    ({"W_EOG": 1.0, "N3_EMG": 1.0, "N2_EEG": 1.0}, (1, 2))])
def test_hits_and_alarms_are_counted(found, expected):
    assert counted(**found) == expected
