"""A reader of built books: Chromium with the network blocked, over files or a server, that notices every complaint."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium():
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        message = "no Chromium on this machine: install chromium to test the book in a browser"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book(request, chromium):
    """The html folder under test: BOOK_HTML, or the smoke book."""
    named = os.environ.get("BOOK_HTML")
    return Path(named).absolute() if named else request.getfixturevalue("smoke").html


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


@pytest.fixture(scope="session", params=["file", "server"] if os.environ.get("BOOK_HTML") else ["file"])
def address(request, book):
    """Where the book is read: from its files, and the demo's from a server on this machine too."""
    if request.param == "file":
        yield book.as_uri()
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def reading(chromium):
    """`with reading(address) as read:` gives a function that opens pages of the book at an address."""
    return functools.partial(_reading, chromium)


@contextmanager
def _reading(chromium, address):
    """A function that opens pages of a book; afterwards none may have asked another host, complained or opened a dialog."""
    asked, errors, contexts = [], [], []

    def watched(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    def dismissed(name, dialog):
        errors.append(f"{name}: dialog {dialog.message}")
        dialog.dismiss()

    def read(name, theme="light", width=1280, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        context.route("**/*", watched)
        page = context.new_page()
        page.on("console", lambda message: errors.append(f"{name}: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))
        page.on("requestfailed", lambda request: errors.append(f"{name}: failed {request.url}"))
        page.on("dialog", functools.partial(dismissed, name))
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("load")
        return page

    yield read
    for context in contexts:
        context.close()
    assert asked == [] and errors == []


@pytest.fixture
def reader(reading, address):
    """`reader(name, theme, width, …)` opens a page of the book, from a file and from a server; … as Playwright's contexts."""
    with reading(address) as read:
        yield read


@pytest.fixture
def opener(reading, book):
    """The same from files alone, for what does not depend on a server."""
    with reading(book.as_uri()) as read:
        yield read


@pytest.fixture
def words(chromium, book):
    """`words(name)` opens a page for its text and links, without the scripts that draw for seconds."""
    opened = []

    def read(name):
        opened.append(chromium.new_page(java_script_enabled=False))
        opened[-1].goto(f"{book.as_uri()}/{name}")
        return opened[-1]

    yield read
    for page in opened:
        page.context.close()


@pytest.fixture(scope="session")
def pages(book):
    """Addresses of all pages within the book."""
    names = [str(path.relative_to(book)) for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    assert {"index.html", "methods.html", "search.html", "notebooks/03_global_relevance.html"} <= set(names)
    return names


@pytest.fixture(scope="session")
def drawn():
    """`drawn(page)` waits until every visible figure is drawn and gives their sizes in pixels."""
    def wait(page):
        page.wait_for_function("""() => [...document.querySelectorAll('.sr-figure')]
            .filter(figure => !figure.closest('[hidden]')).every(figure => figure.querySelector('.main-svg'))""")
        return page.evaluate("""() => [...document.querySelectorAll('.sr-figure')].filter(f => !f.closest('[hidden]'))
            .map(f => f.querySelector('.main-svg').getBoundingClientRect()).map(box => [box.width, box.height])""")
    return wait


@pytest.fixture(scope="session")
def keep(book):
    """`keep(page, name, look)` leaves a picture of a whole page in `screenshots` beside the book, for a person to look at; of
    the smoke book, which nobody looks at, none."""
    def keep(page, name, look):
        if os.environ.get("BOOK_HTML"):
            path = book.parent / "screenshots" / f"{name.removesuffix('.html').replace('/', '-')}-{look}.png"
            page.screenshot(path=path, full_page=True)
    return keep
