"""Figures: their words and tables say what their pictures show, hostile names stay text."""

import html
import json
import re

import numpy
import pandas
import pytest
from made_figures import HOSTILE, NAMES, VERSIONS, all_figures, grid, magnitudes, page_of, said, specs
from made_tables import by_fold, joint, pairs, regression, regressions, window
from typed_arrays import decoded

from helpers.analysis.timelines import chosen
from helpers.errors import InputError
from helpers.report.draw import figures, palette
from helpers.report.words import answers, sentences


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words_a_table_and_both_hosts_drawings(name):
    shown = all_figures()[name]
    bundle = shown._repr_mimebundle_()
    assert len(shown.alt) > 40 and re.search(r"\d", shown.alt)
    assert not shown.table.empty
    assert 'role="figure"' in bundle["text/html"] and "<details" in bundle["text/html"]
    assert "http" not in bundle["text/html"], "a page must not name another host"
    lab = bundle["application/vnd.plotly.v1+json"]
    assert lab["data"] and "var(--" not in json.dumps(lab), "JupyterLab has no theme variables"


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_of_a_page_is_valid_json_with_transparent_paper(name):
    panels = specs(all_figures()[name])
    assert len(panels) == VERSIONS.get(name, 1)
    for panel in panels:
        assert panel["data"]
        assert panel["config"]["showSendToCloud"] is False, "plotly.js 4 would offer to upload the figure"
        assert panel["layout"]["template"]["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_figure_1_carries_every_rule_and_modality_in_the_papers_order():
    panel = specs(figures.overall(by_fold(), by_fold()))[0]
    assert [trace["name"] for trace in panel["data"]] == ["EEG", "EOG", "EMG"]
    assert list(dict.fromkeys(panel["data"][0]["x"][1])) == ["ε = 0.01", "ε = 100", "α1β0"] and set(panel["data"][0]["x"][0]) == {"EEG"}
    other = specs(figures.overall(by_fold(), by_fold()))[1]
    assert list(dict.fromkeys(other["data"][0]["x"][0])) == ["ε = 0.01", "ε = 100", "α1β0"] and set(other["data"][0]["x"][1]) == {"EEG"}


def test_the_words_of_figure_1_equal_its_table_and_a_formula():
    shown = figures.overall(by_fold(), by_fold())
    row = shown.figures["Mean of shares", "modality, as in the paper"].table.iloc[0]
    assert (row["rule"], row["modality"]) == ("eps=0.01", "EEG")
    assert row["median %"] == pytest.approx(61)
    # Hazen's quartiles of 60, 61, 62: positions 3 × 0.25 + 0.5 = 1.25 and 2.75.
    assert row["lower quartile %"] == pytest.approx(60.25) and row["upper quartile %"] == pytest.approx(61.75)
    assert row["epochs"] == 30
    assert "EEG 61 % [60, 62], EOG 31 % [30, 32], EMG 11 % [10, 12]" in shown.alt


def test_signed_parts_have_the_shares_of_figure_1():
    table = by_fold().astype({"modality": str, "rule": str})
    table.loc[table["fold"] == 2, "share"] = 0.1
    figure = figures.overall(table, table).figures["Mean of shares", "rule"].table.set_index(["rule", "modality"])["median %"]
    shown = figures.signed_parts(table)
    parts = shown.data.replace({"rule": {"ε = 0.01": "eps=0.01", "ε = 100": "eps=100", "α1β0": "alpha1beta0"}})
    for row in parts.to_dict("records"):
        assert row["share %"] == pytest.approx(figure[row["rule"], row["modality"]], rel=1e-12)
    assert shown.caption.endswith("mean of shares, median over folds") and "pooled" in figures.signed_parts(table, "pooled").caption


def test_figure_2_counts_epochs_in_titles_and_says_where_there_are_none():
    shown = figures.groups(by_fold(grid()), by_fold(grid()))
    texts = [note["text"] for note in specs(shown)[0]["layout"]["annotations"]]
    assert "<b>W → W</b><br>n = 30, 3 folds" in texts and "N1 → N2<br>n = 30, 3 folds" in texts
    assert texts.count("no epochs") == 23
    assert "1 groups with 30 epochs; 23 groups have none" in shown.alt
    assert set(zip(shown.table["true"], shown.table["predicted"])) == {("W", "W"), ("N1", "N2")}


@pytest.mark.parametrize(("version", "outer"), [(0, "modality"), (1, "rule")])
def test_figure_2_has_each_fold_of_a_rule_and_modality_in_its_place(version, outer):
    table = by_fold(grid())
    table["share"] += table["rule"].astype(str).map({"eps=0.01": 0, "eps=100": 0.03, "alpha1beta0": 0.06}).astype(float)
    panel = specs(figures.groups(table, table))[version]
    axis, rules, modalities = panel["layout"]["xaxis"], ["eps=0.01", "eps=100", "alpha1beta0"], ["EEG", "EOG", "EMG"]
    names = axis["ticktext"]
    assert names == (modalities if outer == "modality" else ["ε=0.01", "ε=100", "α1β0"])
    assert panel["layout"]["yaxis11"]["title"]["text"] == "share of absolute relevance, %"
    for trace in panel["data"][:3]:
        for x, y in zip(decoded(trace["x"]), decoded(trace["y"])):
            outer_at = min(range(3), key=lambda at: abs(x - axis["tickvals"][at]))
            inner_at = round(x - axis["tickvals"][outer_at]) + 1
            name, rule = (names[outer_at], rules[inner_at]) if outer == "modality" else (modalities[inner_at], rules[outer_at])
            rows = table[(table["rule"].astype(str) == rule) & (table["modality"].astype(str) == name) & (table["true"] == "W")]
            assert trace["name"].endswith(name) and min(abs(100 * rows["share"] - y)) < 1e-9


def test_few_folds_are_points_and_five_have_a_box():
    few = by_fold()
    many = pandas.concat([few, few.assign(fold=few["fold"] + 3)])
    for table, width in ((few, 0), (many, 1.5)):
        trace = specs(figures.overall(table, table))[0]["data"][0]
        assert trace["line"]["width"] == width and trace["boxpoints"] == "all"
        assert (trace["fillcolor"] == "rgba(0,0,0,0)") == (width == 0)
        assert specs(figures.overall(table, table))[0]["layout"]["yaxis"]["title"]["text"].endswith(f"{table['fold'].nunique()} folds")


def test_shares_by_predicted_stage_need_no_true_stage():
    shown = figures.predicted(by_fold(said()), by_fold(said()))
    texts = [note["text"] for note in specs(shown)[0]["layout"]["annotations"]]
    assert "W<br>n = 30, 3 folds" in texts and "N1" in texts and texts.count("no epochs") == 3
    assert "W (30 epochs): EEG carries" in shown.alt and list(dict.fromkeys(shown.table["predicted"])) == ["W", "N2"]


def test_the_chosen_way_of_averaging_is_shown_first():
    assert [averaging for averaging, _ in figures.overall(by_fold(), by_fold(), "pooled").figures] == ["Pooled"] * 2 + ["Mean of shares"] * 2


def test_figure_3_breaks_lines_at_dropped_slots_and_says_why():
    panel = specs(figures.timeline(window()))[0]
    truth = next(trace for trace in panel["data"] if trace.get("name") == "true")
    assert truth["x"] == ["1989-05-08 00:03:00", "1989-05-08 00:03:30", "1989-05-08 00:03:30", "1989-05-08 00:04:00",
                          None, "1989-05-08 00:04:30", "1989-05-08 00:05:00"]
    assert truth["y"] == [1, 1, 2, 2, None, 3, 3]
    signal = decoded(next(trace for trace in panel["data"] if "dx" in trace)["y"])
    assert numpy.isnan(signal[6000:9000]).all() and numpy.isfinite(signal[:6000]).all()
    dropped = next(trace for trace in panel["data"] if trace.get("name") == "dropped")
    assert dropped["hovertext"] == ["00:04:00<br>dropped: movement"]
    assert panel["layout"]["shapes"][0]["x0"] == "1989-05-08 00:04:00"


def test_figure_3_says_in_words_what_it_shows():
    shown = figures.timeline(window())
    assert "00:03:00 to 00:05:00" in shown.alt
    assert "3 epochs, 2 of them predicted as scored; 1 slots dropped, 0 epochs without relevance" in shown.alt
    assert "EEG 30 %, EOG 50 %, EMG 20 %" in shown.alt
    assert shown.table["EEG %"].tolist()[:2] == [50, 20]
    said = sentences.timeline(window()).data
    assert "where it was right (2 epochs): EEG 35 %" in said and "where it was wrong (1 epochs): EEG 20 %" in said


def test_an_epoch_without_relevance_is_counted_and_drawn_as_a_gap():
    shown = window()
    shown.table.loc[1, ["EEG", "EOG", "EMG"]] = numpy.nan
    figure = figures.timeline(shown)
    assert "1 epochs without relevance" in figure.alt and "in 1 epochs no relevance" in sentences.timeline(shown).data
    bars = [trace for trace in specs(figure)[0]["data"] if trace["type"] == "bar"]
    assert [bar["y"][1] for bar in bars] == [None] * 3


def test_a_long_signal_keeps_its_peaks_when_it_is_thinned():
    from helpers.report.draw.night import envelope
    values = numpy.zeros(100_000, "float32")
    values[54_321], values[70_000] = 99, numpy.nan
    thin, step = envelope(values, buckets=1000)
    assert len(thin) == 2000 and step == 50
    assert numpy.nanmax(thin) == 99 and numpy.nanargmax(thin) // 2 == 543
    assert numpy.isnan(thin[1400:1402]).all() and numpy.isnan(thin).sum() == 2


def test_pooled_relevance_is_said_to_come_from_few_epochs():
    shown = figures.magnitude(magnitudes())
    assert "half of the pooled sum comes from 1 of 3 epochs" in shown.alt
    assert shown.table["epochs"].tolist() == [3], "an epoch without relevance is no part of the sum"
    assert "1 of 3 epochs" in sentences.magnitude(magnitudes()).data


def test_pooling_that_changes_the_order_is_said_so():
    swapped = by_fold()
    swapped["modality"] = swapped["modality"].astype(str).replace({"EEG": "EOG", "EOG": "EEG"})
    assert "Pooling leaves every order as it is" in sentences.overall(by_fold(), by_fold()).data
    assert "under ε = 0.01 to EOG > EEG > EMG, ε = 100" in sentences.overall(by_fold(), swapped).data


def test_single_nights_are_said():
    nights = pandas.DataFrame({"subject": ["a", "b", "b"], "recording": ["1", "2", "3"]})
    epochs = pandas.DataFrame({"stage": ["W", "N2"]})
    ledger = pandas.DataFrame({"kept": [True, True], "reason": ["", ""]})
    assert "Of a there is one night only" in sentences.cohort(nights, epochs, ledger).data
    assert "one night" not in sentences.cohort(nights[1:], epochs, ledger).data


def test_simulated_nights_are_marked_in_picture_and_words():
    shown = figures.overall(by_fold(), by_fold()).marked("Simulated nights.")
    for panel in specs(shown):
        assert panel["layout"]["title"]["text"] == "simulated nights"
    assert shown.alt.count("Simulated nights.") == 4
    assert "simulated" not in page_of(figures.overall(by_fold(), by_fold()).marked(""))


def test_names_from_files_stay_text():
    epochs = pandas.DataFrame({"recording": [HOSTILE], "stage": ["W"]})
    ledger = pandas.DataFrame({"recording": [HOSTILE], "kept": [False], "reason": ["movement"]})
    folds = pandas.DataFrame({"fold": [0], "subject": [HOSTILE], "role": ["test"]})
    table = regression().replace({"temazepam": HOSTILE})
    cohort = pandas.DataFrame({"recording": ["a"], "subject": [HOSTILE], "note": [HOSTILE]})
    for shown in (figures.stages(epochs), figures.dropped(ledger), figures.membership(folds), figures.effects(table),
                  figures.timeline(window(HOSTILE, HOSTILE)), figures.covariates(cohort, ["note"]),
                  figures.regression(table), figures.intervals({("eps=100", "mean"): table}),
                  figures.joints(*(made.replace({"temazepam": HOSTILE}) for made in (joint(), regressions())), "eps=100", "mean"),
                  figures.pairs(pairs().replace({"temazepam": HOSTILE, "a": HOSTILE}), "eps=100", "mean")):
        for panel in specs(shown):
            for value in strings(panel):
                assert not re.search(r"<img|</script", value), f"{value!r} would be read as markup"
        page = page_of(shown)
        assert "<img" not in page and page.count("</script>") == page.count("<script")
    for shown in (sentences.folds(folds.assign(role="training")), sentences.timeline(window(HOSTILE))):
        assert "<" not in shown.data and "`" not in shown.data.replace("\\`", "")


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def made_claims():
    """Four claims, one of each verdict; one of them holds by three combinations of choices and fails by a fourth."""
    return pandas.DataFrame({
        "claim": ["1", "2", "3", "8a"], "source": "Ellis", "statement": ["a", HOSTILE, "c", "d"],
        "criterion": ["x (a; b); y", "", "", ""], "choice": "ε = 100, OLS", "found": ["p; q", "", "", ""],
        "verdict": ["holds", "fails", "undecided", "not applicable"], "holds": [3, 0, 1, 0], "fails": [1, 2, 0, 0],
        "undecided": [0, 0, 1, 0], "combinations": [4, 2, 2, 0], "expected": "", "agrees": ""})


def test_a_specification_curve_sorts_combinations_by_value_and_marks_the_choices():
    common = {"claim": "1", "rule": "", "scale": "", "test": "", "rows": "", "selection": "", "replacement": "", "network": "", "comparison": HOSTILE,
              "bound_low": -2.0, "bound_high": 2.0}
    table = pandas.DataFrame([
        {**common, "averaging": "mean", "value": 3.0, "low": 1.0, "high": 6.0, "verdict": "undecided"},
        {**common, "averaging": "pooled", "value": -1.0, "low": -1.5, "high": -0.5, "verdict": "holds"},
        {**common, "averaging": "pooled", "value": 4.0, "low": numpy.nan, "high": numpy.nan, "verdict": "fails"}])
    switch = figures.specifications(made_claims(), table)
    assert list(switch.figures) == ["Claim 1"]
    figure = switch.figures["Claim 1"]
    assert "holds in 1, fails in 1 and is undecided in 1" in figure.alt and "own choices: undecided" in figure.alt
    assert figure.table["value"].tolist() == [-1, 3, 4] and figure.table["the study's own"].tolist() == ["", "yes", ""]
    spec = figure.spec()
    by_name = {trace.get("name"): trace for trace in spec["data"]}
    assert by_name["holds (1)"]["x"] == [0] and by_name["undecided (1)"]["x"] == [1] and by_name["fails (1)"]["y"] == [4.0]
    assert by_name["undecided (1)"]["error_y"]["array"] == [3.0] and by_name["fails (1)"]["error_y"]["array"] == [0]
    assert by_name["the study's own choices"]["x"] == [1]
    assert [trace["y"] for trace in spec["data"] if trace["mode"] == "lines"] == [[-2, -2], [2, 2]]
    for name, (colour, symbol) in {"holds (1)": (palette.PREDICTED, "circle"), "fails (1)": (palette.LOOKS["EMG"].line, "x"),
                                   "undecided (1)": (palette.MUTED, "circle-open")}.items():
        assert (by_name[name]["marker"]["color"], by_name[name]["marker"]["symbol"], by_name[name]["error_y"]["color"]) == (colour, symbol, colour)
    assert by_name["undecided (1)"]["error_y"]["arrayminus"] == [2.0] and by_name["holds (1)"]["error_y"]["arrayminus"] == [0.5]
    assert by_name["holds (1)"]["hovertext"] == [f"{html.escape(HOSTILE, quote=False)} = −1.0 [−1.5, −0.5]: holds<br>pooled"]
    assert spec["layout"]["yaxis2"]["range"] == [1.5, -0.5], "the first choice on top"
    coloured = [trace["marker"]["color"] for trace in spec["data"] if trace["xaxis"] == "x2"]
    assert coloured == [[palette.MUTED], [palette.PREDICTED, palette.LOOKS["EMG"].line]]
    dots = [trace["x"] for trace in spec["data"] if trace["xaxis"] == "x2"]
    assert dots == [[1], [0, 2]] and spec["layout"]["yaxis2"]["ticktext"] == ["averaging: mean of shares", "averaging: pooled"]
    assert "<img" not in page_of(switch)
    assert page_of(figures.specifications(made_claims(), table.iloc[:1])).count("<table") == 0


def test_claims_and_planted_facts_are_counted_as_they_are_judged():
    judged = made_claims()
    assert figures.claims(judged).caption == "4 claims by the study's own choices: 1 hold, 1 fail, 1 undecided, 1 not applicable"
    page = page_of(figures.claims(judged))
    assert "<td>a<br>By: x (a; b); y<br>Choices: ε = 100, OLS</td>" in page and "<img" not in page
    assert "holds in 3, fails in 1, undecided in 0 of 4" in page and "expected from what" not in page
    answer = answers.claims(judged).data
    assert "**1 hold, 1 fail, 1 is undecided and 1 is not applicable**" in answer and "OLS with a row per epoch" in answer
    assert "1 do so under every combination of choices, and 1 come out the other way round under some" in answer
    assert "Under every combination 2 fail. **Some choice turns 1 round**" in sentences.multiverse(judged).data
    planted = judged.assign(expected=["holds", "holds", "fails", ""], agrees=["yes", "no", "open", ""])
    assert "✓\u00a0agrees" in page_of(figures.claims(planted)) and "✗\u00a0does not agree" in page_of(figures.claims(planted))
    alarms = pandas.DataFrame({"rule": ["eps=0.01"] * 3, "test": ["ols", "clustered", "permutation"], "without": 11,
                               "alarms": [9, 2, 1]})
    simulated = answers.claims(planted, pandas.DataFrame({"passed": [True, False], "binding": [True, True]}), alarms).data
    assert "of 2 planted facts that the run must find, it finds 1, and of 11 pairs" in simulated
    assert "CRV3 calls 2 significant, permutation 1, OLS 9" in simulated and "of 3 claims" in simulated
    assert "the verdict agrees on 1 and not on 1" in simulated
    facts = pandas.DataFrame({"check": ["leading", "leading", "effect"], "passed": [True, False, True],
                              "binding": [True, True, False]})
    assert "found **1 of 2**: 1 of 2 (leading)" in sentences.truth(facts).data
    assert "it found 1 of 1." in sentences.truth(facts).data
    words = sentences.truth(facts, alarms).data
    assert "Of 11 pairs" in words and "OLS 9, CRV3 2, permutation 1" in words
    assert "real" in sentences.truth(None).data and "<table" not in page_of(figures.truth(None))


def test_wrong_and_right_groups_are_compared_as_they_are_and_at_equal_numbers():
    spreads = pandas.DataFrame({"rule": "eps=100", "modality": ["EEG", "EOG"], "true": "N1", "predicted": "N3",
                                "folds": 2, "n": 9, "sd": [0.04, 0.02], "sd_correct": [0.01, 0.01],
                                "sd_correct_equal": [0.05, 0.01]})
    said = sentences.spread(spreads).data
    assert "**2 of 2** comparisons" in said and "**1 of 2**" in said
    row = figures.spread(spreads).table.iloc[0]
    assert (row["rule"], row["wrong"], row["right"], row["right at equal numbers"]) == ("ε = 100", 4, 1, 5)
    assert figures.spread(spreads).table[["wrong is wider in", "at equal numbers in"]].values.tolist() == [[1, 0], [1, 1]]
    assert "cannot be compared" in sentences.spread(spreads[:0]).data


def test_a_night_that_no_fold_tested_is_the_readers_mistake_and_says_which_were():
    predictions = pandas.DataFrame({"recording": ["a", "b", "b"], "fold": [1, 0, 1]})
    assert chosen(predictions) == ("a", 1)
    assert chosen(predictions, fold=0) == ("b", 0)
    assert chosen(predictions, "b") == ("b", 0)
    for wrong in ({"recording": "c"}, {"recording": "a", "fold": 0}, {"fold": 7}):
        with pytest.raises(InputError):
            chosen(predictions, **wrong)


def test_an_unscored_window_is_told_without_agreement():
    seen = window()
    seen.table["true"] = ""
    for words in (sentences.timeline(seen).data, answers.timeline(seen).data, figures.timeline(seen).alt):
        assert "agree" not in words and "as scored" not in words and "wrong" not in words
        assert "nobody scored" in words or "none of them scored" in words


def test_unscored_nights_are_told_without_stages():
    table = pandas.DataFrame({"recording": ["a", "b"], "subject": ["1", "1"]})
    epochs = pandas.DataFrame({"recording": ["a", "b"], "stage": ["", ""]})
    ledger = pandas.DataFrame({"recording": ["a", "b"], "kept": True, "reason": ""})
    assert "**2 were kept**: none was scored." in sentences.cohort(table, epochs, ledger).data
    assert "2 sleep epochs of 30 s, which nobody scored." in answers.nights(table, epochs, ledger).data


def test_folds_that_were_trained_before_test_everybody():
    folds = pandas.DataFrame({"fold": [0, 0, 1, 1], "subject": ["1", "2"] * 2, "role": "test"})
    assert "2 folds that were trained before, on other nights" in sentences.folds(folds).data
