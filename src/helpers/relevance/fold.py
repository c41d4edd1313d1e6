"""A trained fold that explains its test epochs, by rules and by other methods alike."""

from __future__ import annotations

import numpy

from ..errors import InputError
from ..model import networks
from . import rules as _rules
from .explainer import Explainer

#: Epochs explained at once; it keeps what is passed on within the caches of a processor.
BATCH = 64
#: Seed of what methods draw: other epochs of the night, noise.
SEED = 0


class FoldExplainer:
    """Explains the predicted class of a fold's test epochs. To be used in a `with` block, as an `Explainer`. Where the network takes
    neighbours of an epoch, relevance is that of all it takes; the epoch's own samples are at `middle`.

    Parameters
    ----------
    epochs : `helpers.data.epochs.Epochs`.
    tested : table of test epochs (fold, recording, subject, epoch, …); its rows are the numbers by which they are asked for.
    weights : path of the fold's weights.
    learned : the epochs that it learned from, whose extremes are the bounds of z^B; None where they are not there, which
        leaves z^B out.
    names : of rules and methods, as `rules.parse` takes them.
    engine : of the rules.
    alter : function that changes the network in place before it explains, or None.

    Raises
    ------
    InputError
        For a rule that the engine cannot do, or bounds that are not there.
    """

    def __init__(self, epochs, tested, weights, learned, names, engine="own", alter=None):
        self.model, parsed = open_fold(epochs, weights, learned, names)
        if alter:
            alter(self.model)
        self.names, self.modalities, self.middle = list(names), epochs.modalities, epochs.middle
        rules = {name: rule for name, rule in parsed.items() if _rules.is_rule(name)}
        self._epochs, self._rows = epochs, epochs.rows(tested)
        self._explainer = self._attributor = None
        try:
            if rules:
                self._explainer = Explainer(self.model, rules, engine, compiled=len(tested) > BATCH)
        except ValueError as error:  # a rule that this engine cannot do
            raise InputError(f"{error}; choose other rules, or another engine by -p engine own") from error
        if len(rules) < len(parsed):
            from .attributions import Attributor  # here alone: what rules give does not depend on it
            from .replacement import Substitutes

            others = {name: method for name, method in parsed.items() if name not in rules}
            self._attributor = Attributor(self.model, others, Substitutes(epochs, tested, SEED), SEED)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._explainer:
            self._explainer.close()

    def __len__(self):
        return len(self._rows)

    def batches(self, progress=None):
        """Numbers of all epochs, some at a time; `progress` (done, total, text) is told as each batch has been used."""
        for start in range(0, len(self), BATCH):
            numbers = numpy.arange(start, min(start + BATCH, len(self)))
            yield numbers
            if progress:
                progress(numbers[-1] + 1, len(self), f"{numbers[-1] + 1:,} of {len(self):,} epochs")

    def parts(self, numbers, x=None, target=None):
        """Name → (positive, negative, log_total) of these epochs, as `Explainer.parts` gives them.

        x : signals in their place, by default their own. target : classes that are explained, by default those predicted of x.
        """
        x, found = self._epochs.signals(self._rows[numbers]) if x is None else x, {}
        if self._explainer:
            found |= self._explainer.parts(x, self.modalities, target)
        if self._attributor:
            found |= self._attributor.parts(x, numbers, target)
        return {name: found[name] for name in self.names}

    def maps(self, numbers, x=None, target=None):
        """Name → `Maps` of these epochs, of those names that give maps; x and target as in `parts`."""
        x, found = self._epochs.signals(self._rows[numbers]) if x is None else x, {}
        if self._explainer:
            found |= self._explainer.maps(x, target)
        if self._attributor:
            found |= self._attributor.maps(x, numbers, target)
        return {name: found[name] for name in self.names if name in found}


def open_fold(epochs, weights, learned, names):
    """(trained model, name → rule with its bounds, or method) of a fold; the arguments are those of `FoldExplainer`."""
    model = networks.trained(epochs, weights)
    parsed = {name: _rules.parse(name) for name in names}
    if unbounded := [name for name, rule in parsed.items() if _rules.bounded(rule, 0, 0) != rule]:
        if learned is None:
            raise InputError(f"rule {unbounded[0]}: its bounds are the extremes of the training signals, which are not there; "
                             "choose other rules")
        bounds = _extremes(learned)
        parsed = {name: _rules.bounded(rule, *bounds) for name, rule in parsed.items()}
    return model, parsed


def _extremes(epochs):
    """Lowest and highest signal of each channel over all epochs, a tuple each."""
    rows, extremes = numpy.arange(len(epochs.table)), []
    for start in range(0, len(rows), BATCH):
        x = epochs.signals(rows[start:start + BATCH])
        extremes.append((x.min(axis=(0, 1)), x.max(axis=(0, 1))))
    low, high = zip(*extremes)
    return tuple(map(float, numpy.min(low, 0))), tuple(map(float, numpy.max(high, 0)))
