"""The order, the roles and the foot of what stands on a page, for readers and screen readers; used by the extension `offline`."""

import html
import re
from pathlib import Path

from docutils import nodes

from .notebooks import own_parameters

#: What Sphinx's theme writes that its own children do not fulfil: a list of no list items, in the bibliography.
UNFULFILLED = (' role="list" class="citation-list"', ' role="doc-biblioentry"')

#: Amounts that a line of text must not break: `48 %`, `ε = 100`, `[36, 41]`.
AMOUNT = re.compile(r"\d %|ε = \d|\[[−\d.]+, [−\d.]+\]")


def setup(app):
    """Called by `offline.setup`."""
    app.connect("doctree-read", answer_first)
    app.connect("doctree-read", whole_amounts)
    app.connect("doctree-read", front_away, priority=100)  # before Sphinx collects headings
    app.connect("html-page-context", roles)
    app.connect("html-page-context", foot)


def foot(app, pagename, templatename, context, doctree):
    """Say at the foot of a notebook's page by which parameters of its own it was run, before what is said of every page."""
    path = Path(app.srcdir) / f"{pagename}.ipynb"
    if path.is_file() and (given := own_parameters(path)):
        said = ", ".join(f"{name} = {value}" for name, value in given.items())
        context["theme_extra_footer"] = f"<p>Parameters of this page: {html.escape(said)}.</p>{context.get('theme_extra_footer', '')}"


def roles(app, pagename, templatename, context, doctree):
    """Take roles out that a screen reader would be misled by."""
    for words in UNFULFILLED:
        context["body"] = context.get("body", "").replace(words, "")


def answer_first(app, doctree):
    """Move what the cell tagged `answer` put out to right under the page's first paragraph, its question.

    In a notebook the answer can only be computed after the study is open; its code stays where it was.
    """
    question = next(iter(doctree.findall(nodes.paragraph)), None)
    for cell in [node for node in doctree.findall(nodes.container) if "tag_answer" in node["classes"]]:
        for output in [node for node in cell.children if "cell_output" in node["classes"]]:
            cell.remove(output)
            output["classes"].append("sr-answer")
            parent = question.parent
            parent.insert(parent.index(question) + 1, output)


def whole_amounts(app, doctree):
    """Put spaces that do not break into amounts of a text; code and formulas stay as they are."""
    for words in list(doctree.findall(nodes.Text)):
        if AMOUNT.search(words) and not isinstance(words.parent, (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.raw)):
            words.parent.replace(words, nodes.Text(AMOUNT.sub(lambda found: found[0].replace(" ", "\u00a0"), words)))


def front_away(app, doctree):
    """Take what cells tagged `front` put out from their own page, with the heading before them: it stands on the front page."""
    for cell in [node for node in doctree.findall(nodes.container) if "tag_front" in node["classes"]]:
        section = cell.parent
        section.remove(cell)
        if isinstance(section, nodes.section) and not any(isinstance(node, nodes.container) for node in section.children):
            section.parent.remove(section)
