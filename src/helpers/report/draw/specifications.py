"""Specification curves: each claim under every combination of choices, sorted by value, with a dot for each choice that was made
(Simonsohn, Simmons and Nelson 2020)."""

import numpy
import pandas

from ...analysis.choices import DIMENSIONS, in_words
from . import palette
from .canvas import canvas
from .digits import fixed
from .display import Figure, Switch, Table, text

#: How a verdict is drawn: colour, marker shape.
LOOKS = {"holds": (palette.PREDICTED, "circle"), "fails": (palette.LOOKS["EMG"].line, "x"),
         "undecided": (palette.MUTED, "circle-open")}
TITLES = {"rule": "rule", "averaging": "averaging", "scale": "scale", "test": "test", "rows": "rows", "selection": "epochs", "replacement": "replaced by",
          "network": "network"}


def curves(claims, specifications):
    """A specification curve for each claim that was judged under more than one combination of choices; an empty table where
    there is none.

    Parameters
    ----------
    claims, specifications : tables of `helpers.analysis.claims.judge`.
    """
    figures = {}
    for row in claims.itertuples():
        of_claim = specifications[specifications["claim"].astype(str) == str(row.claim)]
        if len(of_claim) > 1:
            figures[f"Claim {row.claim}"] = curve(of_claim, str(row.claim), str(row.statement))
    return Switch("Claim", figures) if figures else Table(pandas.DataFrame(), "")


def both(claims, specifications):
    """The same of two networks, whose choice is one more; tables of `helpers.analysis.both_verdicts.verdicts_of_both`."""
    if claims is None or claims.empty:
        return Table(pandas.DataFrame(), "")
    return curves(claims[claims["network"] == "own"], specifications)


def curve(table, claim, statement):
    """One claim: above, the value that decides under each combination with its 95 % interval; below, which choices were made."""
    first = table.iloc[0]
    table = table.assign(own=numpy.arange(len(table)) == 0).sort_values("value", kind="stable", ignore_index=True)
    dots = _dots(table)
    plot = canvas(2, 1, shared_xaxes=True, vertical_spacing=0.03, row_heights=[0.55, 0.45] if len(dots) > 5 else [0.7, 0.3])
    for bound in sorted({first["bound_low"], first["bound_high"]}):
        plot.add_scatter(x=[-1, len(table)], y=[bound, bound], mode="lines", hoverinfo="skip", showlegend=False, row=1, col=1,
                         line={"color": palette.TEXT, "width": 1, "dash": "dash"})
    for verdict, (colour, symbol) in LOOKS.items():
        rows = table[table["verdict"] == verdict]
        ends = {"up": (rows["high"] - rows["value"]).fillna(0), "down": (rows["value"] - rows["low"]).fillna(0)}
        plot.add_scatter(x=rows.index.tolist(), y=rows["value"].tolist(), mode="markers", name=f"{verdict} ({len(rows)})",
                         error_y={"type": "data", "symmetric": False, "array": ends["up"].tolist(), "width": 0, "thickness": 1,
                                  "arrayminus": ends["down"].tolist(), "color": colour},
                         marker={"color": colour, "symbol": symbol, "size": 7}, hoverinfo="text",
                         hovertext=[_hover(row) for row in rows.itertuples()], row=1, col=1)
    own = table.index[table["own"]].tolist()
    plot.add_scatter(x=own, y=table.loc[own, "value"].tolist(), mode="markers", hoverinfo="skip", name="the study's own choices",
                     marker={"symbol": "diamond-open", "size": 15, "color": palette.TEXT, "line": {"width": 2}}, row=1, col=1)
    for at, (_, chosen) in enumerate(dots):
        here = numpy.flatnonzero(chosen).tolist()
        plot.add_scatter(x=here, y=[at] * len(here), mode="markers", hoverinfo="skip", showlegend=False, row=2, col=1,
                         marker={"color": [LOOKS[table["verdict"].iloc[place]][0] for place in here], "size": 5})
    _axes(plot, dots, len(table))
    counts = table["verdict"].value_counts()
    alt = (f"Specification curve of claim {claim}: {statement} Under {len(table)} combinations of choices it holds in "
           f"{counts.get('holds', 0)}, fails in {counts.get('fails', 0)} and is undecided in {counts.get('undecided', 0)}; values "
           f"from {fixed(table['value'].min(), 1)} to {fixed(table['value'].max(), 1)}. By the study's own choices: {first['verdict']}, "
           f"{first['comparison']}, {fixed(first['value'], 1)}.")
    return Figure(plot, alt, _numbers(table), height=330 + 17 * len(dots), least=560,
                  name=f"specifications-{claim.replace(' ', '-')}")


def _dots(table):
    """(words, bool per combination) of each choice that differs between combinations, in the order of dimensions."""
    varied = [name for name in DIMENSIONS if table[name].nunique() > 1]
    return [(f"{TITLES[name]}: {in_words(name, value)}", (table[name] == value).to_numpy())
            for name in varied for value in dict.fromkeys(table.sort_values("own", ascending=False)[name])]


def _axes(plot, dots, number):
    plot.update_xaxes(showgrid=False, showticklabels=False, zeroline=False, range=[-1, number])
    plot.update_xaxes(title_text="combinations of choices, by value", row=2, col=1)
    plot.update_yaxes(title_text="value that decides", zeroline=False, row=1, col=1)
    plot.update_yaxes(tickvals=list(range(len(dots))), ticktext=[text(words) for words, _ in dots], range=[len(dots) - 0.5, -0.5],
                      showgrid=False, zeroline=False, tickfont={"size": 11, "color": palette.TEXT}, row=2, col=1)
    plot.update_layout(margin={"l": 190, "t": 56, "b": 40})


def _hover(row):
    ends = "" if numpy.isnan(row.low) else f" [{fixed(row.low, 1)}, {fixed(row.high, 1)}]"
    chosen = ", ".join(in_words(name, getattr(row, name)) for name in DIMENSIONS if getattr(row, name))
    return f"{text(row.comparison)} = {fixed(row.value, 1)}{ends}: {row.verdict}<br>{text(chosen)}"


def _numbers(table):
    """The combinations as a table, with the choices that there are."""
    there = [name for name in DIMENSIONS if (table[name] != "").any()]
    chosen = {TITLES[name]: [in_words(name, value) for value in table[name]] for name in there}
    return pandas.DataFrame({**chosen, "compared": table["comparison"], "value": table["value"], "low": table["low"],
                             "high": table["high"], "verdict": table["verdict"],
                             "the study's own": numpy.where(table["own"], "yes", "")})
