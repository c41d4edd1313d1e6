"""What a reader takes away from a page: the exact numbers and the pictures, from a file and by keyboard."""

import io
import struct
import xml.etree.ElementTree
from pathlib import Path

import pandas
import pytest

pytestmark = pytest.mark.browser

GLOBAL = "notebooks/03_global_relevance.html"


def taken(page, control):
    """(name, bytes) of what a control of a figure saves, pressed by keyboard."""
    control.focus()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def controls(page, name, kind):
    return page.locator(f'.sr-downloads[data-name^="{name}"]').first.get_by_text(kind, exact=True)


def table(page, name):
    file, content = taken(page, controls(page, name, "CSV"))
    return file, pandas.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])


def test_the_numbers_of_figure_1_are_the_studys_to_the_last_digit(reader, study):
    """Hazen's quartiles of the folds' means, computed again from the artifact of shares."""
    file, numbers = table(reader(GLOBAL), "all-epochs-simulated-mean-of-shares-modality-as-in-the-paper")
    assert file == "03_global_relevance-all-epochs-simulated-mean-of-shares-modality-as-in-the-paper.csv"
    shares = study.shares().astype({"rule": str, "modality": str})
    means = 100 * shares.groupby(["fold", "rule", "modality"])["share"].mean()
    for row in numbers.to_dict("records"):
        values = means.xs((row["rule"], row["modality"]), level=("rule", "modality")).to_numpy()
        assert row["median %"] == pytest.approx(pandas.Series(values).median(), rel=1e-12)
        assert row["folds"] == len(values)
        assert row["epochs"] == ((shares["rule"] == row["rule"]) & (shares["modality"] == row["modality"])
                                 & shares["share"].notna()).sum()
    assert len(numbers) == shares["rule"].nunique() * shares["modality"].nunique()


def test_the_other_way_of_averaging_has_files_of_its_own(opener):
    page = opener(GLOBAL)
    page.get_by_label("Pooled").first.check()
    assert table(page, "all-epochs-simulated-pooled-modality-as-in-the-paper")[0] == "03_global_relevance-all-epochs-simulated-pooled-modality-as-in-the-paper.csv"


def test_counts_and_shares_of_other_pages_are_the_studys_too(opener, study):
    _, stages = table(opener("notebooks/01_data.html"), "epochs-by-stage")
    counts = study.epochs().table.groupby(["recording", "stage"], observed=True).size()
    for row in stages.to_dict("records"):
        assert {stage: row[stage] for stage in ("W", "N1", "N2", "N3", "REM")} == \
            {stage: counts.get((row["recording"], stage), 0) for stage in ("W", "N1", "N2", "N3", "REM")}
    predictions = study.predictions()
    _, confusion = table(opener("notebooks/02_model.html"), "confusion")
    assert confusion.drop(columns="true").to_numpy().sum() == len(predictions)
    page = opener("notebooks/04_local_timelines.html")
    _, night = table(page, "timeline")
    assert (night[["EEG %", "EOG %", "EMG %"]].dropna().sum(axis=1) - 100).abs().max() < 1e-3


def test_tables_of_findings_bring_what_was_rounded_for_reading(opener, study):
    _, coefficients = table(opener("notebooks/05_regression.html"), "45-coefficients")
    every = study.regression()
    chosen = every[(every["rule"] == "eps=100") & (every["averaging"] == "mean") & (every["rows"] == "epochs")
                   & (every["selection"] == "correct") & (every["scale"] == "percent")].reset_index(drop=True)
    assert len(coefficients) == len(chosen)
    times = (chosen["covariate"].astype(str) == "age").map({True: 10, False: 1})
    for test in ("ols", "clustered", "permutation"):
        name = f"coefficient_{test}"
        pandas.testing.assert_series_equal(coefficients[name].astype(float), chosen[name] * times, rtol=1e-12, check_names=False)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_drawn_on_light_paper_and_says_that_nights_are_simulated(opener, drawn, theme):
    page = opener(GLOBAL, theme)
    drawn(page)
    name, picture = taken(page, controls(page, "all-epochs", "SVG"))
    assert name == "03_global_relevance-all-epochs-simulated-mean-of-shares-modality-as-in-the-paper.svg"
    root = xml.etree.ElementTree.fromstring(picture)
    words = "".join(root.itertext())
    assert "simulated nights" in words and "ε = 0.01" in words and "var(" not in picture.decode()
    paper = next(element for element in root.iter() if element.tag.endswith("}rect"))
    assert (paper.get("width"), "rgb(255, 255, 255)" in paper.get("style")) == ("900", True)
    name, picture = taken(page, controls(page, "all-epochs", "PNG"))
    assert name.endswith(".png") and picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24])[0] == 1800


@pytest.mark.demo
def test_every_figure_can_be_taken_away_in_three_forms(opener, pages, drawn):
    """Each is named after its page and no two of a page are named alike."""
    figures = 0
    for name in (page_name for page_name in pages if page_name.startswith("notebooks/")):
        page = opener(name)
        drawn(page)
        saved, since = [], 0
        for number in range(page.locator(".sr-downloads").count()):
            if since > 7:  # Chromium refuses the eleventh file of a page
                page.context.close()
                page, since = opener(name), 0
                drawn(page)
            bar = page.locator(".sr-downloads").nth(number)
            figures += bar.locator("button").count() // 2
            if bar.is_visible():
                saved += [taken(page, control) for control in bar.locator("a, button").all()]
                since += bar.locator("a, button").count()
        assert all(file.startswith(Path(name).stem + "-") and content for file, content in saved)
        assert len({file for file, _ in saved}) == len(saved), [file for file, _ in saved]
        page.context.close()
    assert figures >= 10


def test_numbers_can_be_taken_away_without_scripts(words):
    page = words(GLOBAL)
    file, content = taken(page, controls(page, "all-epochs", "CSV"))
    assert file == "all-epochs-simulated-mean-of-shares-modality-as-in-the-paper.csv" and content.startswith(b"rule,modality,")
