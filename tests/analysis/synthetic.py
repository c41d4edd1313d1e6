"""Share tables in which what matters is known: drawn, not computed by the package."""

import numpy
import pandas

from helpers.constants import STAGES

MODALITIES = ("EEG", "EOG", "EMG")
LEADING = {"W": (50, 40, 10), "N1": (30, 60, 10), "N2": (80, 12, 8), "N3": (85, 9, 6), "REM": (30, 60, 10)}


def covariates(subjects=22):
    """Two nights of each subject: recording, subject, medication, sex, age."""
    rows = [(f"s{subject:02d}n{night}", f"s{subject:02d}", medication, "male" if subject % 3 == 0 else "female",
             20.0 + 37 * subject % 61)
            for subject in range(subjects) for night, medication in enumerate(("placebo", "temazepam"))]
    return pandas.DataFrame(rows, columns=["recording", "subject", "medication", "sex", "age"])


def shares(seed=0, rules=("eps=0.01", "eps=100", "alpha1beta0"), subjects=22, epochs=60, folds=4, effects=(),
           subject_sd=2.0, wrong=0.2):
    """Shares with mean percentages LEADING in correct and misclassified epochs alike.

    `effects`: (stage, modality, covariate value such as "temazepam", points), taken from the other modalities.
    """
    random, tables = numpy.random.default_rng(seed), []
    people = covariates(subjects)
    traits = {name: random.normal(0, subject_sd, 3) for name in people["subject"].unique()}
    for row in people.itertuples():
        true = random.choice(STAGES, epochs)
        predicted = numpy.where(random.random(epochs) < wrong, random.choice(STAGES, epochs), true)
        for fold in range(folds):
            if (int(row.subject[1:]) + fold) % 2:
                continue
            for rule in rules:
                percent = numpy.array([LEADING[stage] for stage in true]) + traits[row.subject]
                for stage, modality, value, points in effects:
                    if value in (row.medication, row.sex):
                        here, at = true == stage, MODALITIES.index(modality)
                        percent[here] -= points / 2
                        percent[here, at] += 1.5 * points
                percent = numpy.clip(percent + random.normal(0, 5, (epochs, 3)), 1, None)
                share = percent / percent.sum(axis=1, keepdims=True)
                tables.append(pandas.DataFrame({
                    "fold": fold, "recording": row.recording, "subject": row.subject,
                    "epoch": numpy.repeat(numpy.arange(epochs), 3), "true": numpy.repeat(true, 3),
                    "predicted": numpy.repeat(predicted, 3), "rule": rule, "modality": MODALITIES * epochs,
                    "share": share.ravel(), "positive": 0.75 * share.ravel(), "negative": 0.25 * share.ravel(),
                    "log_total": numpy.repeat(random.normal(-20 if rule == "eps=100" else 0, 3, epochs), 3)}))
    return pandas.concat(tables, ignore_index=True)
