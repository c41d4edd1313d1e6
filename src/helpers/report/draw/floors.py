"""Figures and tables of the floor of a modality: what a measure gives to a signal, and to noise in its place."""

import numpy
import pandas

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .boxes import ordered, quartiles, side_by_side
from .canvas import canvas
from .digits import fixed
from .display import Figure, Switch, Table, text

#: Reading of a modality's value → what it is called.
READINGS = {"share": "Share", "signed": "Supporting − against"}
ROW, TOP, BOTTOM = 26, 62, 80


def in_order(table):
    """Rows as plain text, and (rules and methods, modalities, stages) in the report's order, `all` first."""
    plain = table.astype(dict.fromkeys(("rule", "reading", "stage", "modality"), str))
    stages = ["all"] * (plain["stage"] == "all").any() + palette.stages(plain["stage"])
    return plain, (ordered_rules(plain["rule"]), palette.modalities(plain["modality"]), stages)


def floors(table):
    """A switch over rules or methods and readings: every modality's mean with its signal, filled, and as noise, open."""
    plain, (rules, names, stages) = in_order(table)
    return Switch(("Rule or method", "Value"), {
        (rule_label(rule), words): _of_rule(plain[(plain["rule"] == rule) & (plain["reading"] == reading)], rule, reading, (names, stages))
        for rule in rules for reading, words in READINGS.items()})


def _of_rule(table, rule, reading, order):
    names, stages = order
    cells = {(row["stage"], row["modality"]): row for row in table.to_dict("records")}
    plot = canvas(1, len(names), subplot_titles=[text(name) for name in names], shared_yaxes=True, horizontal_spacing=0.03)
    labels = ["all stages" if stage == "all" else stage for stage in stages]
    for at, name in enumerate(names, start=1):
        look, rows = palette.look(name, names), [cells.get((stage, name)) for stage in stages]
        for label, row in zip(labels, rows):
            if row:
                plot.add_scatter(x=[100 * row["floor"], 100 * row["intact"]], y=[label] * 2, mode="lines", hoverinfo="skip",
                                 showlegend=False, line={"color": look.line, "width": 2}, row=1, col=at)
        for key, called, symbol in (("floor", "noise in its place", "-open"), ("intact", "its signal", "")):
            known = [(label, row) for label, row in zip(labels, rows) if row]
            plot.add_scatter(x=[100 * row[key] for _, row in known], y=[label for label, _ in known], mode="markers", showlegend=False,
                             hovertext=[in_words(row, label, called, key) for label, row in known], hoverinfo="text", row=1, col=at,
                             marker={"symbol": look.symbol + symbol, "size": 10, "color": look.line,
                                     "line": {"width": 2, "color": look.line}})
    for meaning, symbol in (("filled: with its signal", "circle"), ("open: noise in its place", "circle-open")):
        plot.add_scatter(x=[None], y=[None], mode="markers", name=meaning, hoverinfo="skip", row=1, col=1,
                         marker={"symbol": symbol, "size": 10, "color": palette.TEXT, "line": {"width": 2, "color": palette.TEXT}})
    ends = 100 * numpy.concatenate([table["intact"], table["floor"]]) if len(table) else numpy.zeros(1)
    low, high = min(0, ends.min()), max(1, ends.max())
    room = 0.06 * (high - low)
    plot.update_xaxes(range=[low - room, high + room], zeroline=True, zerolinecolor=palette.MUTED, nticks=4, ticksuffix=" %")
    plot.update_yaxes(categoryorder="array", categoryarray=labels[::-1], range=[-0.6, len(labels) - 0.4],
                      tickfont={"color": palette.TEXT})
    plot.update_layout(margin={"l": 84, "t": TOP, "b": BOTTOM}, legend={"y": 0, "yref": "container", "yanchor": "bottom"})
    return Figure(plot, words(cells, rule, reading, order), report(table), height=TOP + ROW * len(labels) + BOTTOM, least=480,
                  name="floor")


def in_words(row, label, called, key):
    """One marker as a person would say it."""
    return (f"{label}, {text(row['modality'])} with {called}: {100 * row[key]:.1f} %<br>difference {signed(row)}<br>"
            f"{row['epochs']:,} epochs of {row['subjects']} subjects")


def signed(row):
    """`+1.2 points [0.4, 2.0]`: what lies above the floor, with its interval over subjects."""
    return f"{fixed(100 * row['above'], 1, '+')} points [{fixed(100 * row['low'], 1)}, {fixed(100 * row['high'], 1)}]"


def words(cells, rule, reading, order):
    """The text alternative: every modality's mean and floor over all epochs."""
    names, stages = order
    parts = [f"{name} {100 * cells[stages[0], name]['intact']:.0f} % with its signal, {100 * cells[stages[0], name]['floor']:.0f} % as noise, "
             f"difference {signed(cells[stages[0], name])}" for name in names if (stages[0], name) in cells]
    called = {"share": "share of the absolute sum", "signed": "what supports the stage less what speaks against it"}[reading]
    return (f"For each modality and stage, {called} by {rule_label(rule)}: mean over epochs with the modality's signal and with noise of "
            f"its night's mean spectrum in its place. Over all: {'; '.join(parts)}.".replace("-", "−"))


def report(table):
    """The numbers of a version, in percent and points."""
    shown = table[["stage", "modality"]].copy()
    for column, called in (("intact", "with its signal, %"), ("floor", "as noise, %"), ("above", "above its floor, points"),
                           ("low", "95 % from"), ("high", "to"), ("told", "signal told from noise, % of epochs")):
        shown[called] = 100 * table[column]
    return shown.assign(epochs=table["epochs"], subjects=table["subjects"])


def told(table):
    """In what part of epochs each value is higher with the signal than with noise, over all epochs, with 95 % intervals."""
    plain, (rules, names, _) = in_order(table)
    whole = plain[plain["stage"] == "all"].set_index(["rule", "reading", "modality"])
    rows = []
    for rule in rules:
        for reading, called in READINGS.items():
            cells = {name: whole.loc[(rule, reading, name)] for name in names if (rule, reading, name) in whole.index}
            rows.append({"rule or method": rule_label(rule), "value": called.lower(), **{
                name: f"{100 * cell['told']:.0f} [{100 * cell['told_low']:.0f}, {100 * cell['told_high']:.0f}]"
                for name, cell in cells.items()}})
    for called, value in (("knows nothing", "50"), ("perfect", "100")):
        rows.append({"rule or method": called, "value": "", **dict.fromkeys(names, value)})
    epochs = int(plain.loc[plain["stage"] == "all", "epochs"].max()) if len(plain) else 0
    return Table(pandas.DataFrame(rows), f"Signal told from noise, % of {epochs:,} correct epochs, 95 % interval over subjects", data=table)


def above(by_fold, by_stage):
    """Shares less their floor, over all test epochs and by predicted stage; boxes over folds, means of epochs."""
    versions = {}
    for called, table, column in (("all test epochs", by_fold, None), *((f"predicted {stage}", by_stage, stage) for stage in palette.stages(by_stage["predicted"].astype(str)))):
        table = table if column is None else table[table["predicted"].astype(str) == column]
        rows, _, _ = ordered(table.drop(columns="predicted", errors="ignore"))
        plot = side_by_side(rows, [rule_label(rule) for rule in rows["rule"]], f"{{}}, {called}".format)
        plot.update_yaxes(title_text="share above its floor, points", zeroline=True, zerolinecolor=palette.MUTED)
        numbers = quartiles(rows, ["rule", "modality"]).rename(columns=lambda name: name.replace(" %", ", points"))
        said = "; ".join(f"{rule_label(rule)}: " + ", ".join(f"{row['modality']} {row['median, points']:+.1f}" for _, row in of_rule.iterrows())
                         for rule, of_rule in numbers.groupby("rule", sort=False)).replace("-", "−")
        alt = f"Box plots over folds of each modality's share less what it gets as noise, {called}, in points; medians: {said}."
        versions[called.capitalize() if column is None else called] = Figure(plot, alt, numbers, height=400, name="above-floor")
    return Switch("Epochs", versions)


def seeds(table):
    """Floors of three simulated cohorts, mean and range over folds, in percent; accuracies beside them."""
    if table.empty:
        return Table(table, "")
    rows = []
    for (seed, rule, name), here in table.groupby(["seed", "rule", "modality"], sort=False):
        rows.append({"simulation seed": seed, "rule": rule_label(rule), "modality": name, **{
            called: f"{100 * here[column].mean():.0f} [{100 * here[column].min():.0f}, {100 * here[column].max():.0f}]"
            for column, called in (("intact", "its signal, %"), ("noise", "noise in its place, %"), ("trained", "trained with that noise, %"),
                                   ("accuracy", "accuracy, %"), ("accuracy_noise", "accuracy trained so, %"))}})
    return Table(pandas.DataFrame(rows), f"Shares with the signal, as noise, and in networks trained with that noise, mean [range] over "
                 f"{table['fold'].nunique()} folds", data=table)
