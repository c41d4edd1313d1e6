"""What the front page says was found: three sentences, each with the choices that it hangs on."""

from ...relevance.rules import label as rule_label
from ..draw.true_stages import given, source
from .answers import lead, lead_words
from .markdown import in_markdown, joined

#: Rule → why it is the one that is shown.
CHOSEN = {"eps=100": ", the choice of the study that is reproduced,"}


@in_markdown
def findings(nights, scores, by_fold, floors, rule, notice=""):
    """How well the network stages sleep; which modality leads in which stage; what a share can be trusted for.

    nights : the cohort's table. scores : `model.scores.scores` of all epochs, or None where nobody scored. by_fold :
    `analysis.groups.fold_shares` by predicted stage of the epochs looked at, the correct ones where somebody scored.
    floors : of `trust.floor_summary.floors`, or None without a trial.
    """
    leads = lead_words(lead(by_fold[(by_fold["rule"].astype(str) == rule) & by_fold["share"].notna()].astype({"predicted": str, "modality": str}), "predicted"))
    epochs = "correctly staged epochs" if scores is not None else "all epochs"
    said = [_staged(nights, scores, notice),
            f"Under the rule {rule_label(rule)}{CHOSEN.get(rule, '')} {leads} (mean of shares over {epochs}; a lead has to hold over folds).",
            _told(floors, rule)]
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate([words for words in said if words], start=1))


def _staged(nights, scores, notice):
    whose = f"{len(nights)} {'simulated ' if given(notice) == 'planted' else ''}nights of {nights['subject'].nunique()} sleepers"
    if scores is None:
        return f"Nobody scored the {whose}, so nothing says how well they are staged."
    value = scores[scores["stage"].astype(str) == "all"].set_index("measure")["value"]
    return (f"In {whose}, each staged by networks that were trained on others, the network agrees with {source(notice)} in "
            f"{100 * value['accuracy']:.0f} % of epochs (Cohen's kappa {value['kappa']:.2f}, all folds together).")


def _told(floors, rule):
    """Of how many shares noise would get less, and how often a share tells signal from noise."""
    if floors is None:
        return "Whether these shares can be trusted was not tried in this run."
    plain = floors.astype({"rule": str, "reading": str, "stage": str, "modality": str})
    rows = plain[(plain["rule"] == rule) & (plain["reading"] == "share")]
    whole = rows[rows["stage"] == "all"]
    told = joined([f"{100 * row.told:.0f} % of epochs for {row.modality}" for row in whole.itertuples()])
    by_stage = rows[rows["stage"] != "all"] if (rows["stage"] != "all").any() else rows
    above = int((by_stage["low"] > 0).sum())
    return (f"A share alone does not show that a modality was used. In {len(by_stage) - above} of {len(by_stage)} cases, a modality in a stage, it is not "
            f"clearly above what noise in its place gets (95 % interval over subjects; dashes in the figure), and it is higher with the signal than "
            f"with the noise in {told} (50 % is chance).")
