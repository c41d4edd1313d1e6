"""Tables in which it is known of each part of a claim whether it is so: made here by hand, not computed by the package."""

import itertools

import numpy
import pandas

from helpers.analysis.claims import criteria, judge
from helpers.constants import STAGES

ABLATIONS = ("zeros", "line noise", "exchange")
RULES, MODALITIES = ("eps=0.01", "eps=100", "alpha1beta0"), ("EEG", "EOG", "EMG")
SUBJECTS, AGES = 8, (20.0, 70.0)
#: (covariate, level, reference) of the regression of a cohort like the paper's.
TERMS = (("medication", "temazepam", "placebo"), ("sex", "male", "female"), ("age", "", ""))
TESTS = ("ols", "clustered", "permutation")
CONTENT = criteria()
EPOCHS = pandas.DataFrame({"stage": ["W", "N2", "N2"]})


def shares(percent, wrong=None, sway=(), rules=RULES, subjects=SUBJECTS, totals=None):
    """Shares of three right and three misread epochs of each stage and subject.

    percent : function of (rule, stage) that gives the three percentages; wrong : the same of misread epochs. sway : set of
    (rule, stage) in which subjects differ by far more than by what is planted. totals : function of (rule, right, number of the
    epoch) that gives log_total.
    """
    rows, random = [], numpy.random.default_rng(5)
    noise = random.normal(0, 1, (subjects, 3))
    noise[-1] = -noise[:-1].sum(axis=0)
    for subject, rule, stage, right, epoch in itertools.product(range(subjects), rules, STAGES, (True, False), range(3)):
        values = numpy.array((percent if right or wrong is None else wrong)(rule, stage), float)
        values = values + noise[subject] * (9 if (rule, stage) in sway else 0.02)
        values = numpy.clip(values, 1, None) / numpy.clip(values, 1, None).sum()
        at = 10 * STAGES.index(stage) + 5 * right + epoch
        predicted = stage if right else STAGES[(STAGES.index(stage) + 1) % 5]
        rows += [(subject % 4, f"s{subject}", f"s{subject}", at, stage, predicted, rule, name, value,
                  totals(rule, right, epoch) if totals else 0.0) for name, value in zip(MODALITIES, values)]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality",
                                           "share", "log_total"]).assign(positive=lambda table: table["share"], negative=0.0)


def covariates(medication=("placebo", "temazepam"), sex=("female", "male"), ages=AGES):
    """Each subject once on each drug."""
    rows = [(f"s{subject}n{night}", f"s{subject}", drug, sex[subject % 2], ages[0] if subject < 2 else ages[1])
            for subject in range(SUBJECTS) for night, drug in enumerate(medication)]
    return pandas.DataFrame(rows, columns=["recording", "subject", "medication", "sex", "age"])


def regression(points=None, errors=None, q=None, terms=TERMS, rules=RULES):
    """A regression whose every test says the same.

    points : (stage, modality, covariate) → effect in points, of age over its range of 50 years; else 0. errors : the same →
    standard error, else 0.1. q : the same → corrected p, else 0.001 where there are points and 0.9 where not.
    """
    points, errors, q = points or {}, errors or {}, q or {}
    rows = []
    for rule, selection, averaging, kind, scale, stage, modality, (covariate, level, reference) in itertools.product(
            rules, ("correct", "all"), ("mean", "pooled"), ("epochs", "nights"), ("percent", "log-ratio"), STAGES, MODALITIES,
            terms):
        key = stage, modality, covariate
        unit = (AGES[1] - AGES[0] if covariate == "age" else 1) * (40 if scale == "log-ratio" else 1)
        value, error = points.get(key, 0) / unit, errors.get(key, 0.1) / unit
        p = q.get(key, 0.001 if points.get(key) else 0.9)
        rows.append({"rule": rule, "selection": selection, "averaging": averaging, "rows": kind, "scale": scale, "stage": stage,
                     "modality": modality, "covariate": covariate, "level": level, "reference": reference, "freedom": 1e6,
                     "freedom_ols": 1e6, "half95_permutation": 1.95996 * error, "half90_permutation": 1.64485 * error,
                     **{f"coefficient_{test}": value for test in TESTS}, **{f"se_{test}": error for test in TESTS},
                     **{f"q_{test}": p for test in TESTS}, **{f"reason_{test}": "" for test in TESTS}})
    return pandas.DataFrame(rows)


def ablated(lost, folds=5, spread=0.002, by=ABLATIONS):
    """Recall lost per fold: `lost` is (stage, modality) → fraction, else 0; folds differ by up to `spread`, EEG the other way."""
    around = numpy.linspace(-spread, spread, folds)
    rows = [(replacement, fold, stage, name, 100, 0.9, 0.9 - value, value)
            for replacement, fold, stage, name in itertools.product(by, range(folds), STAGES, MODALITIES)
            for value in [lost.get((stage, name), 0) + around[fold] * (1 if name == "EEG" else -1)]]
    return pandas.DataFrame(rows, columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])


def equal_shares():
    """A third each, everywhere."""
    return shares(lambda rule, stage: (33, 33, 33))


def judged(claim, of_shares=None, of_regression=None, of_ablation=None, people=None, epochs=EPOCHS, **options):
    """(row of the claim, its specifications)."""
    content = {**CONTENT, "claims": [row for row in CONTENT["claims"] if str(row["id"]) == claim]}
    table, specifications = judge(equal_shares() if of_shares is None else of_shares, of_regression, of_ablation, epochs,
                                  covariates() if people is None else people, content=content, **options)
    return table.iloc[0], specifications
