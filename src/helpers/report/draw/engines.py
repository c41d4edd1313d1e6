"""Figures and tables of how far two engines agree, and of where relevance stays on its way down."""

import re

import numpy
import pandas

from ...relevance.rules import SAME_FORMULA, parse
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .boxes import by_rule, ordered, quartiles, side_by_side
from .canvas import canvas
from .digits import power
from .display import Figure, Table, text
from .magnitudes import DASHES

#: Shares of the two engines may differ by so much where both follow the same formula.
LIMIT = 1e-4
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
ENDS = {"handed_on": "reached the input", "bias": "taken up by biases", "epsilon": "taken up by ε",
        "undefined": "undefined (0/0)"}


def differences(table):
    """One row per rule of `study.agreement()`: epochs, greatest and mean difference of shares, of ln of the total.

    `same formula` tells whether iNNvestigate follows the same formula: not in αβ with bias, where negative biases go into its
    positive denominator (albermax/innvestigate#273).
    """
    rows = []
    for rule in ordered_rules(table["rule"].astype(str)):
        of_rule = table[table["rule"].astype(str) == rule]
        apart = (of_rule["share"] - of_rule["reference_share"]).abs()
        reference, ours = (of_rule[name].astype(float) for name in ("reference_log_total", "log_total"))
        lost = numpy.isneginf(reference) & ~numpy.isneginf(ours)
        total = (of_rule["log_total"] - of_rule["reference_log_total"])[~lost].abs()
        rows.append({"rule": rule, "epochs": int(of_rule["share"].notna().sum() / of_rule["modality"].nunique()),
                     "same formula": parse(rule).innvestigate == SAME_FORMULA,
                     "greatest difference of shares": apart.max(), "mean difference": apart.mean(),
                     "greatest difference of ln total": total.max(),
                     "epochs too small for iNNvestigate": int(lost.sum() / of_rule["modality"].nunique())})
    return pandas.DataFrame(rows)


def agreement(table):
    """The rows of `differences` for reading; nothing without iNNvestigate."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    exact = differences(table)
    shown = exact.copy()
    shown["same formula"] = ["yes" if same else "no: negative biases" for same in shown["same formula"]]
    for column in ("greatest difference of shares", "mean difference", "greatest difference of ln total"):
        shown[column] = [power(value) if value else "0" for value in shown[column]]
    return Table(shown.assign(rule=shown["rule"].map(rule_label)), "This package's engine against iNNvestigate",
                 data=exact)


def by_engine(table, rule):
    """Mean share of each fold and modality under a rule by either engine: rule is the engine's name, as in figure 1."""
    of_rule = table[table["rule"].astype(str) == rule]
    by_fold = []
    for name, column in (("this report", "share"), ("iNNvestigate", "reference_share")):
        means = of_rule.groupby(["fold", "modality"], observed=True)[column].agg(["mean", "count"]).reset_index()
        by_fold.append(means.rename(columns={"mean": "share", "count": "n"}).assign(rule=name))
    return pandas.concat(by_fold, ignore_index=True)


def bias_error(table, rule="alpha1beta0"):
    """Figure 1 under αβ by both engines, side by side; an empty table where the rule or iNNvestigate is missing."""
    if table.empty or rule not in set(table["rule"].astype(str)):
        return Table(pandas.DataFrame(), "")
    means = by_engine(table, rule)
    means = pandas.concat([ordered(of_engine)[0] for _, of_engine in means.groupby("rule", sort=False)], ignore_index=True)
    numbers, label = quartiles(means, ["rule", "modality"]), rule_label(rule)
    plot = side_by_side(means, means["rule"], f"{{}}, {label}".format)
    alt = (f"Box plots over {means['fold'].nunique()} folds of the share of each modality under "
           f"{label}, {palette.AVERAGING['mean']}, by this report's engine and by iNNvestigate; median [quartiles]. "
           f"{by_rule(numbers)}.")
    return Figure(plot, alt, numbers.rename(columns={"rule": "engine"}), height=380, name="two-engines")


def ends(ledger):
    """Where a unit of relevance ended under each rule: means over epochs, signed, which sum to 1; a row per rule."""
    columns = [name for name in ENDS if name != "handed_on"]
    keys = ["fold", "recording", "epoch"]
    rows = []
    for rule in ordered_rules(ledger["rule"].astype(str)):
        of_rule = ledger[ledger["rule"].astype(str) == rule]
        lost = of_rule.groupby(keys, observed=True)[columns].sum().mean()
        last = of_rule[of_rule["depth"] == of_rule["depth"].max()]
        rows.append({"rule": rule, "epochs": len(last), "handed_on": last["handed_on"].mean(), **lost})
    return pandas.DataFrame(rows)


def balance(ledger):
    """The worst imbalance of any layer: |arrived − all it went to| over the sum of their absolute values."""
    parts = ledger[[*ENDS]].to_numpy()
    scale = numpy.maximum(numpy.abs(parts).sum(axis=1), numpy.finfo(float).tiny)
    return float((numpy.abs(ledger["arrived"].to_numpy() - parts.sum(axis=1)) / scale).max())


def layer_words(name):
    """`conv 8` of `conv1d_7`, `dense 1` of `dense`: layers that Keras named, counted from 1 as papers do; other names as they are."""
    found = re.fullmatch(r"(conv|dense)(?:[12]d)?(?:_(\d+))?", str(name))
    return f"{found[1]} {int(found[2] or 0) + 1}" if found else str(name)


def descent(ledger):
    """Median |relevance| that stands at each depth, log10, by rule: the class first, the input last."""
    rows = []
    for rule in ordered_rules(ledger["rule"].astype(str)):
        of_rule = ledger[ledger["rule"].astype(str) == rule]
        layers = of_rule.drop_duplicates("depth").sort_values("depth")["layer"].map(layer_words).tolist()
        for depth, layer in of_rule.groupby("depth"):
            rows.append({"rule": rule, "after": layers[depth], "depth": depth,
                         "reached": layer["handed_on"].abs().median()})
    return pandas.DataFrame(rows)


def relevance_kept(ledger):
    """Above, how much of a unit of relevance is left after each layer; below, where it ended; both logarithmic, by rule."""
    numbers, ended = descent(ledger), ends(ledger)
    plot = canvas(2, 1, subplot_titles=["left on the way from the class to the input", "where it ended"], vertical_spacing=0.3)
    for number, row in enumerate(ended.to_dict("records")):
        rule, dash, symbol = row["rule"], DASHES[number % len(DASHES)], SYMBOLS[number % len(SYMBOLS)]
        label, of_rule = text(rule_label(rule)), numbers[numbers["rule"] == rule]
        left = of_rule["reached"].tolist()
        hover = [f"{label}<br>below {text(name)}: {value:.2g} of 1" for name, value in zip(of_rule["after"], left)]
        common = {"name": label, "legendgroup": rule, "hoverinfo": "text",
                  "marker": {"size": 8, "symbol": symbol, "color": palette.TEXT}}
        plot.add_scatter(x=["class", *of_rule["after"].map(text)], y=[0, *map(_power, left)], mode="lines+markers",
                         hovertext=[f"{label}<br>starts with 1", *hover], row=1, col=1,
                         line={"color": palette.TEXT, "dash": dash, "width": 2}, **common)
        hover = [f"{label}<br>{words}: {row[name]:.2g} of 1".replace("-", "−") for name, words in ENDS.items()]
        plot.add_scatter(x=list(ENDS.values()), y=[_power(row[name]) for name in ENDS], mode="markers", hovertext=hover,
                         showlegend=False, row=2, col=1, **common)
    plot.update_xaxes(showgrid=False)
    plot.update_xaxes(title_text="after each layer, from the class down to the signals", row=1, col=1)
    plot.update_yaxes(title_text="powers of 10", range=[None, 1])
    plot.update_layout(margin={"t": 110, "b": 60}, legend={"y": 0.965, "yref": "container", "yanchor": "top"})
    inputs = numbers[numbers["depth"] == numbers["depth"].max()]
    alt = ("Relevance left after each layer on the way from the class to the input, logarithmic, median over epochs of "
           "the absolute sum. At the input: " + "; ".join(
               f"{rule_label(row.rule)} {row.reached:.2g} of 1" for row in inputs.itertuples())
           + ". Where it ended, mean over epochs: " + "; ".join(
               f"{rule_label(row['rule'])} " + ", ".join(f"{words} {row[name]:.2g}" for name, words in ENDS.items())
               for row in ended.to_dict("records")) + ".")
    return Figure(plot, alt, numbers, height=670, name="relevance-kept")


def _power(value):
    """log10 of the size of a value, None for 0."""
    return float(numpy.log10(abs(value))) if value else None


def where_it_went(ledger):
    """`ends` for reading."""
    exact = ends(ledger).rename(columns=ENDS)
    return Table(exact.assign(rule=exact["rule"].map(rule_label)),
                 "Where one unit of relevance ended, mean over epochs; each row sums to 1", data=exact)
