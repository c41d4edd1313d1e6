"""What every figure has beside its picture: words under the pointer, colours, numbers and pictures to take away."""

import io
import re
import urllib.parse

import numpy
import pandas
import pytest
from made_figures import HOSTILE, NAMES, all_figures, page_of, specs
from made_tables import by_fold

from helpers.report.draw import digits, display, figures, palette


@pytest.mark.parametrize("name", NAMES)
def test_everything_drawn_says_what_it_is_under_the_pointer_or_is_drawn_twice(name):
    for trace in (trace for panel in specs(all_figures()[name]) for trace in panel["data"]):
        words = trace.get("hovertext") or trace.get("hovertemplate")
        empty = isinstance(trace.get("y"), list) and not any(value is not None for value in trace["y"])
        assert trace.get("hoverinfo") == "skip" or words or empty, trace
        flat = words if isinstance(words, list) else [words or ""]
        assert not re.search(r"nan|None|undefined", str(flat)), flat


@pytest.mark.parametrize("name", NAMES)
def test_a_modality_has_its_colour_and_its_place_in_every_figure(name):
    for panel in specs(all_figures()[name]):
        drawn = {}
        for trace in panel["data"]:
            for modality in palette.LOOKS:
                if trace.get("name", "").split(" ")[-1] == modality:
                    drawn[modality] = (trace.get("marker") or trace["line"])["color"]
        assert list(drawn) == [modality for modality in palette.LOOKS if modality in drawn]
        assert all(colour == palette.LOOKS[modality].line for modality, colour in drawn.items())
        assert (len(drawn) == 3) == (name in ("overall", "groups", "predicted", "lost", "timeline", "intervals"))


def test_numbers_taken_away_are_exact_where_the_table_is_rounded():
    shown = display.Table(pandas.DataFrame({"a": [0.12]}), "Two words: 3", data=pandas.DataFrame({"a": [0.1234567890123456]}))
    page = page_of(shown)
    assert '<td class="sr-number">0.12</td>' in page and "0.1234567890123456" in page and 'download="two-words-3.csv"' in page
    assert "sr-downloads" not in page_of(display.Table(pandas.DataFrame(), "")), "nothing to take away"


def test_numbers_taken_away_hold_names_that_would_end_the_link():
    link = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', display.downloads("x", pandas.DataFrame({"a,b": [HOSTILE]})))
    content = urllib.parse.unquote(link[1])
    assert not set(link[1]) & set("<>#&\"'")
    assert pandas.read_csv(io.StringIO(content)).to_dict("list") == {"a,b": [HOSTILE]}


def test_jupyterlab_saves_a_picture_under_the_figures_name():
    shown = figures.stages(pandas.DataFrame({"recording": ["a"], "stage": ["W"]})).marked("Simulated nights.")
    lab = shown._repr_mimebundle_()["application/vnd.plotly.v1+json"]
    assert lab["config"]["toImageButtonOptions"]["filename"] == "epochs-by-stage-simulated"
    assert "toImage" in specs(shown)[0]["config"]["modeBarButtonsToRemove"], "the page has buttons of its own"


def test_jupyterlab_gets_all_versions_of_a_switch_with_buttons():
    lab = figures.overall(by_fold(), by_fold())._repr_mimebundle_()["application/vnd.plotly.v1+json"]
    assert [trace["visible"] for trace in lab["data"]] == [True] * 3 + [False] * 9
    buttons = lab["layout"]["updatemenus"][0]["buttons"]
    assert [button["label"] for button in buttons] == [f"{averaging}, {group}" for averaging in ("Mean of shares", "Pooled")
                                                             for group in ("modality, as in the paper", "rule")]
    assert buttons[1]["args"][0]["visible"] == [False] * 3 + [True] * 3 + [False] * 6


@pytest.mark.parametrize("values, cells", [
    ([41.2566, 9.5, -0.004, numpy.nan], ["41.26", "9.50", "−4.0·10⁻³", "–"]),
    ([0.123456, -0.0, 1.234e-7], ["0.1235", "0.0000", "1.2·10⁻⁷"]),
    ([1.5, -0.25, 12.0], ["1.50", "−0.25", "12.00"]), ([3.0, -2.0, numpy.nan], ["3", "−2", "–"]), ([120, -7], ["120", "−7"]),
    ([-1234.567, 0.04], ["−1235", "4.0·10⁻²"]), ([numpy.inf, -numpy.inf, 2.5], ["∞", "−∞", "2.5"]), ([0.0, -0.0], ["0", "0"])])
def test_numbers_of_a_column_have_as_many_decimals_and_a_minus_that_is_one(values, cells):
    shown = display.table_html(pandas.DataFrame({"a": values, "name": "-1.50"}), "numbers")
    assert re.findall('<td class="sr-number">([^<]*)</td>', shown) == cells
    assert '<th class="sr-number">a</th><th>name</th>' in shown and "<td>-1.50</td>" in shown, "names are as they are"


def test_a_number_among_words_is_rounded_too_and_a_yes_is_no_number():
    shown = display.table_html(pandas.DataFrame({"a": [0.123456789, "–"], "b": [True, False]}), "numbers")
    assert "<td>0.1235</td>" in shown and "<td>True</td>" in shown and "sr-number" not in shown


@pytest.mark.parametrize("value, sign, said", [(-0.004, "", "0.00"), (-0.004, "+", "0.00"), (0.0, "+", "0.00"), (-0.5, "", "−0.50"), (0.5, "+", "+0.50"),
                                               (-10.0, "", "−10.00"), (100.0, "+", "+100.00")])
def test_what_rounds_to_zero_has_no_sign(value, sign, said):
    assert digits.fixed(value, 2, sign) == said
