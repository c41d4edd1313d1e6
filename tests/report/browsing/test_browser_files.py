"""The subject browser's files of made-up nights: when they are made, what they hold, and what is said where they are broken."""

import base64
import shutil

import made_nights
import numpy
import pytest
from made_nights import EEG, NOBODY, SPLIT
from packet_format import unpack

from helpers.report.browsing import packets
from helpers.report.building.offline import BROWSER, STATIC

PAGE = """<!doctype html><html><head><meta charset="utf-8"><link rel="stylesheet" href="figures.css">{scripts}</head>
<body><div data-sleep-browser="nights"></div></body></html>"""


@pytest.fixture(scope="module")
def nights():
    return made_nights.nights()


def test_nights_are_not_read_where_their_files_lie(tmp_path):
    made_nights.write(tmp_path)
    first = (tmp_path / "nights" / "index.js").stat().st_ino

    def refuse():
        pytest.fail("the nights are read again")

    made_nights.write(tmp_path, source=refuse)
    assert (tmp_path / "nights" / "index.js").stat().st_ino == first
    made_nights.write(tmp_path, stamp="2", source=made_nights.nights())
    assert (tmp_path / "nights" / "index.js").stat().st_ino != first


def test_each_night_and_each_epoch_that_can_be_opened_has_a_file(tmp_path):
    made_nights.write(tmp_path)
    names = {str(path.relative_to(tmp_path / "nights")) for path in tmp_path.rglob("*.js")}
    assert names == {"index.js", "night-0.js", "night-1.js", *(f"epoch/night-{number}/{epoch}.js" for number in (0, 1)
                                                               for epoch in (SPLIT, NOBODY))}


def test_what_scripts_must_know_comes_with_the_index(nights):
    header, _ = unpack(nights.index("some epochs"))
    assert (header["missing"], header["fractions"]) == (packets.MISSING, packets.FRACTIONS)
    assert [item["slug"] for item in header["rules"]] == ["eps-0.01", "eps-100"]
    assert [[night["slug"] for night in item["nights"]] for item in header["subjects"]] == [["placebo", "some-drug"]]
    assert [item["name"] for item in header["averages"]] == ["mean", "pooled"]


def test_scripts_do_not_know_by_themselves_what_the_index_tells_them():
    for folder in STATIC:
        for path in folder.glob("browser*.js"):
            text = path.read_text()
            known = (str(packets.FRACTIONS), str(packets.MISSING), "127", "0.3 to 35")
            assert not [number for number in known if number in text]


def test_both_signals_of_an_epoch_are_its_microvolts_to_half_a_level(nights):
    signals = nights.epoch_signals("a")(SPLIT)
    header, arrays = unpack(nights.epoch(SPLIT, signals, {}, {}))
    for shown, levels in enumerate(arrays["signals"].astype(int)):
        scale, middle = (numpy.array(header[name][shown])[:, None] for name in ("scales", "middle"))
        assert (numpy.abs(levels * scale + middle - signals[shown].T) <= 0.501 * scale).all()
        assert numpy.abs(levels).max() <= packets.LEVELS


# ------------------------------------------------------------------ in a browser


@pytest.fixture
def html(tmp_path):
    """A folder with a page that holds the browser and nothing else."""
    made_nights.write(tmp_path)
    for folder in STATIC:
        for path in folder.iterdir():
            shutil.copyfile(path, tmp_path / path.name)
    scripts = "".join(f'<script defer src="{name}"></script>' for name in BROWSER)
    (tmp_path / "page.html").write_text(PAGE.format(scripts=scripts))
    return tmp_path


@pytest.fixture
def shown(chromium, html):
    """`shown(hash)` opens the page, whose files may be broken."""
    contexts = []

    def show(hash_=""):
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{html.as_uri()}/page.html{hash_}")
        return page

    yield show
    for context in contexts:
        context.close()


def _status(page, words):
    page.wait_for_function("words => document.body.innerText.includes(words)", arg=words)
    return page.inner_text("body")


def _mean(*folds):
    return f"EEG {round(100 * sum(EEG[fold] for fold in folds) / len(folds))} %"


@pytest.mark.browser
def test_the_mean_over_folds_is_taken_over_those_that_predict_the_stage_in_view(shown):
    said = _status(shown(f"#subject=1&night=placebo&fold=all&epoch={SPLIT}"), f"epoch {SPLIT}: ")
    assert f"predicted N2 (70 %, all folds). Relevance: {_mean(1, 2)}" in said
    assert "mean of the 2 of 3 folds that predict it. Folds: 0 N1, 1 N2, 2 N2." in said


@pytest.mark.browser
def test_where_the_mean_predicts_what_no_fold_does_no_relevance_is_shown(shown):
    said = _status(shown(f"#subject=1&night=placebo&fold=all&epoch={NOBODY}"), f"epoch {NOBODY}: ")
    assert "predicted N1 (49 %, all folds). Relevance: EEG none, EOG none, EMG none, mean of the 0 of 3 folds" in said


@pytest.mark.browser
def test_where_folds_agree_the_mean_is_that_of_all_and_one_fold_is_itself(shown):
    assert f"{_mean(0, 1, 2)}, EOG" in _status(shown("#subject=1&night=placebo&fold=all&epoch=1"), "mean of the 3 of 3 folds")
    said = _status(shown(f"#subject=1&night=placebo&fold=0&epoch={SPLIT}"), f"epoch {SPLIT}: ")
    assert f"predicted N1 (60 %, fold 0). Relevance: {_mean(0)}" in said and "folds that predict it" not in said


BROKEN = {"empty": lambda content: "", "cut": lambda content: content[:len(content) // 2],
          "of another name": lambda content: 'SleepBrowser.file("night-7","");',
          "damaged": lambda content: f'{content.partition(",")[0]},"{base64.b64encode(b"no packet").decode()}");'}


@pytest.mark.browser
@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("name, words", [("index", "The nights cannot be shown: "), ("night-0", "This night cannot be shown: "),
                                         (f"epoch/night-0/{SPLIT}", "The 30 s of this epoch cannot be shown: ")])
def test_a_file_that_brings_no_packet_is_said_with_the_way_out(fault, name, words, shown, html):
    path = html / "nights" / f"{name}.js"
    path.write_text(BROKEN[fault](path.read_text()))
    said = _status(shown(f"#subject=1&night=placebo&fold=0&epoch={SPLIT}"), words)
    assert f"nights/{name}.js" in said and "load this page again" in said and "build the book again" in said


@pytest.mark.browser
def test_a_night_whose_file_was_mended_is_shown_without_loading_the_page_again(shown, html):
    path = html / "nights" / "night-0.js"
    whole = path.read_text()
    path.write_text("")
    page = shown("#subject=1&night=placebo&fold=0")
    _status(page, "This night cannot be shown: ")
    path.write_text(whole)
    page.select_option("[id$=-rule]", "eps=100")
    assert "predicted as scored" in _status(page, "In view: 11 epochs")


@pytest.mark.browser
def test_another_night_can_be_chosen_where_one_is_broken(shown, html):
    (html / "nights" / "night-0.js").write_text("")
    page = shown("#subject=1&night=placebo&fold=0")
    _status(page, "This night cannot be shown: ")
    page.select_option("[id$=-night]", "Some drug")
    _status(page, "In view: 11 epochs")
    page.wait_for_function("location.hash.includes('night=some-drug')")


@pytest.mark.browser
def test_a_filtered_epoch_is_drawn_unlike_the_unfiltered_one(shown):
    page = shown(f"#subject=1&night=placebo&fold=0&epoch={SPLIT}")
    page.wait_for_selector(".sr-browser-epoch canvas")
    drawing = "canvas => canvas.toDataURL()"
    before = page.eval_on_selector(".sr-browser-epoch canvas", drawing)
    page.check("[id$=-filter]")
    page.wait_for_function("location.hash.includes('filter=on')")
    assert page.eval_on_selector(".sr-browser-epoch canvas", drawing) != before


@pytest.mark.browser
def test_scripts_find_the_levels_of_each_signal_without_and_with_the_filter(shown, nights):
    page = shown(f"#subject=1&night=placebo&fold=0&epoch={SPLIT}")
    page.wait_for_selector(".sr-browser-epoch canvas")
    _, arrays = unpack(nights.epoch(SPLIT, nights.epoch_signals("a")(SPLIT), *made_nights.Details().of("a", SPLIT)))
    read = """([epoch, filter, channel]) => SleepBrowser.files("nights")(`epoch/night-0/${epoch}`).then(
        packet => Array.from(SleepBrowser.signal(packet, filter, channel)))"""
    for filter_ in (0, 1):
        for channel in range(3):
            assert page.evaluate(read, [int(SPLIT), filter_, channel]) == arrays["signals"][filter_, channel].tolist()
    assert (arrays["signals"][0] != arrays["signals"][1]).any()
