"""Figures and tables of what is lost without a modality: recall and scores, relevance beside it, Shapley values."""

import numpy
import pandas

from ...analysis.choices import WORDS
from ...constants import STAGES
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .boxes import amount, box, quartiles
from .canvas import canvas
from .digits import fixed, within
from .display import Figure, Switch, Table, text
from .heatmaps import add_panel, stacked

#: Measure of a network's scores → what its column is called.
SCORES = {("accuracy", "all"): "accuracy", ("balanced accuracy", "all"): "balanced accuracy", ("weighted f1", "all"): "weighted F1",
          ("kappa", "all"): "kappa", **{("f1", stage): f"F1 of {stage}" for stage in STAGES}}
#: Measure of agreement with Shapley values → its column, and how many digits it has.
AGREEMENT = {"leading": ("leading modality, kappa", 2), "rank": ("rank, tau", 2), "distance": ("distance of shares", 2),
             "deletion": ("deletion order", 2)}


def replaced(table):
    """Replacement → its rows as plain text, those that a table has in the papers' order."""
    plain = table.astype({name: str for name in ("replacement", "stage", "modality") if name in table})
    there = [name for name in WORDS["replacement"] if (plain["replacement"] == name).any()]
    return {name: plain[plain["replacement"] == name] for name in there}


def lost(table):
    """`quartiles` over folds of the recall lost, in points, by stage and modality in the report's order."""
    table = table.astype({"stage": str, "modality": str})
    order = {name: at for at, name in enumerate((*STAGES, *palette.modalities(table["modality"])))}
    table = table.sort_values(["stage", "modality"], key=lambda column: column.map(order), kind="stable")
    return quartiles(table.assign(share=table["lost"]), ["stage", "modality"])


def recall(table):
    """Recall lost when a modality is replaced, in points, by stage; boxes over folds, a version for each replacement."""
    return Switch("Replaced by", {WORDS["replacement"][name].removeprefix("replaced by ").capitalize(): _recall(rows, name)
                                  for name, rows in replaced(table).items()})


def _recall(table, replacement):
    names, plot = palette.modalities(table["modality"]), canvas()
    for name in names:
        rows, look = table[table["modality"] == name], palette.look(name, names)
        hover = [f"{row.stage}, {text(name)} {WORDS['replacement'][replacement]}<br>fold {row.fold}: recall {100 * row.recall:.0f} % → "
                 f"{100 * row.recall_without:.0f} %<br>in {row.n:,} epochs" for row in rows.itertuples()]
        plot.add_box(**{**box(rows.assign(share=rows["lost"]), look, 5), "hovertext": hover}, x=rows["stage"],
                     offsetgroup=text(name), name=f"{palette.MARKS[look.symbol]} {text(name)}")
    plot.update_layout(boxmode="group", boxgap=0.25, margin={"t": 60})
    plot.update_xaxes(categoryorder="array", categoryarray=list(STAGES), showgrid=False)
    plot.update_yaxes(title_text="recall lost, points", zeroline=True, zerolinecolor=palette.MUTED)
    numbers = lost(table)
    leads = numbers.dropna().sort_values("median %", ascending=False, kind="stable").drop_duplicates("stage").sort_index()
    alt = (f"Box plots over folds of the recall lost when a modality is {WORDS['replacement'][replacement]}. "
           "Most is lost, in points, median [quartiles]: "
           + ", ".join(f"{row['stage']} without {row['modality']} {amount(row).replace(' %', '')}"
                       for _, row in leads.iterrows()) + ".")
    return Figure(plot, alt, numbers.rename(columns=lambda name: name.replace(" %", ", points")), height=380, name="recall-lost")


def scores(changes):
    """Change of each score in percent of what it was, median [quartiles] over folds; a row for each replacement and modality."""
    rows = []
    for replacement, of_one in replaced(changes).items():
        for name in palette.modalities(of_one["modality"]):
            mine = of_one[of_one["modality"] == name]
            cells = {}
            for (measure, stage), words in SCORES.items():
                values = mine.loc[(mine["measure"] == measure) & (mine["stage"] == stage), "change"].dropna()
                low, middle, high = numpy.quantile(values, [.25, .5, .75], method="hazen") if len(values) else (numpy.nan,) * 3
                cells[words] = "–" if not len(values) else within(middle, low, high, 0)
            rows.append({"without": name, "replaced by": WORDS["replacement"][replacement].removeprefix("replaced by "), **cells})
    return Table(pandas.DataFrame(rows), "Change of scores in percent of what they were, median [quartiles] over folds", data=changes)


def beside(shares):
    """Mean shares of modalities in correct epochs by every rule and method, stage by stage.

    shares : tables of shares, one below the other; a method may have fewer epochs than another.
    """
    right = shares[shares["true"].astype(str) == shares["predicted"].astype(str)].astype(
        {name: str for name in ("true", "rule", "modality", "recording")})
    means = right.groupby(["true", "rule", "modality"])["share"].mean()
    epochs = right.drop_duplicates(["fold", "recording", "epoch", "rule"]).groupby(["true", "rule"]).size()
    names, stages = palette.modalities(right["modality"]), palette.stages(right["true"])
    rules = ordered_rules(right["rule"])
    labels = [text(rule_label(rule)) for rule in rules]
    plot = canvas(1, max(len(stages), 1), subplot_titles=stages, shared_yaxes=True, horizontal_spacing=0.02)
    for at, stage in enumerate(stages, start=1):
        for name in names:
            look = palette.look(name, names)
            values = [100 * means.get((stage, rule, name), numpy.nan) for rule in rules]
            hover = [f"{stage}, {label}<br>{text(name)} {value:.0f} %<br>{epochs.get((stage, rule), 0):,} epochs"
                     for rule, label, value in zip(rules, labels, values)]
            plot.add_bar(y=labels, x=values, orientation="h", name=text(name), legendgroup=text(name), showlegend=at == 1,
                         hovertext=hover, hoverinfo="text", marker={
                             "color": look.line, "line": {"width": 0}, "pattern": {"shape": look.pattern, "fillmode": "overlay",
                             "fgcolor": "#ffffff", "fgopacity": 0.6, "size": 6, "solidity": 0.2}}, row=1, col=at)
    plot.update_layout(barmode="stack", bargap=0.25, margin={"l": 170, "t": 66, "b": 44},
                       legend={"y": 1, "yref": "container", "yanchor": "top"})
    plot.update_xaxes(range=[0, 100], tickvals=[0, 50], ticktext=["0", "50 %"], showgrid=False)
    plot.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": palette.TEXT})
    table = pandas.DataFrame([{"stage": stage, "method": rule_label(rule), "epochs": epochs.get((stage, rule), 0),
                               **{f"{name} %": 100 * means.get((stage, rule, name), numpy.nan) for name in names}}
                              for stage in stages for rule in rules])
    leads = "; ".join(f"{stage}: " + ", ".join(
        f"{rule_label(rule)} {max(names, key=lambda name: means.get((stage, rule, name), -1))}" for rule in rules
        if (stage, rule) in epochs.index) for stage in stages)
    alt = (f"Stacked bars of each modality's mean share in correct epochs, by stage and by {len(rules)} rules and methods. The modality "
           f"with the largest share: {leads}.")
    return Figure(plot, alt, table, height=110 + 26 * len(rules), least=660, name="methods-by-stage")


def terms(table):
    """What modalities give alone and together, in logits of the predicted stage: means over epochs of a true stage."""
    table = table.astype({"true": str, "modalities": str})
    sets, stages = list(dict.fromkeys(table["modalities"])), palette.stages(table["true"])
    sets.sort(key=lambda name: name.count("+"))
    means = table.groupby(["modalities", "true"])["term"].agg(["mean", "size"])
    of_subjects = table.groupby(["modalities", "true", "subject"], observed=True)["term"].mean().groupby(["modalities", "true"])
    errors = of_subjects.std(ddof=1) / numpy.sqrt(of_subjects.size())
    grid = numpy.array([[means["mean"].get((name, stage), numpy.nan) for stage in stages] for name in sets])
    plot, height = stacked(["what a set gives beyond its parts, logits"], [len(sets)],
                           "Mean over epochs; ± standard error over subjects",
                           "Above 0 in a pair: its modalities need each other; below 0: they say the same.")
    said = [[f"{fixed(value, 1, '+')} ± {errors.get((name, stage), numpy.nan):.1f}" for stage, value in zip(stages, line)]
            for name, line in zip(sets, grid)]
    hover = [[f"{stage}, {text(name)}<br>{words} logits<br>{means['size'].get((name, stage), 0):,} epochs"
              for stage, words in zip(stages, line)] for name, line in zip(sets, said)]
    add_panel(plot, 0, ([text(name) for name in sets], stages), grid, hover, [[(words, True) for words in line] for line in said])
    plot.update_layout(margin={"l": 130})
    numbers = means.join(errors.rename("se")).reset_index().rename(columns={
        "true": "stage", "mean": "mean term, logits", "size": "epochs", "se": "standard error over subjects"})
    pairs = [name for name in sets if "+" in name]
    strongest = [max(pairs, key=lambda name: abs(means["mean"].get((name, stage), 0))) for stage in stages] if pairs else []
    alt = ("Heat map of what each set of modalities gives the logit of the predicted stage beyond its parts, by true stage. The "
           "strongest term of several together: " + ", ".join(
               f"{stage} {name} {means['mean'].get((name, stage), numpy.nan):+.1f}" for stage, name in zip(stages, strongest))
           + ".").replace("-", "−")
    return Figure(plot, alt, numbers, height=height, least=560, name="together")


def losses(table):
    """How much each modality lowers the cross-entropy of each true stage, in nats, median [quartiles] over folds."""
    table = table.astype({"stage": str, "modality": str})
    rows = []
    for stage in palette.stages(table["stage"]):
        row = {"stage": stage, "epochs": int(table[table["stage"] == stage].drop_duplicates("fold")["n"].sum())}
        for name in palette.modalities(table["modality"]):
            values = table.loc[(table["stage"] == stage) & (table["modality"] == name), "loss"]
            low, middle, high = numpy.quantile(values, [.25, .5, .75], method="hazen")
            row[name] = f"{fixed(middle, 2)} [{fixed(low, 2)}, {fixed(high, 2)}]"
        rows.append(row)
    return Table(pandas.DataFrame(rows), "How much each modality lowers the loss of a stage, nats, median [quartiles] over folds",
                 data=table)


def agreement(table):
    """How far each rule and method agrees with Shapley values over all epochs of the trial, with 95 % intervals over subjects."""
    whole = table[table["stage"].astype(str) == "all"].astype({"rule": str, "measure": str})
    rows = []
    for rule in ordered_rules(whole["rule"]):
        mine = whole[whole["rule"] == rule].set_index("measure")
        rows.append({"method": rule_label(rule), **{words: within(*mine.loc[measure, ["value", "low", "high"]], digits)
                                                    for measure, (words, digits) in AGREEMENT.items()}})
    nothing = whole.drop_duplicates("measure").set_index("measure")["nothing"]
    for called, values in (("knows nothing", nothing), ("Shapley itself", {"leading": 1, "rank": 1, "distance": 0, "deletion": numpy.nan})):
        rows.append({"method": called, **{words: f"{values[measure]:.{digits}f}" if values[measure] == values[measure] else "–"
                                          for measure, (words, digits) in AGREEMENT.items()}})
    epochs = int(whole["epochs"].max()) if len(whole) else 0
    return Table(pandas.DataFrame(rows), f"Agreement with Shapley values in {epochs:,} epochs, 95 % interval over subjects", data=table)
