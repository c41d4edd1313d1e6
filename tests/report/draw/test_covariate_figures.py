"""The page of covariates: heat maps, intervals, pairs of nights and joint tests say in words and numbers what they show."""

import functools
import math

import numpy
import pandas
import pytest
from made_figures import page_of, specs
from made_tables import TRUTH, joint, pairs, regression, regressions
from typed_arrays import decoded

from helpers.report.draw import coefficients, figures, heatmaps
from helpers.report.words import answers, sentences

OLS, CLUSTERED, PERMUTATION = "OLS (the paper's)", "Clustered errors", "Permutation"


def version(shown, *choice):
    return next(figure for chosen, figure in shown.versions if chosen == choice)


@functools.cache
def heat_maps():
    shown = figures.effects(regression())
    return {test: version(shown, "ε = 100", "Mean of shares", test) for test in (OLS, CLUSTERED, PERMUTATION)}


def drawn(figure):
    return specs(figure)[0]


def test_figure_4_has_modalities_in_rows_stages_in_columns_and_a_colour_bar_for_each_panel_with_colour():
    panel = drawn(heat_maps()[OLS])
    medication, _, sex, _, age, _ = panel["data"]
    assert (medication["y"], medication["x"]) == (["EEG", "EOG", "EMG"], ["W", "N1", "N2", "N3", "REM"])
    assert [trace["showscale"] for trace in (medication, sex, age)] == [True, False, True]
    assert medication["colorbar"]["y"] > age["colorbar"]["y"] and medication["zmax"] == -medication["zmin"] == 4.5


def test_a_cell_is_coloured_in_the_test_that_is_shown_and_its_dots_are_of_all_three():
    maps = heat_maps()
    for test, said, value in ((OLS, "<b>+4.50**</b>", 4.5), (CLUSTERED, "<b>+4.25</b>", 4.25), (PERMUTATION, "<b>+4.00</b>", 4.0)):
        medication, ink = drawn(maps[test])["data"][:2]
        coloured = [(name, stage, cell) for name, line in zip(medication["y"], decoded(medication["z"]))
                    for stage, cell in zip(medication["x"], line) if cell is not None and not math.isnan(cell)]
        assert coloured == [("EEG", "N2", value)]
        assert f"{said}<br>●●●" in ink["text"] and ink["text"].count("+0.25<br>○○○") == 14
    age = [drawn(maps[test])["data"][5]["text"] for test in (OLS, CLUSTERED)]
    assert "<b>+2.50*</b><br>●○○" in age[0] and "+2.50<br>●○○" in age[1], "points per ten years"


def test_the_legend_names_the_tests_in_the_order_of_the_dots():
    notes = [note["text"] for note in drawn(heat_maps()[OLS])["layout"]["annotations"]]
    assert any("from left: OLS, clustered, permutation." in note and "○ not" in note for note in notes)
    assert any(note == "ε = 100, mean of shares, OLS, as in the paper, points" for note in notes)
    assert "<b>age</b>, per ten years" in notes


def test_words_count_the_tests_that_agree_and_give_intervals_where_there_are_some():
    maps = heat_maps()
    assert "all 3 tests agree on 1" in maps[OLS].alt and "N2 EEG +4.50** [−1.00, 1.50] (3 of 3 tests)" in maps[OLS].alt
    assert "W EEG +2.50* [−10.00, 15.00] (1 of 3 tests)" in maps[OLS].alt
    assert "N2 EEG +4.00 (3 of 3 tests)" in maps[PERMUTATION].alt and "interval" not in maps[PERMUTATION].alt


def test_each_version_brings_its_own_numbers():
    pooled = regressions()
    pooled.loc[pooled["averaging"] == "pooled", ["coefficient_ols", "coefficient_clustered"]] *= 2
    shown = figures.effects(figures.versions(pooled, "eps=100", "mean"))
    assert len(shown.versions) == 18 and shown.versions[0][0] == ("ε = 100", "Mean of shares", OLS)
    for averaging, times in (("Mean of shares", 1), ("Pooled", 2)):
        for test, value in ((OLS, 4.5 * times), (CLUSTERED, 4.25 * times), (PERMUTATION, 4.0)):
            table = version(shown, "α1β0", averaging, test).table
            assert table["coefficient"].max() == value
    assert list(shown.table)[:3] == ["Rule", "Averaging", "Test"] and len(shown.table) == 18 * 45


def test_a_single_way_of_averaging_leaves_no_switch_for_it():
    page = page_of(figures.effects(regression()))
    assert 'aria-label="Test"' in page and 'aria-label="Rule"' not in page and 'aria-label="Averaging"' not in page


def test_age_is_told_per_ten_years_and_nothing_else_is():
    table = coefficients.plainly(regression())
    age = table[table["covariate"] == "age"]
    assert set(age["coefficient_ols"]) == {2.5} and set(age["low_clustered"]) == {-10.0} and set(age["detectable"]) == {17.5}
    assert set(age["effect_size"]) == {0.125} and set(age["p_ols"]) == {0.4} and set(age["per"]) == {"ten years"}
    rest = table[table["covariate"] != "age"]
    assert rest["detectable"].max() == 1.75 and set(rest["per"]) == {""}
    named = coefficients.plainly(regression().assign(covariate="dose", level=""))
    assert set(named["per"]) == {"unit"} and named["low_ols"].min() == -1


def test_the_forest_plot_has_the_intervals_the_band_and_permutation_in_its_marks():
    table = regression().assign(high_clustered=1.75)
    table.loc[(table["stage"] == "W") & (table["covariate"] == "medication"), "q_ols"] = 0.001
    panel = drawn(figures.intervals({("eps=100", "mean"): table}).versions[0][1])
    band, ols, eeg = panel["data"][:3]
    assert band["base"][:2] == [-1.75, -1.75] and band["x"][:2] == [3.5, 3.5], "the detectable effect, either way"
    assert eeg["name"] == "EEG" and eeg["x"] == [0.25, 0.25, 4.25, 0.25, 0.25] and eeg["y"] == [0, 3, 6, 9, 12]
    assert eeg["marker"]["symbol"] == ["circle-open", "circle-open", "circle", "circle-open", "circle-open"]
    assert eeg["error_x"]["array"][0] == 1.5 and eeg["error_x"]["arrayminus"][0] == 1.25
    assert ols["x"][6] == 4.5 and ols["y"][6] == pytest.approx(6.27)
    names = [trace["name"] for trace in panel["data"] if trace.get("showlegend")]
    assert names == ["clustered by subject, 95 %", "filled: permutation, corrected p below 0.05", "open: not",
                     "OLS, as in the paper, 95 %", "smallest detectable effect, either way"]


def test_the_table_of_the_forest_plot_has_clustered_and_permutation_first():
    shown = figures.intervals({("eps=100", "mean"): regression()}).versions[0][1]
    names = list(shown.table)
    assert names.index("clustered, points") < names.index("permutation, points") < names.index("OLS, points")
    row = shown.table[(shown.table["stage"] == "N2") & (shown.table["modality"] == "EEG")].iloc[0]
    assert (row["clustered, points"], row["permutation, points"], row["effect size d"]) == ("+4.25 [−1.00, 1.50]", "+4.00", "+0.12")
    assert "smallest detectable effect 17.50 points as a median over cells" in shown.alt, "age, per ten years"


def test_intervals_that_leave_out_zero_are_told():
    table = regression()
    table.loc[(table["stage"] == "N3") & (table["covariate"] == "sex"), "low_clustered"] = 0.1
    alt = figures.intervals({("eps=100", "mean"): table}).versions[0][1].alt
    assert "sex: male against female: N3 EMG +0.25 [0.10, 1.50] (permutation 0.5), N3 EEG" in alt and "medication" in alt
    assert alt.count("none;") == 2
    table.loc[(table["stage"] == "W") & (table["covariate"] == "age"), "high_clustered"] = -0.1
    assert "age, per ten years: W EMG" in figures.intervals({("eps=100", "mean"): table}).versions[0][1].alt


def test_each_subjects_nights_are_joined_and_rising_lines_are_apart_from_falling_ones():
    one = pairs()[lambda table: table["rule"] == "eps=100"]
    shown = version(figures.pairs(one, "eps=100", "mean"), "ε = 100", "Mean of shares", "medication: temazepam")
    traces = drawn(shown)["data"]
    rising, falling, mean = [trace for trace in traces if trace["xaxis"] == "x3" and trace["yaxis"] == "y3"]
    assert rising["y"] == [50, 51, None, 50, 52, None, 50, 56, None] and not falling["y"] and mean["y"] == [50, 53]
    assert (rising["line"]["dash"], falling["line"]["dash"]) == ("solid", "dot")
    row = shown.table[(shown.table["stage"] == "N2") & (shown.table["modality"] == "EEG")].iloc[0]
    assert (row["subjects"], row["change, points"], row["rises in"]) == (3, 3, 3)
    assert row["SD of change"] == pytest.approx(7 ** 0.5), "1, 2 and 6"
    assert "N2 EEG +3.0 (rises in 3 of 3)" in shown.alt and "W EOG −1.0 (rises in 0 of 3)" in shown.alt
    assert len(shown.data) == 45, "every subject is taken away"


def test_pairs_of_several_levels_have_a_switch_for_them():
    one = pairs()[lambda table: (table["rule"] == "eps=100") & (table["stage"] == "N2")]
    two = pandas.concat([one, one.assign(level="zolpidem")])
    assert dict(figures.pairs(two, "eps=100", "mean").choices())["Level"] == ["medication: temazepam", "medication: zolpidem"]
    shown = figures.pairs(one, "eps=100", "pooled")
    assert "Level" not in dict(shown.choices()) and shown.versions[0][0][1] == "Pooled"


def test_joint_tests_colour_points_where_both_agree_and_nowhere_else():
    shown = figures.joints(joint(), regressions(), "eps=100", "mean").versions[0][1]
    panel = drawn(shown)
    medication, ink = panel["data"][:2]
    assert medication["y"] == ["joint", "EEG", "EOG", "EMG"]
    cells = numpy.array(decoded(medication["z"]), dtype=float)
    assert numpy.isnan(cells[0]).all() and list(cells[1:, 2]) == [4.25, 0.25, 0.25] and numpy.isfinite(cells).sum() == 3
    assert "F 12.5<br>●●" in ink["text"] and "F 0.9<br>●○" in ink["text"] and "<b>+4.25</b>" in ink["text"]
    assert "1 are significant" in shown.alt and "N2, medication: temazepam against placebo (F = 12.5): EEG +4.25" in shown.alt


def test_the_table_of_joint_tests_has_medians_of_nights_beside_and_what_was_left_out():
    tests, ratios = joint(), regressions()
    tests.loc[tests["averaging"] == "median", "q_clustered"] = 0.75
    ratios.loc[ratios["averaging"] == "median", "points"] = -2.0
    table = figures.joints(tests, ratios, "eps=100", "pooled").versions[0][1].table
    row = table[(table["stage"] == "N1") & (table["covariate"] == "medication")].iloc[0]
    assert row["F (df)"] == "0.95 (2, 19.0)" and row["EEG, points"] == "+0.25"
    assert row["medians of nights: clustered corrected p"] == 0.75
    assert row["medians of nights: points"] == "EEG −2.00, EOG −2.00, EMG −2.00"
    assert (row["nights left out"], row["zeros replaced"]) == (3, 7)


def test_tests_that_could_not_be_made_are_counted_and_explained():
    table = regression()
    numbers = [name for name in table if name.endswith(("_ols", "_clustered", "_permutation")) and not name.startswith("reason")]
    table.loc[table["stage"] == "N1", [*numbers, "detectable", "effect_size", "points"]] = numpy.nan
    table.loc[table["stage"] == "N1", ["reason_ols", "reason_clustered", "reason_permutation"]] = "1 subjects with such epochs"
    assert "of 36 tests" in sentences.effects(table).data and "9 more could not be made" in sentences.effects(table).data
    page = page_of(figures.regression(table))
    assert "1 subjects with such epochs" in page and "nan" not in page
    hover = drawn(heat_maps_of(table))["data"][0]["hovertext"][0][1]
    assert hover == "N1, EEG; medication: temazepam against placebo<br>no coefficient: 1 subjects with such epochs"
    assert "–<br>–––" in drawn(heat_maps_of(table))["data"][1]["text"]
    drawn(figures.intervals({("eps=100", "mean"): table}).versions[0][1])
    table[numbers] = numpy.nan
    assert sentences.effects(table).data.startswith("None of 45 tests could be made")
    assert "None of 45 tests could be made" in answers.covariates(table).data
    drawn(heat_maps_of(table))
    drawn(figures.intervals({("eps=100", "mean"): table}).versions[0][1])


def heat_maps_of(table):
    return heatmaps.coefficients(table)


def test_the_sentence_sets_hits_beside_false_alarms_for_each_test():
    said = sentences.effects(regression(), TRUTH).data
    assert "ε = 100, mean of shares: of 45 tests, OLS calls **2** significant" in said
    assert "by subject **1**, permutation over subjects **1**; all three agree on **1**" in said
    assert "OLS, as in the paper **1 of 2** hits and **1 of 2** false alarms" in said
    assert "clustered by subject **1 of 2** hits and **0 of 2** false alarms" in said
    assert "machinery, not the physiology" in said and "physiology" not in sentences.effects(regression()).data


def test_how_many_p_values_were_corrected_together_is_said():
    table = regression().assign(family=45)
    assert sentences.family(table).data == "Corrected together are the 45 p values of this rule."
    assert sentences.family(table.assign(family=135)).data == "Corrected together are the 135 p values of every rule of the run."


def test_without_covariates_the_regression_is_left_out_in_words():
    empty = pandas.DataFrame()
    versions = figures.versions(empty, "eps=100", "mean")
    for shown in (figures.effects(empty), figures.effects(versions), figures.intervals(versions), figures.regression(empty),
                  figures.joints(empty, empty, "eps=100", "mean"), figures.pairs(pairs()[:0], "eps=100", "mean")):
        assert shown.table.empty and "sr-figure" not in page_of(shown)
    assert "nothing to regress on" in sentences.effects(empty).data and sentences.family(empty).data == ""
    assert "nothing to regress on" in answers.covariates(empty).data


def test_a_cell_says_under_the_pointer_which_way_it_goes_and_what_each_test_says():
    table = regression()
    at = (table["stage"] == "W") & (table["modality"] == "EMG") & (table["covariate"] == "sex")
    table.loc[at, ["coefficient_ols", "low_ols", "high_ols", "q_ols"]] = -3.0, -5.0, -1.0, 0.002
    medication, _, sex, *_ = drawn(heatmaps.coefficients(table))["data"]
    assert medication["hovertext"][0][2].startswith("N2, EEG; medication: temazepam against placebo<br>4.50 points more [−1.00, "
                                                    "1.50]")
    assert sex["hovertext"][2][0] == ("W, EMG; sex: male against female<br>3.00 points less [−5.00, −1.00]<br>corrected p: OLS "
                                      "0.002, clustered 0.5, permutation 0.5<br>400 epochs, 22 subjects")


def test_the_table_of_all_coefficients_has_the_three_tests_of_a_rule_and_an_average():
    shown = figures.regression(regression("alpha1beta0", "pooled"))
    row = shown.table[(shown.table["stage"] == "N2") & (shown.table["modality"] == "EEG")].iloc[0]
    assert (row["OLS points"], row["clustered points"], row["permutation points"]) == ("+4.50", "+4.25", "+4.00")
    assert (row["OLS corrected p"], row["clustered corrected p"], row["permutation corrected p"]) == (0.0005, 0.03, 0.04)
    assert row["clustered 95 %"] == "[−1.00, 1.50]" and "permutation 95 %" not in shown.table
    assert shown.caption == "45 coefficients by three tests, α1β0, pooled, one row for each epoch"
    assert set(shown.data.loc[shown.data["covariate"] == "age", "coefficient_ols"]) == {2.5}, "points per ten years"
