"""The built book in a real browser with the network blocked: what a reader gets from a file or from a server."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_every_page_opens_with_its_figures_drawn_and_says_that_nights_are_simulated(reader, pages, drawn, study):
    assert study.config["cohort"] == "simulated"
    figures = 0
    for name in pages:
        page = reader(name)
        sizes = drawn(page)
        figures += len(sizes)
        assert all(width > 200 and height > 100 for width, height in sizes), name
        assert page.get_by_text(study.notice).first.is_visible(), name
        page.context.close()
    assert figures >= 10


@pytest.mark.demo
def test_pages_fit_a_phone(opener, pages, drawn, keep):
    for name in pages:
        page = opener(name, width=390)
        drawn(page)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{name} is {beyond} px wider than the screen"
        keep(page, name, "phone")
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
    assert [panels.nth(number).is_visible() for number in range(4)] == [True] + [False] * 3
    switch.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("""group => { const panels = document.querySelectorAll(`.sr-panel[data-switch="${group}"]`);
        return panels[0].hidden && panels[2].querySelector('.main-svg') }""", arg=group)


def test_formulas_are_typeset(reader):
    page = reader("methods.html")
    page.wait_for_selector("mjx-container svg")
    assert page.locator("mjx-container").count() >= 10
    assert "\\sum" not in page.locator("article").inner_text()


def test_search_finds_a_word(reader):
    page = reader("search.html?q=hypnogram")
    page.wait_for_selector("#search-results ul.search li a")
    titles = page.locator("#search-results ul.search li a").all_inner_texts()
    assert any("Methods" in title or "Glossary" in title or "night" in title for title in titles), titles


def test_no_page_names_what_would_be_fetched_from_elsewhere(book, pages):
    for name in pages:
        text = (book / name).read_text()
        assert not any(word in text for word in ("require.min.js", "html-manager", "thebe", "unpkg", "cdn.")), name


def article(page):
    return page.locator("article").inner_text().replace("\u00a0", " ")


def test_every_results_page_opens_with_its_question_and_a_computed_answer(words, pages):
    for name in (page_name for page_name in pages if page_name.startswith("notebooks/0")):
        page = words(name)
        title, question, answer = (page.locator("article section").first.locator(":scope > *").nth(at) for at in range(3))
        assert title.evaluate("element => element.tagName") == "H1"
        assert question.inner_text().startswith("Question. ") and question.inner_text().endswith("?"), name
        said = answer.inner_text()
        assert said.startswith("Answer. ") and any(letter.isdigit() for letter in said), name
        page.context.close()


def test_the_front_page_gives_the_answers_of_the_results_pages(words):
    front = words("index.html").locator("article").inner_text()
    for name in ("02_model", "03_global_relevance", "05_regression", "11_error_rates", "10_misread", "06_claims", "07_reference"):
        page = words(f"notebooks/{name}.html")
        answer = page.locator(".sr-answer").first.inner_text().strip().removeprefix("Answer. ")
        title = page.locator("h1").first.inner_text().removesuffix("#").strip()
        assert f"{title}{'' if title.endswith('?') else '.'} {answer}" in front, name
        page.context.close()


def test_numbers_in_the_text_are_those_of_the_artifacts(words, study):
    epochs, ledger = len(study.epochs().table), study.epochs().ledger
    predictions, shares = study.predictions(), study.shares()
    accuracy = 100 * (predictions["true"] == predictions["predicted"]).mean()
    nights = article(words("notebooks/01_data.html"))
    assert f"{epochs:,} were kept" in nights and f"{len(ledger) - epochs:,} of {len(ledger):,} slots" in nights
    network = article(words("notebooks/02_model.html"))
    assert f"accuracy is {accuracy:.1f} %" in network and f"agrees with the planted stage in {accuracy:.1f} % of" in network
    shares = shares.astype({"rule": str, "modality": str})
    medians = 100 * shares.groupby(["fold", "rule", "modality"])["share"].mean().groupby(["rule", "modality"]).median()
    for rule, sign in (("eps=0.01", "ε = 0.01"), ("eps=100", "ε = 100"), ("alpha1beta0", "α1β0")):
        first = medians[rule].idxmax()
        assert re.search(rf"{first} {medians[rule][first]:.0f} % \[\d+, \d+\] under {sign}",
                         article(words("notebooks/03_global_relevance.html")))


def test_findings_in_the_text_are_those_of_the_artifacts(words, study):
    table = study.regression()
    table = table[(table["rule"] == "eps=100") & (table["averaging"] == "mean") & (table["rows"] == "epochs")
                  & (table["selection"] == "correct") & (table["scale"] == "percent")]
    effects = article(words("notebooks/05_regression.html"))
    tests = table["p_ols"].notna().sum()
    found = (table["q_ols"] < 0.05).sum()
    assert (f"of {tests} tests OLS, which takes epochs as independent, calls {found} significant" if tests else
            f"None of {len(table)} tests could be made") in effects
    verdicts = study.claims()["verdict"].astype(str).value_counts()
    assert f"Of {verdicts.sum()} claims, {verdicts.get('holds', 0)} hold, {verdicts.get('fails', 0)} fail" in \
        article(words("notebooks/06_claims.html"))


def test_code_is_folded_but_there(opener):
    page = opener("notebooks/03_global_relevance.html")
    assert page.locator("article .cell_input pre").count() >= 8
    assert not any(cell.is_visible() for cell in page.locator("article .cell_input pre, article details.above-input summary").all())
    page.get_by_role("button", name="Code").press("Enter")
    assert all(cell.is_visible() for cell in page.locator("article details.above-input .cell_input pre").all())


#: Results pages, whose question, answer and figure are seen without scrolling.
RESULTS = ("01_data", "02_model", "03_global_relevance", "04_local_timelines", "05_regression", "06_claims", "10_misread", "11_error_rates",
           "12_without", "13_trust", "14_rhythms", "15_another_network")


@pytest.mark.demo
def test_question_answer_and_figure_stand_on_the_first_screen(opener):
    for name in ("index", *(f"notebooks/{name}" for name in RESULTS)):
        page = opener(f"{name}.html")
        page.set_viewport_size({"width": 1440, "height": 900})
        question, answer, figure = (page.evaluate(f"document.querySelector('{what}')?.getBoundingClientRect().top") for what in
                                    ("article p", ".sr-answer", "article .sr-figure"))
        assert question < (answer or question + 1) < figure < 650, name
        page.context.close()


def test_terms_lead_to_the_glossary(opener):
    page = opener("notebooks/03_global_relevance.html")
    page.locator("article").get_by_role("link", name="stage", exact=True).first.click()
    assert page.url.endswith("glossary.html#term-stage")


def test_an_entry_to_cite_is_copied_with_one_press(reader):
    page = reader("cite.html")
    page.evaluate("document.addEventListener('copy', event => { window.copied = true })")
    block = page.locator("div.highlight-bibtex").first
    assert "@software{sleeprelevance" in block.inner_text()
    block.hover()
    block.locator("button.copybtn").press("Enter")
    page.wait_for_selector("button.copybtn.success")
