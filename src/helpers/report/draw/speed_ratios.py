"""The benchmark's figure: each measured ratio with its range, beside what is asked of it."""

import pandas

from . import palette
from .canvas import canvas
from .display import Figure, Table, text

#: Height of a ratio with its words, in pixels.
ROW = 40


def ratios(measured):
    """A point and a range for each ratio, on a logarithmic axis, and a line where its limit is. measured : of `words.benchmark.read`."""
    if measured is None:
        return Table(pandas.DataFrame(), "")
    rows, plot = pandas.DataFrame(measured["rows"]), canvas()
    for at, row in enumerate(rows.to_dict("records")):
        words = f"{text(row['what'])} against {text(row['against'])}"
        plot.add_scatter(x=[row["ratio"]], y=[at], mode="markers", showlegend=False, marker={"size": 9, "color": palette.TEXT}, hoverinfo="text",
                         hovertext=f"{words}<br>{row['ratio']:.2f}, range {row['low']:.2f} to {row['high']:.2f}<br>{text(row['detail'])}",
                         error_x={"type": "data", "symmetric": False, "array": [row["high"] - row["ratio"]], "arrayminus": [row["ratio"] - row["low"]],
                                  "color": palette.TEXT, "thickness": 1.5, "width": 0})
        plot.add_annotation(text=words, x=0, xref="paper", xanchor="left", y=at, yshift=13, showarrow=False, font={"size": 11, "color": palette.MUTED})
        if not pandas.isna(row["limit"]):
            asked = f"asked for: at {'least' if row['better'] == 'higher' else 'most'} {row['limit']:g}"
            plot.add_scatter(x=[row["limit"]], y=[at], mode="markers", showlegend=False, hovertext=asked, hoverinfo="text",
                             marker={"symbol": "arrow-bar-right-open" if row["better"] == "higher" else "arrow-bar-left-open", "size": 13,
                                     "color": palette.PREDICTED, "line": {"width": 2, "color": palette.PREDICTED}})
    plot.add_scatter(x=[None], y=[None], mode="markers", name="asked for, arrow to the better side", hoverinfo="skip",
                     marker={"symbol": "arrow-bar-right-open", "size": 13, "color": palette.PREDICTED, "line": {"width": 2, "color": palette.PREDICTED}})
    plot.update_xaxes(type="log", title_text="ratio, median and range of runs; logarithmic", tickvals=[0.25, 0.5, 1, 2, 4, 8, 16], ticktext=["¼", "½", "1", "2", "4", "8", "16"])
    plot.update_yaxes(range=[len(rows) - 0.4, -0.9], showticklabels=False, showgrid=False, zeroline=False)
    plot.update_layout(margin={"l": 12}, showlegend=True)
    alt = "Measured ratios: " + "; ".join(f"{row.what} against {row.against} {row.ratio:.2f}" for row in rows.itertuples()) + "."
    return Figure(plot, alt, rows, height=100 + ROW * len(rows), least=560, name="ratios")
