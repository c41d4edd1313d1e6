"""Least squares from sums per night, held to statsmodels on all rows, to R, to a jackknife written out and to published numbers."""

import numpy
import pytest
import statsmodels.api
from scipy import stats

from helpers.analysis import linear_model


@pytest.fixture(scope="module")
def rows():
    """(values (rows, 2), weights, design by night, subjects by night, night of each row): 9 subjects with 1 to 3 nights."""
    random = numpy.random.default_rng(3)
    subjects = numpy.repeat(numpy.arange(9), [2, 2, 1, 3, 2, 2, 2, 1, 2])
    design = numpy.column_stack([numpy.ones(len(subjects)), numpy.arange(len(subjects)) % 2, random.normal(40, 12, 9)[subjects]])
    nights = numpy.repeat(numpy.arange(len(subjects)), random.integers(2, 30, len(subjects)))
    values = random.normal(0, 1, (len(nights), 2)) + random.normal(0, 1, (9, 2))[subjects[nights]]
    return values, random.uniform(0.2, 3, len(nights)), design, subjects, nights


@pytest.fixture(scope="module")
def fitted(rows):
    values, weights, design, subjects, nights = rows
    return linear_model.fit(linear_model.night_sums(values, weights, nights, len(design)), design, subjects)


def test_sums_per_night_give_what_statsmodels_gives_with_all_rows(rows, fitted):
    values, weights, design, subjects, nights = rows
    for column in range(2):
        model = statsmodels.api.WLS(values[:, column], design[nights], weights=weights)
        plain = model.fit()
        clustered = model.fit(cov_type="cluster-crv3", cov_kwds={"groups": subjects[nights]}, use_t=True)
        assert fitted.coefficients[:, column] == pytest.approx(plain.params, rel=1e-10)
        assert fitted.ordinary[:, column] == pytest.approx(plain.bse, rel=1e-10)
        errors = [numpy.sqrt(fitted.covariance(term)[column, column]) for term in range(3)]
        assert errors == pytest.approx(clustered.bse, rel=1e-10) and fitted.errors()[:, column] == pytest.approx(clustered.bse, rel=1e-10)
        of_t = linear_model.tested(fitted.coefficients[:, column], fitted.ordinary[:, column], fitted.freedom)
        assert of_t["p"] == pytest.approx(plain.pvalues, rel=1e-8)
        assert numpy.column_stack([of_t["low"], of_t["high"]]) == pytest.approx(plain.conf_int(), rel=1e-8)


def test_crv3_is_the_jackknife_written_out(rows, fitted):
    values, weights, design, subjects, nights = rows
    x, root = design[nights], numpy.sqrt(weights)[:, None]
    without = []
    for subject in range(9):
        here = subjects[nights] != subject
        without.append(numpy.linalg.lstsq(root[here] * x[here], root[here] * values[here], rcond=None)[0])
    away = numpy.array(without) - numpy.linalg.lstsq(root * x, root * values, rcond=None)[0]
    for term in range(3):
        assert fitted.covariance(term) == pytest.approx(8 / 9 * sum(numpy.outer(d, d) for d in away[:, term]), rel=1e-8)


def test_crv3_is_r_s_on_the_investments_of_grunfeld():
    """vcovJK of R's package sandwich, center = "estimate", as statsmodels keeps it for its own tests (Grunfeld 1958)."""
    data = statsmodels.datasets.grunfeld.load_pandas().data
    firms = ["General Motors", "US Steel", "General Electric", "Chrysler", "Atlantic Refining", "IBM", "Union Oil", "Westinghouse",
             "Goodyear", "Diamond Match"]
    data = data[data["firm"].isin(firms)]
    assert len(data) == 200
    design = numpy.column_stack([data["value"], data["capital"], numpy.ones(200)])
    subjects = data["firm"].astype("category").cat.codes.to_numpy()
    sums = linear_model.NightSums(numpy.ones(200), data[["invest"]].to_numpy(), numpy.zeros(1), 200)
    fit = linear_model.fit(sums, design, subjects)
    assert fit.coefficients[:, 0] == pytest.approx([0.1155621564, 0.2306784887, -42.71436944], rel=1e-8)
    errors = [fit.covariance(term)[0, 0] ** 0.5 for term in range(3)]
    assert errors == pytest.approx([0.01612997208, 0.1473308781, 34.81338218], rel=1e-8)


def test_degrees_of_freedom_are_the_published_ones_of_two_unequal_groups():
    """Imbens and Kolesár 2016, doi 10.1162/REST_a_00552: with 27 and 3 observations Bell and McCaffrey's are 2.5, and the formula
    of their equation for two groups."""
    for first, second, published in ((27, 3, 2.5), (15, 5, None)):
        treated = numpy.repeat([0.0, 1.0], [first, second])
        design = numpy.column_stack([numpy.ones(first + second), treated])
        found = linear_model.satterthwaite(numpy.ones(len(treated)), design, numpy.eye(len(treated), dtype=bool))[1]
        formula = (first + second) ** 2 * (first - 1) * (second - 1) / (second**2 * (second - 1) + first**2 * (first - 1))
        assert found == pytest.approx(formula, rel=1e-10)
        assert published is None or round(found, 1) == published


def test_degrees_of_freedom_from_nights_are_those_of_all_rows(rows):
    values, weights, design, subjects, nights = rows
    few = numpy.flatnonzero(numpy.arange(len(nights)) % 3 == 0)
    weights, nights = weights[few], nights[few]
    x = numpy.sqrt(weights)[:, None] * design[nights]
    bread = numpy.linalg.inv(x.T @ x)
    remaining = numpy.eye(len(x)) - x @ bread @ x.T
    for term in range(3):
        columns = []
        for subject in range(9):
            here = subjects[nights] == subject
            values_, vectors = numpy.linalg.eigh(remaining[numpy.ix_(here, here)])
            adjusted = vectors @ numpy.diag(values_ ** -0.5) @ vectors.T @ x[here] @ bread[:, term]
            columns.append(remaining[:, here] @ adjusted)
        inner = numpy.array(columns) @ numpy.array(columns).T
        expected = numpy.trace(inner) ** 2 / (inner**2).sum()
        sums = numpy.bincount(nights, weights, len(design))
        found = linear_model.satterthwaite(sums, design, numpy.arange(9)[:, None] == subjects)
        assert found[term] == pytest.approx(expected, rel=1e-8)


def test_in_balanced_pairs_the_degrees_of_freedom_are_those_of_a_paired_t_test():
    subjects = numpy.repeat(numpy.arange(12), 2)
    design = numpy.column_stack([numpy.ones(24), numpy.tile([0.0, 1.0], 12)])
    found = linear_model.satterthwaite(numpy.ones(24), design, numpy.arange(12)[:, None] == subjects)
    assert found[1] == pytest.approx(11)


def test_the_joint_test_is_hotelling_s_where_that_is_exact():
    """Of one sample the jackknife's V is that of the mean, so that T² is Hotelling's."""
    random = numpy.random.default_rng(5)
    values = random.normal(0.4, 1, (14, 2))
    sums = linear_model.NightSums(numpy.ones(14), values, numpy.zeros(2), 14)
    fit = linear_model.fit(sums, numpy.ones((14, 1)), numpy.arange(14))
    mean, covariance = values.mean(axis=0), numpy.cov(values.T)
    hotelling = 14 * mean @ numpy.linalg.solve(covariance, mean)
    test = linear_model.joint_test(fit.coefficients[0], fit.covariance(0), fit.satterthwaite[0])
    assert fit.satterthwaite[0] == pytest.approx(13) and test["T2"] == pytest.approx(hotelling)
    assert test["F"] == pytest.approx(12 / 26 * hotelling) and (test["df1"], test["df2"]) == (2, pytest.approx(12))
    assert test["p"] == pytest.approx(stats.f.sf(12 / 26 * hotelling, 2, 12))


def test_two_responses_that_are_one_have_no_joint_test():
    same = numpy.array([[1.0, 1.0], [1.0, 1.0]])
    assert numpy.isnan(linear_model.joint_test(numpy.ones(2), same, 10.0)["p"])
    assert numpy.isnan(linear_model.joint_test(numpy.ones(2), numpy.eye(2), 0.9)["p"])


def test_the_smallest_detectable_effect_is_found_in_four_of_five_studies():
    """trust: with 22 pairs a paired difference of .63 standard deviations is found with a power of 80 %."""
    assert linear_model.detectable(1 / 22**0.5, 21) == pytest.approx(0.63, abs=0.005)


@pytest.mark.parametrize("design, subjects, rows, reason", [
    ([[1, 0], [1, 1]], ["a", "b"], 9, "2 subjects with such epochs, too few for 2 terms"),
    ([[1, 1], [1, 1], [1, 1]], ["a", "b", "c"], 9, "covariates cannot be told apart among these epochs"),
    ([[1, 0], [1, 0], [1, 1]], ["a", "b", "c"], 9, "without subject c covariates cannot be told apart"),
    ([[1, 0], [1, 1], [1, 2]], ["a", "b", "c"], 3, "3 rows are too few"),
    ([[1, 0], [1, 1], [1, 2]], ["a", "b", "c"], 4, "")])
def test_what_cannot_be_estimated_says_why(design, subjects, rows, reason):
    assert linear_model.reason_against(numpy.array(design, float), numpy.array(subjects), rows) == reason
