"""The built book in a real browser with the network blocked: what a reader gets from a file or from a server."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
THEMES = ("light", "dark")


@pytest.fixture(scope="session")
def chromium():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        message = "no Chromium on this machine: install chromium to test the book in a browser"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book(request, chromium):
    """The html folder under test: BOOK_HTML, or the smoke book."""
    named = os.environ.get("BOOK_HTML")
    return Path(named).resolve() if named else request.getfixturevalue("smoke").html


@pytest.fixture(scope="session")
def study(request, book):
    """The study that the book was made from: the demo where BOOK_HTML is given."""
    from helpers.study import Study

    if os.environ.get("BOOK_HTML"):
        return Study.open("demo", progress=False)
    return Study.open("smoke", artifacts=request.getfixturevalue("smoke").artifacts, progress=False)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session", params=["file", "server"])
def address(request, book):
    """Where the book is read: from its files, or from a server on this machine."""
    if request.param == "file":
        yield book.as_uri()
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def reader(chromium, address):
    """Opens pages; afterwards nothing may have been asked of another host and nothing reported as an error."""
    asked, errors = [], []

    def watched(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    def read(name, theme="light", width=1280):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        context.route("**/*", watched)
        page = context.new_page()
        page.on("console", lambda message: errors.append(f"{name}: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))
        page.on("requestfailed", lambda request: errors.append(f"{name}: failed {request.url}"))
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("load")
        return page

    yield read
    assert asked == [] and errors == []


@pytest.fixture(scope="session")
def pages(book):
    names = [str(path.relative_to(book)) for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    assert {"index.html", "methods.html", "search.html", "notebooks/03_global_relevance.html"} <= set(names)
    return names


def _drawn(page):
    """Wait until every visible figure is drawn; their sizes."""
    page.wait_for_function("""() => [...document.querySelectorAll('.sr-figure')]
        .filter(figure => !figure.closest('[hidden]')).every(figure => figure.querySelector('.main-svg'))""")
    return page.evaluate("""() => [...document.querySelectorAll('.sr-figure')].filter(f => !f.closest('[hidden]'))
        .map(f => f.querySelector('.main-svg').getBoundingClientRect()).map(box => [box.width, box.height])""")


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_opens_with_its_figures_drawn(theme, reader, pages):
    figures = 0
    for name in pages:
        page = reader(name, theme)
        sizes = _drawn(page)
        figures += len(sizes)
        assert all(width > 200 and height > 100 for width, height in sizes), name
        page.context.close()
    assert figures >= 10


def test_pages_fit_a_phone(reader, pages):
    for name in pages:
        page = reader(name, width=390)
        _drawn(page)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{name} is {beyond} px wider than the screen"
        page.context.close()


def test_figures_follow_the_theme_when_the_reader_changes_it(reader):
    page = reader("notebooks/01_data.html")
    _drawn(page)
    ink = "() => getComputedStyle(document.querySelector('.sr-figure .xtick text')).fill"
    before = page.evaluate(ink)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"before => ({ink})() !== before", arg=before)


def test_a_switch_shows_the_other_version_by_keyboard(reader):
    page = reader("notebooks/03_global_relevance.html")
    _drawn(page)
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
