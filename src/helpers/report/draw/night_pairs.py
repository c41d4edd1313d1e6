"""Each subject's nights at two levels, joined by a line: small multiples, modalities by stages as in figure 4."""

import numpy
import pandas

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .coefficients import averaged, signed
from .display import Figure, Switch, Table, text

#: Pixels of a row of panels, above the first and below the last.
ROW, TOP, BOTTOM = 130, 88, 56
WAYS = {1: ("rises", "solid"), -1: ("falls", "dot")}


def pairs(table):
    """Lines from the share at the reference to that at the level, one per subject; the mean of them in the page's ink.

    table : rows of `analysis.paired_nights` for one rule, way of averaging and level.
    """
    first = table.iloc[0]
    names, stages = palette.modalities(table["modality"]), palette.stages(table["stage"])
    plot = canvas(len(names), len(stages), column_titles=stages, horizontal_spacing=0.015, vertical_spacing=0.05)
    plot.update_yaxes(showticklabels=False)
    for at, name in enumerate(names):
        for number, stage in enumerate(stages):
            rows = table[(table["modality"] == name) & (table["stage"] == stage)]
            add_panel(plot, rows, palette.look(name, names), {"row": at + 1, "col": number + 1})
        values = table.loc[table["modality"] == name, ["at_reference", "at_level"]].to_numpy()
        room = max(0.06 * (values.max() - values.min()), 0.1)
        plot.update_yaxes(range=[values.min() - room, values.max() + room], row=at + 1)
        plot.update_yaxes(title_text=f"{text(name)}, %", showticklabels=True, row=at + 1, col=1, title_font={"color": palette.TEXT})
    for way, (words, dash) in WAYS.items():
        plot.add_scatter(x=[None], y=[None], mode="lines", name=f"a subject's share {words}", hoverinfo="skip", row=1, col=1,
                         line={"width": 1, "dash": dash, "color": palette.TEXT})
    plot.add_scatter(x=[None], y=[None], mode="lines", name="mean over subjects", hoverinfo="skip", row=1, col=1,
                     line={"width": 3, "color": palette.TEXT})
    levels = [text(first["reference"]), text(first["level"])]
    plot.update_xaxes(tickvals=[0, 1], ticktext=levels, range=[-0.25, 1.25], showgrid=False, tickfont={"size": 10}, tickangle=-35,
                      showticklabels=False)
    plot.update_xaxes(showticklabels=True, row=len(names))
    plot.add_annotation(text=f"{about(table)}, {text(first['covariate'])}: {levels[1]} against {levels[0]}", x=0, y=1, xref="paper",
                        yref="paper", xanchor="left", yanchor="bottom", yshift=58, showarrow=False,
                        font={"size": 11, "color": palette.MUTED})
    plot.update_layout(margin={"l": 62, "t": TOP, "b": BOTTOM}, legend={"y": 1, "yref": "paper", "font": {"size": 11},
                                                                         "yanchor": "bottom", "x": 0})
    plot.update_layout(legend={"y": 1 + 22 / (ROW * len(names))})
    numbers = summary(table)
    return Figure(plot, in_words(table, numbers), numbers, height=TOP + ROW * len(names) + BOTTOM, least=680,
                  name="nights-in-pairs", data=table, summary="Changes as a table; CSV has every subject")


def about(table):
    """`ε = 100, mean of shares of a night`."""
    return f"{rule_label(str(table['rule'].iloc[0]))}, {averaged(str(table['averaging'].iloc[0]))} over a night's epochs"


def add_panel(plot, rows, look, here):
    """The lines of one stage and modality: rising ones, falling ones, their mean."""
    change = rows["at_level"] - rows["at_reference"]
    for way, (_, dash) in WAYS.items():
        mine = rows[change > 0] if way > 0 else rows[change <= 0]
        ends = mine[["at_reference", "at_level"]].round(2)
        said = [f"subject {text(row.subject)}: {row.at_reference:.1f} → {row.at_level:.1f} %" for row in mine.itertuples()]
        plot.add_scatter(x=[0, 1, None] * len(mine), y=[value for pair in ends.to_numpy().tolist() for value in (*pair, None)],
                         mode="lines+markers", hoverinfo="text", hovertext=[words for one in said for words in (one, one, "")],
                         line={"width": 1, "color": look.line, "dash": dash}, showlegend=False,
                         marker={"size": 3.5, "symbol": look.symbol, "color": look.line}, **here)
    if len(rows):
        ends = rows[["at_reference", "at_level"]].mean()
        plot.add_scatter(x=[0, 1], y=ends.round(2).tolist(), mode="lines", line={"width": 3, "color": palette.TEXT},
                         showlegend=False, hoverinfo="text", hovertext=[f"mean of {len(rows)} subjects: {ends.iloc[0]:.1f} → "
                                                                        f"{ends.iloc[1]:.1f} %"] * 2, **here)
    else:
        plot.add_annotation(text="no pairs", x=0.5, y=0.5, showarrow=False, font={"size": 11, "color": palette.MUTED}, **here)


def summary(table):
    """A row per stage and modality: subjects, mean shares, mean change with its SD, in how many it rises."""
    def row(rows):
        change = rows["at_level"] - rows["at_reference"]
        return pandas.Series({"subjects": len(rows), "at reference %": rows["at_reference"].mean(),
                              "at level %": rows["at_level"].mean(), "change, points": change.mean(),
                              "SD of change": change.std() if len(rows) > 1 else numpy.nan, "rises in": int((change > 0).sum())})
    keys = ["covariate", "level", "reference", "stage", "modality"]
    return table.groupby(keys, sort=False)[["at_reference", "at_level"]].apply(row).reset_index().astype(
        {"subjects": int, "rises in": int})


def in_words(table, numbers):
    """The text alternative: the mean change of each stage and modality, and in how many subjects it rises."""
    first = table.iloc[0]
    cells = "; ".join(f"{row['stage']} {row['modality']} {signed(row['change, points'], 1)} (rises in {row['rises in']} of "
                      f"{row['subjects']})" for _, row in numbers.iterrows())
    return (f"Lines from each subject's share at {first['reference']} to that at {first['level']}, modality by stage, "
            f"{about(table)}; mean change in points: {cells}.")


def nights(table, rule, averaging):
    """The figure with its switches for rule, averaging and, where there are several, the level; those asked for first.

    table : of `analysis.paired_nights`; nothing where it is empty.
    """
    if table.empty:
        return Table(pandas.DataFrame(), "")
    names = [name for name in table if not name.startswith("at_")]
    table = table.astype(dict.fromkeys(names, str))
    rules, averages = ([asked, *(name for name in names if name != asked)] for asked, names in
                       ((rule, ordered_rules(table["rule"])), (averaging, list(dict.fromkeys(table["averaging"])))))
    terms = list(dict.fromkeys(zip(table["covariate"], table["level"])))
    versions = {}
    for of_rule in rules:
        for average in averages:
            for covariate, level in terms:
                mine = table[(table["rule"] == of_rule) & (table["averaging"] == average) & (table["covariate"] == covariate)
                             & (table["level"] == level)]
                if len(mine):
                    versions[rule_label(of_rule), averaged(average).capitalize(), f"{covariate}: {level}"] = pairs(
                        mine.reset_index(drop=True))
    return Switch(("Rule", "Averaging", "Level"), versions)
