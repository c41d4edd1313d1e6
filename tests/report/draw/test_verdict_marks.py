"""Verdicts of the claims as bars and marks, ratios of the benchmark as points beside what is asked of them."""

import pandas
import pytest
from typed_arrays import traces

from helpers.report.draw import figures


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
