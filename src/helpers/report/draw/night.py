"""Figure 3: hypnogram, signals and shares of a window of a night, over the same clock."""

import numpy
import pandas

from ...constants import EPOCH_S
from ...relevance.rules import is_rule
from ...relevance.rules import label as rule_label
from . import palette
from .canvas import canvas
from .digits import fixed
from .display import Figure, text
from .true_stages import given

BUCKETS = 6000

#: Clock time on an axis, with seconds where it is zoomed in.
CLOCK = [{"dtickrange": [None, 59_999], "value": "%H:%M:%S"}, {"dtickrange": [60_000, None], "value": "%H:%M"}]


def envelope(values, buckets=BUCKETS):
    """Lowest and highest value of equal stretches, alternating, so that a long signal keeps its peaks when drawn small.

    A stretch that holds any missing value is missing whole. Returns the points and the number of samples per point.
    """
    if len(values) <= 2 * buckets:
        return values.astype("float32"), 1.0
    size = -(-len(values) // buckets)
    padded = numpy.full(size * -(-len(values) // size), numpy.nan, "float32")
    padded[:len(values)] = values
    stretches = padded.reshape(-1, size)
    return numpy.stack([stretches.min(axis=1), stretches.max(axis=1)], axis=1).ravel(), size / 2


def steps(table, column, start):
    """A hypnogram line: both ends of every epoch, with a break wherever the next epoch is not there."""
    clocks, depths, previous = [], [], None
    for row in table[table[column].isin(palette.STAGE_HEIGHTS)].itertuples():
        if previous is not None and row.onset_s > previous + EPOCH_S:
            clocks.append(None)
            depths.append(None)
        ends = (row.onset_s, row.onset_s + EPOCH_S)
        clocks.extend(stamp(start, second) for second in ends)
        depths.extend([palette.STAGE_HEIGHTS[getattr(row, column)]] * 2)
        previous = row.onset_s
    return clocks, depths


def stamp(start, seconds):
    """Clock time of a second of the recording, as Plotly's date axes read it."""
    return (pandas.Timestamp(start) + pandas.Timedelta(seconds=float(seconds))).isoformat(sep=" ")


def clock(start, seconds):
    """Clock time as people read it."""
    return stamp(start, seconds)[11:19]


def timeline(window, notice="", measured="Share of absolute relevance, %"):
    """Figure 3 of a Timeline (analysis.timelines): zoom and hover act on all panels at once. `measured` : what its shares are."""
    names = palette.modalities(window.modalities)
    signals = [(name, channel) for name in names for channel in window.modalities[name]]
    rows = len(signals) + 2
    titles = ["Hypnogram", *(f"{text(window.channels[channel]['name'])}, {text(window.channels[channel]['unit'])}"
                             for _, channel in signals), measured if is_rule(window.rule) else f"Share by {rule_label(window.rule)}, %"]
    plot = canvas(rows, 1, shared_xaxes=True, vertical_spacing=0.045, subplot_titles=titles,
                  row_heights=[1.5, *[1.0] * len(signals), 1.5])
    plot.update_annotations(x=0, xanchor="left", font={"size": 12, "color": palette.MUTED})
    add_hypnogram(plot, window)
    for row, (name, channel) in enumerate(signals, start=2):
        add_signal(plot, window, palette.look(name, names), channel, row)
    add_shares(plot, window, names, rows)
    add_gaps(plot, window, rows)
    height = 230 + 95 * rows
    plot.update_layout(barmode="relative", bargap=0, margin={"l": 50, "t": 76},
                       legend={"y": 1 - 18 / height, "yref": "container", "yanchor": "top", "traceorder": "normal"})
    plot.update_xaxes(showgrid=False, tickformatstops=CLOCK,
                      showspikes=True, spikemode="across", spikethickness=1,
                      spikedash="dot", spikecolor=palette.MUTED,
                      range=[stamp(window.start, window.start_s), stamp(window.start, window.stop_s)])
    plot.update_xaxes(title_text="clock time", row=rows, col=1)
    plot.update_yaxes(fixedrange=True, tickfont={"size": 11})
    return Figure(plot, words(window, names, notice), numbers(window, names), height=height, name="timeline")


def add_hypnogram(plot, window):
    """True stages in ink over predicted ones in a broader green, and a cross wherever they disagree."""
    table = window.table
    for column, colour, width in (("predicted", palette.PREDICTED, 4), ("true", palette.TEXT, 1.8)):
        clocks, depths = steps(table, column, window.start)
        plot.add_scatter(x=clocks, y=depths, mode="lines", name=column, line={"color": colour, "width": width},
                         hoverinfo="skip", row=1, col=1)
    scored = table[table["kept"]]
    wrong = scored[scored["true"].isin(palette.STAGE_HEIGHTS) & scored["predicted"].isin(palette.STAGE_HEIGHTS)
                   & (scored["true"] != scored["predicted"])]
    for epochs, symbol, name in ((wrong, "x", "disagreement"), (scored.drop(wrong.index), "circle", "")):
        plot.add_scatter(x=[stamp(window.start, onset + EPOCH_S / 2) for onset in epochs["onset_s"]],
                         y=[palette.STAGE_HEIGHTS.get(stage) for stage in epochs["predicted"]], mode="markers", name=name,
                         showlegend=bool(name), hoverinfo="text", hovertext=[in_words(window, row) for row in
                                                                             epochs.to_dict("records")],
                         marker={"symbol": symbol, "size": 7 if name else 9, "opacity": 1 if name else 0,
                                 "color": palette.TEXT}, row=1, col=1)
    plot.update_yaxes(tickvals=list(palette.STAGE_HEIGHTS.values()), ticktext=list(palette.STAGE_HEIGHTS), range=[-0.6, 4.6],
                      row=1, col=1)


def add_signal(plot, window, look, channel, row):
    """A signal; the axis spans all but the most extreme thousandth, so that an artefact does not flatten it."""
    values, step = envelope(window.microvolts[:, channel])
    finite = values[numpy.isfinite(values)]
    reach = float(numpy.quantile(numpy.abs(finite), 0.999)) if len(finite) else 0.0
    reach = reach or 1.0
    plot.add_scatter(x0=stamp(window.start, window.start_s), dx=1000 * step / window.rate, y=values, mode="lines",
                     line={"color": look.line, "width": 0.8}, showlegend=False, connectgaps=False,
                     # %{meta} because a name from a file may itself hold %{…}, which Plotly would fill in.
                     meta=[text(window.channels[channel][name]) for name in ("name", "unit")],
                     hovertemplate="%{meta[0]}<br>%{x|%H:%M:%S}, %{y:.0f} %{meta[1]}<extra></extra>", row=row, col=1)
    tick = rounded(0.8 * reach)
    plot.update_yaxes(range=[-1.05 * reach, 1.05 * reach], tickvals=[-tick, 0, tick], row=row, col=1)


def rounded(value):
    """The largest of 1, 2 or 5 times a power of ten that does not exceed a value; 1 where the value is 0."""
    if not value > 0:
        return 1.0
    power = 10.0 ** numpy.floor(numpy.log10(value))
    return float(max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))


def add_shares(plot, window, names, row):
    """Stacked bars of 30 s, modalities from the bottom in the report's order."""
    epochs = window.table[window.table["kept"]].to_dict("records")
    clocks = [stamp(window.start, epoch["onset_s"]) for epoch in epochs]
    for name in names:
        look = palette.look(name, names)
        plot.add_bar(x=clocks, y=[100 * epoch[name] for epoch in epochs], width=1000 * EPOCH_S, offset=0, name=text(name),
                     hovertext=[in_words(window, epoch) for epoch in epochs], hoverinfo="text",
                     marker={"color": look.line, "line": {"width": 0}, "opacity": 0.9,
                             "pattern": {"shape": look.pattern, "fillmode": "overlay", "fgcolor": "#ffffff",
                                         "fgopacity": 0.6, "size": 6, "solidity": 0.2}}, row=row, col=1)
    least = min([0.0, *(100 * min(epoch[name], 0) for epoch in epochs for name in names if numpy.isfinite(epoch[name]))])
    ticks = {"range": [0, 100], "tickvals": [0, 50, 100]} if least == 0 else {"autorange": True, "zeroline": True, "zerolinecolor": palette.MUTED}
    plot.update_yaxes(**ticks, row=row, col=1)


def add_gaps(plot, window, rows):
    """A band over all panels where slots were dropped, and the reason under the pointer."""
    lost = window.table[~window.table["kept"]]
    if lost.empty:
        return
    runs = (lost["onset_s"].diff() > EPOCH_S).cumsum()
    for _, run in lost.groupby(runs):
        plot.add_shape(type="rect", xref="x", yref="paper", y0=0, y1=1, layer="below", line={"width": 0},
                       x0=stamp(window.start, run["onset_s"].iloc[0]), fillcolor="rgba(118,123,130,0.25)",
                       x1=stamp(window.start, run["onset_s"].iloc[-1] + EPOCH_S))
    plot.add_scatter(x=[stamp(window.start, onset + EPOCH_S / 2) for onset in lost["onset_s"]], y=[-0.4] * len(lost),
                     mode="markers", marker={"symbol": "line-ew", "size": 5, "line": {"width": 2,
                                                                                     "color": palette.MUTED}},
                     name="dropped", hoverinfo="text",
                     hovertext=[f"{clock(window.start, row.onset_s)}<br>dropped: {text(row.reason)}"
                                for row in lost.itertuples()], row=1, col=1)


def percent(share):
    """`−3 %`."""
    return f"{fixed(100 * share, 0)} %"


def in_words(window, epoch):
    """One epoch as a person would say it."""
    shares = ", ".join(f"{text(name)} {percent(epoch[name])}" if numpy.isfinite(epoch[name]) else f"{text(name)} none"
                       for name in palette.modalities(window.modalities))
    return (f"{clock(window.start, epoch['onset_s'])}, epoch {epoch['epoch']}<br>true {epoch['true'] or 'unscored'}, "
            f"predicted {epoch['predicted']}<br>{shares}")


def words(window, names, notice=""):
    """The text alternative, in numbers."""
    table = window.table
    epochs = table[table["kept"]]
    agree = (epochs["true"] == epochs["predicted"]).sum()
    scored = f"{agree} of them predicted as {given(notice)}" if (epochs["true"] != "").any() else "none of them scored"
    shares = ", ".join(f"{name} {percent(epochs[name].mean())}" for name in names)
    return (f"Timeline of recording {window.recording}, {clock(window.start, window.start_s)} to "
            f"{clock(window.start, window.stop_s)}, fold {window.fold}, {rule_label(window.rule)}: hypnogram, "
            f"signals and shares. {len(epochs)} epochs, {scored}; {len(table) - len(epochs)} slots "
            f"dropped, {epochs[names[0]].isna().sum()} epochs without relevance. Mean share of relevance: {shares}.")


def numbers(window, names):
    """The window's epochs as a table."""
    table = window.table
    shown = pandas.DataFrame({"clock": [clock(window.start, onset) for onset in table["onset_s"]],
                              "epoch": table["epoch"].to_numpy(), "true": table["true"].to_numpy(),
                              "predicted": table["predicted"].to_numpy(), "dropped": table["reason"].to_numpy()})
    for name in names:
        shown[f"{name} %"] = (100 * table[name]).to_numpy()
    return shown
