"""Whether a person's own network can be explained, found out before it is trained."""

from __future__ import annotations

import numpy

from ..errors import InputError
from ..model import networks
from .explainer import Explainer
from .rules import parse

#: Rules by which a few drawn samples are explained.
RULES = ("eps=0.01", "alpha1beta0")


def check_network(about, epochs):
    """Build a network, run it once forward and once down again.

    Parameters
    ----------
    about : as `model.networks.made` takes it. epochs : `helpers.data.epochs.Epochs` that it will be trained on.

    Raises
    ------
    InputError
        For a network that does not fit the epochs, or a layer that is not supported, by name.
    """
    if about["network"] in networks.NAMES:
        return
    _explain(networks.made(about, epochs.signals([0]).shape[1], epochs.modalities, seed=0), about, epochs)


def check_trained(epochs, weights):
    """The same of weights that are there, unless they are of a network of this package."""
    about = networks.about_of(weights)
    if about["network"] not in networks.NAMES:
        _explain(networks.trained(epochs, weights), about, epochs)


def _explain(model, about, epochs):
    try:
        explainer = Explainer(model, {name: parse(name) for name in RULES}, compiled=False)
        x = numpy.random.default_rng(0).normal(size=(2, *epochs.signals([0]).shape[1:])).astype("float32")
        explainer.shares(x, epochs.modalities, axis=-1)
    except ValueError as error:
        raise InputError(f"network {about['network']}: cannot be explained: {error}") from error
    if any(explainer.not_finite.values()):
        raise InputError(f"network {about['network']}: the relevance of ordinary signals is no number")
