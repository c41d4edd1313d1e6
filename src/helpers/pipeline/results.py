"""What a study's names of its results are made of."""

from __future__ import annotations


def table(step, doc, name=None, rows=None):
    """The table of that name of a step's results, by default of the step's; of its rows those of a query."""
    def get(self):
        found = self.run.table(step, f"{name or step}.parquet")
        return found.query(rows) if rows else found

    get.__doc__ = doc
    return get


def of_run(name, doc):
    """The run's attribute of that name."""
    def get(self):
        return getattr(self.run, name)

    get.__doc__ = doc
    return get
