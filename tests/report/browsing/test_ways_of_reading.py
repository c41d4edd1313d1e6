"""What a reader does with the browser in Chromium: first visit, keys, mouse, links; on a night of which everything is known."""

import known_nights
import pytest
from axe_playwright_python.sync_playwright import Axe
from known_nights import SPIKED, SPLIT
from pixels import page_in

pytestmark = pytest.mark.browser

LINK = "#subject=01&night=a&fold=2&rule=eps-100"


def status(page):
    return page.inner_text(".sr-browser-status")


def epoch(page, number):
    page.wait_for_function("number => new URLSearchParams(location.hash.slice(1)).get('epoch') === number", arg=str(number) if number else None)


def test_a_first_visit_shows_the_whole_night_with_one_epoch_opened_and_the_address_says_so(looking, known):
    page = looking(known)
    assert page.evaluate("location.hash") == f"#subject=01&night=a&fold=2&rule=eps-0.01&t=0&w=600&epoch={SPIKED}"
    page.wait_for_selector(".sr-browser-epoch canvas")
    page.reload()
    page.wait_for_selector(".sr-browser-epoch canvas")
    assert f"epoch {SPIKED}: scored N1, predicted N1" in status(page)


def test_the_legend_of_an_opened_epoch_shows_the_colours_that_it_is_drawn_in(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    marks = page.eval_on_selector_all(".sr-browser-epoch .sr-browser-mark", """marks => marks.map(mark =>
        [mark.parentElement.textContent, getComputedStyle(mark).backgroundColor])""")
    assert marks == [["supports N1 (bars up, full)", "rgb(20, 138, 84)"], ["speaks against N1 (bars down, striped)", "rgb(126, 66, 166)"]]


def test_a_link_that_names_no_epoch_opens_none(looking, known):
    assert looking(known + LINK).is_hidden(".sr-browser-epoch")


def test_epochs_that_open_are_named_in_the_legend_and_reached_by_buttons_and_keys(looking, known):
    page = looking(known + LINK)
    assert "epoch that opens" in page.inner_text(".sr-browser-legend")
    page.click("[aria-label='Next epoch that opens (o)']")
    epoch(page, SPIKED)
    page.keyboard.press("o")
    epoch(page, SPLIT)
    page.keyboard.press("o")
    page.wait_for_function("document.querySelector('.sr-browser-status').textContent === 'There is no later epoch that opens in this night.'")
    page.click("[aria-label='Previous epoch that opens (O)']")
    epoch(page, SPIKED)
    assert page.is_visible(".sr-browser-epoch canvas")


def test_the_previous_stage_change_is_the_one_before_the_next(looking, known):
    page = looking(f"{known}{LINK}&epoch=12")
    for name, number in (("Previous stage change (S)", 10), ("Previous stage change (S)", 8), ("Next stage change (s)", 10)):
        page.click(f"[aria-label='{name}']")
        epoch(page, number)


def test_an_epoch_that_the_page_does_not_hold_says_where_others_are(looking, known):
    page = looking(f"{known}{LINK}&epoch=1")
    said = page.inner_text(".sr-browser-epoch")
    assert "The 30 s of this epoch are not on this page" in said and "o goes to the next" in said


def test_the_mouse_reads_out_time_stage_probabilities_and_shares_and_escape_hides_them(looking, known):
    page = looking(known + LINK)
    box = page.locator(".sr-browser-night canvas").bounding_box()
    x = 58 + (box["width"] - 68) * (30 * 5 + 15) / 600
    page.mouse.move(box["x"] + x, box["y"] + 70)
    rows = known_nights.predictions(known_nights.Epochs(known_nights.stage_of)).query("fold == 2 and epoch == 5").iloc[0]
    lines = page.inner_text(".sr-browser-night .sr-browser-tip").splitlines()
    assert lines[:2] == ["00:00:45, epoch 5", f"scored {rows['true']}, predicted {rows['predicted']}"]
    assert lines[2] == ", ".join(f"{stage} {100 * rows[f'p_{stage}']:.0f} %" for stage in ("W", "N1", "N2", "N3", "REM"))
    assert lines[3] == "Relevance: EEG 10 %, EOG 25 %, EMG 65 %"
    page.keyboard.press("Tab")
    page.locator(".sr-browser-night").focus()
    page.keyboard.press("Escape")
    assert page.is_hidden(".sr-browser-night .sr-browser-tip")


def test_the_mouse_reads_values_and_relevance_off_an_opened_epoch(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    canvas = page.locator(".sr-browser-epoch canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 58 + (box["width"] - 68) * (known_nights.UP_S + 0.025) / 30, box["y"] + 60)
    lines = page.inner_text(".sr-browser-epoch .sr-browser-tip").splitlines()
    assert lines[0].startswith("00:01:36.0")  # the night begins at 23:58:00
    assert lines[1] == "EEG Fpz-Cz: 60.0 µV, relevance 40 %" and lines[2] == "EOG horizontal: 0.0 µV, relevance 0 %"


def test_a_link_skips_the_controls_and_leaves_the_view_alone(looking, known):
    page = looking(known + LINK)
    before = page.evaluate("location.hash")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the night"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "sr-browser-night" and page.evaluate("location.hash") == before


@pytest.mark.parametrize("asked, said", [("subject=zzz", "No subject zzz; showing 01."), ("subject=1&rule=nonsense", "No rule nonsense; showing ε = 0.01."),
                                         ("epoch=-3", "No epoch -3 in this night; showing none."),
                                         ("t=9999", "No second 9999 in this night, which goes from 0 to 600; showing its end."),
                                         ("subject=01&colour=red", "No setting colour; it is left out.")])
def test_what_an_address_asks_for_in_vain_is_said_and_the_address_mended(looking, known, asked, said):
    page = looking(f"{known}#{asked}")
    assert status(page) == f"{said} Choose an epoch to see it."
    assert page.evaluate("location.hash") == "#subject=01&night=a&fold=2&rule=eps-0.01&t=0&w=600"
    page.evaluate("location.hash = 'fold=5&rule=eps-7'")  # typed later
    page.wait_for_function("document.querySelector('.sr-browser-status').textContent.startsWith('No rule eps-7; showing ε = 0.01.')")
    page.wait_for_function("location.hash.startsWith('#subject=01&night=a&fold=5&rule=eps-0.01&')")


def test_a_place_of_the_page_is_no_view(looking, known):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    page.evaluate("() => { document.body.append(Object.assign(document.createElement('p'), {id: 'a-heading'})); location.hash = 'a-heading'; }")
    page.wait_for_timeout(100)
    assert f"epoch {SPIKED}" in status(page) and page.evaluate("location.hash") == "#a-heading"


def test_nights_that_nobody_scored_list_where_folds_disagree_and_a_click_shows_it(looking, tmp_path):
    page = looking(page_in(tmp_path, stage=known_nights.stage_of, scored=False) + "#subject=01")
    page.click(".sr-browser-worth summary")
    kinds = page.locator(".sr-browser-worth h3").all_inner_texts()
    at = kinds.index("Folds disagree")
    first = page.locator(".sr-browser-worth ul").nth(at).locator("li").first
    assert first.inner_text().endswith("N2 (68 %) by fold 2, N3 (69 %) by fold 5 ▮")  # it can be opened
    first.locator("button").click()
    epoch(page, SPLIT)
    assert "not scored, predicted" in status(page) and "Folds: 2 N2, 5 N3." in status(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_grave_with_everything_open(looking, known, theme):
    page = looking(f"{known}{LINK}&epoch={SPIKED}")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; document.title = 'A night'; document.body.style.background = 'var(--sr-paper)'; }", theme)
    page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true })")
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    assert not [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")]


def test_shares_of_a_network_that_takes_neighbours_say_what_they_are_of(looking, tmp_path):
    page = looking(f"{page_in(tmp_path, context=2)}{LINK}&epoch={SPIKED}")
    words = ", of an epoch with 2 neighbours on each side"
    assert f"Mean of shares{words}: EEG " in page.inner_text(".sr-browser-summary")
    assert f"Shares{words}; here are its own 30 s" in page.inner_text(".sr-browser-epoch")
    assert any(text == f"Share of absolute relevance, %{words}" for text, *_ in page.evaluate("window.written"))
