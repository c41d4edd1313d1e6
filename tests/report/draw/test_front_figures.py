"""The front page's pictures: a night's three panels over one clock, and each modality's share by stage beside its own floor."""

import itertools

import pandas
import pytest
from made_tables import window
from typed_arrays import traces

from helpers.report.draw import figures, palette

STAGES, NAMES, RULES = ("REM", "W", "N2"), ("EMG", "EEG", "EOG"), ("eps=100", "eps=0.01")


def share(fold, stage, name, rule):
    """Another number for each; the third fold lies far off, so that a mean is not a median."""
    return .05 + .1 * NAMES.index(name) + .03 * STAGES.index(stage) + .004 * fold + .02 * (fold == 2) + .2 * (rule == "eps=0.01")


def by_fold(factor=1.0):
    rows = [(fold, stage, rule, name, factor * share(fold, stage, name, rule), 0.0, 0.0, 10 + fold, 0)
            for fold, stage, rule, name in itertools.product(range(3), STAGES, RULES, NAMES)]
    return pandas.DataFrame(rows, columns=["fold", "predicted", "rule", "modality", "share", "positive", "negative", "n", "without_relevance"])


def test_shares_stand_over_their_stage_with_the_median_filled_and_the_floor_as_a_dash():
    figure = figures.front_stages(by_fold(), by_fold(.5), "eps=100")
    layout = figure.spec()["layout"]
    assert layout["xaxis"]["ticktext"] == ["W", "N2", "REM"] and layout["xaxis"]["tickvals"] == [0, 1, 2]
    assert layout["yaxis"]["title"]["text"] == "share of absolute relevance, %, ε = 100"
    order = {stage: at for at, stage in enumerate(layout["xaxis"]["ticktext"])}
    places = set()
    for name in NAMES:
        look = palette.LOOKS[name]
        points = next(trace for trace in traces(figure) if trace["marker"]["symbol"] == f"{look.symbol}-open")
        medians = next(trace for trace in traces(figure) if trace.get("name") == name)
        dashes = [trace for trace in traces(figure) if f"{name} as noise" in str(trace.get("hovertext"))]
        assert points["marker"]["color"] == medians["marker"]["color"] == look.line and medians["marker"]["symbol"] == look.symbol and len(dashes) == 3
        for stage, at in order.items():
            mine = [y for x, y in zip(points["x"], points["y"]) if round(x) == at]
            assert sorted(mine) == pytest.approx([100 * share(fold, stage, name, "eps=100") for fold in range(3)])
            [(place, median)] = [(x, y) for x, y in zip(medians["x"], medians["y"]) if round(x) == at]
            middle = 100 * share(1, stage, name, "eps=100")
            assert median == pytest.approx(middle) and f"{stage}: {middle:.1f} % on {name}<br>median over folds" in medians["hovertext"]
            [dash] = [trace for trace in dashes if round(trace["x"][0]) == at]
            assert dash["x"] == [place] and dash["y"] == pytest.approx([middle / 2])
            places.add(round(place, 3))
    assert len(places) == 9, "no mark covers another"
    assert f"W: EEG {100 * share(1, 'W', 'EEG', 'eps=100'):.0f} %" in figure.alt
    row = figure.table.set_index(["predicted", "modality"]).loc[("N2", "EOG")]
    assert row[["median %", "floor, median %"]].tolist() == pytest.approx([100 * share(1, "N2", "EOG", "eps=100"), 50 * share(1, "N2", "EOG", "eps=100")])
    without = figures.front_stages(by_fold(), None, "eps=0.01")
    assert "noise" not in str(without.spec()["data"]) and "floor, median %" not in without.table


def test_a_night_s_stages_probabilities_and_shares_stand_over_one_clock():
    seen = window()
    known = {"W": (.1, .6, None, 0), "N1": (.2, .3, None, 0), "N2": (.7, .1, None, 0), "N3": (0, 0, None, 0), "REM": (0, 0, None, 1)}
    for stage, values in known.items():
        seen.table[f"p_{stage}"] = pandas.Series(values, dtype=float)
    figure = figures.front_night(seen)
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]][1:] == ["Probability of each stage, %: N3, N2, N1, REM, W from below", "Relevance of each modality, %, ε = 100"]
    for number in ("", "2", "3"):
        assert layout[f"xaxis{number}"]["range"] == ["1989-05-08 00:03:00", "1989-05-08 00:05:00"]
    truth = next(trace for trace in traces(figure) if trace.get("name") == "true")
    areas = {trace["name"]: trace for trace in traces(figure) if trace.get("stackgroup")}
    bars = {trace["name"]: trace for trace in traces(figure) if trace["type"] == "bar"}
    assert truth.get("yaxis", "y") == "y" and truth["y"] == [1, 1, 2, 2, None, 3, 3]
    assert areas["W"]["yaxis"] == "y2" and areas["W"]["y"] == pytest.approx([10, 60, 0, 0, 0])
    for name, values in (("EEG", (50, 20, 20)), ("EOG", (30, 60, 60)), ("EMG", (20, 20, 20))):
        assert bars[name]["yaxis"] == "y3" and list(bars[name]["y"]) == pytest.approx(values) and bars[name]["marker"]["color"] == palette.LOOKS[name].line
    assert "EEG 30 %, EOG 50 %, EMG 20 %." in figure.alt
