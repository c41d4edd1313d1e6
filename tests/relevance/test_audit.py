"""The audit of a fold: the same bytes each time, whatever the process has built before."""

from types import SimpleNamespace

import numpy
import pandas
import pytest

from helpers.constants import MODALITIES, SAMPLES
from helpers.files import write_table
from helpers.model import networks
from helpers.relevance import reference
from helpers.relevance.audit import audit_fold

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.fixture
def fold(tmp_path, monkeypatch):
    """(epochs, predictions, weights) of an untrained fold; iNNvestigate, which takes long to load, is not asked."""
    monkeypatch.setattr(reference, "available", lambda: False)
    networks.save_weights(networks.build(seed=3), tmp_path / "weights.npz")
    x = numpy.random.default_rng(4).normal(size=(2, SAMPLES, len(MODALITIES))).astype("float32")
    predictions = pandas.DataFrame({"fold": 0, "recording": "n1", "subject": "s1", "epoch": [0, 1], "true": "W", "predicted": "N2"})
    epochs = SimpleNamespace(context=0, middle=slice(None), modalities={name: [channel] for channel, name in enumerate(MODALITIES)},
                             rows=lambda wanted: wanted["epoch"].to_numpy(), signals=lambda rows: x[rows])
    return epochs, predictions, tmp_path / "weights.npz"


def test_the_ledger_has_the_same_bytes_each_time_it_is_made(fold, tmp_path):
    for name in ("first", "second"):
        _, ledger = audit_fold(*fold, None, ["eps=0.01", "alpha1beta0"], 7)
        write_table(tmp_path / name, ledger)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    spent = ledger[["handed_on", "bias", "epsilon", "undefined"]].sum(axis=1)
    numpy.testing.assert_allclose(ledger["arrived"], spent, rtol=1e-4, atol=1e-6)
    assert list(ledger["layer"].unique()[[0, -1]]) == ["dense_2", "conv1d"]
