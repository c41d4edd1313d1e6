"""What scripts add to a page: a button that shows its code, and a field that filters a long table; without scripts both are whole."""

from pathlib import Path

import pandas
import pytest

from helpers.report.draw import display

STATIC = Path(display.__file__).with_name("static")
CELL = '<div class="cell container"><details class="hide above-input"><summary>Show</summary><p class="source">{}</p></details></div>'


@pytest.fixture
def page(chromium, tmp_path):
    """A page with two cells of code, a table of twenty rows and one of three."""
    long = pandas.DataFrame({"stage": ["N2", "REM"] * 10, "modality": ["EEG"] * 15 + ["EOG"] * 5, "value": range(20)})
    tables = [display.table_html(table, called, open_=True) for table, called in ((long, "long"), (long[:3], "short"))]
    scripts = "".join(f"<script>{(STATIC / name).read_text()}</script>" for name in ("code-button.js", "table-filter.js"))
    style = f"<style>{(STATIC / 'figures.css').read_text()}</style>"
    path = tmp_path / "page.html"
    path.write_text(f'<!doctype html>{style}<div class="article-header-buttons"><a href="#">other</a></div>'
                    f"{CELL.format('one')}{CELL.format('two')}{''.join(tables)}{scripts}")

    def opened(**options):
        here = chromium.new_context(**options).new_page()
        here.goto(path.as_uri())
        return here
    return opened


@pytest.mark.browser
def test_one_button_shows_and_hides_the_code_of_every_cell(page):
    here = page()
    button = here.get_by_role("button", name="Code")
    assert button.count() == 1 and button.get_attribute("aria-pressed") == "false"
    assert here.locator(".source:visible, summary:visible", has_text="Show").count() == 0 and not here.locator(".source").first.is_visible()
    button.press("Enter")
    assert [here.locator(".source").nth(at).is_visible() for at in range(2)] == [True, True] and button.get_attribute("aria-pressed") == "true"
    button.click()
    assert not here.locator(".source").first.is_visible()


@pytest.mark.browser
def test_a_long_table_is_filtered_by_all_words_and_says_how_many_rows_are_left(page):
    here = page()
    assert here.get_by_role("searchbox").count() == 1, "three rows need no filter"
    field = here.get_by_label("Filter rows of: long")
    field.fill("rem EOG")
    rows = here.locator("tbody").first.locator("tr:visible")
    assert rows.count() == 3 and here.get_by_role("status").inner_text() == "3 of 20 rows"
    assert [rows.nth(at).locator("td").nth(2).inner_text() for at in range(3)] == ["15", "17", "19"]
    field.fill("")
    assert rows.count() == 20 and here.get_by_role("status").inner_text() == ""


@pytest.mark.browser
def test_without_scripts_code_opens_cell_by_cell_and_tables_are_whole(page):
    here = page(java_script_enabled=False)
    assert here.locator("summary").first.is_visible() and here.get_by_role("searchbox").count() == 0
    assert here.locator("tbody").first.locator("tr").count() == 20
