"""Tables for reading: scores, signed parts, variance over folds, regression, claims, planted truth."""

import pandas

from ...constants import STAGES
from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from . import palette
from .boxes import ordered
from .coefficients import SHORT, about, between, plainly, signed
from .digits import fixed
from .display import LINE, Table

VERDICTS = {"holds": "✓\u00a0holds", "fails": "✗\u00a0fails", "undecided": "?\u00a0undecided",
            "not applicable": "–\u00a0not applicable"}
#: Verdicts as they are counted in sentences.
COUNTED = {"holds": "hold", "fails": "fail", "undecided": "undecided", "not applicable": "not applicable"}
#: What agrees with planted facts, and what does not.
AGREES = {"yes": "✓\u00a0agrees", "no": "✗\u00a0does not agree", "open": "?\u00a0open", "": "–"}

ROWS = {"epochs": "epoch", "all": "fold and epoch", "nights": "night"}


def named(table):
    """Columns as words, rules as people write them."""
    shown = table.copy()
    if "rule" in shown:
        shown["rule"] = [rule_label(str(rule)) for rule in shown["rule"]]
    return shown.rename(columns=lambda name: str(name).replace("_", " "))


def scores(table):
    """Precision, recall and F1 of each stage in percent, from model.scores.scores over all test epochs."""
    stages = table[table["stage"].astype(str) != "all"]
    exact = (100 * stages.pivot(index="stage", columns="measure", values="value")).reindex(list(STAGES))
    exact = exact[["precision", "recall", "f1"]].rename(columns=lambda name: f"{name.replace('f1', 'F1')} %")
    epochs = stages[stages["measure"] == "recall"].set_index("stage")["n"].reindex(list(STAGES))
    exact = exact.assign(epochs=epochs).rename_axis(columns=None).reset_index()
    return Table(exact.round(1), "Scores by stage over all test epochs", data=exact)


def signed_parts(by_fold, averaging="mean"):
    """Each modality's share and its signed parts, in percent: medians over folds, so that a share is the number of figure 1."""
    table, _, _ = ordered(by_fold)
    parts = 100 * table.groupby(["rule", "modality"], sort=False)[["share", "positive", "negative"]].median()
    parts = named(parts.rename(columns=lambda name: f"{name} %").reset_index())
    caption = f"Share of absolute relevance and its signed parts, {palette.AVERAGING[averaging]}, median over folds"
    return Table(parts.round(2), caption, data=parts)


def neighbours(shares):
    """Of the relevance of an epoch, what lies on each modality of its neighbours, in percent: means over epochs by rule and predicted stage."""
    if "neighbours" not in shares:  # of a network that takes none
        return Table(pandas.DataFrame(), "")
    said = pandas.concat([shares.assign(predicted="all"), shares.astype({"predicted": str})])
    means = 100 * said.pivot_table(index=["rule", "predicted"], columns="modality", values="neighbours", observed=True)
    order = [(rule, stage) for rule in ordered_rules(shares["rule"].astype(str)) for stage in ("all", *STAGES)]
    means = means.reindex([row for row in order if row in means.index])[palette.modalities(shares["modality"].astype(str))]
    means.insert(0, "together", means.sum(axis=1))
    exact = means.rename(columns=lambda name: f"{name} %").rename_axis(columns=None)
    exact, shown = exact.reset_index(), exact.map("{:.1f}".format).reset_index()
    return Table(named(shown), "Relevance on the neighbours of an epoch, percent of all of it, mean over epochs", data=exact)


def spread(table):
    """Spread over folds where the network was wrong against where it was right, in points, a mean over its groups.

    `table` is analysis.groups.spread's: a row per rule, modality and misclassified group.
    """
    shown = table.assign(wider=table["sd"] > table["sd_correct"], wider_equal=table["sd"] > table["sd_correct_equal"])
    shown = shown.groupby(["rule", "modality"], observed=True).agg(
        groups=("sd", "size"), wrong=("sd", "mean"), right=("sd_correct", "mean"),
        right_at_equal_numbers=("sd_correct_equal", "mean"), wrong_is_wider_in=("wider", "sum"),
        at_equal_numbers_in=("wider_equal", "sum")).reset_index()
    sds = ["wrong", "right", "right_at_equal_numbers"]
    shown[sds] *= 100
    order = {name: number for number, name in enumerate((*ordered_rules(table["rule"].astype(str)),
                                                       *palette.modalities(table["modality"].astype(str))))}
    shown = shown.sort_values(["rule", "modality"], key=lambda column: column.astype(str).map(order))
    return Table(named(shown.round(dict.fromkeys(sds, 2))), data=named(shown),
                 caption="Standard deviation of shares over folds, in points, wrong against right")


def epoch_agreement(table):
    """How far rules agree with each other, and folds that tested the same epoch: a row for each pair, of analysis.epoch_agreement."""
    rows = []
    for (compared, first, second), mine in table.groupby(["compared", "first", "second"], sort=False):
        of = mine.set_index("measure")
        who = f"{rule_label(first)} and {rule_label(second)}" if compared == "rules" else f"two folds, {rule_label(first)}"
        rows.append({"compared": who, "epochs": of["epochs"].iloc[0], "subjects": of["subjects"].iloc[0],
                     "same leading modality, %": _within(100 * of.loc["same lead", ["value", "low", "high"]].astype(float), 0),
                     "kappa": _within(of.loc["kappa"], 2), "correlation of shares": _within(of.loc["correlation"], 2)})
    caption = "Agreement about the same epoch, with 95 % intervals over subjects where there are at least six; correlation is the mean over modalities"
    return Table(pandas.DataFrame(rows), caption, data=table)


def _within(row, digits):
    """`0.62 [0.55, 0.70]`."""
    if row["value"] != row["value"]:
        return "–"
    ends = "" if row["low"] != row["low"] else f" [{fixed(row['low'], digits)}, {fixed(row['high'], digits)}]"
    return f"{fixed(row['value'], digits)}{ends}"


def claims(table):
    """Each claim with the criterion fixed beforehand, the finding and the verdict under the study's own choices, and under how many
    combinations of choices it is the same; on simulated nights also what was expected from what was planted."""
    words = {column: table[column].astype(str) for column in ("claim", "verdict", "statement", "criterion", "choice", "found")}
    source = [f" ({name})" if claim.startswith("8") else "" for claim, name in zip(words["claim"], table["source"])]
    parts = zip(words["statement"], source, words["criterion"], words["choice"], strict=True)
    shown = pandas.DataFrame({
        "claim": words["claim"],
        "verdict, and of all combinations": [f"{VERDICTS.get(str(row.verdict), str(row.verdict))}{_combinations(row)}"
                                             for row in table.itertuples()],
        "statement, criterion and choices": [f"{statement}{where}{LINE}By: {criterion}{LINE}Choices: {choice}"
                                             for statement, where, criterion, choice in parts],
        "found": words["found"].str.replace("; ", LINE).str.replace(r"-(?=\d)", "−", regex=True)})
    if (table["expected"].astype(str) != "").any():
        shown["expected from what was planted"] = [
            f"{expected}{LINE}{AGREES.get(agrees, agrees)}" if agrees else expected
            for expected, agrees in zip(table["expected"].astype(str), table["agrees"].astype(str))]
    counts = words["verdict"].value_counts()
    verdicts = ", ".join(f"{counts.get(verdict, 0)} {name}" for verdict, name in COUNTED.items())
    return Table(shown, f"{len(table)} claims by the study's own choices: {verdicts}", wrapped=True, data=table)


def _combinations(row):
    """A line `holds in 3, fails in 4, undecided in 1 of 8`."""
    if not row.combinations:
        return ""
    return f"{LINE}holds in {row.holds}, fails in {row.fails}, undecided in {row.undecided} of {row.combinations}"


def regression(table):
    """Coefficients with intervals, raw and corrected p of the three tests, age per ten years; nothing without covariates."""
    if table.empty:
        return Table(table, "")
    exact = plainly(table)
    shown = exact[["covariate", "level", "reference", "per", "stage", "modality"]].copy()
    for test, words in SHORT.items():
        shown[f"{words} points"] = ["–" if value != value else signed(value) for value in exact[f"coefficient_{test}"]]
        shown[f"{words} p"], shown[f"{words} corrected p"] = exact[f"p_{test}"], exact[f"q_{test}"]
        if f"low_{test}" in exact:
            shown.insert(shown.columns.get_loc(f"{words} p"), f"{words} 95 %", [
                between(row, test) if row[f"low_{test}"] == row[f"low_{test}"] else "–" for row in exact.to_dict("records")])
    shown["detectable"], shown["effect size d"] = exact["detectable"].round(2), exact["effect_size"].round(2)
    reasons = [exact[f"reason_{test}"] for test in SHORT]
    if any(reason.astype(bool).any() for reason in reasons):
        shown["without numbers because"] = ["; ".join(dict.fromkeys(filter(None, of_row))) for of_row in zip(*reasons)]
    return Table(named(shown), f"{len(table)} coefficients by three tests, {about(exact)}, one row for each "
                 f"{ROWS[str(table['rows'].iloc[0])]}", data=exact)


def truth(table):
    """Planted facts and whether the run finds them; nothing for real nights, which have no such table."""
    if table is None:
        return Table(pandas.DataFrame(), "")
    shown = table.copy()
    shown["passed"] = ["✓\u00a0found" if passed else "✗\u00a0not found" for passed in table["passed"]]
    shown["found"] = table["found"].astype(str).str.replace(r"(?<![\w-])-(?=\d)", "−", regex=True)
    shown["binding"] = ["yes" if binding else "reported only" for binding in table["binding"]]
    return Table(named(shown), f"{len(table)} planted facts and what was found", data=table)
