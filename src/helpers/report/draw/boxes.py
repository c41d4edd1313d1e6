"""Figures 1 and 2: box plots of shares over folds, with their words and numbers.

Each table has the columns fold, rule, modality, share and n, and for figure 2 true and predicted.
"""

import numpy
import pandas

from ...constants import STAGES
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .display import Figure, Switch, text

OVER = {"mean": "each epoch counts the same", "pooled": "each epoch counts by its total relevance"}

#: What boxes stand together for: a modality under all rules, as in the paper, or a rule with all modalities.
TOGETHER = {"modality": "modality, as in the paper", "rule": "rule"}

#: With fewer folds than this a box would draw quartiles of next to nothing; points are shown alone.
LEAST_FOLDS = 5


def quartiles(by_fold, by):
    """Median and quartiles over folds, in percent, as Plotly's boxes draw them (Hazen's positions)."""
    def row(rows):
        low, middle, high = numpy.quantile(100 * rows["share"].dropna(), [0.25, 0.5, 0.75], method="hazen") \
            if rows["share"].notna().any() else (numpy.nan,) * 3
        return pandas.Series({"folds": rows["share"].notna().sum(), "epochs": rows["n"].sum(), "median %": middle,
                              "lower quartile %": low, "upper quartile %": high})
    table = by_fold.groupby(by, sort=False, observed=True)[["share", "n"]].apply(row).reset_index()
    return table.astype({"folds": int, "epochs": int})


def amount(row):
    """`61 % [58, 66]`, from a row of `quartiles`: the median and the quartiles over folds."""
    return f"{row['median %']:.0f} % [{row['lower quartile %']:.0f}, {row['upper quartile %']:.0f}]"


def spread(row):
    """`EEG 61 % [58, 66]`, from a row of `quartiles`."""
    return f"{row['modality']} {amount(row) if row['folds'] else 'none'}"


def by_rule(table):
    """`ε = 0.01: EEG 61 % [58, 66], EOG …; ε = 100: …` from a table of `quartiles`."""
    return "; ".join(f"{rule_label(rule)}: " + ", ".join(spread(row) for _, row in rows.iterrows())
                     for rule, rows in table.groupby("rule", sort=False))


def leaders(table):
    """The leading modality under each rule of a table of `quartiles`: (rule, row) pairs in the table's order of rules."""
    some = table[table["folds"] > 0]
    return [(rule, rows.loc[rows["median %"].idxmax()]) for rule, rows in some.groupby("rule", sort=False)]


def ordered(by_fold):
    """Rows in the report's order of stages, rules and modalities, as plain text instead of categories."""
    keys = [key for key in ("true", "predicted", "rule", "modality") if key in by_fold]
    table = by_fold.astype(dict.fromkeys(keys, str))
    rules, names = ordered_rules(table["rule"]), palette.modalities(table["modality"])
    rank = {name: at for at, name in enumerate((*STAGES, *rules, *names))}
    return table.sort_values([*keys, "fold"], key=lambda column: column.map(lambda name: rank.get(name, name)),
                             kind="stable", ignore_index=True), rules, names


def in_words(row, named):
    """A fold of a box as a person would say it."""
    return f"{named}<br>fold {row.fold}: {100 * row.share:.1f} % on {text(row.modality)}<br>{row.n:,} epochs"


def box(rows, look, size):
    """How a box and the points of its folds are drawn; of few folds the points alone."""
    drawn = rows.loc[rows["share"].notna(), "fold"].nunique() >= LEAST_FOLDS
    return {"y": 100 * rows["share"].to_numpy(), "boxpoints": "all", "pointpos": 0,
            "jitter": 0.5 if drawn else 0, "hoveron": "points", "hoverinfo": "text", "line": {"color": look.line, "width": 1.5 if drawn else 0},
            "fillcolor": look.fill if drawn else palette.CLEAR, "quartilemethod": "linear",
            "marker": {"symbol": look.symbol, "size": size, "color": look.line, "opacity": 0.85}}


def add_floors(plot, floors, name, where, named, width=22, **options):
    """A dash at the median over folds of what a modality gets as noise, for each of `where`, (rows, x).

    floors : a table like that of the boxes, or None. named : the first words of the hover text. width : of the dash, in pixels.
    """
    for rows, x in where if floors is not None else ():
        values = 100 * rows["share"].dropna()
        if len(values):
            hover = f"{named}<br>{text(name)} as noise: {values.median():.1f} %<br>median over {len(values)} folds"
            plot.add_scatter(x=x, y=[values.median()], mode="markers", hovertext=hover, hoverinfo="text", showlegend=False,
                             marker={"symbol": "line-ew-open", "size": width, "color": palette.TEXT, "line": {"width": 2.5, "color": palette.TEXT}},
                             **options)


def add_floor_key(plot, floors):
    """What the dash means, in the legend."""
    if floors is not None:
        plot.add_scatter(x=[None], y=[None], mode="markers", name="its floor: noise in its place", hoverinfo="skip", showlegend=True,
                         marker={"symbol": "line-ew-open", "size": 16, "color": palette.TEXT, "line": {"width": 2.5, "color": palette.TEXT}})


def floor_words(floors, by):
    """The last sentence of a text alternative: medians over folds of what modalities get as noise."""
    if floors is None:
        return ""
    said = by_rule(quartiles(ordered(floors)[0], by)) if by == ["rule", "modality"] else ""
    return " A dash in each box is what the modality gets as noise of its night's spectrum" + (f", median [quartiles]: {said}." if said else ".")


def side_by_side(table, labels, named, floors=None, together="rule"):
    """A picture of boxes over folds, all modalities side by side within each of `labels`, a label per row of `table`; or, where the
    boxes of a "modality" stand together, all labels side by side within each modality.

    `named` makes the first line of a point's hover text of its label.
    """
    table, plot = table.assign(label=labels), canvas()
    names, order = palette.modalities(table["modality"].astype(str)), -1 if together == "modality" else 1
    for name in names:
        rows = table[table["modality"] == name]
        plot.add_box(x=[rows["label"].map(text).tolist(), [text(name)] * len(rows)][::order], name=text(name), showlegend=False,
                     hovertext=[in_words(row, text(named(row.label))) for row in rows.itertuples()],
                     **box(rows, palette.look(name, names), 6))
        where = [] if floors is None else [(rows, [[text(rule_label(rule))], [text(name)]][::order])
                                           for rule, rows in floors[floors["modality"] == name].groupby("rule", sort=False)]
        add_floors(plot, floors, name, where, "all test epochs")
    add_floor_key(plot, floors)
    plot.update_layout(boxgap=0.25, boxmode="overlay")
    plot.update_xaxes(showgrid=False, dividercolor=palette.GRID, tickfont={"size": 12, "color": palette.TEXT})
    plot.update_yaxes(title_text=f"share of absolute relevance, %, {table['fold'].nunique()} folds", rangemode="tozero")
    return plot


def overall(by_fold, averaging="mean", floors=None, together="modality"):
    """Figure 1: percent of absolute relevance by modality over all test epochs; a dash where noise would be. together : of TOGETHER."""
    table, _, _ = ordered(by_fold)
    floors = None if floors is None else ordered(floors)[0]
    plot = side_by_side(table, [rule_label(rule) for rule in table["rule"]], "{}, all test epochs".format, floors, together)
    numbers = quartiles(table, ["rule", "modality"])
    alt = (f"Box plots over {table['fold'].nunique()} folds of the percent of absolute relevance on each modality, all "
           f"test epochs, {palette.AVERAGING[averaging]} ({OVER[averaging]}); median [quartiles]. {by_rule(numbers)}."
           + floor_words(floors, ["rule", "modality"]))
    return Figure(plot, alt, with_floors(numbers, floors, ["rule", "modality"]), height=400, name="all-epochs")


def with_floors(numbers, floors, by):
    """The numbers of boxes with a column of the medians of floors, where there are any."""
    if floors is None:
        return numbers
    medians = (100 * floors.groupby(by, sort=False)["share"].median()).rename("floor, median %")
    return numbers.join(medians, on=by)


def grid(by_fold, averaging="mean", floors=None, together="modality"):
    """Figure 2: the same for each true (row) and predicted (column) stage; titles give the number of epochs and of folds."""
    table, rules, names = ordered(by_fold)
    floors = None if floors is None else ordered(floors)[0]
    counts = counted(table, ["true", "predicted"])
    groups = [(true, predicted) for true in STAGES for predicted in STAGES]
    titles = [f"{'<b>' * (true == predicted)}{true} → {predicted}{'</b>' * (true == predicted)}"
              f"{counts.get((true, predicted), '')}" for true, predicted in groups]
    plot = canvas(5, 5, subplot_titles=titles, shared_xaxes=True, shared_yaxes=True,
                  horizontal_spacing=0.015, vertical_spacing=0.055)
    plot.update_annotations(font={"size": 12, "color": palette.TEXT})
    for at, (true, predicted) in enumerate(groups):
        here = {"row": at // 5 + 1, "col": at % 5 + 1}
        rows = table[(table["true"] == true) & (table["predicted"] == predicted)]
        mine = None if floors is None else floors[(floors["true"] == true) & (floors["predicted"] == predicted)]
        add_group(plot, rows, (rules, names), f"{true} → {predicted}", here, at == 0, mine, together)
    set_axes(plot, rules, names, together)
    add_floor_key(plot, floors)
    plot.update_yaxes(title_text="share of absolute relevance, %", row=3, col=1)
    numbers = quartiles(table, ["true", "predicted", "rule", "modality"])
    numbers = numbers[numbers["epochs"] > 0].reset_index(drop=True)
    alt = grid_alt(numbers, averaging, table["fold"].nunique()) + floor_words(floors, [])
    return Figure(plot, alt, with_floors(numbers, floors, ["true", "predicted", "rule", "modality"]), height=1060, least=680,
                  name="by-true-and-predicted-stage")


def counted(table, by):
    """Group → `<br>n = 1,234, 6 folds`, of those that have epochs."""
    first = table[(table["rule"] == table["rule"].iloc[0]) & (table["modality"] == table["modality"].iloc[0]) & (table["n"] > 0)]
    counts = first.groupby(by).agg(n=("n", "sum"), folds=("fold", "nunique"))
    return {group: f"<br>n = {n:,}, {folds} fold{'s' * (folds > 1)}" for group, n, folds in counts.itertuples()}


def by_predicted(by_fold, averaging="mean", floors=None, together="modality"):
    """The same for each predicted stage, whatever the true one; titles give the number of epochs and of folds."""
    table, rules, names = ordered(by_fold)
    floors = None if floors is None else ordered(floors)[0]
    counts = counted(table, "predicted")
    plot = canvas(1, 5, subplot_titles=[f"{stage}{counts.get(stage, '')}" for stage in STAGES],
                  shared_yaxes=True, horizontal_spacing=0.015)
    plot.update_annotations(font={"size": 12, "color": palette.TEXT})
    for at, stage in enumerate(STAGES, start=1):
        rows, here = table[table["predicted"] == stage], {"row": 1, "col": at}
        mine = None if floors is None else floors[floors["predicted"] == stage]
        add_group(plot, rows, (rules, names), f"predicted {stage}", here, at == 1, mine, together)
    set_axes(plot, rules, names, together)
    add_floor_key(plot, floors)
    plot.update_yaxes(title_text="share of absolute relevance, %", row=1, col=1)
    numbers = quartiles(table, ["predicted", "rule", "modality"])
    numbers = numbers[numbers["epochs"] > 0].reset_index(drop=True)
    alt = (f"Five panels of box plots over {table['fold'].nunique()} folds, one per predicted stage, percent of absolute "
           f"relevance on each modality, {palette.AVERAGING[averaging]}; the leading modality, median [quartiles]. "
           f"{leaders_by_stage(numbers, 'predicted')}." + floor_words(floors, []))
    return Figure(plot, alt, with_floors(numbers, floors, ["predicted", "rule", "modality"]), height=340, least=680, name="by-predicted-stage")


def set_axes(plot, rules, names, together):
    """What grids of groups of boxes have in common: the legend, what stands along the panels, percent up them."""
    outer, inner = (names, rules) if together == "modality" else (rules, names)
    words = ", ".join(text(rule_label(rule)) for rule in rules) if together == "modality" else ""
    plot.update_layout(margin={"l": 60, "t": 84, "b": 60}, boxgap=0.1, legend={
        "y": 1.0, "yref": "container", "yanchor": "top", "title": {"text": f"In each group, left to right: {words}", "side": "top"}})
    plot.update_xaxes(tickvals=[at * (len(inner) + 1) + (len(inner) - 1) / 2 for at in range(len(outer))],
                      ticktext=[text(name) if together == "modality" else short(name) for name in outer],
                      range=[-1, len(outer) * (len(inner) + 1) - 1], showgrid=False, zeroline=False, showline=True, tickfont={"size": 10.5}, tickangle=0)
    plot.update_yaxes(range=[0, 100], tickvals=[0, 50, 100], tickfont={"size": 11})


def short(rule):
    """A rule's label without spaces, for narrow panels."""
    return text(rule_label(rule).replace(" ", ""))


def positions(rules, names, together):
    """(rule, modality) → where its box stands along a panel; a group of boxes is followed by a free place."""
    if together == "modality":
        return {(rule, name): at * (len(rules) + 1) + place for at, name in enumerate(names) for place, rule in enumerate(rules)}
    return {(rule, name): at * (len(names) + 1) + place for at, rule in enumerate(rules) for place, name in enumerate(names)}


def add_group(plot, rows, order, named, here, legend, floors=None, together="modality"):
    """One panel's boxes; a group without epochs says so."""
    rules, names = order
    places = positions(rules, names, together)
    for name in names:
        mine, look = rows[(rows["modality"] == name) & rows["share"].notna()], palette.look(name, names)
        hover = [in_words(row, f"{named}, {text(rule_label(row.rule))}") for row in mine.itertuples()]
        shown = dict(box(mine, look, 3.5), x=[places[rule, name] for rule in mine["rule"]], width=0.8, legendgroup=text(name),
                     name=f"{palette.MARKS[look.symbol]} {text(name)}", hovertext=hover, showlegend=legend)
        if mine.empty:
            shown |= {"x": [None], "y": [None]}
        plot.add_box(**shown, **here)
        where = [] if floors is None else [(of_rule, [places[rule, name]]) for rule, of_rule in floors[floors["modality"] == name].groupby("rule", sort=False)]
        add_floors(plot, floors, name, where, named, 9, **here)
    if rows["share"].notna().sum() == 0:
        plot.add_annotation(text="no epochs", x=max(places.values()) / 2, y=50, showarrow=False,
                            font={"size": 12, "color": palette.MUTED}, **here)


def grid_alt(numbers, averaging, folds):
    """Correct groups in numbers, misclassified ones counted: 225 boxes are for the table."""
    correct = numbers[numbers["true"] == numbers["predicted"]]
    wrong = numbers[numbers["true"] != numbers["predicted"]].drop_duplicates(["true", "predicted"])
    empty = len(STAGES) ** 2 - len(wrong) - correct["true"].nunique()
    return (f"Five by five panels of box plots over {folds} folds, true stage by predicted stage, percent of absolute "
            f"relevance on each modality, {palette.AVERAGING[averaging]}; the leading modality, median [quartiles]. "
            f"Classified correctly: {leaders_by_stage(correct, 'true')}. Misclassified: {len(wrong)} groups with {wrong['epochs'].sum():,} epochs; "
            f"{empty} groups have none.")


def leaders_by_stage(numbers, by):
    """The leading modality of each stage under each rule, in words, from a table of `quartiles` with the column `by`."""
    return ". ".join(f"{stage} ({rows['epochs'].iloc[0]:,} epochs): " + ", ".join(
                     f"{row['modality']} carries {amount(row)} under {rule_label(rule)}" for rule, row in leaders(rows))
                     for stage, rows in numbers.groupby(by, sort=False))


def switched(draw, versions, first="mean", floors=None):
    """`draw` for both ways of averaging and both ways of standing together, `first` and the paper's shown first.

    versions, floors : "mean" and "pooled" → their tables.
    """
    order = [first, *(name for name in versions if name != first)]
    return Switch(("Averaging", "Grouped by"), {
        (palette.AVERAGING[name].capitalize(), words): draw(versions[name], name, (floors or {}).get(name), together)
        for name in order for together, words in TOGETHER.items()})
