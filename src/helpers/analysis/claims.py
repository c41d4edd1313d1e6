"""Claims of the paper judged by this run: shares, regression, recall lost and counts come in; for each claim a verdict under the
paper's own choices and one under every other combination of choices go out.

Criteria and choices lie in criteria.yaml, fixed before any run.
"""

from __future__ import annotations

from pathlib import Path

import pandas

from .choices import DIMENSIONS, combinations
from .conditions import dimensions, judged
from .criterion_words import in_words
from .expectations import agrees, expected
from .findings import Findings
from .verdicts import FAILS, HOLDS, NOT_APPLICABLE, UNDECIDED, deciding, overall

#: Columns of the table of claims.
CLAIMS = ("claim", "source", "statement", "criterion", "choice", "found", "verdict", HOLDS, FAILS, UNDECIDED, "combinations",
          "expected", "agrees")
BOUNDS = ("bound_low", "bound_high")


def criteria():
    """The content of criteria.yaml."""
    import yaml

    return yaml.safe_load(Path(__file__).with_name("criteria.yaml").read_text())


def judge(shares, regression, lost, epochs, covariates=None, telemetry=False, truth=None, content=None):
    """Judge every claim under every combination of choices that there is for it.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`.
    regression : coefficients of `helpers.analysis.regression.regress_all`.
    lost : table of `helpers.trust.ablation.recall_lost`, or None.
    epochs : table of all kept epochs, with `stage`.
    covariates : table of recording, subject, then the cohort's covariates.
    telemetry : whether these are the paper's nights, so that its counts can be judged.
    truth : content of truth.json of simulated nights, or None.
    content : of criteria.yaml, by default all of it.

    Returns
    -------
    Claims: claim, source, statement, criterion, choice (the paper's own, in words), found and verdict under it ("holds", "fails",
    "undecided", "not applicable"), holds, fails, undecided (in how many combinations), combinations (their sum), expected (from
    truth) and agrees ("yes", "no", "open"), both "" where nothing is expected.
    Specifications: claim, `DIMENSIONS` ("" where a claim does not have one), comparison (of the parts of the sentence, the one that
    decides), value, low, high (95 %, NaN where there is none), verdict, bound_low and bound_high (against which the value is
    held); the paper's own choices first.
    """
    content = content or criteria()
    findings = Findings(shares, regression, lost, epochs, covariates, telemetry, content["settings"])
    claims, specifications = [], []
    for claim in content["claims"]:
        judgements = _judgements(findings, claim["needs"], content["choices"])
        of_claim = [_specification(str(claim["id"]), choice, parts) for choice, parts in judgements]
        specifications += [row for row in of_claim if row["verdict"] != NOT_APPLICABLE]
        claims.append({"claim": str(claim["id"]), "source": content["sources"][claim.get("source", "2021")],
                       "statement": claim["says"],
                       "criterion": "; ".join(in_words(need, content["settings"]) for need in claim["needs"]),
                       **_first(*judgements[0]), **_counted(of_claim), **_expected(claim["needs"], truth, judgements[0][1])})
    return (pandas.DataFrame(claims, columns=CLAIMS),
            pandas.DataFrame(specifications, columns=["claim", *DIMENSIONS, "comparison", "value", "low", "high", "verdict",
                                                     *BOUNDS]))


def _judgements(findings, needs, options):
    """(choice, `Comparison`s) of every combination, the paper's own choice first."""
    return [(choice, [part for need in needs for part in judged(findings, need, choice)])
            for choice in combinations({name for need in needs for name in dimensions(need)}, options)]


def _first(choice, parts):
    return {"choice": str(choice), "found": "; ".join(dict.fromkeys(part.text for part in parts)), "verdict": overall(parts)}


def _counted(specifications):
    verdicts = [row["verdict"] for row in specifications]
    counts = {verdict: verdicts.count(verdict) for verdict in (HOLDS, FAILS, UNDECIDED)}
    return {**counts, "combinations": sum(counts.values())}


def _expected(needs, truth, parts):
    if truth is None:
        return {"expected": "", "agrees": ""}
    expectation = expected(needs, truth)
    return {"expected": expectation, "agrees": agrees(expectation, overall(parts))}


def _specification(claim, choice, parts):
    part = deciding(parts)
    return {"claim": claim, **vars(choice), "comparison": part.what, "value": part.interval.value,
            "low": part.interval.low, "high": part.interval.high, "verdict": part.verdict,
            **{name: float(bound) for name, bound in zip(BOUNDS, part.bounds)}}
