"""The subject browser's main ways in Firefox, from files: what it shows, its keys and clicks, its address."""

import pytest
from firefox import Firefox
from known_nights import SPIKED, SPLIT, UP_S
from pixels import EEG, PIXELS, image_of, painted, place

pytestmark = pytest.mark.browser

STATUS = "document.querySelector('.sr-browser-status').textContent"
EPOCH = "new URLSearchParams(location.hash.slice(1)).get('epoch')"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    one = Firefox(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()
    assert one.errors == []


@pytest.fixture
def opened(firefox, known):
    """`opened(hash)` opens the page at a view and waits for it."""
    def open_(hash_=""):
        firefox.open("about:blank")
        firefox.open(known + hash_)
        firefox.until("document.querySelector('[data-ready=yes]') !== null")
        return firefox
    return open_


def test_a_first_visit_shows_the_night_with_an_epoch_opened(opened):
    page = opened()
    page.until("document.querySelector('.sr-browser-epoch canvas') !== null")
    assert page.value(EPOCH) in (str(SPIKED), str(SPLIT)) and "predicted as scored" in page.value("document.body.innerText")


def test_keys_go_along_the_night_and_close_the_epoch(opened):
    page = opened("#subject=1")
    page.value("document.querySelector('.sr-browser-night').focus()")
    for key, epoch in (("o", SPIKED), ("o", SPLIT), ("O", SPIKED), ("ArrowRight", SPIKED + 1)):
        page.press(key)
        page.until(f"{EPOCH} === '{epoch}'")
    page.press("Escape")
    page.until(f"{EPOCH} === null")


def test_a_click_opens_an_epoch_and_a_mouse_reads_it_out(opened):
    page = opened("#subject=01&night=a&fold=2&rule=eps-100")
    left, top, width = page.value("(box => [box.left, box.top, box.width])(document.querySelector('.sr-browser-night canvas').getBoundingClientRect())")
    x = left + 58 + (width - 68) * (SPIKED + 0.5) / 20
    page.point(x, top + 60, click=True)
    page.until("document.querySelector('.sr-browser-epoch canvas') !== null")
    page.point(x + 2, top + 62)
    page.until("!document.querySelector('.sr-browser-tip').hidden")
    assert f"epoch {SPIKED}" in page.value("document.querySelector('.sr-browser-tip').innerText")


def test_what_an_address_asks_for_in_vain_is_said_and_mended(opened):
    page = opened("#subject=zzz&epoch=abc")
    assert page.value(STATUS).startswith("No epoch abc, which is no number; showing none. No subject zzz; showing 01.")
    assert page.value("location.hash").startswith("#subject=01&night=a&fold=2&rule=eps-0.01&t=0&w=600")


def test_the_spike_of_a_night_is_painted_at_its_second(opened):
    page = opened("#subject=01&night=a&fold=2&rule=eps-100&t=120&w=240")
    image = image_of(page.value(f"({PIXELS})(document.querySelector('.sr-browser-night canvas'))"))
    rows, columns = painted(image[:image.shape[0] // 2], EEG, opaque=90)
    inside = (columns > place(image, 30 * SPIKED + 3, 120, 240)) & (columns < place(image, 30 * SPIKED + 27, 120, 240))
    highest = columns[inside][rows[inside] == rows[inside].min()]
    assert abs(highest.mean() - place(image, 30 * SPIKED + UP_S, 120, 240)) < 3
