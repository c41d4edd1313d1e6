"""Choices that a study leaves to whoever repeats it: the dimensions of a claim come in, all combinations go out, the study's own
first."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from ..relevance.rules import label

#: What can be chosen, in the order of columns.
DIMENSIONS = ("rule", "averaging", "scale", "test", "rows", "selection", "replacement", "network")
#: Choices in words; a rule has its label.
WORDS = {"averaging": {"mean": "mean of shares", "pooled": "pooled"},
         "scale": {"percent": "percent", "log-ratio": "log-ratios"},
         "test": {"ols": "OLS", "clustered": "CRV3", "permutation": "permutation"},
         "rows": {"epochs": "a row per epoch", "nights": "a row per night"},
         "selection": {"correct": "correct epochs", "all": "all epochs of the true stage"},
         "replacement": {"zeros": "replaced by zeros", "line noise": "replaced by line noise", "exchange": "replaced by another epoch"},
         "network": {"own": "this study's", "other": "the other"}}


@dataclass(frozen=True)
class Choice:
    """One combination; "" for a dimension that a claim does not have. `network` is chosen where two are compared (`both_verdicts`)."""

    rule: str = ""
    averaging: str = ""
    scale: str = ""
    test: str = ""
    rows: str = ""
    selection: str = ""
    replacement: str = ""
    network: str = ""

    def within(self, dimensions):
        """The same for a condition that has only these dimensions."""
        return replace(self, **{name: "" for name in DIMENSIONS if name not in dimensions})

    def __str__(self):
        chosen = [(name, getattr(self, name)) for name in DIMENSIONS if getattr(self, name)]
        return ", ".join(in_words(name, value) for name, value in chosen) or "nothing to choose"


def in_words(dimension, value):
    """A choice as tables and figures write it."""
    return label(value) if dimension == "rule" else WORDS[dimension].get(value, value)


def combinations(dimensions, options):
    """All `Choice`s over some dimensions.

    Parameters
    ----------
    options : dimension → its choices, the study's own first. Permutation is of nights only.
    """
    names = [name for name in DIMENSIONS if name in dimensions]
    chosen = (Choice(**dict(zip(names, values))) for values in itertools.product(*(options[name] for name in names)))
    return [choice for choice in chosen if choice.test != "permutation" or choice.rows in ("nights", "")]
