"""Misread epochs: how shares differ from those of correct epochs of the same subjects, and whom the network misreads more often."""

from __future__ import annotations

import numpy
import pandas

from ..constants import STAGES
from . import linear_model, permutation
from .covariate_design import design_of
from .night_means import LEAST_EPOCHS, equal_nights, permuted, stage_nights
from .p_values import corrected
from .regression import cells, with_q
from .responses import SCALES, Responses, free, responses


def differences(shares, rules, draws=permutation.DRAWS):
    """Misread minus correct epochs of a true stage, within subjects.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`. rules : names of the rules. draws : of the permutation test.

    Returns
    -------
    Table of rule, stage, modality, scale, difference (a mean over subjects of the subject's mean over misread epochs minus that
    over correct ones), low, high (95 % interval by t), p (sign flips of subjects), q (Benjamini and Hochberg 1995, over a rule and
    scale), p_joint (flips of all log-ratios together), subjects (with at least 5 epochs of either kind), misread (their epochs) and
    reason (why there are no numbers).
    """
    of_subject = shares.drop_duplicates("recording").astype(str).set_index("recording")["subject"]
    rows = []
    for rule in rules:
        of_rule = shares[shares["rule"].astype(str) == rule]
        wrong, right = (responses(of_rule, selection) for selection in ("misread", "correct"))
        for stage in STAGES:
            rows += [{"rule": rule, "stage": stage, **row}
                     for row in _of_stage(*(_subjects(kind, stage, of_subject) for kind in (wrong, right)), wrong, draws)]
    table = pandas.DataFrame(rows)
    if len(table):
        table.insert(table.columns.get_loc("p") + 1, "q", table.groupby(["rule", "scale"], sort=False)["p"].transform(
            lambda p: corrected(p.to_numpy())))
    return table


def _subjects(kind, stage, of_subject):
    """(means by subject of those with enough epochs, their numbers of epochs)."""
    here = (kind.keys["stage"] == stage).to_numpy()
    values = pandas.DataFrame(numpy.column_stack([kind.percent, kind.log_ratios])[here])
    by_subject = values.groupby(of_subject.loc[kind.keys["recording"][here]].to_numpy())
    counts = by_subject.size()
    return by_subject.mean()[counts >= LEAST_EPOCHS], counts


def _of_stage(wrong, right, kind, draws):
    """A row for each modality and scale."""
    (misread, counts), (correct, _) = wrong, right
    both, modalities = misread.index.intersection(correct.index), len(kind.modalities)
    change = (misread.loc[both] - correct.loc[both]).to_numpy(float)
    x = numpy.ones((len(both), 1))
    reason = "" if len(both) > 2 else f"{len(both)} subjects with at least {LEAST_EPOCHS} misread and as many correct epochs"
    if not reason:
        sums = linear_model.NightSums(numpy.ones(len(both)), change, numpy.zeros(change.shape[1]), len(both))
        fit = linear_model.fit(sums, x, numpy.arange(len(both)))
        of_t = linear_model.tested(fit.coefficients[0], fit.ordinary[0], fit.freedom)
        moves = permutation.sign_flips(len(both), draws)
        p = permutation.test(change, x, moves)["p"]
        ratios = change[:, modalities:] @ free(modalities)
        joint = permutation.test(ratios, x, moves, modalities - 1)["p"][0] if modalities > 1 else numpy.nan
    for row, scale in enumerate(SCALES):
        for at, modality in enumerate(kind.modalities):
            column = at + row * modalities
            numbers = dict.fromkeys(("difference", "low", "high", "p", "p_joint"), numpy.nan) if reason else {
                "difference": change[:, column].mean(), "low": of_t["low"][column], "high": of_t["high"][column], "p": p[column],
                "p_joint": joint}
            yield {"scale": scale, "modality": modality, **numbers, "subjects": len(both), "misread": int(counts.loc[both].sum()),
                   "reason": reason}


def rates(predictions, covariates, reference=None, period=None, draws=permutation.DRAWS):
    """How the rate of misreading depends on covariates, which select the epochs that every other page is about.

    Parameters
    ----------
    predictions : table of fold, recording, epoch, true and predicted. covariates, reference, period : as
        `covariate_design.design_of` takes them. draws : of the permutation test.

    Returns
    -------
    Table of stage, rows ("epochs": of which an epoch counts once, with the part of its folds that misread it; "nights"), covariate,
    level, reference and the numbers of `regression.regress_all`, in points of the percentage of epochs that are misread; q over the
    stages and covariates of a kind of rows.
    """
    design = design_of(covariates, reference, period)
    scored = predictions[(predictions["true"].astype(str) != "") & predictions["recording"].astype(str).isin(design.matrix.index)]
    wrong = 100.0 * (scored["true"].astype(str) != scored["predicted"].astype(str))
    epochs = wrong.groupby([scored["recording"].astype(str), scored["epoch"], scored["true"].astype(str)]).mean()
    keys = epochs.index.to_frame(index=False).rename(columns={"true": "stage"})
    percent = epochs.to_numpy()[:, None]
    of_epochs = Responses(keys, ("misread",), percent, numpy.zeros_like(percent), numpy.ones(len(percent)), 0)
    rows = []
    for stage in STAGES:
        nights = equal_nights(of_epochs, stage, design)
        moved = permuted(nights, design, draws)
        for kind, of_stage in (("epochs", stage_nights(of_epochs, stage, design)), ("nights", nights)):
            rows += [{"stage": stage, "rows": kind, **cell} for cell in cells(of_stage, design, moved, ("misread",))
                     if cell["scale"] == SCALES[0]]
    return with_q(pandas.DataFrame(rows).drop(columns=["scale", "modality"], errors="ignore"), ["rows"])
