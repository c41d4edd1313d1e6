"""Shapley values and interactions of modalities: definitions over all orders, textbook games, exact sums."""

import itertools

import numpy
import pytest
from hypothesis import given, settings, strategies

from helpers.relevance import coalitions

EXACT = settings(max_examples=30, deadline=None, derandomize=True)
GAMES = strategies.integers(1, 4).flatmap(lambda k: strategies.lists(
    strategies.floats(-100, 100), min_size=2**k, max_size=2**k).map(numpy.array))


def by_orders(game):
    """Mean over all orders of what each player adds when it comes (Shapley 1953)."""
    k = len(game).bit_length() - 1
    added = numpy.zeros(k)
    for order in itertools.permutations(range(k)):
        there = 0
        for player in order:
            added[player] += game[there | 1 << player] - game[there]
            there |= 1 << player
    return added / len(list(itertools.permutations(range(k))))


@EXACT
@given(GAMES)
def test_shapley_values_are_the_mean_of_what_is_added_over_all_orders(game):
    numpy.testing.assert_allclose(coalitions.shapley(game), by_orders(game), atol=1e-9)
    assert coalitions.shapley(game).sum() == pytest.approx(game[-1] - game[0], abs=1e-9)


@EXACT
@given(GAMES)
def test_interactions_of_all_subsets_add_up_to_the_value_of_a_set(game):
    found = coalitions.interactions(game)
    for number in range(len(game)):
        subsets = [part for part in range(len(game)) if part & number == part]
        assert found[subsets].sum() == pytest.approx(game[number], abs=1e-9)
    shared = [found[number] / number.bit_count() if number else 0 for number in range(len(game))]
    of_players = [sum(value for number, value in enumerate(shared) if number >> player & 1)
                  for player in range(len(game).bit_length() - 1)]
    numpy.testing.assert_allclose(coalitions.shapley(game), of_players, atol=1e-9)


def test_the_three_modality_formula_of_the_page():
    """φ_EEG = ⅓[v(E) − v(∅)] + ⅙[v(EO) − v(O)] + ⅙[v(EM) − v(M)] + ⅓[v(EOM) − v(OM)]."""
    game = numpy.random.default_rng(1).normal(size=8)
    nothing, e, o, eo, m, em, om, eom = game
    assert coalitions.shapley(game)[0] == pytest.approx((e - nothing) / 3 + (eo - o) / 6 + (em - m) / 6 + (eom - om) / 3)
    assert [coalitions.named(number, ["EEG", "EOG", "EMG"]) for number in (0, 3, 7)] == ["none", "EEG + EOG", "EEG + EOG + EMG"]


def test_what_is_in_a_set_stays_and_the_rest_comes_from_the_other_epoch():
    x, other = numpy.ones((2, 5, 4)), numpy.zeros((2, 5, 4))
    modalities = {"EEG": [0, 3], "EOG": [1], "EMG": [2]}
    assert coalitions.mixed(x, other, 0b101, modalities)[0, 0].tolist() == [1, 0, 1, 1]
    assert other.sum() == 0 and coalitions.mixed(x, other, 0, modalities).sum() == 0


def test_values_of_all_sets_draw_by_draw():
    """The function adds EEG and EOG times EMG: what each set gives is known."""
    random = numpy.random.default_rng(2)
    x, others = random.normal(size=(3, 4, 3)), random.normal(size=(2, 3, 4, 3))

    def function(signals):
        total = signals.sum(axis=1)
        return numpy.column_stack([total[:, 0] + total[:, 1] * total[:, 2], total[:, 2]])

    found = coalitions.values(function, x, others, {"EEG": [0], "EOG": [1], "EMG": [2]})
    assert found.shape == (3, 2, 8, 2)
    mine, theirs = x.sum(axis=1), others.sum(axis=2)
    for draw in range(2):
        numpy.testing.assert_allclose(found[:, draw, 0b011, 0], mine[:, 0] + mine[:, 1] * theirs[draw, :, 2])
        numpy.testing.assert_allclose(found[:, draw, 0b111, 1], mine[:, 2])
        terms = coalitions.interactions(found[:, draw, :, 0])
        numpy.testing.assert_allclose(terms[:, 0b110], (mine - theirs[draw])[:, 1] * (mine - theirs[draw])[:, 2], atol=1e-9)
        numpy.testing.assert_allclose(terms[:, [0b011, 0b101, 0b111]], 0, atol=1e-9)
