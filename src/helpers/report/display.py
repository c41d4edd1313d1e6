"""A figure as one object: a Plotly figure, its text alternative and its table twin in, what notebooks show out.

The book draws `text/html` (static/figures.js finds the JSON in it, plotly.js is a local file); JupyterLab, where that
script is absent, draws the Plotly bundle with its own plotly.js. Neither asks another host for anything.
"""

import copy
import html
import json
import re
from dataclasses import dataclass, field, replace

import pandas

from helpers.report import palette

PLOTLY = "application/vnd.plotly.v1+json"
#: plotly.js 4 offers to upload a figure to its maker's cloud unless told not to.
CONFIG = {"responsive": True, "displaylogo": False, "scrollZoom": False, "showSendToCloud": False,
          "plotlyServerURL": "",
          "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

#: Breaks a line within a cell of a table.
LINE = "\u2028"


def text(value):
    """Text from a file, made safe for Plotly strings, which read some markup."""
    return html.escape(str(value), quote=False)


def safe_json(value):
    """JSON that may stand inside a script element: no character of it can end the element."""
    dumped = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table_html(table, summary="The same as a table", open_=False, wrapped=False):
    """A table of figures' numbers behind a summary line; every cell is text, never markup, but for LINE."""
    if table is None or table.empty:
        return ""
    shown = table.to_html(index=False, border=0, escape=True, na_rep="–", float_format=number,
                          classes="sr-data", justify="left").replace(LINE, "<br>")
    return (f'<details class="sr-table{" sr-wrapped" if wrapped else ""}"{" open" if open_ else ""}><summary>{html.escape(summary)}</summary>'
            f'{scroller(shown, summary)}</details>')


def number(value):
    """Four significant digits, without exponents where people read numbers easily."""
    return f"{value:.4g}" if value and not 1e-4 <= abs(value) < 1e6 else f"{value:.4f}".rstrip("0").rstrip(".")


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

    `height` is in CSS pixels; `least` is the width under which the figure scrolls inside its own box.
    """

    plot: object
    alt: str
    table: pandas.DataFrame = field(default_factory=pandas.DataFrame)
    height: int = 420
    least: int = 0

    def spec(self):
        """Data, layout and config as plain JSON values."""
        plot = json.loads(self.plot.to_json())
        return {"data": plot["data"], "layout": {**plot["layout"], "height": self.height}, "config": CONFIG}

    def html(self):
        """The markup that static/figures.js reads.

        The role is figure and not img: an img may hold no buttons, and Plotly's bar for zoom and download has some.
        """
        least = f";min-width:{self.least}px" if self.least else ""
        drawn = (f'<div class="sr-figure" role="figure" aria-label="{html.escape(self.alt)}" '
                 f'style="height:{self.height}px{least}">'
                 f'<script type="application/json">{safe_json(self.spec())}</script></div>')
        label = "Figure, scrolls sideways on a narrow screen"
        return f'<div class="sr-box">{scroller(drawn, label) if least else drawn}{table_html(self.table)}</div>'

    def bundle(self):
        """What JupyterLab's own plotly.js draws: the light theme on its paper, as wide as the cell."""
        spec = resolved(self.spec(), palette.THEME)
        layout = {**spec["layout"], "paper_bgcolor": palette.THEME[palette.PAPER], "autosize": True}
        return {**spec, "layout": layout}

    def marked(self, notice):
        """The same figure with a notice (simulated nights) in its picture and its words; "" changes nothing."""
        if not notice:
            return self
        from helpers.report.canvas import marked
        return replace(self, plot=marked(self.plot, "simulated nights"), alt=f"{notice} {self.alt}")

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), PLOTLY: self.bundle(), "text/plain": self.alt}


@dataclass(frozen=True)
class Switch:
    """One figure in several versions, of which a reader sees one: `figures` maps the choice's words to a Figure."""

    name: str
    figures: dict

    @property
    def alt(self):
        return " ".join(f"{choice}: {figure.alt}" for choice, figure in self.figures.items())

    @property
    def table(self):
        """All versions' tables, one below the other, with a first column that names the version."""
        parts = [figure.table.assign(**{self.name: choice}) for choice, figure in self.figures.items()]
        table = pandas.concat(parts, ignore_index=True)
        return table[[self.name, *(column for column in table if column != self.name)]]

    def marked(self, notice):
        """Every version with the notice; "" changes nothing."""
        return Switch(self.name, {choice: figure.marked(notice) for choice, figure in self.figures.items()})

    def html(self):
        """Radio buttons and one panel per version; the first is shown."""
        panels = [figure.html() for figure in self.figures.values()]
        group = "sr-" + format(hash_of("".join(panels)), "08x")
        radios, boxes = [], []
        for place, (choice, panel) in enumerate(zip(self.figures, panels, strict=True)):
            value = re.sub(r"[^a-z0-9]+", "-", choice.lower()).strip("-")
            checked, hidden = ("", " hidden") if place else (" checked", "")
            radios.append(f'<label><input type="radio" name="{group}" value="{value}"{checked}> '
                          f"{html.escape(choice)}</label>")
            boxes.append(f'<div class="sr-panel" data-switch="{group}" data-value="{value}"{hidden}>{panel}</div>')
        return (f'<div class="sr-box"><div class="sr-switch" role="radiogroup" aria-label="{html.escape(self.name)}">'
                f'{"".join(radios)}</div>{"".join(boxes)}</div>')

    def bundle(self):
        """All versions in one Plotly figure, with Plotly's own buttons."""
        bundles = [figure.bundle() for figure in self.figures.values()]
        counts = [len(bundle["data"]) for bundle in bundles]
        merged, buttons = copy.deepcopy(bundles[0]), []
        merged["data"] = [dict(trace, visible=place == 0)
                          for place, bundle in enumerate(bundles) for trace in bundle["data"]]
        for place, (choice, bundle) in enumerate(zip(self.figures, bundles, strict=True)):
            seen = [at == place for at, count in enumerate(counts) for _ in range(count)]
            changed = {"annotations": bundle["layout"].get("annotations", []),
                       "shapes": bundle["layout"].get("shapes", [])}
            buttons.append({"label": choice, "method": "update", "args": [{"visible": seen}, changed]})
        layout = merged["layout"]
        margin, room = layout.get("margin", {}), 46
        top = margin.get("t", 40)
        layout["updatemenus"] = [{"type": "buttons", "direction": "right", "buttons": buttons, "x": 0,
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

    @property
    def alt(self):
        return self.caption

    def marked(self, notice):
        """The table as it is: it stands on a page that bears the notice."""
        return self

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": f'<div class="sr-box">{table_html(self.table, self.caption, True, self.wrapped)}</div>',
                "text/plain": f"{self.caption}\n{self.table.to_string(index=False)}"}


def hash_of(value):
    """A number that depends on the text alone, so that a page built twice is the same page."""
    import zlib
    return zlib.crc32(value.encode())
