"""Single sleepers in pictures: each subject's nights, lines and probabilities are the table's, in its row, panel and stage."""

import pandas
import pytest
from made_tables import window
from typed_arrays import traces

from helpers.report.draw import figures, palette

#: Subject → night → (accuracy, kappa), and (accuracy, kappa) over both.
NIGHTS = {"worse": {"n3": (.5, .3), "n1": (.75, .6)}, "best": {"n2": (.9, .85)}}
ALL = {"worse": (.6, .45), "best": (.9, .85)}


def scored():
    """Scores by subject and recording, and by subject, with others that no figure shows."""
    by_night = [(subject, name, measure, "all", 100, value) for subject, nights in NIGHTS.items() for name, values in nights.items()
                for measure, value in zip(("accuracy", "kappa"), values)] + [("best", "n2", "f1", "N2", 9, .1)]
    by_subject = [(subject, measure, "all", 200, value) for subject, values in ALL.items() for measure, value in zip(("accuracy", "kappa"), values)]
    columns = ["measure", "stage", "n", "value"]
    return pandas.DataFrame(by_night, columns=["subject", "recording", *columns]), pandas.DataFrame(by_subject, columns=["subject", *columns])


def test_every_night_is_a_point_of_its_subject_and_a_bar_is_all_of_its_epochs():
    figure = figures.accuracy_by_subject(*scored())
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["accuracy, %", "Cohen's kappa (grey: human scorers)"]
    assert layout["yaxis"]["categoryarray"] == ["worse", "best"], "the best on top"
    for axis, at, factor in (("x", 0, 100), ("x2", 1, 1)):
        nights, whole = [trace for trace in traces(figure) if trace["xaxis"] == axis]
        points = {subject: [x for x, y in zip(nights["x"], nights["y"]) if y == subject and x is not None] for subject in NIGHTS}
        assert points["worse"] == pytest.approx([factor * NIGHTS["worse"][name][at] for name in ("n1", "n3")]), "joined in the order of nights"
        assert points["best"] == pytest.approx([factor * NIGHTS["best"]["n2"][at]])
        assert dict(zip(whole["y"], whole["x"])) == pytest.approx({subject: factor * values[at] for subject, values in ALL.items()})
    assert nights["x"].count(None) == 2, "no line joins subjects"
    assert "subject worse, night n3<br>kappa 0.30<br>100 epochs" in nights["hovertext"] and "subject best<br>kappa 0.85<br>200 epochs" in whole["hovertext"]
    [band] = layout["shapes"]
    assert (band["x0"], band["x1"], band["xref"]) == (.71, .81, "x2"), "Lee et al. 2022"
    assert "from 60.0 % (subject worse) to 90.0 % (subject best); kappa from 0.45 to 0.85" in figure.alt
    assert figure.table.values.tolist() == [["best", "n2", 100, 90, .85], ["worse", "n1", 100, 75, .6], ["worse", "n3", 100, 50, .3]]


def test_every_subject_is_a_line_over_stages_in_the_panel_of_its_modality():
    level = {("a", "W"): .6, ("a", "N2"): .5, ("a", "REM"): .4, ("b", "W"): .2, ("b", "N2"): .1, ("c", "W"): .1}
    rows = [(rule, subject, stage, name, value if name == "EEG" else (1 - value) * (.75 if name == "EOG" else .25) * (rule == "eps=1"), 40)
            for rule in ("eps=1", "eps=100") for (subject, stage), value in reversed(level.items()) for name in ("EMG", "EEG", "EOG")]
    shown = figures.shares_by_subject(pandas.DataFrame(rows, columns=["rule", "subject", "predicted", "modality", "share", "n"]))
    assert list(shown.figures) == ["ε = 1", "ε = 100"]
    figure = shown.figures["ε = 1"]
    layout = figure.spec()["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["EEG", "EOG", "EMG"] and layout["xaxis"]["categoryarray"] == ["W", "N2", "REM"]
    for axis, name, part in (("x", "EEG", None), ("x2", "EOG", .75), ("x3", "EMG", .25)):
        subjects, mean = [trace for trace in traces(figure) if trace["xaxis"] == axis and trace["x"] != [None]]

        def of(value):
            return 100 * value if part is None else 100 * part * (1 - value)

        assert subjects["x"] == ["W", "N2", "REM", None] * 3 and subjects["line"]["color"] == palette.LOOKS[name].line
        drawn = [subjects["y"][at:at + 3] for at in (0, 4, 8)]
        assert drawn == [pytest.approx([of(.6), of(.5), of(.4)], abs=.01), [pytest.approx(of(.2), abs=.01), pytest.approx(of(.1), abs=.01), None],
                         [pytest.approx(of(.1), abs=.01), None, None]]
        assert mean["x"] == ["W", "N2", "REM"] and mean["y"] == pytest.approx([of(.3), of(.3), of(.4)], abs=.01) and mean["line"]["color"] == palette.TEXT
    assert traces(figure)[0]["hovertext"][1] == "subject a, N2 said: 50.0 % on EEG<br>40 epochs" and "W EEG 30 % (10 to 60)" in figure.alt
    row = figure.table.set_index(["stage said", "modality"]).loc[("N2", "EEG")]
    # The SD of 50 and 10 is 40 / √2.
    assert row.tolist() == pytest.approx([2, 30, 800**.5, 10, 50])


def night():
    """The made window with probabilities; nothing is known of the dropped slot."""
    seen = window()
    known = {"W": (.1, .6, None, .02), "N1": (.2, .3, None, .03), "N2": (.65, .05, None, .05), "N3": (.05, .03, None, .1), "REM": (0, .02, None, .8)}
    for stage, values in known.items():
        seen.table[f"p_{stage}"] = pandas.Series(values, dtype=float)
    return seen, known


def test_probabilities_are_stacked_in_the_order_of_a_hypnogram_and_end_where_a_slot_was_dropped():
    seen, known = night()
    figure = figures.hypnodensity(seen)
    areas = [trace for trace in traces(figure) if trace.get("stackgroup")]
    assert [area["name"] for area in areas] == ["N3", "N2", "N1", "REM", "W"], "from the bottom up"
    for area in areas:
        first, second, _, last = known[area["name"]]
        assert area["x"] == [f"1989-05-08 00:0{at}" for at in ("3:00", "3:30", "4:00", "4:30", "5:00")]
        assert area["y"] == pytest.approx([100 * first, 100 * second, 0, 100 * last, 0]) and area["line"]["shape"] == "hv"
        assert area["fillcolor"] == palette.STAGE_FILLS[area["name"]] and area["yaxis"] == "y2"
        assert area["hovertext"][1] == "00:03:30, epoch 11<br>true N1<br>W 60 %, REM 2 %, N1 30 %, N2 5 %, N3 3 %"
    assert figure.spec()["layout"]["yaxis2"]["range"] == [0, 100]
    assert "3 epochs; the highest probability is below 50 % in 0. Mean probabilities: W 24 %, REM 27 %" in figure.alt
    assert figure.table[["epoch", "W %", "REM %"]].values.tolist() == [[10, 10, 0], [11, 60, 2], [13, 2, 80]]
    truth = next(trace for trace in traces(figure) if trace.get("name") == "true")
    assert truth["y"] == [1, 1, 2, 2, None, 3, 3] and truth.get("yaxis", "y") == "y"


def test_lines_mark_the_window_that_the_page_looks_into():
    seen, _ = night()
    part, _ = night()
    part.start_s, part.stop_s = 330.0, 390.0
    lines = [shape for shape in figures.hypnodensity(seen, part).spec()["layout"]["shapes"] if shape["type"] == "line"]
    assert [(line["x0"], line["x1"]) for line in lines] == [("1989-05-08 00:03:30",) * 2, ("1989-05-08 00:04:30",) * 2]
