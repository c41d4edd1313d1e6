"""Single sleepers and their nights: what a laboratory reports of each night, and every subject's accuracy and shares as points and lines."""

import pandas

from ...analysis.sleep_statistics import MEASURES
from ...data.covariates import is_number, levels
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .canvas import canvas
from .display import Figure, Switch, Table, text
from .recordings import clipped

#: Cohen's kappa of two human scorers over all stages, and its 95 % interval: a meta-analysis of 11 studies (Lee et al. 2022, doi
#: 10.5664/jcsm.9538).
HUMAN, SCORERS = 0.76, (0.71, 0.81)


def nights(statistics, cohort):
    """The statistics of each night beside its subject and covariates. statistics : of `analysis.sleep_statistics.of_nights`."""
    about = cohort.table[["recording", "subject", *cohort.covariates]].astype({"recording": str})
    exact = about.merge(statistics, on="recording").rename(columns=MEASURES)
    if len(exact) and not exact[MEASURES["gap_min"]].any():
        exact = exact.drop(columns=MEASURES["gap_min"])
    return Table(exact.round(dict.fromkeys(MEASURES.values(), 1)), f"Sleep of {len(exact)} nights", data=exact)


def by_condition(statistics, cohort):
    """Mean ± SD over nights of every measure, over all nights and by the first category that differs between nights of a subject."""
    columns = {"all nights": statistics.set_index("recording")}
    condition = within_subjects(cohort)
    if condition:
        of_night = cohort.table.astype({"recording": str}).set_index("recording")[condition]
        columns |= {f"{condition} {level}": columns["all nights"][of_night.reindex(columns["all nights"].index).astype(str) == level]
                    for level in levels(of_night, cohort.reference.get(condition))}
    measures = [name for name in MEASURES if statistics[name].notna().any() and (name != "gap_min" or statistics[name].any())]
    shown = pandas.DataFrame({"mean ± SD": ["nights", *(MEASURES[name] for name in measures)],
                              **{called: [str(len(rows)), *(mean_and_sd(rows[name]) for name in measures)] for called, rows in columns.items()}})
    exact = pandas.concat([rows[measures].agg(["mean", "std", "count"]).T.rename_axis("measure").reset_index().assign(nights=called)
                           for called, rows in columns.items()], ignore_index=True) if measures else pandas.DataFrame()
    return Table(shown if measures else exact, f"Sleep{f' by {condition}' if condition else ''}, mean ± SD over nights", data=exact)


def within_subjects(cohort):
    """The first category of a cohort that differs between the nights of some subject, or None."""
    table = cohort.table
    return next((name for name in cohort.covariates if not is_number(table[name])
                 and (table.groupby("subject")[name].nunique() > 1).any()), None)


def mean_and_sd(values):
    """`92.0 ± 11.4`; a mean alone of one value, a dash of none."""
    values = values.dropna()
    if values.empty:
        return "–"
    return f"{values.mean():.1f}" + (f" ± {values.std():.1f}" if len(values) > 1 else "")


def accuracy(by_night, by_subject):
    """How well each subject is staged: a point for each night, a line between the nights of a subject, a bar where all its epochs lie.

    by_night, by_subject : `model.scores.scores` by subject and recording, and by subject.
    """
    wide, nights = (wanted(table, keys) for table, keys in ((by_subject, ["subject"]), (by_night, ["subject", "recording"])))
    wide = wide.sort_values("accuracy", kind="stable", ignore_index=True)
    names = [text(name) for name in wide["subject"]]
    plot = canvas(1, 2, subplot_titles=["accuracy, %", "Cohen's kappa (grey: human scorers)"], shared_yaxes=True, horizontal_spacing=0.04)
    for column, (measure, factor, digits) in enumerate((("accuracy", 100, 1), ("kappa", 1, 2)), start=1):
        here = {"row": 1, "col": column}
        joined = nights.sort_values("recording").groupby("subject")
        x, y, said = [], [], []
        for name, of_subject in joined:
            values = (factor * of_subject[measure]).round(4).tolist()
            x, y = [*x, *values, None], [*y, *[text(name)] * len(values), None]
            said += [f"subject {text(name)}, night {text(row.recording)}<br>{measure} {factor * getattr(row, measure):.{digits}f}<br>{row.n:,} epochs"
                     for row in of_subject.itertuples()] + [""]
        plot.add_scatter(x=x, y=y, mode="lines+markers", name="a night", hovertext=said, hoverinfo="text", showlegend=column == 1,
                         line={"width": 1, "color": palette.MUTED}, marker={"size": 6, "symbol": "circle-open", "color": palette.MUTED}, **here)
        plot.add_scatter(x=(factor * wide[measure]).round(4).tolist(), y=names, mode="markers", name="all of a subject's epochs",
                         showlegend=column == 1, hovertext=[f"subject {name}<br>{measure} {factor * value:.{digits}f}<br>{n:,} epochs"
                                    for name, value, n in zip(names, wide[measure], wide["n"])], hoverinfo="text",
                         marker={"size": 9, "symbol": "line-ns-open", "color": palette.TEXT, "line": {"width": 3, "color": palette.TEXT}}, **here)
    plot.add_vrect(x0=SCORERS[0], x1=SCORERS[1], fillcolor="rgba(118,123,130,0.25)", line_width=0, layer="below", row=1, col=2)
    plot.update_yaxes(type="category", categoryorder="array", categoryarray=names, tickvals=names, tickfont={"size": 11},
                      ticktext=[clipped(name) for name in wide["subject"]])
    plot.update_yaxes(title_text="subject", row=1, col=1)
    plot.update_layout(margin={"t": 84}, legend={"y": 1, "yref": "container", "yanchor": "top"})
    table = nights.assign(**{"accuracy, %": 100 * nights["accuracy"]}).sort_values(["subject", "recording"], ignore_index=True)
    alt = (f"Points for each night of {len(wide)} subjects, sorted by accuracy, which runs from {100 * wide['accuracy'].min():.1f} % (subject "
           f"{wide['subject'].iloc[0]}) to {100 * wide['accuracy'].max():.1f} % (subject {wide['subject'].iloc[-1]}); kappa from "
           f"{wide['kappa'].min():.2f} to {wide['kappa'].max():.2f}. A band shows kappa between human scorers, {SCORERS[0]} to {SCORERS[1]}.")
    return Figure(plot, alt, table.rename(columns={"n": "epochs"})[["subject", "recording", "epochs", "accuracy, %", "kappa"]],
                  height=130 + 19 * len(wide), name="accuracy-by-subject")


def wanted(scored, keys):
    """Accuracy and kappa with the number of epochs, a row for each of `keys`."""
    rows = scored[scored["measure"].isin(["accuracy", "kappa"])].astype(dict.fromkeys(keys, str))
    wide = rows.pivot(index=keys, columns="measure", values="value")
    return wide.assign(n=rows[rows["measure"] == "accuracy"].set_index(keys)["n"]).reset_index().rename_axis(columns=None)


def shares(table):
    """Each subject's share of each modality over the stages that the network says: a thin line each, their mean thick; a version by rule.

    table : of `analysis.subject_shares.subject_shares`.
    """
    return Switch("Rule", {rule_label(rule): of_rule(table[table["rule"] == rule], rule) for rule in ordered_rules(table["rule"])})


def of_rule(table, rule):
    """The figure of one rule: a panel for each modality."""
    names, stages = palette.modalities(table["modality"]), palette.stages(table["predicted"])
    plot = canvas(1, len(names), subplot_titles=[text(name) for name in names], shared_yaxes=True, horizontal_spacing=0.02)
    means = table.groupby(["modality", "predicted"])["share"].mean()
    for column, name in enumerate(names, start=1):
        look, here = palette.look(name, names), {"row": 1, "col": column}
        x, y, said = [], [], []
        for subject, mine in table[table["modality"] == name].groupby("subject", sort=True):
            by_stage = mine.set_index("predicted").reindex(stages)
            x, y = [*x, *stages, None], [*y, *(None if value != value else round(100 * value, 2) for value in by_stage["share"]), None]
            said += [f"subject {text(subject)}, {stage} said: {100 * row['share']:.1f} % on {text(name)}<br>{row['n']:,.0f} epochs"
                     if row["share"] == row["share"] else "" for stage, row in by_stage.iterrows()] + [""]
        plot.add_scatter(x=x, y=y, mode="lines+markers", hovertext=said, hoverinfo="text", showlegend=False, opacity=0.55,
                         line={"width": 1, "color": look.line}, marker={"size": 3.5, "symbol": look.symbol, "color": look.line}, **here)
        of_name = means[name].reindex(stages)
        plot.add_scatter(x=stages, y=(100 * of_name).round(2).tolist(), mode="lines+markers", showlegend=False, hoverinfo="text",
                         line={"width": 3.5, "color": palette.TEXT}, marker={"size": 7, "symbol": look.symbol, "color": palette.TEXT},
                         hovertext=[f"mean over subjects, {stage} said: {100 * value:.1f} % on {text(name)}" for stage, value in of_name.items()],
                         **here)
    for words, line in (("a subject", {"width": 1, "color": palette.MUTED}), ("mean over subjects", {"width": 3.5, "color": palette.TEXT})):
        plot.add_scatter(x=[None], y=[None], mode="lines", name=words, line=line, hoverinfo="skip", row=1, col=1)
    plot.update_xaxes(type="category", categoryorder="array", categoryarray=stages, range=[-0.4, len(stages) - 0.6], showgrid=False)
    plot.update_yaxes(rangemode="tozero")
    plot.update_yaxes(title_text="share of absolute relevance, %", row=1, col=1)
    plot.update_layout(margin={"t": 76}, legend={"y": 1, "yref": "container", "yanchor": "top"})
    numbers = summary(table, names, stages)
    cells = "; ".join(f"{row['stage said']} {row['modality']} {row['mean %']:.0f} % ({row['lowest subject %']:.0f} to {row['highest subject %']:.0f})"
                      for _, row in numbers.iterrows())
    alt = (f"A thin line for each of {table['subject'].nunique()} subjects and a thick one for their mean, a panel for each modality: share of "
           f"absolute relevance by the stage that the network says, {rule_label(rule)}, each epoch of a subject counting the same. Mean "
           f"(lowest to highest subject): {cells}.")
    return Figure(plot, alt, numbers, height=380, least=620, name="shares-by-subject",
                  data=table.assign(share=100 * table["share"]).rename(columns={"share": "share %", "n": "epochs"}).reset_index(drop=True),
                  summary="Means as a table; CSV has every subject")


def summary(table, names, stages):
    """A row for each stage and modality: subjects, mean, SD, the lowest and the highest subject."""
    found = (100 * table.set_index(["predicted", "modality"])["share"]).groupby(level=[0, 1]).agg(["size", "mean", "std", "min", "max"])
    found = found.reindex([(stage, name) for stage in stages for name in names]).dropna(subset="mean").reset_index()
    found.columns = ["stage said", "modality", "subjects", "mean %", "SD, points", "lowest subject %", "highest subject %"]
    return found.astype({"subjects": int})
