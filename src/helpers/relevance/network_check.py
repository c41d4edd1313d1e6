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
    x = epochs.signals([0])
    model = networks.made(about, x.shape[1], epochs.modalities, seed=0)
    try:
        explainer = Explainer(model, {name: parse(name) for name in RULES}, compiled=False)
        explainer.shares(numpy.random.default_rng(0).normal(size=(2, *x.shape[1:])).astype("float32"), epochs.modalities, axis=-1)
    except ValueError as error:
        raise InputError(f"network {about['network']}: cannot be explained: {error}") from error
    if any(explainer.not_finite.values()):
        raise InputError(f"network {about['network']}: the relevance of ordinary signals is no number")
