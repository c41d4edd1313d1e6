"""One value per modality, such as a Shapley value or what is lost without it, as a table of shares like those of relevance."""

from __future__ import annotations

import numpy

from ..constants import KEYS

EPOCH = ["fold", "recording", "epoch"]


def shares_of(table, column, rule):
    """A table of values as a table in the columns of `relevance.shares`, under the name `rule`.

    table : one row per epoch and modality, with `column`, the value. A share is a modality's part of Σ|value| of its epoch; NaN where
    all are 0.
    """
    rows = table.astype({"recording": str, "modality": str})
    values = rows[column]
    total = values.abs().groupby([rows[name] for name in EPOCH]).transform("sum")
    known = total.where(total > 0)
    with numpy.errstate(divide="ignore"):
        return rows[[*KEYS, "modality"]].assign(rule=rule, share=values.abs() / known, positive=values.clip(lower=0) / known,
                                                negative=(-values).clip(lower=0) / known, log_total=numpy.log(total))
