"""Rules and folds held together epoch by epoch, against formulas of other packages and against cases worked out by hand."""

import numpy
import pandas
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from helpers.analysis.epoch_agreement import epoch_agreement
from helpers.analysis.subject_shares import subject_shares

NAMES = ("EEG", "EOG", "EMG")


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


def test_folds_are_compared_where_they_tested_the_same_epoch_and_staged_it_alike():
    """Of four epochs that two folds tested, they stage the last two otherwise; of the others, one has the same lead."""
    one = [[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.2, 0.7, 0.1]]
    two = [[0.5, 0.3, 0.2], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.2, 0.7, 0.1]]
    other = shares({"eps=100": two}, fold=1)
    other.loc[other["epoch"] >= 2, "predicted"] = "N1"
    found = epoch_agreement(pandas.concat([shares({"eps=100": one}), other, shares({"eps=100": one}, fold=2, first=9)]), draws=5)
    folds = found[found["compared"] == "folds"]
    assert by_measure(folds)["same lead"] == 0.5 and folds["epochs"].iloc[0] == 2 and folds["first"].iloc[0] == "eps=100"
    assert epoch_agreement(shares({"eps=100": one})).empty, "one rule, no epoch tested twice"


def test_the_same_lead_everywhere_has_no_kappa_and_shares_that_do_not_vary_no_correlation():
    found = by_measure(epoch_agreement(shares({"eps=0.01": [[0.6, 0.3, 0.1]] * 3, "eps=100": drawn(1, 3) * 0 + [0.5, 0.4, 0.1]}), draws=5))
    assert found["same lead"] == 1 and numpy.isnan(found["kappa"]) and numpy.isnan(found["correlation"])


def test_an_epoch_without_relevance_under_a_rule_is_left_out_of_its_pairs():
    one = drawn(1, 4)
    one[2] = numpy.nan
    assert epoch_agreement(shares({"eps=0.01": one, "eps=100": drawn(2, 4)}), draws=5)["epochs"].unique().tolist() == [3]


def test_intervals_are_over_subjects():
    """All epochs of half of eight subjects agree, none of the others: the part of epochs varies by subject."""
    subjects = tuple("12345678")
    one = numpy.tile([0.6, 0.3, 0.1], (80, 1))
    two = numpy.array([[0.6, 0.3, 0.1] if at % 8 < 4 else [0.3, 0.6, 0.1] for at in range(80)])
    found = epoch_agreement(shares({"eps=0.01": one, "eps=100": two}, subjects=subjects), draws=2000)
    row = found.set_index("measure").loc["same lead"]
    # Of 8 draws with chance ½: 2.5 % and 97.5 % of Binomial(8, ½) are 1 and 7.
    assert (row["value"], row["low"], row["high"], row["subjects"]) == (0.5, 1 / 8, 7 / 8, 8)


def test_a_subject_has_the_mean_of_its_epochs_by_the_stage_that_is_said():
    table = shares({"eps=100": [[0.6, 0.3, 0.1], [0.4, 0.5, 0.1], [0.8, 0.1, 0.1]]}, subjects=("1", "2"))
    table.loc[(table["epoch"] == 2) & (table["modality"] == "EMG"), "share"] = numpy.nan
    found = subject_shares(table.astype({"subject": "category", "rule": "category"})).set_index(["subject", "predicted", "modality"])
    assert found.loc["1", "N2", "EEG"]["share"] == pytest.approx(0.7) and found.loc["1", "N2", "EEG"]["n"] == 2
    assert found.loc["2", "N2", "EOG"]["share"] == pytest.approx(0.5)
    assert found.loc["1", "N2", "EMG"]["n"] == 1 and len(found) == 6
