"""Intervals and equivalence against other programs' numbers, and what decides a sentence of several parts."""

import math

import numpy
import pandas
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from helpers.analysis import permutation
from helpers.analysis.bootstrap import Bootstrap
from helpers.analysis.regression import regress_all
from helpers.analysis.verdicts import Comparison, Interval, above, deciding, directed, equivalent, overall

from . import worlds


def _paired(seed, n=22):
    random = numpy.random.default_rng(seed)
    return random.normal(50, 8, n), random.normal(random.uniform(-2.5, 2.5), random.uniform(0.5, 5), n)


@pytest.mark.parametrize("margin", [1.0, 2.0])
def test_equivalence_is_that_of_two_one_sided_tests(margin):
    """Against statsmodels: `ttost_paired` for the verdict, a t test against the margin for its opposite."""
    seen = set()
    for seed in range(120):
        before, change = _paired(seed)
        p = ttost_paired(before + change, before, -margin, margin)[0]
        interval = Interval.of_t(change.mean(), change.std(ddof=1) / 22**0.5, 21)
        verdict = equivalent("", interval, margin).verdict
        beyond = any(stats.ttest_1samp(change, bound).pvalue < 0.05 and (change.mean() - bound) * bound > 0
                     for bound in (-margin, margin))
        assert verdict == ("holds" if p < 0.05 else "fails" if beyond else "undecided")
        assert DescrStatsW(change).ttost_mean(-margin, margin)[0] == pytest.approx(p)
        seen.add(verdict)
    assert seen == {"holds", "fails", "undecided"}


@pytest.fixture(scope="module")
def two_nights():
    """22 subjects with a night on each drug, of whose EEG share in W the change is known; and its regression."""
    before, change = _paired(7)
    rows = [(0, f"s{subject}n{night}", f"s{subject}", epoch, "W", "W", "eps=100", name, share, 0.0)
            for subject in range(22) for night in (0, 1) for epoch in range(6)
            for name, share in (("EEG", (before[subject] + night * change[subject]) / 100), ("EOG", 1 - (
                before[subject] + night * change[subject]) / 100))]
    table = pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality",
                                        "share", "log_total"])
    people = pandas.DataFrame([(f"s{subject}n{night}", f"s{subject}", ("placebo", "temazepam")[night]) for subject in range(22)
                               for night in (0, 1)], columns=["recording", "subject", "medication"])
    return before, change, table, people, regress_all(table, people, ["eps=100"])[0]


@pytest.mark.parametrize("margin", [0.5, 1, 1.5, 2, 3, 4])
def test_equivalence_of_a_run_is_that_of_paired_nights(two_nights, margin):
    before, change, table, people, regression = two_nights
    content = {**worlds.CONTENT, "claims": [{"id": 1, "says": "", "needs": [
        {"no_effect": ["EEG"], "of": ["W"], "covariate": "medication", "level": "temazepam", "reference": "placebo",
         "rules": ["eps=100"]}]}], "settings": {**worlds.CONTENT["settings"], "margin": {"effect": margin}}}
    from helpers.analysis.claims import judge

    _, found = judge(table, regression, None, worlds.EPOCHS, people, content=content)
    row = found[(found["test"] == "clustered") & (found["rows"] == "nights") & (found["scale"] == "percent")].iloc[0]
    p = ttost_paired(before + change, before, -margin, margin)[0]
    assert (row["verdict"] == "holds") == (p < 0.05)
    low, high = DescrStatsW(change).tconfint_mean()
    assert (row["value"], row["low"], row["high"]) == pytest.approx((change.mean(), low, high))


def test_intervals_by_permutation_end_where_a_permutation_test_of_a_shifted_effect_turns():
    random = numpy.random.default_rng(4)
    change, design = random.normal(1, 2, (12, 1)), numpy.ones((12, 1))
    moves = permutation.sign_flips(12)
    found = permutation.test(change, design, moves)
    middle = found["coefficient"][0]
    for half, level in ((found["half95"][0], 0.05), (found["half90"][0], 0.10)):
        for end in (middle - half, middle + half):
            assert permutation.test(change - end, design, moves)["p"][0] == pytest.approx(level, abs=0.015)
    assert found["half95"][0] == pytest.approx(stats.t.isf(0.025, 11) * change.std(ddof=1) / 12**0.5, rel=0.1)
    assert (found["p"][0] < 0.05) == (abs(middle) > found["half95"][0])


def test_log_ratios_are_read_as_points_around_the_middle(two_nights):
    """A small change of a share s moves its log-ratio √½ ln(s/(1−s)) by √½ / (s(1−s)) times as much."""
    _, change, table, people, regression = two_nights
    content = {**worlds.CONTENT, "claims": [{"id": 1, "says": "", "needs": [
        {"effect": 1, "modality": "EEG", "of": ["W"], "covariate": "medication", "level": "temazepam", "reference": "placebo",
         "rules": ["eps=100"]}]}]}
    from helpers.analysis.claims import judge

    _, found = judge(table, regression, None, worlds.EPOCHS, people, content=content)
    for test in worlds.TESTS:
        rows = found[(found["test"] == test) & (found["rows"] == "nights") & (found["averaging"] == "mean")
                     & (found["selection"] == "correct")].set_index("scale")
        assert rows.loc["log-ratio", "value"] == pytest.approx(rows.loc["percent", "value"], abs=0.1 * abs(change).max())
        assert rows.loc["log-ratio", "high"] - rows.loc["log-ratio", "low"] == pytest.approx(
            rows.loc["percent", "high"] - rows.loc["percent", "low"], rel=0.15)


def test_an_interval_of_draws_has_the_quantiles_of_a_normal_distribution():
    drawn = stats.norm.ppf((numpy.arange(20000) + 0.5) / 20000, 3, 2)
    interval = Interval.of_draws(3, drawn)
    assert (interval.low, interval.high, interval.inner_low, interval.inner_high) == pytest.approx(
        (3 - 3.92, 3 + 3.92, 3 - 3.29, 3 + 3.29), abs=0.01)
    turned = interval.times(-2)
    assert (turned.value, turned.low, turned.inner_high) == pytest.approx((-6, -6 - 7.84, -6 + 6.58), abs=0.02)
    assert math.isnan(Interval.of_draws(math.nan, drawn).low)


@pytest.mark.parametrize("interval, verdict", [(Interval(2, 1, 3, 1.2, 2.8), "holds"), (Interval(-2, -3, -1, -2.8, -1.2), "fails"),
                                               (Interval(1, -1, 3, -.5, 2.5), "undecided"),
                                               (Interval(2, 0.0, 4, 1, 3), "undecided")])
def test_above_is_by_the_95_percent_interval(interval, verdict):
    assert above("", interval).verdict == verdict


@pytest.mark.parametrize("value, p, direction, verdict", [(1, .04, 1, "holds"), (1, .04, -1, "fails"), (-1, .04, -1, "holds"),
                                                          (1, .05, 1, "undecided"), (1, .06, -1, "undecided")])
def test_a_direction_needs_five_percent(value, p, direction, verdict):
    assert directed("", Interval(value), p, direction).verdict == verdict


def test_a_p_of_many_zeros_is_said_by_its_bound():
    said = [directed("EEG", Interval(3.0, 1.0, 5.0, 1.5, 4.5), p, 1).text.rpartition(", ")[2] for p in (0.0123, 1e-4, 3e-8, float("nan"))]
    assert said == ["corrected p 0.012", "corrected p 0.0001", "corrected p below 0.0001", "corrected p nan"]


def test_of_several_parts_the_worst_decides_and_of_those_the_least_supported():
    parts = [Comparison("holds", "a", "", support=5), Comparison("undecided", "b", "", support=.1), Comparison("holds", "c", "",
                                                                                                              support=-1)]
    assert overall(parts) == "undecided" and deciding(parts).what == "b"
    assert overall(parts + [Comparison("not applicable", "", "")]) == "not applicable"
    assert overall(parts + [Comparison("not applicable", "", ""), Comparison("fails", "d", "")]) == "fails"
    assert deciding([parts[0], parts[2]]).what == "c"


# ------------------------------------------------------- averages of shares

def test_averages_are_means_pooled_shares_or_geometric_means():
    """Of two subjects with an epoch each of one stage, by hand."""
    rows = [(0, f"n{number}", f"s{number}", 0, "W", "W", "r", name, share, total)
            for number, (shares, total) in enumerate((((.6, .3, .1), 0.0), ((.2, .4, .4), math.log(3))))
            for name, share in zip(("EEG", "EOG", "EMG"), shares)]
    table = pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality",
                                        "share", "log_total"])
    bootstrap = Bootstrap(table, 10, 1)
    for averaging, scale, expected in (("mean", "percent", (40, 35, 25)), ("pooled", "percent", (30, 37.5, 32.5))):
        assert bootstrap.averages("r", "W", "correct", averaging, scale)[0] == pytest.approx(expected)
    geometric = numpy.sqrt([.6 * .2, .3 * .4, .1 * .4])
    assert bootstrap.averages("r", "", "all", "mean", "log-ratio")[0] == pytest.approx(100 * geometric / geometric.sum())
    pooled = numpy.array([.6 * .2**3, .3 * .4**3, .1 * .4**3]) ** .25
    assert bootstrap.averages("r", "W", "stage", "pooled", "log-ratio")[0] == pytest.approx(100 * pooled / pooled.sum())


def test_verdicts_that_hang_on_averaging_or_selection_are_told_apart():
    """At ε = 100 few epochs have nearly all relevance, and lean on another modality."""
    table = worlds.shares(lambda *at: (20, 70, 10), totals=lambda rule, right, epoch: 20.0 if epoch == 0 else 0.0)
    table.loc[table["epoch"] % 5 == 0, "share"] = table["modality"].map({"EEG": .7, "EOG": .2, "EMG": .1})
    row, found = worlds.judged("2b", table)
    found = found.set_index(["averaging", "scale", "selection"])["verdict"]
    assert row["verdict"] == "holds" and row["fails"] == row["holds"] == 4
    assert set(found["mean"]) == {"holds"} and set(found["pooled"]) == {"fails"}
    wrong = worlds.shares(lambda *at: (45, 55, 0), lambda *at: (90, 10, 0))
    row, found = worlds.judged("2b", wrong)
    assert dict(zip(found["selection"], found["verdict"])) == {"correct": "holds", "all": "fails"}
    row, found = worlds.judged("5c", worlds.shares(lambda *at: (60, 30, 10), lambda *at: (5, 50, 45)))
    assert row["verdict"] == "holds" and set(found["selection"]) == {""}
