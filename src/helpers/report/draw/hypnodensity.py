"""A night's hypnogram above its hypnodensity: the probabilities that the network gives the five stages, stacked along the night
(Stephansen et al. 2018, doi 10.1038/s41467-018-07229-3)."""

import pandas

from ...constants import EPOCH_S
from . import palette
from .canvas import canvas
from .display import Figure, text
from .night import CLOCK, add_gaps, add_hypnogram, clock, stamp

#: Stages from the bottom of the stack up, in the order of a hypnogram.
UPWARDS = sorted(palette.STAGE_HEIGHTS, key=palette.STAGE_HEIGHTS.get)


def hypnodensity(night, window=None):
    """Both over the clock of a whole night, with brackets of lines around the window that the page looks into.

    night : `analysis.timelines.Timeline` of the night. window : of its part.
    """
    plot = canvas(2, 1, shared_xaxes=True, vertical_spacing=0.09, row_heights=[1, 1.3],
                  subplot_titles=["Hypnogram", "Hypnodensity: probability of each stage, %"])
    plot.update_annotations(x=0, xanchor="left", font={"size": 12, "color": palette.MUTED})
    add_hypnogram(plot, night)
    add_density(plot, night, 2)
    add_gaps(plot, night, 2)
    for second in () if window is None else (window.start_s, window.stop_s):
        plot.add_shape(type="line", xref="x", yref="paper", y0=0, y1=1, x0=stamp(night.start, second), x1=stamp(night.start, second),
                       line={"color": palette.TEXT, "width": 1.5, "dash": "dash"})
    plot.update_layout(margin={"l": 50, "t": 92}, legend={"y": 1 - 18 / 430, "yref": "container", "yanchor": "top", "traceorder": "normal"})
    plot.update_xaxes(showgrid=False, tickformatstops=CLOCK, range=[stamp(night.start, night.start_s), stamp(night.start, night.stop_s)])
    plot.update_xaxes(title_text="clock time", row=2, col=1)
    plot.update_yaxes(fixedrange=True, tickfont={"size": 11})
    return Figure(plot, in_words(night, window), numbers(night), height=430, name="hypnodensity")


def add_density(plot, night, row):
    """The probabilities of the stages as areas that add up to 100 %; nothing where a slot was dropped."""
    epochs = night.table[night.table["kept"]].dropna(subset=[f"p_{stage}" for stage in UPWARDS])
    ends = epochs["onset_s"] + EPOCH_S
    last = (epochs["onset_s"].shift(-1) > ends) | (epochs.index == epochs.index[-1] if len(epochs) else False)
    for stage in UPWARDS:
        points = pandas.concat([pandas.DataFrame({"at": epochs["onset_s"], "value": 100 * epochs[f"p_{stage}"], "row": epochs.index}),
                                pandas.DataFrame({"at": ends[last], "value": 0.0, "row": -1})]).sort_values(["at", "row"], kind="stable")
        said = ["" if number < 0 else said_of(night, epochs.loc[number]) for number in points["row"]]
        plot.add_scatter(x=[stamp(night.start, second) for second in points["at"]], y=points["value"].round(2).tolist(), name=stage, mode="lines",
                         stackgroup="stages", line={"width": 0, "shape": "hv", "color": palette.STAGE_FILLS[stage]},
                         fillcolor=palette.STAGE_FILLS[stage], hovertext=said, hoverinfo="text",
                         fillpattern={"shape": palette.STAGE_PATTERNS[stage], "fillmode": "overlay", "fgcolor": "#1b1f24", "fgopacity": 0.35,
                                      "size": 6, "solidity": 0.15, "bgcolor": palette.STAGE_FILLS[stage]}, row=row, col=1)
    plot.update_yaxes(range=[0, 100], tickvals=[0, 50, 100], row=row, col=1)


def said_of(night, epoch):
    """An epoch's probabilities as a person would say them, the stages that matter."""
    parts = [f"{stage} {100 * epoch[f'p_{stage}']:.0f} %" for stage in palette.STAGE_HEIGHTS]
    return f"{clock(night.start, epoch['onset_s'])}, epoch {epoch['epoch']}<br>true {epoch['true'] or 'unscored'}<br>{', '.join(parts)}"


def in_words(night, window):
    """The text alternative: how sure the network is."""
    around = "" if window is None else f" Lines mark the window from {clock(night.start, window.start_s)} to {clock(night.start, window.stop_s)}."
    return (f"Hypnogram and, below it, stacked probabilities of the stages of recording {night.recording}, fold {night.fold}, "
            f"{clock(night.start, night.start_s)} to {clock(night.start, night.stop_s)}. {stages_in_words(night)}{around}")


def stages_in_words(night):
    """How many epochs, in how many the network is unsure, and how probable each stage is on average."""
    epochs = night.table[night.table["kept"]]
    highest = epochs[[f"p_{stage}" for stage in UPWARDS]].max(axis=1)
    means = ", ".join(f"{stage} {100 * epochs[f'p_{stage}'].mean():.0f} %" for stage in palette.STAGE_HEIGHTS)
    return f"{len(epochs):,} epochs; the highest probability is below 50 % in {(highest < 0.5).sum():,}. Mean probabilities: {means}."


def numbers(night):
    """The night's epochs with their probabilities as a table."""
    table = night.table[night.table["kept"]]
    return pandas.DataFrame({"clock": [clock(night.start, onset) for onset in table["onset_s"]], "epoch": table["epoch"].to_numpy(),
                             "true": [text(stage) for stage in table["true"]], "predicted": table["predicted"].to_numpy(),
                             **{f"{stage} %": (100 * table[f"p_{stage}"]).to_numpy() for stage in palette.STAGE_HEIGHTS}})
