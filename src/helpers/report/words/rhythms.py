"""What the page on rhythms says."""

import numpy

from ...relevance.rules import label as rule_label
from ...relevance.rules import ordered as ordered_rules
from ..draw import palette
from ..draw.frequency_bands import called, edges, means
from .answers import answer
from .markdown import in_markdown, joined, plain


@answer
def rhythms(bands, rule, removal):
    """Which band of which modality has the largest part of relevance in each stage; whether bands that have relevance are those that matter."""
    if bands.empty:
        return "No rule of this run gives relevance of frequencies: that takes one whose relevance is x times a factor, such as ε, γ or αβ."
    found = means(bands)
    mine = found[found["rule"] == rule] if (found["rule"] == rule).any() else found[found["rule"] == found["rule"].iloc[0]]
    top = mine.loc[mine.groupby("stage")["share"].idxmax()].set_index("stage")
    said = joined([f"{stage} {top.loc[stage, 'modality']} {called(top.loc[stage, 'band'])} ({100 * top.loc[stage, 'share']:.0f} %)"
                   for stage in palette.stages(mine["stage"])])
    whole = removal.astype({"rule": str, "stage": str})
    whole = whole[(whole["stage"] == "all") & (whole["rule"] == str(mine["rule"].iloc[0]))]["correlation"]
    return (f"In correct epochs the largest part of absolute relevance lies, under {rule_label(str(mine['rule'].iloc[0]))} and as mean of shares, on {said}. Exchanging "
            f"a band costs the more the larger its share, with a rank correlation of {whole.mean():.2f} as a mean over modalities.".replace("-", "−"))


@in_markdown
def bands_are(bands):
    """The edges of the bands."""
    return f"The bands are {plain(edges(bands))}; each holds its lower edge."


@in_markdown
def sigma(effects):
    """What is expected of temazepam: more relevance of the sigma band of EEG in N2."""
    if effects.empty or "band" not in effects:
        return ""
    table = effects.astype({name: str for name in ("rule", "stage", "modality", "covariate", "level", "band")})
    rows = table[(table["stage"] == "N2") & (table["modality"] == "EEG") & (table["band"] == "sigma") & (table["covariate"] == "medication")]
    rows = rows[rows["coefficient_clustered"].notna()].set_index("rule")
    if rows.empty:
        return ""
    said = [f"{rows.loc[rule, 'coefficient_clustered']:+.2f} points [{rows.loc[rule, 'low_clustered']:.2f}, {rows.loc[rule, 'high_clustered']:.2f}] under {rule_label(rule)}"
            for rule in ordered_rules(rows.index)]
    more, less = (numpy.sum(ends) for ends in (rows["low_clustered"] > 0, rows["high_clustered"] < 0))
    verdict = ("bear it out" if more == len(rows) else "speak against it" if less else "leave it open" if not more else f"bear it out under {more} of {len(rows)} rules")
    return (f"Benzodiazepines raise EEG power from about 10 to 14 Hz in N2, so relevance of the sigma band should rise with {rows['level'].iloc[0]}. "
            f"The nights {verdict}: {joined(said)} (means of nights, 95 % interval clustered by subject).").replace("-", "−")
