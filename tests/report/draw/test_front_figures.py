"""Figures that open pages: the front page's night and shares by stage, verdicts of the claims, ratios of the benchmark."""

import numpy
import pandas
import pytest
from made_tables import by_fold, window
from typed_arrays import traces

from helpers.report.draw import figures, palette

#: Stage → probabilities of the four slots of the made window.
KNOWN = {"W": (.1, .6, numpy.nan, .02), "N1": (.2, .3, numpy.nan, .03), "N2": (.65, .05, numpy.nan, .05), "N3": (.05, .03, numpy.nan, .1),
         "REM": (0, .02, numpy.nan, .8)}


def test_a_night_has_stages_probabilities_and_shares_below_each_other_over_one_clock():
    seen = window()
    seen.table = seen.table.assign(**{f"p_{stage}": values for stage, values in KNOWN.items()})
    figure = figures.front_night(seen)
    layout, drawn = figure.spec()["layout"], traces(figure)
    tops = [layout[f"yaxis{row}"]["domain"][1] for row in ("", 2, 3)]
    assert tops == sorted(tops, reverse=True)
    [truth] = [trace for trace in drawn if trace.get("name") == "true"]
    assert truth.get("yaxis", "y") == "y" and truth["y"] == [1, 1, 2, 2, None, 3, 3], "N2, N1, a gap, REM"
    assert {trace["yaxis"] for trace in drawn if trace.get("stackgroup")} == {"y2"}
    bars = {trace["name"]: trace for trace in drawn if trace["type"] == "bar"}
    assert {name: bar["y"] for name, bar in bars.items()} == {"EEG": [50, 20, 20], "EOG": [30, 60, 60], "EMG": [20, 20, 20]}
    assert all(bar["yaxis"] == "y3" and bar["marker"]["color"] == palette.LOOKS[name].line for name, bar in bars.items())
    assert bars["EEG"]["x"] == ["1989-05-08 00:03:00", "1989-05-08 00:03:30", "1989-05-08 00:04:30"]
    assert "Mean shares: EEG 30 %, EOG 50 %, EMG 20 %" in figure.alt and "3 epochs" in figure.alt


def test_shares_by_stage_are_medians_over_folds_with_the_floor_of_the_same_modality_and_stage():
    table = by_fold([(("predicted", "REM"),), (("predicted", "W"),)])
    table["share"] = table["share"].where(table["predicted"] == "W", table["share"] / 2)
    floors = table.assign(share=table["share"] - 0.05 - 0.1 * (table["modality"] == "EOG"))
    floors["share"] = floors["share"] - 0.02 * (floors["predicted"] == "REM")
    figure = figures.front_stages(table, floors, "eps=100")
    axis, drawn = figure.spec()["layout"]["xaxis"], traces(figure)
    assert axis["ticktext"] == ["W", "REM"] and axis["tickvals"] == [0, 1]
    for name, level in (("EEG", 61), ("EOG", 31), ("EMG", 11)):
        [mark] = [trace for trace in drawn if trace.get("name") == name]
        assert mark["y"] == pytest.approx([level, level / 2]) and mark["marker"]["color"] == palette.LOOKS[name].line
        dashes = {place: trace["y"][0] for trace in drawn for place in trace["x"] if f"{name} as noise" in str(trace.get("hovertext"))}
        less = 5 + 10 * (name == "EOG")
        assert dashes == pytest.approx({mark["x"][0]: level - less, mark["x"][1]: level / 2 - less - 2})
        points = [trace for trace in drawn if trace["type"] == "scatter" and len(trace["x"]) == 6 and trace["marker"]["color"] == mark["marker"]["color"]]
        assert sorted(points[0]["y"]) == pytest.approx(sorted([level - 1, level, level + 1, *(value / 2 for value in (level - 1, level, level + 1))]))
    assert "W: EEG 61 %, EOG 31 %, EMG 11 %" in figure.alt
    assert set(figure.table["rule"] if "rule" in figure.table else ["eps=100"]) == {"eps=100"}


def test_of_a_study_without_a_trial_shares_by_stage_have_no_dash():
    drawn = traces(figures.front_stages(by_fold([(("predicted", "W"),)]), None, "eps=100"))
    assert not [trace for trace in drawn if "noise" in str(trace.get("name")) + str(trace.get("hovertext"))]


def test_verdicts_are_bars_of_combinations_with_a_mark_of_the_studys_own_choice():
    claims = pandas.DataFrame({"claim": ["1", "2a", "2b", "8"], "statement": ["a", "b <i>", "c", "d"], "verdict": ["holds", "fails", "undecided", "not applicable"],
                               "holds": [3, 0, 1, 0], "fails": [1, 2, 1, 0], "undecided": [0, 0, 2, 0], "combinations": [4, 2, 4, 0]})
    figure = figures.verdicts(claims)
    drawn = traces(figure)
    bars = {trace["name"]: dict(zip(trace["y"], trace["x"])) for trace in drawn if trace["type"] == "bar"}
    assert bars == {"holds": {"1": 75, "2a": 0, "2b": 25}, "fails": {"1": 25, "2a": 100, "2b": 25}, "undecided": {"1": 0, "2a": 0, "2b": 50}}
    colours = {trace["name"]: trace["marker"]["color"] for trace in drawn if trace["type"] == "bar"}
    assert "20, 138, 84" in colours["holds"] and "126, 66, 166" in colours["fails"]
    marks = {trace["y"][0]: trace["marker"]["symbol"] for trace in drawn if trace["type"] == "scatter"}
    assert marks == {"1": "circle", "2a": "x", "2b": "diamond"}
    assert figure.spec()["layout"]["yaxis"]["categoryarray"] == ["8", "2b", "2a", "1"], "the first claim at the top"
    assert "&lt;i&gt;" in str(drawn) and "<i>" not in str(drawn)
    assert "holds in 3 of 4" in figure.alt and "1 not applicable" in figure.alt


def test_ratios_stand_beside_what_is_asked_of_them():
    rows = [{"what": "rules", "against": "peer", "ratio": 4.0, "low": 3.5, "high": 4.25, "limit": 5.0, "better": "higher", "detail": "d"},
            {"what": "rules", "against": "gradient", "ratio": 1.5, "low": 1.25, "high": 1.6, "limit": None, "better": "lower", "detail": "d"},
            {"what": "step", "against": "fit", "ratio": 0.5, "low": 0.4, "high": 0.6, "limit": 0.75, "better": "lower", "detail": "d"}]
    figure = figures.ratios({"rows": rows})
    drawn = [trace for trace in traces(figure) if trace["x"] != [None]]
    measured = [trace for trace in drawn if "error_x" in trace]
    assert [(trace["x"][0], trace["y"][0]) for trace in measured] == [(4, 0), (1.5, 1), (0.5, 2)]
    assert [trace["error_x"]["arrayminus"][0] for trace in measured] == pytest.approx([0.5, 0.25, 0.1])
    assert [trace["error_x"]["array"][0] for trace in measured] == pytest.approx([0.25, 0.1, 0.1])
    asked = [(trace["x"][0], trace["y"][0], "right" in trace["marker"]["symbol"]) for trace in drawn if "error_x" not in trace]
    assert asked == [(5, 0, True), (0.75, 2, False)]
    assert figure.spec()["layout"]["xaxis"]["type"] == "log" and figure.spec()["layout"]["yaxis"]["range"][0] > 2
    assert figures.ratios(None).table.empty
