"""Joint tests of a stage: all log-ratios together, and what each modality's says when it is read back as points."""

import numpy
import pandas

from ...constants import ALPHA
from ...relevance.rules import label as rule_label
from . import palette
from .coefficients import NO_TEST, averaged, heading, marks, plainly, q_words, signed, switched, terms_of, title, versions
from .display import Figure, Table, text
from .heatmaps import add_panel, grid_of, stacked

#: The tests that there are of all log-ratios together.
TESTS = ("clustered", "permutation")
JOINT = "joint"
LEGEND = (f"Row “{JOINT}”: all log-ratios; dots: {', '.join(TESTS)}.<br>● corrected p below {ALPHA}, ○ not, – no test. Other "
          f"rows:<br>points around the mean night, coloured where both are ●.")


def joint(tests, ratios, medians=None):
    """Points of each modality under the joint test of its stage and covariate.

    Parameters
    ----------
    tests : rows of `regress_all`'s joint tests for one rule, selection and way of averaging nights.
    ratios : its coefficients on the scale log-ratio with nights as rows, of the same.
    medians : (joint tests, coefficients) of the same by medians of nights, shown beside in the table; or None.
    """
    tests, ratios = plainly(tests), plainly(ratios)
    by_key = {(row["covariate"], row["level"], row["stage"]): row for row in tests.to_dict("records")}
    terms = terms_of(ratios)
    panels = [grid_of(ratios, term) for term in terms]
    plot, height = stacked([heading(ratios, term) for term in terms], [1 + len(names) for names, _, _ in panels],
                           f"{of_nights(ratios)}, as points", LEGEND)
    for at, (term, (names, stages, grid)) in enumerate(zip(terms, panels, strict=True)):
        of_stages, called = [by_key[(*term, stage)] for stage in stages], title(ratios, term)
        both = [all(row[f"q_{test}"] < ALPHA for test in TESTS) for row in of_stages]
        values = [[numpy.nan] * len(stages), *([row["points"] if found else numpy.nan for row, found in
                                                zip(line, both, strict=True)] for line in grid)]
        cells = [[(f"{f_words(row)}<br>{marks(row, TESTS)}", found) for row, found in zip(of_stages, both, strict=True)],
                 *([(said(row["points"], found), found) for row, found in zip(line, both, strict=True)] for line in grid)]
        hover = [[joint_words(row, called) for row in of_stages],
                 *([f"{row['stage']}, {text(row['modality'])}; {text(called)}<br>{point_words(row)}" for row in line]
                   for line in grid)]
        add_panel(plot, at, ([JOINT, *map(text, names)], stages), numpy.array(values, dtype=float), hover, cells)
    table = report(tests, ratios, medians)
    return Figure(plot, words(tests, ratios), table, height=height, name="joint-tests", summary="All joint tests as a table",
                  data=with_points(tests, ratios))


def said(points, found):
    """`+1.20`, bold where the joint tests find something; a dash for nothing."""
    if not numpy.isfinite(points):
        return NO_TEST
    return f"<b>{signed(points)}</b>" if found else signed(points)


def f_words(row):
    """`F 3.2`, or a dash."""
    return f"F {row['F']:.1f}" if numpy.isfinite(row["F"]) else NO_TEST


def joint_words(row, heading):
    """One joint test as a person would say it."""
    head = f"{row['stage']}, all log-ratios; {text(heading)}<br>"
    if not numpy.isfinite(row["F"]):
        return f"{head}no test: {text(row['reason_clustered'] or 'the log-ratios cannot be told apart')}"
    return (f"{head}T² = {row['T2']:.3g}, F({row['df1']:.0f}, {row['df2']:.1f}) = {row['F']:.3g}<br>corrected p: "
            f"{q_words(row, TESTS)}<br>{row['subjects']} subjects, {left_out(row)}")


def left_out(row):
    """`2 nights left out`."""
    return f"{row['left_out']} night{'s' * (row['left_out'] != 1)} left out"


def point_words(row):
    """One modality's points, or why there are none."""
    if not numpy.isfinite(row["points"]):
        return f"no coefficient: {text(row['reason_clustered'])}"
    return f"{signed(row['points'])} points of the mean night; its log-ratio {signed(row['coefficient_clustered'])}"


def with_points(tests, ratios):
    """The joint tests with each modality's points, exact."""
    keys = ["covariate", "level", "stage"]
    wide = ratios.pivot(index=keys, columns="modality", values="points").rename(columns=lambda name: f"{name}, points")
    order = [f"{name}, points" for name in palette.modalities(ratios["modality"])]
    return tests.merge(wide[order].reset_index(), on=keys, how="left")


def report(tests, ratios, medians):
    """A row for each stage and covariate: the joint tests, points of each modality, and the tests by medians beside them."""
    table = with_points(tests, ratios)
    shown = table[["covariate", "level", "stage"]].copy()
    shown["T²"] = table["T2"].round(2)
    shown["F (df)"] = [f"{row['F']:.2f} ({row['df1']:.0f}, {row['df2']:.1f})" if numpy.isfinite(row["F"]) else NO_TEST
                       for row in table.to_dict("records")]
    for test in TESTS:
        shown[f"{test} p"], shown[f"{test} corrected p"] = table[f"p_{test}"], table[f"q_{test}"]
    for name in (name for name in table if name.endswith(", points")):
        shown[name] = [signed(value) if numpy.isfinite(value) else NO_TEST for value in table[name]]
    if medians is not None and len(medians[0]):
        by_median = plainly(medians[1])
        beside = plainly(medians[0]).set_index(["covariate", "level", "stage"]).reindex(
            pandas.MultiIndex.from_frame(table[["covariate", "level", "stage"]]))
        shown[f"{averaged('median')}: points"] = [medians_said(by_median, row) for row in table.itertuples()]
        for test in TESTS:
            shown[f"{averaged('median')}: {test} corrected p"] = beside[f"q_{test}"].to_numpy()
    shown["nights left out"], shown["zeros replaced"] = table["left_out"], table["replaced"]
    if table["reason_clustered"].astype(bool).any() or table["reason_permutation"].astype(bool).any():
        shown["without numbers because"] = ["; ".join(dict.fromkeys(reason for reason in reasons if reason)) for reasons in
                                            zip(table["reason_clustered"], table["reason_permutation"], strict=True)]
    return shown


def medians_said(ratios, row):
    """`EEG −0.94, EOG +0.62, EMG +0.32`: points of a joint test's modalities by medians of nights."""
    mine = ratios[(ratios["covariate"] == row.covariate) & (ratios["level"] == row.level) & (ratios["stage"] == row.stage)]
    values = mine.set_index("modality")["points"]
    return ", ".join(f"{name} {signed(values[name]) if numpy.isfinite(values[name]) else NO_TEST}"
                     for name in palette.modalities(values.index))


def of_nights(table):
    """`ε = 100, mean of a night's log-ratios`."""
    average = {"mean": "mean", "pooled": "pooled mean"}.get(str(table["averaging"].iloc[0]), "median")
    return f"{rule_label(str(table['rule'].iloc[0]))}, {average} of a night's log-ratios"


def words(tests, ratios):
    """The text alternative: which joint tests are significant by both tests, and as points."""
    table = with_points(tests, ratios)
    found = table[(table["q_clustered"] < ALPHA) & (table["q_permutation"] < ALPHA)]
    names = palette.modalities(ratios["modality"])
    cells = "; ".join(f"{row['stage']}, {title(ratios, (row['covariate'], row['level']))} (F = {row['F']:.1f}): "
                      + ", ".join(f"{name} {signed(row[f'{name}, points'])}" for name in names) for row in found.to_dict("records"))
    return (f"Joint tests of all log-ratios for each of {len(table)} pairs of stage and covariate, {of_nights(ratios)}; "
            f"{len(found)} are significant at {ALPHA} after Benjamini–Hochberg correction by clustered errors and by permutation"
            f"{f', in points of the mean night: {cells}' if cells else ''}.")


def by(table, rule, averaging):
    """The rows of a rule and a way of averaging."""
    return table[(table["rule"].astype(str) == rule) & (table["averaging"].astype(str) == averaging)]


def joints(tests, everything, rule, averaging, selection="correct"):
    """The figure of joint tests with its switches for rule and averaging, those asked for first; nothing without covariates.

    tests, everything : both tables of `regress_all`. Under rules with medians of nights these stand beside in the table.
    """
    if tests.empty:
        return Table(pandas.DataFrame(), "")
    of = versions(everything, rule, averaging, rows="nights", scale="log-ratio", selection=selection)
    tests = tests[tests["selection"].astype(str) == selection]

    def drawn(ratios):
        rule, average = str(ratios["rule"].iloc[0]), str(ratios["averaging"].iloc[0])
        return joint(by(tests, rule, average), ratios, (by(tests, rule, "median"), by(by_night, rule, "median")))

    by_night = everything[(everything["selection"].astype(str) == selection) & (everything["scale"].astype(str) == "log-ratio")
                          & (everything["rows"].astype(str) == "nights")]
    return switched(drawn, of)
