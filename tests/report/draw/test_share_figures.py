"""Figures 1 and 2: whatever their layout, every point is the share of its fold under its rule on its modality, in its group's panel."""

import itertools
import re

import pandas
import pytest
from typed_arrays import traces

from helpers.relevance.rules import label
from helpers.report.draw import figures, palette

RULES, NAMES, FOLDS = ("alpha1beta0", "eps=100", "eps=0.01"), ("EMG", "EEG", "EOG"), range(6)
GROUPS = (("N1", "W"), ("W", "W"), ("W", "N1"), ("REM", "N2"))
POINT = re.compile(r"fold (\d+): (-?[\d.]+) % on (\w+)")


def share(fold, rule, name, group=("W", "W")):
    """A share of its own for each."""
    return round(.1 * (1 + NAMES.index(name)) + .03 * RULES.index(rule) + .005 * fold + .4 * GROUPS.index(group) / len(GROUPS), 3)


def by_fold(groups=(), named=()):
    rows = [(fold, *group[:len(named)], rule, name, share(fold, rule, name, group), 0.0, 0.0, 10 + fold, 0)
            for group, fold, rule, name in itertools.product(groups or GROUPS[1:2], FOLDS, RULES, NAMES)]
    return pandas.DataFrame(rows, columns=["fold", *named, "rule", "modality", "share", "positive", "negative", "n", "without_relevance"])


def points(figure):
    """(axis, words before the fold, fold, modality, percent) of each point, which its words say as well and its colour shows."""
    for trace in traces(figure):
        for height, words in zip(trace["y"] or (), trace.get("hovertext") or ()):
            if found := POINT.search(words):
                fold, percent, name = int(found[1]), float(found[2]), found[3]
                assert height == pytest.approx(percent, abs=.051), words
                assert trace["marker"]["color"] == palette.LOOKS[name].line, "EEG blue, EOG yellow, EMG red"
                yield trace.get("yaxis", "y"), words.partition("<br>")[0], fold, name, height


def test_figure_1_has_each_fold_s_share_by_rule_and_modality_once():
    pooled = by_fold().assign(share=1 - by_fold()["share"])
    shown = figures.overall(by_fold(), pooled)
    for choice, wanted in (("Mean of shares", lambda value: 100 * value), ("Pooled", lambda value: 100 - 100 * value)):
        for figure in (figure for chosen, figure in shown.versions if choice in chosen):
            found = list(points(figure))
            assert len(found) == len(FOLDS) * 9
            for rule, name, fold in itertools.product(RULES, NAMES, FOLDS):
                [height] = [height for _, words, of_fold, of_name, height in found if words.startswith(f"{label(rule)},") and (of_fold, of_name) == (fold, name)]
                assert height == pytest.approx(wanted(share(fold, rule, name)))


def panel(figure, axis):
    """The heading of a panel: the words above it."""
    layout, number = figure.spec()["layout"], axis.removeprefix("y")
    across, up = layout[f"xaxis{number}"]["domain"], layout[f"yaxis{number}"]["domain"]
    above = [note for note in layout["annotations"] if note.get("xref") == "paper" and across[0] <= note["x"] <= across[1] and note["y"] >= up[1] - 1e-9]
    return min(above, key=lambda note: note["y"])["text"]


@pytest.mark.parametrize("draw, named, groups, headed", [
    (figures.groups, ("true", "predicted"), GROUPS, lambda group: " → ".join(group)), (figures.predicted, ("predicted",), GROUPS[1:2] + GROUPS[3:], None)])
def test_every_group_s_points_stand_in_its_panel(draw, named, groups, headed):
    table = by_fold(groups, named)
    drawn = [(figure, list(points(figure))) for _, figure in draw(table, table).versions[:2]]
    assert [len(found) for _, found in drawn] == [len(table)] * 2
    for number, row in itertools.product((0, 1), table.itertuples()):  # both ways of standing together
        figure, found = drawn[number]
        of_group = headed((row.true, row.predicted)) if headed else f"predicted {row.predicted}"
        [(axis, height)] = [(axis, height) for axis, words, fold, name, height in found
                            if (words, fold, name) == (f"{of_group}, {label(row.rule)}", row.fold, row.modality)]
        assert height == pytest.approx(100 * row.share)
        heading = re.sub("</?b>", "", panel(figure, axis))
        assert heading == f"{of_group.removeprefix('predicted ')}<br>n = {sum(10 + fold for fold in FOLDS)}, 6 folds"


def test_a_dash_stands_at_the_median_floor_of_its_own_rule_and_modality():
    floors = by_fold()
    floors["share"] = floors["share"] / 2 + .001 * floors["fold"] ** 2  # whose mean is not its median
    figure = figures.overall(by_fold(), by_fold(), floors={"mean": floors, "pooled": floors}).versions[0][1]
    medians = {(rule, name): 100 * (share(2.5, rule, name) / 2) + .1 * 6.5 for rule in RULES for name in NAMES}  # between folds 2 and 3
    dashes = [(words, trace["y"][0]) for trace in traces(figure) for words in [trace.get("hovertext")] if isinstance(words, str) and "as noise" in words]
    assert sorted(height for _, height in dashes) == pytest.approx(sorted(medians.values()), abs=.06)
    for words, height in dashes:
        name, said = re.search(r"(\w+) as noise: ([\d.]+) %", words).groups()
        assert height == pytest.approx(float(said), abs=.051) and min(abs(height - medians[rule, name]) for rule in RULES) < .06
    table = figure.table.set_index(["rule", "modality"])["floor, median %"]
    assert {key: table[key] for key in medians} == pytest.approx(medians, abs=.06)
