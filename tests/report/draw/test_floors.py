"""The floor of a modality on the page: every number is the table's, filled is the signal and open the noise."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import figures, trusting
from helpers.report.draw import palette

#: One way beats the size of the signal as to windows, another does not.
MEASURED = pandas.DataFrame([("eps=100", "windows", False), ("smoothgrad", "windows", True), ("|x|", "windows", True), ("eps=100", "leading", False)],
                            columns=["rule", "measure", "fails"]).assign(stage="all")


def table():
    """EEG keeps all but 1 point in both rules, EOG half; in N2 EEG has less with its signal. Signed values tell more."""
    rows = []
    for rule in ("shapley", "eps=100"):
        for reading in ("share", "signed"):
            for stage in ("all", "N2"):
                for name, intact, floor in (("EMG", .2, .2), ("EEG", .5, .49 if stage == "all" else .56), ("EOG", .3, .15)):
                    above = intact - floor
                    rows.append((rule, reading, stage, name, intact, floor, above, above - .02, above + .02,
                                 .9 if reading == "signed" and rule == "shapley" else .55, .5, .95, 80, 9))
    return pandas.DataFrame(rows, columns=["rule", "reading", "stage", "modality", "intact", "floor", "above", "low", "high", "told",
                                           "told_low", "told_high", "epochs", "subjects"])


def test_filled_markers_are_the_signal_and_open_ones_the_floor():
    switch = figures.floors(table())
    assert list(switch.figures) == [(name, value) for name in ("ε = 100", "Shapley values") for value in ("Share", "Supporting − against")]
    figure = switch.figures["ε = 100", "Share"]
    assert [note["text"] for note in figure.spec()["layout"]["annotations"]][:3] == ["EEG", "EOG", "EMG"]
    markers = {(trace["xaxis"], "open" in trace["marker"]["symbol"]): trace for trace in figure.spec()["data"]
               if trace["mode"] == "markers" and trace["x"] != [None]}
    assert markers["x", False]["x"] == pytest.approx([50, 50]) and markers["x", True]["x"] == pytest.approx([49, 56])
    assert markers["x2", True]["x"] == pytest.approx([15, 15]) and markers["x", True]["y"] == ["all stages", "N2"]
    assert "EEG 50 % with its signal, 49 % as noise, difference +1.0 points [−1.0, 3.0]" in figure.alt
    row = figure.table[(figure.table["stage"] == "N2") & (figure.table["modality"] == "EEG")].iloc[0]
    assert row["above its floor, points"] == pytest.approx(-6) and row["as noise, %"] == pytest.approx(56)


def test_how_well_values_tell_signal_from_noise_stands_beside_chance_and_perfection():
    shown = figures.told(table()).table
    assert shown["rule or method"].tolist() == ["ε = 100"] * 2 + ["Shapley values"] * 2 + ["knows nothing", "perfect"]
    assert shown["EEG"].tolist() == ["55 [50, 95]"] * 3 + ["90 [50, 95]", "50", "100"]


def test_the_answer_names_what_is_kept_and_what_tells_best():
    said = trusting.trust(table(), "eps=100", MEASURED).data
    assert "EEG gets 49 % where its signal gets 50 %, EOG gets 15 % where its signal gets 30 % and EMG gets 20 %" in said
    assert "2 of 3 keep at least 80 %" in said
    assert "best is supporting − against by Shapley values, right in 90 % of epochs as a mean over modalities" in said
    assert said.endswith("Within a modality, 1 of 2 ways of explaining say more than the size of the signal as to which windows the network needs.")
    lines = trusting.above(table(), ["eps=100"]).data
    assert "ε = 100: 1 of 3, EOG in N2 (+15.0 points [13.0, 17.0]); below it, more as noise than with the signal: EEG in N2." in lines


def test_nothing_but_text_comes_of_a_hostile_name():
    name = "<b>EEG</b> $x$"
    shown = figures.floors(table().replace({"modality": {"EEG": name}}))
    assert "<b>EEG" not in str([trace.get("hovertext") for figure in shown.figures.values() for trace in figure.spec()["data"]])
    assert numpy.isfinite(shown.table["as noise, %"]).all()


def test_a_line_joins_a_floor_with_its_signal_in_the_panel_and_colour_of_its_modality():
    figure = figures.floors(table()).figures["Shapley values", "Supporting − against"]
    layout = figure.spec()["layout"]
    for axis, (name, ends) in {"x": ("EEG", {"all stages": [49, 50], "N2": [56, 50]}), "x2": ("EOG", {"all stages": [15, 30], "N2": [15, 30]}),
                               "x3": ("EMG", {"all stages": [20, 20], "N2": [20, 20]})}.items():
        mine = [trace for trace in traces(figure) if trace["xaxis"] == axis and trace["x"] != [None]]
        lines = {trace["y"][0]: trace["x"] for trace in mine if trace["mode"] == "lines"}
        assert lines == {stage: pytest.approx(values) for stage, values in ends.items()}
        markers = [trace for trace in mine if trace["mode"] == "markers"]
        assert {trace["marker"]["color"] for trace in markers} == {palette.LOOKS[name].line} and {trace["marker"]["symbol"] for trace in markers} == {
            palette.LOOKS[name].symbol, f"{palette.LOOKS[name].symbol}-open"}
        low, high = layout[f"xaxis{axis[1:]}"]["range"]
        assert low < 0 and high > 56
    assert layout["yaxis"]["categoryarray"] == ["N2", "all stages"], "all stages on top"
    noise = next(trace for trace in traces(figure) if trace["xaxis"] == "x" and trace["mode"] == "markers" and "open" in trace["marker"]["symbol"])
    assert noise["hovertext"][1] == "N2, EEG with noise in its place: 56.0 %<br>difference −6.0 points [−8.0, −4.0]<br>80 epochs of 9 subjects"


def test_shares_above_their_floor_are_boxes_of_folds_in_points():
    by_fold = pandas.DataFrame([(fold, "eps=1", name, value * (1 + fold), numpy.nan, numpy.nan, 5, 0) for fold in (0, 1) for name, value in (("EMG", -.1), ("EEG", .2))],
                               columns=["fold", "rule", "modality", "share", "positive", "negative", "n", "without_relevance"])
    shown = figures.above_floor(by_fold, pandas.concat([by_fold.assign(predicted="N2"), by_fold.assign(predicted="W", share=-by_fold["share"])]))
    assert list(shown.figures) == ["All test epochs", "predicted W", "predicted N2"]
    for choice, sign in (("All test epochs", 1), ("predicted W", -1), ("predicted N2", 1)):
        eeg, emg = traces(shown.figures[choice])
        assert eeg["y"] == pytest.approx([20 * sign, 40 * sign]) and emg["y"] == pytest.approx([-10 * sign, -20 * sign])
        assert set(eeg["x"][1]) == {"EEG"} and eeg["line"]["color"] == palette.LOOKS["EEG"].line
    figure = shown.figures["All test epochs"]
    assert figure.spec()["layout"]["yaxis"]["title"]["text"] == "share above its floor, points" and "ε = 1: EEG +30.0, EMG −15.0." in figure.alt
