"""Misread epochs: shares where the network is wrong against where it is right, and whom it misreads more often."""

import numpy
import pandas

from ...analysis.p_values import p_words
from ...analysis.responses import SCALES
from ...constants import ALPHA
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .coefficients import NO_TEST, SHORT, between, signed
from .display import Figure, Switch, Table, text

ROW, TOP, BOTTOM = 24, 40, 84


def differences(table, first=None):
    """A switch over rules, `first` shown first, between intervals of misread minus correct epochs, in points."""
    shown = table[table["scale"] == SCALES[0]].astype({"rule": str, "stage": str, "modality": str})
    rules = sorted(ordered_rules(shown["rule"]), key=lambda rule: rule != first)
    return Switch("Rule", {rule_label(rule): _of_rule(shown[shown["rule"] == rule], rule) for rule in rules})


def _of_rule(table, rule):
    names, stages = palette.modalities(table["modality"]), palette.stages(table["stage"])
    rows = table.set_index(["stage", "modality"], drop=False).loc[[(stage, name) for stage in stages for name in names]]
    plot, at = canvas(1, 1), numpy.arange(len(rows))
    for name in names:
        mine, look = (rows["modality"] == name).to_numpy(), palette.look(name, names)
        of_name = rows[mine]
        plot.add_scatter(x=_plain(of_name["difference"]), y=at[mine].tolist(), mode="markers", name=text(name), showlegend=False,
                         error_x={"type": "data", "symmetric": False, "array": _plain(of_name["high"] - of_name["difference"], 0),
                                  "arrayminus": _plain(of_name["difference"] - of_name["low"], 0), "color": look.line, "width": 0},
                         hoverinfo="text", hovertext=[in_words(row) for row in of_name.to_dict("records")],
                         marker={"size": 8, "color": look.line, "line": {"width": 1.5, "color": look.line},
                                 "symbol": [look.symbol + ("" if q < ALPHA else "-open") for q in of_name["q"]]})
    for meaning, symbol in ((f"filled: corrected p below {ALPHA}", "circle"), ("open: not", "circle-open")):
        plot.add_scatter(x=[None], y=[None], mode="markers", name=meaning, hoverinfo="skip",
                         marker={"symbol": symbol, "size": 8, "color": palette.TEXT, "line": {"width": 1.5, "color": palette.TEXT}})
    labels = [f"{stage}  {text(name)}" if number % len(names) == 0 else text(name) for number, (stage, name) in enumerate(rows.index)]
    plot.update_yaxes(tickvals=at.tolist(), ticktext=labels, range=[len(rows) - 0.4, -0.6], showgrid=False, zeroline=False,
                      tickfont={"color": palette.TEXT})
    plot.update_xaxes(zeroline=True, zerolinecolor=palette.MUTED,
                      title_text=f"misread − correct, points, {rule_label(rule)}, mean of shares, 95 % interval")
    for number in range(len(names), len(rows), len(names)):
        plot.add_hline(number - 0.5, line={"color": palette.GRID, "width": 1})
    plot.update_layout(margin={"l": 76, "t": TOP, "b": BOTTOM}, legend={"y": 0, "yref": "container", "yanchor": "bottom"})
    return Figure(plot, words(rows, rule), report(table), height=TOP + ROW * len(rows) + BOTTOM, least=420, name="misread")


def _plain(values, missing=None):
    return [missing if numpy.isnan(value) else round(float(value), 3) for value in values]


def in_words(row):
    """One row as a person would say it."""
    head = f"{row['stage']}, {text(row['modality'])}"
    if row["reason"]:
        return f"{head}<br>no numbers: {text(row['reason'])}"
    return (f"{head}<br>{row['difference']:+.1f} points [{row['low']:.1f}, {row['high']:.1f}]<br>p {p_words(row['p'])}, corrected "
            f"{p_words(row['q'])}<br>{row['misread']:,} misread epochs of {row['subjects']} subjects").replace("-", "−")


def words(rows, rule):
    """The text alternative: which differences are significant."""
    clear = rows[rows["q"] < ALPHA].to_dict("records")
    cells = ", ".join(f"{row['stage']} {row['modality']} {row['difference']:+.1f} [{row['low']:.1f}, {row['high']:.1f}]"
                      for row in clear).replace("-", "−") or "none"
    return (f"Misread minus correct epochs of each true stage under {rule_label(rule)}, in points with 95 % intervals over subjects; "
            f"significant after correction: {cells}.")


def report(table):
    """The numbers of a version."""
    columns = ["stage", "modality", "difference", "low", "high", "p", "q", "p_joint", "subjects", "misread", "reason"]
    return table[columns].rename(columns={"difference": "misread − correct, points", "low": "95 % from", "high": "to",
                                          "q": "corrected p", "p_joint": "p of all log-ratios together", "misread": "misread epochs"})


def rates(table):
    """How the rate of misreading depends on covariates, one row per epoch; nothing without covariates."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    rows = table[table["rows"] == "epochs"]
    shown = rows[["stage", "covariate", "level", "reference"]].copy()
    of_epochs = rows.to_dict("records")
    shown["clustered, points"] = [f"{signed(row['coefficient_clustered'])} {between(row, 'clustered')}"
                                  if numpy.isfinite(row["coefficient_clustered"]) else NO_TEST for row in of_epochs]
    for test in ("clustered", "permutation", "ols"):
        shown[f"{SHORT[test]} corrected p"] = rows[f"q_{test}"]
    shown["epochs"] = rows["n"]
    if rows["reason_clustered"].astype(bool).any():
        shown["without numbers because"] = rows["reason_clustered"]
    return Table(shown, f"{len(shown)} coefficients of the percentage of epochs that are misread, in points", data=table)
