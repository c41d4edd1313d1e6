"""What the page on whether explanations can be trusted says."""

from ...relevance.rules import label as rule_label
from ..draw.floors import READINGS, in_order, signed
from .answers import answer
from .markdown import in_markdown, joined

#: A floor that is at least this part of the share.
MOST = 0.8


@answer
def floor(table, rule):
    """What modalities keep of their share as noise under a rule; which value tells signal from noise best, which worst."""
    plain, (_, names, _) = in_order(table)
    whole = plain[plain["stage"] == "all"]
    rows = whole[(whole["rule"] == rule) & (whole["reading"] == "share")].set_index("modality")
    kept = joined([f"{name} gets {100 * rows.loc[name, 'floor']:.0f} % where its signal gets {100 * rows.loc[name, 'intact']:.0f} %"
                   for name in names if name in rows.index])
    means = whole.groupby(["rule", "reading"])["told"].mean()
    best, worst = means.idxmax(), means.idxmin()
    much = sum(rows["floor"] >= MOST * rows["intact"])
    return (f"With noise of its night's spectrum in its place, {kept} of absolute relevance under {rule_label(rule)} (mean of shares, "
            f"correct epochs of the trial): {much} of {len(rows)} keep at least {100 * MOST:.0f} % of their share. What tells signal "
            f"from noise best is {_named(best)}, right in {100 * means[best]:.0f} % of epochs as a mean over modalities, and worst {_named(worst)} ({100 * means[worst]:.0f} %; 50 % is chance).")


def _named(value):
    rule, reading = value
    return f"{'the share' if reading == 'share' else READINGS[reading].lower()} by {rule_label(rule)}"


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
