"""Forest plot: every coefficient with its intervals, beside the smallest effect that the test would have found."""

import numpy
import pandas

from ...constants import ALPHA
from . import palette
from .canvas import canvas
from .coefficients import about, between, heading, of_term, plainly, q_of, q_words, signed, switched, terms_of, title
from .display import Figure, Table, text

#: Pixels of a row, above the first and below the last; where in its row a coefficient of OLS lies.
ROW, TOP, BOTTOM, LOWER = 26, 76, 116, 0.27
BAND = "smallest detectable effect, either way"
INTERVAL = "clustered by subject, 95 %"
FILLED = (f"filled: permutation, corrected p below {ALPHA}", "open: not")
PAPERS = "OLS, as in the paper, 95 %"


def forest(table):
    """Coefficients by stage and modality, a panel for each covariate.

    `table` holds the rows of analysis.regression.chosen, in percent: coefficients are points.
    """
    table = plainly(table)
    terms, names = terms_of(table), palette.modalities(table["modality"])
    order = [(stage, name) for stage in palette.stages(table["stage"]) for name in names]
    plot = canvas(1, len(terms), subplot_titles=[heading(table, term).replace("</b>: ", "</b><br>").replace("</b>, ", "</b><br>")
                                                 for term in terms], shared_yaxes=True, horizontal_spacing=0.03)
    for at, term in enumerate(terms):
        rows = of_term(table, term).set_index(["stage", "modality"], drop=False).loc[order]
        add_panel(plot, rows, names, title(table, term), {"row": 1, "col": at + 1})
    add_legend(plot)
    labels = [f"{stage}  {text(name)}" if number % len(names) == 0 else text(name) for number, (stage, name) in enumerate(order)]
    plot.update_yaxes(tickvals=list(range(len(order))), ticktext=labels, range=[len(order) - 0.4, -0.6], showgrid=False,
                      tickfont={"color": palette.TEXT})
    plot.update_xaxes(zeroline=True, zerolinecolor=palette.MUTED, title_text="points")
    for number in range(len(names), len(order), len(names)):
        plot.add_hline(number - 0.5, line={"color": palette.GRID, "width": 1})
    plot.add_annotation(text=f"{about(table)}; 95 % intervals of one test, not corrected", x=0, y=1, xref="paper", yref="paper",
                        xanchor="left", yanchor="bottom", yshift=46, showarrow=False, font={"size": 11, "color": palette.MUTED})
    plot.update_layout(margin={"l": 70, "t": TOP, "b": BOTTOM}, barmode="overlay", bargap=0.16,
                       legend={"y": 0, "yref": "container", "yanchor": "bottom", "font": {"size": 11}})
    return Figure(plot, words(table, terms), report(table), height=TOP + ROW * len(order) + BOTTOM, least=720, name="intervals",
                  data=table.drop(columns=[name for name in ("family",) if name in table]))


def add_panel(plot, rows, names, heading, here):
    """One covariate: bands, then OLS, then clustered errors by modality, whose markers are filled by permutation."""
    y = numpy.arange(len(rows))
    band = [None if numpy.isnan(value) else round(value, 3) for value in rows["detectable"]]
    plot.add_bar(y=y.tolist(), x=[None if value is None else 2 * value for value in band],
                 base=[None if value is None else -value for value in band], orientation="h", showlegend=False,
                 marker={"color": palette.GRID, "opacity": 0.7, "line": {"width": 0}}, hoverinfo="skip", **here)
    plot.add_scatter(**interval(rows, y + LOWER, "ols"), mode="markers", hoverinfo="skip", showlegend=False,
                     marker={"symbol": "line-ns", "size": 7, "line": {"width": 1.5, "color": palette.MUTED}}, **here)
    for name in names:
        mine, look = (rows["modality"] == name).to_numpy(), palette.look(name, names)
        found = rows.loc[mine, "q_permutation"] < ALPHA
        plot.add_scatter(**interval(rows[mine], y[mine], "clustered", look.line, 2), mode="markers", name=text(name),
                         showlegend=False, hoverinfo="text",
                         hovertext=[in_words(row, heading) for row in rows[mine].to_dict("records")],
                         marker={"symbol": [look.symbol + ("" if filled else "-open") for filled in found], "size": 8,
                                 "color": look.line, "line": {"width": 1.5, "color": look.line}}, **here)


def interval(rows, y, test, colour=palette.MUTED, width=1):
    """Where coefficients and their 95 % intervals lie."""
    values = rows[f"coefficient_{test}"]
    known = values.notna().to_numpy()
    values = values[known]
    low, high = rows.loc[known, f"low_{test}"], rows.loc[known, f"high_{test}"]
    whole = [None if not there else float(row) for there, row in zip(known, rows[f"coefficient_{test}"].round(3), strict=True)]
    reach = {"array": _gaps(high - values, known), "arrayminus": _gaps(values - low, known)}
    return {"x": whole, "y": [float(value) for value in y],
            "error_x": {"type": "data", "symmetric": False, **reach, "color": colour, "thickness": width, "width": 0}}


def _gaps(reach, known):
    """Lengths, 0 where there is none."""
    values = iter(reach.round(3).tolist())
    return [next(values) if there else 0 for there in known]


def add_legend(plot):
    """What marks and bands mean, in the page's own ink."""
    ink = {"color": palette.TEXT, "size": 8, "line": {"width": 1.5, "color": palette.TEXT}}
    for name, drawn in ((INTERVAL, {"mode": "lines", "line": {"width": 2, "color": palette.TEXT}}),
                        (FILLED[0], {"mode": "markers", "marker": {"symbol": "circle", **ink}}),
                        (FILLED[1], {"mode": "markers", "marker": {"symbol": "circle-open", **ink}}),
                        (PAPERS, {"mode": "lines", "line": {"width": 1, "color": palette.MUTED}}),
                        (BAND, {"mode": "markers", "marker": {"symbol": "square", "size": 12, "color": palette.GRID}})):
        plot.add_scatter(x=[None], y=[None], name=name, hoverinfo="skip", showlegend=True, row=1, col=1, **drawn)


def in_words(row, heading):
    """One row as a person would say it."""
    head = f"{row['stage']}, {text(row['modality'])}; {text(heading)}"
    if not numpy.isfinite(row["coefficient_clustered"]):
        return f"{head}<br>no coefficient: {text(row['reason_clustered'])}"
    ols = f"{signed(row['coefficient_ols'])} {between(row, 'ols')}" if numpy.isfinite(row["coefficient_ols"]) else "–"
    return (f"{head}<br>clustered {signed(row['coefficient_clustered'])} {between(row, 'clustered')}<br>OLS {ols}"
            f"<br>corrected p: {q_words(row)}<br>detectable {row['detectable']:.2f}, d = {effect(row)}")


def effect(row):
    """The standardised effect size, or a dash."""
    return signed(row["effect_size"]) if numpy.isfinite(row["effect_size"]) else "–"


def words(table, terms):
    """The text alternative: which 95 % intervals leave out 0, and what could have been found."""
    parts = []
    for term in terms:
        rows = of_term(table, term)
        clear = rows[(rows["low_clustered"] > 0) | (rows["high_clustered"] < 0)]
        cells = ", ".join(f"{row['stage']} {row['modality']} {signed(row['coefficient_clustered'])} {between(row, 'clustered')}"
                          f" (permutation {q_of(row, 'permutation')})" for row in clear.to_dict("records")) or "none"
        least = rows["detectable"].median()
        parts.append(f"{title(table, term)}: {cells}; smallest detectable effect {least:.2f} points as a median over cells."
                     if numpy.isfinite(least) else f"{title(table, term)}: {cells}.")
    return (f"Forest plot of coefficients in points with 95 % intervals, clustered by subject and by OLS, {about(table)}; those "
            f"whose clustered interval leaves out 0, with the corrected p of permutation. {' '.join(parts)}")


def report(table):
    """Clustered and permutation first, then OLS; points with their intervals and standardised effect sizes, as texts."""
    shown = table[[name for name in ("covariate", "level", "reference", "per", "stage", "modality") if name in table]].copy()
    for test, words in (("clustered", "clustered"), ("permutation", "permutation"), ("ols", "OLS")):
        known = table[f"coefficient_{test}"].notna()
        said = [signed(row[f"coefficient_{test}"]) + (f" {between(row, test)}" if test != "permutation" else "") if there else "–"
                for there, row in zip(known, table.to_dict("records"), strict=True)]
        shown[f"{words}, points"] = said
        shown[f"{words} corrected p"] = table[f"q_{test}"].to_numpy()
    shown.insert(shown.columns.get_loc("OLS, points"), "detectable", table["detectable"].round(2))
    shown.insert(shown.columns.get_loc("OLS, points"), "effect size d", [effect(row) for row in table.to_dict("records")])
    return shown


def intervals(tables):
    """The forest plot with its switches for rule and averaging, from `coefficients.versions`; nothing without covariates."""
    return switched(forest, tables) if tables else Table(pandas.DataFrame(), "")
