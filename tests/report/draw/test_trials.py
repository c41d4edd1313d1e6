"""Explanations on trial in pictures: every marker is the table's number, and what fails is marked."""

import itertools

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report import figures, trusting
from helpers.report.draw import palette
from helpers.trust.known_answers import FUNCTIONS

RULES = ("smoothgrad", "eps=0.01", "|x|", "random order")
#: measure → values of RULES, what knows nothing, what is best.
VALUES = {"leading": ((.1, .5, None, None), 0, 1), "windows": ((.1, .9, .4, .02), .02, 1.5), "signs": ((1.2, 3, 1.5, None), 1, 4),
          "random weights": ((.2, .7, None, None), 1, 0)}
FAILS = {("smoothgrad", "windows"), ("smoothgrad", "signs"), ("eps=0.01", "random weights")}


def table():
    rows = [(rule, stage, measure, value + (stage == "N2"), value - .1 + (stage == "N2"), value + .2 + (stage == "N2"), nothing, best, 60, 7,
             (rule, measure) in FAILS)
            for stage, (measure, (values, nothing, best)) in itertools.product(("N2", "all"), VALUES.items())
            for rule, value in zip(RULES, values) if value is not None]
    return pandas.DataFrame(rows, columns=["rule", "stage", "measure", "value", "low", "high", "nothing", "best", "epochs", "subjects", "fails"])


def panel(figure, heading):
    """Traces of the panel with that heading."""
    layout = figure.spec()["layout"]
    at = [note["text"] for note in layout["annotations"]].index(heading)
    axis = f"x{at + 1 if at else ''}"
    return [trace for trace in traces(figure) if trace.get("xaxis", "x") == axis and trace["x"] != [None]]


def test_a_version_for_all_epochs_and_each_stage_with_a_panel_for_each_measure():
    switch = figures.measures(table())
    assert list(switch.figures) == ["all", "true stage N2"]
    figure = switch.figures["all"]
    headings = [note["text"] for note in figure.spec()["layout"]["annotations"]]
    assert headings == ["leading modality<br>as Shapley, kappa", "windows in its order,<br>logits", "on planted signs,<br>times chance",
                        "likeness to<br>random weights"]
    nothing, best, fine, failing = panel(figure, "windows in its order,<br>logits")
    assert (nothing["x"], nothing["line"]["dash"]) == ([.02, .02], "dot") and (best["x"], best["line"]["dash"]) == ([1.5, 1.5], "solid")
    assert dict(zip(fine["y"], fine["x"])) == pytest.approx({"ε = 0.01": .9, "|x|": .4, "random order": .02})
    assert (failing["y"], failing["marker"]["symbol"], fine["marker"]["symbol"]) == (["SmoothGrad"], "x", "circle")
    assert fine["error_x"]["array"] == pytest.approx([.2] * 3) and fine["error_x"]["arrayminus"] == pytest.approx([.1] * 3)
    other = panel(switch.figures["true stage N2"], "windows in its order,<br>logits")[2]
    assert dict(zip(other["y"], other["x"]))["ε = 0.01"] == pytest.approx(1.9)


def test_rules_come_before_methods_and_references_last_from_the_top():
    layout = figures.measures(table()).figures["all"].spec()["layout"]
    assert layout["yaxis"]["categoryarray"] == ["random order", "|x|", "SmoothGrad", "ε = 0.01"]


def test_the_table_beside_it_says_what_fails_and_what_nothing_and_the_best_score():
    shown = figures.measures(table()).figures["all"].table.set_index("rule or method")
    assert shown.loc["SmoothGrad", "windows in its order, logits"] == "0.10 [0.00, 0.30] ✗"
    assert shown.loc["ε = 0.01", "windows in its order, logits"] == "0.90 [0.80, 1.10]" and shown.loc["|x|", "likeness to random weights"] == "–"
    assert shown.loc["knows nothing", "on planted signs, times chance"] == "1.0" and shown.loc["perfect, or best known", "likeness to random weights"] == "0.00"


def test_the_words_name_the_best_and_what_is_marked():
    said = trusting.others(table()).data
    assert "best ε = 0.01, 0.90 [0.80, 1.10]; worst SmoothGrad, 0.10 [0.00, 0.30]. Marked: SmoothGrad." in said
    assert "best SmoothGrad, 0.20 [0.10, 0.40]; worst ε = 0.01, 0.70 [0.60, 0.90]. Marked: ε = 0.01." in said


@pytest.mark.parametrize("n3, verdict", [(1.6, "1 of 1 rules put more than 1.5 times"), (1.4, "No rule puts more than 1.5 times")])
def test_a_rule_leans_on_planted_signs_where_it_does_in_all_three_stages_and_more_than_the_signal_s_size(n3, verdict):
    rows = [(rule, stage, "signs", value) for rule, values in (("eps=100", (1.7, 5, n3)), ("|x|", (1.3, 2, 1.3)), ("deeplift", (9, 9, 9)))
            for stage, value in zip(("W", "N2", "N3"), values)]
    said = trusting.leaning(pandas.DataFrame(rows, columns=["rule", "stage", "measure", "value"])).data
    assert said.startswith(verdict) and f"ε = 100 1.70 in W, 5.00 in N2 and {n3:.2f} in N3; the size of the signal 1.30 in W, 2.00 in N2 and 1.30 in N3." in said


def test_planted_signs_stand_by_stage_with_chance_at_one():
    rows = [(0, "n", "s", epoch, stage, stage, rule, modality, sign, .25, ratio, .5, 1.0)
            for stage, modality, sign, rule, ratios in (("REM", "EOG", "rapid eye movement", "eps=100", (3, 4)), ("N2", "EEG", "spindle", "eps=100", (1, 2)),
                                                        ("N2", "EEG", "spindle", "|x|", (1, 1.5)), ("REM", "EOG", "rapid eye movement", "|x|", (2, 2)))
            for epoch, ratio in enumerate(ratios)]
    shown = figures.planted_signs(pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "sign",
                                                                  "part", "ratio", "rank", "top"]), ["eps=100"]).table
    assert shown[["stage", "sign", "epochs", "part of the epoch, %", "ε = 100", "|x|"]].values.tolist() == [
        ["N2", "spindle", 2, 25, 1.5, 1.25], ["REM", "rapid eye movement", 2, 25, 3.5, 2.0]]


def test_hits_are_means_over_what_shows_any_sign_beside_what_chance_gives():
    rows = [(rule, sign, .2, ratio, rank, top) for rule, sign, ratio, rank, top in (
        ("|x|", "any sign", 1.5, .3, 0), ("eps=100", "any sign", 3, .5, 1), ("eps=100", "any sign", 4, .7, 0), ("eps=100", "spindle", 9, .9, 1))]
    shown = figures.planted_hits(pandas.DataFrame(rows, columns=["rule", "sign", "part", "ratio", "rank", "top"])).table
    assert shown.values.tolist() == [["ε = 100", "3.50", "60", "50"], ["|x|", "1.50", "30", "0"], ["chance", "1.00", "20", "20"]]


def floors_of_seeds():
    return pandas.DataFrame([(seed, fold, "eps=0.01", name, .4, noise, .3, .8, .6, .3) for seed in (1, 2) for fold in (0, 1)
                             for name, noise in (("EEG", .4), ("EMG", .1 + .1 * fold))],
                            columns=["seed", "fold", "rule", "modality", "intact", "noise", "trained", "accuracy", "accuracy_noise", "commonest"])


def test_floors_of_several_cohorts_are_told_with_their_range():
    shown = figures.floor_seeds(floors_of_seeds()).table
    assert shown.iloc[1]["noise in its place, %"] == "15 [10, 20]" and len(shown) == 4
    said = trusting.seeds(floors_of_seeds()).data
    assert "2 simulated cohorts and 2 folds each" in said and "EEG 100 % (100 to 100), trained so 75 % and EMG 38 % (25 to 50), trained so 75 %" in said
    assert trusting.seeds(pandas.DataFrame()).data == "" and figures.floor_seeds(pandas.DataFrame()).table.empty


def test_nothing_but_text_comes_of_a_hostile_modality():
    name = "<b>EEG</b>"
    by_fold = pandas.DataFrame([(fold, "eps=1", name, -.1, numpy.nan, numpy.nan, 5, 0) for fold in (0, 1)],
                               columns=["fold", "rule", "modality", "share", "positive", "negative", "n", "without_relevance"])
    shown = figures.above_floor(by_fold, by_fold.assign(predicted="N2"))
    assert list(shown.figures) == ["All test epochs", "predicted N2"] and "EEG</b> −10.0" in shown.figures["All test epochs"].alt
    assert "<b>EEG" not in str([trace.get("hovertext") for figure in shown.figures.values() for trace in figure.spec()["data"]])


def test_ends_of_intervals_lie_on_their_own_side_and_every_mark_says_its_number():
    made = table()
    made.loc[made["stage"] == "all", "low"] = made["value"] - .3
    figure = figures.measures(made).figures["all"]
    nothing, best, fine, failing = panel(figure, "likeness to<br>random weights")
    assert (fine["y"], fine["x"], fine["error_x"]["array"], fine["error_x"]["arrayminus"]) == (
        ["SmoothGrad"], pytest.approx([.2]), pytest.approx([.2]), pytest.approx([.3]))
    assert failing["marker"]["color"] == palette.MUTED and fine["marker"]["color"] == palette.TEXT
    assert failing["hovertext"] == ["ε = 0.01: 0.70 [0.40, 0.90]<br>Spearman's correlation with maps of random weights<br>knows nothing 1.00, best 0.00<br>"
                                    "hardly depends on weights<br>60 epochs of 7 subjects"]
    low, high = figure.spec()["layout"]["xaxis4"]["range"]
    assert low < -.1 and high > 1, "from the lowest end of an interval to what knows nothing"
    assert nothing["y"] == best["y"] == ["ε = 0.01", "random order"] or nothing["y"][0] == "ε = 0.01"


def test_random_weights_are_told_for_each_depth_with_what_hardly_moved_marked():
    rows = [(0, "n", subject, epoch, rule, depth, size, moved) for rule, sizes in (("eps=100", {.5: .75, 1.0: .25}), ("|x|", {.5: .9, 1.0: .9}))
            for depth, size in sizes.items() for subject, epoch, moved in (("s1", 1, .1), ("s2", 2, .3))]
    shown = figures.random_weights(pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "rule", "depth", "size", "moved"]))
    table = shown.table.set_index("rule or method")
    assert list(table) == ["upper 50 %", "points moved, upper 50 %", "all layers", "points moved, all layers"]
    assert table.loc["ε = 100"].tolist() == ["0.75 [0.75, 0.75] ✗", "20", "0.25 [0.25, 0.25]", "20"]
    assert table.loc["|x|", "all layers"] == "0.90 [0.90, 0.90] ✗" and shown.caption.endswith("; 2 epochs")


def test_stability_is_the_icc_of_each_change_over_all_stages_and_modalities():
    rows = [(rule, change, stage, name, icc, icc - .1, icc + .05) for rule, change, icc in (("shapley", "noise", .5), ("eps=1", "noise", .9), ("eps=1", "gain", -.2))
            for stage, name in (("all", "all"), ("N2", "all"), ("all", "EEG")) for icc in [icc if (stage, name) == ("all", "all") else .77]]
    shown = figures.stability(pandas.DataFrame(rows, columns=["rule", "change", "stage", "modality", "icc", "low", "high"])).table
    assert shown.values.tolist() == [["ε = 1", "0.90 [0.80, 0.95]", "−0.20 [−0.30, −0.15]"], ["Shapley values", "0.50 [0.40, 0.55]", "–"]]


def test_other_networks_stand_beside_the_commonest_stage():
    scores = pandas.DataFrame([("another seed", 0, .8125, .5, .7031, 80)], columns=["network", "fold", "accuracy", "commonest", "kappa", "n"])
    assert figures.other_networks(scores).table.values.tolist() == [["another seed", 0, 81.2, 50, .7, 80]]
    assert figures.other_networks(scores[:0]).table.empty


def test_known_answers_stand_under_their_function_with_their_sign():
    rows = [(function, method, a, b, pair) for number, function in enumerate(FUNCTIONS)
            for method, a, b, pair in (("eps=1", 6 - number, -2.0, numpy.nan), ("interactions", 1.0, 2.0, -number))]
    shown = figures.known_answers(pandas.DataFrame(rows, columns=["function", "method", "A", "B", "pair"])).table
    assert list(shown)[:3] == ["method", "2A − B at (3, 2)", "larger of A and B at (3, 2)"]
    assert shown.values.tolist() == [["ε = 1", "+6.00, −2.00", "+5.00, −2.00", "+4.00, −2.00"],
                                     ["alone, alone, together", "+1.00, +2.00, 0.00", "+1.00, +2.00, −1.00", "+1.00, +2.00, −2.00"]]
