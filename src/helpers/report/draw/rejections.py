"""How often each method rejects: where nothing is there, with a line at the nominal 5 %, and against the size of an effect."""

import pandas

from ...analysis.error_rates import ALL, KEYS
from ...analysis.null_cohorts import METHODS
from ...constants import ALPHA
from . import palette
from .canvas import canvas
from .coefficients import of_term, terms_of
from .display import Figure, Table, text

#: Method → short name, marker, dash, colour: those that keep their size are purple, green and black, the others grey.
LOOKS = {"ols": ("OLS", "x", "dot", palette.MUTED), "crv1": ("CRV1", "triangle-up", "dash", palette.MUTED),
         "clustered": ("CRV3, epochs", "circle", "dashdot", palette.SPARE[0].line),
         "nights": ("CRV3, nights", "square", "longdash", palette.TEXT),
         "permutation": ("permutation", "diamond", "solid", palette.SPARE[1].line)}
#: Ticks of rates in percent, and the smallest rate that the logarithmic axis shows.
TICKS, LEAST = (0.5, 1, 2, 5, 10, 20, 50, 100), 0.4
#: Power that is asked for.
WANTED = 0.80


def null(table, stage=ALL):
    """Rows where nothing is there, of a stage."""
    return table[(table["effect_size"] == 0) & (table["stage"] == stage)]


def title(table, term):
    """`medication: temazepam against placebo`, or the name of a number."""
    return f"{term[0]}: {term[1]} against {of_term(table, term)['reference'].iloc[0]}" if term[1] else term[0]


def heading(table, term):
    """The same in two short lines."""
    name, _, rest = title(table, term).partition(": ")
    return f"<b>{text(name)}</b><br>{text(rest)}"


def percent(rate):
    """`4.3 %`, or `64 %` from 10 % on."""
    return f"{100 * rate:.0f} %" if rate >= 0.0995 else f"{100 * rate:.1f} %"


def false_positives(table):
    """Rate of false positives of each method, a panel per covariate, with 95 % intervals; nothing without covariates."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    rows, found = null(table), terms_of(table)
    methods = [name for name in METHODS if name in set(rows["method"])]
    plot = panels(rows, found)
    for at, term in enumerate(found):
        here, of_covariate = {"row": at // 3 + 1, "col": at % 3 + 1}, of_term(rows, term).set_index("method")
        for method in (name for name in methods if name in of_covariate.index):
            row, (name, symbol, _, colour) = of_covariate.loc[method], LOOKS[method]
            middle, low, high = (max(100 * row[end], LEAST) for end in ("rate", "low", "high"))
            plot.add_scatter(x=[middle], y=[name], mode="markers", showlegend=False, hoverinfo="text",
                             error_x={"type": "data", "symmetric": False, "array": [high - middle], "arrayminus": [middle - low],
                                      "color": colour, "thickness": 1.5},
                             hovertext=[f"{METHODS[method]}<br>{text(title(rows, term))}<br>{in_words(row)}"],
                             marker={"symbol": symbol, "size": 10, "color": colour}, **here)
        plot.add_vline(x=100 * ALPHA, line={"color": palette.TEXT, "width": 1.5, "dash": "dash"}, **here)  # none on empty panels
    plot.update_xaxes(type="log", range=[-0.42, 2.05], tickvals=TICKS, ticktext=[f"{tick:g}" for tick in TICKS])
    plot.update_xaxes(title_text="rejects, % of cohorts", row=-(-len(found) // 3), col=1)
    plot.update_yaxes(categoryorder="array", categoryarray=[LOOKS[name][0] for name in methods][::-1], showgrid=False,
                      tickfont={"color": palette.TEXT})
    plot.update_layout(margin={"l": 104, "t": 76, "b": 52})
    alt = (f"How often each method calls an effect significant at {100 * ALPHA:g} % where nothing is there, uncorrected, over the "
           f"drawn cohorts of all stages, with 95 % intervals. " + " ".join(
               f"{title(rows, term)}: " + ", ".join(
                   f"{LOOKS[row.method][0]} {percent(row.rate)} [{100 * row.low:.1f}, {100 * row.high:.1f}]"
                   for row in of_term(rows, term).itertuples()) + "." for term in found))
    return Figure(plot, alt, numbers(table[table["effect_size"] == 0]), height=110 + 210 * -(-len(found) // 3), least=680,
                  name="false-positives")


def detection(table):
    """Rate of detection against the standardised size of an effect, a panel per covariate; nothing without covariates."""
    rows = table[table["stage"] == ALL] if len(table) else table
    if rows.empty or not (rows["effect_size"] > 0).any():
        return Table(pandas.DataFrame(), "")
    found = [term for term in terms_of(rows) if (of_term(rows, term)["effect_size"] > 0).any()]
    plot, shown = panels(rows, found), set()
    for at, term in enumerate(found):
        here = {"row": at // 3 + 1, "col": at % 3 + 1}
        for method, line in of_term(rows, term).groupby("method", sort=False):
            name, symbol, dash, colour = LOOKS[method]
            hover = [f"{METHODS[method]}<br>{text(title(rows, term))}, d = {row['effect_size']:g}<br>{in_words(row)}"
                     for _, row in line.iterrows()]
            plot.add_scatter(x=line["effect_size"], y=100 * line["rate"], mode="lines+markers", name=name, legendgroup=name,
                             showlegend=name not in shown, hovertext=hover, hoverinfo="text",
                             line={"color": colour, "dash": dash, "width": 2}, marker={"symbol": symbol, "size": 7}, **here)
            shown.add(name)
        for level, dash in ((ALPHA, "dash"), (WANTED, "dot")):
            plot.add_hline(y=100 * level, line={"color": palette.TEXT, "width": 1, "dash": dash}, **here)
    plot.update_yaxes(range=[-3, 103], tickvals=[0, 5, 20, 40, 60, 80, 100])
    plot.update_yaxes(title_text="rejects, % of cohorts", col=1)
    plot.update_xaxes(title_text="standardised effect d", row=-(-len(found) // 3), col=1)
    # The legend stands below the words in the picture's corner.
    plot.update_layout(margin={"l": 60, "t": 100, "b": 52}, legend={"y": 0.95, "yref": "container", "yanchor": "top"})
    largest = rows["effect_size"].max()
    alt = (f"How often each method finds an effect of d from 0 to {largest:g} at {100 * ALPHA:g} %, uncorrected, over the drawn "
           f"cohorts of all stages. At d = {largest:g}: " + "; ".join(
               f"{title(rows, term)}: " + ", ".join(
                   f"{LOOKS[row.method][0]} {percent(row.rate)}" for row in of_term(rows, term).itertuples()
                   if row.effect_size == largest) for term in found) + ".")
    return Figure(plot, alt, numbers(table[table["effect_size"] > 0]), height=140 + 240 * -(-len(found) // 3), least=680,
                  name="detection")


def panels(rows, found):
    """Empty panels, three in a row, a heading for each covariate."""
    return canvas(-(-len(found) // 3), min(len(found), 3), subplot_titles=[heading(rows, term) for term in found],
                  horizontal_spacing=0.05, vertical_spacing=0.4 / max(-(-len(found) // 3), 2), shared_yaxes=True)


def in_words(row):
    """`rejects in 43 of 1,000 cohorts: 4.3 % [3.1, 5.7]`."""
    return (f"rejects in {row['rejected']:,} of {row['cohorts']:,} cohorts:<br>{percent(row['rate'])} "
            f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]")


def numbers(table):
    """The rates in percent for reading, methods in words."""
    shown = table[[*KEYS[1:], "rejected", "cohorts"]].assign(**{
        "rate %": 100 * table["rate"], "95 % from": 100 * table["low"], "to": 100 * table["high"]})
    return shown.assign(method=shown["method"].map(METHODS)).rename(columns={"effect_size": "d"}).reset_index(drop=True)


def variances(table):
    """Variances between sleepers, nights, epochs and networks of one rule, as they are drawn; nothing without any."""
    if table.empty:
        return Table(pandas.DataFrame(), "")
    notes = [reason or note for reason, note in zip(table["reason"], table["note"])]
    shown = table[["stage", "modality", "between_subjects", "between_nights", "icc", "within_nights", "correlation",
                   "between_networks", "icc_networks", "nights", "subjects"]].assign(note=notes)
    names = {"between_subjects": "between subjects", "between_nights": "between nights", "icc": "part of subjects",
             "within_nights": "within nights", "correlation": "correlation of neighbours", "between_networks": "between networks",
             "icc_networks": "agreement of networks"}
    shown = shown.rename(columns=names)
    return Table(shown.round(dict.fromkeys(names.values(), 2)), "Variances in squared points, by stage and modality", data=table)
