"""Colours, marker shapes and words for modalities, stages and averages: every figure takes them from here.

Modality colours keep the paper's order (EEG blue, EOG yellow, EMG red). One set serves the light and the dark theme:
each line colour has a contrast of at least 3 : 1 to both backgrounds and stays apart for colour-blind readers, and a
marker shape, a dash, a fill pattern and a direct label say the same again. tests/report/draw/test_palette.py computes it.
"""

from dataclasses import dataclass

from ...constants import STAGES

#: Colours that the page's theme decides, resolved by static/figures.js → what stands for them outside the book.
THEME = {
    "var(--sr-text)": "#1b1f24",
    "var(--sr-muted)": "#5c6670",
    "var(--sr-grid)": "#dfe3e8",
    "var(--sr-paper)": "#ffffff",
    "var(--sr-predicted)": "#14804a",
}
TEXT, MUTED, GRID, PAPER, PREDICTED = THEME

#: The same in the dark theme; static/figures.css gives these values to the variables.
DARK = {TEXT: "#e6e9ed", MUTED: "#a3adb8", GRID: "#39424d", PAPER: "#14181e", PREDICTED: "#2fa86b"}

CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Look:
    """How a modality is drawn: line and fill colour, and what tells it apart without colour."""

    line: str
    fill: str
    symbol: str
    dash: str
    pattern: str


LOOKS = {
    "EEG": Look("#1f77c8", "rgba(31,119,200,0.42)", "circle", "solid", ""),
    "EOG": Look("#b88600", "rgba(242,190,32,0.38)", "square", "dash", "/"),
    "EMG": Look("#c8283c", "rgba(200,40,60,0.42)", "diamond", "dot", "x"),
}

#: For modalities of a reader's own, in the cohort's order.
SPARE = (
    Look("#7d5fb2", "rgba(125,95,178,0.42)", "cross", "longdash", "-"),
    Look("#00866f", "rgba(0,134,111,0.42)", "triangle-up", "dashdot", "."),
    Look("#767b82", "rgba(118,123,130,0.42)", "x", "longdashdot", "+"),
)

#: Marker shapes as characters, for legends that show none.
MARKS = {"circle": "●", "square": "■", "diamond": "◆", "cross": "✚", "triangle-up": "▲", "x": "✖"}

#: Stages are ordered light to deep by label, never by colour alone: a ramp whose steps differ in lightness.
STAGE_FILLS = {"W": "#f0a35e", "N1": "#b7c9e2", "N2": "#7ea6d3", "N3": "#3d6fae", "REM": "#b678c4"}
#: Height of a stage in a hypnogram, as sleep laboratories draw it.
STAGE_HEIGHTS = {"W": 4, "REM": 3, "N1": 2, "N2": 1, "N3": 0}
STAGE_PATTERNS = {"W": "", "N1": ".", "N2": "/", "N3": "x", "REM": "-"}

#: Ways of averaging shares over epochs, in words.
AVERAGING = {"mean": "mean of shares", "pooled": "pooled"}

#: Negative and positive ends of the diverging scale (purple, green: apart for colour-blind readers, and no modality's).
NEGATIVE, POSITIVE = (126, 66, 166), (20, 138, 84)
FAINTEST, STRONGEST = 0.08, 0.62


def modalities(names):
    """The names present, EEG, EOG and EMG first, then others in the order given."""
    names = list(dict.fromkeys(names))
    return [name for name in LOOKS if name in names] + [name for name in names if name not in LOOKS]


def look(name, names=()):
    """The Look of a modality; `names` (all of the cohort's) has those beyond the paper's three keep their looks."""
    if name in LOOKS:
        return LOOKS[name]
    others = [other for other in modalities(names) if other not in LOOKS]
    return SPARE[(others.index(name) if name in others else 0) % len(SPARE)]


def stages(names):
    """The stages present, in the field's order."""
    names = set(names)
    return [stage for stage in STAGES if stage in names]


def diverging():
    """A Plotly colour scale whose middle is the page itself, so that it works on light and on dark paper."""
    ends = ((0.0, NEGATIVE, STRONGEST), (0.5, NEGATIVE, FAINTEST), (0.5, POSITIVE, FAINTEST), (1.0, POSITIVE, STRONGEST))
    return [[at, f"rgba({red},{green},{blue},{alpha})"] for at, (red, green, blue), alpha in ends]


def sequential():
    """From the page's colour to blue, for counts and percentages; text stays legible on every step."""
    return [[0.0, "rgba(31,119,200,0.0)"], [1.0, f"rgba(31,119,200,{STRONGEST})"]]
