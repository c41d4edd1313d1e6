"""Empty Plotly figures in the report's style: transparent, theme-coloured, with room for labels and no more."""

from plotly import graph_objects as go
from plotly.subplots import make_subplots

from . import palette

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def template():
    """The template of every figure; colours are the page's variables."""
    axis = {"gridcolor": palette.GRID, "linecolor": palette.MUTED, "zerolinecolor": palette.GRID, "ticks": "",
            "tickfont": {"size": 12, "color": palette.MUTED}, "title": {"font": {"size": 13}, "standoff": 8},
            "automargin": True}
    layout = {"font": {"family": FONT, "size": 13, "color": palette.TEXT},
              "paper_bgcolor": palette.CLEAR, "plot_bgcolor": palette.CLEAR,
              "margin": {"l": 52, "r": 12, "t": 40, "b": 44}, "hovermode": "closest",
              "hoverlabel": {"bgcolor": palette.PAPER, "bordercolor": palette.MUTED, "align": "left",
                             "font": {"family": FONT, "size": 13, "color": palette.TEXT}},
              "modebar": {"bgcolor": palette.CLEAR, "color": palette.MUTED, "activecolor": palette.TEXT},
              "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom",
                         "font": {"size": 13}, "bgcolor": palette.CLEAR},
              "xaxis": axis, "yaxis": axis, "annotationdefaults": {"font": {"color": palette.TEXT}}}
    return go.layout.Template(layout=layout)


def canvas(rows=1, columns=1, **grid):
    """A figure of rows × columns panels, with options of `make_subplots`."""
    plot = make_subplots(rows=rows, cols=columns, **grid)
    plot.update_layout(template=template())
    plot.update_annotations(font={"size": 13, "color": palette.TEXT})
    return plot


def with_notice(plot, words):
    """A copy with a few words in its upper right corner, so that a saved picture says what it was made from."""
    copy = go.Figure(plot)
    copy.update_layout(title={"text": words, "x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "container",
                              "yanchor": "top", "pad": {"t": 4}, "font": {"size": 11, "color": palette.MUTED}})
    return copy
