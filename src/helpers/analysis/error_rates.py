"""How often each method of the regression is wrong with the sleepers at hand: rates of false positives where nothing is there, and
of detection where something is."""

from __future__ import annotations

import numpy
import pandas

from ..constants import ALPHA, STAGES
from ..errors import one_of
from .covariate_design import design_of
from .null_cohorts import METHODS, cohorts_of, components_of, drawn, tests_of
from .responses import responses

#: Cohorts of each stage in which nothing is there, how many of them are given an effect, and draws of the permutation tests.
COHORTS, WITH_EFFECT, DRAWS = 1_000, 250, 999
#: Standardised sizes of what is planted.
EFFECT_SIZES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
#: Name of the rows over all stages.
ALL = "all"
KEYS = ["rule", "method", "covariate", "level", "reference", "stage", "effect_size"]


def error_rates(shares, variances, covariates, rules, reference=None, period=None, cohorts=COHORTS, draws=DRAWS):
    """How often each method rejects at 5 %, uncorrected, in cohorts drawn with the run's own variances.

    Parameters
    ----------
    shares : table of `helpers.relevance.shares`, of which only the numbers of correctly read epochs are taken.
    variances : table of `variance.variances`. rules : names of the rules.
    covariates, reference, period : as `covariate_design.design_of` takes them.
    cohorts : of each rule and stage, of which `WITH_EFFECT` are also given effects. draws : of each permutation test.

    Returns
    -------
    Table of rule, method (`null_cohorts.METHODS`), covariate, level, reference, stage ("all": the cohorts of all stages),
    effect_size (0: nothing is there; d: in standard deviations between subjects, or of their differences for what changes within
    them; of a number, per standard deviation of it), subjects, rejected, cohorts, rate, low, high (95 %, Clopper and Pearson 1934).
    """
    design = design_of(covariates, reference, period)
    parts = [_of_rule(shares[shares["rule"].astype(str) == rule], variances[variances["rule"] == rule], rule, design, cohorts,
                      draws) for rule in rules]
    table = pandas.concat(parts, ignore_index=True)
    return table.assign(**interval(table["rejected"].to_numpy(), table["cohorts"].to_numpy()))


def _of_rule(shares, variances, rule, design, cohorts, draws):
    """Rates of one rule by stage, then over all stages."""
    numbers = epochs_per_night(shares[shares["recording"].astype(str).isin(design.matrix.index)])
    rows = []
    for at, stage in enumerate(STAGES):
        components = components_of(variances[variances["stage"] == stage])
        if components is None or stage not in numbers:
            continue
        of_nights = numbers[stage]
        random = numpy.random.default_rng([at, len(of_nights)])
        sums = drawn(components, of_nights.to_numpy(), design.subjects.loc[of_nights.index], cohorts, random)
        tests = tests_of(cohorts_of(of_nights.index.to_numpy(), sums, design), design, draws)
        about = {"rule": rule, "stage": stage, "subjects": design.subjects.loc[of_nights.index].nunique()}
        rows += [{**about, **vars(design.terms[number - 1]), **row} for number, of_term in tests.items()
                 for row in rejections(of_term)]
    table = pandas.DataFrame(rows, columns=[*KEYS, "subjects", "rejected", "cohorts"])
    both = table.groupby([key for key in KEYS if key != "stage"], sort=False).agg(
        {"subjects": "max", "rejected": "sum", "cohorts": "sum"}).reset_index()
    return pandas.concat([table, both.assign(stage=ALL)[table.columns]], ignore_index=True)


def epochs_per_night(shares):
    """stage → Series of numbers of correctly read epochs by recording, nights without any left out."""
    keys = responses(shares).keys
    counts = keys.groupby(["stage", "recording"]).size()
    return {stage: counts[stage] for stage in counts.index.unique("stage")}


def rejections(of_term):
    """For each method and size of the effect: how many cohorts reject at 5 %, all of them where nothing is there, else the first
    `WITH_EFFECT`. Without a permutation test the unit of the size is not known, and nothing is planted."""
    unit = of_term["permutation"].unit() if "permutation" in of_term else None
    for method in (name for name in METHODS if name in of_term):
        for size in EFFECT_SIZES if unit is not None else EFFECT_SIZES[:1]:
            p = of_term[method].p(size * unit, WITH_EFFECT) if size else of_term[method].p()
            yield {"method": method, "effect_size": size, "rejected": int((p < ALPHA).sum()),
                   "cohorts": int(numpy.isfinite(p).sum())}


def interval(rejected, cohorts):
    """{"rate", "low", "high"}: the part that rejects, with its exact 95 % interval (Clopper and Pearson 1934)."""
    from scipy import stats

    with numpy.errstate(invalid="ignore", divide="ignore"):
        low = numpy.where(rejected > 0, stats.beta.ppf(ALPHA / 2, rejected, cohorts - rejected + 1), 0.0)
        high = numpy.where(rejected < cohorts, stats.beta.isf(ALPHA / 2, rejected + 1, cohorts - rejected), 1.0)
        return {"rate": rejected / cohorts, "low": low, "high": high}


def of_rule(table, rule):
    """The rows of one rule, of rates or of variances; an empty table as it is. A rule that is not there is an InputError."""
    if table.empty:
        return table
    one_of("rule", rule, list(dict.fromkeys(table["rule"].astype(str))))
    return table[table["rule"].astype(str) == rule].reset_index(drop=True)
