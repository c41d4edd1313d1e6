"""The built book in a real browser with the network blocked: what a reader gets from a file or from a server."""

import pytest

pytestmark = pytest.mark.browser

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_opens_with_its_figures_drawn(theme, reader, pages, drawn):
    figures = 0
    for name in pages:
        page = reader(name, theme)
        sizes = drawn(page)
        figures += len(sizes)
        assert all(width > 200 and height > 100 for width, height in sizes), name
        page.context.close()
    assert figures >= 10


def test_pages_fit_a_phone(reader, pages, drawn):
    for name in pages:
        page = reader(name, width=390)
        drawn(page)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{name} is {beyond} px wider than the screen"
        page.context.close()


def test_figures_follow_the_theme_when_the_reader_changes_it(reader, drawn):
    page = reader("notebooks/01_data.html")
    drawn(page)
    ink = "() => getComputedStyle(document.querySelector('.sr-figure .xtick text')).fill"
    before = page.evaluate(ink)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"before => ({ink})() !== before", arg=before)


def test_a_switch_shows_the_other_version_by_keyboard(reader, drawn):
    page = reader("notebooks/03_global_relevance.html")
    drawn(page)
    switch = page.locator(".sr-switch").first
    group = switch.locator("input").first.get_attribute("name")
    panels = page.locator(f'.sr-panel[data-switch="{group}"]')
    assert [panels.nth(number).is_visible() for number in range(2)] == [True, False]
    switch.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("""group => { const panels = document.querySelectorAll(`.sr-panel[data-switch="${group}"]`);
        return panels[0].hidden && panels[1].querySelector('.main-svg') }""", arg=group)


def test_formulas_are_typeset(reader):
    page = reader("methods.html")
    page.wait_for_selector("mjx-container svg")
    assert page.locator("mjx-container").count() >= 10
    assert "\\sum" not in page.locator("article").inner_text()


def test_search_finds_a_word(reader):
    page = reader("search.html?q=hypnogram")
    page.wait_for_selector("#search-results ul.search li a")
    found = page.locator("#search-results ul.search li a").all_inner_texts()
    assert any("Methods" in title or "Glossary" in title or "night" in title for title in found), found


def test_no_page_names_what_would_be_fetched_from_elsewhere(book, pages):
    for name in pages:
        text = (book / name).read_text()
        assert not any(word in text for word in ("require.min.js", "html-manager", "thebe", "unpkg", "cdn.")), name


def test_simulated_nights_are_marked_on_every_page(reader, pages, study):
    assert study.simulated
    for name in pages:
        page = reader(name)
        assert page.get_by_text(study.notice).first.is_visible(), name
        page.context.close()


def test_numbers_in_the_text_are_those_of_the_artifacts(reader, study):
    kept = len(study.epochs().table)
    predictions = study.predictions()
    accuracy = 100 * (predictions["true"] == predictions["predicted"]).mean()
    assert f"{kept:,} were kept" in reader("notebooks/01_data.html").locator("article").inner_text()
    assert f"accuracy is {accuracy:.1f} %" in reader("notebooks/02_model.html").locator("article").inner_text()
