"""Tables and figure of what is simulated: the tables that nights are drawn from, an example of each sign, effects and defects,
and how near the nights come to a real one. Real nights have no truth, of which nothing is drawn.
"""

import numpy
import pandas

from ...constants import STAGES
from . import palette
from .canvas import canvas
from .display import Figure, Table, text

NOTHING = Table(pandas.DataFrame(), "")


def signs(truth):
    """How often epochs of each stage show each sign, in percent, and how large it is; the tone of each stage."""
    if truth is None:
        return NOTHING
    rows = [{"sign": row["sign"], "modality": row["modality"], "largest deflection": _size(row),
             **{stage: 100 * row["probabilities"].get(stage, 0) for stage in STAGES}} for row in truth["signs"]]
    shown = pandas.DataFrame(rows)
    shown[list(STAGES)] = shown[list(STAGES)].round(0).astype(int)
    return Table(shown, f"{len(shown)} signs: percent of the epochs of each stage that show one, and its median size")


def _size(row):
    unit = "times the tone" if row["modality"] == "EMG" else "µV"
    others = "".join(f", {size:g} in {stage}" for stage, size in row["other sizes"].items())
    return f"{row['size']:g}{others} {unit}"


def backgrounds(truth):
    """Spectra between and beneath the signs, and the muscle tone."""
    if truth is None:
        return NOTHING
    shown = pandas.DataFrame(truth["backgrounds"])[["modality", "stage", "sd", "knee", "exponent", "drift", "floor"]]
    tone = pandas.DataFrame([{"modality": "EMG", "stage": stage, "sd": truth["tone"][stage]} for stage in STAGES])
    names = {"sd": "SD, µV", "knee": "knee, Hz", "drift": "drift, part of the variance", "floor": "noise, µV²/Hz"}
    return Table(pandas.concat([shown, tone]).rename(columns=names), "Spectrum of the background of each stage, and the chin's tone")


def cycle(truth):
    """Bouts of a sleep cycle in percent of its length."""
    if truth is None:
        return NOTHING
    rows = pandas.DataFrame(truth["cycle"])
    shown = pandas.DataFrame({"bout": range(1, len(rows) + 1), "stage": rows["stage"], "first cycle, %": 100 * rows["first"],
                              "last cycle, %": 100 * rows["last"]})
    return Table(shown.round(1), "Bouts of a sleep cycle and how much of it each takes")


def planted(truth):
    """What medication, sex and age do to signs: size asked for and as drawn."""
    if truth is None:
        return NOTHING
    rows = pandas.DataFrame(truth["changes"])
    of = {"size": "log of its size", "chance": "probability"}
    shown = pandas.DataFrame({"stage": rows["stage"], "covariate": rows["covariate"], "sign": rows["sign"],
                              "what changes": rows["quantity"].map(of), "d asked": rows["d_asked"],
                              "d drawn": rows["d_drawn"].astype(float).round(2), "one SD": rows["unit"]})
    return Table(shown, f"{len(shown)} planted changes, as standardised sizes d", data=rows)


def traps(truth):
    """In how many nights each defect lies that breaks naive readers."""
    if truth is None:
        return NOTHING
    words = {"movement_epochs": "epochs scored as movement", "hole_epochs": "epochs missing from the hypnogram",
             "unscored_epochs": "epochs of unknown stage at the end", "hypnogram_late_s": "hypnogram begins late, s",
             "marker_errors_s": "stretches of lost telemetry", "partial_epoch_s": "signal beyond the last whole epoch, s"}
    rows = []
    for name, defect in words.items():
        values = [of_night[name] for of_night in truth["traps"].values()]
        amounts = [len(value) if isinstance(value, list) else value for value in values]
        rows.append({"defect": defect, "nights with it": sum(map(bool, amounts)), "nights": len(amounts),
                     "most in a night": max(amounts)})
    return Table(pandas.DataFrame(rows), "Defects in the files, each with its place in truth.json")


def likeness(table):
    """Figures of the simulated nights beside those of the real one, each with its range and whether it is inside."""
    if table is None:
        return NOTHING
    shown = table[["modality", "stage", "quantity"]].copy()
    for name in ("simulated", "real", "least", "most", "low", "high"):
        shown[name] = [_rounded(value, unit) for value, unit in zip(table[name], table["unit"], strict=True)]
    shown.insert(7, "inside", ["✓\u00a0inside" if inside else "✗\u00a0outside" for inside in table["inside"]])
    shown["quantity"] += [{"µV": ", µV", "share": ", share", "times": ""}[unit] for unit in table["unit"]]
    names = {"simulated": "simulated", "low": "10 % of subjects below", "high": "10 % above", "real": "real night",
             "least": "at least", "most": "at most"}
    return Table(shown.rename(columns=names), f"{int(table['inside'].sum())} of {len(table)} figures are inside their range",
                 data=table)


def _rounded(value, unit):
    if not numpy.isfinite(value):
        return "–"
    return f"{value:.1f}" if unit in ("µV", "times") else f"{value:.3f}"


def examples(waves, spectra):
    """One example of each sign, in its background and alone, and its spectrum; tables of data.simulation.examples."""
    names = list(dict.fromkeys(waves["sign"]))
    titles = [part for name in names for part in (text(name), "")]
    plot = canvas(len(names), 2, subplot_titles=titles, column_widths=[0.72, 0.28], horizontal_spacing=0.09,
                  vertical_spacing=0.028)
    for row, name in enumerate(names, start=1):
        wave, spectrum = waves[waves["sign"] == name], spectra[spectra["sign"] == name]
        colour = palette.look(wave["modality"].iloc[0]).line
        first = row == 1
        for column, line, words in (("together", {"color": palette.MUTED, "width": 1}, "in its background"),
                                    ("alone", {"color": colour, "width": 1.5}, "alone")):
            plot.add_scatter(x=wave["second"], y=wave[column].round(1), mode="lines", line=line, name=words, legendgroup=words,
                             showlegend=first, hoverinfo="skip", row=row, col=1)
        for column, line, words in (("background", {"color": palette.MUTED, "width": 1, "dash": "dot"}, "spectrum without it"),
                                    ("together", {"color": colour, "width": 1.5}, "spectrum with it")):
            plot.add_scatter(x=spectrum["hertz"], y=spectrum[column].round(4), mode="lines", line=line, name=words, legendgroup=words,
                             showlegend=first, hoverinfo="skip", row=row, col=2)
    plot.update_yaxes(title_text="µV", col=1)
    plot.update_yaxes(type="log", title_text="µV²/Hz", exponentformat="power", nticks=4, col=2)
    plot.update_xaxes(type="log", tickvals=[0.5, 2, 8, 32], col=2)
    plot.update_xaxes(title_text="s", row=len(names), col=1)
    plot.update_xaxes(title_text="Hz", row=len(names), col=2)
    plot.update_layout(legend={"y": 1.012}, margin={"t": 70})
    numbers = waves.groupby("sign", sort=False).agg(modality=("modality", "first"), stage=("stage", "first"), together=(
        "together", lambda values: values.abs().max()), alone=("alone", lambda values: values.abs().max())).reset_index()
    numbers = numbers.rename(columns={"together": "largest value, µV", "alone": "of the sign alone, µV"})
    alt = "One example of each sign, in the background of a stage that shows it and alone, with its spectrum. " + "; ".join(
        f"{row.sign} ({row.modality}, {row.stage}): up to {row[5]:.0f} µV" for row in numbers.itertuples()) + "."
    return Figure(plot, alt, numbers.round(1), height=130 * len(names) + 120, least=560, name="signs")
