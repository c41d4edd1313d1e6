"""Ways of explaining on equal terms: maps of the same test epochs by the run's rules, by rules that differ between layers and by methods
that are no rules; their shares of modalities, what replacing their windows costs, and how they meet what was planted.
"""

from __future__ import annotations

import numpy
import pandas

from ..relevance.explainer import signed_shares
from ..relevance.fold import FoldExplainer
from ..relevance.logits import Logits
from ..relevance.replacement import Substitutes
from ..relevance.shares import table
from . import perturbation
from .planted_signs import hits
from .sample import predicted, sample

#: Rules held against the run's own; z^B needs the epochs that a fold learned from.
RULES = ("gamma=0.25", "zb", "composite")
#: Setting `trial` → methods that are held against rules.
METHODS = {"brief": ("gradient-input", "integrated-gradients", "smoothgrad", "deeplift", "occlusion=2"),
           "full": ("gradient-input", "integrated-gradients", "integrated-gradients-epoch", "smoothgrad", "deeplift",
                    "deeplift-epoch", "occlusion=2")}
#: Of the sample, every so many epochs have their windows replaced.
EVERY = {"brief": 3, "full": 1}


def compared(rules, trial, learned):
    """Names of all that is compared: the run's rules, then `RULES`, then `METHODS`."""
    from ..relevance.rules import has_maps

    others = [name for name in RULES if learned is not None or name != "zb"]
    return list(dict.fromkeys([*(name for name in rules if has_maps(name)), *others, *METHODS[trial]]))


def compare_fold(epochs, predictions, weights, learned, rules, trial, per_stage, seed, events=None, progress=None):
    """Explain the trial's sample of a fold's test epochs by everything that gives maps.

    Parameters
    ----------
    epochs, predictions, weights, learned, progress : as in `relevance.shares.explain_fold`. rules : names of the run's. trial : the
    setting, brief or full. per_stage, seed : of the sample. events : table of planted signs, as of `planted_signs.hits`; None of real nights.

    Returns
    -------
    (shares, lost, planted): the table of `relevance.shares`, without those of the run's rules; `perturbation.perturb` with the keys; and
    `planted_signs.hits` of correct epochs, or None.
    """
    tested, names = sample(predictions, per_stage, seed), compared(rules, trial, learned)
    target = predicted(tested)
    substitutes, random = Substitutes(epochs, tested, seed), numpy.random.default_rng([seed, int(tested["fold"].iloc[0])])
    right = (tested["true"].astype(str) == tested["predicted"].astype(str)).to_numpy()
    shares, lost, planted = [], [], []
    with FoldExplainer(epochs, tested, weights, learned, names) as explainer:
        network = Logits(explainer.model)
        for numbers in explainer.batches(progress):
            x, rows, maps = substitutes.intact(numbers), tested.iloc[numbers], explainer.maps(numbers, target=target[numbers])
            shares += [table(rows, name, list(epochs.modalities), *signed_shares(maps[name], epochs.modalities), maps[name].log_scale)
                       for name in names if name not in rules]
            values = {name: maps[name].values for name in names}
            some = numbers % EVERY[trial] == 0
            found = perturbation.perturb(network, x[some], substitutes.another(numbers[some], 0), _of(values, some),
                                         target[numbers[some]], epochs.modalities, trial, random)
            lost.append(perturbation.with_keys(found, rows[some]))
            if events is not None:
                chosen = numpy.ix_(right[numbers], numpy.arange(x.shape[1])[epochs.middle])
                planted.append(hits(x[chosen], _of(values, chosen), rows[right[numbers]], rows["onset_s"].to_numpy()[right[numbers]], events, epochs.modalities))
    return tuple(pandas.concat(tables, ignore_index=True) if tables else None for tables in (shares, lost, planted))


def _of(maps, chosen):
    return {name: values[chosen] for name, values in maps.items()}
