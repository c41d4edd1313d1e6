"""What a book says of its making: whether its nights were simulated, what each of its results is, and by which code."""

from __future__ import annotations

import sys

from .code import PACKAGE, code_by_floor, code_hash, version
from .store import hash_of

PACKAGES = ("sleep-relevance", "numpy", "pandas", "mne", "keras", "tensorflow", "innvestigate", "statsmodels", "plotly")
ALL_CODE = f"{PACKAGE}.study"


def notice(run):
    """The sentence that marks every figure of simulated nights or of a network that learned from them; else empty."""
    if run.settings["cohort"] == "simulated":
        return ("Simulated nights: these figures test the machinery against what was planted; "
                "they say nothing about physiology.")
    if run.trained and run.trained.simulated:
        return ("The network learned from simulated nights: these figures test the machinery; "
                "they say nothing about physiology.")
    return ""


def stamps(run):
    """Step → part → digest of its result, with covariates and code, to tell what a book is made of and what changed in it."""
    found = {"epochs": {recording: digest for (recording,), digest in _digests(run, "epochs")}}
    covariates, reference = run.cohort.covariate_table, run.cohort.reference
    found["covariates"] = {str(row[0]): hash_of([list(row), reference]) for row in covariates.itertuples(index=False)}
    for step, words in (("predictions", "staging") if run.trained else ("training", "training"), ("audit", "audit"),
                        ("details", "details")):
        found[words] = {f"fold {fold}": digest for (fold,), digest in _digests(run, step)}
    for (rule, fold), digest in _digests(run, "shares"):
        found.setdefault(f"relevance under {rule}", {})[f"fold {fold}"] = digest
    return {**found, "code": code_by_floor(ALL_CODE)}


def _digests(run, step):
    return [(part, run.digest(step, part)) for part in run.parts(step)]


def provenance(run):
    """Profile, data, configuration hash, code and package versions."""
    return {"profile": run.about["profile"], "data": run.cohort.name, "simulated": run.settings["cohort"] == "simulated",
            "folds": run.trained.name if run.trained else "", "configuration": hash_of(run.settings)[:16],
            "code": code_hash(ALL_CODE), "python": sys.version.split()[0], **{package: version(package) for package in PACKAGES}}


def own_nights(run):
    """What a book shows of a reader's own nights, as plain values; None for telemetry and simulated nights."""
    if not run.own_nights:
        return None
    return {"recordings": [str(name) for name in run.cohort.table["recording"]], "subjects": int(run.cohort.table["subject"].nunique()),
            "covariates": list(run.cohort.covariates), "epochs": len(run.epochs.table)}
