"""Hits and false alarms on simulated nights: coefficients and what was planted come in, a row for each test goes out."""

from __future__ import annotations

import pandas

from ..constants import ALPHA
from .regression import TESTS, significant_pairs
from .truth import paper_kind


def hits_and_alarms(table, truth, alpha=ALPHA):
    """How many planted effects each test finds, and how many pairs without one it calls significant.

    Parameters
    ----------
    table : rows of `regression.chosen`. truth : content of truth.json.

    Returns
    -------
    Table of test, hits (planted effects whose own modality has a corrected p below alpha and the planted sign), planted (their
    number), alarms (pairs of stage and covariate without an effect in which some modality's corrected p is below alpha), without
    (their number, of those that the test could be made of).
    """
    idle = {(effect["stage"], effect["covariate"]) for effect in truth["unaffected"]}
    plain = table.astype({"stage": str, "modality": str, "covariate": str})
    rows = [{"test": test, "hits": sum(_found(plain, effect, test, alpha) for effect in truth["effects"]),
             "planted": len(truth["effects"]), "alarms": len(idle & significant_pairs(plain, test, alpha)),
             "without": len(idle & _pairs(plain[plain[f"q_{test}"].notna()]))} for test in TESTS]
    return pandas.DataFrame(rows)


def of_rules(regression, truth):
    """`hits_and_alarms` of each rule, by the paper's kind of regression, with a column rule; empty for real nights."""
    if truth is None or not len(regression):
        return pandas.DataFrame()
    return pandas.concat([hits_and_alarms(table, truth).assign(rule=rule)
                          for rule, table in paper_kind(regression).groupby("rule", sort=False)], ignore_index=True)


def _pairs(table):
    return set(zip(table["stage"], table["covariate"]))


def _found(table, effect, test, alpha):
    mine = table[(table["stage"] == effect["stage"]) & (table["modality"] == effect["modality"])
                 & (table["covariate"] == effect["covariate"])]
    return bool(((mine[f"q_{test}"] < alpha) & (mine[f"coefficient_{test}"] * effect["direction"] > 0)).any())
