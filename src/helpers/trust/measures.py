"""One table of how far each way of explaining can be believed: a row per rule or method, stage and measure."""

from __future__ import annotations

import numpy
import pandas

from . import floor_summary, perturbation, planted_signs
from .altered import SEED, SHUFFLED
from .intervals import means, of_stages
from .stability import FOLD

#: Measures in the order of the table.
MEASURES = ("leading", "told", "told by sign", "windows", "signs", "random weights", "shuffled stages", "small changes", "another seed",
            "another fold")
COLUMNS = ["rule", "stage", "measure", "value", "low", "high", "nothing", "best", "epochs", "subjects", "fails"]


def measures(agreement, floor, lost, planted, drawn, alike, stable):
    """Every measure of every way of explaining.

    Parameters
    ----------
    agreement : of `agreement.agreement`. floor : of `floor.floor_fold`. lost, planted : of `comparison.compare_fold`, planted None of real
    nights. drawn : of `randomisation.randomise_fold`. alike : of `other_networks.try_other` with `network`. stable : of `stability.stability`.
    All of all folds.

    Returns
    -------
    Table of rule, stage ("all", or a true stage), measure (one of `MEASURES`), value with low and high (95 %, bootstrap over subjects),
    nothing (what a method scores that knows nothing), best (what a perfect one scores, or the best order that is known), epochs, subjects,
    and fails: whether it is no better than the size of the signal (windows, signs) or hardly depends on the weights (random weights).
    """
    leading = agreement[agreement["measure"].astype(str) == "leading"].astype({"rule": str, "stage": str})
    tables = [leading.assign(measure="leading", best=1.0, fails=False), _told(floor), windows(lost), _alike(drawn[drawn["depth"] == 1], "random weights")]
    if planted is not None:
        tables.append(signs(planted))
    if len(alike):
        tables.append(_alike(alike[alike["network"].astype(str) == SHUFFLED], "shuffled stages"))
    tables.append(_stable(stable))
    return pandas.concat([table[COLUMNS] for table in tables if len(table)], ignore_index=True)


def _rows(rule, measure, rows, column, nothing, best, fails=lambda low, high: False, **options):
    """Rows of one rule and measure over all epochs and by stage; nothing and best are numbers or columns."""
    found = []
    for stage, here in of_stages(rows):
        columns = [column, *(name for name in (nothing, best) if isinstance(name, str))]
        value, low, high = means(here, columns, **options)
        ends = dict(zip(columns, value))
        found.append({"rule": rule, "stage": stage, "measure": measure, "value": value[0], "low": low[0], "high": high[0],
                      "nothing": ends.get(nothing, nothing), "best": ends.get(best, best), "fails": fails(low[0], high[0]),
                      "epochs": here[["fold", "recording", "epoch"]].drop_duplicates().shape[0], "subjects": here["subject"].nunique()})
    return pandas.DataFrame(found)


def _plain(table):
    texts = [name for name in ("recording", "subject", "true", "predicted", "rule", "modality", "replacement", "sign") if name in table]
    return table.astype(dict.fromkeys(texts, str))


def _told(floor):
    """In what part of epochs and modalities the value is higher with the signal than with noise, in correct epochs."""
    both = floor_summary.pairs(floor)
    both = both[(both["true"] == both["predicted"]) | (both["true"] == "")]
    both["told"] = numpy.where(both["intact"] == both["noise"], 0.5, both["intact"] > both["noise"])
    called = {"share": "told", "signed": "told by sign"}
    return pandas.concat([_rows(rule, called[reading], rows, "told", 0.5, 1.0)
                          for (rule, reading), rows in both.groupby(["rule", "reading"], sort=False)], ignore_index=True)


def windows(lost):
    """What the logit loses more by replacing the most relevant windows first than the least relevant, mean over modalities: the first kind
    of window of the trial. A way fails whose difference from the size of the signal, in the same epochs, may be 0 or less, or of one sleeper is not known."""
    table = _plain(lost)
    table = table[(table["window_s"] == table["window_s"].iloc[0]) & (table["replacement"] == table["replacement"].iloc[0])]
    keys = ["fold", "recording", "subject", "epoch", "true", "predicted"]
    wide = table.assign(gap=table["most"] - table["least"]).pivot_table(index=[*keys, "modality"], columns="rule", values="gap", sort=False).reset_index()
    found = []
    for rule in dict.fromkeys(table["rule"]):
        beyond = wide.assign(beyond=wide[rule] - wide[perturbation.SIZE])
        rows = _rows(rule, "windows", beyond, rule, perturbation.RANDOM, perturbation.TRIED)
        ahead = _rows(rule, "windows", beyond, "beyond", 0.0, 0.0)
        found.append(rows.assign(fails=~(ahead["low"] > 0) & (rule not in perturbation.REFERENCES)))
    return pandas.concat(found, ignore_index=True)


def signs(planted):
    """How many times more relevance than by chance falls on planted signs, mean over epochs and modalities that show any. A way fails
    whose difference from the size of the signal may be 0 or less, or of one sleeper is not known."""
    table = _plain(planted)
    table = table[table["sign"] == planted_signs.ANY].assign(at_best=lambda rows: 1 / rows["part"])
    keys = ["fold", "recording", "subject", "epoch", "true", "predicted", "modality"]
    size = table[table["rule"] == planted_signs.SIZE].set_index(keys)["ratio"].rename("of_size")
    found = []
    for rule, rows in table.groupby("rule", sort=False):
        beyond = rows.join(size, on=keys).assign(beyond=lambda both: both["ratio"] - both["of_size"])
        ahead = _rows(rule, "signs", beyond, "beyond", 0.0, 0.0)
        found.append(_rows(rule, "signs", beyond, "ratio", 1.0, "at_best").assign(fails=~(ahead["low"] > 0) & (rule != planted_signs.SIZE)))
    return pandas.concat(found, ignore_index=True) if found else pandas.DataFrame(columns=COLUMNS)


#: Maps whose similarity with those of random weights is surely above this hardly depend on the weights.
ALIKE = 0.5


def _alike(table, measure):
    """Spearman's correlation of the sizes of maps with those of a network that knows nothing: 1 where the network does not matter."""
    rows = [_rows(rule, measure, here, "size", 1.0, 0.0, lambda low, high: bool(low > ALIKE)) for rule, here in _plain(table).groupby("rule", sort=False)]
    return pandas.concat(rows, ignore_index=True) if rows else pandas.DataFrame(columns=COLUMNS)


def _stable(stable):
    """Intraclass correlations: the mean over small changes, and those of another seed and another fold."""
    table = stable[stable["modality"].astype(str) == "all"].astype({"rule": str, "change": str, "stage": str})
    apart = table["change"].isin([SEED, FOLD])
    small = table[~apart].groupby(["rule", "stage"], sort=False).agg(
        {"icc": "mean", "low": "mean", "high": "mean", "epochs": "first", "subjects": "first"}).reset_index().assign(change="small changes")
    rows = pandas.concat([small, table[apart]], ignore_index=True)
    return rows.rename(columns={"icc": "value", "change": "measure"}).assign(nothing=0.0, best=1.0, fails=False)

