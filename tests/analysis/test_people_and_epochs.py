"""What a laboratory reports of a night, subjects' own shares, and agreement about an epoch, on rows few enough to be counted by hand."""

import math

import numpy
import pandas
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from helpers.analysis import sleep_statistics
from helpers.analysis.epoch_agreement import epoch_agreement
from helpers.analysis.subject_shares import subject_shares

#: Nine slots from the first to the last stage, one without; sleep begins in the third, REM in the seventh.
NIGHT = ["", "unscored", "W", "W", "N1", "N2", "?", "W", "REM", "N3", "W", ""]


def test_a_night_is_told_by_the_definitions_of_the_manual():
    found = sleep_statistics.of_night(NIGHT)
    assert found == pytest.approx({"recording_min": 4.5, "sleep_min": 2, "sleep_latency_min": 1, "rem_latency_min": 2, "waso_min": 1, "efficiency": 100 * 4 / 9,
                                   "N1_percent": 25, "N2_percent": 25, "N3_percent": 25, "REM_percent": 25, "gap_min": 0.5})
    assert list(found) == list(sleep_statistics.MEASURES)


def test_where_nobody_slept_there_are_no_latencies_and_where_nobody_scored_nothing():
    awake = sleep_statistics.of_night(["W", "W", "W", "W"])
    assert (awake["recording_min"], awake["sleep_min"], awake["efficiency"]) == (2, 0, 0)
    assert all(math.isnan(awake[name]) for name in ("sleep_latency_min", "rem_latency_min", "waso_min", "REM_percent"))
    dreamless = sleep_statistics.of_night(["N2", "N2"])
    assert dreamless["sleep_latency_min"] == dreamless["waso_min"] == 0 and math.isnan(dreamless["rem_latency_min"]) and dreamless["N2_percent"] == 100
    assert sleep_statistics.of_night(["", "?"]) is None


def test_nights_are_told_one_by_one_in_the_order_of_time():
    rows = [("b", epoch, stage) for epoch, stage in enumerate(NIGHT)][::-1] + [("a", 0, ""), ("c", 1, "N2"), ("c", 0, "W")]
    found = sleep_statistics.of_nights(pandas.DataFrame(rows, columns=["recording", "epoch", "stage"]).astype({"stage": "category"}))
    assert found["recording"].tolist() == ["b", "c"] and found["sleep_latency_min"].tolist() == [1, .5] and found["waso_min"].tolist() == [1, 0]


def test_slots_without_a_stage_are_neither_sleep_nor_wake_but_time_passes():
    """2 of wake, 2 without, sleep for 4 with 2 more without before REM, then wake for 2."""
    found = sleep_statistics.of_night(["W", "W", "", "?", "N2", "N2", "", "movement", "REM", "REM", "W", "W"])
    assert (found["recording_min"], found["sleep_min"], found["gap_min"], found["waso_min"]) == (6, 2, 2, 1)
    assert found["sleep_latency_min"] == 2 and found["rem_latency_min"] == 2, "over the gaps"
    assert found["efficiency"] == pytest.approx(100 * 2 / 6) and found["N2_percent"] == 50


def test_what_was_dropped_for_its_signals_counts_with_the_stage_that_the_scorer_gave_it():
    ledger = pandas.DataFrame({"recording": "b", "epoch": [3, 0, 1, 2], "stage": ["REM", "W", "N2", "N2"], "kept": [True, True, False, True],
                               "reason": ["", "", "marker error", ""]})
    row = sleep_statistics.of_nights(ledger).iloc[0]
    assert (row["sleep_min"], row["sleep_latency_min"], row["rem_latency_min"]) == (1.5, 0.5, 1.0)
    nobody = sleep_statistics.of_nights(ledger.assign(stage=""))
    assert list(nobody) == ["recording", *sleep_statistics.MEASURES] and nobody.empty


def test_a_subject_s_share_is_the_mean_of_its_own_epochs_by_stage_said():
    rows = [(subject, "eps=1", predicted, "EEG", share) for subject, predicted, share in
            (("s1", "W", .2), ("s1", "W", .6), ("s1", "N2", .9), ("s2", "W", .5), ("s2", "W", numpy.nan))]
    found = subject_shares(pandas.DataFrame(rows, columns=["subject", "rule", "predicted", "modality", "share"])).set_index(["subject", "predicted"])
    assert found["share"].to_dict() == pytest.approx({("s1", "W"): .4, ("s1", "N2"): .9, ("s2", "W"): .5})
    assert found["n"].to_dict() == {("s1", "W"): 2, ("s1", "N2"): 1, ("s2", "W"): 1}


NAMES = ("EEG", "EOG", "EMG")
#: Shares of four epochs under two rules in fold 0, and under the first rule in fold 1; the leading modality is EEG, EEG, EOG, EMG in the first.
FIRST = numpy.array([[.6, .3, .1], [.5, .3, .2], [.2, .7, .1], [.3, .2, .5]])
SECOND = numpy.array([[.7, .2, .1], [.3, .6, .1], [.1, .8, .1], [.4, .35, .25]])
OTHER = numpy.array([[.5, .4, .1], [.6, .2, .2], [.3, .6, .1], [.2, .2, .6]])


def agreed():
    rows = [(fold, "n1", f"s{epoch % 2}", epoch, "N2", predicted, rule, name, values[epoch, at])
            for fold, rule, values in ((0, "eps=0.01", FIRST), (0, "eps=100", SECOND), (1, "eps=0.01", OTHER)) for epoch in range(4)
            for predicted in ["W" if (fold, epoch) == (1, 3) else "N2"] for at, name in enumerate(NAMES)]
    table = pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "share"])
    return epoch_agreement(table, draws=50).set_index(["compared", "measure"])


def correlation(one, other):
    return numpy.mean([numpy.corrcoef(one[:, at], other[:, at])[0, 1] for at in range(3)])


def test_rules_agree_on_the_leading_modality_as_far_as_counted_by_hand():
    found = agreed()
    # EEG, EEG, EOG, EMG beside EEG, EOG, EOG, EEG: the same in two of four; by chance (2 × 2 + 1 × 2 + 1 × 0) / 16.
    assert found.loc[("rules", "same lead"), ["first", "second", "value", "epochs", "subjects"]].tolist() == ["eps=0.01", "eps=100", .5, 4, 2]
    assert found.loc[("rules", "kappa"), "value"] == pytest.approx((.5 - 6 / 16) / (1 - 6 / 16))
    assert found.loc[("rules", "correlation"), "value"] == pytest.approx(correlation(FIRST, SECOND))


def test_folds_are_compared_about_the_epochs_that_both_stage_alike():
    found = agreed()
    assert found.loc[("folds", "same lead"), ["first", "value", "epochs"]].tolist() == ["eps=0.01", 1, 3]
    assert found.loc[("folds", "correlation"), "value"] == pytest.approx(correlation(FIRST[:3], OTHER[:3]))


def shares(of_rule, fold=0, subjects=("1",), predicted="N2", first=0):
    """Shares of epochs in the order of NAMES: rule → rows; subjects take turns."""
    rows = [(fold, f"r{subjects[at % len(subjects)]}", subjects[at % len(subjects)], first + at, "N2", predicted, rule, name, value)
            for rule, values in of_rule.items() for at, epoch in enumerate(values) for name, value in zip(NAMES, epoch)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "share"])


def drawn(seed, n=60):
    return numpy.random.default_rng(seed).dirichlet([3, 2, 1], n)


def by_measure(table):
    return table.set_index("measure")["value"].to_dict()


def test_two_rules_are_compared_as_other_packages_compare_them():
    one, two = drawn(1), 0.5 * drawn(1) + 0.5 * drawn(2)
    found = epoch_agreement(shares({"eps=0.01": one, "eps=100": two}), draws=20)
    assert set(found["compared"]) == {"rules"} and found[["first", "second"]].iloc[0].tolist() == ["eps=0.01", "eps=100"]
    counts = pandas.crosstab(pandas.Categorical(one.argmax(1), range(3)), pandas.Categorical(two.argmax(1), range(3)), dropna=False)
    expected = {"same lead": (one.argmax(1) == two.argmax(1)).mean(), "kappa": cohens_kappa(counts.to_numpy()).kappa,
                "correlation": numpy.mean([numpy.corrcoef(one[:, at], two[:, at])[0, 1] for at in range(3)])}
    assert by_measure(found) == pytest.approx(expected)
    assert found["epochs"].unique().tolist() == [60] and found["low"].isna().all(), "one subject makes no interval"


def test_every_two_rules_are_compared_in_the_reports_order():
    found = epoch_agreement(shares({"alpha1beta0": drawn(1), "eps=100": drawn(2), "eps=0.01": drawn(3)}), draws=5)
    pairs = found[["first", "second"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["eps=0.01", "eps=100"], ["eps=0.01", "alpha1beta0"], ["eps=100", "alpha1beta0"]]


def test_the_same_lead_everywhere_has_no_kappa_and_shares_that_do_not_vary_no_correlation():
    found = by_measure(epoch_agreement(shares({"eps=0.01": [[0.6, 0.3, 0.1]] * 3, "eps=100": drawn(1, 3) * 0 + [0.5, 0.4, 0.1]}), draws=5))
    assert found["same lead"] == 1 and numpy.isnan(found["kappa"]) and numpy.isnan(found["correlation"])


def test_an_epoch_without_relevance_under_a_rule_is_left_out_of_its_pairs():
    one = drawn(1, 4)
    one[2] = numpy.nan
    assert epoch_agreement(shares({"eps=0.01": one, "eps=100": drawn(2, 4)}), draws=5)["epochs"].unique().tolist() == [3]


@pytest.mark.parametrize("subjects, known", [("12345", False), ("123456", True)])
def test_few_subjects_make_no_interval(subjects, known):
    found = epoch_agreement(shares({"eps=0.01": drawn(1), "eps=100": drawn(2)}, subjects=tuple(subjects)), draws=20)
    assert found["low"].notna().all() == known and found["value"].notna().all()


def test_intervals_are_over_subjects():
    """All epochs of half of eight subjects agree, none of the others: the part of epochs varies by subject."""
    subjects = tuple("12345678")
    one = numpy.tile([0.6, 0.3, 0.1], (80, 1))
    two = numpy.array([[0.6, 0.3, 0.1] if at % 8 < 4 else [0.3, 0.6, 0.1] for at in range(80)])
    found = epoch_agreement(shares({"eps=0.01": one, "eps=100": two}, subjects=subjects), draws=2000)
    row = found.set_index("measure").loc["same lead"]
    # Of 8 draws with chance ½: 2.5 % and 97.5 % of Binomial(8, ½) are 1 and 7.
    assert (row["value"], row["low"], row["high"], row["subjects"]) == (0.5, 1 / 8, 7 / 8, 8)
