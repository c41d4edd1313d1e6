"""The floor of a modality on the page: every number is the table's, filled is the signal and open the noise."""

import numpy
import pandas
import pytest

from helpers.report import figures, trusting


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
