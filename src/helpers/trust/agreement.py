"""How far shares of modalities by any method agree with the exact Shapley values of the same epochs, and whether modalities that a
method calls important are those without which the network loses most.
"""

from __future__ import annotations

import itertools

import numpy
import pandas

from ..relevance.coalitions import members
from ..relevance.value_shares import EPOCH
from .games import wide_sets
from .intervals import by_subject, of_stages, over_subjects

#: What is compared → what a method that knows nothing would score, and a perfect one; None for the first: it is computed.
MEASURES = {"leading": (0.0, 1.0), "rank": (0.0, 1.0), "distance": (None, 0.0), "deletion": (None, 1.0)}
#: A share below this counts as this in log-ratios.
LEAST = 1e-3
#: Shares that differ by less are equal.
TIE = 1e-9


def agreement(shares, values, sets, draws=1000, seed=0):
    """Compare shares with Shapley values epoch by epoch.

    Parameters
    ----------
    shares : tables of shares (fold, recording, subject, epoch, rule, modality, share) of these epochs and maybe others.
    values, sets : of `shapley.shapley_fold`. draws : of the bootstrap over subjects.

    Returns
    -------
    Table of rule, stage ("all" or a true stage), measure, value, low, high (95 %, bootstrap over subjects), nothing (what a method
    that knows nothing scores), epochs, subjects. Measures: leading (Cohen's kappa of the leading modality), rank (mean Kendall's tau of
    modalities within an epoch), distance (mean Aitchison distance of shares, in log-ratios), deletion (see `deletion`).
    """
    reference = values.assign(share=values["value"].abs(), rule="").astype({"rule": str})
    truth = _wide(reference)
    truth = truth[truth.sum(axis=1) > 0]
    truth = truth.div(truth.sum(axis=1), axis=0)
    orders = deletion(sets)
    about = values.astype({"recording": str}).drop_duplicates(EPOCH).set_index(EPOCH)[["subject", "true"]].astype(str).loc[truth.index]
    tables = []
    for rule, rows in shares.astype({"rule": str}).groupby("rule", sort=False):
        found = _wide(rows).reindex(truth.index)[truth.columns].dropna()
        if len(found):
            here = truth.loc[found.index]
            each = _each(found.to_numpy(), here.to_numpy(), orders.loc[found.index].to_numpy())
            tables.append(_summed(each, about.loc[found.index], len(truth.columns), draws, seed).assign(rule=rule))
    columns = ["rule", "stage", "measure", "value", "low", "high", "nothing", "epochs", "subjects"]
    return pandas.concat(tables, ignore_index=True)[columns] if tables else pandas.DataFrame(columns=columns)


def _wide(table):
    """A row per epoch, a column per modality."""
    return table.astype({"recording": str, "modality": str}).pivot(index=EPOCH, columns="modality", values="share")


def deletion(sets):
    """How well each order of taking modalities away does: a row per epoch, a column per order.

    An order's area is the mean over steps 0 to k of what the logit has lost by then (AOPC: Samek et al. 2017), scaled so that the
    worst of all k! orders is 0 and the best 1; NaN where all are alike. Columns are orders of modalities in the order of the alphabet.
    """
    wide, names = wide_sets(sets, "logit")
    alphabet = sorted(names)
    orders = list(itertools.permutations(range(len(names))))
    areas = numpy.zeros((len(wide), len(orders)))
    number_of = {frozenset(names[member] for member in members(number, len(names))): number for number in range(2 ** len(names))}
    of_sets = wide.to_numpy()
    for column, order in enumerate(orders):
        for step in range(1, len(order) + 1):
            left = frozenset(alphabet[at] for at in order[step:])
            areas[:, column] += (of_sets[:, -1] - of_sets[:, number_of[left]]) / (len(order) + 1)
    low, high = areas.min(axis=1, keepdims=True), areas.max(axis=1, keepdims=True)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        scaled = numpy.where(high - low > 1e-9, (areas - low) / (high - low), numpy.nan)
    index = wide.index.to_frame(index=False).astype({"recording": str}).set_index(EPOCH).index
    return pandas.DataFrame(scaled, index, orders)


def _each(found, truth, orders):
    """Per epoch: leading modalities (two columns), rank, distance, deletion, and what deletion gives a random order."""
    k = found.shape[1]
    pairs = list(itertools.combinations(range(k), 2))
    rank = sum(_sign(found[:, a] - found[:, b]) * _sign(truth[:, a] - truth[:, b]) for a, b in pairs) / max(len(pairs), 1)
    logs = [numpy.log(numpy.maximum(shares, LEAST)) for shares in (found, truth)]
    centred = [values - values.mean(axis=1, keepdims=True) for values in logs]
    apart = centred[0] - centred[1]
    number_of = {order: number for number, order in enumerate(itertools.permutations(range(k)))}
    chosen = [number_of[tuple(order)] for order in numpy.argsort(-found, axis=1, kind="stable")]
    return pandas.DataFrame({"lead": found.argmax(axis=1), "true lead": truth.argmax(axis=1), "rank": rank,
                             "distance": numpy.sqrt((apart**2).sum(axis=1)), "without differences": numpy.sqrt(
                                 (centred[1]**2).sum(axis=1)),
                             "deletion": orders[numpy.arange(len(orders)), chosen], "any order": orders.mean(axis=1)})


def _sign(differences):
    """1, −1, or 0 where shares are equal but for rounding."""
    return numpy.sign(numpy.where(numpy.abs(differences) < TIE, 0, differences))


def _summed(each, about, k, draws, seed):
    """Rows of `agreement` of one rule: over all epochs and by true stage."""
    rows = []
    for stage, here in of_stages(about.reset_index(drop=True)):
        sums = by_subject(_columns(each.iloc[here.index], k), here["subject"])
        names = [*MEASURES, "distance of nothing", "deletion of nothing"]
        found = over_subjects(sums, lambda added: numpy.array([[_measures(one, k)[name] for name in names] for one in added]), draws, seed)
        values, lows, highs = (dict(zip(names, ends)) for ends in found)
        rows += [{"stage": stage, "measure": name, "value": values[name], "low": lows[name], "high": highs[name],
                  "nothing": values.get(f"{name} of nothing", nothing), "epochs": len(here), "subjects": len(sums)}
                 for name, (nothing, _) in MEASURES.items()]
    return pandas.DataFrame(rows)


def _columns(each, k):
    """(epochs, columns): what `_measures` needs, to be added up."""
    pairs = each["lead"].to_numpy() * k + each["true lead"].to_numpy()
    known = each["deletion"].notna()
    return numpy.column_stack([numpy.eye(k * k)[pairs], each[["rank", "distance", "without differences"]].to_numpy(), numpy.ones((len(each), 1)),
                               each[["deletion", "any order"]].fillna(0).to_numpy() * known.to_numpy()[:, None], known.to_numpy(float)])


def _measures(sums, k):
    counts, (rank, distance, flat, n, deleted, any_order, known) = sums[:k * k].reshape(k, k), sums[k * k:]
    chance = (counts.sum(axis=0) @ counts.sum(axis=1)) / n**2
    agreed = numpy.trace(counts) / n
    return {"leading": (agreed - chance) / (1 - chance) if chance < 1 else numpy.nan, "rank": rank / n, "distance": distance / n,
            "distance of nothing": flat / n, "deletion": deleted / known if known else numpy.nan,
            "deletion of nothing": any_order / known if known else numpy.nan}
