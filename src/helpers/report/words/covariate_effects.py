"""Sentences on what the tests of covariates can and cannot find: order of nights, smallest effects, pairs, joint tests."""

import numpy

from ...constants import ALPHA
from ..draw.coefficients import about, of_term, plainly, signed, terms_of, title
from ..draw.joint_tests import TESTS, of_nights
from ..draw.night_pairs import about as of_pairs
from ..draw.night_pairs import summary
from .markdown import in_markdown, joined

NOTHING = "Nothing is known of these sleepers, so there is nothing to regress on."


@in_markdown
def order(table, enters):
    """Whether the order of nights is a term, and what it is confounded with, from `analysis.night_order.order_of_nights`."""
    if table.empty:
        known = ("The order of a subject's nights enters the clustered test and the permutation as a covariate, not the paper's "
                 "OLS."
                 if enters else "In which order the nights were recorded is not known of every night, or the same for all, so that "
                 "no test takes it in.")
        return known
    parts = [_of_level(rows) for _, rows in table.groupby(["covariate", "level"], sort=False)]
    how = ("The order of a subject's nights is known and enters the clustered test and the permutation as a covariate, not the "
           "paper's OLS." if enters else "The order of a subject's nights is known, but the other covariates say it already, so "
           "that no test can "
           "tell it apart.")
    return f"{how} {' '.join(parts)}"


def _of_level(rows):
    """Who had a level first, of all and by what differs between subjects."""
    everyone, groups = rows[rows["among"] == ""].iloc[0], rows[rows["among"] != ""]
    first = (f"In **{everyone['reference_first']} subjects {everyone['reference']} came first, in {everyone['level_first']} "
             f"{everyone['level']}**")
    if not everyone["reference_first"] or not everyone["level_first"]:
        return f"{first}: {everyone['covariate']} and order cannot be told apart."
    said = [_among(name, of_name, everyone) for name, of_name in groups.groupby("among", sort=False)]
    return f"{first}.{''.join(said)}"


def _among(name, rows, everyone):
    """How order and a covariate between subjects go together."""
    counts = joined([f"{row['reference_first']} to {row['level_first']} among {row['among_level']}" for _, row in rows.iterrows()])
    part = rows["reference_first"] / (rows["reference_first"] + rows["level_first"])
    verdict = (f"order and {name} are not confounded" if numpy.allclose(part, part.iloc[0]) else
               f"order and {name} are confounded, and what is said of one rests on the model of the other")
    return f" That is {counts}: {verdict}."


@in_markdown
def detectable(table):
    """The smallest effects that the clustered test would have found with a power of 80 %."""
    if table.empty:
        return NOTHING
    table = plainly(table)
    parts = []
    for term in terms_of(table):
        values = of_term(table, term)["detectable"].dropna()
        if len(values):
            parts.append(f"**{values.median():.1f} points** ({title(table, term)}; {values.min():.1f} to {values.max():.1f})")
    if not parts:
        return "No clustered test could be made, so the smallest detectable effect is not known."
    return (f"{about(table)}: of {int(table['subjects'].max())} subjects a single clustered test at 5 % finds with a power of "
            f"80 % effects from {joined(parts)}, as a median over stages and modalities. A smaller effect that is not found may "
            f"be there.")


@in_markdown
def pairs(table, rule, averaging):
    """The largest mean change within subjects, from `analysis.paired_nights`."""
    if table.empty:
        return "No category differs between nights of a subject, so there are no pairs."
    mine = table[(table["rule"].astype(str) == rule) & (table["averaging"].astype(str) == averaging)]
    if mine.empty:
        return "No subject has a stage at both levels, so there are no pairs."
    numbers = summary(mine)
    row = numbers.loc[numbers["change, points"].abs().idxmax()]
    up = row["change, points"] > 0
    number = row["rises in"] if up else row["subjects"] - row["rises in"]
    return (f"{of_pairs(mine)}: the largest mean change is **{row['modality']} in {row['stage']}, "
            f"{signed(row['change, points'], 1)} points** ({row['level']} against {row['reference']}); it goes "
            f"{'up' if up else 'down'} in {number} of {row['subjects']} "
            f"subjects. Nights with fewer than 5 correctly read epochs of a stage are left out.")


@in_markdown
def joint(tests, rule, averaging, selection="correct"):
    """How many joint tests find something, and what was left out and replaced for them."""
    if tests.empty:
        return NOTHING
    mine = tests[(tests["rule"].astype(str) == rule) & (tests["averaging"].astype(str) == averaging)
                 & (tests["selection"].astype(str) == selection)]
    made = int(mine["p_clustered"].notna().sum())
    if not made:
        return f"None of {len(mine)} joint tests could be made; the table says why."
    found = {test: mine[f"q_{test}"] < ALPHA for test in TESTS}
    both = mine[found["clustered"] & found["permutation"]]
    named = joined([f"{row['covariate']}{' ' if row['level'] else ''}{row['level']} in {row['stage']}"
                    for row in both.to_dict("records")])
    return (f"{of_nights(mine)}: of {made} joint tests of stage and covariate, clustered errors call "
            f"**{int(found['clustered'].sum())}** significant after correction, permutation "
            f"**{int(found['permutation'].sum())}**, both **{len(both)}**"
            f"{f' ({named})' if named else ''}. {_left_out(mine)}{_replaced(int(mine['replaced'].max()))}")


def _left_out(tests):
    """`Nights with fewer than 5 epochs are left out: 3 of N1`, or that none is."""
    by_stage = tests.drop_duplicates("stage").set_index("stage")["left_out"]
    lost = [f"{number} of {stage}" for stage, number in by_stage.items() if number]
    return f"Nights with fewer than 5 epochs are left out: {joined(lost)}" if lost else "No night is left out"


def _replaced(shares):
    """The end of that sentence: how many shares of 0 had to become more than 0."""
    return f"; {shares:,} {'share' if shares == 1 else 'shares'} of 0 became slightly more, as logarithms need." if shares else ", and no share is 0."
