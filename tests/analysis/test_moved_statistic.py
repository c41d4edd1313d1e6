"""The statistic of a permutation test, draw by draw, against a jackknife of moved values that is written out."""

import numpy
import pytest

from helpers.analysis import linear_model, permutation


def by_hand(values, design):
    """(coefficients (columns,), CRV3 (columns, columns)) of the first term: least squares without each subject in turn."""
    whole = numpy.linalg.lstsq(design, values, rcond=None)[0][0]
    without = numpy.array([numpy.linalg.lstsq(numpy.delete(design, at, 0), numpy.delete(values, at, 0), rcond=None)[0][0]
                           for at in range(len(values))])
    return whole, (len(values) - 1) / len(values) * (without - whole).T @ (without - whole)


@pytest.mark.parametrize("flipped", [True, False])
@pytest.mark.parametrize("responses", [1, 2, 3])
@pytest.mark.parametrize("terms", [1, 2, 3])
def test_each_draw_has_the_coefficient_and_the_t2_of_a_jackknife_of_what_was_moved(terms, responses, flipped):
    random = numpy.random.default_rng(terms)
    design = numpy.column_stack([random.normal(size=11), numpy.ones(11), random.normal(size=11)])[:, :terms]
    residuals = random.normal(size=(11, responses * 70))  # more columns than are tested at a time
    moves = (permutation.sign_flips if flipped else permutation.permutations)(11, 3)
    coefficients, squared = permutation.Statistic(design, moves).of(residuals, responses)
    for draw in range(3):
        moved = residuals[moves.order[draw]] * moves.signs[draw][:, None]
        whole, covariance = by_hand(moved, design)
        numpy.testing.assert_allclose(coefficients[draw], whole, atol=1e-12)
        for at in range(0, residuals.shape[1], responses):
            here = slice(at, at + responses)
            expected = whole[here] @ numpy.linalg.solve(covariance[here, here], whole[here])
            assert squared[draw, at // responses] == pytest.approx(expected, rel=1e-8)


def test_joint_tests_of_many_are_each_what_one_alone_is():
    random = numpy.random.default_rng(0)
    coefficients, roots = random.normal(size=(6, 2)), random.normal(size=(6, 2, 2))
    covariance = roots @ roots.transpose(0, 2, 1)
    covariance[3] = 0
    together = linear_model.joint_test(coefficients, covariance, 9.5)
    for at in range(6):
        alone = linear_model.joint_test(coefficients[at], covariance[at], 9.5)
        assert all(isinstance(value, float) for value in alone.values())
        assert {name: value[at] for name, value in together.items()} == pytest.approx(alone, nan_ok=True)
    assert numpy.isnan(together["p"][3]) and together["df2"][0] == 8.5
