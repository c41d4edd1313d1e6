"""Sentences as Markdown, in which text from files stays text, letter by letter."""

import functools
import html
import re
import string

import pandas
from IPython.display import Markdown

from ..draw.digits import fixed

#: What an answer begins with on the page of its notebook.
ANSWER = "**Answer.** "

#: Columns whose values come from a reader's files.
FROM_FILES = ("recording", "subject", "modality", "modalities", "band", "covariate", "level", "reference", "reason", "among", "among_level")

#: Punctuation that may mean something in Markdown; &, < and > become entities.
MARKS = re.compile("([" + re.escape("".join(set(string.punctuation) - set("&<>"))) + "])")


def plain(value):
    """Text from a file as Markdown and HTML that show it letter by letter, without line breaks."""
    words = re.sub(MARKS, r"\\\1", " ".join(str(value).split()))
    return html.escape(words, quote=False)


def joined(parts):
    """`a`, `a and b`, `a, b and c`; nothing for none."""
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last


def small(value):
    """`0.93`, or `2·10⁻²¹` where a decimal number would be all zeros."""
    if value == 0 or abs(value) >= 1e-3:
        return fixed(value, 2)
    digits, power = f"{value:.0e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}".replace("-", "−")


class Nothing(Markdown):
    """No words, of which a page shows nothing at all."""

    def __init__(self):
        super().__init__("")

    def _ipython_display_(self):
        """Nothing is sent, where an empty text would be shown by the name of its class."""


def in_markdown(words):
    """A function from tables to a string as a function to Markdown, in which names from files are plain text."""
    @functools.wraps(words)
    def with_markdown(*tables, **options):
        said = words(*map(_plainly, tables), **options)
        return Markdown(said) if said else Nothing()
    return with_markdown


def _plainly(table):
    if not isinstance(table, pandas.DataFrame):
        return table
    return table.assign(**{name: table[name].map(plain) for name in FROM_FILES if name in table})
