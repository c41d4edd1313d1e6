"""Effects that a run finds where none was planted: truth.json and the regression come in, counts go out."""

from __future__ import annotations

import pandas

from .regression import TESTS, significant_pairs
from .truth import paper_kind


def false_alarms(truth, regression):
    """How many of the pairs of stage and covariate without any effect each test calls significant, in some modality.

    Returns
    -------
    Table of rule, test ("ols", "clustered", "permutation"), pairs that could be tested and alarms, by the rows by which
    `check_truth` looks for effects; empty for real nights or without covariates.
    """
    idle = {(pair["stage"], pair["covariate"]) for pair in (truth or {}).get("unaffected", ())}
    rows = []
    for rule, table in paper_kind(regression).groupby("rule", sort=False) if idle and len(regression) else ():
        for test in TESTS:
            tested = {pair for pair in zip(table["stage"], table["covariate"], table[f"q_{test}"].notna()) if pair[2]}
            rows.append((rule, test, len(idle & {pair[:2] for pair in tested}), len(idle & significant_pairs(table, test))))
    return pandas.DataFrame(rows, columns=["rule", "test", "pairs", "alarms"])
