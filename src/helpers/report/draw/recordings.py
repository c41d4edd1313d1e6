"""Figures of the cohort: its epochs by stage, dropped slots, who is in which fold, covariates."""

import numpy
import pandas

from ...constants import REASONS, ROLES, STAGES
from . import palette
from .canvas import canvas
from .display import Figure, Table, text

#: Patterns beside grey levels, so that reasons stay apart in print.
REASON_PATTERNS = dict(zip(REASONS, ("", "/", "x", ".", "-", "+"), strict=True))
REASON_FILLS = dict(zip(REASONS, ("#8a94a0", "#b09a7a", "#6fa3a0", "#a58bbd", "#e0895a", "#d9c64a"), strict=True))


def stages(epochs):
    """How many epochs of each stage every recording has; `epochs` has recording, subject and stage."""
    table = epochs.astype({"recording": str, "stage": str})
    counts = pandas.crosstab(table["recording"], table["stage"]).reindex(columns=list(STAGES), fill_value=0)
    plot = stacked(counts, palette.STAGE_FILLS, palette.STAGE_PATTERNS, "epochs of 30 s")
    total = counts.sum()
    alt = (f"Stacked bars, one per recording: {total.sum():,} sleep epochs in {len(counts)} recordings. "
           + ", ".join(f"{stage} {number:,} ({100 * number / max(total.sum(), 1):.1f} %)"
                       for stage, number in total.items()) + ".")
    return Figure(plot, alt, plainly(counts), height=110 + 19 * len(counts), name="epochs-by-stage")


def dropped(ledger):
    """Slots of 30 s that were dropped, by reason; slots that were kept are given in numbers beside each bar."""
    table = ledger.astype({"recording": str, "reason": str})
    counts = pandas.crosstab(table["recording"], table["reason"]).reindex(columns=["", *REASONS], fill_value=0)
    counts = counts.rename(columns={"": "kept"})
    lost = counts.drop(columns="kept")
    lost = lost.loc[:, lost.sum() > 0]
    plot = stacked(lost, REASON_FILLS, REASON_PATTERNS, "dropped slots of 30 s")
    sums = lost.sum(axis=1)
    plot.add_scatter(x=sums, y=[text(name) for name in counts.index], mode="text", textposition="middle right",
                     text=[f" kept {number:,}" for number in counts["kept"]], textfont={"size": 11, "color": palette.MUTED},
                     showlegend=False, hoverinfo="skip", cliponaxis=False)
    plot.update_xaxes(range=[0, 1.3 * max(sums.max(), 1) if len(sums) else 1])
    slots, reasons = len(table), lost.sum()
    alt = (f"Stacked bars, one per recording: of {slots:,} slots of 30 s, {counts['kept'].sum():,} were kept and "
           f"{reasons.sum():,} dropped" + (": " if len(reasons) else "")
           + ", ".join(f"{reason} {number:,}" for reason, number in reasons.items()) + ".")
    shown = counts[["kept", *lost.columns]].assign(slots=counts.sum(axis=1))
    return Figure(plot, alt, plainly(shown), height=110 + 19 * len(counts), name="dropped-slots")


def plainly(counts):
    """A cross table whose rows are named by a first column."""
    return counts.rename_axis(columns=None).reset_index()


def stacked(counts, fills, patterns, title):
    """Horizontal stacked bars, a row per recording in the table's order from the top."""
    plot = canvas()
    rows = [text(name) for name in counts.index]
    for name in counts:
        hover = [f"recording {row}<br>{text(name)}: {number:,} of {total:,} {title}" for row, number, total in
                 zip(rows, counts[name], counts.sum(axis=1), strict=True)]
        plot.add_bar(y=rows, x=counts[name].to_numpy(), orientation="h", name=text(name), hovertext=hover,
                     hoverinfo="text", marker={"color": fills[name], "line": {"width": 0.5, "color": palette.PAPER},
                                               "pattern": {"shape": patterns[name], "size": 5, "solidity": 0.25,
                                                           "fillmode": "overlay", "fgcolor": "#1b1f24",
                                                           "fgopacity": 0.6}})
    plot.update_layout(barmode="stack", bargap=0.25, legend={"traceorder": "normal"})
    plot.update_yaxes(autorange="reversed", tickfont={"size": 11}, type="category", tickvals=rows,
                      ticktext=[clipped(name) for name in counts.index])
    plot.update_xaxes(title_text=title)
    return plot


def clipped(name, longest=14):
    """A name short enough for an axis; hover and table give it whole."""
    name = str(name)
    return text(name if len(name) <= longest else name[:longest - 1] + "…")


def membership(folds):
    """Who is in which fold: subjects down, folds across, T for test, V for validation, a dot for training."""
    roles = folds.astype({"subject": str}).pivot(index="subject", columns="fold", values="role")
    level = roles.apply(lambda column: column.map({"training": 0.0, "validation": 0.5, "test": 1.0}))
    letters = roles.apply(lambda column: column.map({"training": "·", "validation": "V", "test": "T"})).fillna("")
    hover = [[f"subject {text(subject)}, fold {fold}: {roles.loc[subject, fold]}" for fold in roles.columns]
             for subject in roles.index]
    plot = canvas()
    plot.add_heatmap(z=level.to_numpy(float), x=[f"fold {fold}" for fold in roles.columns],
                     y=[text(name) for name in roles.index], colorscale=palette.sequential(), zmin=0, zmax=1,
                     showscale=False, text=letters.to_numpy(), texttemplate="%{text}", hovertext=hover,
                     hoverinfo="text", xgap=2, ygap=2, textfont={"size": 13, "color": palette.TEXT})
    plot.update_xaxes(side="top", showgrid=False, type="category")
    plot.update_yaxes(autorange="reversed", showgrid=False, type="category", title_text="subject",
                      tickvals=[text(name) for name in roles.index],
                      ticktext=[clipped(name) for name in roles.index])
    times = (roles == "test").sum(axis=1)
    never = [name for name in roles.index if not times[name]]
    untested = (f"Never tested: {', '.join(never)}." if never else
                f"Every subject is tested, the number of times a subject is tested: {span(times)}.")
    alt = (f"Matrix of {len(roles)} subjects by {roles.shape[1]} folds. Subjects per fold: "
           + ", ".join(f"{span((roles == role).sum())} for {role}" for role in ROLES) + f". {untested}")
    return Figure(plot, alt, plainly(roles.rename(columns=lambda fold: f"fold {fold}")), height=90 + 22 * len(roles),
                  name="folds")


def span(numbers):
    """`3`, or `2 to 3`."""
    low, high = int(numpy.min(numbers)), int(numpy.max(numbers))
    return str(low) if low == high else f"{low} to {high}"


def covariates(table, names):
    """Covariates of each recording, as they are in the cohort's table."""
    columns = ["recording", "subject", *names]
    return Table(table[columns], f"{len(table)} recordings of {table['subject'].nunique()} subjects")
