"""The paper's claims under two networks, each judged on the folds that both tested."""

from __future__ import annotations

import pandas

from .claims import judge
from .regression import regress_all
from .verdicts import NOT_APPLICABLE


def verdicts_of_both(shares, recall, other_shares, other_recall, epochs, sleepers, rules, telemetry=False, truth=None):
    """Judge every claim by either network.

    Parameters
    ----------
    shares, recall : tables of shares, and of recall lost by exchange and else, of the run's own network; `other_…` of the other, which may
    have tested some of the folds alone. epochs, telemetry, truth : as of `claims.judge`. sleepers : dict of covariates, reference and period,
    as of `regression.regress_all`. rules : names.

    Returns
    -------
    Claims of `claims.judge` with `network`: "own", judged on the folds that the other tested, and "other".
    """
    if other_shares.empty:
        return pandas.DataFrame()
    folds, judged = other_shares["fold"].unique(), []
    alike = recall["fold"].isin(folds) & recall["replacement"].astype(str).isin(other_recall["replacement"].astype(str).unique())
    for network, of_shares, of_recall in (("own", shares[shares["fold"].isin(folds)], recall[alike]), ("other", other_shares, other_recall)):
        coefficients, _ = regress_all(of_shares, rules=rules, **sleepers)
        claims, _ = judge(of_shares, coefficients, of_recall, epochs, sleepers["covariates"], telemetry, truth)
        judged.append(claims.assign(network=network))
    return pandas.concat(judged, ignore_index=True)


def beside(table):
    """Verdicts beside each other: claim, statement, own, other, of claims that apply under either.

    table : of `verdicts_of_both`; None or empty where there is none.
    """
    if table is None or table.empty:
        return pandas.DataFrame(columns=["claim", "statement", "own", "other"])
    own, other = (table[table["network"] == which] for which in ("own", "other"))
    found = own[["claim", "statement", "verdict"]].merge(other[["claim", "verdict"]], on="claim", suffixes=("", " other"))
    found = found.rename(columns={"verdict": "own", "verdict other": "other"})
    return found[(found["own"] != NOT_APPLICABLE) | (found["other"] != NOT_APPLICABLE)].reset_index(drop=True)
