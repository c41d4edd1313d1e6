"""A page with the browser of a known night alone, in Chromium, which also keeps what canvases are told to write."""

import known_nights
import pytest
from pixels import page_in

#: What canvases are told to write, with its place.
HEARD = """(() => { window.written = []; const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        window.written.push([text, x, y, this.canvas.parentElement.className]); write.call(this, text, x, y); }; })()"""


@pytest.fixture(scope="session")
def known(tmp_path_factory):
    """Address of the page."""
    return page_in(tmp_path_factory.mktemp("known"), stage=known_nights.stage_of)


@pytest.fixture
def looking(chromium):
    """`looking(address)` opens a page and waits for its night."""
    contexts = []

    def show(address):
        contexts.append(chromium.new_context(viewport={"width": 1068, "height": 1000}, color_scheme="light"))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.add_init_script(HEARD)
        page.goto(address)
        page.wait_for_selector("[data-ready=yes]")
        return page

    yield show
    for context in contexts:
        context.close()
