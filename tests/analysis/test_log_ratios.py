"""Log-ratios of shares, by the formulas of Egozcue et al. 2003 and Martín-Fernández et al. 2003 written out."""

import math

import numpy
import pytest

from helpers.analysis.responses import composition, free, log_ratios


def test_a_modality_is_held_against_the_geometric_mean_of_the_others():
    [found], replaced = log_ratios(numpy.array([[.5, .3, .2]]))
    by_hand = [math.sqrt(2 / 3) * math.log(own / math.sqrt(one * other)) for own, one, other in ((.5, .3, .2), (.3, .5, .2), (.2, .5, .3))]
    assert found == pytest.approx(by_hand) and found.sum() == pytest.approx(0) and replaced == 0


def test_a_share_of_nothing_becomes_065_of_the_smallest_and_the_others_make_room():
    """The smallest share above 0 is 0.2, so that 0 becomes 0.13 and the others keep 0.87 of what they had."""
    (first, second), replaced = log_ratios(numpy.array([[.6, .4, 0], [.2, .3, .5]]))
    assert replaced == 1 and second == pytest.approx(log_ratios(numpy.array([[.2, .3, .5]]))[0][0])
    assert first == pytest.approx(log_ratios(numpy.array([[.87 * .6, .87 * .4, .13]]))[0][0])


def test_shares_come_back_from_their_log_ratios_and_free_ones_keep_distances():
    shares = numpy.random.default_rng(0).dirichlet([2, 3, 4], 6)
    ratios, _ = log_ratios(shares)
    assert composition(ratios) == pytest.approx(shares)
    centred = numpy.log(shares) - numpy.log(shares).mean(axis=1, keepdims=True)
    assert numpy.linalg.norm(ratios @ free(3), axis=1) == pytest.approx(numpy.linalg.norm(centred, axis=1)), "Aitchison's norm"
