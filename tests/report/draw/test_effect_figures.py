"""Coefficients in pictures: with another number in every cell, each stands in its own row, column and panel with its own interval."""

import itertools

import numpy
import pandas
import pytest
from made_tables import TERMS, joint, pairs, regression, regressions
from typed_arrays import traces

from helpers.report.draw import figures, heatmaps, palette

STAGES, NAMES = ("W", "N1", "N2", "N3", "REM"), ("EEG", "EOG", "EMG")


def value(stage, name, covariate):
    """A number of its own for each cell, some below 0; of a unit of the covariate."""
    return (1 + 3 * STAGES.index(stage) + NAMES.index(name)) * (-1) ** NAMES.index(name) / (10 if covariate == "age" else 1)


def told():
    """OLS finds all of W, clustered errors all of N1, permutation all of N2; errors below are twice those above."""
    table = regression()
    numbers = numpy.array([value(*row) for row in table[["stage", "modality", "covariate"]].itertuples(index=False)])
    unit = numpy.where(table["covariate"] == "age", .1, 1)
    for test, shift in (("ols", 0), ("clustered", .25), ("permutation", .5)):
        table[f"coefficient_{test}"] = numbers + shift * unit
        if test != "permutation":
            table[f"low_{test}"], table[f"high_{test}"] = table[f"coefficient_{test}"] - 2 * unit, table[f"coefficient_{test}"] + unit
    for test, stage in (("ols", "W"), ("clustered", "N1"), ("permutation", "N2")):
        table[f"q_{test}"] = numpy.where(table["stage"] == stage, .02, .3)
    return table.assign(detectable=unit * (1 + numpy.arange(len(table)) % 15))


@pytest.mark.parametrize("test, stage, shift", [("ols", "W", 0), ("clustered", "N1", .25), ("permutation", "N2", .5)])
def test_a_heat_map_colours_and_writes_each_cell_s_own_number(test, stage, shift):
    drawn = traces(heatmaps.coefficients(told(), test))
    for at, (covariate, *_) in enumerate(TERMS):
        heat, ink = drawn[2 * at:2 * at + 2]
        written, seen = dict(zip(zip(ink["y"], ink["x"]), ink["text"])), dict(zip(zip(ink["y"], ink["x"]), ink["textfont"]["color"]))
        for (row, name), (column, of_stage) in itertools.product(enumerate(NAMES), enumerate(STAGES)):
            points = (10 if covariate == "age" else 1) * value(of_stage, name, covariate) + shift
            coloured = heat["z"][heat["y"].index(name)][heat["x"].index(of_stage)]
            assert coloured == pytest.approx(points if of_stage == stage else numpy.nan, nan_ok=True), "coloured where the test shown finds it"
            assert f"{points:+.{2 if abs(points) < 9.995 else 1}f}".replace("-", "−") in written[name, of_stage]
            assert written[name, of_stage].startswith("<b>") == (of_stage == stage) == (seen[name, of_stage] == palette.TEXT)
            assert written[name, of_stage].endswith({"W": "●○○", "N1": "○●○", "N2": "○○●"}.get(of_stage, "○○○"))
            assert f"{abs(points):.2f} points {'more' if points > 0 else 'less'}" in heat["hovertext"][row][column]
        assert heat["zmax"] == -heat["zmin"] == pytest.approx(numpy.nanmax(numpy.abs(numpy.array(heat["z"], float))))
        purple, green = ([int(part) for part in heat["colorscale"][end][1].removeprefix("rgba(").split(",")[:3]] for end in (0, -1))
        assert purple[1] == min(purple) and green[1] == max(green), "purple below 0, green above"


def test_the_first_modality_is_on_top_of_a_heat_map():
    layout = heatmaps.coefficients(told()).spec()["layout"]
    assert [layout[f"yaxis{number}"]["range"] for number in ("", "2", "3")] == [[2.5, -0.5]] * 3, "from below the last to above the first"
    assert [layout[f"xaxis{number}"]["range"] for number in ("", "2", "3")] == [[-0.5, 4.5]] * 3, "whole cells, also where none is coloured"
    domains = [layout[f"yaxis{number}"]["domain"] for number in ("", "2", "3")]
    assert domains == sorted(domains, reverse=True) and layout["annotations"][0]["text"].startswith("<b>medication</b>")


def test_a_forest_has_each_coefficient_in_its_row_with_its_own_ends():
    figure = figures.intervals({("eps=100", "mean"): told()}).versions[0][1]
    layout = figure.spec()["layout"]
    assert layout["yaxis"]["ticktext"] == [f"{stage}  EEG" if name == "EEG" else name for stage in STAGES for name in NAMES]
    low, high = layout["yaxis"]["range"]
    assert low > high and layout["yaxis"]["tickvals"] == list(range(15)), "the first stage on top"
    assert [note["text"].split("</b>")[0] for note in layout["annotations"][:3]] == [f"<b>{name}" for name, *_ in TERMS]
    for at, (covariate, *_) in enumerate(TERMS):
        times = 10 if covariate == "age" else 1
        axis = f"x{at + 1 if at else ''}"
        mine = [trace for trace in traces(figure) if trace["xaxis"] == axis and trace.get("x") != [None]]
        band, ols, *clustered = mine
        wide = told()[lambda table: table["covariate"] == covariate].set_index(["stage", "modality"])["detectable"] * times
        ordered = [wide[stage, name] for stage in STAGES for name in NAMES]
        assert band["y"] == list(range(15)) and [right + left for right, left in zip(band["x"], band["base"])] == pytest.approx(ordered)
        assert band["base"] == pytest.approx([-value for value in ordered])
        for trace, name in zip(clustered, NAMES, strict=True):
            look = palette.LOOKS[name]
            assert trace["name"] == name and trace["marker"]["color"] == look.line == trace["error_x"]["color"]
            assert trace["y"] == [3 * number + NAMES.index(name) for number in range(5)]
            assert trace["x"] == pytest.approx([times * value(stage, name, covariate) + .25 for stage in STAGES])
            assert trace["error_x"]["array"] == pytest.approx([1] * 5) and trace["error_x"]["arrayminus"] == pytest.approx([2] * 5)
            assert trace["marker"]["symbol"] == [look.symbol if stage == "N2" else f"{look.symbol}-open" for stage in STAGES], "filled by permutation"
            assert trace["hovertext"][3].startswith(said_of("N3", name, covariate))
        assert [round(y - place, 2) for place, y in enumerate(ols["y"])] == [.27] * 15, "just below the clustered one"
        assert ols["x"] == pytest.approx([times * value(stage, name, covariate) for stage in STAGES for name in NAMES])
        assert ols["error_x"]["arrayminus"] == pytest.approx([2] * 15) and ols["error_x"]["array"] == pytest.approx([1] * 15)


def said_of(stage, name, covariate):
    """The start of a row's hover text, with its number."""
    heading = {"medication": "medication: temazepam against placebo", "sex": "sex: male against female", "age": "age, per ten years"}[covariate]
    points = (10 if covariate == "age" else 1) * value(stage, name, covariate) + .25
    interval = f"[{points - 2:.2f}, {points + 1:.2f}]"
    return f"{stage}, {name}; {heading}<br>clustered {points:+.2f} {interval}<br>OLS".replace("-", "−")


def test_joint_tests_show_each_modality_s_points_where_both_tests_find_something():
    ratios, tests = regressions(), joint()
    ratios["points"] = [value(*row) for row in ratios[["stage", "modality", "covariate"]].itertuples(index=False)]
    tests["F"] = [1 + STAGES.index(row.stage) + 10 * (row.covariate == "sex") for row in tests.itertuples()]
    figure = figures.joints(tests, ratios, "eps=100", "mean").versions[0][1]
    for at, (covariate, *_) in enumerate(TERMS):
        heat, ink = traces(figure)[2 * at:2 * at + 2]
        assert heat["y"] == ["joint", *NAMES] and heat["x"] == list(STAGES)
        written = dict(zip(zip(ink["y"], ink["x"]), ink["text"]))
        for stage in STAGES:
            found = (stage, covariate) == ("N2", "medication")
            marks = "●●" if found else "●○" if (stage, covariate) == ("N3", "medication") else "○○"
            assert written["joint", stage] == f"F {1 + STAGES.index(stage) + 10 * (covariate == 'sex'):.1f}<br>{marks}"
            for row, name in enumerate(NAMES, start=1):
                points = (10 if covariate == "age" else 1) * value(stage, name, covariate)
                said = f"{points:+.2f}".replace("-", "−")
                assert written[name, stage] == (f"<b>{said}</b>" if found else said)
                assert heat["z"][row][STAGES.index(stage)] == pytest.approx(points if found else numpy.nan, nan_ok=True)
                assert heat["hovertext"][row][STAGES.index(stage)].startswith(f"{stage}, {name}; ") and said in heat["hovertext"][row][STAGES.index(stage)]
    assert "F(2, 19.0) = 3" in traces(figure)[0]["hovertext"][0][2] and "3 nights left out" in traces(figure)[0]["hovertext"][0][1]


def test_nights_in_pairs_run_from_the_reference_to_the_level_in_the_panel_of_their_stage_and_modality():
    table = pairs()[lambda rows: rows["rule"] == "eps=100"].reset_index(drop=True)
    change = [(1 if subject == "b" else -1) * (1 + STAGES.index(stage) + 5 * NAMES.index(name)) for subject, stage, name in
              table[["subject", "stage", "modality"]].itertuples(index=False)]
    table["at_level"] = table["at_reference"] + change
    figure = dict(figures.pairs(table, "eps=100", "mean").versions)["ε = 100", "Mean of shares", "medication: temazepam"]
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"][:5]] == list(STAGES)
    for at, (name, stage) in enumerate(itertools.product(NAMES, STAGES)):
        number = at + 1 if at else ""
        rising, falling, mean = [trace for trace in traces(figure) if trace["yaxis"] == f"y{number}" and trace["x"] != [None]]
        start, by = 50 if (stage, name) == ("N2", "EEG") else 20, 1 + STAGES.index(stage) + 5 * NAMES.index(name)
        assert rising["x"] == [0, 1, None] and rising["y"] == [start, start + by, None] and falling["y"] == [start, start - by, None] * 2
        assert mean["x"] == [0, 1] and mean["y"] == pytest.approx([start, start - by / 3], abs=.005)
        assert {trace["line"]["color"] for trace in (rising, falling)} == {palette.LOOKS[name].line} and mean["line"]["color"] == palette.TEXT
        assert rising["hovertext"][0] == f"subject b: {start:.1f} → {start + by:.1f} %"
        assert layout[f"xaxis{number}"]["ticktext"] == ["placebo", "temazepam"] and layout[f"xaxis{number}"]["tickvals"] == [0, 1]
        low, high = layout[f"yaxis{number}"]["range"]
        first = layout[f"yaxis{5 * NAMES.index(name) + 1 if name != 'EEG' else ''}"]
        assert low < start - by < start + by < high and [low, high] == first["range"] and first["title"]["text"] == f"{name}, %", "one scale in a row"


def totals(decades):
    """Rule → log10 of the total relevance of its epochs, twice for two modalities."""
    return pandas.concat([pandas.DataFrame({"rule": rule, "modality": name, "log_total": numpy.log(10) * numpy.array(values)})
                          for rule, values in decades.items() for name in ("EEG", "EOG")], ignore_index=True)


def test_totals_are_boxes_around_their_median_and_the_curve_says_what_the_strongest_carry():
    # Of 0, 1, 2, 3 and 4: quartiles 1, 2, 3, percentiles 0.04 and 3.96. The strongest of 1, 1, 1, 7 carries 70 %, of 3, 2.5, 2, 1.5, 1 two carry 55 %.
    figure = figures.magnitude(totals({"eps=100": [0, 4, 2, 1, 3], "alpha1beta0": numpy.log10([1, 7, 1, 1]), "eps=0.01": numpy.log10([1, 2, 2.5, 1.5, 3])}))
    drawn, layout = traces(figure), figure.spec()["layout"]
    boxes = {trace["x"][0]: trace for trace in drawn if trace["type"] == "box"}
    box = boxes["ε = 100"]
    assert (box["q1"], box["median"], box["q3"]) == ([-1], [0], [1]) and (box["lowerfence"][0], box["upperfence"][0]) == pytest.approx((-1.96, 1.96))
    curves = {trace["name"]: trace for trace in drawn if trace["xaxis"] == "x2"}
    strongest = numpy.cumsum([1e4, 1e3, 1e2, 1e1, 1]) / 11111
    assert list(curves["ε = 100"]["x"]) == pytest.approx([20, 40, 60, 80, 100]) and list(curves["ε = 100"]["y"]) == pytest.approx(100 * strongest)
    assert list(curves["α1β0"]["y"]) == pytest.approx([70, 80, 90, 100]) and len({trace["line"]["dash"] for trace in curves.values()}) == 3
    assert curves["α1β0"]["hovertext"][0] == "α1β0<br>the strongest 25 % of epochs (1)<br>carry 70.0 %"
    assert layout["xaxis2"]["type"] == "log" and layout["yaxis2"]["range"] == [0, 102] and layout["yaxis"]["title"]["text"] == "decades above the rule's median"
    assert "ε = 100: 3.9 decades between the 1st and the 99th percentile; half of the pooled sum comes from 1 of 5 epochs." in figure.alt
    assert figure.table[["epochs", "epochs that carry half", "in % of epochs"]].values.tolist() == [[5, 2, 40], [5, 1, 20], [4, 1, 25]]
    [pointer] = [trace for trace in drawn if trace.get("mode") == "markers" and trace["x"] == ["ε = 100"]]
    assert pointer["hovertext"] == ["ε = 100, 5 epochs<br>median of the total: 10 to the power of 2.0<br>half of them lie within 2.0 decades,<br>98 % within 3.9"]
