"""Figure of how much relevance reaches the input in each epoch, and why a few epochs decide pooled shares."""

import numpy
import pandas

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .digits import fixed
from .display import Figure, text

DASHES = ("solid", "dash", "dot", "dashdot")


def totals(shares):
    """log10 of the total absolute relevance of each fold × epoch, a Series of arrays by rule; without −inf."""
    first = shares.astype({"rule": str, "modality": str})
    first = first[first["modality"] == first["modality"].iloc[0]]
    decades = {rule: first.loc[first["rule"] == rule, "log_total"].to_numpy() / numpy.log(10)
               for rule in ordered_rules(first["rule"])}
    return {rule: values[numpy.isfinite(values)] for rule, values in decades.items()}


def carried(decades):
    """Fraction of the pooled relevance that the strongest epochs carry: an array, strongest first, ending in 1."""
    strongest = numpy.sort(decades)[::-1]
    weights = 10 ** (strongest - strongest[0])
    return numpy.cumsum(weights) / weights.sum()


def signed(value):
    """`−12.3`."""
    return fixed(value, 1)


def magnitudes(shares):
    """Left: spread of total relevance around its median. Right: what fraction of the pooled sum the strongest epochs make."""
    by_rule = totals(shares)
    plot = canvas(1, 2, subplot_titles=["epoch totals", "pooled sum"],
                  horizontal_spacing=0.14)
    rows = []
    for (rule, values), dash in zip(by_rule.items(), DASHES * len(by_rule)):
        if not len(values):
            continue
        label, running = rule_label(rule), carried(values)
        low, q1, middle, q3, high = numpy.quantile(values, [0.01, 0.25, 0.5, 0.75, 0.99])
        half = int(numpy.searchsorted(running, 0.5)) + 1
        rows.append({"rule": rule, "epochs": len(values), "median, log10": middle,
                     "decades from 1st to 99th percentile": high - low, "epochs that carry half": half,
                     "in % of epochs": 100 * half / len(values)})
        plot.add_box(x=[text(label)], q1=[q1 - middle], median=[0], q3=[q3 - middle], lowerfence=[low - middle],
                     upperfence=[high - middle], name=text(label), showlegend=False, width=0.5, hoverinfo="skip",
                     line={"color": palette.TEXT, "width": 1.5}, fillcolor=palette.CLEAR, row=1, col=1)
        hover = (f"{text(label)}, {len(values):,} epochs<br>median of the total: 10 to the power of {signed(middle)}<br>"
                 f"half of them lie within {q3 - q1:.1f} decades,<br>98 % within {high - low:.1f}")
        plot.add_scatter(x=[text(label)], y=[0], mode="markers", hovertext=[hover], hoverinfo="text", showlegend=False,
                         marker={"size": 9, "symbol": "line-ew", "line": {"width": 2, "color": palette.TEXT}}, row=1, col=1)
        at = numpy.unique(numpy.geomspace(1, len(values), 160).astype(int))
        percent = 100 * at / len(values)
        hover = [f"{text(label)}<br>the strongest {p:.3g} % of epochs ({n:,})<br>carry {100 * running[n - 1]:.1f} %"
                 for p, n in zip(percent, at, strict=True)]
        plot.add_scatter(x=percent, y=100 * running[at - 1], mode="lines", name=text(label), hovertext=hover,
                         hoverinfo="text", line={"color": palette.TEXT, "dash": dash, "width": 2}, row=1, col=2)
    plot.update_yaxes(title_text="decades above the rule's median", row=1, col=1)
    plot.update_yaxes(title_text="%", range=[0, 102], row=1, col=2)
    plot.update_xaxes(type="log", title_text="strongest epochs, %", tickvals=[0.01, 0.1, 1, 10, 100], row=1, col=2,
                      ticktext=["0.01", "0.1", "1", "10", "100"])
    plot.update_xaxes(showgrid=False, row=1, col=1)
    plot.update_layout(legend={"y": 1.09}, margin={"t": 70})
    numbers = pandas.DataFrame(rows)
    alt = "How unequal the total relevance of epochs is. " + " ".join(
        f"{rule_label(row.rule)}: {row[4]:.1f} decades between the 1st and the 99th percentile; "
        f"half of the pooled sum comes from {row[5]:,} of {row.epochs:,} epochs." for row in numbers.itertuples())
    return Figure(plot, alt, numbers, height=380, least=480, name="total-relevance")
