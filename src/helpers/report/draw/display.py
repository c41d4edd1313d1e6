"""Figures and tables as pages and notebooks show them: with a text alternative, their numbers and downloads.

Each can be taken away: its numbers as CSV, exact and within the page; its picture as PNG and SVG, by static/figures.js.
The book draws `text/html` (static/figures.js finds the JSON in it, plotly.js is a local file); JupyterLab, where that
script is absent, draws the Plotly bundle with the plotly.js it brings. Neither asks another host for anything.
"""

import copy
import html
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pandas

from . import digits, palette

#: Folder of the script and style sheet that figures need.
STATIC = Path(__file__).with_name("static")
PLOTLY = "application/vnd.plotly.v1+json"
#: plotly.js 4 offers to upload a figure to its maker's cloud unless told not to.
#: typesetMath: a name from a file may hold dollar signs, and is no formula.
CONFIG = {"responsive": True, "displaylogo": False, "scrollZoom": False, "showSendToCloud": False,
          "plotlyServerURL": "", "typesetMath": False,
          "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

#: What a spreadsheet takes a cell that begins with it for a formula by.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: More versions than this are a list in JupyterLab.
BUTTONS = 3

#: Greek letters of rules as file names have them.
GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "ε": "eps"}

#: Breaks a line within a cell of a table.
LINE = "\u2028"
#: Stands before what is a number in a table, until it is a class.
NUMBER = "\ue000"


def text(value):
    """Text from a file, made safe for Plotly strings, which read some markup."""
    return html.escape(str(value), quote=False)


def safe_json(value):
    """JSON that may stand inside a script element: no character of it can end the element."""
    dumped = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table_html(table, label, summary="The same as a table", open_=False, wrapped=False):
    """A table of numbers behind a summary line, called `label` by screen readers; every cell is text, but for LINE."""
    if table is None or table.empty:
        return ""
    cells = {at: table.iloc[:, at] if is_text(table.iloc[:, at]) else in_digits(table.iloc[:, at]) for at in range(table.shape[1])}
    heads = [name if is_text(table.iloc[:, at]) else f"{NUMBER}{name}" for at, name in enumerate(table)]
    shown = pandas.DataFrame(cells).set_axis(heads, axis=1).to_html(
        index=False, border=0, escape=True, na_rep="–", float_format=lambda value: digits.column([value])(value), classes="sr-data", justify="left")
    shown = re.sub(f"<(t[hd])>{NUMBER}", r'<\1 class="sr-number">', re.sub(r">\n\s*<", "><", shown.replace(LINE, "<br>")))
    return (f'<details class="sr-table{" sr-wrapped" if wrapped else ""}"{" open" if open_ else ""}>'
            f'<summary>{html.escape(summary)}</summary>{scroller(shown, label)}</details>')


def is_text(column):
    """Whether a column holds anything but numbers."""
    return not pandas.api.types.is_numeric_dtype(column) or pandas.api.types.is_bool_dtype(column)


def in_digits(numbers):
    """The cells of a column of numbers, which stand to the right."""
    said = digits.column(numbers)
    return pandas.Series([f"{NUMBER}{said(value)}" for value in numbers], numbers.index, dtype=object)


def slug(words):
    """Words as they stand in a file's name: `Mean of shares` → `mean-of-shares`."""
    return re.sub(r"[^a-z0-9]+", "-", "".join(GREEK.get(letter, letter) for letter in words.lower())).strip("-")


def downloads(name, table, pictures=True):
    """What can be taken away, by plain links and buttons: the exact numbers, and the picture where there is any.

    The numbers are in the link itself, so that it works from a file, without a network and without scripts.
    """
    numbers = quote(harmless(table).to_csv(index=False), safe=" ,.:;()+-=*/").replace(" ", "%20")
    parts = [f'<a download="{html.escape(name)}.csv" href="data:text/csv;charset=utf-8,{numbers}">CSV</a>']
    parts += [f'<button type="button" value="{kind}">{kind.upper()}</button>' for kind in ("png", "svg") if pictures]
    return (f'<div class="sr-downloads" role="group" aria-label="Download" data-name="{html.escape(name)}">'
            f'<span aria-hidden="true">Download</span> {" ".join(parts)}</div>')


def harmless(table):
    """A table whose texts no spreadsheet takes for a formula: an apostrophe stands before those that look like it."""
    def quoted(value):
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

    texts = [name for name, dtype in table.dtypes.items() if not (pandas.api.types.is_numeric_dtype(dtype)
                                                                  or pandas.api.types.is_datetime64_any_dtype(dtype))]
    return table.assign(**{name: table[name].astype(object).map(quoted) for name in texts}).rename(columns=quoted)


def scroller(inner, label):
    """A box that scrolls sideways by itself on narrow screens, and by keyboard."""
    return f'<div class="sr-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">{inner}</div>'


def resolved(value, colours):
    """The same data with theme variables replaced by `colours`, as figures.js does on a page."""
    if isinstance(value, dict):
        return {key: resolved(item, colours) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, colours) for item in value]
    return colours.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Figure:
    """A Plotly figure with what it says in words (`alt`) and in numbers (`table`).

    `height` is in CSS pixels; `least` is the width under which the figure scrolls inside its own box; `name` names the
    files of what is taken away.
    """

    plot: object
    alt: str
    table: pandas.DataFrame = field(default_factory=pandas.DataFrame)
    height: int = 420
    least: int = 0
    name: str = "figure"
    data: pandas.DataFrame | None = None  # what is taken away as CSV, where `table` is a summary
    summary: str = "The same as a table"

    def spec(self):
        """Data, layout and config as plain JSON values; the page itself has buttons for saving the picture."""
        plot = json.loads(self.plot.to_json())
        config = {**CONFIG, "modeBarButtonsToRemove": [*CONFIG["modeBarButtonsToRemove"], "toImage"]}
        return {"data": plot["data"], "layout": {**plot["layout"], "height": self.height}, "config": config}

    def html(self):
        """The markup that static/figures.js reads.

        The role is figure and not img: an img may hold no buttons, and Plotly's bar for zoom and download has some.
        """
        least = f";min-width:{self.least}px" if self.least else ""
        drawn = (f'<div class="sr-figure" role="figure" aria-label="{html.escape(self.alt)}" '
                 f'style="height:{self.height}px{least}">'
                 f'<script type="application/json">{safe_json(self.spec())}</script></div>')
        label = f"Figure {self.name.replace('-', ' ')}, scrolls sideways on a narrow screen"
        twin = table_html(self.table, f"Numbers of figure {self.name.replace('-', ' ')}", self.summary)
        return (f'<div class="sr-box">{scroller(drawn, label) if least else drawn}'
                f'{downloads(self.name, self.table if self.data is None else self.data)}{twin}</div>')

    def bundle(self):
        """What JupyterLab's plotly.js draws: the light theme on its paper, as wide as the cell."""
        spec = resolved(self.spec(), palette.THEME)
        layout = {**spec["layout"], "paper_bgcolor": palette.THEME[palette.PAPER], "autosize": True}
        config = {**CONFIG, "toImageButtonOptions": {"filename": self.name, "scale": 2}}
        return {**spec, "layout": layout, "config": config}

    def marked(self, notice):
        """The same figure with a notice (simulated nights) in its picture, words and files; "" changes nothing."""
        if not notice:
            return self
        from .canvas import with_notice
        words = notice.partition(":")[0].rstrip(".")
        return replace(self, plot=with_notice(self.plot, words[0].lower() + words[1:]), alt=f"{notice} {self.alt}",
                       name=f"{self.name}-simulated" if words == "Simulated nights" else self.name)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), PLOTLY: self.bundle(), "text/plain": self.alt}


@dataclass(frozen=True)
class Switch:
    """A figure in several versions that a reader switches between.

    name : what is chosen, or several such names, a row of buttons for each. figures : choice → Figure, where there are several
    names a tuple with a choice of each; every combination is there, and the first is shown first.
    """

    name: str | tuple
    figures: dict

    @property
    def names(self):
        return (self.name,) if isinstance(self.name, str) else tuple(self.name)

    @property
    def versions(self):
        """(a choice of each name, figure) of every version."""
        return [((choice,) if isinstance(choice, str) else tuple(choice), figure) for choice, figure in self.figures.items()]

    def choices(self):
        """[(name, its choices)], without names that leave no choice."""
        rows = [(name, list(dict.fromkeys(choice[at] for choice, _ in self.versions))) for at, name in enumerate(self.names)]
        return [(name, choices) for name, choices in rows if len(choices) > 1]

    @property
    def alt(self):
        return " ".join(f"{', '.join(choice)}: {figure.alt}" for choice, figure in self.versions)

    @property
    def table(self):
        """All versions' tables, stacked, with first columns that name the version."""
        parts = [figure.table.assign(**dict(zip(self.names, choice, strict=True))) for choice, figure in self.versions]
        table = pandas.concat(parts, ignore_index=True)
        return table[[*self.names, *(column for column in table if column not in self.names)]]

    def marked(self, notice):
        """Every version with the notice; "" changes nothing."""
        return Switch(self.name, {choice: figure.marked(notice) for choice, figure in self.figures.items()})

    def html(self):
        """A row of radio buttons for each name, and a panel per version; the first is shown."""
        panels = [replace(figure, name=f"{figure.name}-{'-'.join(map(slug, choice))}").html() for choice, figure in self.versions]
        group = "sr-" + checksum("".join(panels))
        offered = self.choices()
        radios = [self._radios(name, choices, group, at, len(offered) > 1) for at, (name, choices) in enumerate(offered)]
        open_to_choice = [self.names.index(name) for name, _ in offered]
        boxes = []
        for number, ((choice, _), panel) in enumerate(zip(self.versions, panels, strict=True)):
            value = " ".join(slug(choice[at]) for at in open_to_choice)
            boxes.append(f'<div class="sr-panel" data-switch="{group}" data-value="{value}"{" hidden" if number else ""}>'
                         f"{panel}</div>")
        return f'<div class="sr-box">{"".join(radios)}{"".join(boxes)}</div>'

    def _radios(self, name, choices, group, at, named):
        """A row of radio buttons, the first checked; `named` shows the name to those who see the page too."""
        inputs = "".join(f'<label><input type="radio" name="{group}{f"-{at}" if at else ""}" value="{slug(choice)}"'
                         f'{"" if number else " checked"}> {html.escape(choice)}</label>'
                         for number, choice in enumerate(choices))
        shown = f'<span class="sr-switch-name" aria-hidden="true">{html.escape(name)}</span>' if named else ""
        return (f'<div class="sr-switch" role="radiogroup" aria-label="{html.escape(name)}" data-switch="{group}">'
                f"{shown}{inputs}</div>")

    def bundle(self):
        """All versions in a single Plotly figure, with Plotly's buttons, or its list where there are many."""
        bundles = [figure.bundle() for figure in self.figures.values()]
        counts = [len(bundle["data"]) for bundle in bundles]
        merged, buttons = copy.deepcopy(bundles[0]), []
        merged["data"] = [dict(trace, visible=number == 0)
                          for number, bundle in enumerate(bundles) for trace in bundle["data"]]
        for number, ((choice, _), bundle) in enumerate(zip(self.versions, bundles, strict=True)):
            seen = [at == number for at, count in enumerate(counts) for _ in range(count)]
            changed = {"annotations": bundle["layout"].get("annotations", []),
                       "shapes": bundle["layout"].get("shapes", []),
                       **{axis: value for axis, value in bundle["layout"].items() if axis.startswith(("xaxis", "yaxis"))}}
            buttons.append({"label": text(", ".join(choice)), "method": "update", "args": [{"visible": seen}, changed]})
        layout = merged["layout"]
        margin, room = layout.get("margin", {}), 46
        top = margin.get("t", 40)
        layout["updatemenus"] = [{"type": "buttons" if len(buttons) <= BUTTONS else "dropdown", "direction":
                                  "right" if len(buttons) <= BUTTONS else "down", "buttons": buttons, "x": 0,
                                  "xanchor": "left", "y": 1.0, "yanchor": "bottom", "pad": {"b": top}}]
        layout |= {"margin": {**margin, "t": top + room}, "height": layout["height"] + room}
        return merged

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), PLOTLY: self.bundle(), "text/plain": self.alt}


@dataclass(frozen=True)
class Table:
    """A table for reading: shown open, its cells text and never markup; the same object in the book and in JupyterLab."""

    table: pandas.DataFrame
    caption: str
    wrapped: bool = False  # long texts: all rows shown, lines broken to the page's width
    data: pandas.DataFrame | None = None  # what is taken away as CSV, where `table` holds rounded text

    @property
    def alt(self):
        return self.caption

    def marked(self, notice):
        """The table as it is: it stands on a page that bears the notice."""
        return self

    def _ipython_display_(self):
        """Nothing is sent of an empty table, where a page would show an empty box."""
        from IPython.display import display

        if len(self.table):
            display(self._repr_mimebundle_(), raw=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        taken = downloads(slug(self.caption), self.table if self.data is None else self.data, pictures=False)
        shown = table_html(self.table, self.caption, self.caption, True, self.wrapped)
        return {"text/html": f'<div class="sr-box">{shown}{taken if shown else ""}</div>',
                "text/plain": f"{self.caption}\n{self.table.to_string(index=False)}"}


def checksum(text):
    """Eight hexadecimal digits that depend on the text alone, so that a page built twice is the same page."""
    import zlib

    return f"{zlib.crc32(text.encode()):08x}"
