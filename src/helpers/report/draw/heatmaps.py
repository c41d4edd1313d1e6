"""Figure 4: heat maps of regression coefficients, one for each covariate, modalities by stages as in the paper.

A cell is coloured where it is significant after correction at 0.05, and carries the paper's stars: * below 0.01, ** below
0.001. The dots under a coefficient say which of the three tests call it significant.
"""

import numpy
import pandas

from ...analysis.regression import TESTS
from ...constants import ALPHA
from . import palette
from .canvas import canvas
from .coefficients import BUTTONS, NAMES, SHORT, about, agree, between, heading, marks, of_term, plainly, points, q_words, switched, terms_of, title
from .display import Figure, Table, text

#: Heights in pixels: a row of cells, what lies between panels, above the first and below the last.
ROW, GAP, TOP, BOTTOM = 38, 54, 64, 74
LEGEND = (f"Dots, from left: {', '.join(SHORT[test] for test in TESTS)}.<br>● corrected p below {ALPHA}, ○ not, – no test.<br>"
          "Coloured where the test shown has ●; * 0.01, ** 0.001.")


def cell(row, test):
    """A coefficient in points with its stars, bold where significant, and the marks of all tests; a dash where there is none."""
    if not numpy.isfinite(row[f"coefficient_{test}"]):
        return f"–<br>{marks(row)}"
    said = points(row, test)
    return f"{f'<b>{said}</b>' if row[f'q_{test}'] < ALPHA else said}<br>{marks(row)}"


def coefficients(table, test="ols"):
    """Heat maps of the coefficients of a test ("ols", "clustered" or "permutation").

    `table` holds the rows of analysis.regression.chosen.
    """
    table = plainly(table)
    terms = terms_of(table)
    panels = [([[text(name) for name in names], stages], grid) for names, stages, grid in (grid_of(table, term) for term in terms)]
    plot, height = stacked([heading(table, term) for term in terms], [len(names) for (names, _), _ in panels],
                           f"{about(table)}, {NAMES[test]}, points", LEGEND)
    for at, (order, grid) in enumerate(panels):
        called = title(table, terms[at])
        seen = [[row[f"coefficient_{test}"] if row[f"q_{test}"] < ALPHA else numpy.nan for row in line] for line in grid]
        add_panel(plot, at, order, numpy.array(seen, dtype=float),
                  [[in_words(row, called, test) for row in line] for line in grid],
                  [[(cell(row, test), row[f"q_{test}"] < ALPHA) for row in line] for line in grid])
    return Figure(plot, words(table, terms, test), report(table, test), name="coefficients", height=height)


def grid_of(table, term):
    """(modalities, stages, a row as a dict for each modality and stage) of a term."""
    names, stages = palette.modalities(table["modality"]), palette.stages(table["stage"])
    cells = {(row["stage"], row["modality"]): row for row in of_term(table, term).to_dict("records")}
    return names, stages, [[cells[stage, name] for stage in stages] for name in names]


def stacked(headings, rows, above, below):
    """(an empty plot with a panel for each heading, one above the other; its height in pixels).

    rows : of cells in each panel. above, below : what the figure shows, and what its marks mean.
    """
    area = ROW * sum(rows) + GAP * (len(rows) - 1)
    plot = canvas(len(rows), 1, subplot_titles=headings, row_heights=rows, vertical_spacing=GAP / area if len(rows) > 1 else 0)
    plot.update_layout(margin={"l": 46, "r": 58, "t": TOP, "b": BOTTOM})
    for words, y, shift, anchor in ((above, 1, 26, "bottom"), (below, 0, -24, "top")):
        plot.add_annotation(text=words, x=0, y=y, xref="paper", yref="paper", xanchor="left", yanchor=anchor, yshift=shift,
                            xshift=-40, align="left", showarrow=False, font={"size": 11, "color": palette.MUTED})
    return plot, TOP + area + BOTTOM


def add_panel(plot, at, order, values, hover, cells):
    """A heat map with its colour bar; `cells` are texts and whether they stand out, `values` what is coloured (NaN: nothing)."""
    here, (names, stages) = {"row": at + 1, "col": 1}, order
    known = numpy.isfinite(values).any()
    most = numpy.nanmax(numpy.abs(values)) if known else 1
    low, high = plot.layout[f"yaxis{at + 1 if at else ''}"].domain
    bar = {"thickness": 10, "len": high - low, "y": (low + high) / 2, "x": 1.01, "xpad": 2, "ypad": 0, "outlinewidth": 0,
           "nticks": 5, "tickfont": {"size": 10, "color": palette.MUTED}}
    plot.add_heatmap(z=values.round(4), x=stages, y=names, zmin=-most, zmax=most, xgap=2, ygap=2, hoverongaps=True, hovertext=hover,
                     colorscale=palette.diverging(), showscale=bool(known), colorbar=bar, hoverinfo="text", **here)
    flat = [(stage, name, said, stands_out) for name, line in zip(names, cells, strict=True)
            for stage, (said, stands_out) in zip(stages, line, strict=True)]
    plot.add_scatter(x=[stage for stage, *_ in flat], y=[name for _, name, *_ in flat], mode="text",
                     text=[said for _, _, said, _ in flat], hoverinfo="skip", showlegend=False,
                     textfont={"size": 11, "color": [palette.TEXT if stands_out else palette.MUTED for *_, stands_out in flat]},
                     **here)
    plot.update_xaxes(range=[-0.5, len(stages) - 0.5], showgrid=False, type="category", tickfont={"size": 11, "color": palette.TEXT}, **here)
    plot.update_yaxes(range=[len(names) - 0.5, -0.5], showgrid=False, type="category", tickfont={"color": palette.TEXT}, **here)


def in_words(row, heading, test):
    """One cell as a person would say it; `heading` is its title."""
    head = f"{row['stage']}, {text(row['modality'])}; {text(heading)}"
    value = row[f"coefficient_{test}"]
    if not numpy.isfinite(value):
        return f"{head}<br>no coefficient: {text(row[f'reason_{test}'])}"
    interval = f" {between(row, test)}" if f"low_{test}" in row else ""
    return (f"{head}<br>{abs(value):.2f} points {'more' if value > 0 else 'less'}{interval}<br>corrected p: {q_words(row)}"
            f"<br>{row['n']:,} epochs, {row['subjects']} subjects")


def words(table, terms, test):
    """The text alternative: which coefficients are significant, in numbers, and where all tests agree."""
    parts = []
    for term in terms:
        rows = of_term(table, term)
        interval = f"low_{test}" in rows
        cells = ", ".join(f"{row['stage']} {row['modality']} {points(row, test)}" + (f" {between(row, test)}" if interval else "")
                          + f" ({marks(row).count('●')} of {len(TESTS)} tests)"
                          for row in rows[rows[f"q_{test}"] < ALPHA].to_dict("records")) or "none"
        parts.append(f"{title(table, term)}: {cells}.")
    return (f"Heat maps of regression coefficients in points, modality by stage, {about(table)}, {NAMES[test]}; significant at "
            f"{ALPHA} after Benjamini–Hochberg correction{', with 95 % intervals' if f'low_{test}' in table else ''}; all "
            f"{len(TESTS)} tests agree on {int(agree(table).sum())}: {' '.join(parts)}")


def report(table, test):
    """The numbers of a version of the figure."""
    columns = ["covariate", "level", "reference", "per", "stage", "modality", f"coefficient_{test}", f"low_{test}", f"high_{test}",
               f"p_{test}", f"q_{test}"]
    shown = table[[name for name in columns if name in table]]
    called = {f"low_{test}": "95 % from", f"high_{test}": "to", f"q_{test}": "corrected p"}
    return shown.rename(columns=called).rename(columns=lambda name: name.replace(f"_{test}", "")).assign(
        tests=[marks(row) for row in table.to_dict("records")])


def effects(tables):
    """Figure 4 with its switches: rule, averaging and test, the paper's OLS first; nothing without covariates.

    tables : `coefficients.versions`, or the rows of one of them.
    """
    if not isinstance(tables, dict):
        tables = {} if tables.empty else {(str(tables["rule"].iloc[0]), str(tables["averaging"].iloc[0])): tables}
    return switched(coefficients, tables, ("Test", BUTTONS)) if tables else Table(pandas.DataFrame(), "")
