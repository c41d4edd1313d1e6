"""Sentences about single sleepers and their nights: how they slept, how well they are staged, which night is shown and why, and how much
their shares differ."""

import pandas

from ...analysis.clear_lead import clear_lead
from ...analysis.sleep_statistics import MEASURES, SLEEP
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from ..draw import palette
from ..draw.digits import fixed
from ..draw.night import clock
from ..draw.sleepers import mean_and_sd, wanted
from .markdown import in_markdown, joined, plain

#: What the first sentence says of the nights, in this order.
SAID = ("sleep_min", "efficiency", "sleep_latency_min", "rem_latency_min", "waso_min")


@in_markdown
def nights(statistics, recordings, settings):
    """How people slept, and what the numbers mean where stages are missing or nights are simulated.

    statistics : of `analysis.sleep_statistics.of_nights`. recordings : how many there are. settings : of the study.
    """
    if statistics.empty:
        return "Nobody scored these nights, so that there is no sleep to report."
    parts = [_amount(name, mean_and_sd(statistics[name])) for name in SAID]
    stages = joined([f"{stage} {mean_and_sd(statistics[f'{stage}_percent'])}" for stage in SLEEP])
    return (f"Mean ± SD over {len(statistics)} nights: {joined(parts)}. Of sleep, in percent: {stages}."
            f"{_missing(statistics, recordings)}{_compressed(settings)}")


def _amount(name, value):
    """`total sleep time 411.0 ± 40.2 min`."""
    words, unit = MEASURES[name].split(", ")
    return f"{words} {value} {unit}"


def _missing(statistics, recordings):
    """What is left out, and what gaps in the scoring do to the numbers."""
    said, without_rem = "", int(statistics["rem_latency_min"].isna().sum())
    gaps = statistics.loc[statistics["gap_min"] > 0, "gap_min"]
    if len(gaps):
        said += (f" In {len(gaps)} of the nights, {gaps.sum():g} min in all between the first and the last scored epoch have no stage "
                 "(movement, a hole in the scoring). They count as neither sleep nor wake: there, sleep and wake are the least that they "
                 "can have been, and a latency that runs over such a gap the greatest.")
    if without_rem:
        said += f" {without_rem} night{'s have' if without_rem > 1 else ' has'} no REM, and so no REM latency."
    if recordings > len(statistics):
        said += f" Left out {'are' if recordings - len(statistics) > 1 else 'is'} {recordings - len(statistics)} of {recordings} nights, which nobody scored."
    return said


def _compressed(settings):
    """That times of simulated nights are not those of people; nothing of real ones."""
    if settings["cohort"] != "simulated":
        return ""
    return (f" **These nights are simulated, {settings['minutes']} minutes long with sleep cycles of {settings['cycle_minutes']} minutes: their "
            "latencies and percentages mean nothing clinically.**")


@in_markdown
def subjects(scores):
    """How far accuracy and kappa differ between subjects, and both ways of averaging. scores : of `model.scores.scores` by subject."""
    table = wanted(scores, ["subject"]).sort_values("accuracy", kind="stable")
    low, high = table.iloc[0], table.iloc[-1]
    pooled = (table["accuracy"] * table["n"]).sum() / table["n"].sum()
    return (f"Over {len(table)} subjects, accuracy runs from **{100 * low['accuracy']:.0f} %** ({low['subject']}) to "
            f"**{100 * high['accuracy']:.0f} %** ({high['subject']}), with a median of {100 * table['accuracy'].median():.0f} %, and kappa "
            f"from {_minus(table['kappa'].min())} to {_minus(table['kappa'].max())}. With each subject counting the same, mean accuracy is "
            f"{100 * table['accuracy'].mean():.1f} %; with each epoch counting the same, as in the answer above, {100 * pooled:.1f} %.")


def _minus(value):
    return fixed(value, 2)


@in_markdown
def window(shown, recordings, covariates, asked):
    """Whose night the page shows, and by which rule it was chosen.

    shown : `analysis.timelines.Timeline`. recordings : table of the cohort. covariates : names of its columns. asked : the recording, fold
    and start that the reader asked for, None where they did not.
    """
    row = recordings[recordings["recording"] == plain(shown.recording)].iloc[0]
    known = [f"{plain(name)} {_value(row[name])}" for name in covariates if pandas.notna(row[name])]
    recording, fold, start_s = asked
    if recording is not None:
        why = "The night was asked for"
    else:
        why = f"It is the first night that {'was tested' if fold is None else 'the fold tested that was asked for'}"
    why += "" if fold is not None else ", by the first fold that tested it"
    why += ", from where it was asked to begin." if start_s is not None else ", from the first epoch that the network staged."
    why += "" if recording is not None or start_s is not None else " Nobody chose it for what it shows."
    return (f"Shown is recording **{plain(shown.recording)}** of subject **{row['subject']}**{f' ({joined(known)})' if known else ''}, from "
            f"{clock(shown.start, shown.start_s)} to {clock(shown.start, shown.stop_s)}, as the network of fold {shown.fold} stages it. {why}")


def _value(value):
    return f"{value:g}" if isinstance(value, float) else plain(value)


@in_markdown
def doubt(night):
    """How sure the network is along a night, where it is right and where it is wrong. night : `analysis.timelines.Timeline`."""
    epochs = night.table[night.table["kept"]]
    highest = 100 * epochs[[f"p_{stage}" for stage in palette.STAGE_HEIGHTS]].max(axis=1)
    scored, right = epochs["true"] != "", epochs["true"] == epochs["predicted"]
    said = (f"In the whole night, the stage that the network says has a median probability of {highest.median():.0f} %; in "
            f"{int((highest < 50).sum()):,} of {len(epochs):,} epochs no stage reaches 50 %.")
    if not right.any() or not (scored & ~right).any():
        return said
    return (f"{said} Where it is right the median is **{highest[right].median():.0f} %**, where it is wrong "
            f"**{highest[scored & ~right].median():.0f} %**.")


@in_markdown
def subject_shares(table):
    """Whether a modality leads over subjects, stage by stage, and what each way of counting gives; a line for each rule.

    table : of `analysis.subject_shares.subject_shares`.
    """
    lines = []
    for rule in ordered_rules(table["rule"]):
        mine = table[table["rule"] == rule]
        total = mine.assign(total=mine["share"] * mine["n"]).groupby(["subject", "modality"])[["total", "n"]].sum()
        each = 100 * (total["total"] / total["n"]).unstack()
        name = each.mean().idxmax()
        pooled = total.groupby("modality").sum().loc[name]
        lines.append(f"- {rule_label(rule)}: {name} has {each[name].mean():.1f} % of an epoch's relevance with each subject counting the same "
                     f"(subjects: {each[name].min():.0f} to {each[name].max():.0f} %) and {100 * pooled['total'] / pooled['n']:.1f} % with each "
                     f"epoch counting the same. {leads(mine, 'subject')}")
    return "\n".join(["Over all test epochs, the modality with the largest share; and which modality *leads* in each stage that the network "
                      "says, where the 95 % interval over subjects of its difference from every other excludes 0:", "", *lines])


def leads(table, unit):
    """`EEG leads in N2 and N3; EOG leads in REM; no modality leads clearly in W.` over folds or subjects, by predicted stage."""
    found = {stage: clear_lead(table[table["predicted"] == stage], unit) for stage in palette.stages(table["predicted"])}
    clear = {stage: lead.modality for stage, lead in found.items() if lead and lead.is_clear}
    parts = [f"{name} leads in {joined([stage for stage in clear if clear[stage] == name])}" for name in palette.modalities(clear.values())]
    rest = [stage for stage in found if stage not in clear]
    parts += [f"no modality leads clearly in {joined(rest)}"] * bool(rest)
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


@in_markdown
def agreement(table):
    """How far rules agree about an epoch, and folds that tested the same. table : of `analysis.epoch_agreement.epoch_agreement`."""
    rules, folds = (table[(table["compared"] == name) & (table["measure"] == "kappa")] for name in ("rules", "folds"))
    same = table[table["measure"] == "same lead"].set_index(["compared", "first", "second"])["value"]
    said = []
    known = rules.dropna(subset="value")
    if len(known):
        worst, best = (known.loc[of] for of in (known["value"].idxmin(), known["value"].idxmax()))
        pairs = [f"{rule_label(row['first'])} and {rule_label(row['second'])} agree" for row in (best, worst)]
        told = [f"in {100 * same['rules', row['first'], row['second']]:.0f} % of epochs ({_kappa(row)})" for row in (best, worst)]
        said.append(f"On which modality has the largest share of an epoch, {pairs[0]} {told[0]}." if len(known) == 1 else
                    f"On which modality has the largest share of an epoch, {pairs[0]} most, {told[0]}, and {pairs[1]} least, {told[1]}.")
    if folds.empty:
        return " ".join([*said, "No epoch was tested by two folds that staged it alike, so that folds cannot be compared."])
    parts = [f"{100 * same['folds', row['first'], '']:.0f} % under {rule_label(row['first'])} ({_kappa(row)})" for row in folds.to_dict("records")]
    return " ".join([*said, f"Two folds that tested the same epoch and staged it alike ({folds['epochs'].iloc[0]:,} epochs of "
                            f"{folds['subjects'].iloc[0]} subjects) agree in {joined(parts)}."])


def _kappa(row):
    """`kappa 0.62 [0.55, 0.70]`."""
    if row["value"] != row["value"]:
        return "kappa not defined"
    return f"kappa {_minus(row['value'])}" + (f" [{_minus(row['low'])}, {_minus(row['high'])}]" if row["low"] == row["low"] else "")
