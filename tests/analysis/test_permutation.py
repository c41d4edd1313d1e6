"""Permutation tests, held to enumeration written out with loops, to MNE's sign flips and to what is left of a planted effect."""

import itertools
import math

import mne.stats
import numpy
import pytest
from scipy import stats

from helpers.analysis import permutation


def _squared(y, x):
    """T² of the first term with the jackknife's covariance, by fitting again without each subject; y (subjects, responses)."""
    b = numpy.linalg.lstsq(x, y, rcond=None)[0][0]
    n = len(y)
    away = [numpy.linalg.lstsq(numpy.delete(x, at, 0), numpy.delete(y, at, 0), rcond=None)[0][0] - b for at in range(n)]
    covariance = (n - 1) / n * sum(numpy.outer(d, d) for d in away)
    return b @ numpy.linalg.solve(covariance, b)


def _residuals(y, x):
    others = x[:, 1:]
    return y - others @ numpy.linalg.lstsq(others, y, rcond=None)[0] if others.shape[1] else y


@pytest.mark.parametrize("responses", [1, 2, 3])
@pytest.mark.parametrize("ordered", [False, True])
def test_sign_flips_are_all_counted_in_a_small_design(responses, ordered):
    random = numpy.random.default_rng(responses)
    y = random.normal(0.5, 1, (7, responses))
    x = numpy.column_stack([numpy.ones(7), [1, -1, 1, 1, -1, -1, 1]] if ordered else [numpy.ones(7)])
    found = permutation.test(y, x, permutation.sign_flips(7), responses)
    left = _residuals(y, x)
    drawn = [_squared(left * numpy.array(signs)[:, None], x) for signs in itertools.product((1, -1), repeat=7)]
    observed = _squared(y, x)
    assert found["T2"][0] == pytest.approx(observed)
    assert found["p"][0] == pytest.approx(numpy.mean([value >= observed * (1 - 1e-9) for value in drawn]))


@pytest.mark.parametrize("responses", [1, 2])
def test_permutations_are_all_counted_in_a_small_design(responses):
    """Freedman and Lane: residuals of the other covariates move, the fit of those stays (Winkler et al. 2014)."""
    random = numpy.random.default_rng(9)
    y = random.normal(0, 1, (6, responses))
    x = numpy.column_stack([[0, 0, 1, 1, 0, 1], numpy.ones(6), random.normal(0, 1, 6)])
    y[:, 0] += 1.5 * x[:, 0] + x[:, 2]
    found = permutation.test(y, x, permutation.permutations(6), responses)
    left = _residuals(y, x)
    stays = y - left
    drawn = [_squared(stays + left[list(order)], x) for order in itertools.permutations(range(6))]
    observed = _squared(y, x)
    assert len(drawn) == 720 and found["T2"][0] == pytest.approx(observed)
    assert found["p"][0] == pytest.approx(numpy.mean([value >= observed * (1 - 1e-9) for value in drawn]))
    assert found["coefficient"][0] == pytest.approx(numpy.linalg.lstsq(x, y, rcond=None)[0][0, 0])


def test_without_order_flips_give_the_p_of_mne():
    """A one-sample t is a function of the jackknife's T², so that both order the flips alike."""
    values = numpy.random.default_rng(2).normal(0.6, 1, (9, 1))
    _, p, _ = mne.stats.permutation_t_test(values, n_permutations="all", verbose="error")
    found = permutation.test(values, numpy.ones((9, 1)), permutation.sign_flips(9))["p"]
    assert found[0] == pytest.approx(p[0], abs=1 / 256)  # MNE leaves out what was observed


def test_random_draws_come_near_all_of_them_and_count_what_was_observed():
    values = numpy.random.default_rng(4).normal(0.5, 1, (12, 3))
    x = numpy.ones((12, 1))
    every = permutation.test(values, x, permutation.sign_flips(12))
    some = permutation.test(values, x, permutation.sign_flips(12, draws=2000, seed=1))
    assert permutation.sign_flips(12).exact and not permutation.sign_flips(12, draws=2000).exact
    assert some["p"] == pytest.approx(every["p"], abs=0.03) and some["p"].min() >= 1 / 2001
    far = permutation.test(values + 50, x, permutation.sign_flips(12, draws=99))
    assert far["p"] == pytest.approx(1 / 100)


def test_each_column_is_tested_as_if_alone_and_moves_with_its_subject():
    random = numpy.random.default_rng(6)
    values, x = random.normal(0, 1, (10, 4)), numpy.column_stack([random.normal(0, 1, 10), numpy.ones(10)])
    moves = permutation.permutations(10, draws=500)
    together = permutation.test(values, x, moves)["p"]
    assert together == pytest.approx([permutation.test(values[:, [at]], x, moves)["p"][0] for at in range(4)])
    pairs = permutation.test(values, x, moves, 2)["p"]
    assert pairs[1] == pytest.approx(permutation.test(values[:, 2:], x, moves, 2)["p"][0])


def test_the_order_of_nights_is_taken_for_no_effect_of_the_drug():
    """All that differs between nights is the order in which they were slept."""
    order = numpy.array([1.0] * 12 + [-1.0] * 10)
    values = 4 * order[:, None] + numpy.random.default_rng(8).normal(0, 0.2, (22, 1))
    naive = permutation.test(values, numpy.ones((22, 1)), permutation.sign_flips(22, 999))
    adjusted = permutation.test(values, numpy.column_stack([numpy.ones(22), order]), permutation.sign_flips(22, 999))
    assert abs(naive["coefficient"][0]) > 0.3 and abs(adjusted["coefficient"][0]) < 0.15 and adjusted["p"][0] > 0.05


def test_a_subject_permutation_agrees_with_a_t_test_on_many_subjects():
    random = numpy.random.default_rng(11)
    group = numpy.repeat([0.0, 1.0], [30, 25])
    values = random.normal(0, 1, (55, 1)) + 0.5 * group[:, None]
    found = permutation.test(values, numpy.column_stack([group, numpy.ones(55)]), permutation.permutations(55, 9999))
    assert found["p"][0] == pytest.approx(stats.ttest_ind(values[group == 1, 0], values[group == 0, 0]).pvalue, abs=0.012)


def test_there_are_as_many_moves_as_there_are_arrangements():
    assert len(permutation.sign_flips(6).signs) == 64 and len(permutation.permutations(7).order) == math.factorial(7)
    assert len(permutation.sign_flips(20).signs) == permutation.DRAWS == len(permutation.permutations(8).order)
