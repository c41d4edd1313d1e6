"""What the page on simulated nights shows: the tables that the code draws from, letter by letter; nothing of real nights."""

import numpy
import pandas
import pytest
from typed_arrays import traces

from helpers.constants import STAGES
from helpers.data.simulation import examples, planted_effects, signs
from helpers.report.draw import figures, palette
from helpers.report.draw.true_stages import given, source
from helpers.report.words import answers, sentences


@pytest.fixture(scope="module")
def truth():
    night = {"movement_epochs": [3], "hole_epochs": [], "unscored_epochs": [8, 9], "hypnogram_late_s": 30, "marker_errors_s": [],
             "partial_epoch_s": 10}
    drawn = [2.4] * len(planted_effects.EFFECTS)
    return {**planted_effects.truth(2.5, drawn), "traps": {"a": night, "b": {**night, "movement_epochs": [], "hypnogram_late_s": 0}}}


LIKENESS = pandas.DataFrame([("EEG", "W", "8–12 Hz", "share", 0.1, 0.05, 0.2, 0.043, 0.0, 0.6, True),
                             ("EMG", "N1", "tone over REM", "times", 4.5, 1.5, 2.5, numpy.nan, 1.0, 4.0, False)],
                            columns=["modality", "stage", "quantity", "unit", "simulated", "low", "high", "real", "least", "most",
                                     "inside"])


def test_the_page_prints_the_probabilities_that_the_code_draws_from(truth):
    shown = figures.signs(truth).table.set_index("sign")
    for sign in signs.SIGNS:
        assert [shown.loc[sign.name, stage] for stage in STAGES] == [round(100 * sign.chances.get(stage, 0)) for stage in STAGES]
    backgrounds = figures.backgrounds(truth).table
    assert len(backgrounds) == 15 and backgrounds.loc[backgrounds["modality"] == "EMG", "SD, µV"].tolist() == list(signs.TONE.values())
    assert figures.cycle(truth).table["stage"].iloc[0] == "W"


def test_it_says_how_ambiguous_epochs_are_drawn(truth):
    said = sentences.ambiguous(truth).data
    assert "like N1 in W, N2 and REM and like N2 in N1 and N3" in said and f"{100 * signs.AMBIGUOUS_SD:.0f} %" in said


def test_effects_show_the_size_asked_for_and_as_drawn_and_defects_how_many_nights_have_them(truth):
    shown = figures.planted(truth).table
    assert set(shown["d asked"].abs()) == {2.5} and set(shown["d drawn"]) == {2.4}
    traps = figures.traps(truth).table.set_index("defect")
    assert traps.loc["epochs scored as movement"].tolist() == [1, 2, 1]
    assert traps.loc["epochs of unknown stage at the end"].tolist() == [2, 2, 2]


def test_a_figure_out_of_its_range_is_said_to_be(truth):
    table = figures.likeness(LIKENESS)
    assert table.caption.startswith("1 of 2 figures")
    assert [value[0] for value in table.table["inside"]] == ["✓", "✗"] and table.table["real night"].tolist() == ["0.043", "–"]
    said = answers.simulated(truth, LIKENESS).data
    assert "In 1 of 2 figures" in said and "not in EMG tone over REM in N1" in said and "EOG and EMG in REM" in said


def test_every_sign_has_an_example_that_stands_in_its_signal(truth):
    waves, spectra = examples.examples()
    assert list(dict.fromkeys(waves["sign"])) == [sign.name for sign in signs.SIGNS] == list(dict.fromkeys(spectra["sign"]))
    assert (waves.groupby("sign")["alone"].apply(lambda values: values.abs().max()) > 5).all()
    figure = figures.examples(waves, spectra)
    assert len(figure.plot.data) == 4 * len(signs.SIGNS) and "spindle (EEG, N2)" in figure.alt
    alpha = spectra[spectra["sign"] == "alpha"]
    gain = (alpha["together"] / alpha["background"]).to_numpy()
    assert 8 <= alpha["hertz"].to_numpy()[gain.argmax()] <= 12


def test_of_real_nights_it_is_said_in_one_line_that_nothing_is_simulated():
    assert answers.simulated(None, None).data == "**Answer.** Nothing is simulated here: these nights are real."
    for name in ("signs", "backgrounds", "cycle", "planted", "traps", "likeness"):
        assert getattr(figures, name)(None).table.empty
    assert sentences.leaders(None).data == sentences.ambiguous(None).data == ""


def test_simulated_nights_have_planted_stages_and_real_ones_a_scorer():
    simulated = "Simulated nights: these figures test the machinery."
    assert (source(simulated), given(simulated)) == ("the planted stage", "planted")
    for notice in ("", "The network learned from simulated nights: these figures test the machinery."):
        assert (source(notice), given(notice)) == ("the scorer", "scored")


def test_an_example_is_drawn_beside_its_own_spectrum_and_its_background():
    waves = pandas.DataFrame([(sign, modality, stage, second, alone + 7, alone) for sign, modality, stage, level in (("spindle", "EEG", "N2", 20), ("blink", "EOG", "W", -90))
                              for second, alone in ((0.0, 0.0), (0.5, level))], columns=["sign", "modality", "stage", "second", "together", "alone"])
    spectra = pandas.DataFrame([(sign, hertz, level / hertz, level) for sign, level in (("spindle", 3.0), ("blink", 5.0)) for hertz in (1, 2)],
                               columns=["sign", "hertz", "background", "together"])
    figure = figures.examples(waves, spectra)
    layout = figure.spec()["layout"]
    drawn = {(trace["yaxis"], trace["name"]): trace for trace in traces(figure)}
    assert [note["text"] for note in layout["annotations"]] == ["spindle", "blink"]
    for row, (sign, modality, level, power) in enumerate((("spindle", "EEG", 20, 3), ("blink", "EOG", -90, 5))):
        left, right = ("y", "y2") if row == 0 else ("y3", "y4")
        assert list(drawn[left, "alone"]["y"]) == [0, level] and list(drawn[left, "in its background"]["y"]) == [7, level + 7]
        assert list(drawn[left, "alone"]["x"]) == [0, .5] and list(drawn[right, "spectrum with it"]["x"]) == [1, 2]
        assert list(drawn[right, "spectrum with it"]["y"]) == [power] * 2 and list(drawn[right, "spectrum without it"]["y"]) == [power, power / 2]
        for name in ("alone", "spectrum with it"):
            assert drawn[left if name == "alone" else right, name]["line"]["color"] == palette.LOOKS[modality].line
        assert (layout[f"yaxis{left[1:]}"]["title"]["text"], layout[f"yaxis{right[1:]}"]["title"]["text"]) == ("µV", "µV²/Hz")
        assert layout[f"xaxis{right[1:]}"]["type"] == layout[f"yaxis{right[1:]}"]["type"] == "log" and drawn[right, "spectrum without it"]["line"]["dash"] == "dot"
    assert figure.alt.endswith("spindle (EEG, N2): up to 20 µV; blink (EOG, W): up to 90 µV.")
