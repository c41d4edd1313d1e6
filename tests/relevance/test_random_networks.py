"""The own engine held to the formulas on random networks out of every supported layer, at every rule.

Networks run without being compiled; those of `test_engine` are.
"""

import numpy
import pytest
from hypothesis import given, settings, strategies

from helpers.relevance.engine import Engine

from . import formulas
from .networks import PROPORTIONAL, RULES, Network, given_to, samples

pytestmark = pytest.mark.usefixtures("uncompiled")


def _differences(seed, choose, exact=False, dtype="float64", steady=0.0):
    """Name of rule → greatest difference from the formulas relative to the map's maximum, and the number of maps.

    The engine explains by all rules without shortcuts, and by those that allow them with shortcuts.
    """
    import keras

    keras.backend.clear_session()
    network = Network(choose, seed, exact)
    model, plain, shape, split = network.model(choose([3, 1, 2, 4, 5]))
    x, worst, count = samples(shape, seed, exact), {}, 0
    by_shortcuts = [Engine(model, {name: RULES[name][0] for name in names}, dtype, shortcuts).maps(given_to(model, x, split))
                    for names, shortcuts in ((RULES, False), (PROPORTIONAL, True))]
    for number, sample in enumerate(x.astype("float64")):
        if steady and formulas.steadiness(plain, sample) < steady:
            continue
        for name, (_, formula) in RULES.items():
            expected = formulas.relevance(plain, sample, formula)
            # what cancels exactly may leave rounding behind, but for ε, which leaves less than that of everything
            scale = numpy.abs(expected).max() + 1e-5 * (formula[0] != "epsilon") * (numpy.abs(expected).max() < 1e-14)
            for maps in [maps for maps in by_shortcuts if name in maps]:
                values, log_scale = maps[name]
                values = numpy.concatenate([of_input[number] for of_input in values], -1)
                received = numpy.isfinite(log_scale[number])
                assert numpy.isclose(numpy.abs(values).sum(), received, atol=1e-5)
                assert received or scale <= 1e-5
                got = values * (numpy.exp(log_scale[number]) if received else 0)
                difference = numpy.abs(got - expected).max() / scale if scale else numpy.abs(values).max()
                worst[name], count = max(worst.get(name, 0), difference), count + 1
    return worst, count


@settings(max_examples=10, deadline=None, derandomize=True)
@given(data=strategies.data(), seed=strategies.integers(0, 10**6), exact=strategies.booleans())
def test_any_network_s_relevance_is_the_formula_s(data, seed, exact):
    """Exact networks tie in pooling and cancel to zero, so that 0/0 and the sign of 0 come up."""
    random = numpy.random.default_rng(seed)
    choose = (lambda ways: data.draw(strategies.sampled_from(ways))) if seed % 4 == 0 else \
        (lambda ways: ways[random.integers(len(ways))])  # hypothesis alone prefers what is simple
    worst, _ = _differences(seed, choose, exact)
    assert max(worst.values()) <= 1e-10, worst


def test_float32_differs_by_rounding_alone_where_nothing_is_near_a_turn():
    counted = 0
    for seed in range(4):
        random = numpy.random.default_rng(seed)
        worst, count = _differences(seed, lambda ways, random=random: ways[random.integers(len(ways))], dtype="float32",
                                    steady=3e-2)
        assert max(worst.values(), default=0) <= 1e-5, (seed, worst)
        counted += count
    assert counted > 40
