"""Networks of other shapes: the table beside their shares, and lines of relevance that are the numbers of the table."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import another, figures

FOUND = pandas.DataFrame(
    [(network, rule, modality, share, elsewhere, parameters, at_once)
     for network, parameters, at_once, elsewhere in (("EEGNet", 2325, 1, 0.0), ("U-Time", 33125, 8, .25))
     for rule in ("eps=100", "eps=0.01") for modality, share in (("EOG", .3), ("EEG", .6 if rule == "eps=100" else .5), ("EMG", .1))],
    columns=["network", "rule", "modality", "share", "elsewhere", "parameters", "at_once"]).assign(trained=1000, tested=200, accuracy=.75)


def maps():
    rows = [("EEGNet", "eps=100", modality, second, sign * (second + 1) / 100, "N2") for modality, sign in (("EOG", -1), ("EEG", 1)) for second in (0, .5, 1)]
    rows += [("U-Time", "eps=100", modality, second, .02, "W") for modality in ("EOG", "EEG") for second in (0, .5, 1)]
    return pandas.DataFrame(rows, columns=["network", "rule", "modality", "second", "relevance", "predicted"]).assign(
        recording="n1", epoch=7, true="N2")


def test_the_table_has_a_row_for_each_network_and_rule_and_the_paper_s_modalities_first():
    table = figures.example_networks(FOUND).table
    assert list(table) == ["network", "parameters", "shown", "accuracy", "rule", "EEG", "EOG", "EMG", "outside the epoch"]
    assert table.values.tolist()[0] == ["EEGNet", "2,325", "1,000", "75 %", "ε = 0.01", "50 %", "30 %", "10 %", "–"]
    assert table.values.tolist()[3] == ["U-Time", "33,125", "1,000", "75 %", "ε = 100", "60 %", "30 %", "10 %", "25 %"]


def test_a_line_for_each_network_in_a_panel_for_each_modality_is_its_relevance_in_percent():
    figure = figures.example_relevance(maps()).figures["ε = 100"]
    drawn = {(trace["yaxis"], trace["name"]): trace for trace in traces(figure)}
    assert drawn["y", "EEGNet"]["y"] == pytest.approx([1, 1.5, 2]) and drawn["y2", "EEGNet"]["y"] == pytest.approx([-1, -1.5, -2])
    assert drawn["y", "U-Time"]["y"] == pytest.approx([2] * 3) and list(drawn["y", "U-Time"]["x"]) == [0, .5, 1]
    layout = figure.spec()["layout"]
    assert [layout[f"yaxis{end}"]["title"]["text"] for end in ("", "2")] == ["EEG", "EOG"]
    assert len({trace["line"]["color"] for trace in drawn.values()}) == 2 and drawn["y", "EEGNet"]["line"]["color"] == drawn["y2", "EEGNet"]["line"]["color"]
    assert drawn["y2", "EEGNet"]["hovertext"][1] == "EEGNet, EOG, 0.5 s<br>−1.50 %" and layout["xaxis2"]["title"]["text"] == "seconds of the epoch"
    assert "U-Time stages it W" in figure.alt and "epoch 7 of n1, scored N2" in figure.alt
    numpy.testing.assert_allclose(figure.table["relevance"], maps()["relevance"])


def test_the_answer_names_accuracy_and_shares_and_that_there_may_be_none():
    said = another.examples(FOUND, "eps=100").data
    assert "**Yes: EEGNet and U-Time are explained" in said
    assert "EEGNet stages 75 % of 200 test epochs right and gives EEG 60 %, EOG 30 % and EMG 10 %" in said and "ε = 100" in said
    assert "trained before" in another.examples(FOUND[:0], "eps=100").data
    assert figures.example_networks(FOUND[:0]).table.empty and figures.example_relevance(maps()[:0]).table.empty


def test_what_lies_on_neighbours_is_a_mean_over_epochs_by_rule_and_predicted_stage():
    rows = [(rule, predicted, modality, value) for rule in ("eps=100", "ablation-zeros") for predicted, of_stage in (("N2", (.2, .1)), ("W", (.4, .3)), ("W", (.2, .3)))
            for modality, value in zip(("EOG", "EEG"), of_stage)]
    shares = pandas.DataFrame(rows, columns=["rule", "predicted", "modality", "neighbours"])
    shares.loc[shares["rule"] == "ablation-zeros", "neighbours"] = numpy.nan
    table = figures.neighbours(shares).table
    assert table.values.tolist() == [["ε = 100", "all", "50.0", "23.3", "26.7"], ["ε = 100", "W", "60.0", "30.0", "30.0"],
                                     ["ε = 100", "N2", "30.0", "10.0", "20.0"]]
    assert list(table) == ["rule", "predicted", "together %", "EEG %", "EOG %"]
    assert figures.neighbours(shares.drop(columns="neighbours")).table.empty
