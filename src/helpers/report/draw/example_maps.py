"""Networks of other shapes: their shares beside each other, and the relevance of one epoch along its seconds."""

import pandas

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .display import Figure, Switch, Table, text

#: Colours of the networks, in the order of the table.
COLOURS = (palette.PREDICTED, palette.LOOKS["EMG"].line, palette.MUTED)


def networks(found):
    """How large each is, how well it stages, and what it gives each modality by each rule; `found` is of `trust.examples_tried`."""
    if found.empty:
        return Table(pandas.DataFrame(), "")
    modalities, rows = palette.modalities(found["modality"]), []
    for name, of_network in found.groupby("network", sort=False):
        cells, first = of_network.set_index(["rule", "modality"]), of_network.iloc[0]
        for rule in ordered_rules(of_network["rule"]):
            rows.append({"network": name, "parameters": f"{first['parameters']:,}", "shown": f"{first['trained']:,}", "accuracy": f"{100 * first['accuracy']:.0f} %",
                         "rule": rule_label(rule), **{m: f"{100 * cells.loc[(rule, m), 'share']:.0f} %" for m in modalities},
                         "outside the epoch": f"{100 * cells.loc[(rule, modalities[0]), 'elsewhere']:.0f} %" if first["at_once"] > 1 else "–"})
    caption = "Epochs shown three times, accuracy in test epochs, mean shares, and relevance outside the explained epoch"
    return Table(pandas.DataFrame(rows), caption, data=found)


def maps(table):
    """Signed relevance of one test epoch along its seconds, a panel for each modality and a line for each network, a version for each rule."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    return Switch("Rule", {rule_label(rule): _of_rule(table[table["rule"] == rule]) for rule in ordered_rules(table["rule"])})


def _of_rule(table):
    modalities, names, first = palette.modalities(table["modality"]), list(dict.fromkeys(table["network"])), table.iloc[0]
    plot = canvas(len(modalities), 1, shared_xaxes=True, vertical_spacing=0.05)
    for at, modality in enumerate(modalities, start=1):
        for name, colour in zip(names, COLOURS):
            line = table[(table["modality"] == modality) & (table["network"] == name)]
            plot.add_scatter(x=line["second"].tolist(), y=(100 * line["relevance"]).tolist(), mode="lines", name=text(name), legendgroup=name,
                             showlegend=at == 1, line={"color": colour, "width": 1.6, "shape": "hv"}, row=at, col=1, hoverinfo="text",
                             hovertext=[f"{text(name)}, {text(modality)}, {second:g} s<br>{format(100 * value, '.2f').replace('-', '−')} %"
                                        for second, value in zip(line["second"], line["relevance"])])
        plot.update_yaxes(title_text=text(modality), ticksuffix=" %", row=at, col=1)
    plot.update_xaxes(title_text="seconds of the epoch", row=len(modalities), col=1)
    plot.update_layout(margin={"l": 72, "t": 40, "b": 48})
    said = "; ".join(f"{name} stages it {rows['predicted'].iloc[0]}" for name, rows in table.groupby("network", sort=False))
    places = {name: (rows["recording"].iloc[0], rows["epoch"].iloc[0], rows["true"].iloc[0]) for name, rows in table.groupby("network", sort=False)}
    which = "; ".join(f"{name}: epoch {epoch} of {recording}, scored {true}" for name, (recording, epoch, true) in places.items())
    alt = (f"Signed relevance in half seconds under {rule_label(first['rule'])}, percent of an epoch's absolute relevance, a panel for each of "
           f"{', '.join(modalities)} and a line for each network. {which}. {said}.")
    shown = table[["network", "recording", "epoch", "modality", "second", "relevance"]].reset_index(drop=True)
    return Figure(plot, alt, shown, height=110 + 120 * len(modalities), least=480, name="example-networks")
