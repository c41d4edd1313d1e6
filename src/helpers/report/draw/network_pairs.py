"""Figures and tables of another network beside the run's own: scores, shares, what exchange costs, floors and verdicts."""

import numpy
import pandas

from ...constants import STAGES
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .digits import fixed
from .display import Figure, Switch, Table, text

#: How the two are marked: filled, and open.
MARKS = {"own": "circle", "other": "diamond-open"}
_SCORES = {("accuracy", "all"): "accuracy", ("balanced accuracy", "all"): "balanced accuracy", ("kappa", "all"): "kappa",
           **{("f1", stage): f"F1 of {stage}" for stage in STAGES}}


def scores(table, names):
    """Scores of both networks on the same folds; names : {"own": words, "other": words}."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    cells = table.set_index(["measure", "stage"])
    rows = [{"score": words, **{names[which]: f"{cells.loc[key, which]:.3f}" for which in names},
             "difference": fixed(cells.loc[key, "other"] - cells.loc[key, "own"], 3, "+")}
            for key, words in _SCORES.items() if key in cells.index and cells.loc[key].notna().all()]
    return Table(pandas.DataFrame(rows), "Scores of both networks on the folds that both tested", data=table)


def agreement(table, names):
    """Where both networks read alike, and which of them is right."""
    plain = table.set_index("stage")
    stages = ["all", *[stage for stage in STAGES if stage in plain.index]]
    words = {"both": "both right", "own": f"only {names['own']}", "other": f"only {names['other']}", "neither": "neither"}
    rows = [{"stage": stage, "epochs": f"{plain.loc[stage, 'epochs']:,}", "same stage": f"{100 * plain.loc[stage, 'same']:.0f} %",
             "kappa between them": "–" if stage != "all" else f"{plain.loc[stage, 'kappa']:.2f}",
             **{called: "–" if numpy.isnan(plain.loc[stage, part]) else f"{100 * plain.loc[stage, part]:.0f} %" for part, called in words.items()}}
            for stage in stages if stage in plain.index]
    return Table(pandas.DataFrame(rows), "Epochs that both networks read alike, by true stage", data=table)


def shares(table, names):
    """Mean shares of both networks by stage and modality, a version for each rule; filled: the run's own, open: the other."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    return Switch("Rule", {rule_label(rule): _of_rule(table[table["rule"] == rule], names) for rule in ordered_rules(table["rule"])})


def _of_rule(table, names):
    rule, modalities = table["rule"].iloc[0], palette.modalities(table["modality"])
    stages = [stage for stage in ("all", *STAGES) if (table["stage"] == stage).any()]
    cells = table.set_index(["stage", "modality"])
    plot = canvas(1, len(modalities), subplot_titles=[text(name) for name in modalities], shared_yaxes=True, horizontal_spacing=0.04)
    for at, name in enumerate(modalities, start=1):
        look = palette.look(name, modalities)
        for which, symbol in MARKS.items():
            values = [100 * cells.loc[(stage, name), which] for stage in stages]
            plot.add_scatter(x=values, y=stages, mode="markers", name=text(names[which]), legendgroup=which, showlegend=at == 1, hoverinfo="text",
                             hovertext=[f"{stage}, {text(name)}, {text(names[which])}<br>{value:.1f} %<br>{cells.loc[(stage, name), 'epochs']:,} epochs"
                                        for stage, value in zip(stages, values)],
                             marker={"symbol": symbol, "size": 11, "color": look.line, "line": {"width": 2, "color": look.line}}, row=1, col=at)
    top = 100 * table[list(MARKS)].to_numpy().max()
    plot.update_xaxes(range=[-0.05 * top, 1.08 * top], ticksuffix=" %", nticks=5)
    plot.update_yaxes(categoryorder="array", categoryarray=stages[::-1], tickfont={"color": palette.TEXT})
    plot.update_layout(margin={"l": 52, "t": 66, "b": 40}, legend={"y": 1, "yref": "container", "yanchor": "top"})
    whole = [cells.loc[("all", name)] for name in modalities]
    alt = (f"Mean shares by stage of {names['own']} (filled) and {names['other']} (open), {rule_label(rule)}, epochs that both read right. All stages: "
           + ", ".join(f"{name} {100 * row['own']:.0f} % and {100 * row['other']:.0f} %" for name, row in zip(modalities, whole)) + ".")
    shown = pandas.DataFrame([{"stage": stage, "modality": name, f"{names['own']}, %": 100 * cells.loc[(stage, name), "own"],
                               f"{names['other']}, %": 100 * cells.loc[(stage, name), "other"],
                               **{f"difference {end}, points": 100 * cells.loc[(stage, name), column] for end, column in
                                  (("", "difference"), ("from", "low"), ("to", "high"))}} for stage in stages for name in modalities])
    return Figure(plot, alt, shown.rename(columns={"difference , points": "difference, points"}), height=120 + 34 * len(stages), least=560,
                  name="two-networks")


def costs(table, names):
    """Recall lost by exchange of a modality, in points, means over folds, both networks."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    modalities, cells = palette.modalities(table["modality"]), table.set_index(["stage", "modality"])
    rows = [{"stage": stage, **{f"without {name}": " / ".join(fixed(100 * cells.loc[(stage, name), which], 0) for which in MARKS)
                                for name in modalities}} for stage in STAGES if (table["stage"] == stage).any()]
    return Table(pandas.DataFrame(rows), f"Recall lost when a modality is exchanged, points: {names['own']} / {names['other']}", data=table)


def floors(table, names):
    """What part of its share a modality keeps as noise, both networks."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    modalities, cells = palette.modalities(table["modality"]), table.set_index(["rule", "modality"])
    rows = [{"rule or method": rule_label(rule), **{name: " / ".join(f"{100 * cells.loc[(rule, name), which]:.0f} %" for which in MARKS)
                                                    for name in modalities}} for rule in ordered_rules(table["rule"])]
    return Table(pandas.DataFrame(rows), f"Part of its share that a modality keeps as noise: {names['own']} / {names['other']}", data=table)


def verdicts(table, names):
    """Verdicts on the paper's claims by either network, and in how many combinations of choices they hold."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    shown = table[["claim", "statement"]].assign(**{names[which]: [
        f"{verdict}; holds in {holds} of {number}" if number else verdict
        for verdict, holds, number in zip(table[which], table[f"{which}_holds"], table[f"{which}_combinations"])] for which in MARKS})
    return Table(shown, "Verdicts on the paper's claims under its own choices, and in how many combinations of choices they hold, on the "
                 "folds that both networks tested", wrapped=True, data=table)
