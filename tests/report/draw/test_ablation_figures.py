"""Figures and tables of what is lost without a modality: what stands in them is what the tables say."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.constants import STAGES
from helpers.report import ablating, figures
from helpers.report.draw import palette

NAMES = ("EMG", "EEG", "EOG")
HOSTILE = "<b>EEG</b> & $x$"


def shares():
    """Of N2 and REM, correct and misread epochs: EEG 60 % where right, 10 % where wrong; Shapley of one epoch each."""
    rows = []
    for rule, epochs in (("eps=100", range(4)), ("shapley", range(1))):
        for epoch in epochs:
            for stage, predicted in (("N2", "N2"), ("REM", "REM"), ("REM", "N2")):
                level = {"EEG": .6, "EOG": .3, "EMG": .1} if stage == predicted else {"EEG": .1, "EOG": .3, "EMG": .6}
                at = epoch + 10 * (stage == "REM") + 20 * (stage != predicted)
                rows += [(0, "n1", "s1", at, stage, predicted, rule, name, level[name]) for name in NAMES]
    return pandas.DataFrame(rows, columns=["fold", "recording", "subject", "epoch", "true", "predicted", "rule", "modality", "share"])


def test_shares_beside_one_another_are_means_of_correct_epochs():
    shown = figures.beside(shares())
    table = shown.table.set_index(["stage", "method"])
    assert table.loc[("REM", "ε = 100"), ["epochs", "EEG %", "EOG %", "EMG %"]].tolist() == pytest.approx([4, 60, 30, 10])
    assert table.loc[("N2", "Shapley values"), "epochs"] == 1
    drawn = shown.spec()["data"]
    assert [trace["name"] for trace in drawn] == ["EEG", "EOG", "EMG"] * 2 and len({trace["marker"]["color"] for trace in drawn}) == 3
    assert drawn[0]["x"] == pytest.approx([60, 60]) and drawn[0]["y"] == ["ε = 100", "Shapley values"]
    assert "N2: ε = 100 EEG, Shapley values EEG" in shown.alt


def test_recall_lost_has_a_version_for_each_replacement_in_the_papers_order():
    lost = pandas.DataFrame([(by, fold, stage, name, 9, .9, .9 - value, value) for by in ("exchange", "zeros") for fold in range(3)
                             for stage in STAGES for name, value in (("EEG", .5 + .1 * fold), ("EMG", 0))],
                            columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])
    shown = figures.lost(lost)
    assert list(shown.figures) == ["Zeros", "Another epoch"]
    table = shown.figures["Zeros"].table.set_index(["stage", "modality"])
    assert table.loc[("N2", "EEG"), ["folds", "median, points"]].tolist() == pytest.approx([3, 60])
    assert "replaced by another epoch" in shown.figures["Another epoch"].alt


def test_changes_of_scores_are_medians_and_quartiles_over_folds():
    changes = pandas.DataFrame([(fold, "zeros", "EEG", "accuracy", "all", .8, .4, -50 - 10 * fold) for fold in range(3)]
                               + [(0, "zeros", "EEG", "f1", "N1", 0, 0, numpy.nan)],
                               columns=["fold", "replacement", "modality", "measure", "stage", "before", "after", "change"])
    [row] = figures.score_changes(changes).table.to_dict("records")
    assert row["without"] == "EEG" and row["replaced by"] == "zeros" \
        and row["accuracy"].startswith("−60 [")
    assert row["F1 of N1"] == row["kappa"] == "–"


def terms_of(value):
    return pandas.DataFrame([(subject, "N2", name, term) for subject in ("s1", "s2") for name, term in
                             (("EEG", 1.0), ("EOG", .5), ("EEG + EOG", value if subject == "s1" else value + 2))],
                            columns=["subject", "true", "modalities", "term"])


def test_terms_are_means_over_epochs_with_errors_over_subjects():
    shown = figures.terms(terms_of(-3))
    row = shown.table[shown.table["modalities"] == "EEG + EOG"].iloc[0]
    assert row["mean term, logits"] == -2 and row["standard error over subjects"] == pytest.approx(1)
    assert "N2 EEG + EOG −2.0" in shown.alt
    assert r"EEG \+ EOG in N2 (−2.0 logits, say the same)" in ablating.together(terms_of(-3)).data
    assert r"EEG \+ EOG in N2 (+4.0 logits, need each other)" in ablating.together(terms_of(3)).data


def test_losses_and_agreement_are_told_with_their_spread():
    losses = pandas.DataFrame([(fold, "N2", name, .5 + fold, 12) for fold in range(3) for name in NAMES],
                              columns=["fold", "stage", "modality", "loss", "n"])
    [row] = figures.losses(losses).table.to_dict("records")
    assert row["epochs"] == 36 and row["EEG"].startswith("1.50 [") and list(row) == ["stage", "epochs", "EEG", "EOG", "EMG"]
    agreement = pandas.DataFrame([(rule, "all", measure, .5, -.4, .6, nothing, 60, 8) for rule in ("deeplift", "eps=1") for measure, nothing in
                                  (("leading", 0), ("rank", 0), ("distance", 1.25), ("deletion", .45))],
                                 columns=["rule", "stage", "measure", "value", "low", "high", "nothing", "epochs", "subjects"])
    shown = figures.method_agreement(agreement)
    assert shown.table["method"].tolist() == ["ε = 1", "DeepLIFT", "knows nothing", "Shapley itself"]
    assert shown.table["leading modality, kappa"].tolist() == ["0.50 [−0.40, 0.60]"] * 2 + ["0.00", "1.00"]
    assert shown.table["distance of shares"].tolist()[2:] == ["1.25", "0.00"] and "60 epochs" in shown.caption


def test_the_error_of_drawing_is_told_beside_the_size_of_values():
    values = pandas.DataFrame({"value": [1.0, -3.0, 0.1, 2.0], "se": [.25, .25, .25, .75]})
    said = ablating.monte_carlo(values).data
    assert "0.25 logits as a median, where the median of its size is 1.50; in 75 % of 4 values" in said


@pytest.mark.parametrize("draw", [lambda name: figures.beside(shares().replace({"modality": {"EEG": name}})),
                                  lambda name: figures.terms(terms_of(1).replace({"modalities": {"EEG": name}}))])
def test_a_hostile_name_is_text_in_every_picture(draw):
    assert "<b>EEG" not in str([trace.get("hovertext") for trace in draw(HOSTILE).spec()["data"]])


def recall_lost():
    """EEG costs W 10, 20 and 60 points in three folds and N2 50; EMG costs 0, and gains 5 in N2."""
    rows = [(by, fold, stage, name, 9, .9, .9 - value, value) for by in ("zeros", "exchange") for fold in range(3)
            for stage, of in (("N2", {"EMG": -.05, "EEG": .5}), ("W", {"EMG": 0, "EEG": (.1, .2, .6)[fold]})) for name, value in of.items()]
    return pandas.DataFrame(rows, columns=["replacement", "fold", "stage", "modality", "n", "recall", "recall_without", "lost"])


def test_boxes_of_recall_lost_are_folds_by_stage_in_their_modality_s_colour():
    figure = figures.lost(recall_lost()).figures["Another epoch"]
    boxes, layout = traces(figure), figure.spec()["layout"]
    assert [(box["name"], box["line"]["color"]) for box in boxes] == [("● EEG", palette.LOOKS["EEG"].line), ("◆ EMG", palette.LOOKS["EMG"].line)]
    points = {stage: [y for x, y in zip(boxes[0]["x"], boxes[0]["y"]) if x == stage] for stage in ("W", "N2")}
    assert points["W"] == pytest.approx([10, 20, 60]) and points["N2"] == pytest.approx([50] * 3)
    assert sorted(boxes[1]["y"]) == pytest.approx([-5] * 3 + [0] * 3) and {box["boxpoints"] for box in boxes} == {"all"}
    assert layout["xaxis"]["categoryarray"] == list(STAGES) and layout["yaxis"]["title"]["text"] == "recall lost, points" and layout["boxmode"] == "group"
    assert "W, EEG replaced by another epoch<br>fold 2: recall 90 % → 30 %<br>in 9 epochs" in boxes[0]["hovertext"]
    row = figure.table.set_index(["stage", "modality"]).loc[("W", "EEG")]
    # Hazen's quartiles of 10, 20, 60: positions 1.25 and 2.75.
    assert row[["lower quartile, points", "median, points", "upper quartile, points"]].tolist() == pytest.approx([12.5, 20, 50])
    assert "W without EEG 20 [12, 50], N2 without EEG 50 [50, 50]" in figure.alt


def test_bars_beside_one_another_are_stages_in_panels_and_modalities_in_their_colours():
    figure = figures.beside(shares())
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["N2", "REM"] and layout["barmode"] == "stack" and layout["yaxis"]["autorange"] == "reversed"
    drawn = {(trace["xaxis"], trace["name"]): trace for trace in traces(figure)}
    for axis in ("x", "x2"):
        for name, value in (("EEG", 60), ("EOG", 30), ("EMG", 10)):
            trace = drawn[axis, name]
            assert trace["x"] == pytest.approx([value] * 2) and trace["marker"]["color"] == palette.LOOKS[name].line
            assert trace["marker"]["pattern"]["shape"] == palette.LOOKS[name].pattern and trace["orientation"] == "h"
        assert layout[f"{axis[0]}axis{axis[1:]}"]["range"] == [0, 100]
    assert drawn["x2", "EOG"]["hovertext"] == ["REM, ε = 100<br>EOG 30 %<br>4 epochs", "REM, Shapley values<br>EOG 30 %<br>1 epochs"]


def test_a_cell_of_what_sets_give_is_that_set_s_and_that_stage_s():
    values = {("EEG", "N2"): (1, 3), ("EOG", "N2"): (-2, -1), ("EEG + EOG", "N2"): (.5, .5), ("EEG", "W"): (4, 4), ("EOG", "W"): (0, 2), ("EEG + EOG", "W"): (-3, -5)}
    figure = figures.terms(pandas.DataFrame([(subject, stage, name, pair[at]) for at, subject in enumerate(("s1", "s2")) for (name, stage), pair in values.items()],
                                            columns=["subject", "true", "modalities", "term"]))
    heat, words = traces(figure)
    assert heat["x"] == ["W", "N2"] and heat["y"] == ["EEG", "EOG", "EEG + EOG"] and heat["zmax"] == -heat["zmin"] == 4
    assert heat["z"] == [[4, 2], [1, -1.5], [-4, .5]] and figure.spec()["layout"]["yaxis"]["range"] == [2.5, -0.5]
    said = dict(zip(zip(words["y"], words["x"]), words["text"]))
    # The standard error of a mean over two subjects: half their difference.
    assert said["EEG", "N2"] == "+2.0 ± 1.0" and said["EEG + EOG", "W"] == "−4.0 ± 1.0" and said["EOG", "N2"] == "−1.5 ± 0.5"
    assert heat["hovertext"][2][0] == "W, EEG + EOG<br>−4.0 ± 1.0 logits<br>2 epochs" and "W EEG + EOG −4.0, N2 EEG + EOG +0.5" in figure.alt
