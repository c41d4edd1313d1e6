"""Figures and tables of frequency bands: what part of a modality's share each band has, spectra, and bands against covariates."""

import numpy
import pandas

from ...analysis.p_values import p_words
from ...constants import ALPHA, EPOCH_S
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .coefficients import between, heading, marks, of_term, plainly, points, terms_of
from .display import Figure, Switch, Table, slug, text
from .heatmaps import LEGEND, add_panel, stacked
from .night import CLOCK, add_hypnogram, stamp

#: Greek letters of the usual bands.
GREEK = {"delta": "δ", "theta": "θ", "alpha": "α", "sigma": "σ", "beta": "β", "gamma": "γ"}
#: From slow to fast: strength of a modality's colour.
STRENGTHS = (0.95, 0.2, 0.75, 0.4, 0.6, 0.3)


def called(band):
    """`δ` for delta; any other name as it is."""
    return GREEK.get(str(band), str(band))


def edges(bands):
    """`δ 0 to 4 Hz, θ 4 to 8 Hz, …`; bands : name → upper edge."""
    lower = [0, *list(bands.values())[:-1]]
    return ", ".join(f"{called(name)} {low:g} to {high:g} Hz" for (name, high), low in zip(bands.items(), lower))


def means(table):
    """Mean share of each band in correct epochs (of nights that nobody scored, all), by rule, stage and modality; a table of fractions."""
    words = dict.fromkeys(("true", "predicted", "rule", "modality", "band", "recording"), str)
    plain = table.astype(words)
    plain = plain[(plain["true"] == plain["predicted"]) | (plain["true"] == "")]
    found = plain.groupby(["rule", "predicted", "modality", "band"], sort=False)["share"].mean().rename("share").reset_index()
    epochs = plain.drop_duplicates(["fold", "recording", "epoch", "rule"]).groupby(["rule", "predicted"]).size().rename("epochs")
    return found.rename(columns={"predicted": "stage"}).join(epochs.rename_axis(["rule", "stage"]), on=["rule", "stage"])


def shares(table, bands):
    """Bands of every modality's share by stage, a version for each rule; bars of a stage add up to 100 %."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    found = means(table)
    return Switch("Rule", {rule_label(rule): _of_rule(found[found["rule"] == rule], bands) for rule in ordered_rules(found["rule"])})


def _of_rule(table, bands):
    rule, stages, names = table["rule"].iloc[0], palette.stages(table["stage"]), palette.modalities(table["modality"])
    cells = table.set_index(["stage", "modality", "band"])["share"]
    epochs = table.drop_duplicates("stage").set_index("stage")["epochs"]
    plot = canvas(1, len(names), subplot_titles=[text(name) for name in names], shared_yaxes=True, horizontal_spacing=0.03)
    for at, name in enumerate(names, start=1):
        look, known = palette.look(name, names), STRENGTHS * (1 + len(bands) // len(STRENGTHS))
        for band, strength in zip(bands, known):
            values = [100 * cells.get((stage, name, band), numpy.nan) for stage in stages]
            plot.add_bar(y=stages, x=values, orientation="h", name=text(called(band)), showlegend=False, hoverinfo="text",
                         hovertext=[f"{stage}, {text(name)} {text(called(band))} ({text(band)})<br>{value:.1f} % of absolute relevance<br>"
                                    f"{epochs[stage]:,} epochs" for stage, value in zip(stages, values)],
                         text=[text(called(band)) if value >= 4 else "" for value in values], textposition="inside", insidetextanchor="middle",
                         textangle=0, constraintext="none", textfont={"size": 12, "color": palette.TEXT},
                         marker={"color": faded(look.line, strength), "line": {"width": 1, "color": palette.PAPER}}, row=1, col=at)
    plot.update_layout(barmode="stack", bargap=0.25, margin={"l": 52, "t": 44, "b": 40})
    most = 100 * table.groupby(["stage", "modality"])["share"].sum().max()
    plot.update_xaxes(range=[0, 1.04 * most], ticksuffix=" %", nticks=5)
    plot.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": palette.TEXT})
    top = table.loc[table.groupby("stage")["share"].idxmax()].set_index("stage")
    alt = (f"Bars of each modality's share by frequency band and stage, correct epochs, mean of shares, {rule_label(rule)}. Largest part: "
           + ", ".join(f"{stage} {top.loc[stage, 'modality']} {called(top.loc[stage, 'band'])} {100 * top.loc[stage, 'share']:.0f} %" for stage in stages) + ".")
    wide = table.assign(share=100 * table["share"]).pivot(index=["stage", "modality"], columns="band", values="share")[list(bands)]
    rows = wide.reindex([(stage, name) for stage in stages for name in names]).reset_index().rename_axis(columns=None)
    return Figure(plot, alt, rows.rename(columns={band: f"{called(band)}, %" for band in bands}), height=60 + 40 * len(stages) + 40, least=560,
                  name="bands")


def faded(colour, strength):
    """`#1f77c8` at a strength as rgba."""
    red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"


def spectra(table, bands):
    """Spectra of relevance, solid, beside those of the signals, dotted, by modality and stage, a version for each rule."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    plain = table.astype(dict.fromkeys(("rule", "stage", "modality"), str))
    sums = plain.assign(relevance=plain["relevance"] * plain["n"], power=plain["power"] * plain["n"]).groupby(
        ["rule", "stage", "modality", "hz"], sort=False)[["relevance", "power", "n"]].sum()
    joined = sums[["relevance", "power"]].div(sums["n"], axis=0).reset_index()
    return Switch("Rule", {rule_label(rule): _spectra(joined[joined["rule"] == rule], bands) for rule in ordered_rules(joined["rule"])})


def _spectra(table, bands):
    rule, stages, names = table["rule"].iloc[0], palette.stages(table["stage"]), palette.modalities(table["modality"])
    plot = canvas(len(names), len(stages), shared_xaxes=True, shared_yaxes=True, horizontal_spacing=0.015, vertical_spacing=0.05,
                  subplot_titles=[stage if row == 0 else "" for row in range(len(names)) for stage in stages],
                  row_titles=[text(name) for name in names])
    peaks = []
    for row, name in enumerate(names, start=1):
        look = palette.look(name, names)
        for col, stage in enumerate(stages, start=1):
            here = table[(table["stage"] == stage) & (table["modality"] == name)].sort_values("hz")
            peaks.append((stage, name, here["hz"].iloc[here["relevance"].argmax()] if len(here) else numpy.nan))
            for column, dash, called_, colour in (("power", "dot", "signal", palette.MUTED), ("relevance", "solid", "relevance", look.line)):
                plot.add_scatter(x=here["hz"] + 0.25, y=100 * here[column], mode="lines", line={"color": colour, "dash": dash, "width": 1.6},
                                 showlegend=False, hoverinfo="text", row=row, col=col,
                                 hovertext=[f"{stage}, {text(name)}, {hz:g} to {hz + 0.5:g} Hz<br>{100 * value:.1f} % of its {called_}"
                                            for hz, value in zip(here["hz"], here[column])])
    for name, dash in (("relevance", "solid"), ("power of the signal", "dot")):
        plot.add_scatter(x=[None], y=[None], mode="lines", name=name, line={"color": palette.TEXT, "dash": dash, "width": 1.6})
    plot.update_xaxes(range=[0, min(30, list(bands.values())[-1])], nticks=4, tickfont={"size": 10})
    plot.update_xaxes(title_text="Hz", row=len(names), col=(len(stages) + 1) // 2)
    plot.update_yaxes(type="log", range=[-1.4, 1.9], tickvals=[0.1, 1, 10], ticktext=["0.1", "1", "10"], tickfont={"size": 10})
    plot.update_yaxes(title_text="% in half a hertz", row=(len(names) + 1) // 2, col=1)
    plot.update_layout(margin={"l": 60, "r": 24, "t": 74, "b": 44}, legend={"y": 1, "yref": "container", "yanchor": "top"})
    alt = (f"Spectra of relevance and of the signal by modality and stage, correct epochs, {rule_label(rule)}. Relevance is highest at: "
           + ", ".join(f"{name} in {stage} {hz:g} Hz" for stage, name, hz in peaks if hz == hz) + ".")
    return Figure(plot, alt, pandas.DataFrame(peaks, columns=["stage", "modality", "relevance is highest from, Hz"]), height=74 + 130 * len(names) + 44,
                  least=600, name="spectra", data=table)


def groups(table, bands, least=20):
    """Mean share of each band by true and predicted stage, a version for each rule and modality; groups of fewer epochs are left out."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    plain = table.astype(dict.fromkeys(("true", "predicted", "rule", "modality", "band", "recording"), str))
    means_ = plain.groupby(["rule", "modality", "true", "predicted", "band"])["share"].mean()
    one = plain[(plain["band"] == plain["band"].iloc[0]) & (plain["modality"] == plain["modality"].iloc[0]) & (plain["rule"] == plain["rule"].iloc[0])]
    counts = one.groupby(["true", "predicted"]).size()
    pairs = [(true, predicted) for true in palette.stages(plain["true"]) for predicted in palette.stages(plain["predicted"])
             if counts.get((true, predicted), 0) >= least]
    if not pairs:
        return Table(pandas.DataFrame(), "")
    return Switch(("Rule", "Modality"), {(rule_label(rule), name): _groups(100 * means_[rule, name].unstack("band"), counts, pairs, (rule, name), bands)
                                         for rule in ordered_rules(plain["rule"]) for name in palette.modalities(plain["modality"])})


def _groups(percent, counts, pairs, about, bands):
    rule, name = about
    labels = [f"{true} → {predicted}" for true, predicted in pairs]
    values = percent.reindex(pairs)[list(bands)].to_numpy()
    plot = canvas()
    plot.add_heatmap(z=values.round(2), x=[text(called(band)) for band in bands], y=labels, colorscale=palette.sequential(), zmin=0, xgap=2, ygap=2,
                     showscale=False, hoverinfo="text", hovertext=[[f"{label}, {text(name)} {text(called(band))}<br>{value:.1f} % of absolute relevance<br>"
                                                                   f"{counts[pair]:,} epochs" for band, value in zip(bands, line)]
                                                                  for pair, label, line in zip(pairs, labels, values)])
    plot.add_scatter(x=[text(called(band)) for _ in labels for band in bands], y=[label for label in labels for _ in bands], mode="text", hoverinfo="skip",
                     text=[f"{value:.0f}" for line in values for value in line], showlegend=False, textfont={"size": 11, "color": palette.TEXT})
    plot.update_xaxes(type="category", showgrid=False, side="top", tickfont={"color": palette.TEXT})
    plot.update_yaxes(type="category", autorange="reversed", showgrid=False, tickfont={"color": palette.TEXT})
    plot.update_layout(margin={"l": 96, "t": 56, "b": 12})
    table = pandas.DataFrame(values, columns=[f"{called(band)}, %" for band in bands])
    table = table.assign(group=labels, epochs=[int(counts[pair]) for pair in pairs])[["group", "epochs", *table.columns]]
    alt = (f"Heat map of the mean share of each band of {name} by true and predicted stage, {rule_label(rule)}, percent of absolute relevance, groups of at least "
           f"20 epochs: " + "; ".join(f"{label} most on {called(list(bands)[int(numpy.nanargmax(line))])} ({numpy.nanmax(line):.0f} %)"
                                      for label, line in zip(labels, values) if not numpy.isnan(line).all()) + ".")
    return Figure(plot, alt, table, height=84 + 26 * len(labels), name="bands-by-group")


def timeline(window, table, modality, bands):
    """A window of a night (analysis.timelines): hypnogram, and bands of one modality's share, stacked; by default of the first.

    A rule by which frequencies have no relevance gives nothing.
    """
    modality = modality or palette.modalities(window.modalities)[0]
    if table.empty or not (table["rule"].astype(str) == window.rule).any():
        return Table(pandas.DataFrame(), "")
    plain = table[(table["fold"] == window.fold) & (table["recording"].astype(str) == window.recording) & (table["rule"].astype(str) == window.rule)
                  & (table["modality"].astype(str) == modality)]
    percent = 100 * plain.astype({"band": str}).pivot(index="epoch", columns="band", values="share")[list(bands)]
    epochs = window.table[window.table["kept"] & window.table["epoch"].isin(percent.index)]
    clocks, look = [stamp(window.start, onset) for onset in epochs["onset_s"]], palette.look(modality, palette.modalities(window.modalities))
    plot = canvas(2, 1, shared_xaxes=True, vertical_spacing=0.12, row_heights=[1, 1.6],
                  subplot_titles=["Hypnogram", f"Bands of {text(modality)}, % of absolute relevance by {text(rule_label(window.rule))}"])
    plot.update_annotations(x=0, xanchor="left", font={"size": 12, "color": palette.MUTED})
    add_hypnogram(plot, window)
    for band, strength in zip(bands, STRENGTHS * (1 + len(bands) // len(STRENGTHS))):
        values = percent.loc[epochs["epoch"], band]
        plot.add_bar(x=clocks, y=values, width=1000 * EPOCH_S, offset=0, name=text(called(band)), hoverinfo="text",
                     hovertext=[f"{at[11:19]}, epoch {epoch}<br>{text(modality)} {text(called(band))} {value:.1f} %"
                                for at, epoch, value in zip(clocks, epochs["epoch"], values)],
                     marker={"color": faded(look.line, strength), "line": {"width": 0}}, row=2, col=1)
    plot.update_layout(barmode="stack", bargap=0, margin={"l": 50, "t": 112}, legend={"y": 0.96, "yref": "container", "yanchor": "top", "traceorder": "normal"})
    plot.update_xaxes(showgrid=False, tickformatstops=CLOCK, range=[stamp(window.start, window.start_s), stamp(window.start, window.stop_s)])
    plot.update_xaxes(title_text="clock time", row=2, col=1)
    plot.update_yaxes(rangemode="tozero", row=2, col=1)
    middle = percent.loc[epochs["epoch"]].mean()
    alt = (f"Hypnogram and frequency bands of {modality} in recording {window.recording}, fold {window.fold}, {rule_label(window.rule)}: mean over {len(epochs)} epochs "
           + ", ".join(f"{called(band)} {middle[band]:.0f} %" for band in bands) + " of absolute relevance.")
    numbers = epochs[["epoch", "true", "predicted"]].join(percent.round(2), on="epoch").rename(columns={band: f"{called(band)}, %" for band in bands})
    return Figure(plot, alt, numbers.reset_index(drop=True), height=460, name=f"bands-of-{slug(modality)}")


def effects(table, bands=("",)):
    """Heat maps of the regression of bands, errors clustered by subject, one for each covariate, a version for each rule.

    bands : names, in their order; by default of a table without bands, a row per modality.
    """
    if table.empty:
        return Table(pandas.DataFrame(), "")
    plain = plainly(table.assign(band=table["band"].astype(str) if "band" in table else ""))
    return Switch("Rule", {rule_label(rule): _effects(plain[plain["rule"] == rule], bands) for rule in ordered_rules(plain["rule"])})


def _effects(table, bands, test="clustered"):
    terms, stages = terms_of(table), palette.stages(table["stage"])
    parts = [(name, band) for name in palette.modalities(table["modality"]) for band in bands]
    labels = [f"{text(name)} {text(called(band))}".strip() for name, band in parts]
    plot, height = stacked([heading(table, term) for term in terms], [len(parts)] * len(terms),
                           f"{rule_label(table['rule'].iloc[0])}, means of nights, errors clustered by subject, points", LEGEND)
    significant = []
    for at, term in enumerate(terms):
        cells = {(row["stage"], row["modality"], row["band"]): row for row in of_term(table, term).to_dict("records")}
        grid = [[cells[stage, *part] for stage in stages] for part in parts]
        seen = [[row[f"coefficient_{test}"] if row[f"q_{test}"] < ALPHA else numpy.nan for row in line] for line in grid]
        significant += [f"{row['stage']} {(row['modality'] + ' ' + called(row['band'])).strip()} with {term[0]} {points(row, test)}" for line in grid for row in line
                        if row[f"q_{test}"] < ALPHA]
        add_panel(plot, at, (labels, stages), numpy.array(seen, float), [[_hover(row, test) for row in line] for line in grid],
                  [[(_cell(row, test), row[f"q_{test}"] < ALPHA) for row in line] for line in grid])
    columns = ["covariate", "level", "reference", "stage", "modality", "band", f"coefficient_{test}", f"low_{test}", f"high_{test}",
               f"p_{test}", f"q_{test}"]
    what = "frequency bands" if table["band"].any() else "shares above their floor"
    alt = (f"Heat maps of coefficients of {what}, {rule_label(table['rule'].iloc[0])}, in points; significant at {ALPHA} after correction over "
           f"all tests of the rule: {', '.join(significant) or 'none'}.")
    return Figure(plot, alt, table[columns].assign(tests=[marks(row) for row in table.to_dict("records")]), height=height, least=560,
                  name="band-coefficients" if table["band"].any() else "floor-coefficients")


def _cell(row, test):
    if not numpy.isfinite(row[f"coefficient_{test}"]):
        return "–"
    return f"{'<b>' * (row[f'q_{test}'] < ALPHA)}{points(row, test)}{'</b>' * (row[f'q_{test}'] < ALPHA)} {marks(row)}"


def _hover(row, test):
    head = f"{row['stage']}, {text(row['modality'])} {text(called(row['band']))}"
    if not numpy.isfinite(row[f"coefficient_{test}"]):
        return f"{head}<br>no coefficient: {text(row[f'reason_{test}'])}"
    return (f"{head}<br>{points(row, test)} points {between(row, test)}<br>corrected p {p_words(row[f'q_{test}'])}"
            f"<br>{row['n']:,} epochs, {row['subjects']} subjects")


def removal(table):
    """Rank correlation of a band's share with what the logit loses when it comes from another epoch, by rule, stage and modality."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    plain = table.astype({"rule": str, "stage": str, "modality": str})
    rows = []
    for rule in ordered_rules(plain["rule"]):
        for name in palette.modalities(plain["modality"]):
            mine = plain[(plain["rule"] == rule) & (plain["modality"] == name)].set_index("stage")["correlation"]
            rows.append({"rule": rule_label(rule), "modality": name, **{stage: round(float(mine[stage]), 2) for stage in
                                                                      ["all", *palette.stages(plain["stage"])] if stage in mine}})
    return Table(pandas.DataFrame(rows), "Spearman's correlation of a band's share with the size of what its exchange costs, over epochs and bands", data=table)
