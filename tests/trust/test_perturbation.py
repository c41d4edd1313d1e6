"""Windows replaced in order, on functions of which it is known what every window is worth."""

import itertools

import numpy
import pandas
import pytest

from helpers.constants import KEYS
from helpers.trust import perturbation
from helpers.trust.perturbation import EPOCH, LINE, POWER, RANDOM, SIZE, TRIED, ZEROS, areas, perturb, references, substitute, window_sums

#: Ten windows of 3 s.
EDGES = numpy.arange(0, 3000, 300)


class Additive:
    """Logits Σ w x, one w (time, channels) for each of two classes; keeps what it was asked."""

    def __init__(self, *weights):
        self.weights, self.asked = numpy.stack(weights).astype("float64"), []

    def __call__(self, x):
        self.asked.append(numpy.array(x))
        return numpy.einsum("ntc,ktc->nk", x.astype("float64"), self.weights)


def steps_of(values):
    """x and a function f whose loss by zeros in place of a window is its value: (n, windows) in one channel."""
    x = numpy.zeros((*numpy.shape(values)[:1], 3000, 1))
    x[:, EDGES + 7, 0] = values
    return x, Additive(numpy.zeros((3000, 1)), numpy.ones((3000, 1)))


def explained(x, network, maps, trial="brief", seed=0, modalities=None):
    n = len(x)
    return perturb(network, x, numpy.zeros_like(x), maps, numpy.ones(n, int), modalities or {"EEG": [0]}, trial, numpy.random.default_rng(seed))


def by_rule(table, rule, column="most"):
    return table[table["rule"] == rule].sort_values("place")[column].to_numpy()


def test_areas_of_ten_windows_worth_10_to_1_are_those_worked_out_by_hand():
    """Losses after 0 to 3 windows: 0, 10, 19, 27 with the best first; 0, 1, 3, 6 with the least first."""
    x, network = steps_of([[3, 10, 1, 7, 5, 9, 2, 8, 6, 4]])
    exact = perturb(network, x, numpy.zeros_like(x), {"exact": x, "upside down": -x}, numpy.array([1]), {"EEG": [0]}, "brief",
                    numpy.random.default_rng(0)).set_index("rule")
    assert exact.loc["exact", ["most", "least"]].tolist() == pytest.approx([(10 + 19 + 27) / 4, (1 + 3 + 6) / 4])
    assert exact.loc["upside down", ["most", "least"]].tolist() == pytest.approx([(1 + 3 + 6) / 4, (10 + 19 + 27) / 4])
    assert set(exact["window_s"]) == {3.0} and set(exact["replacement"]) == {EPOCH}


def test_a_map_of_the_size_of_the_signal_scores_exactly_as_that_reference():
    x = numpy.random.default_rng(1).normal(size=(6, 3000, 2))
    network = Additive(*numpy.random.default_rng(2).normal(size=(2, 3000, 2)))
    found = explained(x, network, {"same": numpy.abs(x)}, modalities={"EEG": [0], "EOG": [1]})
    for column in ("most", "least"):
        numpy.testing.assert_array_equal(by_rule(found, "same", column), by_rule(found, SIZE, column))
    assert not numpy.allclose(by_rule(found, "same"), by_rule(found, RANDOM))


def test_a_map_of_noise_scores_as_a_random_order_which_loses_the_mean_at_every_step():
    """k windows in a random order lose k times the mean window: (1 + 2 + 3)/4 of it, most and least first alike."""
    random = numpy.random.default_rng(3)
    values = random.exponential(size=(150, 10))
    x, network = steps_of(values)
    found = explained(x, network, {"noise": random.normal(size=x.shape), "exact": x})
    expected = 1.5 * values.mean(axis=1)
    for column in ("most", "least"):
        of_noise, of_random = by_rule(found, "noise", column), by_rule(found, RANDOM, column)
        for apart in (of_noise - of_random, of_noise - expected, of_random - expected):
            assert abs(apart.mean()) < 3 * apart.std() / numpy.sqrt(len(apart))
        assert apart.std() > .3, "single epochs differ"
        assert abs((by_rule(found, "exact", column) - expected).mean()) > .5


def test_one_by_one_is_the_best_of_all_orders_of_an_additive_function():
    random = numpy.random.default_rng(5)
    values = random.normal(size=(4, 10))
    x, network = steps_of(values)
    found = explained(x, network, {f"noise {draw}": random.normal(size=x.shape) for draw in range(5)})
    orders = numpy.array(list(itertools.permutations(range(10), 3)))
    lost = numpy.cumsum(values[:, orders], axis=2).sum(axis=2) / 4  # (n, orders)
    assert by_rule(found, TRIED) == pytest.approx(lost.max(axis=1))
    assert by_rule(found, TRIED, "least") == pytest.approx(lost.min(axis=1))
    for rule in set(found["rule"]) - {TRIED}:
        assert (by_rule(found, rule) <= by_rule(found, TRIED) + 1e-12).all(), rule


def test_the_logit_is_that_of_each_epoch_s_own_class():
    x, network = steps_of([[10, 0, 0, 0, 0, 0, 0, 0, 0, 0]] * 2)
    network.weights[0] = -2
    found = perturb(network, x, numpy.zeros_like(x), {"exact": x}, numpy.array([1, 0]), {"EEG": [0]}, "brief", numpy.random.default_rng(0))
    assert by_rule(found, "exact") == pytest.approx([10 * 3 / 4, -20 * 3 / 4])


def test_only_windows_of_the_modality_come_from_the_other_epoch():
    """Samples of the other epoch are 1, own ones 0: what the network is shown tells how many windows were taken, and where."""
    x, other = numpy.zeros((2, 3000, 3)), numpy.ones((2, 3000, 3))
    maps = numpy.zeros_like(x)
    maps[0, 1500, 2], maps[1, 2999, 1] = 5, 5  # the sixth window by channel 2, the tenth by channel 1
    network = Additive(*numpy.ones((2, 3000, 3)))
    perturb(network, x, other, {"map": maps}, numpy.array([0, 0]), {"two": [1, 2]}, "brief", numpy.random.default_rng(0))
    assert not any(shown[:, :, 0].any() for shown in network.asked)
    assert all(numpy.array_equal(shown[:, :, 1], shown[:, :, 2]) for shown in network.asked)
    taken = [shown[:, :, 1].reshape(2, 10, 300) for shown in network.asked]
    assert all(set(windows.mean(axis=2).ravel()) <= {0, 1} for windows in taken), "windows are replaced whole"
    counts = [windows[:, :, 0].sum(axis=1).tolist() for windows in taken]
    assert counts[0] == [0, 0] and counts[1:11] == [[1, 1]] * 10, "intact, then one by one"
    assert counts[11:] == [[1, 1], [2, 2], [3, 3]] * 10, "five orders from both ends"
    assert taken[11][0, 5, 0] == 1 and taken[11][1, 9, 0] == 1, "the most relevant window is the first to go"


def test_the_longer_trial_replaces_by_zeros_and_lines_and_other_windows_too():
    x = numpy.random.default_rng(8).normal(size=(2, 3000, 2))
    found = explained(x, Additive(*numpy.ones((2, 3000, 2))), {"map": x}, "full", modalities={"EEG": [0], "EOG": [1]})
    kinds = found.groupby(["window_s", "replacement"]).size()
    assert set(kinds.index) == {(3.0, EPOCH), (1.0, EPOCH), (6.0, EPOCH), (3.0, ZEROS), (3.0, LINE)}
    assert set(kinds) == {2 * 2 * 5}, "epochs, modalities, a map and four references"
    # other epochs are zeros here: both ways of putting zeros agree, and one by one does no worse with 6 s than any
    zeros = found[(found["window_s"] == 3) & (found["rule"] == "map")].set_index(["modality", "place"])
    both = [zeros[zeros["replacement"] == kind][["most", "least"]] for kind in (EPOCH, ZEROS)]
    pandas.testing.assert_frame_equal(*both)
    values = x[:, :, 0].reshape(2, 5, 600).sum(axis=2)
    best = -numpy.sort(-values, axis=1)
    tried = found[(found["window_s"] == 6) & (found["rule"] == TRIED) & (found["modality"] == "EEG")].sort_values("place")["most"]
    assert tried.to_numpy() == pytest.approx((2 * best[:, 0] + best[:, 1]) / 3)


def test_a_straight_line_joins_the_samples_on_both_sides_of_a_window():
    x = numpy.arange(12.0)[None, :, None] * [[[1.0, -2.0]]]
    edges = numpy.array([0, 4, 8])
    filled = substitute(x, None, edges, LINE)
    numpy.testing.assert_allclose(filled[:, 4:8], x[:, 4:8], atol=1e-12)  # a line stays a line
    x[:, 5] = 99
    numpy.testing.assert_allclose(substitute(x, None, edges, LINE)[:, 4:8, 0], [[4, 5, 6, 7]])
    assert substitute(x, x + 1, edges, EPOCH).tolist() == (x + 1).tolist() and not substitute(x, x + 1, edges, ZEROS).any()
    # the first window has no sample before it: it starts from its own first one
    numpy.testing.assert_allclose(substitute(x, None, edges, LINE)[0, :4, 1], [-8 / 5, -16 / 5, -24 / 5, -32 / 5])


def test_windows_that_do_not_fit_end_with_the_epoch():
    values = numpy.arange(14.0).reshape(1, 7, 2)
    assert window_sums(values, numpy.array([0, 3, 6])).tolist() == [[0 + 1 + 2 + 3 + 4 + 5, 6 + 7 + 8 + 9 + 10 + 11, 12 + 13]]


def test_power_is_of_what_moves_within_a_window_and_size_of_all_of_it():
    x = numpy.zeros((1, 12, 1))
    x[0, :4, 0], x[0, 4:8, 0], x[0, 8:, 0] = 9, [1, -1, 1, -1], [2, -2, 2, -2]
    found = references(x, numpy.array([0, 4, 8]), lambda windows: windows @ [5.0, 6.0, 7.0], numpy.random.default_rng(0))
    assert found[POWER].tolist() == [[0, 4, 16]] and found[SIZE].tolist() == [[36, 4, 8]] and found[TRIED].tolist() == [[5, 6, 7]]
    assert sorted(found[RANDOM][0]) == [0, 1, 2]


def test_random_orders_differ_between_epochs():
    found = references(numpy.zeros((40, 10, 1)), numpy.arange(10), lambda windows: windows.sum(axis=1), numpy.random.default_rng(0))[RANDOM]
    assert len(numpy.unique(found, axis=0)) > 35 and (numpy.sort(found, axis=1) == numpy.arange(10)).all()


def test_what_windows_lose_together_counts_not_what_each_loses_alone():
    """Two windows that say the same: either alone costs nothing, both cost 8."""
    def lost(windows):
        return 8.0 * (windows[:, 0] & windows[:, 1])

    most, least = areas(numpy.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]]), lost, 2)
    assert most.tolist() == [(0 + 0 + 8) / 3, 0] and least.tolist() == [0, 0]


def test_numbers_of_epochs_become_their_keys():
    tested = pandas.DataFrame({"fold": 1, "recording": ["a", "b"], "subject": ["s", "t"], "epoch": [4, 9], "true": "N2",
                           "predicted": ["N2", "W"], "p_W": .1}, index=[30, 10])
    found = perturbation.with_keys(pandas.DataFrame({"place": [1, 0, 1], "most": [1.0, 2.0, 3.0]}), tested)
    assert list(found) == [*KEYS, "most"] and found["epoch"].tolist() == [9, 4, 9] and found["predicted"].tolist() == ["W", "N2", "W"]
