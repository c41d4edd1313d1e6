"""One stage of one rule, night by night: epochs' responses come in; sums per night, permutation tests and joint tests go out."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy
import pandas

from . import linear_model, permutation
from .responses import free

#: A night with fewer epochs of a stage has no mean.
LEAST_EPOCHS = 5


@dataclass(frozen=True)
class StageNights:
    """recordings : those with weight. sums : `linear_model.NightSums` of percent, then log-ratios of each modality. epochs :
    how many each night has. subjects : of the nights. n : rows. left_out : nights left out.
    """

    recordings: numpy.ndarray
    sums: linear_model.NightSums
    subjects: numpy.ndarray
    n: int
    left_out: int = 0

    def fit(self, design, clustered):
        """(Fit or None, why there is none): the paper's, or with errors clustered by subject and the order of nights as a term."""
        x = design.of(self.recordings, with_period=clustered)
        weighted = numpy.sqrt(self.sums.weights)[:, None] * x
        reason = linear_model.reason_against(weighted, self.subjects, self.sums.rows, clustered)
        return (None, reason) if reason else (linear_model.fit(self.sums, x, pandas.factorize(self.subjects)[0], clustered), "")


def stage_nights(responses, stage, design):
    """Nights of a stage, each with the weight of its rows."""
    here = (responses.keys["stage"] == stage).to_numpy()
    codes, names = pandas.factorize(responses.keys["recording"][here], sort=True)
    values = numpy.column_stack([responses.percent, responses.log_ratios])[here]
    sums = linear_model.night_sums(values, responses.weights[here], codes, len(names))
    received = sums.weights > 0
    recordings = numpy.asarray(names)[received]
    sums = linear_model.NightSums(sums.weights[received], sums.means[received], sums.squares, sums.rows)
    return StageNights(recordings, sums, design.subjects.loc[recordings].to_numpy(), int(here.sum()))


def equal_nights(responses, stage, design, median=False):
    """Nights of a stage, each with the weight 1 and without those of fewer than 5 epochs; their means, or medians."""
    here = (responses.keys["stage"] == stage).to_numpy()
    rows = stage_nights(responses, stage, design)
    counts = responses.keys["recording"][here].value_counts()
    enough = counts.loc[rows.recordings].to_numpy() >= LEAST_EPOCHS
    recordings, means = rows.recordings[enough], rows.sums.means[enough]
    if median and len(recordings):
        values = pandas.DataFrame(numpy.column_stack([responses.percent, responses.log_ratios])[here])
        means = values.groupby(responses.keys["recording"][here].to_numpy()).median().loc[recordings].to_numpy()
    sums = linear_model.NightSums(numpy.ones(len(means)), means, numpy.zeros(means.shape[1]), len(means))
    return StageNights(recordings, sums, rows.subjects[enough], int(counts.loc[recordings].sum()), len(counts) - len(recordings))


def permuted(nights, design, draws=permutation.DRAWS):
    """Permutation tests of nights' means by so many draws, or all arrangements where there are fewer.

    Returns
    -------
    term → ({"coefficient", "p", "half95", "half90", "effect_size": each (columns,), "joint": p over the free log-ratios,
    "subjects"}, reason); the former is None where there is a reason.
    """
    columns = nights.sums.means.shape[1]
    ratios = free_ratios(nights)
    results = {}
    for term in design.terms:
        moved, reason = design.tested(term, nights.recordings, numpy.column_stack([nights.sums.means, ratios]))
        if reason:
            results[term] = None, reason
            continue
        moves, statistic = _arranged(moved.design.tobytes(), moved.design.shape, moved.flipped, draws)
        single = permutation.test(moved.values[:, :columns], moved.design, moves, drawn=statistic)
        joint = (permutation.test(moved.values[:, columns:], moved.design, moves, ratios.shape[1], statistic)
                 if ratios.shape[1] else None)
        unit = 1.0 if term.level else moved.design[:, 0].std(ddof=1)
        residual = numpy.where(single["residual"] > 0, single["residual"], numpy.nan)
        results[term] = {"coefficient": single["coefficient"], "p": single["p"],
                         "half95": single["half95"], "half90": single["half90"],
                         "effect_size": single["coefficient"] * unit / residual,
                         "joint": float(joint["p"][0]) if joint else numpy.nan, "subjects": len(moved.subjects)}, ""
    return results


def free_ratios(nights):
    """(nights, modalities − 1), log-ratios that are free of each other."""
    modalities = nights.sums.means.shape[1] // 2
    return nights.sums.means[:, modalities:] @ free(modalities) if modalities else nights.sums.means


def joint_tests(nights, design):
    """term number → `linear_model.joint_test` of the free log-ratios by clustered errors, and the reason why there is none."""
    ratios = free_ratios(nights)
    if not ratios.shape[1]:
        return {}, "one modality has no log-ratio"
    of_ratios = StageNights(nights.recordings, linear_model.NightSums(
        nights.sums.weights, ratios, numpy.zeros(ratios.shape[1]), nights.sums.rows), nights.subjects, nights.n)
    fit, reason = of_ratios.fit(design, clustered=True)
    if reason:
        return {}, reason
    return {at: linear_model.joint_test(fit.coefficients[at], fit.covariance(at), fit.satterthwaite[at])
            for at in range(1, 1 + len(design.terms))}, ""


@functools.lru_cache(maxsize=4)
def _arranged(content, shape, flipped, draws):
    """`permutation.arranged` of a design, by its bytes: ways of averaging share what it works out."""
    return permutation.arranged(numpy.frombuffer(content).reshape(shape), flipped, draws)
