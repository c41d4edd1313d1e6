"""Conditions that a sentence must meet: a condition of criteria.yaml and a run's findings come in, comparisons go out.

Each kind of condition is a row of `CONDITIONS`: how it is judged, and which choices there are for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from ..constants import ALPHA, STAGES
from ..relevance.rules import label
from .choices import in_words
from .verdicts import FAILS, HOLDS, UNDECIDED, Comparison, Interval, above, directed, equivalent, not_applicable, undecided


@dataclass(frozen=True)
class Condition:
    """judged : function (findings, need, choice) that yields Comparisons. dimensions : see `choices.DIMENSIONS`."""

    judged: object
    dimensions: tuple = ()


def kind(need):
    """The kind of a condition: the first name of `CONDITIONS` that it has."""
    return next(name for name in CONDITIONS if name in need)


def dimensions(need):
    """Dimensions of choice of a condition; what its sentence names is no choice."""
    named = {"selection"} if need.get("selection") or need.get("of") == ["all"] else set()
    free = ("rule",) if need.get("rules") == "open" else ()
    return free + tuple(name for name in CONDITIONS[kind(need)].dimensions if name not in named)


def judged(findings, need, choice):
    """`Comparison`s of a condition under a choice."""
    choice = choice.within(dimensions(need))
    lacking = [name for name in _modalities(need) if name not in findings.modalities]
    if lacking:
        return [not_applicable(f"no {' and no '.join(lacking)} among the modalities")]
    if "covariate" in need and (reason := findings.contrast(need).reason):
        return [not_applicable(reason)]
    if "rules" not in need:
        return list(CONDITIONS[kind(need)].judged(findings, need, choice))
    rules = [choice.rule] if need["rules"] == "open" else need["rules"]
    missing = [not_applicable(f"{label(rule)}: not among this run's rules") for rule in rules if rule not in findings.rules]
    there = {**need, "rules": [rule for rule in rules if rule in findings.rules]}
    return missing + (list(CONDITIONS[kind(need)].judged(findings, there, choice)) if there["rules"] else [])


def _modalities(need):
    """Modalities that a condition is about."""
    values = [need.get(name, ()) for name in ("more", "equal", "wrong_more", "no_effect", "loses", "loses_more", "loses_little",
                                              "lrp_more", "modality")]
    return list(dict.fromkeys(name for value in values for name in ([value] if isinstance(value, str) else value)))


def _places(need):
    """(rule, stage, words) of a condition."""
    return [(rule, stage, f"{'all epochs' if stage == 'all' else stage}, {label(rule)}")
            for rule in need["rules"] for stage in need["of"]]


# ------------------------------------------------------------------- shares

def _more(findings, need, choice):
    """Each modality has more than the next, or more than so many times as much."""
    for rule, stage, where in _places(need):
        for one, other in zip(need["more"], need["more"][1:]):
            keys = _keys(need, choice, rule, stage, one, other)
            if times := need.get("times"):
                yield above(f"{where}: {one} / {other}", findings.bootstrap.interval(numpy.divide, *keys), times)
            else:
                yield above(f"{where}: {one} − {other}", findings.bootstrap.interval(numpy.subtract, *keys))


def _keys(need, choice, rule, stage, *modalities):
    """Names of averages for `Bootstrap.interval`."""
    selection = need.get("selection") or choice.selection
    which = "all" if stage == "all" else "stage" if selection == "all" else "correct"
    return [(rule, stage, which, modality, choice.averaging, choice.scale) for modality in modalities]


def _equal(findings, need, choice):
    for rule, stage, where in _places(need):
        one, other = need["equal"]
        interval = findings.bootstrap.interval(numpy.subtract, *_keys(need, choice, rule, stage, one, other))
        yield equivalent(f"{where}: {one} − {other}", interval, findings.settings["margin"]["shares"])


def _wrong_more(findings, need, choice):
    for rule, stage, where in _places(need):
        for modality in need["wrong_more"]:
            keys = [(rule, stage, which, modality, choice.averaging, choice.scale) for which in ("wrong", "correct")]
            yield above(f"{where}: {modality} misread − correct", findings.bootstrap.interval(numpy.subtract, *keys))


def _rule_more(findings, need, choice):
    more, less = need["rule_more"]
    what = f"{need['modality']}: {label(more)} − {label(less)}"
    if not {more, less} <= findings.rules:
        yield not_applicable(f"{what}: not both among this run's rules")
        return
    keys = [(rule, "", "all", need["modality"], choice.averaging, choice.scale) for rule in (more, less)]
    yield above(what, findings.bootstrap.interval(numpy.subtract, *keys))


def _spread(findings, need, choice):
    for rule in need["rules"]:
        test = findings.spread(rule).get((choice.averaging, choice.scale, need["spread"] == "equal"))
        if test is None:
            yield not_applicable(f"{label(rule)}: no kind of error in two folds")
            continue
        beyond = test.beyond
        verdict = HOLDS if beyond.low > 1 else FAILS if beyond.high < 1 else UNDECIDED
        text = (f"{label(rule)}: SDs of misread groups are {test.ratio:.2f} times those of correct ones, {beyond.value:.2f} times "
                f"[{beyond.low:.2f}, {beyond.high:.2f}] what rotated errors give")
        what = f"{label(rule)}: ratio of SDs over that of rotated errors"
        yield Comparison(verdict, what, text, beyond, beyond.value - 1, (1.0, 1.0))


# --------------------------------------------------------------- covariates

def _estimates(findings, need, choice, modality):
    """(rule, stage, what, interval, p, reason) of each place."""
    of = findings.contrast(need)
    change = f"{need['level']} − {need['reference']}" if need.get("level") else f"{need['covariate']} {of.over}"
    for rule, stage, where in _places(need):
        row = findings.cell(choice, rule, stage, modality, need["covariate"], of)
        yield rule, stage, f"{where}: {modality}, {change}", *findings.effect(choice, row, of)


def _effect(findings, need, choice):
    for _, _, what, interval, p, reason in _estimates(findings, need, choice, need["modality"]):
        yield undecided(what, reason) if reason else directed(what, interval, p, need["effect"])


def _no_effect(findings, need, choice):
    for modality in need["no_effect"]:
        for _, _, what, interval, _, reason in _estimates(findings, need, choice, modality):
            yield undecided(what, reason) if reason else equivalent(what, interval, findings.settings["margin"]["effect"])


def _largest(findings, need, choice):
    """Of some stages, one has the effect furthest in a direction, and significantly."""
    estimates = list(_estimates(findings, need, choice, need["modality"]))
    claimed, direction = need["largest"], need["effect"]
    what = f"{label(estimates[0][0])}: {need['modality']} in {claimed}"
    if any(reason for *_, reason in estimates):
        yield undecided(what, "not estimated in every stage")
        return
    found = {stage: interval for _, stage, _, interval, _, _ in estimates}
    sizes = {stage: direction * interval.value for stage, interval in found.items()}
    sure = {stage for _, stage, _, _, p, _ in estimates if p < ALPHA}
    text = f"{label(estimates[0][0])}: " + ", ".join(f"{stage} {interval.value:+.1f}" for stage, interval in found.items())
    first = max(sizes, key=sizes.get)
    verdict = HOLDS if first == claimed and claimed in sure and sizes[claimed] > 0 else UNDECIDED
    if claimed in sure and sizes[claimed] < 0 or first != claimed and first in sure and sizes[first] > 0:
        verdict = FAILS
    support = sizes[claimed] - max(size for stage, size in sizes.items() if stage != claimed)
    yield Comparison(verdict, what, text, found[claimed], support)


def _ranked(findings, need, choice):
    """Each covariate has significant effects in more cells than the next."""
    contrasts = [(part["covariate"], findings.contrast(part)) for part in need["ranked"]]
    if reasons := [of.reason for _, of in contrasts if of.reason]:
        yield not_applicable("; ".join(reasons))
        return
    for rule in need["rules"]:
        counts = [findings.significant(choice, rule, name, of) for name, of in contrasts]
        if None in counts:
            yield undecided(label(rule), "not estimated")
            continue
        ahead = min(one - other for one, other in zip(counts, counts[1:]))
        text = f"{label(rule)}: " + ", ".join(f"{name} {count}" for (name, _), count in zip(contrasts, counts))
        verdict = HOLDS if ahead > 0 else FAILS if ahead < 0 else UNDECIDED
        yield Comparison(verdict, f"{label(rule)}: significant cells, one covariate − the next", f"{text} significant cells",
                         Interval(float(ahead)), float(ahead))


# ----------------------------------------------------------------- ablation

def _lost(findings, need, choice, compared):
    """A Comparison for each stage of a condition on ablation, by the function `compared` of stage and points lost."""
    of_all = findings.lost(choice.replacement)
    if of_all is None:
        return [_not_replaced(choice.replacement)]
    empty = numpy.full(len(of_all), math.nan)
    return [compared(stage, lambda modality, stage=stage: of_all.get((stage, modality), empty)) for stage in need["of"]]


def _not_replaced(replacement):
    return not_applicable(f"no modality was {in_words('replacement', replacement)} in this run")


def _loses(findings, need, choice):
    """A modality's replacement costs recall in each stage, or in so many of them."""
    parts = _lost(findings, need, choice, lambda stage, lost: above(f"{stage}: recall lost without {need['loses']}",
                                                                   findings.over_folds(lost(need["loses"]))))
    least = need.get("at_least")
    if not least or findings.lost(choice.replacement) is None:
        return parts
    holding, possible = (sum(part.verdict in among for part in parts) for among in ((HOLDS,), (HOLDS, UNDECIDED)))
    verdict = HOLDS if holding >= least else FAILS if possible < least else UNDECIDED
    decides = sorted(parts, key=lambda part: -math.inf if math.isnan(part.support) else part.support)[-least]
    return [Comparison(verdict, decides.what, "; ".join(part.text for part in parts), decides.interval, decides.support)]


def _loses_more(findings, need, choice):
    one, other = need["loses_more"]
    return _lost(findings, need, choice, lambda stage, lost: above(
        f"{stage}: recall lost without {one} − without {other}", findings.over_folds(numpy.subtract(lost(one), lost(other)))))


def _loses_little(findings, need, choice):
    name = need["loses_little"]
    return _lost(findings, need, choice, lambda stage, lost: equivalent(
        f"{stage}: recall lost without {name}", findings.over_folds(lost(name)), findings.settings["margin"]["recall"]))


def _lrp_more(findings, need, choice):
    """A modality's part of relevance exceeds its part of what its replacement costs."""
    if findings.lost(choice.replacement) is None:
        yield _not_replaced(choice.replacement)
        return
    parts = findings.lost_parts(choice.replacement)
    for rule in need["rules"]:
        for modality in need["lrp_more"]:
            both = findings.fold_percent(rule, choice.averaging)[modality] - parts[modality]
            yield above(f"{label(rule)}: {modality}, relevance − ablation", findings.over_folds(both))


def _ablations_agree(findings, need, choice):
    """Two replacements have the same modality cost most in more than half of the stages."""
    tables = [findings.lost(name) for name in need["ablations_agree"]]
    missing = [_not_replaced(name) for name, table in zip(need["ablations_agree"], tables) if table is None]
    if missing:
        return missing
    first, second = (table.T.groupby("stage").idxmax().T.map(lambda key: key[1], na_action="ignore") for table in tables)
    return [above("part of stages in which the same modality costs most", findings.over_folds((first == second).mean(axis=1)), 0.5)]


# ------------------------------------------------------------------- counts

def _counts(findings, need, choice):
    published, stages = need["counts"], findings.stages
    if not findings.telemetry:
        yield not_applicable("the number is of the telemetry nights, and these are others")
        return
    percent = {stage: 100 * (stages == stage).mean() for stage in STAGES}
    text = f"{len(stages):,} epochs: " + ", ".join(f"{stage} {value:.2f} %" for stage, value in percent.items())
    same = len(stages) == published["n"] and all(_to_last_digit(percent[stage], published[stage]) for stage in STAGES)
    missing = float(len(stages) - published["n"])
    yield Comparison(HOLDS if same else FAILS, "epochs − published number", text, Interval(missing), -abs(missing))


def _to_last_digit(value, published):
    """Whether a number rounds to the published one, which may have fewer digits."""
    digits = len(str(published).partition(".")[2])
    return abs(value - published) <= 0.5 * 10.0 ** -digits + 1e-9


_SHARES, _COVARIATES = ("averaging", "scale"), ("averaging", "scale", "test", "rows", "selection")

CONDITIONS = {
    "counts": Condition(_counts),
    "rule_more": Condition(_rule_more, _SHARES),
    "spread": Condition(_spread, _SHARES),
    "more": Condition(_more, (*_SHARES, "selection")),
    "equal": Condition(_equal, (*_SHARES, "selection")),
    "wrong_more": Condition(_wrong_more, _SHARES),
    "largest": Condition(_largest, _COVARIATES),
    "effect": Condition(_effect, _COVARIATES),
    "no_effect": Condition(_no_effect, _COVARIATES),
    "ranked": Condition(_ranked, _COVARIATES),
    "loses": Condition(_loses, ("replacement",)),
    "loses_more": Condition(_loses_more, ("replacement",)),
    "loses_little": Condition(_loses_little, ("replacement",)),
    "lrp_more": Condition(_lrp_more, ("averaging", "replacement")),
    "ablations_agree": Condition(_ablations_agree),
}
