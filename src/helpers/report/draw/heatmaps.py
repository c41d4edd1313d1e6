"""Figure 4: heat maps of regression coefficients, one for each covariate.

Rows are stages, columns modalities; a cell is coloured where it is significant after correction at 0.05, and carries
the paper's stars: * below 0.01, ** below 0.001.
"""

import numpy

from ...constants import ALPHA
from . import palette
from .canvas import canvas
from .display import Figure, Switch, Table, text

STAR, STARS = 0.01, 0.001
ERRORS = {"ols": "OLS, as in the paper", "clustered": "errors clustered by subject"}


def stars(corrected):
    """The paper's marks for a corrected p."""
    return "**" if corrected < STARS else "*" if corrected < STAR else ""


def cell(row, corrected):
    """A coefficient in points with its stars, bold where significant; empty where there is none."""
    if not numpy.isfinite(row.coefficient):
        return "–"
    return f"<b>{points(row, corrected)}</b>" if row[corrected] < ALPHA else points(row, corrected)


def points(row, corrected):
    """`+4.50**`."""
    return f"{row['coefficient']:+.2f}{stars(row[corrected])}".replace("-", "−")


def coefficients(table, errors="ols"):
    """Heat maps of a rule's coefficients with the corrected p of `errors` ("ols" or "clustered").

    `table` holds the rows of analysis.regression.regress_all for a rule, a way of averaging and a kind of rows.
    """
    corrected = f"q_{errors}"
    table = table.astype({"stage": str, "modality": str, "covariate": str, "level": str})
    terms, names = list(dict.fromkeys(zip(table["covariate"], table["level"]))), palette.modalities(table["modality"])
    rows = palette.stages(table["stage"])
    across = min(len(terms), 3)
    plot = canvas(-(-len(terms) // 3), across, subplot_titles=[heading(table, term) for term in terms],
                  horizontal_spacing=0.05, shared_yaxes=True)
    for at, term in enumerate(terms):
        of_cells = of_term(table, term).set_index(["stage", "modality"], drop=False)
        grid = [[of_cells.loc[(stage, name)] for name in names] for stage in rows]
        seen = numpy.array([[row.coefficient if row[corrected] < ALPHA else numpy.nan for row in line]
                            for line in grid], dtype=float)
        most = numpy.nanmax(numpy.abs(seen)) if numpy.isfinite(seen).any() else 1
        plot.add_heatmap(z=seen, x=[text(name) for name in names], y=rows, zmin=-most, zmax=most, xgap=2, ygap=2,
                         colorscale=palette.diverging(), showscale=False, hoverongaps=True, hoverinfo="text",
                         hovertext=[[in_words(row, title(table, term), errors) for row in line] for line in grid],
                         row=at // 3 + 1, col=at % 3 + 1)
        add_numbers(plot, grid, (rows, names), corrected, {"row": at // 3 + 1, "col": at % 3 + 1})
    plot.update_xaxes(showgrid=False, type="category", tickfont={"color": palette.TEXT})
    plot.update_yaxes(autorange="reversed", showgrid=False, type="category", tickfont={"color": palette.TEXT})
    plot.update_layout(margin={"l": 46, "t": 76, "b": 36})
    return Figure(plot, words(table, terms, errors), report(table, errors), least=680, name="coefficients",
                  height=112 + 46 * len(rows) * (-(-len(terms) // 3)))


def add_numbers(plot, grid, order, corrected, here):
    """Coefficients and stars in every cell; those that are not significant in muted ink."""
    rows, names = order
    flat = [(stage, name, row) for stage, line in zip(rows, grid, strict=True)
            for name, row in zip(names, line, strict=True)]
    plot.add_scatter(x=[text(name) for _, name, _ in flat], y=[stage for stage, _, _ in flat], mode="text",
                     text=[cell(row, corrected) for _, _, row in flat], hoverinfo="skip", showlegend=False,
                     textfont={"size": 12, "color": [palette.TEXT if row[corrected] < ALPHA else palette.MUTED
                                                     for _, _, row in flat]}, **here)


def title(table, term):
    """What the coefficient means: `medication: temazepam against placebo, points`, `age, points per year`."""
    (covariate, level), rows = term, of_term(table, term)
    if level:
        return f"{covariate}: {level} against {rows['reference'].iloc[0]}, points"
    return f"{covariate}, points per {'year' if covariate == 'age' else 'unit'}"


def of_term(table, term):
    """The rows of a covariate and, where it has several, of a level."""
    return table[(table["covariate"] == term[0]) & (table["level"] == term[1])]


def heading(table, term):
    """The same in two short lines."""
    name, _, rest = title(table, term).removesuffix(", points").partition(": " if ": " in title(table, term) else ", ")
    return f"<b>{text(name)}</b><br>{text(rest)}"


def in_words(row, heading, errors):
    """One cell as a person would say it; `heading` is its title."""
    head = f"{row.stage}, {text(row.modality)}; {text(heading.removesuffix(', points'))}"
    if not numpy.isfinite(row.coefficient):
        return f"{head}<br>no coefficient: {text(row.reason)}"
    sign = "more" if row.coefficient > 0 else "less"
    return (f"{head}<br>{abs(row.coefficient):.2f} points {sign} {between(row, errors)}, "
            f"corrected p = {row[f'q_{errors}']:.2g}<br>{row.n:,} epochs of {row.subjects} subjects, {ERRORS[errors]}")


def between(row, errors):
    """The 95 % interval of a coefficient: `[−1.00, 1.50]`."""
    return f"[{row[f'low_{errors}']:.2f}, {row[f'high_{errors}']:.2f}]".replace("-", "−")


def words(table, terms, errors):
    """The text alternative: which coefficients are significant, in numbers."""
    parts = []
    for term in terms:
        significant = of_term(table, term)
        significant = significant[significant[f"q_{errors}"] < ALPHA]
        cells = ", ".join(f"{row['stage']} {row['modality']} {points(row, f'q_{errors}')} {between(row, errors)}"
                          for _, row in significant.iterrows()) or "none"
        parts.append(f"{title(table, term)}: {cells}.")
    return (f"Heat maps of regression coefficients, stage by modality, {ERRORS[errors]}; significant at "
            f"{ALPHA} after Benjamini–Hochberg correction, with 95 % intervals: " + " ".join(parts))


def report(table, errors):
    """The numbers of a version of the figure."""
    columns = ["covariate", "level", "reference", "stage", "modality", "coefficient", f"low_{errors}", f"high_{errors}",
               f"p_{errors}",
               f"q_{errors}"]
    return table[columns].rename(columns=lambda name: name.replace(f"_{errors}", "")).rename(
        columns={"low": "95 % from", "high": "to", "q": "corrected p"})


def effects(table):
    """Figure 4 with its switch: the paper's OLS first, then the same coefficients with clustered errors; nothing without
    covariates."""
    if table.empty:
        return Table(table, "")
    return Switch("Standard errors", {ERRORS[errors]: coefficients(table, errors) for errors in ERRORS})
