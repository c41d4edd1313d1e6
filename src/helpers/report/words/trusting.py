"""What the page on whether explanations can be trusted says."""

import pandas

from ...constants import STAGES
from ...pipeline.config import FLOORS
from ...relevance.rules import is_rule
from ...relevance.rules import label as rule_label
from ...trust.intervals import means
from ...trust.measures import ALIKE
from ...trust.perturbation import REFERENCES
from ..draw.floors import READINGS, in_order, signed
from ..draw.trials import COLUMNS, amount
from .answers import answer
from .markdown import in_markdown, joined

#: A floor that is at least this part of the share.
MOST = 0.8


@answer
def trust(table, rule, measures):
    """What modalities keep of their share as noise under a rule; which value tells signal from noise; how maps do on the trial's measures."""
    plain, (_, names, _) = in_order(table)
    whole = plain[plain["stage"] == "all"]
    rows = whole[(whole["rule"] == rule) & (whole["reading"] == "share")].set_index("modality")
    kept = joined([f"{name} gets {100 * rows.loc[name, 'floor']:.0f} % where its signal gets {100 * rows.loc[name, 'intact']:.0f} %"
                   for name in names if name in rows.index])
    told = whole.groupby(["rule", "reading"])["told"].mean()
    best, worst = told.idxmax(), told.idxmin()
    much = sum(rows["floor"] >= MOST * rows["intact"])
    return (f"With noise of its night's spectrum in its place, {kept} of absolute relevance under {rule_label(rule)} (mean of shares, "
            f"correct epochs of the trial): {much} of {len(rows)} keep at least {100 * MOST:.0f} % of their share. What tells signal "
            f"from noise best is {_named(best)}, right in {100 * told[best]:.0f} % of epochs as a mean over modalities, "
            f"and worst {_named(worst)} ({100 * told[worst]:.0f} %; 50 % is chance). {_maps(measures)}")


def _maps(measures):
    """Of how many ways of explaining the maps beat the size of the signal, in one sentence."""
    plain = measures.astype({"rule": str, "stage": str, "measure": str})
    rows = plain[(plain["stage"] == "all") & plain["measure"].isin(["windows", "signs"]) & ~plain["rule"].isin([*REFERENCES])]
    parts = []
    for measure, called in (("windows", "as to which windows the network needs"), ("signs", "as to where planted signs stand")):
        mine = rows[rows["measure"] == measure]
        if len(mine):
            parts.append(f"{int((~mine['fails']).sum())} of {len(mine)} ways of explaining say more than the size of the signal {called}")
    return f"Within a modality, {joined(parts)}." if parts else ""


def _named(value):
    rule, reading = value
    return f"{'the share' if reading == 'share' else READINGS[reading].lower()} by {rule_label(rule)}"


def kept_floors():
    """What `python -m helpers bench --floors` measured last, or an empty table."""
    return pandas.read_csv(FLOORS) if FLOORS.exists() else pandas.DataFrame()


@in_markdown
def seeds(table):
    """How much of its share each modality keeps as noise, over simulated cohorts and folds."""
    if table.empty:
        return ""
    lines = []
    for rule, rows in table.groupby("rule", sort=False):
        parts = []
        for name, here in rows.groupby("modality", sort=False):
            kept, learned = here["noise"] / here["intact"], here["trained"] / here["intact"]
            parts.append(f"{name} {100 * kept.mean():.0f} % ({100 * kept.min():.0f} to {100 * kept.max():.0f}), trained so {100 * learned.mean():.0f} %")
        lines.append(f"- {rule_label(rule)}: {joined(parts)}.")
    return "\n".join([f"Of the share that its signal gets, noise in its place keeps, mean (range) over {table['seed'].nunique()} simulated cohorts and "
                      f"{table.groupby('seed')['fold'].nunique().iloc[0]} folds each:", "", *lines])


@in_markdown
def above(table, rules):
    """Which shares lie above their floor, stage by stage, by the interval over subjects."""
    plain, (_, names, stages) = in_order(table)
    lines = []
    for rule in rules:
        rows = plain[(plain["rule"] == rule) & (plain["reading"] == "share") & (plain["stage"] != "all")]
        clear = [f"{row['modality']} in {row['stage']} ({signed(row)})" for row in rows.to_dict("records") if row["low"] > 0]
        below = [f"{row['modality']} in {row['stage']}" for row in rows.to_dict("records") if row["high"] < 0]
        lines.append(f"- {rule_label(rule)}: {len(clear)} of {len(rows)}" + (f", {joined(clear)}" if clear else "")
                     + (f"; below it, more as noise than with the signal: {joined(below)}" if below else "") + ".")
    return "\n".join(["Shares above their floor, the whole 95 % interval over subjects above 0:", "", *lines])


@in_markdown
def others(measures):
    """Which way of explaining does best on which measure."""
    plain = measures.astype({"rule": str, "stage": str, "measure": str})
    whole = plain[(plain["stage"] == "all") & ~plain["rule"].isin(REFERENCES)]
    lines = []
    for measure in dict.fromkeys(whole["measure"]):
        rows = whole[whole["measure"] == measure].set_index("rule")
        _, meaning, digits = COLUMNS[measure]
        order = (rows["value"] - rows["best"]).abs().sort_values(kind="stable").index
        failing = [rule_label(rule) for rule in rows.index if rows.loc[rule, "fails"]]
        lines.append(f"- {meaning[0].upper()}{meaning[1:]}: best {rule_label(order[0])}, {amount(rows.loc[order[0]], digits)}; worst {rule_label(order[-1])}, "
                     f"{amount(rows.loc[order[-1]], digits)}." + (f" Marked: {joined(failing)}." if failing else ""))
    return "\n".join(lines)


#: A rule whose relevance on planted signs is at least this many times chance, and more than that of |x|, leans on them.
LEANS = 1.5


@in_markdown
def leaning(measures):
    """Under which rules relevance falls on planted signs in W, N2 and N3."""
    plain = measures.astype({"rule": str, "stage": str, "measure": str})
    rows = plain[(plain["measure"] == "signs") & plain["stage"].isin(STAGES)].set_index(["rule", "stage"])["value"]
    if rows.empty:
        return ""
    by_size = rows.get("|x|", rows[:0])
    known = list(dict.fromkeys(rule for rule, _ in rows.index if rule != "|x|" and is_rule(rule)))
    asked = [stage for stage in ("W", "N2", "N3") if stage in by_size.index]
    leaning_ = [rule for rule in known if asked and all(rows.get((rule, stage), 0) > max(LEANS, by_size[stage]) for stage in asked)]
    said = "; ".join(f"{rule_label(rule)} " + joined([f"{rows[rule, stage]:.2f} in {stage}" for stage in asked]) for rule in (leaning_ or known[:1]))
    beside = joined([f"{by_size[stage]:.2f} in {stage}" for stage in asked])
    verdict = (f"{len(leaning_)} of {len(known)} rules put more than {LEANS:g} times as much relevance on planted signs as by chance, and more than the size of the "
               f"signal does, in all of {joined(asked)}") if leaning_ else (
               f"no rule puts more than {LEANS:g} times as much relevance on planted signs as by chance in all of {joined(asked)}")
    return f"{verdict[0].upper()}{verdict[1:]}: {said}; the size of the signal {beside}."


@in_markdown
def random_weights(table):
    """Which maps stay as they are although the upper layers know nothing."""
    plain = table.astype({"rule": str, "subject": str})
    lines = []
    for depth, here in plain.groupby("depth"):
        lows = {rule: means(rows, ["size"])[1][0] for rule, rows in here.groupby("rule", sort=False)}
        alike = [rule_label(rule) for rule, low in lows.items() if low > ALIKE]
        which = "all layers" if depth == 1 else f"the upper {100 * depth:.0f} % of layers"
        lines.append(f"With {which} drawn anew, maps stay alike (the whole interval above {ALIKE:g}) by {joined(alike)}." if alike else
                     f"With {which} drawn anew, no map stays alike.")
    return " ".join(lines) + " A map that stays says where signals and lower layers are strong, not what the network concluded from them."
