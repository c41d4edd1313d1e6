"""Amounts in the text of a page stay on one line; code and formulas are left as they are."""

from docutils import nodes
from docutils.utils import new_document

from helpers.report.building.pages import whole_amounts


def test_a_line_does_not_break_within_an_amount():
    page = new_document("page")
    said = nodes.paragraph("", "", nodes.Text("EEG 48 % [−2, 6.5] under ε = 0.01, in 3 of 5 stages [first, second]"))
    page += [said, nodes.literal_block("", "ε = 100; 48 %"), nodes.paragraph("", "", nodes.literal("", "48 %"), nodes.strong("", "17 %"))]
    whole_amounts(None, page)
    assert said.astext() == "EEG 48\u00a0% [−2,\u00a06.5] under ε\u00a0=\u00a00.01, in 3 of 5 stages [first, second]"
    assert page[1].astext() == "ε = 100; 48 %" and page[2].astext() == "48 %17\u00a0%"
