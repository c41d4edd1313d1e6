"""The page on misread epochs: figures and sentences say what a table that is written here holds."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import figures, misread
from helpers.report.draw import palette

COLUMNS = ["rule", "stage", "modality", "scale", "difference", "low", "high", "p", "q", "p_joint", "subjects", "misread", "reason"]
NAN = numpy.nan
ROWS = [("eps=100", "N2", "EEG", "percent", -12.3, -15.0, -9.6, 0.001, 0.004, 0.001, 20, 300, ""),
        ("eps=100", "N2", "EOG", "percent", 9.0, 5.0, 13.0, 0.002, 0.006, 0.001, 20, 300, ""),
        ("eps=100", "N2", "EMG", "percent", 3.3, -1.0, 7.6, 0.2, 0.3, 0.001, 20, 300, ""),
        ("eps=100", "REM", "EEG", "percent", NAN, NAN, NAN, NAN, NAN, NAN, 1, 8, "1 subjects with at least 5"),
        ("eps=100", "REM", "EOG", "percent", NAN, NAN, NAN, NAN, NAN, NAN, 1, 8, "1 subjects with at least 5"),
        ("eps=100", "REM", "EMG", "percent", NAN, NAN, NAN, NAN, NAN, NAN, 1, 8, "1 subjects with at least 5"),
        ("eps=100", "N2", "EEG", "log-ratio", -0.4, -0.5, -0.3, 0.001, 0.004, 0.001, 20, 300, "")]


@pytest.fixture
def table():
    return pandas.DataFrame(ROWS, columns=COLUMNS)


@pytest.fixture
def rates():
    row = {"stage": "N3", "rows": "epochs", "covariate": "sex", "level": "male", "reference": "female", "coefficient_clustered": -12.4,
           "low_clustered": -21.4, "high_clustered": -3.4, "q_clustered": 0.04, "q_permutation": 0.02, "q_ols": 0.001, "n": 900,
           "reason_clustered": ""}
    return pandas.DataFrame([row, {**row, "rows": "nights", "q_clustered": 0.5}, {**row, "stage": "W", "q_permutation": 0.3}])


def test_points_stand_at_the_differences_with_their_intervals_and_are_filled_where_significant(table):
    figure = figures.misread(table).figures["ε = 100"]
    eeg, eog, emg = figure.plot.data[:3]
    assert list(eeg.x) == [-12.3, None] and list(eog.x) == [9.0, None] and list(emg.x) == [3.3, None]
    assert [eeg.error_x.array[0], eeg.error_x.arrayminus[0]] == pytest.approx([2.7, 2.7])
    assert [trace.marker.symbol[0] for trace in (eeg, eog, emg)] == ["circle", "square", "diamond-open"]
    assert list(figure.plot.layout.yaxis.ticktext) == ["N2  EEG", "EOG", "EMG", "REM  EEG", "EOG", "EMG"]
    low, high = figure.plot.layout.yaxis.range
    assert low > high  # the first stage is on top
    assert "N2 EEG −12.3 [−15.0, −9.6], N2 EOG +9.0 [5.0, 13.0]." in figure.alt and "EMG" not in figure.alt
    assert len(figure.table) == 6 and figure.table["misread epochs"].tolist() == [300] * 3 + [8] * 3


def test_the_answer_names_rule_average_test_and_the_largest_difference(table, rates):
    said = misread.misread(table, rates, "eps=100").data
    assert "Under ε = 100 misread epochs lean on other modalities than correct ones of the same subjects in N2: 2 of 3" in said
    assert "mean of shares, sign flips over subjects" in said and "EEG in N2, −12.3 points [−15.0, −9.6]" in said
    assert "N3 with sex (−12.4 points), by clustered errors and permutation alike" in said and "W with" not in said
    assert "N2 on 300 misread epochs of 20 subjects" in misread.left_out(table, "eps=100").data
    assert "No numbers for REM" in misread.left_out(table, "eps=100").data


def test_where_nothing_is_significant_it_says_so(table, rates):
    said = misread.misread(table.assign(q=table["q"].where(table["q"].isna(), 0.5)), rates.assign(q_permutation=0.5), "eps=100").data
    assert "none of 3 differences" in said and "No covariate changes significantly" in said
    assert "Nothing is known of these sleepers" in misread.misread(table, rates.iloc[:0], "eps=100").data


def test_rates_are_of_epochs_with_their_intervals(rates):
    shown = figures.rates(rates).table
    assert shown["stage"].tolist() == ["N3", "W"] and shown["clustered, points"].iloc[0] == "−12.40 [−21.40, −3.40]"
    assert figures.rates(rates.iloc[:0]).table.empty


def test_points_stand_in_the_row_and_colour_of_their_modality_beside_the_line_at_0(table):
    figure = figures.misread(table).figures["ε = 100"]
    layout, drawn = figure.spec()["layout"], traces(figure)
    assert layout["yaxis"]["tickvals"] == [0, 1, 2, 3, 4, 5] and layout["xaxis"]["zeroline"] is True
    for number, name in enumerate(("EEG", "EOG", "EMG")):
        assert drawn[number]["y"] == [number, number + 3] and drawn[number]["marker"]["color"] == palette.LOOKS[name].line == drawn[number]["error_x"]["color"]
    emg = drawn[2]
    assert (emg["error_x"]["array"][0], emg["error_x"]["arrayminus"][0]) == pytest.approx((4.3, 4.3))
    assert drawn[0]["hovertext"] == ["N2, EEG<br>−12.3 points [−15.0, −9.6]<br>p 0.001, corrected 0.004<br>300 misread epochs of 20 subjects",
                                     "REM, EEG<br>no numbers: 1 subjects with at least 5"]
    assert layout["xaxis"]["title"]["text"] == "misread − correct, points, ε = 100, mean of shares, 95 % interval"
    assert figure.table.loc[0, ["misread − correct, points", "95 % from", "to", "p", "corrected p"]].tolist() == [-12.3, -15, -9.6, .001, .004]
    assert [shape["y0"] for shape in layout["shapes"]] == [2.5], "a line between stages"


def test_ends_of_an_interval_that_is_not_even_lie_on_their_own_side(table):
    table.loc[0, ["low", "high"]] = -20.0, -10.0
    eeg = traces(figures.misread(table).figures["ε = 100"])[0]
    assert (eeg["error_x"]["array"][0], eeg["error_x"]["arrayminus"][0]) == pytest.approx((2.3, 7.7))


def test_the_rule_that_is_asked_for_is_shown_first(table):
    both = pandas.concat([table.assign(rule="eps=0.01"), table.assign(rule="alpha1beta0"), table])
    assert list(figures.misread(both, "alpha1beta0").figures) == ["α1β0", "ε = 0.01", "ε = 100"]
