"""Frequency bands in pictures: bars, spectra and coefficients are the tables' numbers."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import figures, rhythms
from helpers.report.draw import palette

BANDS = {"delta": 4, "alpha": 12, "gamma": 50}


def table():
    """Two correct epochs of W and two of N2, one misread; EEG's alpha leads in W, its delta in N2."""
    rows = []
    for epoch, (true, predicted, alpha) in enumerate((("W", "W", .4), ("W", "W", .6), ("N2", "N2", .1), ("N2", "N2", .1), ("N2", "W", .9))):
        for rule in ("eps=0.01", "eps=100"):
            for name, whole in (("EMG", .2), ("EEG", .8)):
                for band, part in (("delta", 1 - alpha), ("alpha", alpha - .05), ("gamma", .05)):
                    rows.append((0, "n1", "s1", epoch, true, predicted, rule, name, band, whole * part))
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "band", "share"])


def test_bars_are_means_over_correct_epochs_and_add_up_to_the_modality_s_share():
    switch = figures.bands(table(), BANDS)
    assert list(switch.figures) == ["ε = 0.01", "ε = 100"]
    figure = switch.figures["ε = 100"]
    bars = {(trace["xaxis"], trace["name"]): trace for trace in traces(figure)}
    assert bars["x", "α"]["y"] == ["W", "N2"] and bars["x", "α"]["x"] == pytest.approx([100 * .8 * .45, 100 * .8 * .05])
    for axis, whole in (("x", 80), ("x2", 20)):
        assert numpy.sum([bars[axis, band]["x"] for band in "δαγ"], axis=0) == pytest.approx([whole] * 2)
    assert "W EEG δ 40 %, N2 EEG δ 72 %" in figure.alt and figure.table.loc[0, "α, %"] == pytest.approx(36)


def test_groups_hold_misread_epochs_and_leave_out_those_of_few():
    switch = figures.band_groups(table(), BANDS, least=1)
    figure = switch.figures["ε = 0.01", "EEG"]
    heat, words = traces(figure)
    assert heat["y"] == ["W → W", "N2 → W", "N2 → N2"] and heat["x"] == ["δ", "α", "γ"]
    assert heat["z"][1] == pytest.approx([8, 68, 4]) and words["text"][3:6] == ["8", "68", "4"]
    assert figures.band_groups(table(), BANDS).table.empty  # no group has 20 epochs
    assert figures.band_groups(table(), BANDS, least=2).figures["ε = 0.01", "EEG"].spec()["data"][0]["y"] == ["W → W", "N2 → N2"]


def test_spectra_of_folds_are_joined_by_their_numbers_of_epochs():
    rows = [("eps=1", "N2", "EEG", hz, relevance, power, n) for n, relevance, power in ((1, .4, .2), (3, .8, .6)) for hz in (0.0, 0.5)]
    switch = figures.spectra(pandas.DataFrame(rows, columns=["rule", "stage", "modality", "hz", "relevance", "power", "n"]), BANDS)
    power, relevance = [trace for trace in traces(switch.figures["ε = 1"]) if trace["x"] != [None]]
    assert power["y"] == pytest.approx([50, 50]) and relevance["y"] == pytest.approx([70, 70]) and relevance["x"] == [.25, .75]
    assert (power["line"]["dash"], relevance["line"]["dash"]) == ("dot", "solid")


def effects(low=1.0):
    rows = []
    for stage in ("W", "N2"):
        for band in BANDS:
            found = stage == "N2" and band == "alpha"
            rows.append({"rule": "eps=1", "stage": stage, "modality": "EEG", "band": band, "covariate": "medication", "level": "temazepam",
                         "reference": "placebo", "coefficient_clustered": 2.5 if found else .1, "low_clustered": low if found else -.5,
                         "high_clustered": 4.0, "p_clustered": .01, "q_clustered": .02 if found else .9, "q_ols": .01, "q_permutation": .5,
                         "reason_clustered": "", "n": 40, "subjects": 8})
    return pandas.DataFrame(rows)


def test_coefficients_of_bands_are_coloured_where_they_are_significant():
    figure = figures.part_effects(effects(), BANDS).figures["ε = 1"]
    heat, words = traces(figure)
    assert heat["y"] == ["EEG δ", "EEG α", "EEG γ"] and heat["x"] == ["W", "N2"]
    numpy.testing.assert_array_equal(heat["z"], [[numpy.nan] * 2, [numpy.nan, 2.5], [numpy.nan] * 2])
    assert "<b>+2.50</b> ●●○" in words["text"] and "N2 EEG α with medication +2.50" in figure.alt
    above = figures.part_effects(effects().query("band == 'alpha'").drop(columns="band")).figures["ε = 1"]
    assert above.spec()["data"][0]["y"] == ["EEG"] and "shares above their floor" in above.alt
    assert figures.part_effects(pandas.DataFrame(), BANDS).table.empty


@pytest.mark.parametrize("low, verdict", [(1.0, "The nights bear it out: +2.50 points [1.00, 4.00] under ε = 1"), (-1.0, "The nights leave it open")])
def test_what_is_expected_of_temazepam_is_judged_by_the_interval(low, verdict):
    assert verdict in rhythms.sigma(effects(low).replace({"band": {"alpha": "sigma"}})).data
    assert rhythms.sigma(effects(low)).data == "" == rhythms.sigma(pandas.DataFrame()).data


def test_the_answer_names_each_stage_s_leading_band_and_whether_bands_matter():
    removal = pandas.DataFrame([("eps=0.01", stage, name, value) for stage, name, value in (("all", "EEG", .5), ("all", "EMG", .1), ("W", "EEG", .9))],
                               columns=["rule", "stage", "modality", "correlation"])
    said = rhythms.rhythms(table(), "eps=0.01", removal).data
    assert "W EEG δ (40 %) and N2 EEG δ (72 %)" in said and "rank correlation of 0.30 as a mean over modalities" in said
    assert rhythms.bands_are(BANDS).data.replace("\\,", ",") == "The bands are δ 0 to 4 Hz, α 4 to 12 Hz, γ 12 to 50 Hz; each holds its lower edge."
    shown = figures.band_removal(removal).table
    assert shown[["rule", "modality", "all"]].values.tolist() == [["ε = 0.01", "EEG", .5], ["ε = 0.01", "EMG", .1]]


def test_a_run_without_such_a_rule_says_so_and_draws_nothing():
    from types import SimpleNamespace

    from helpers.trust.band_removal import agreement

    nothing = pandas.DataFrame()
    assert "No rule of this run gives relevance of frequencies" in rhythms.rhythms(nothing, "flat", agreement(nothing, nothing)).data
    window = SimpleNamespace(rule="flat", modalities={"EEG": [0]})
    for shown in (figures.bands(nothing, BANDS), figures.spectra(nothing, BANDS), figures.band_groups(nothing, BANDS), figures.band_removal(nothing),
                  figures.band_timeline(window, table(), None, BANDS)):
        assert shown.table.empty


def test_bars_have_the_colour_of_their_modality_its_strength_tells_bands_apart():
    figure = figures.bands(table(), BANDS).figures["ε = 100"]
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["EEG", "EMG"] and layout["barmode"] == "stack" and layout["yaxis"]["autorange"] == "reversed"
    for axis, name in (("x", "EEG"), ("x2", "EMG")):
        colours = [trace["marker"]["color"] for trace in traces(figure) if trace["xaxis"] == axis]
        red, green, blue = (int(palette.LOOKS[name].line[at:at + 2], 16) for at in (1, 3, 5))
        assert len(set(colours)) == 3 and all(colour.startswith(f"rgba({red},{green},{blue},") for colour in colours)
        assert layout[f"xaxis{axis[1:]}"]["range"] == pytest.approx([0, 1.04 * 80]), "the longest bar is in the picture, panels have one scale"
    alpha = next(trace for trace in traces(figure) if (trace["xaxis"], trace["name"]) == ("x", "α"))
    assert alpha["hovertext"] == ["W, EEG α (alpha)<br>36.0 % of absolute relevance<br>2 epochs", "N2, EEG α (alpha)<br>4.0 % of absolute relevance<br>2 epochs"]
    assert alpha["text"] == ["α", "α"] and next(trace for trace in traces(figure) if trace["name"] == "γ" and trace["xaxis"] == "x2")["text"] == ["", ""]


def test_spectra_stand_in_the_row_of_their_modality_and_the_column_of_their_stage():
    rows = [("eps=1", stage, name, hz, relevance * (1 + (hz == peak)), .1, 4) for stage, name, relevance, peak in (
        ("N2", "EMG", .01, 1.0), ("W", "EMG", .02, .5), ("N2", "EEG", .03, .5), ("W", "EEG", .04, 0.0)) for hz in (1.0, 0.0, 0.5)]
    figure = figures.spectra(pandas.DataFrame(rows, columns=["rule", "stage", "modality", "hz", "relevance", "power", "n"]), BANDS).figures["ε = 1"]
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["W", "N2", "EEG", "EMG"]
    for axis, colour, values in (("y", "EEG", [8, 4, 4]), ("y2", "EEG", [3, 6, 3]), ("y3", "EMG", [2, 4, 2]), ("y4", "EMG", [1, 1, 2])):
        power, relevance = [trace for trace in traces(figure) if trace.get("yaxis") == axis and trace["x"] != [None]]
        assert relevance["y"] == pytest.approx(values) and power["y"] == pytest.approx([10] * 3) and relevance["x"] == [.25, .75, 1.25]
        assert relevance["line"]["color"] == palette.LOOKS[colour].line and power["line"]["color"] == palette.MUTED
        assert layout[f"yaxis{axis[1:]}"]["type"] == "log" and layout[f"xaxis{axis[1:]}"]["range"] == [0, 30]
    assert relevance["hovertext"][2] == "N2, EMG, 1 to 1.5 Hz<br>2.0 % of its relevance"
    assert "EEG in W 0 Hz, EEG in N2 0.5 Hz, EMG in W 0.5 Hz, EMG in N2 1 Hz." in figure.alt and figure.table["relevance is highest from, Hz"].tolist() == [0, .5, .5, 1]


def test_groups_are_shaded_from_0_and_the_first_stands_on_top():
    figure = figures.band_groups(table(), BANDS, least=1).figures["ε = 100", "EMG"]
    heat, _ = traces(figure)
    assert heat["z"] == [pytest.approx([10, 9, 1]), pytest.approx([2, 17, 1]), pytest.approx([18, 1, 1])]
    assert heat["zmin"] == 0 and figure.spec()["layout"]["yaxis"]["autorange"] == "reversed"
    assert heat["hovertext"][1][1] == "N2 → W, EMG α<br>17.0 % of absolute relevance<br>1 epochs" and "N2 → W most on α (17 %)" in figure.alt


def test_a_cell_of_a_band_says_its_interval_and_its_corrected_p():
    heat, _ = traces(figures.part_effects(effects(), BANDS).figures["ε = 1"])
    assert heat["hovertext"][1] == ["W, EEG α<br>+0.10 points [−0.50, 4.00]<br>corrected p 0.9<br>40 epochs, 8 subjects",
                                    "N2, EEG α<br>+2.50 points [1.00, 4.00]<br>corrected p 0.02<br>40 epochs, 8 subjects"]
    assert heat["zmax"] == -heat["zmin"] == 2.5
