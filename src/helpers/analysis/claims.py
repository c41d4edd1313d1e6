"""The paper's claims judged by this run: shares, regression and counts come in, one verdict per claim goes out.

Criteria lie in criteria.yaml, fixed before any run.
"""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas

from ..constants import ALPHA, STAGES
from ..relevance.rules import label
from .bootstrap import Bootstrap
from .groups import spread

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided"
#: Reference levels of the paper's coefficients; those of a cohort with the other level as its reference are negated.
REFERENCE = {"medication": "placebo", "sex": "female"}


def criteria():
    """The content of criteria.yaml."""
    import yaml

    return yaml.safe_load(Path(__file__).with_name("criteria.yaml").read_text())


def judge(shares, regression, epochs, telemetry):
    """Judge every claim.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`.
    regression : table of `helpers.analysis.regression.regress_all`; mean of shares, one row per epoch is used.
    epochs : table of all kept epochs, with `stage`.
    telemetry : whether these are the paper's nights, so that its counts can be judged.

    Returns
    -------
    Table of claim, statement, criterion, found, verdict ("holds", "fails", "undecided").
    """
    content = criteria()
    options = content["bootstrap"]
    run = _Run(shares, regression, epochs, telemetry, options)
    rows = []
    for claim in content["claims"]:
        judgements = [judgement for need in claim["needs"] for judgement in _judged(run, need)]
        verdicts = [verdict for verdict, _ in judgements]
        verdict = FAILS if FAILS in verdicts else UNDECIDED if UNDECIDED in verdicts else HOLDS
        rows.append({"claim": str(claim["id"]), "statement": claim["says"],
                     "criterion": "; ".join(_in_words(need, options) for need in claim["needs"]),
                     "found": "; ".join(text for _, text in judgements), "verdict": verdict})
    return pandas.DataFrame(rows)


class _Run:
    """Results of this run, in the forms in which conditions ask for them."""

    def __init__(self, shares, regression, epochs, telemetry, options):
        self.bootstrap = Bootstrap(shares, options["draws"], options["seed"], options["least_subjects"])
        self.margin = options["margin"]
        used = regression
        if len(used):
            used = used[(used["averaging"] == "mean") & (used["rows"] == "epochs") & (used["selection"] == "correct")
                        & (used["scale"] == "percent")]
        self.regression, self.stages, self.telemetry = used, epochs["stage"].astype(str), telemetry
        self.spread = spread(shares)

    def coefficient(self, need, rule, stage, modality):
        """The row of the regression, or None."""
        table = self.regression
        if not len(table):
            return None
        row = table[(table["rule"] == rule) & (table["stage"] == stage) & (table["modality"] == modality)
                    & (table["covariate"] == need["covariate"])]
        if not len(row) or not numpy.isfinite(row.iloc[0]["q_clustered"]):
            return None
        row = row.iloc[0].copy()
        row["coefficient"] = row["coefficient_clustered"]
        if row["level"] == REFERENCE.get(need["covariate"]):
            row["coefficient"] *= -1
        return row


def _judged(run, need):
    """(verdict, text of the result) for each comparison that a condition makes."""
    if "counts" in need:
        yield _counts(run, need["counts"])
        return
    if "rule_more" in need:
        yield _rule_more(run, need)
        return
    for rule in need["rules"]:
        if rule not in run.bootstrap.rules:
            yield UNDECIDED, f"{label(rule)}: not among this run's rules"
        elif "spread" in need:
            yield _spread(run, need["spread"], rule)
        elif "largest" in need:
            yield _largest(run, need, rule)
        else:
            for stage in need["of"]:
                yield from _of_stage(run, need, rule, stage)


def _of_stage(run, need, rule, stage):
    where = f"{stage}, {label(rule)}"
    if "more" in need:
        for more, less in zip(need["more"], need["more"][1:]):
            yield _more(run, rule, stage, more, less, need.get("times"), where)
    elif "equal" in need:
        yield _equal(run, rule, stage, *need["equal"], where)
    elif "wrong_more" in need:
        for modality in need["wrong_more"]:
            keys = [(rule, stage, which, modality) for which in ("wrong", "correct")]
            yield _above(run.bootstrap.interval(numpy.subtract, *keys), 0, f"{where}: {modality} wrong − correct")
    elif "effect" in need:
        yield _effect(run.coefficient(need, rule, stage, need["modality"]), need["effect"],
                      f"{where}: {need['modality']}")
    else:
        for modality in need["no_effect"]:
            yield _no_effect(run.coefficient(need, rule, stage, modality), f"{where}: {modality}")


def _set(rule, stage, modality):
    return rule, stage, "all" if stage == "all" else "correct", modality


def _more(run, rule, stage, more, less, times, where):
    keys = _set(rule, stage, more), _set(rule, stage, less)
    if times:
        return _above(run.bootstrap.interval(numpy.divide, *keys), times, f"{where}: {more} / {less}")
    return _above(run.bootstrap.interval(numpy.subtract, *keys), 0, f"{where}: {more} − {less}")


def _above(interval, bound, what):
    value, low, high = interval
    if numpy.isnan(value):
        return UNDECIDED, f"{what}: epochs of too few subjects"
    verdict = HOLDS if low > bound else FAILS if high < bound else UNDECIDED
    return verdict, f"{what} = {value:.1f} [{low:.1f}, {high:.1f}]"


def _equal(run, rule, stage, modality, other, where):
    value, low, high = run.bootstrap.interval(numpy.subtract, _set(rule, stage, modality), _set(rule, stage, other))
    if numpy.isnan(value):
        return UNDECIDED, f"{where}: epochs of too few subjects"
    within, outside = -run.margin < low and high < run.margin, low > run.margin or high < -run.margin
    verdict = HOLDS if within else FAILS if outside else UNDECIDED
    return verdict, f"{where}: {modality} − {other} = {value:.1f} [{low:.1f}, {high:.1f}]"


def _effect(row, sign, what):
    if row is None:
        return UNDECIDED, f"{what}: not estimated"
    text = f"{what} {row['coefficient']:+.2f}, p = {row['q_clustered']:.2g}"
    if row["q_clustered"] >= ALPHA:
        return UNDECIDED, text
    return HOLDS if numpy.sign(row["coefficient"]) == sign else FAILS, text


def _no_effect(row, what):
    if row is None:
        return UNDECIDED, f"{what}: not estimated"
    text = f"{what} {row['coefficient']:+.2f}, p = {row['q_clustered']:.2g}"
    return FAILS if row["q_clustered"] < ALPHA else HOLDS, text


def _largest(run, need, rule):
    rows = {stage: run.coefficient(need, rule, stage, need["modality"]) for stage in need["of"]}
    if any(row is None for row in rows.values()):
        return UNDECIDED, f"{label(rule)}: not estimated in every stage"
    sizes = {stage: need["effect"] * row["coefficient"] for stage, row in rows.items()}
    text = f"{label(rule)}: " + ", ".join(f"{stage} {row['coefficient']:+.2f}" for stage, row in rows.items())
    largest = max(sizes, key=sizes.get)
    sure = {stage for stage, row in rows.items() if row["q_clustered"] < ALPHA}
    claimed = need["largest"]
    if claimed in sure and sizes[claimed] < 0 or largest != claimed and largest in sure and sizes[largest] > 0:
        return FAILS, text
    return HOLDS if largest == claimed and claimed in sure else UNDECIDED, text


def _rule_more(run, need):
    more, less = need["rule_more"]
    what = f"{need['modality']}: {label(more)} − {label(less)}"
    if not {more, less} <= run.bootstrap.rules:
        return UNDECIDED, f"{what}: not both among this run's rules"
    keys = [(rule, "all", "all", need["modality"]) for rule in (more, less)]
    return _above(run.bootstrap.interval(numpy.subtract, *keys), 0, what)


def _spread(run, kind, rule):
    table = run.spread[run.spread["rule"] == rule]
    column = "sd_correct" if kind == "as it is" else "sd_correct_equal"
    if table.empty:
        return UNDECIDED, f"{label(rule)}: fewer than two folds with misclassified groups"
    less = int((table[column] < table["sd"]).sum())
    text = f"{label(rule)}: less in {less} of {len(table)} groups × modalities"
    from scipy.stats import binomtest

    low, high = binomtest(less, len(table)).proportion_ci(0.95)
    return HOLDS if low > 0.5 else FAILS if high < 0.5 else UNDECIDED, text


def _counts(run, published):
    if not run.telemetry:
        return UNDECIDED, (f"{len(run.stages):,} epochs of another cohort; the published number is of the telemetry "
                           "nights")
    percent = {stage: 100 * (run.stages == stage).mean() for stage in STAGES}
    text = f"{len(run.stages):,} epochs: " + ", ".join(f"{stage} {value:.2f} %" for stage, value in percent.items())
    same = len(run.stages) == published["n"] and all(
        _to_last_digit(percent[stage], published[stage]) for stage in STAGES)
    return HOLDS if same else FAILS, text


def _to_last_digit(value, published):
    """Whether a number rounds to the published one, which may have fewer digits."""
    digits = len(str(published).partition(".")[2])
    return abs(value - published) <= 0.5 * 10.0 ** -digits + 1e-9


def _side(need):
    return "above" if need["effect"] > 0 else "below"


def _in_words(need, options):
    """A condition as a researcher reads it."""
    rules = ", ".join(label(rule) for rule in need.get("rules", ()))
    stages = ", ".join("all epochs" if stage == "all" else stage for stage in need.get("of", ()))
    at = f" ({stages}; {rules})" if stages else f" ({rules})" if rules else ""
    if "counts" in need:
        return "the published number and percentages, to their last digit"
    if "rule_more" in need:
        more, less = (label(rule) for rule in need["rule_more"])
        return f"95 % interval of {need['modality']}, {more} − {less}, above 0"
    if "more" in need and need.get("times"):
        return f"95 % interval of {' / '.join(need['more'])} above {need['times']}{at}"
    if "more" in need:
        return f"{' > '.join(need['more'])}: 95 % interval of each difference above 0{at}"
    if "equal" in need:
        return f"95 % interval of {' − '.join(need['equal'])} within ±{options['margin']} points{at}"
    if "wrong_more" in need:
        return f"95 % interval of wrong − correct above 0 for {' and '.join(need['wrong_more'])}{at}"
    if "largest" in need:
        return (f"{need['covariate']} on {need['modality']}: furthest {_side(need)} 0 in "
                f"{need['largest']}, and there corrected clustered p < {ALPHA}{at}")
    if "effect" in need:
        return (f"{need['covariate']} on {need['modality']} {_side(need)} 0, "
                f"corrected clustered p < {ALPHA}{at}")
    if "no_effect" in need:
        return f"{need['covariate']} on {', '.join(need['no_effect'])}: corrected clustered p at least {ALPHA}{at}"
    numbers = "equal numbers of epochs" if need["spread"] == "equal" else "the groups as they are"
    return ("95 % binomial interval of the part of groups × modalities with a smaller SD where correct, above one "
            f"half, {numbers}{at}")
