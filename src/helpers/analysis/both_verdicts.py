"""The paper's claims under two networks, each judged on the folds that both tested."""

from __future__ import annotations

import pandas

from .claims import judge
from .regression import regress_all
from .verdicts import HOLDS, NOT_APPLICABLE


def verdicts_of_both(shares, recall, other_shares, other_recall, epochs, sleepers, rules, telemetry=False, truth=None):
    """Judge every claim by either network.

    Parameters
    ----------
    shares, recall : tables of shares, and of recall lost by exchange and else, of the run's own network; `other_…` of the other, which may
    have tested some of the folds alone. epochs, telemetry, truth : as of `claims.judge`. sleepers : dict of covariates, reference and period,
    as of `regression.regress_all`. rules : names.

    Returns
    -------
    Claims and specifications of `claims.judge`, both with `network`: "own", judged on the folds that the other tested, and "other".
    """
    if other_shares.empty:
        return pandas.DataFrame(), pandas.DataFrame()
    folds, judged = other_shares["fold"].unique(), []
    alike = recall["fold"].isin(folds) & recall["replacement"].astype(str).isin(other_recall["replacement"].astype(str).unique())
    for network, of_shares, of_recall in (("own", shares[shares["fold"].isin(folds)], recall[alike]), ("other", other_shares, other_recall)):
        coefficients, _ = regress_all(of_shares, rules=rules, **sleepers)
        found = judge(of_shares, coefficients, of_recall, epochs, sleepers["covariates"], telemetry, truth)
        judged.append([table.assign(network=network) for table in found])
    return tuple(pandas.concat(tables, ignore_index=True) for tables in zip(*judged))


def beside(table):
    """Verdicts beside each other, of claims that apply under either: claim, statement, own and other (verdicts under the paper's choices),
    own_holds, own_combinations, other_holds, other_combinations (in how many combinations of choices it holds, of how many).

    table : claims of `verdicts_of_both`; None or empty where there is none.
    """
    kinds = {"verdict": "", HOLDS: "_holds", "combinations": "_combinations"}
    if table is None or table.empty:
        return pandas.DataFrame(columns=["claim", "statement", *(f"{which}{end}" for which in ("own", "other") for end in kinds.values())])
    own, other = (table[table["network"] == which].rename(columns={name: f"{which}{end}" for name, end in kinds.items()})
                  for which in ("own", "other"))
    found = own[["claim", "statement", *(f"own{end}" for end in kinds.values())]].merge(
        other[["claim", *(f"other{end}" for end in kinds.values())]], on="claim")
    return found[(found["own"] != NOT_APPLICABLE) | (found["other"] != NOT_APPLICABLE)].reset_index(drop=True)
