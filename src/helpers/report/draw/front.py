"""The front page's pictures: one night as the network reads it, and what each modality gets in each stage beside its floor."""

from ...relevance.rules import label as rule_label
from . import palette
from .boxes import add_floor_key, add_floors, in_words, ordered, quartiles, with_floors
from .canvas import canvas
from .display import Figure, text
from .hypnodensity import add_density, numbers, stages_in_words
from .night import CLOCK, add_gaps, add_hypnogram, add_shares, clock, stamp

#: Both pictures have one height in pixels, so that they stand beside each other.
HEIGHT = 430


def night(night):
    """Hypnogram, hypnodensity and shares of a whole night, an `analysis.timelines.Timeline`, over one clock."""
    names = palette.modalities(night.modalities)
    plot = canvas(3, 1, shared_xaxes=True, vertical_spacing=0.09, row_heights=[1, 1, 1], subplot_titles=[
        "Stages, true and predicted", "Probability of each stage, %: N3, N2, N1, REM, W from below", f"Relevance of each modality, %, {rule_label(night.rule)}"])
    plot.update_annotations(x=0, xanchor="left", font={"size": 12, "color": palette.MUTED})
    add_hypnogram(plot, night)
    add_density(plot, night, 2)
    add_shares(plot, night, names, 3)
    add_gaps(plot, night, 3)
    plot.update_layout(barmode="relative", bargap=0, margin={"l": 46, "t": 24, "b": 36}, showlegend=False)
    plot.update_xaxes(showgrid=False, tickformatstops=CLOCK, range=[stamp(night.start, night.start_s), stamp(night.start, night.stop_s)])
    plot.update_yaxes(fixedrange=True, tickfont={"size": 11})
    kept = night.table[night.table["kept"]]
    alt = (f"Night of recording {night.recording}, {clock(night.start, night.start_s)} to {clock(night.start, night.stop_s)}, three panels over one "
           f"clock: hypnogram, stacked probabilities of the stages, shares of relevance by {rule_label(night.rule)}. {stages_in_words(night)} Mean shares: "
           + ", ".join(f"{name} {100 * kept[name].mean():.0f} %" for name in names) + ".")
    return Figure(plot, alt, numbers(night), height=HEIGHT, name="one-night")


def stages(by_fold, floors, rule):
    """Each modality's share in the stages that the network says, a point for each fold and a mark at their median; a dash where noise would be.

    by_fold : `analysis.groups.fold_shares` by predicted stage. floors : the same of floors, or None.
    """
    table, _, names = ordered(by_fold[by_fold["rule"].astype(str) == rule])
    table = table[table["share"].notna()]
    floors = None if floors is None else ordered(floors[floors["rule"].astype(str) == rule])[0]
    plot, order = canvas(), palette.stages(table["predicted"])
    for at, name in enumerate(names):
        mine, look = table[table["modality"] == name], palette.look(name, names)
        places = {stage: place + (at - (len(names) - 1) / 2) * 0.26 for place, stage in enumerate(order)}
        plot.add_scatter(x=[places[stage] for stage in mine["predicted"]], y=(100 * mine["share"]).tolist(), mode="markers", showlegend=False,
                         hovertext=[in_words(row, f"predicted {row.predicted}") for row in mine.itertuples()], hoverinfo="text",
                         marker={"symbol": f"{look.symbol}-open", "size": 6, "color": look.line, "opacity": 0.6})
        medians = 100 * mine.groupby("predicted")["share"].median().reindex(order)
        plot.add_scatter(x=[places[stage] for stage in order], y=medians.tolist(), mode="markers", name=text(name), hoverinfo="text",
                         hovertext=[f"{stage}: {value:.1f} % on {text(name)}<br>median over folds" for stage, value in medians.items()],
                         marker={"symbol": look.symbol, "size": 12, "color": look.line})
        where = [] if floors is None else [(rows, [places[stage]]) for stage, rows in floors[floors["modality"] == name].groupby("predicted")
                                           if stage in places]
        add_floors(plot, floors, name, where, "as predicted", 16)
    add_floor_key(plot, floors)
    plot.update_xaxes(tickvals=list(range(len(order))), ticktext=order, range=[-0.5, len(order) - 0.5],
                      showgrid=False, zeroline=False, tickfont={"color": palette.TEXT})
    plot.update_yaxes(title_text=f"share of absolute relevance, %, {rule_label(rule)}", rangemode="tozero")
    plot.update_layout(margin={"t": 62, "b": 36}, legend={"y": 1, "yref": "container", "yanchor": "top"})
    table = quartiles(table, ["predicted", "modality"])
    alt = (f"Shares of absolute relevance by stage under {rule_label(rule)}, median over folds: " + "; ".join(
        f"{stage}: " + ", ".join(f"{row['modality']} {row['median %']:.0f} %" for _, row in rows.iterrows())
        for stage, rows in table.groupby("predicted", sort=False)) + ".")
    return Figure(plot, alt, with_floors(table, floors, ["predicted", "modality"]), height=HEIGHT, name="shares-by-stage")
