"""What the page about another network says."""

from ...relevance.rules import label as rule_label
from ..draw import palette
from .answers import answer
from .markdown import in_markdown, joined


@answer
def another(scores, shares, costs, verdicts, names, rule):
    """How well both read, what a branch of its own changes for each modality, and how many claims keep their verdict."""
    if scores.empty:
        return "These folds were trained before, so no other network was trained beside theirs."
    said = []
    cells = scores.set_index(["measure", "stage"])
    if cells.loc[("accuracy", "all")].notna().all():
        own, other = (cells.loc[("accuracy", "all"), which] for which in ("own", "other"))
        said.append(f"On the same folds {names['own']} reads {100 * own:.1f} % of epochs right, {names['other']} {100 * other:.1f} %.")
    table = shares[(shares["stage"] == "all") & (shares["rule"] == (rule if (shares["rule"] == rule).any() else shares["rule"].iloc[0]))]
    rows = table.set_index("modality").loc[palette.modalities(table["modality"])]
    moved = joined([f"{name} {100 * row['own']:.0f} → {100 * row['other']:.0f} %" for name, row in rows.iterrows()])
    said.append(f"In epochs that both read alike, mean shares under {rule_label(rows['rule'].iloc[0])} go {moved}.")
    if not costs.empty:
        means = costs.groupby("modality")[["own", "other"]].mean().loc[list(rows.index)]
        said.append("Exchange of a modality costs, as a mean over stages, "
                    + joined([f"{name} {100 * row['own']:.0f} → {100 * row['other']:.0f} points of recall" for name, row in means.iterrows()]).replace("-", "−") + ".")
    if not verdicts.empty:
        same = int((verdicts["own"] == verdicts["other"]).sum())
        said.append(f"**{same} of {len(verdicts)} claims of the paper have the same verdict under both.**")
    return " ".join(said)


@in_markdown
def due(shares, names):
    """How much more of the share the other network gives each modality: by rule, with intervals over subjects."""
    lines = []
    for rule, here in shares[shares["stage"] == "all"].groupby("rule", sort=False):
        rows = here.set_index("modality").loc[palette.modalities(here["modality"])]
        parts = [f"{name} {100 * row['difference']:+.0f} points [{100 * row['low']:.0f}, {100 * row['high']:.0f}]" for name, row in rows.iterrows()]
        lines.append(f"- {rule_label(rule)}: " + joined(parts).replace("-", "−") + ".")
    return "\n".join([f"Share by {names['other']} less that by {names['own']}, mean over the same epochs [95 % interval over subjects]:", "", *lines]) if lines else ""


@answer
def examples(found, rule):
    """That networks of other shapes are explained, how well they stage and what they give each modality."""
    if found.empty:
        return "These folds were trained before, so no examples were trained here."
    rule = rule if (found["rule"] == rule).any() else found["rule"].iloc[0]
    parts = []
    for name, rows in found[found["rule"] == rule].groupby("network", sort=False):
        shares = rows.set_index("modality")["share"].loc[palette.modalities(rows["modality"])]
        parts.append(f"{name} stages {100 * rows['accuracy'].iloc[0]:.0f} % of {rows['tested'].iloc[0]:,} test epochs right and gives "
                     + joined([f"{modality} {100 * share:.0f} %" for modality, share in shares.items()]))
    return (f"**Yes: {joined(list(dict.fromkeys(found['network'])))} are explained as the study's network is.** Trained for a moment, "
            + "; ".join(parts) + f" of its relevance ({rule_label(rule)}, mean share).")
