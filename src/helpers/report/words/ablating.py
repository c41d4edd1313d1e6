"""What the page on ablation says."""

import numpy

from ...analysis.choices import WORDS
from ...relevance.rules import label as rule_label
from ..draw import palette
from ..draw.ablations import lost, replaced
from ..draw.boxes import amount
from .answers import answer
from .markdown import in_markdown, joined


@answer
def without(recall, agreement=None):
    """Which modality costs most recall by the papers' replacement and where replacements differ; how far methods agree with Shapley."""
    tables = replaced(recall)
    name, first = next(iter(tables.items()))
    numbers = lost(first).dropna()
    means = numbers.groupby("modality", sort=False)["median %"].mean()
    worst = numbers.loc[numbers[numbers["modality"] == means.idxmax()]["median %"].idxmax()]
    said = (f"{WORDS['replacement'][name].capitalize()}, {means.idxmax()} costs most: {means.max():.0f} points of recall as a mean over "
            f"stages of the median over folds, and {amount(worst).replace(' %', '')} in {worst['stage']}.")
    leads = {other: lost(rows).dropna().groupby("modality", sort=False)["median %"].mean().idxmax() for other, rows in tables.items()}
    differ = [f"{WORDS['replacement'][other]} it is {lead}" for other, lead in leads.items() if lead != leads[name]]
    said += f" {joined(differ)[0].upper()}{joined(differ)[1:]}." if differ else " By every replacement it is the same one." * (len(tables) > 1)
    return said if agreement is None else f"{said} {_best(agreement)}"


def _best(agreement):
    """The rule or method whose leading modality agrees most with Shapley values, and the rule that agrees least."""
    rows = agreement[(agreement["stage"].astype(str) == "all") & (agreement["measure"].astype(str) == "leading")].dropna(subset="value")
    if rows.empty:
        return ""
    best, worst = rows.loc[rows["value"].idxmax()], rows.loc[rows["value"].idxmin()]

    def told(row):
        return f"{rule_label(str(row['rule']))} (kappa {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}])".replace("-", "−")

    return f"Which modality leads an epoch agrees with exact Shapley values most by {told(best)} and least by {told(worst)}."


@in_markdown
def recall(table):
    """On which modality each stage depends most, by each replacement."""
    lines = []
    for name, rows in replaced(table).items():
        medians = rows.groupby(["stage", "modality"])["lost"].median().unstack()
        medians = medians.reindex(palette.stages(rows["stage"])).dropna(how="all")
        parts = [f"{stage} by {100 * medians.loc[stage, modality]:.0f} points without {modality}"
                 for stage, modality in medians.idxmax(axis=1).items() if medians.loc[stage, modality] > 0]
        lines.append(f"- {WORDS['replacement'][name].capitalize()}: " + (joined(parts) if parts else "no stage loses recall") + ".")
    return "\n".join(["Recall falls most, as a median over folds:", "", *lines])


@in_markdown
def monte_carlo(values):
    """How sure Shapley values are of the other epochs that were drawn."""
    sizes, errors = values["value"].abs(), values["se"]
    return (f"The other epochs that stand in are drawn: the standard error of a value over these draws is {errors.median():.2f} logits as "
            f"a median, where the median of its size is {sizes.median():.2f}; in {100 * float(numpy.mean(sizes > 2 * errors)):.0f} % of "
            f"{len(values):,} values the size is more than twice the error.")


@in_markdown
def together(terms):
    """Which pairs need each other, stage by stage."""
    table = terms.astype({"true": str, "modalities": str})
    pairs = table[table["modalities"].str.count(r"\+") == 1]
    if pairs.empty:
        return ""
    means = pairs.groupby(["true", "modalities"])["term"].mean()
    parts = []
    for stage in palette.stages(table["true"]):
        most = means[stage].abs().idxmax()
        value = means[stage][most]
        parts.append(f"{most} in {stage} ({value:+.1f} logits, {'need each other' if value > 0 else 'say the same'})".replace("-", "−"))
    return f"The strongest pairs, as means over epochs of the trial: {joined(parts)}."
