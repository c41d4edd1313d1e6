"""How much sleepers, their nights, epochs and networks differ in shares: shares come in; variances go out, and no p.

A mixed model of the nights' means (restricted maximum likelihood, random intercepts of subjects) leaves out what covariates do.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy
import pandas

from ..constants import STAGES
from . import linear_model
from .covariate_design import design_of
from .night_means import LEAST_EPOCHS, equal_nights
from .responses import responses
from .serial_correlation import inflation, within_nights

#: Subjects whom several networks must have tested before variance between networks is given.
LEAST_SUBJECTS = 8
#: Optimisers of the likelihood; the best optimum counts, and that others miss it is said.
OPTIMISERS = ("lbfgs", "powell")
#: Log-likelihoods nearer than this are the same optimum; a variance below this part of both is 0.
SAME, NONE = 1e-3, 1e-6
NOTHING = ("between_subjects", "between_nights", "icc", "within_nights", "correlation", "sampling")


@dataclass(frozen=True)
class Mixed:
    """subjects, nights : variances between them. note : what the optimisers say, or ""."""

    subjects: float
    nights: float
    note: str


def variances(shares, covariates, rules, reference=None, period=None):
    """Variances of percent of relevance of correctly read epochs (mean of shares), by rule, stage and modality.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`. rules : names of the rules.
    covariates, reference, period : as `covariate_design.design_of` takes them.

    Returns
    -------
    Table of rule, stage, modality; between_subjects, between_nights (of night means around the subject; points²), icc (the part
    of the first in both), within_nights (of epochs around their night's mean), correlation (of neighbouring epochs of the stage),
    sampling (what a night's mean varies only because its epochs are so many; part of between_nights), between_networks (of a
    night's mean over the same epochs, read by several folds), icc_networks (agreement of networks: the part of nights in both),
    nights, subjects, shared_subjects (tested by several folds), reason (why there is no mixed model), reason_networks, and note
    (what the optimisers say). Nights with fewer than 5 such epochs are left out.
    """
    design = design_of(covariates, reference, period)
    rows = [row for rule in rules for row in _of_rule(shares[shares["rule"].astype(str) == rule], rule, design)]
    return pandas.DataFrame(rows)


def _of_rule(shares, rule, design):
    shares = shares[shares["recording"].astype(str).isin(design.matrix.index)]
    single, of_folds = responses(shares), shared_epochs(shares)
    for stage in STAGES:
        nights = equal_nights(single, stage, design)
        x = design.of(nights.recordings, with_period=True)
        reason = linear_model.reason_against(x, nights.subjects, len(x), jackknife=False)
        for at, modality in enumerate(single.modalities):
            means = nights.sums.means[:, at]
            yield {"rule": rule, "stage": stage, "modality": modality,
                   **(dict.fromkeys(NOTHING, numpy.nan) if reason else _of_nights(means, nights, x, single, at, stage)),
                   **between_networks(of_folds[of_folds["true"] == stage], modality, design),
                   "nights": len(means), "subjects": len(set(nights.subjects)), "reason": reason} | (
                       {"note": ""} if reason else {})


def _of_nights(means, nights, x, single, at, stage):
    """Variances of one modality's night means and of the epochs within nights."""
    mixed = fit_mixed(means, x, nights.subjects)
    here = ((single.keys["stage"] == stage) & single.keys["recording"].isin(nights.recordings)).to_numpy()
    keys = single.keys[here]
    order = numpy.lexsort((keys["epoch"], keys["recording"]))
    codes = pandas.factorize(keys["recording"].to_numpy()[order])[0]
    within, correlation = within_nights(single.percent[here, at][order], codes)
    numbers = numpy.bincount(codes)
    return {"between_subjects": mixed.subjects, "between_nights": mixed.nights,
            "icc": _part(mixed.subjects, mixed.nights), "within_nights": within, "correlation": correlation,
            "sampling": float((within * inflation(numbers, correlation) / numbers).mean()), "note": mixed.note}


def _part(one, other):
    """one / (one + other); NaN where neither varies."""
    return one / (one + other) if one + other > 0 else numpy.nan


def fit_mixed(means, design, subjects):
    """`Mixed` of night means.

    Parameters
    ----------
    means : (nights,). design : (nights, terms), of full rank. subjects : (nights,), names.

    Returns
    -------
    Variances by restricted maximum likelihood of the best optimum that any of `OPTIMISERS` reaches; its note says which of them
    failed or ended elsewhere, and where a variance is 0 because the likelihood is greatest at that bound.
    """
    scale = means.std()
    if not scale > 0:
        return Mixed(0.0, 0.0, "all nights are the same")
    if pandas.Series(subjects).value_counts().max() < 2:
        left = means - design @ numpy.linalg.lstsq(design, means, rcond=None)[0]
        return Mixed(numpy.nan, float(left @ left / (len(means) - design.shape[1])),
                     "no subject has two nights: subjects and nights are one")
    reached, said = {}, []
    for optimiser in OPTIMISERS:
        found = _optimum(means / scale, design, subjects, optimiser)
        if isinstance(found, str):
            said.append(f"{optimiser}: {found}")
        else:
            reached[optimiser] = found
    if not reached:
        return Mixed(numpy.nan, numpy.nan, "; ".join(said))
    best = max(reached.values())
    said += [f"{optimiser}: another optimum" for optimiser, found in reached.items() if best[0] - found[0] > SAME]
    of_subjects, of_nights = (0.0 if part < NONE * sum(best[1:]) else part * scale**2 for part in best[1:])
    said += [f"{words} at its bound 0" for words, part in (("between subjects", of_subjects), ("between nights", of_nights))
             if not part]
    return Mixed(float(of_subjects), float(of_nights), "; ".join(said))


def _optimum(means, design, subjects, optimiser):
    """(log-likelihood, variance between subjects, between nights) that an optimiser ends at, or why it does not."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they say is in `converged` and in the notes
        try:
            fit = MixedLM(means, design, subjects).fit(reml=True, method=optimiser)
        except (numpy.linalg.LinAlgError, ValueError) as error:
            return str(error)
    if not fit.converged or not numpy.isfinite(fit.llf):
        return "did not converge"
    return float(fit.llf), max(float(numpy.asarray(fit.cov_re)[0, 0]), 0.0), float(fit.scale)


def shared_epochs(shares):
    """Percent by fold and modality of epochs that every one of several folds, which tested the recording, read correctly: a table
    of recording, true, fold, then modalities, means over these epochs; of nights with at least 5 of a stage."""
    table = shares[shares["share"].notna()].reset_index(drop=True).astype(
        dict.fromkeys(("recording", "true", "predicted", "modality"), str))
    tested = table.groupby("recording")["fold"].transform("nunique")
    table = table[(tested > 1) & (table["true"] == table["predicted"])]
    keys = ["recording", "true", "epoch"]
    read = table.groupby(keys)["fold"].transform("nunique")
    table = table[read == tested[table.index]]
    epochs = table.groupby(["recording", "true"])["epoch"].transform("nunique")
    wide = table[epochs >= LEAST_EPOCHS].pivot_table(index=["recording", "true", "fold"], columns="modality", values="share")
    return (100 * wide).reset_index()


def between_networks(means, modality, design):
    """Variance between networks of a night's mean over the same epochs, and how far networks agree on nights.

    Parameters
    ----------
    means : rows of `shared_epochs` of one stage. modality : a column of it.

    Returns
    -------
    {"between_networks": mean square within nights, "icc_networks": one-way intraclass correlation of nights, which covariates do
    not explain, "shared_subjects", "reason_networks"}; with unequal numbers of networks as Shrout and Fleiss 1979's ICC(1, 1)
    by the analysis of variance's expected squares.
    """
    recordings, codes = numpy.unique(means["recording"].to_numpy(), return_inverse=True)
    subjects = design.subjects.loc[recordings].nunique()
    about = {"between_networks": numpy.nan, "icc_networks": numpy.nan, "shared_subjects": int(subjects), "reason_networks": ""}
    if subjects < LEAST_SUBJECTS:
        return about | {"reason_networks": f"{subjects} subjects with such epochs tested by several folds, fewer than "
                                           f"{LEAST_SUBJECTS}"}
    x = design.of(recordings, with_period=True)
    sums = linear_model.night_sums(means[[modality]].to_numpy(float), numpy.ones(len(means)), codes, len(recordings))
    networks = float(sums.squares[0] / (len(means) - len(recordings)))
    about["between_networks"] = networks
    if reason := linear_model.reason_against(x, design.subjects.loc[recordings].to_numpy(), len(recordings), jackknife=False):
        return about | {"reason_networks": reason}
    root = numpy.sqrt(sums.weights)
    base = numpy.linalg.qr(root[:, None] * x)[0]
    residuals = root * sums.means[:, 0]
    residuals = residuals - base @ (base.T @ residuals)
    freedom = len(recordings) - x.shape[1]
    often = (sums.weights.sum() - (sums.weights[:, None] * base**2).sum()) / freedom
    nights = (residuals @ residuals / freedom - networks) / often
    about["icc_networks"] = float(max(nights, 0) / (max(nights, 0) + networks)) if networks or nights > 0 else numpy.nan
    return about
