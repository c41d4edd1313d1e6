"""Conditions of criteria.yaml as a researcher reads them."""

from __future__ import annotations

from ..constants import ALPHA
from ..relevance.rules import label
from .conditions import kind


def in_words(need, settings):
    """A condition in words, with the places and rules where it is asked."""
    stages = ", ".join("all epochs" if stage == "all" else stage for stage in need.get("of", ()))
    rules = need.get("rules", ())
    rules = "" if rules == "open" else ", ".join(label(rule) for rule in rules)
    at = "; ".join(part for part in (stages, rules) if part)
    return WORDS[kind(need)](need, settings["margin"]) + (f" ({at})" if at else "")


def _more(need, margin):
    if need.get("times"):
        return f"95 % interval of {' / '.join(need['more'])} above {need['times']}"
    return f"{' > '.join(need['more'])}: 95 % interval of each difference above 0"


def _equal(need, margin):
    return f"equivalence: 90 % interval of {' − '.join(need['equal'])} within ±{margin['shares']} points"


def _wrong_more(need, margin):
    return f"95 % interval of misread − correct above 0 for {' and '.join(need['wrong_more'])}"


def _rule_more(need, margin):
    more, less = (label(rule) for rule in need["rule_more"])
    return f"95 % interval of {need['modality']}, {more} − {less}, above 0"


def _spread(need, margin):
    numbers = "at equal numbers of epochs" if need["spread"] == "equal" else "the groups as they are"
    return f"ratio of SDs over folds, misread to correct, above that of 97.5 % of rotations of errors, {numbers}"


def _change(need):
    return f"{need['covariate']} ({need['level']} − {need['reference']})" if need.get("level") else need["covariate"]


def _side(need):
    return "above" if need["effect"] > 0 else "below"


def _largest(need, margin):
    return f"{_change(need)} on {need['modality']}: furthest {_side(need)} 0 in {need['largest']}, corrected p < {ALPHA} there"


def _effect(need, margin):
    return f"{_change(need)} on {need['modality']} {_side(need)} 0, corrected p < {ALPHA}"


def _no_effect(need, margin):
    over = "" if need.get("level") else " over its range"
    return (f"equivalence: 90 % interval of {_change(need)}{over} on {', '.join(need['no_effect'])} within "
            f"±{margin['effect']} points")


def _ranked(need, margin):
    return (f"significant cells of stage × modality (corrected p < {ALPHA}): "
            + " > ".join(_change(part) for part in need["ranked"]))


def _loses(need, margin):
    least = f" in at least {need['at_least']} stages" if need.get("at_least") else ""
    return f"95 % interval over folds of recall lost without {need['loses']} above 0{least}"


def _loses_more(need, margin):
    one, other = need["loses_more"]
    return f"95 % interval over folds of recall lost without {one} − without {other} above 0"


def _loses_little(need, margin):
    return (f"equivalence: 90 % interval over folds of recall lost without {need['loses_little']} within "
            f"±{margin['recall']} points")


def _lrp_more(need, margin):
    return (f"95 % interval over folds of the part of {' and of '.join(need['lrp_more'])} in relevance − that in recall lost "
            "without it above 0")


def _ablations_agree(need, margin):
    return (f"95 % interval over folds of the part of stages in which the same modality costs most recall by "
            f"{' and by '.join(need['ablations_agree'])} above ½")


def _counts(need, margin):
    return "the published number and percentages, to their last digit"


WORDS = {"counts": _counts, "rule_more": _rule_more, "spread": _spread, "more": _more, "equal": _equal, "wrong_more": _wrong_more,
         "largest": _largest, "effect": _effect, "no_effect": _no_effect, "ranked": _ranked, "loses": _loses,
         "loses_more": _loses_more, "loses_little": _loses_little, "lrp_more": _lrp_more, "ablations_agree": _ablations_agree}
