"""How often each test rejects when nothing is there, with the sleepers of the telemetry nights: pytest -m slow -s, minutes long.

Epochs are drawn one by one and summed by hand; the tests are the run's own.
"""

import functools

import numpy
import pandas
import pytest

from helpers.analysis import linear_model, null_cohorts, permutation
from helpers.analysis.covariate_design import design_of
from helpers.analysis.null_cohorts import METHODS, cohorts_of

from .drawn_epochs import epochs, summed, telemetry, unequal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

NOMINAL, TAIL = 0.05, 0.0011
#: Draws of a permutation test: of all runs, then of those that may still reject in the tail.
DRAWS, TAIL_DRAWS = 1_999, 20_000
VALID = ("clustered", "nights", "permutation", "joint clustered", "joint permutation")
#: subjects → sets of numbers of epochs, runs of each.
RUNS = {22: (200, 100), 8: (100, 50)}
SIZES = (0.5, 1.0)


@functools.cache
def rates(subjects):
    """Table by covariate and method: runs, size, tail (22 subjects), power at d = .5 and 1; and the numbers of runs rejected."""
    covariates, period = telemetry(None if subjects == 22 else subjects)
    design = design_of(covariates, None, period)
    rows, at = [], 0
    for random, numbers in complete_sets(subjects, covariates, design):
        runs, with_power = RUNS[subjects][1], at < RUNS[subjects][0] // 10
        values = epochs(numbers, covariates["subject"], 2 * runs, random)
        cohorts = cohorts_of(covariates["recording"], summed(values, numbers), design)
        first = cohorts_of(covariates["recording"], summed(values[:, ::2], numbers), design)
        for number, of_term in null_cohorts.tests_of(first, design, DRAWS).items():
            for method, p, tail, power in (*single(of_term, subjects == 22, with_power),
                                           *joint(cohorts, design, number, of_term, subjects == 22, with_power)):
                rows.append({"covariate": design.terms[number - 1].covariate, "method": method, "runs": len(p),
                             "rejected": (p < NOMINAL).sum(), "in the tail": (tail < TAIL).sum(),
                             **({"runs with effect": len(p)} if with_power else {}),
                             **{f"d = {size:g}": (found < NOMINAL).sum() for size, found in power.items()}})
        at += 1
    table = pandas.DataFrame(rows).groupby(["covariate", "method"], sort=False).sum()
    table["5 %"], table["0.11 %"] = table["rejected"] / table["runs"], table["in the tail"] / table["runs"]
    for size in SIZES:
        table[f"d = {size:g}"] /= table["runs with effect"]
    print(f"\n{subjects} subjects\n{table.round(4).to_string()}")
    return table


def complete_sets(subjects, covariates, design):
    """(Generator, numbers of epochs) of as many sets as `RUNS` says, of which every method gives a p: with eight subjects, a set in
    which nights of fewer than 5 epochs leave a covariate to one subject has a reason instead, whatever the responses are."""
    at = found = 0
    while found < RUNS[subjects][0]:
        random = numpy.random.default_rng([subjects, at])
        numbers, at = unequal(len(covariates), random), at + 1
        nothing = summed(numpy.zeros((numbers.sum(), 1)), numbers)
        of_terms = null_cohorts.tests_of(cohorts_of(covariates["recording"], nothing, design), design, 1)
        if all(set(of_term) == set(METHODS) for of_term in of_terms.values()):
            found += 1
            yield random, numbers
    print(f"\n{subjects} subjects: {found} of {at} sets of numbers of epochs let every method be computed")


def single(of_term, with_tail, with_power):
    """(method, p, p in the tail, size → p) of one response's tests."""
    unit = of_term["permutation"].unit()
    for method, test in of_term.items():
        p = test.p()
        tail = in_the_tail(test.moved.values, test.moved.design, test.moved.flipped, 1) \
            if with_tail and method == "permutation" else p
        yield method, p, tail, {size: test.p(size * unit) for size in SIZES} if with_power else {}


def joint(cohorts, design, number, of_term, with_tail, with_power):
    """The same of both responses together; an effect is on the first."""
    fit, _ = cohorts.nights.fit(design, clustered=True)
    moved, _ = design.tested(design.terms[number - 1], cohorts.nights.recordings, cohorts.nights.sums.means)
    unit, moves = of_term["permutation"].unit(), of_term["permutation"].moves
    deviations = fit.deviations[:, number].reshape(len(fit.deviations), -1, 2)
    covariance = (len(deviations) - 1) / len(deviations) * numpy.einsum("gca,gcb->cab", deviations, deviations)

    def by_errors(size):
        coefficients = fit.coefficients[number].reshape(-1, 2) + [size * unit, 0]
        return linear_model.joint_test(coefficients, covariance, fit.satterthwaite[number])["p"]

    def by_permutation(size):
        effect = numpy.tile([size * unit, 0], moved.values.shape[1] // 2) * moved.design[:, :1]
        return permutation.test(moved.values + effect, moved.design, moves, 2)["p"]

    p = by_errors(0)
    yield "joint clustered", p, p, {size: by_errors(size) for size in SIZES} if with_power else {}
    p = by_permutation(0)
    tail = in_the_tail(moved.values, moved.design, moved.flipped, 2) if with_tail else p
    yield "joint permutation", p, tail, {size: by_permutation(size) for size in SIZES} if with_power else {}


@functools.cache
def many_moves(subjects, flipped):
    """The first draws and the rest of them, `TAIL_DRAWS` together."""
    moves = (permutation.sign_flips if flipped else permutation.permutations)(subjects, TAIL_DRAWS, seed=1)
    return [permutation.Moves(moves.order[part], moves.signs[part], False) for part in (slice(DRAWS), slice(DRAWS, None))]


def in_the_tail(values, design, flipped, responses):
    """p of `TAIL_DRAWS` draws; the rest of them only for runs that could still reject, the others have p = 1."""
    first, rest = many_moves(len(values), flipped)
    counted = permutation.test(values, design, first, responses)["p"] * (1 + DRAWS) - 1
    open_yet = 1 + counted < TAIL * (1 + TAIL_DRAWS)
    p = numpy.ones(len(counted))
    if open_yet.any():
        chosen = values[:, numpy.repeat(open_yet, responses)]
        more = permutation.test(chosen, design, rest, responses)["p"] * (1 + TAIL_DRAWS - DRAWS) - 1
        p[open_yet] = (1 + counted[open_yet] + more) / (1 + TAIL_DRAWS)
    return p


@pytest.mark.parametrize("subjects", RUNS)
@pytest.mark.parametrize("method", VALID)
def test_a_valid_method_rejects_a_true_null_at_5_percent_in_at_most_7(subjects, method):
    of_method = rates(subjects).xs(method, level="method")
    assert list(of_method.index) == ["medication", "sex", "age"] and (of_method["runs"] >= 5_000).all()
    assert (of_method["5 %"] <= 0.07).all(), of_method


@pytest.mark.parametrize("method", VALID)
def test_a_valid_method_keeps_its_size_in_the_tail(method):
    of_method = rates(22).xs(method, level="method")
    assert (of_method["runs"] >= 20_000).all()
    assert (of_method["0.11 %"] <= 0.0025).all(), of_method


@pytest.mark.parametrize("subjects", RUNS)
def test_ols_is_fooled_and_so_is_what_was_called_clustered_before(subjects):
    table = rates(subjects)
    assert (table.xs("ols", level="method")["5 %"] > 0.4).all()
    assert (table.xs("crv1", level="method")["5 %"] > 0.07).all()


@pytest.mark.parametrize("method", VALID)
def test_power_grows_with_the_effect(method):
    of_method = rates(22).xs(method, level="method")
    assert (of_method["d = 1"] > of_method["d = 0.5"]).all() and (of_method["d = 0.5"] > of_method["5 %"]).all()
    assert of_method.loc["medication", "d = 1"] > 0.8
