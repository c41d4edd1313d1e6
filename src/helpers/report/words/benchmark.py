"""What `python -m helpers bench` measured last, as a table and in words."""

import pandas

from ... import files
from ...pipeline.config import BENCHMARK, FULL_SIZE
from ...pipeline.steps import STEPS
from ..draw.display import Table
from .answers import answer
from .markdown import in_markdown, joined


def read(path=BENCHMARK):
    """The last measurement: {"machine": line, "rows": list of dicts}, or None when there is none."""
    return files.read_json(path) if path.exists() else None


def _within_limit(row):
    """Whether the figure is within what is asked; None where nothing is."""
    if pandas.isna(row["limit"]):
        return None
    return row["ratio"] >= row["limit"] if row["better"] == "higher" else row["ratio"] <= row["limit"]


def table(measured):
    """One row per figure, for reading."""
    if measured is None:
        return Table(pandas.DataFrame(), "")
    rows = []
    for row in measured["rows"]:
        sign = "at least" if row["better"] == "higher" else "at most"
        rows.append({"what": row["what"], "against": row["against"], "median": f"{row['ratio']:.2f}",
                     "range": f"{row['low']:.2f} to {row['high']:.2f}",
                     "asked for": "–" if pandas.isna(row["limit"]) else f"{sign} {row['limit']:g}",
                     "within": {None: "", True: "✓", False: "✗"}[_within_limit(row)], "how": row["detail"]})
    return Table(pandas.DataFrame(rows), "Figures of one run", wrapped=True, data=pandas.DataFrame(measured["rows"]))


@answer
def words(measured):
    """What the first two figures say, how many are within what is asked, and on which machine."""
    if measured is None:
        return "Nothing was measured yet: `python -m helpers bench` does."
    judged = [_within_limit(row) for row in measured["rows"] if _within_limit(row) is not None]
    pairs = joined([f"{row['what']} against {row['against']}: **{row['ratio']:.2f}** [{row['low']:.2f}, {row['high']:.2f}]"
                    for row in measured["rows"][:2]])
    return (f"As ratios, {pairs}. **{sum(judged)} of {len(judged)} figures are within what is asked of them**, measured on "
            f"{measured['machine']}; yours may differ, and `python -m helpers bench` measures them again.")


#: Who worked, as full_size.csv names it, in words.
WORKERS = {"local": "Workers of the run's own", "cluster": "Two workers of a dask cluster"}


def kept_full_size():
    """What `python -m helpers bench --full-size` measured last, or an empty table."""
    return pandas.read_csv(FULL_SIZE) if FULL_SIZE.exists() else pandas.DataFrame()


def full_size(table):
    """One row per step of a cohort of full size."""
    if table.empty:
        return Table(table, "")
    rows = [{"step": STEPS[row["step"]].title or row["step"].replace("_", " ").capitalize() if row["step"] in STEPS else "the book", "workers": row["workers"],
             "seconds": f"{row['seconds']:.0f}", "most in one process, GB": f"{row['process']:.2f}", "all together, GB": f"{row['all']:.2f}"}
            for row in table.to_dict("records")]
    return Table(pandas.DataFrame(rows), "Steps of 44 nights of nine hours", data=table)


@in_markdown
def full_size_words(table):
    """Minutes of the whole, seconds of the three rules, and the most memory."""
    lines = []
    for workers, rows in table.groupby("workers", sort=False) if len(table) else ():
        seconds = rows.set_index("step")["seconds"]
        lines.append(f"- {WORKERS[workers]}: **{rows['seconds'].sum() / 60:.0f} minutes** in all, {seconds['shares']:.0f} s of them for three rules; "
                     f"at most {rows['process'].max():.2f} GB in one process, {rows['all'].max():.2f} GB together, files mapped into memory not counted.")
    return "\n".join(lines)
