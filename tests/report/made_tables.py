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


def regression():
    """45 tests; medication moves N2 EEG by +4.5 points, surely under OLS and barely under clustered errors."""
    rows = [{"stage": stage, "modality": name, "covariate": covariate, "level": level, "reference": reference,
             "coefficient": 0.25, "reason": "", "n": 400, "subjects": 22, "rows": "epochs",
             **{f"{end}_{error}": value for error in ("ols", "clustered")
                for end, value in (("low", -1.0), ("high", 1.5), ("p", 0.4), ("q", 0.5))}}
            for covariate, level, reference in (("medication", "temazepam", "placebo"), ("sex", "male", "female"),
                                                ("age", "", "")) for stage in STAGES for name in MODALITIES]
    table = pandas.DataFrame(rows)
    at = (table["stage"] == "N2") & (table["modality"] == "EEG") & (table["covariate"] == "medication")
    table.loc[at, ["coefficient", "q_ols", "q_clustered"]] = 4.5, 0.0005, 0.03
    table.loc[(table["stage"] == "W") & (table["modality"] == "EEG") & (table["covariate"] == "age"), "q_ols"] = 0.005
    return table


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
