"""Tables small enough to be read by eye, of which the report's tests draw figures and make sentences."""

from types import SimpleNamespace

import numpy
import pandas

from helpers.constants import STAGES

RULES, MODALITIES = ("alpha1beta0", "eps=0.01", "eps=100"), ("EMG", "EEG", "EOG")
LEVEL = {"EEG": 0.6, "EOG": 0.3, "EMG": 0.1}


def by_fold(groups=(), folds=3, n=10):
    """Shares by fold: EEG 60, 61, 62 %, EOG 30 % and EMG 10 % of it less, the same in every group and rule."""
    rows = [{"fold": fold, **dict(group), "rule": rule, "modality": name, "n": n, "without_relevance": 0,
             "share": LEVEL[name] + 0.01 * fold, "positive": LEVEL[name], "negative": 0.01 * fold}
            for fold in range(folds) for group in groups or [()] for rule in RULES for name in MODALITIES]
    table = pandas.DataFrame(rows)
    return table.astype(dict.fromkeys(set(table) & {"rule", "modality", "true", "predicted"}, "category"))


#: Covariate, level, reference of the made regressions.
TERMS = (("medication", "temazepam", "placebo"), ("sex", "male", "female"), ("age", "", ""))
#: Two planted effects, of which REM's is in no table, and two pairs without one.
TRUTH = {"effects": [{"stage": "N2", "covariate": "medication", "modality": "EEG", "direction": 1},
                     {"stage": "REM", "covariate": "sex", "modality": "EMG", "direction": -1}],
         "unaffected": [{"stage": "W", "covariate": "age"}, {"stage": "W", "covariate": "sex"}]}


def regression(rule="eps=100", averaging="mean", rows="epochs", scale="percent"):
    """45 tests; medication moves N2 EEG by +4.5 points, surely by OLS and barely by the others; OLS alone finds age in W EEG."""
    tests = {test: {f"coefficient_{test}": 0.25, f"p_{test}": 0.4, f"q_{test}": 0.5, f"reason_{test}": ""}
             for test in ("ols", "clustered", "permutation")}
    reach = {f"{end}_{test}": value for test in ("ols", "clustered") for end, value in (("low", -1.0), ("high", 1.5), ("se", 0.6))}
    rows = [{"rule": rule, "selection": "correct", "averaging": averaging, "rows": rows, "scale": scale, "stage": stage,
             "modality": name, "covariate": covariate, "level": level, "reference": reference, **reach, "freedom": 20.0,
             "detectable": 1.75, "effect_size": 0.125, "points": 0.25, "n": 400, "subjects": 22, "left_out": 0}
            for covariate, level, reference in TERMS for stage in STAGES for name in MODALITIES]
    table = pandas.DataFrame(rows).assign(**{column: value for test in tests.values() for column, value in test.items()})
    at = (table["stage"] == "N2") & (table["modality"] == "EEG") & (table["covariate"] == "medication")
    table.loc[at, ["coefficient_ols", "coefficient_clustered", "coefficient_permutation", "points"]] = 4.5, 4.25, 4.0, 4.25
    table.loc[at, ["q_ols", "q_clustered", "q_permutation"]] = 0.0005, 0.03, 0.04
    table.loc[(table["stage"] == "W") & (table["modality"] == "EEG") & (table["covariate"] == "age"), "q_ols"] = 0.005
    return table


def regressions():
    """All rules, ways of averaging and rows that the page of covariates shows."""
    return pandas.concat([regression(rule, averaging, rows, scale) for rule in RULES for averaging in ("mean", "pooled", "median")
                          for rows, scale in (("epochs", "percent"), ("nights", "log-ratio"))
                          if averaging != "median" or rows == "nights"], ignore_index=True)


def joint():
    """Joint tests of all rules and ways of averaging: N2 with medication is found by both, N3 by clustered errors alone."""
    rows = [{"rule": rule, "selection": "correct", "averaging": averaging, "stage": stage, "covariate": covariate, "level": level,
             "reference": reference, "T2": 2.0, "F": 0.95, "df1": 2.0, "df2": 19.0, "p_clustered": 0.4, "q_clustered": 0.5,
             "p_permutation": 0.4, "q_permutation": 0.5, "reason_clustered": "", "reason_permutation": "", "n": 400,
             "subjects": 22, "left_out": 3 * (stage == "N1"), "replaced": 7}
            for rule in RULES for averaging in ("mean", "pooled", "median") for stage in STAGES
            for covariate, level, reference in TERMS]
    table = pandas.DataFrame(rows)
    medication = table["covariate"] == "medication"
    table.loc[medication & (table["stage"] == "N2"), ["F", "q_clustered", "q_permutation"]] = 12.5, 0.003, 0.004
    table.loc[medication & (table["stage"] == "N3"), ["q_clustered", "q_permutation"]] = 0.04, 0.06
    return table


def pairs():
    """Three subjects' nights: N2 EEG rises from 50 by 1, 2 and 6, all else falls from 20 by 1."""
    rows = [{"rule": rule, "averaging": averaging, "stage": stage, "modality": name, "covariate": "medication",
             "level": "temazepam", "reference": "placebo", "subject": subject, "at_reference": 50.0 if rises else 20.0,
             "at_level": 50.0 + change if rises else 19.0}
            for rule in RULES for averaging in ("mean", "pooled") for stage in STAGES for name in MODALITIES
            for rises in [(stage, name) == ("N2", "EEG")] for subject, change in (("a", 1.0), ("b", 2.0), ("c", 6.0))]
    return pandas.DataFrame(rows)


def window(name="ST7011", channel="EEG Fpz-Cz"):
    """Four slots of 30 s at 100 Hz: right, wrong, dropped, right."""
    table = pandas.DataFrame({"epoch": range(10, 14), "onset_s": [300.0, 330.0, 360.0, 390.0],
                              "kept": [True, True, False, True], "reason": ["", "", "movement", ""],
                              "true": ["N2", "N1", "", "REM"], "predicted": ["N2", "W", "", "REM"],
                              "EEG": [0.5, 0.2, numpy.nan, 0.2], "EOG": [0.3, 0.6, numpy.nan, 0.6],
                              "EMG": [0.2, 0.2, numpy.nan, 0.2]})
    signals = numpy.tile(numpy.sin(numpy.arange(12000))[:, None] * 20, (1, 3)).astype("float32")
    signals[6000:9000] = numpy.nan
    return SimpleNamespace(recording=name, subject="1", fold=2, rule="eps=100", start="1989-05-07T23:58:00", rate=100,
                           start_s=300.0, stop_s=420.0, table=table, microvolts=signals,
                           modalities={"EEG": [0], "EOG": [1], "EMG": [2]},
                           channels=[{"name": name, "unit": "µV"} for name in (channel, "EOG horizontal", "EMG")])


def compared(**shifts):
    """Two epochs, two modalities; the reference's EEG share is shifted by so much under each rule."""
    rows = [{"fold": fold, "recording": "r", "epoch": fold, "rule": rule, "modality": modality, "share": 0.5,
             "log_total": -1.0, "reference_share": 0.5 + sign * shift, "reference_log_total": -1.0}
            for rule, shift in shifts.items() for fold in (0, 1) for modality, sign in (("EEG", 1), ("EOG", -1))]
    return pandas.DataFrame(rows)


def ledger():
    """Two layers: of 1, a bias takes 0.2 and ε 0.3, then ε 0.1 more; 0.4 reaches the input."""
    common = {"fold": 0, "recording": "r", "epoch": 0, "rule": "eps=0.01", "undefined": 0.0}
    return pandas.DataFrame([
        {**common, "layer": "top", "depth": 0, "arrived": 1.0, "handed_on": 0.5, "bias": 0.2, "epsilon": 0.3},
        {**common, "layer": "below", "depth": 1, "arrived": 0.5, "handed_on": 0.4, "bias": 0.0, "epsilon": 0.1}])
