"""Drawn cohorts hold to the run's own regression of epochs, to statsmodels and to series written out as matrices."""

import numpy
import pandas
import pytest
from scipy import stats

from helpers.analysis import error_rates, null_cohorts, permutation
from helpers.analysis.covariate_design import design_of
from helpers.analysis.linear_model import NightSums
from helpers.analysis.regression import regress_all
from helpers.analysis.serial_correlation import inflation, squares_moments, within_nights

from . import synthetic
from .drawn_epochs import epochs, series, shares_of, summed, telemetry, unequal

RULES = ("eps=0.01", "eps=100", "alpha1beta0")
SIZE = {"sex": 1.7, "medication": -0.9, "age": 0.04}


def percents(columns, seed=0):
    """(covariates, period, design, numbers, EEG and EOG in percent, each (epochs, columns))."""
    covariates, period = telemetry()
    random = numpy.random.default_rng(seed)
    numbers = unequal(len(covariates), random)
    values = 25 * epochs(numbers, covariates["subject"], 2 * columns, random)
    return covariates, period, design_of(covariates, None, period), numbers, 50 + values[:, :columns], 30 + values[:, columns:]


@pytest.mark.parametrize("planted", [None, "medication", "sex", "age"])
def test_the_vectorised_form_equals_the_runs_own_regression_of_drawn_epochs(planted):
    covariates, period, design, numbers, eeg, eog = percents(3)
    names = [term.covariate for term in design.terms]
    number = 1 + names.index(planted or "sex")
    column = numpy.repeat(design.matrix.loc[covariates["recording"]].to_numpy()[:, number], numbers)
    size = SIZE[planted] if planted else 0.0
    more = (size * column)[:, None]
    shares = pandas.concat([shares_of(numpy.column_stack([(eeg + more)[:, at], eog[:, at]]), covariates, numbers, rule)
                            for at, rule in enumerate(RULES)])
    table, _ = regress_all(shares, covariates, RULES, None, period)
    table = table[(table["selection"] == "correct") & (table["averaging"] == "mean") & (table["scale"] == "percent")
                  & (table["stage"] == "N2") & (table["modality"] == "EEG") & (table["covariate"] == names[number - 1])]
    tests = null_cohorts.tests_of(null_cohorts.cohorts_of(covariates["recording"], summed(eeg, numbers), design), design,
                                  permutation.DRAWS)[number]
    of_epochs, of_nights = (table[table["rows"] == rows].set_index("rule").loc[list(RULES)] for rows in ("epochs", "nights"))
    for method, expected, name in (("ols", of_epochs, "ols"), ("clustered", of_epochs, "clustered"),
                                   ("nights", of_nights, "clustered")):
        numpy.testing.assert_allclose(tests[method].coefficient + size, expected[f"coefficient_{name}"], rtol=0, atol=1e-10)
        numpy.testing.assert_allclose(tests[method].error, expected[f"se_{name}"], rtol=0, atol=1e-10)
        numpy.testing.assert_allclose(tests[method].p(size), expected[f"p_{name}"], rtol=0, atol=1e-10)
    numpy.testing.assert_allclose(tests["permutation"].p(size), of_nights["p_permutation"], rtol=0, atol=1e-10)


def test_the_unit_of_an_effect_is_the_one_in_which_the_regression_gives_its_effect_size():
    covariates, period, design, numbers, eeg, eog = percents(1)
    table, _ = regress_all(shares_of(numpy.column_stack([eeg, eog]), covariates, numbers), covariates, RULES[:1], None, period)
    table = table[(table["selection"] == "correct") & (table["averaging"] == "mean") & (table["scale"] == "percent")
                  & (table["stage"] == "N2") & (table["modality"] == "EEG") & (table["rows"] == "nights")].set_index("covariate")
    tests = null_cohorts.tests_of(null_cohorts.cohorts_of(covariates["recording"], summed(eeg, numbers), design), design, 9)
    for number, term in enumerate(design.terms, start=1):
        row = table.loc[term.covariate]
        assert row["coefficient_permutation"] / tests[number]["permutation"].unit() == pytest.approx(row["effect_size"], rel=1e-10)


def test_crv1_is_statsmodels_sandwich_clustered_by_subject():
    import statsmodels.api as sm

    covariates, _, design, numbers, eeg, _ = percents(2)
    tests = null_cohorts.tests_of(null_cohorts.cohorts_of(covariates["recording"], summed(eeg, numbers), design), design, 9)
    x = numpy.repeat(design.of(covariates["recording"]), numbers, axis=0)
    groups = pandas.factorize(numpy.repeat(covariates["subject"], numbers))[0]
    for column in range(2):
        fit = sm.OLS(eeg[:, column], x).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        for number in (1, 2, 3):
            assert tests[number]["crv1"].error[column] == pytest.approx(fit.bse[number], rel=1e-9)
            assert tests[number]["crv1"].p()[column] == pytest.approx(fit.pvalues[number], rel=1e-7)


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.4, 0.9])
def test_means_and_squares_of_series_are_those_of_the_matrix_of_their_correlations(correlation):
    numbers = numpy.array([1, 2, 3, 7, 40, 7])
    mean, variance = squares_moments(numbers, correlation)
    for at, number in enumerate(numbers):
        steps = numpy.arange(number)
        matrix = correlation ** numpy.abs(steps[:, None] - steps) if correlation else numpy.eye(number)
        centred = (numpy.eye(number) - 1 / number) @ matrix
        assert inflation(numbers, correlation)[at] == pytest.approx(matrix.sum() / number)
        assert mean[at] == pytest.approx(numpy.trace(centred), abs=1e-12)
        assert variance[at] == pytest.approx(2 * numpy.trace(centred @ centred), abs=1e-10)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_variance_and_correlation_within_short_nights_are_found_without_bias(correlation):
    random = numpy.random.default_rng(3)
    numbers = random.integers(3, 25, 400)
    nights = numpy.repeat(numpy.arange(400), numbers)
    values = 2 * series(numbers, 1, correlation, random)[:, 0] + numpy.repeat(random.normal(0, 9, 400), numbers)
    variance, found = within_nights(values, nights)
    assert variance == pytest.approx(4, rel=0.08) and found == pytest.approx(correlation, abs=0.04)
    assert within_nights(numpy.array([1.0, 2, 3, 4]), numpy.array([0, 0, 1, 1]))[0] != 0  # nights of two epochs say nothing: NaN
    assert within_nights(numpy.ones(12), numpy.repeat([0, 1], 6)) == (0.0, 0.0)


def test_drawn_sums_vary_as_drawn_epochs_do():
    """4,000 cohorts of two subjects and three nights, both ways: covariances of means, mean and spread of squares."""
    subjects, numbers = ["a", "a", "b"], numpy.array([1, 12, 60])
    random = numpy.random.default_rng(5)
    one = null_cohorts.drawn(null_cohorts.Components(0.06**2, 0.04**2, 0.12**2, 0.6), numbers, subjects, 4_000, random)
    other = summed(epochs(numbers, subjects, 4_000, random), numbers)
    assert one.rows == other.rows and (one.weights == other.weights).all()
    numpy.testing.assert_allclose(numpy.cov(one.means), numpy.cov(other.means), atol=8e-4)
    assert one.squares.mean() == pytest.approx(other.squares.mean(), rel=0.02)
    assert one.squares.std() == pytest.approx(other.squares.std(), rel=0.06)


def test_components_are_sums_over_modalities_without_what_epochs_explain():
    table = pandas.DataFrame({"between_subjects": [4.0, 2.0], "between_nights": [3.0, 1.0], "sampling": [1.0, 1.5],
                              "within_nights": [30.0, 10.0], "correlation": [0.2, 0.6]})
    found = null_cohorts.components_of(table)
    assert vars(found) == pytest.approx({"subjects": 6, "nights": 2, "epochs": 40, "correlation": 0.3})
    assert null_cohorts.components_of(table.assign(between_nights=numpy.nan)) is None
    assert null_cohorts.components_of(table[:0]) is None


def rates(covariates=None, **more):
    covariates = synthetic.covariates() if covariates is None else covariates
    shares = synthetic.shares(rules=RULES[:1], subjects=covariates["subject"].nunique(), epochs=60)
    variances = pandas.DataFrame([{"rule": RULES[0], "stage": stage, "modality": name, "between_subjects": 4.0,
                                   "between_nights": 1.5, "sampling": 0.5, "within_nights": 20.0, "correlation": 0.3}
                                  for stage in ("N2", "REM") for name in synthetic.MODALITIES])
    return error_rates.error_rates(shares, variances, covariates, RULES[:1], **{"cohorts": 300, "draws": 199} | more)


def test_the_table_counts_rejections_by_stage_and_over_all_and_its_intervals_hold_the_rate():
    table = rates()
    assert set(table["stage"]) == {"N2", "REM", "all"} and set(table["method"]) == set(null_cohorts.METHODS)
    assert set(table["covariate"]) == {"medication", "sex", "age"} and set(table["effect_size"]) == set(error_rates.EFFECT_SIZES)
    keys = ["method", "covariate", "effect_size"]
    by_stage = table[table["stage"] != "all"].groupby(keys)[["rejected", "cohorts"]].sum()
    assert (table[table["stage"] == "all"].set_index(keys).loc[by_stage.index, ["rejected", "cohorts"]] == by_stage).all(axis=None)
    assert (table.loc[table["effect_size"] == 0, "cohorts"] % 300 == 0).all()
    for row in table.itertuples():
        exact = stats.binomtest(row.rejected, row.cohorts).proportion_ci(method="exact")
        assert (row.rate, row.low, row.high) == pytest.approx((row.rejected / row.cohorts, exact.low, exact.high))


def test_ols_is_fooled_where_others_keep_their_size_and_larger_effects_are_found_more_often():
    table = rates().set_index(["stage", "method", "covariate", "effect_size"])["rate"]["all"]
    for covariate in ("sex", "age"):
        assert table["ols", covariate, 0] > 0.4
    for method in ("clustered", "nights", "permutation"):
        for covariate in ("medication", "sex", "age"):
            assert 0.01 < table[method, covariate, 0] < 0.085
            assert table[method, covariate, 0] < table[method, covariate, 0.6] < table[method, covariate, 1]


def test_the_same_sleepers_give_the_same_rates_and_a_stage_without_variances_none():
    assert rates().equals(rates())
    nothing = error_rates.error_rates(synthetic.shares(rules=RULES[:1]), pandas.DataFrame({"rule": [], "stage": []}),
                                      synthetic.covariates(), RULES[:1])
    assert nothing.empty and "rate" in nothing


def test_eight_subjects_show_less_than_twenty_two():
    few, many = (rates(synthetic.covariates(number)).set_index(["stage", "method", "covariate", "effect_size"])["rate"]["all"]
                 for number in (8, 22))
    for covariate in ("medication", "sex"):
        assert few["permutation", covariate, 1] < many["permutation", covariate, 1]


def test_sleepers_of_whom_nothing_is_known_have_no_rates():
    assert rates(synthetic.covariates()[["recording", "subject"]]).empty


def test_a_number_that_changes_between_nights_has_a_size_and_no_detection():
    covariates = synthetic.covariates().drop(columns="medication")
    covariates["dose"] = numpy.random.default_rng(0).normal(size=len(covariates))
    table = rates(covariates)
    assert set(table.loc[table["covariate"] == "dose", "effect_size"]) == {0.0}
    assert "permutation" not in set(table.loc[table["covariate"] == "dose", "method"])


def test_nights_of_four_epochs_count_among_epochs_and_have_no_mean():
    covariates, _, design, numbers, _, _ = percents(1)
    sums = NightSums(numpy.where(numpy.arange(44) < 4, 4.0, 5.0), numpy.zeros((44, 1)), numpy.zeros(1), 216)
    cohorts = null_cohorts.cohorts_of(covariates["recording"], sums, design)
    assert len(cohorts.epochs.recordings) == 44 and len(cohorts.nights.recordings) == 40 and cohorts.nights.left_out == 4
    assert cohorts.nights.n == 200 and (cohorts.nights.sums.weights == 1).all()
