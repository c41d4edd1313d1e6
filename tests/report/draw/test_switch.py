"""A switch of several rows: words, numbers and files of each version; by keyboard, in a browser, without a server."""

from pathlib import Path

import pandas
import pytest
from plotly import graph_objects as go

from helpers.report.draw import display

STATIC = Path(display.__file__).with_name("static")


def made():
    """A switch over a rule and an average, whose figures say which they are."""
    versions = [(rule, average) for rule in ("ε = 0.01", "α1β0") for average in ("Mean", "Pooled")]
    return display.Switch(("Rule", "Averaging"), {
        (rule, average): display.Figure(go.Figure(go.Scatter(x=[1], y=[number])), f"words {number}",
                                        pandas.DataFrame({"value": [number]}), name="f")
        for number, (rule, average) in enumerate(versions)})


def test_every_version_has_its_words_its_numbers_and_a_file_of_its_own():
    shown = made()
    assert shown.alt == "ε = 0.01, Mean: words 0 ε = 0.01, Pooled: words 1 α1β0, Mean: words 2 α1β0, Pooled: words 3"
    assert shown.table.to_dict("list") == {"Rule": ["ε = 0.01"] * 2 + ["α1β0"] * 2, "Averaging": ["Mean", "Pooled"] * 2,
                                           "value": [0, 1, 2, 3]}
    page = shown.html()
    names = [part.split('"')[0] for part in page.split('data-name="')[1:]]
    assert names == ["f-eps-0-01-mean", "f-eps-0-01-pooled", "f-alpha1beta0-mean", "f-alpha1beta0-pooled"]
    assert page.count(" hidden>") == 3 and page.count(" checked>") == 2 and page.count('role="radiogroup"') == 2


def test_each_row_of_buttons_is_a_group_of_its_own_that_screen_readers_name():
    page = made().html()
    groups = {part.split('"')[0] for part in page.split('type="radio" name="')[1:]}
    assert len(groups) == 2 and 'aria-label="Rule"' in page and 'aria-label="Averaging"' in page


def test_a_choice_of_one_has_no_buttons():
    shown = display.Switch(("Rule", "Averaging"), {key: figure for key, figure in made().figures.items() if key[0] == "α1β0"})
    page = shown.html()
    assert 'aria-label="Rule"' not in page and page.count('type="radio"') == 2 and 'data-value="pooled"' in page


def test_a_notice_reaches_every_version():
    assert made().marked("Simulated nights.").alt.count("Simulated nights.") == 4


def test_jupyterlab_has_a_list_of_all_versions():
    menu = made().bundle()["layout"]["updatemenus"][0]
    assert menu["type"] == "dropdown" and [button["label"] for button in menu["buttons"]][2] == "α1β0, Mean"
    assert menu["buttons"][2]["args"][0]["visible"] == [False, False, True, False]


@pytest.mark.browser
def test_both_rows_work_by_keyboard_without_a_server(chromium, tmp_path):
    drawing = ("var Plotly = {react: function (box, data) { box.textContent = 'drawn ' + data[0].y[0]; }, "
               "Plots: {resize: function () {}}};")
    scripts = f"<script>{drawing}</script><script>{(STATIC / 'figures.js').read_text()}</script>"
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{made().html()}{scripts}")
    page = chromium.new_page()
    page.goto((tmp_path / "page.html").as_uri())

    def seen():
        return [panel.inner_text() for panel in page.locator(".sr-plot").all() if panel.is_visible()]

    page.wait_for_function("document.querySelectorAll('.sr-plot').length >= 1")
    page.get_by_label("Mean").first.focus()
    page.keyboard.press("ArrowRight")
    assert "drawn 1" in seen()
    page.get_by_label("ε = 0.01").first.focus()
    page.keyboard.press("ArrowRight")
    assert "drawn 3" in seen() and "drawn 1" not in seen(), "the other row keeps its choice"
    page.get_by_label("Pooled").first.focus()
    page.keyboard.press("ArrowLeft")
    assert "drawn 2" in seen()
    page.close()
