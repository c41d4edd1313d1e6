"""Figures of the cohort and of the classifier: every bar, cell and line is the table's number, in its row and column."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.report.draw import figures, palette

STAGES = ["W", "N1", "N2", "N3", "REM"]
EPOCHS = {"b": {"W": 3, "N2": 1}, "a": {"REM": 2, "N2": 1, "N3": 1}}
SLOTS = {"b": {"": 1, "unscored": 1}, "a": {"": 2, "flat": 2, "movement": 1}}


def rows(numbers, column):
    return pandas.DataFrame([(recording, name) for recording, of in numbers.items() for name, n in of.items() for _ in range(n)],
                            columns=["recording", column])


def bars(figure):
    """Name of a bar's part → recording → its length."""
    return {trace["name"]: dict(zip(trace["y"], trace["x"])) for trace in traces(figure) if trace["type"] == "bar"}


def test_each_recording_has_a_bar_of_its_epochs_stage_by_stage():
    figure = figures.stages(rows(EPOCHS, "stage"))
    assert bars(figure) == {"W": {"a": 0, "b": 3}, "N1": {"a": 0, "b": 0}, "N2": {"a": 1, "b": 1}, "N3": {"a": 1, "b": 0}, "REM": {"a": 2, "b": 0}}
    drawn, layout = traces(figure), figure.spec()["layout"]
    assert [trace["marker"]["color"] for trace in drawn] == [palette.STAGE_FILLS[stage] for stage in STAGES]
    assert [trace["marker"]["pattern"]["shape"] for trace in drawn] == [palette.STAGE_PATTERNS[stage] for stage in STAGES]
    assert {trace["orientation"] for trace in drawn} == {"h"} and layout["barmode"] == "stack" and layout["yaxis"]["autorange"] == "reversed"
    assert layout["xaxis"]["title"]["text"] == "epochs of 30 s" and layout["yaxis"]["tickvals"] == ["a", "b"] == layout["yaxis"]["ticktext"]
    assert drawn[0]["hovertext"] == ["recording a<br>W: 0 of 4 epochs of 30 s", "recording b<br>W: 3 of 4 epochs of 30 s"]
    assert figure.alt.endswith("8 sleep epochs in 2 recordings. W 3 (37.5 %), N1 0 (0.0 %), N2 2 (25.0 %), N3 1 (12.5 %), REM 2 (25.0 %).")
    assert figure.table.values.tolist() == [["a", 0, 0, 1, 1, 2], ["b", 3, 0, 1, 0, 0]]


def test_dropped_slots_stand_by_reason_with_what_was_kept_beside_them():
    table = rows(SLOTS, "reason")
    figure = figures.dropped(table.assign(kept=table["reason"] == ""))
    assert bars(figure) == {"unscored": {"a": 0, "b": 1}, "movement": {"a": 1, "b": 0}, "flat": {"a": 2, "b": 0}}
    kept, layout = traces(figure)[-1], figure.spec()["layout"]
    assert dict(zip(kept["y"], zip(kept["x"], kept["text"]))) == {"a": (3, " kept 2"), "b": (1, " kept 1")}
    assert layout["xaxis"]["title"]["text"] == "dropped slots of 30 s" and layout["xaxis"]["range"][0] == 0 and layout["xaxis"]["range"][1] > 3
    assert len({trace["marker"]["color"] for trace in traces(figure)[:-1]}) == 3
    assert "of 7 slots of 30 s, 3 were kept and 4 dropped: unscored 1, movement 1, flat 2." in figure.alt
    assert figure.table.to_dict("list") == {"recording": ["a", "b"], "kept": [2, 1], "unscored": [0, 1], "movement": [1, 0], "flat": [2, 0],
                                            "slots": [5, 2]}


def test_who_is_in_which_fold_stands_in_its_row_and_column():
    roles = {("1", 0): "test", ("2", 0): "validation", ("3", 0): "training", ("1", 1): "training", ("2", 1): "test", ("3", 1): "validation",
             ("1", 2): "test", ("2", 2): "training", ("3", 2): "training"}
    figure = figures.membership(pandas.DataFrame([(fold, subject, role) for (subject, fold), role in roles.items()], columns=["fold", "subject", "role"]))
    [heat], layout = traces(figure), figure.spec()["layout"]
    letters = {"test": ("T", 1), "validation": ("V", .5), "training": ("·", 0)}
    for row, subject in enumerate(heat["y"]):
        for column, fold in enumerate(heat["x"]):
            role = roles[subject, int(fold.removeprefix("fold "))]
            assert (heat["text"][row][column], heat["z"][row][column]) == letters[role]
            assert heat["hovertext"][row][column] == f"subject {subject}, {fold}: {role}"
    assert (heat["zmin"], heat["zmax"]) == (0, 1) and layout["yaxis"]["autorange"] == "reversed" and layout["xaxis"]["side"] == "top"
    assert layout["yaxis"]["ticktext"] == ["1", "2", "3"] and "1 to 2 for training, 0 to 1 for validation, 1 for test. Never tested: 3." in figure.alt


#: True → predicted → epochs; nobody is in REM.
COUNTS = {"W": {"W": 8, "N1": 2}, "N1": {"W": 3, "N1": 1}, "N2": {"N2": 5}, "N3": {"N2": 1, "N3": 4}, "REM": {}}


@pytest.mark.parametrize("notice, given", [("", "scored"), ("Simulated nights: made.", "planted")])
def test_the_confusion_matrix_has_true_stages_down_and_predicted_ones_across(notice, given):
    table = pandas.DataFrame([(true, predicted, COUNTS[true].get(predicted, 0)) for true in reversed(STAGES) for predicted in STAGES],
                             columns=["true", "predicted", "n"])
    figure = figures.confusion(table, notice)
    [heat], layout = traces(figure), figure.spec()["layout"]
    assert heat["x"] == heat["y"] == STAGES and (heat["zmin"], heat["zmax"]) == (0, 100)
    assert (layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]) == ("predicted", "true")
    assert layout["yaxis"]["autorange"] == "reversed" and layout["xaxis"]["side"] == "top"
    numpy.testing.assert_allclose(heat["z"], [[80, 20, 0, 0, 0], [75, 25, 0, 0, 0], [0, 0, 100, 0, 0], [0, 0, 20, 80, 0], [numpy.nan] * 5])
    assert heat["text"][0][1] == "20 %<br>2" and heat["text"][1][0] == "75 %<br>3" and heat["text"][4] == ["–"] * 5
    assert heat["hovertext"][1][0] == f"3 of 4 epochs {given} N1<br>were predicted W: 75.0 %" and heat["hovertext"][4][0] == f"no epochs {given} REM"
    assert "of 24 test epochs, 18 of them on the diagonal. Recall: W 80 %, N1 25 %, N2 100 %, N3 80 %, REM no epochs." in figure.alt
    assert figure.table.set_index("true").loc["N1", "W"] == 3 and figure.table.set_index("true").loc["W", "N1"] == 2


def test_training_is_a_line_for_each_fold_training_dotted_and_validation_solid():
    history = pandas.DataFrame([(0, 1, 2.0, .3, 2.2, .2), (0, 2, 1.0, .6, 1.4, .5), (1, 1, 1.9, .4, 2.1, .3), (1, 2, .9, .7, 1.3, .8), (1, 3, .5, .9, 1.6, .7)],
                               columns=["fold", "training_epoch", "loss", "accuracy", "val_loss", "val_accuracy"]).assign(learning_rate=.001)
    figure = figures.history(history)
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["loss", "accuracy"]
    assert layout["xaxis"]["title"]["text"] == layout["xaxis2"]["title"]["text"] == "training epoch" and layout["yaxis2"]["range"] == [0, 1.02]
    drawn = {(trace["xaxis"], trace["name"], len(trace["x"])): trace for trace in traces(figure)}
    assert len(drawn) == 8 and {key[1]: trace["line"]["dash"] for key, trace in drawn.items()} == {"training": "dot", "validation": "solid"}
    for axis, kind in (("x", "loss"), ("x2", "accuracy")):
        for fold, length in ((0, 2), (1, 3)):
            for name, column in (("training", kind), ("validation", f"val_{kind}")):
                trace, wanted = drawn[axis, name, length], history[history["fold"] == fold]
                assert list(trace["x"]) == list(range(1, length + 1)) and list(trace["y"]) == wanted[column].tolist()
                assert trace["hovertext"][1] == f"fold {fold}, training epoch 2<br>{name} {kind} {wanted[column].iloc[1]:.3f}"
    assert "in 2 folds. The best validation accuracy lies between 0.500 and 0.800; training ran for 2 to 3 training epochs." in figure.alt


def test_scores_stand_by_stage_in_percent():
    rows = [(measure, stage, n, value) for stage, n in (("N1", 4), ("W", 10)) for measure, value in (("f1", .5), ("recall", .25 + .01 * n), ("precision", .75))]
    shown = figures.scores(pandas.DataFrame([*rows, ("kappa", "all", 14, .4)], columns=["measure", "stage", "n", "value"])).table
    assert list(shown) == ["stage", "precision %", "recall %", "F1 %", "epochs"] and shown["stage"].tolist() == STAGES
    assert shown.iloc[:2].values.tolist() == [["W", 75, 35, 50, 10], ["N1", 75, 29, 50, 4]] and shown.iloc[2:, 1:].isna().all().all()
