"""Figures and tables of explanations on trial: methods in rows, measures in columns, and the evidence for each measure."""

import numpy
import pandas

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from ...trust.measures import ALIKE, MEASURES
from ...trust.perturbation import REFERENCES
from ...trust.planted_signs import ANY, SIZE
from . import palette
from .canvas import canvas
from .digits import fixed, within
from .display import Figure, Switch, Table, text

#: Measure → heading of its panel, in two lines, what a number means, and how many digits it has.
COLUMNS = {
    "leading": ("leading modality<br>as Shapley, kappa", "agreement with Shapley values on the leading modality", 2),
    "told": ("share tells<br>signal from noise", "part of epochs in which the share is higher with the signal than with noise", 2),
    "told by sign": ("supporting − against<br>tells it", "the same of what supports the stage less what speaks against it", 2),
    "windows": ("windows in its order,<br>logits", "what is lost more by replacing its most relevant windows first than its least", 2),
    "signs": ("on planted signs,<br>times chance", "relevance on planted signs over their part of the epoch", 1),
    "random weights": ("likeness to<br>random weights", "Spearman's correlation with maps of random weights", 2),
    "shuffled stages": ("likeness to<br>shuffled stages", "Spearman's correlation with maps of a network trained on shuffled stages", 2),
    "small changes": ("ICC under<br>small changes", "intraclass correlation under noise, gains and shifts", 2),
    "another seed": ("ICC with<br>another seed", "intraclass correlation with a network of another seed", 2),
    "another fold": ("ICC with<br>another fold", "intraclass correlation with another fold that tested the epoch", 2),
}
ROW, TOP, GAP, BOTTOM, ACROSS = 19, 104, 84, 40, 4


def in_order(table):
    """(rows as plain text, rules and methods in the report's order, then references)."""
    plain = table.astype({name: str for name in ("rule", "stage", "measure") if name in table})
    references = [name for name in REFERENCES if (plain["rule"] == name).any()]
    return plain, [*ordered_rules(set(plain["rule"]) - set(REFERENCES)), *references]


def measures(table):
    """Every measure of every rule and method, a version for all epochs and one for each true stage."""
    plain, _ = in_order(table)
    stages = ["all"] * (plain["stage"] == "all").any() + palette.stages(plain["stage"])
    return Switch("Epochs", {"all" if stage == "all" else f"true stage {stage}": _measures(plain[plain["stage"] == stage], stage) for stage in stages})


def _measures(table, stage):
    table, rules = in_order(table)
    there = [name for name in MEASURES if (table["measure"] == name).any()]
    lines = [there[start:start + ACROSS] for start in range(0, len(there), ACROSS)]
    held = [[rule for rule in rules if (table["measure"].isin(line) & (table["rule"] == rule)).any()] for line in lines]
    labels = [[text(rule_label(rule)) for rule in line] for line in held]
    area = ROW * sum(map(len, held)) + GAP * (len(lines) - 1)
    plot = canvas(len(lines), min(ACROSS, len(there)), subplot_titles=[COLUMNS[name][0] for name in there], shared_yaxes=True, horizontal_spacing=0.02,
                  vertical_spacing=GAP / area if len(lines) > 1 else 0, row_heights=[len(line) for line in held])
    plot.update_annotations(font={"size": 11, "color": palette.TEXT})
    for at, name in enumerate(there):
        here, rows = {"row": at // ACROSS + 1, "col": at % ACROSS + 1}, table[table["measure"] == name]
        for value, dash in ((rows["nothing"].iloc[0], "dot"), (rows["best"].iloc[0], "solid")):
            plot.add_scatter(x=[value] * 2, y=[labels[at // ACROSS][0], labels[at // ACROSS][-1]], mode="lines", hoverinfo="skip", showlegend=False,
                             line={"color": palette.MUTED, "width": 1, "dash": dash}, **here)
        for fails, symbol in ((False, "circle"), (True, "x")):
            mine = rows[rows["fails"] == fails]
            plot.add_scatter(x=mine["value"], y=[text(rule_label(rule)) for rule in mine["rule"]], mode="markers", showlegend=False,
                             error_x={"type": "data", "symmetric": False, "array": mine["high"] - mine["value"],
                                      "arrayminus": mine["value"] - mine["low"], "thickness": 1.2, "width": 0, "color": palette.TEXT},
                             marker={"symbol": symbol, "size": 8, "color": palette.MUTED if fails else palette.TEXT},
                             hovertext=[in_words(row) for row in mine.to_dict("records")], hoverinfo="text", **here)
        ends = numpy.concatenate([rows[["value", "low", "high", "nothing", "best"]].to_numpy().ravel()])
        low, high = numpy.nanmin(ends), numpy.nanmax(ends)
        plot.update_xaxes(range=[low - 0.08 * (high - low), high + 0.08 * (high - low)], nticks=4, tickfont={"size": 10}, **here)
    for name, look in (("knows nothing", {"dash": "dot"}), ("perfect, or the best known", {"dash": "solid"})):
        plot.add_scatter(x=[None], y=[None], mode="lines", name=name, line={"color": palette.MUTED, "width": 1, **look})
    plot.add_scatter(x=[None], y=[None], mode="markers", name="no better than |x|, or hardly depends on weights",
                     marker={"symbol": "x", "size": 8, "color": palette.MUTED})
    for number, line in enumerate(labels, start=1):
        plot.update_yaxes(categoryorder="array", categoryarray=line[::-1], range=[-0.7, len(line) - 0.3], tickfont={"size": 11, "color": palette.TEXT}, row=number)
    plot.update_layout(margin={"l": 150, "t": TOP, "b": BOTTOM}, legend={"x": 0.02, "xref": "container", "y": 1, "yref": "container", "yanchor": "top"})
    return Figure(plot, words(table, there, rules, stage), report(table, there, rules), height=TOP + area + BOTTOM, least=620, name="measures",
                  data=table.drop(columns="stage"))


def in_words(row):
    """One marker as a person would say it."""
    name, digits = COLUMNS[row["measure"]][1], COLUMNS[row["measure"]][2]
    fails = {"windows": "<br>no better than |x|", "signs": "<br>no better than |x|"}.get(row["measure"], "<br>hardly depends on weights")
    return (f"{text(rule_label(row['rule']))}: {amount(row, digits)}<br>{name}<br>knows nothing {row['nothing']:.{digits}f}, best "
            f"{row['best']:.{digits}f}{fails if row['fails'] else ''}<br>{row['epochs']:,} epochs of {row['subjects']} subjects").replace("-", "−")


def amount(row, digits):
    """`0.48 [0.40, 0.57]`."""
    if row["low"] != row["low"]:
        return fixed(row["value"], digits)
    return within(row["value"], row["low"], row["high"], digits)


def words(table, there, rules, stage):
    """The text alternative: of each measure who is best and who fails."""
    parts = []
    for name in there:
        rows = table[(table["measure"] == name) & ~table["rule"].isin(REFERENCES)].set_index("rule")
        if rows.empty:
            continue
        nearest = (rows["value"] - rows["best"]).abs().idxmin()
        failing = [rule_label(rule) for rule in rules if rule in rows.index and rows.loc[rule, "fails"]]
        parts.append(f"{COLUMNS[name][1]}: best {rule_label(nearest)} {amount(rows.loc[nearest], COLUMNS[name][2])}"
                     + (f", failing {', '.join(failing)}" if failing else ""))
    which = "all epochs of the trial" if stage == "all" else f"epochs of true stage {stage}"
    return f"A panel for each measure, a row for each rule or method, {which}, value with 95 % interval over subjects. {'; '.join(parts)}."


def report(table, there, rules):
    """The same as a table of text."""
    cells = {(row["rule"], row["measure"]): row for row in table.to_dict("records")}
    rows = []
    for rule in rules:
        said = {}
        for name in there:
            row = cells.get((rule, name))
            said[COLUMNS[name][0].replace("<br>", " ")] = "–" if row is None else amount(row, COLUMNS[name][2]) + (" ✗" if row["fails"] else "")
        rows.append({"rule or method": rule_label(rule), **said})
    for called in ("nothing", "best"):
        rows.append({"rule or method": "knows nothing" if called == "nothing" else "perfect, or best known",
                     **{COLUMNS[name][0].replace("<br>", " "): fixed(table.loc[table["measure"] == name, called].iloc[0], COLUMNS[name][2])
                        for name in there}})
    return pandas.DataFrame(rows)


def signs(planted, rules):
    """On which planted signs relevance falls, stage by stage: how many times more than by chance, mean over epochs."""
    plain = planted.astype(dict.fromkeys(("true", "rule", "modality", "sign"), str))
    shown = [rule for rule in [*ordered_rules(rules), "gradient-input"] if (plain["rule"] == rule).any()]
    rows = []
    for (stage, modality, sign), here in plain.groupby(["true", "modality", "sign"], sort=False):
        means = here.groupby("rule")["ratio"].mean()
        one = here[here["rule"] == here["rule"].iloc[0]]
        rows.append({"stage": stage, "modality": modality, "sign": sign, "epochs": len(one), "part of the epoch, %": round(100 * one["part"].mean()),
                     **{rule_label(rule): round(means.get(rule, numpy.nan), 2) for rule in shown}, "|x|": round(means.get("|x|", numpy.nan), 2)})
    order = {name: at for at, name in enumerate((*palette.stages(plain["true"]), *palette.modalities(plain["modality"])))}
    table = pandas.DataFrame(rows)
    if len(table):
        table = table.sort_values(["stage", "modality", "epochs"], key=lambda column: column.map(order) if column.name != "epochs" else -column,
                                  kind="stable", ignore_index=True)
    return Table(table, "Supporting relevance on planted signs over their part of the epoch (1 by chance), mean over correct epochs",
                 data=_means(plain, ["true", "modality", "sign", "rule"]))


def _means(planted, by):
    """Exact means of groups of epochs, with their number."""
    groups = planted.groupby(by, sort=False)
    return groups[["part", "ratio", "rank", "top"]].mean().assign(epochs=groups.size()).reset_index()


def hits(planted):
    """How well each way of explaining finds planted signs, over all that have any: three scores, with what chance gives."""
    plain = planted.astype({"rule": str, "sign": str})
    plain = plain[plain["sign"] == ANY]
    names = [*ordered_rules(set(plain["rule"]) - {SIZE}), *([SIZE] if (plain["rule"] == SIZE).any() else [])]
    rows = []
    for rule in names:
        mine = plain[plain["rule"] == rule]
        rows.append({"rule or method": rule_label(rule), "relevance over chance": f"{mine['ratio'].mean():.2f}", "rank accuracy, %": f"{100 * mine['rank'].mean():.0f}",
                     "pointing game, %": f"{100 * mine['top'].mean():.0f}"})
    if names:
        part = f"{100 * plain.loc[plain['rule'] == names[0], 'part'].mean():.0f}"
        rows.append({"rule or method": "chance", "relevance over chance": "1.00", "rank accuracy, %": part, "pointing game, %": part})
    return Table(pandas.DataFrame(rows), "How planted signs are found, mean over correct epochs and modalities that show any", data=_means(plain, ["rule"]))


def random_weights(table):
    """Likeness of maps with those of networks whose upper layers, or all, were drawn anew, mean over epochs with 95 % intervals."""
    from ...trust.intervals import means

    plain = table.astype({"rule": str, "subject": str})
    depths = sorted(plain["depth"].unique())
    rows = []
    for rule in ordered_rules(plain["rule"]):
        row = {"rule or method": rule_label(rule)}
        for depth in depths:
            here = plain[(plain["rule"] == rule) & (plain["depth"] == depth)]
            value, low, high = means(here, ["size", "moved"])
            called = "all layers" if depth == 1 else f"upper {100 * depth:.0f} %"
            row[called] = f"{within(value[0], low[0], high[0], 2)}{' ✗' if low[0] > ALIKE else ''}"
            row[f"points moved, {called}"] = f"{100 * value[1]:.0f}"
        rows.append(row)
    epochs = plain.drop_duplicates(["fold", "recording", "epoch"]).shape[0]
    return Table(pandas.DataFrame(rows), f"Spearman's correlation of the size of maps with those of random weights, and points of share that moved between "
                 f"modalities; {epochs:,} epochs", data=table)


def stability(table):
    """Intraclass correlation of shares by what was changed, mean over modalities."""
    plain = table.astype({"rule": str, "change": str, "stage": str, "modality": str})
    whole = plain[(plain["stage"] == "all") & (plain["modality"] == "all")]
    rows = []
    for rule in ordered_rules(whole["rule"]):
        mine = whole[whole["rule"] == rule].set_index("change")
        rows.append({"rule or method": rule_label(rule), **{
            change: within(row["icc"], row["low"], row["high"], 2) for change, row in mine.iterrows()}})
    return Table(pandas.DataFrame(rows).fillna("–"), "Intraclass correlation of shares with those under a change, mean over modalities, 95 % interval over subjects",
                 data=table)


def other_networks(scores):
    """What other networks read: accuracy beside that of always naming the commonest stage; nothing where none was trained."""
    if scores.empty:
        return Table(scores, "")
    shown = scores.assign(**{"accuracy, %": (100 * scores["accuracy"]).round(1), "commonest stage, %": (100 * scores["commonest"]).round(1),
                             "kappa": scores["kappa"].round(2), "epochs": scores["n"]})
    return Table(shown[["network", "fold", "accuracy, %", "commonest stage, %", "kappa", "epochs"]], "What other networks score on the test epochs of a fold", data=scores)


def known_answers(table):
    """What every method says of functions whose explanation is known."""
    from ...trust.known_answers import FUNCTIONS

    rows = []
    for method in dict.fromkeys(table["method"]):
        mine = table[table["method"] == method].set_index("function")
        interactions = method == "interactions"
        rows.append({"method": "alone, alone, together" if interactions else rule_label(method), **{
            f"{name} at ({inputs[0]}, {inputs[1]})": ", ".join(fixed(mine.loc[name, part], 2, "+") for part in
                                                              (("A", "B", "pair") if interactions else ("A", "B")))
            for name, (*_, inputs, _) in FUNCTIONS.items()}})
    return Table(pandas.DataFrame(rows), "Attributions to A and to B where they are known by definition", data=table)
