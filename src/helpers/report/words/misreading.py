"""What the page on misread epochs says."""

from ...analysis.responses import SCALES
from ...constants import ALPHA
from ...relevance.rules import label as rule_label
from ..draw import palette
from ..draw.coefficients import signed
from .answers import answer
from .markdown import in_markdown, joined


@answer
def misread(differences, rates, rule):
    """In which stages misread epochs lean on other modalities, the largest difference, and whom the network misreads more."""
    table = differences[(differences["rule"].astype(str) == rule) & (differences["scale"] == SCALES[0])]
    clear = table[table["q"] < ALPHA]
    stages = palette.stages(clear["stage"].astype(str))
    tests = int(table["p"].notna().sum())
    if clear.empty:
        said = (f"Under {rule_label(rule)} none of {tests} differences between misread and correct epochs of the same subjects is "
                "significant (mean of shares, sign flips over subjects).")
    else:
        row = clear.loc[clear["difference"].abs().idxmax()]
        said = (f"Under {rule_label(rule)} misread epochs lean on other modalities than correct ones of the same subjects in "
                f"{joined(stages)}: {len(clear)} of {tests} differences are significant (mean of shares, sign flips over subjects). "
                f"The largest is {row['modality']} in {row['stage']}, {signed(row['difference'], 1)} points "
                f"[{signed(row['low'], 1)}, {signed(row['high'], 1)}].")
    return f"{said} {selects(rates)}"


def selects(rates):
    """Which covariates change how often a stage is misread."""
    if rates.empty:
        return "Nothing is known of these sleepers that could say whom the network misreads."
    rows = rates[rates["rows"] == "epochs"]
    found = rows[(rows["q_clustered"] < ALPHA) & (rows["q_permutation"] < ALPHA)]
    if found.empty:
        return "No covariate changes significantly how often a stage is misread (clustered errors and permutation)."
    cells = joined([f"{row['stage']} with {row['covariate']} ({signed(row['coefficient_clustered'], 1)} points)"
                    for row in found.to_dict("records")])
    return f"How often the network is wrong itself changes in {cells}, by clustered errors and permutation alike."


@in_markdown
def left_out(differences, rule):
    """Stages of which too few subjects have enough misread epochs, and how few subjects the others rest on."""
    table = differences[(differences["rule"].astype(str) == rule) & (differences["scale"] == SCALES[0])]
    table = table.drop_duplicates("stage").astype({"stage": str})
    said = [f"{row['stage']} on {row['misread']:,} misread epochs of {row['subjects']} subjects"
            for row in table[table["reason"] == ""].to_dict("records")]
    none = joined(list(table.loc[table["reason"] != "", "stage"]))
    rests = f"Differences rest in {joined(said)}. " if said else ""
    return f"{rests}{f'No numbers for {none}: too few misread epochs.' if none else ''}".strip()
