"""Numbers that a reader takes away as CSV: exact, and without a text that a spreadsheet would take for a formula."""

import io
import re
from urllib.parse import unquote

import pandas
import pytest

from helpers.report.draw.display import Table, downloads, harmless

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", '=HYPERLINK("http://example.org")')


def _taken(markup):
    """The CSV that a page's link holds, as a table of texts."""
    [content] = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', markup)
    return pandas.read_csv(io.StringIO(unquote(content), newline=""), dtype=str, keep_default_na=False)


@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_a_text_that_begins_like_a_formula_is_taken_away_as_text(dtype):
    table = pandas.DataFrame({"name": pandas.Series([*FORMULAS, "N2", "a=b", "", "'x"]).astype(dtype)})
    assert harmless(table)["name"].tolist() == [*(f"'{text}" for text in FORMULAS), "N2", "a=b", "", "'x"]
    assert table["name"].tolist()[0] == "=1+1", "the table itself stays as it is"


def test_numbers_stay_numbers_also_where_they_are_negative_or_stand_among_texts():
    table = pandas.DataFrame({"share": [-0.5, 2.0], "n": [-3, 4], "mixed": pandas.Series([-1.5, "-1.5"], dtype=object)})
    taken = _taken(downloads("a", table))
    assert taken.to_dict("list") == {"share": ["-0.5", "2.0"], "n": ["-3", "4"], "mixed": ["-1.5", "'-1.5"]}


def test_a_missing_value_stays_missing():
    table = pandas.DataFrame({"name": ["=1", None], "drug": pandas.Categorical(["-1", None])})
    assert _taken(downloads("a", table)).to_dict("list") == {"name": ["'=1", ""], "drug": ["'-1", ""]}


def test_the_name_of_a_column_is_a_text_too():
    assert list(_taken(downloads("a", pandas.DataFrame({"=EEG %": [1.0], "EOG %": [2.0]}))).columns) == ["'=EEG %", "EOG %"]


def test_tables_and_figures_give_it_away_so():
    table = pandas.DataFrame({"recording": ["@night", "b"], "coefficient": [-0.25, 0.5]})
    taken = _taken(Table(table, "Two nights")._repr_mimebundle_()["text/html"])
    assert taken.to_dict("list") == {"recording": ["'@night", "b"], "coefficient": ["-0.25", "0.5"]}
