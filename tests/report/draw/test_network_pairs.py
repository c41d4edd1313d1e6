"""Another network in pictures and words: marks and cells are the table's numbers, each under the network that it is of."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import another, figures
from helpers.report.draw import palette

NAMES = {"own": "the paper's network", "other": "the network of branches"}


def table():
    rows = [(rule, stage, name, own, other, other - own, other - own - .1, other - own + .1, 40)
            for rule in ("eps=100", "eps=0.01") for stage, eeg in (("all", .5), ("W", .3), ("REM", .6))
            for name, own, other in (("EMG", .1, .2), ("EOG", .9 - eeg, .8 - eeg + .05), ("EEG", eeg, eeg - .05))]
    return pandas.DataFrame(rows, columns=["rule", "stage", "modality", "own", "other", "difference", "low", "high", "epochs"])


def test_filled_marks_are_the_study_s_own_network_and_open_ones_the_other():
    switch = figures.both_shares(table(), NAMES)
    assert list(switch.figures) == ["ε = 0.01", "ε = 100"]
    figure = switch.figures["ε = 100"]
    marks = {(trace["xaxis"], trace["marker"]["symbol"]): trace for trace in traces(figure)}
    assert marks["x", "circle"]["x"] == pytest.approx([50, 30, 60]) and marks["x", "circle"]["y"] == ["all", "W", "REM"]
    assert marks["x", "diamond-open"]["x"] == pytest.approx([45, 25, 55]) and marks["x", "diamond-open"]["name"] == NAMES["other"]
    assert marks["x3", "circle"]["x"] == pytest.approx([10, 10, 10]) and marks["x3", "diamond-open"]["x"] == pytest.approx([20, 20, 20])
    assert [note["text"] for note in figure.spec()["layout"]["annotations"][:3]] == ["EEG", "EOG", "EMG"]
    assert figure.spec()["layout"]["yaxis"]["categoryarray"] == ["REM", "W", "all"]
    assert "EEG 50 % and 45 %" in figure.alt
    assert figure.table.loc[0, "the network of branches, %"] == pytest.approx(45) and figure.table.loc[0, "difference from, points"] == pytest.approx(-15)


def test_scores_costs_and_floors_stand_under_their_network():
    scores = pandas.DataFrame([("accuracy", "all", .8, .75), ("kappa", "all", .7, .6), ("f1", "N1", .5, .55)], columns=["measure", "stage", "own", "other"])
    shown = figures.both_scores(scores, NAMES).table
    assert shown.values.tolist() == [["accuracy", "0.800", "0.750", "−0.050"], ["kappa", "0.700", "0.600", "−0.100"], ["F1 of N1", "0.500", "0.550", "+0.050"]]
    costs = pandas.DataFrame([("W", "EEG", .1, -.2), ("W", "EMG", .3, .4), ("N2", "EEG", .5, .6), ("N2", "EMG", 0, .1)], columns=["stage", "modality", "own", "other"])
    assert figures.both_costs(costs, NAMES).table.values.tolist() == [["W", "10 / −20", "30 / 40"], ["N2", "50 / 60", "0 / 10"]]
    kept = pandas.DataFrame([("eps=100", "EEG", .9, 1.1), ("eps=100", "EMG", .5, .6)], columns=["rule", "modality", "own", "other"])
    assert figures.both_floors(kept, NAMES).table.values.tolist() == [["ε = 100", "90 % / 110 %", "50 % / 60 %"]]


def test_the_answer_says_what_both_read_lose_and_claim():
    scores = pandas.DataFrame([("accuracy", "all", .812, .75)], columns=["measure", "stage", "own", "other"])
    costs = pandas.DataFrame([("W", "EEG", .1, .2), ("N2", "EEG", .3, .2), ("W", "EOG", .1, .1), ("N2", "EOG", .1, .1), ("W", "EMG", 0, .3),
                              ("N2", "EMG", 0, .3)], columns=["stage", "modality", "own", "other"])
    verdicts = pandas.DataFrame([("1", "A", "holds", "holds"), ("2", "B", "fails", "holds")], columns=["claim", "statement", "own", "other"])
    said = another.another(scores, table(), costs, verdicts, NAMES, "eps=100").data
    assert "the paper's network reads 81.2 % of epochs right, the network of branches 75.0 %" in said
    assert "under ε = 100 go EEG 50 → 45 %, EOG 40 → 35 % and EMG 10 → 20 %" in said
    assert "EEG 20 → 20 points of recall, EOG 10 → 10 points of recall and EMG 0 → 30 points of recall" in said
    assert "**1 of 2 claims of the paper have the same verdict under both.**" in said
    assert "no other network was trained" in another.another(scores[:0], table(), costs, verdicts, NAMES, "eps=100").data
    due = another.due(table(), NAMES).data
    assert "- ε = 100: EEG −5 points [−15, 5], EOG −5 points [−15, 5] and EMG +10 points [0, 20]." in due


def test_marks_have_the_colour_of_their_modality_on_one_scale():
    figure = figures.both_shares(table(), NAMES).figures["ε = 100"]
    layout = figure.spec()["layout"]
    for axis, name in (("x", "EEG"), ("x2", "EOG"), ("x3", "EMG")):
        mine = [trace for trace in traces(figure) if trace["xaxis"] == axis]
        assert {trace["marker"]["color"] for trace in mine} == {palette.LOOKS[name].line} and layout[f"xaxis{axis[1:]}"]["range"] == pytest.approx([-0.05 * 60, 1.08 * 60])
    own, other = traces(figure)[:2]
    assert own["hovertext"][2] == "REM, EEG, the paper's network<br>60.0 %<br>40 epochs" and other["hovertext"][2].startswith("REM, EEG, the network of branches<br>55.0 %")


def test_what_both_read_stands_by_stage_with_who_is_right():
    table = pandas.DataFrame([("all", .75, .6, .5, .2, .1, .2, 1200), ("N2", .9, .3, .8, .1, .05, .05, 700), ("W", .4, numpy.nan, .25, .25, .25, .25, 500)],
                             columns=["stage", "same", "kappa", "both", "own", "other", "neither", "epochs"])
    shown = figures.both_read(table, NAMES).table
    assert list(shown)[4:] == ["both right", "only the paper's network", "only the network of branches", "neither"]
    assert shown.values.tolist() == [["all", "1,200", "75 %", "0.60", "50 %", "20 %", "10 %", "20 %"], ["W", "500", "40 %", "–", "25 %", "25 %", "25 %", "25 %"],
                                     ["N2", "700", "90 %", "–", "80 %", "10 %", "5 %", "5 %"]]
    unscored = figures.both_read(table[:1].assign(both=numpy.nan, own=numpy.nan, other=numpy.nan, neither=numpy.nan), NAMES).table
    assert unscored.values.tolist() == [["all", "1,200", "75 %", "0.60", "–", "–", "–", "–"]]


def test_verdicts_of_both_stand_under_their_network_with_their_combinations():
    table = pandas.DataFrame([("1", "A", "holds", 3, 4, "fails", 1, 4), ("2", "B", "undecided", 0, 2, "not applicable", 0, 0)],
                             columns=["claim", "statement", "own", "own_holds", "own_combinations", "other", "other_holds", "other_combinations"])
    shown = figures.both_verdicts(table, NAMES).table
    assert list(shown) == ["claim", "statement", NAMES["own"], NAMES["other"]]
    assert shown.values.tolist() == [["1", "A", "holds; holds in 3 of 4", "fails; holds in 1 of 4"], ["2", "B", "undecided; holds in 0 of 2", "not applicable"]]


def test_the_network_is_one_more_choice_of_a_specification_curve():
    common = {"claim": "1", "rule": "", "averaging": "mean", "scale": "", "test": "", "rows": "", "selection": "", "replacement": "", "comparison": "c",
              "bound_low": 0.0, "bound_high": 0.0, "low": numpy.nan, "high": numpy.nan}
    combined = pandas.DataFrame([{**common, "network": "own", "value": 2.0, "verdict": "holds"}, {**common, "network": "other", "value": -1.0, "verdict": "fails"}])
    claims = pandas.DataFrame([("1", "A", "own"), ("1", "A", "other"), ("2", "B", "own")], columns=["claim", "statement", "network"])
    shown = figures.both_specifications(claims, combined)
    assert list(shown.figures) == ["Claim 1"], "a claim is drawn once"
    figure = shown.figures["Claim 1"]
    dots = [trace["x"] for trace in traces(figure) if trace["xaxis"] == "x2"]
    assert figure.spec()["layout"]["yaxis2"]["ticktext"] == ["network: this study's", "network: the other"] and dots == [[1], [0]]
    assert figures.both_specifications(None, None).table.empty
