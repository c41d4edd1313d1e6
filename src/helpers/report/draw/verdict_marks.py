"""Page 06's figure: each claim's verdict by the study's own choices, and how all combinations of choices divide among verdicts."""

from . import palette
from .canvas import canvas
from .display import Figure, text

#: Verdict → column that counts combinations, colour, mark.
LOOKS = {"holds": (f"rgba{(*palette.POSITIVE, palette.STRONGEST)}", "circle"), "undecided": ("rgba(118,123,130,0.35)", "diamond"),
         "fails": (f"rgba{(*palette.NEGATIVE, palette.STRONGEST)}", "x")}
#: Height of a claim's bar with what lies between two, in pixels.
ROW = 17


def verdicts(claims):
    """A bar for each claim, in percent of its combinations of choices, and before it a mark for the study's own choices.

    claims : `study.claims()`. A claim that does not apply to these nights has neither.
    """
    rows = claims.astype({"claim": str, "verdict": str})
    asked = rows[rows["combinations"] > 0]
    plot, names = canvas(), [text(claim) for claim in rows["claim"]]
    for verdict, (colour, symbol) in LOOKS.items():
        parts = 100 * asked[verdict] / asked["combinations"]
        plot.add_bar(x=parts.round(2).tolist(), y=[text(claim) for claim in asked["claim"]], orientation="h", name=verdict, marker={"color": colour},
                     hovertext=[said(row) for row in asked.to_dict("records")], hoverinfo="text")
        mine = rows[rows["verdict"] == verdict]
        plot.add_scatter(x=[-3] * len(mine), y=[text(claim) for claim in mine["claim"]], mode="markers", showlegend=False, hoverinfo="text",
                         hovertext=[said(row) for row in mine.to_dict("records")],
                         marker={"symbol": symbol, "size": 8, "color": palette.TEXT, "opacity": 0.9})
    plot.update_layout(barmode="stack", bargap=0.25, margin={"l": 40, "t": 84}, legend={"y": 1, "yref": "container", "yanchor": "top", "traceorder": "normal",
                       "title": {"text": "<br>Own choices: ● holds ◆ undecided ✖ fails", "side": "top"}})
    plot.update_xaxes(title_text="combinations of choices, %", range=[-6, 100.5], tickvals=[0, 25, 50, 75, 100], zeroline=False)
    plot.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickvals=names, type="category", showgrid=False, tickfont={"size": 10.5})
    counts = rows["verdict"].value_counts()
    alt = (f"{len(rows)} claims, each with its verdict by the study's own choices and a bar of all combinations: "
           + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ". "
           + "; ".join(f"{row.claim} {row.verdict}, holds in {row.holds} of {row.combinations}" for row in asked.itertuples()) + ".")
    return Figure(plot, alt, rows[["claim", "statement", "verdict", "holds", "undecided", "fails", "combinations"]], height=110 + ROW * len(rows), name="verdicts")


def said(row):
    """A claim as a person would say it."""
    counts = f"<br>of {row['combinations']} combinations it holds in {row['holds']}, fails in {row['fails']}, undecided in {row['undecided']}"
    return f"{text(row['claim'])}: {text(wrapped(row['statement']))}<br>{row['verdict']} by the study's own choices{counts if row['combinations'] else ''}"


def wrapped(words, width=70):
    """The first words of a statement, cut where they would not fit under the pointer."""
    words = str(words)
    return words if len(words) <= width else f"{words[:width - 1].rsplit(' ', 1)[0]}…"
