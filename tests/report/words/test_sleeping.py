"""Nights and people in tables and words: every number is worked out by hand."""

from types import SimpleNamespace

import numpy
import pandas
import pytest
from made_tables import window

from helpers.analysis.sleep_statistics import of_nights
from helpers.report.draw import figures
from helpers.report.words import sleeping

#: Two subjects with two nights each, of which one nobody scored; age is a number, sex differs between subjects, drug between nights.
COHORT = SimpleNamespace(covariates=("age", "sex", "drug"), reference={"drug": "none"}, table=pandas.DataFrame(
    {"recording": ["a1", "a2", "b1", "b2"], "subject": ["a", "a", "b", "b"], "age": [20.0, 20, 30, 31], "sex": ["f", "f", "m", "m"],
     "drug": ["none", "full", "full", "none"]}))
SETTINGS = {"cohort": "simulated", "minutes": 120, "cycle_minutes": 60}


def statistics(**nights):
    """Of nights as `W2 N2.4 REM1`: a stage and its number of slots."""
    rows = [(name, at, stage) for name, words in nights.items()
            for at, stage in enumerate([bout.split("*")[0] for bout in words.split() for _ in range(int(bout.split("*")[1]))])]
    return of_nights(pandas.DataFrame(rows, columns=["recording", "epoch", "stage"]))


def three():
    return statistics(a1="W*2 N2*4 REM*4", a2="W*4 N2*6 -*1 REM*2", b1="W*6 N1*4", b2="-*3")


def test_nights_stand_with_what_is_known_of_them():
    shown = figures.sleep(three(), COHORT).data
    assert shown["recording"].tolist() == ["a1", "a2", "b1"], "nobody scored b2"
    assert shown["drug"].tolist() == ["none", "full", "full"] and shown["total sleep time, min"].tolist() == [4, 4, 2]
    assert shown["without a stage, min"].tolist() == [0, 0.5, 0]
    whole = figures.sleep(statistics(a1="W*2 N2*4"), COHORT)
    assert not [name for name in whole.table if "without" in name], "a column of zeros says nothing"


def test_nights_are_summed_up_by_what_differs_within_subjects():
    shown = figures.sleep_by_condition(three(), COHORT)
    table = shown.table.set_index("mean ± SD")
    assert list(table) == ["all nights", "drug none", "drug full"], "the reference first; sex differs between subjects, age is a number"
    assert table.loc["nights"].tolist() == ["3", "1", "2"]
    assert table.loc["sleep latency, min"].tolist() == ["2.0 ± 1.0", "1.0", "2.5 ± 0.7"]  # 1, 2, 3 min
    assert table.loc["REM latency, min"].tolist() == ["2.8 ± 1.1", "2.0", "3.5"], "b1 has none: mean of 2 and 3.5, and of 3.5 alone"
    exact = shown.data[(shown.data["measure"] == "rem_latency_min")].set_index("nights")
    assert exact.loc["all nights", ["mean", "count"]].tolist() == [2.75, 2]
    alone = SimpleNamespace(covariates=("sex",), reference={}, table=COHORT.table)
    assert list(figures.sleep_by_condition(three(), alone).table) == ["mean ± SD", "all nights"]


def test_nights_that_nobody_scored_have_no_tables():
    nothing = statistics(b2="-*3")
    assert figures.sleep(nothing, COHORT).table.empty and figures.sleep_by_condition(nothing, COHORT).table.empty
    assert sleeping.nights(nothing, 4, SETTINGS).data.startswith("Nobody scored these nights")


def test_nights_are_told_with_what_is_missing_and_that_compressed_ones_mean_nothing():
    said = sleeping.nights(three(), 4, SETTINGS).data
    assert "over 3 nights: total sleep time 3.3 ± 1.2 min, sleep efficiency" in said and "N1 33.3 ± 57.7" in said
    assert "In 1 of the nights, 0.5 min in all" in said and "1 night has no REM" in said and "Left out is 1 of 4 nights" in said
    assert "120 minutes long with sleep cycles of 60 minutes: their latencies and percentages mean nothing clinically" in said
    said = sleeping.nights(statistics(a1="W*2 N2*4 REM*4"), 1, {"cohort": "telemetry"}).data
    assert "clinically" not in said and "Left out" not in said and "no REM" not in said and "sleep latency 1.0 min" in said


def people():
    """Subject a is staged better than b, in four times as many epochs."""
    return pandas.DataFrame([(subject, measure, "all", n, value) for subject, n, accuracy, kappa in (("a", 40, 0.75, 0.6), ("b", 10, 0.5, -0.1))
                             for measure, value in (("accuracy", accuracy), ("kappa", kappa), ("f1", 0.5))],
                            columns=["subject", "measure", "stage", "n", "value"])


def test_accuracy_is_told_by_people_and_by_epochs():
    """Means: (75 + 50) / 2 = 62.5 over subjects, (40 · 75 + 10 · 50) / 50 = 70 over epochs."""
    said = sleeping.subjects(people()).data
    assert "from **50 %** (b) to **75 %** (a), with a median of 62 %, and kappa from −0.10 to 0.60" in said
    assert "each subject counting the same, mean accuracy is 62.5 %; with each epoch counting the same, as in the answer above, 70.0 %" in said


def of_subjects():
    """EEG of N2: 50 % in a (30 epochs) and 70 % in b (10), of REM 20 % in a alone; EOG the rest."""
    rows = [("a", "N2", "EEG", 0.5, 30), ("b", "N2", "EEG", 0.7, 10), ("a", "REM", "EEG", 0.2, 10),
            ("a", "N2", "EOG", 0.5, 30), ("b", "N2", "EOG", 0.3, 10), ("a", "REM", "EOG", 0.8, 10)]
    return pandas.DataFrame([(subject, rule, stage, name, share, n) for rule in ("eps=100", "eps=0.01") for subject, stage, name, share, n in rows],
                            columns=["subject", "rule", "predicted", "modality", "share", "n"])


def test_shares_are_told_by_people_and_by_epochs():
    """EOG: a has (30 · 50 + 10 · 80) / 40 = 57.5 %, b 30 %: 43.75 over subjects; EEG 42.5 and 70: 56.25; (30 · 50 + 10 · 20 + 10 · 70) / 50 = 48 by epochs."""
    said = sleeping.subject_shares(of_subjects()).data
    assert "- ε = 100: EEG has 56.2 % of an epoch's relevance with each subject counting the same (subjects: 42 to 70 %) and 48.0 % with each epoch" in said
    assert "No modality leads clearly in N2 and REM." in said
    spread = pandas.DataFrame([(subject, "eps=100", "N2", name, share, 10) for subject, shares in (("a", (0.6, 0.3, 0.1)), ("b", (0.1, 0.3, 0.6)))
                               for name, share in zip(("EEG", "EOG", "EMG"), shares)], columns=list(of_subjects()))
    assert "EEG has 35.0 %" in sleeping.subject_shares(spread).data, "the largest mean, not the largest of the lowest"
    surely = pandas.concat([of_subjects().assign(subject=name, share=of_subjects()["modality"].map({"EEG": 0.6, "EOG": 0.4})) for name in "abc"])
    said = sleeping.subject_shares(surely.drop_duplicates(["subject", "rule", "predicted", "modality"])).data
    assert "EEG leads in N2 and REM." in said


def night():
    """The made window with probabilities: N2 70 and W 30 %, then W 45, N1 40 and N2 15 %, then REM 100 %."""
    shown = window()
    values = {"W": [0.3, 0.45, numpy.nan, 0], "N1": [0, 0.4, numpy.nan, 0], "N2": [0.7, 0.15, numpy.nan, 0], "N3": [0, 0, numpy.nan, 0],
              "REM": [0, 0, numpy.nan, 1]}
    for stage, of_stage in values.items():
        shown.table[f"p_{stage}"] = of_stage
    return shown


def test_a_network_is_told_to_be_sure_where_it_is():
    """Highest probabilities 70, 45 and 100 %; the second epoch is wrong."""
    said = sleeping.doubt(night()).data
    assert "median probability of 70 %; in 1 of 3 epochs no stage reaches 50 %" in said
    assert "right the median is **85 %**, where it is wrong **45 %**" in said
    unscored = night()
    unscored.table["true"] = ""
    assert "Where" not in sleeping.doubt(unscored).data


@pytest.mark.parametrize("asked, why", [
    ((None, None, None), "It is the first night that was tested, by the first fold that tested it, from the first epoch that the network staged. "
                         "Nobody chose it for what it shows."),
    ((None, 2, None), "It is the first night that the fold tested that was asked for, from the first epoch that the network staged. Nobody"),
    (("ST7011", None, None), "The night was asked for, by the first fold that tested it, from the first epoch that the network staged."),
    ((None, None, 60.0), "It is the first night that was tested, by the first fold that tested it, from where it was asked to begin.")])
def test_a_window_is_told_by_whose_night_it_is_and_why(asked, why):
    table = pandas.DataFrame({"recording": ["x", "ST7011"], "subject": ["9", "01"], "medication": ["placebo", "temazepam"], "age": [50.0, 71.0],
                              "bmi": [20.0, numpy.nan]})
    said = sleeping.window(window(), table, ("medication", "age", "bmi"), asked).data
    assert "recording **ST7011** of subject **01** (medication temazepam and age 71), from 00:03:00 to 00:05:00, as the network of fold 2" in said
    assert why in said and ("Nobody" in said) == (asked[0] is asked[2] is None)


def agreed():
    rows = [("rules", "eps=0.01", "eps=100", "same lead", 0.9, 0.8, 1.0, 100, 9), ("rules", "eps=0.01", "eps=100", "kappa", 0.8, 0.7, 0.9, 100, 9),
            ("rules", "eps=0.01", "eps=100", "correlation", -0.1, -0.2, 0.1, 100, 9),
            ("rules", "eps=100", "alpha1beta0", "same lead", 0.7, 0.6, 0.8, 100, 9), ("rules", "eps=100", "alpha1beta0", "kappa", -0.2, -0.3, 0.1, 100, 9),
            ("rules", "eps=100", "alpha1beta0", "correlation", 0.4, 0.3, 0.5, 100, 9),
            ("folds", "eps=100", "", "same lead", 0.6, numpy.nan, numpy.nan, 20, 2), ("folds", "eps=100", "", "kappa", numpy.nan, numpy.nan, numpy.nan, 20, 2),
            ("folds", "eps=100", "", "correlation", 0.5, numpy.nan, numpy.nan, 20, 2)]
    return pandas.DataFrame(rows, columns=["compared", "first", "second", "measure", "value", "low", "high", "epochs", "subjects"])


def test_agreement_of_rules_and_folds_is_a_row_a_pair_with_its_interval():
    table = figures.epoch_agreement(agreed()).table.set_index("compared")
    assert list(table.index) == ["ε = 0.01 and ε = 100", "ε = 100 and α1β0", "two folds, ε = 100"]
    assert table.loc["ε = 0.01 and ε = 100"].tolist() == [100, 9, "90 [80, 100]", "0.80 [0.70, 0.90]", "−0.10 [−0.20, 0.10]"]
    assert table.loc["two folds, ε = 100"].tolist() == [20, 2, "60", "–", "0.50"]


def test_agreement_is_told_by_the_best_and_the_worst_pair_and_by_folds():
    said = sleeping.agreement(agreed()).data
    assert "ε = 0.01 and ε = 100 agree most, in 90 % of epochs (kappa 0.80 [0.70, 0.90]), and ε = 100 and α1β0 agree least, in 70 % of epochs (kappa −0.20 [−0.30, 0.10])" in said
    assert "(20 epochs of 2 subjects) agree in 60 % under ε = 100 (kappa not defined)." in said
    alone = agreed().iloc[:3]
    assert "ε = 0.01 and ε = 100 agree in 90 % of epochs" in sleeping.agreement(alone).data
    assert "No epoch was tested by two folds" in sleeping.agreement(alone).data
