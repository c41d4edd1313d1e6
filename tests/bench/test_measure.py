"""The speed table refuses to compare what does not agree; its arithmetic is counted by hand."""

import numpy
import pytest
from relevance.small_network import network, samples

from helpers.bench import measure
from helpers.errors import WorkError
from helpers.relevance import rules
from helpers.relevance.engine import Engine


def _model():
    return network(numpy.random.default_rng(0), lambda draws: numpy.abs(draws) * 0.1)[0]


@pytest.mark.innvestigate
def test_engines_that_differ_are_not_timed(monkeypatch):
    run = measure._same_shares(samples(), _model())
    assert run(samples(), 4) > 0
    monkeypatch.setattr(measure, "LIMIT", 0)
    with pytest.raises(WorkError, match="shares differ from iNNvestigate's by up to"):
        measure._same_shares(samples(), _model())


def test_gradients_that_differ_are_not_timed(monkeypatch):
    from helpers.model import sparse_gradient

    model, x, stages = _model(), samples(), numpy.arange(6) % 5
    measure._same_gradients(x, stages, model)
    monkeypatch.setattr(sparse_gradient, "with_sparse_gradient",
                        lambda model: lambda x, training: model(1.01 * x, training=training))
    with pytest.raises(WorkError, match="gradient of"):
        measure._same_gradients(x, stages, model)


def test_multiplications_are_those_counted_by_hand():
    """conv 4×3×6 at 37 places, conv 3×6×8 at 16, dense 8×7, 7×5; the way back through the second is once per filter."""
    forward = 37 * 72 + 16 * 144 + 56 + 35
    work = Engine(_model(), {"eps": rules.Epsilon(1)}).multiply_adds()
    assert work == {"forward": forward, "all": forward + 37 * 72 + 144 + 56 + 35}
    work = Engine(_model(), {"positive": rules.AlphaBeta(1, 0)}).multiply_adds()
    # signed input: two terms, each with a denominator; above it one; at the signed top again two
    assert work["all"] == forward + 4 * 37 * 72 + 2 * 144 + 2 * (56 + 35)


def test_the_best_batch_is_the_quickest():
    assert measure._best(lambda x, batch: abs(batch - 128), numpy.zeros((256, 1, 1))) == 128
