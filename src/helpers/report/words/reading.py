"""Sentences on how the nights were read and on what is known of the sleepers."""

from IPython.display import Markdown

from ...data.covariates import complete, is_number, levels
from .sentences import joined, plain

#: So many recordings are named, the others counted.
NAMED = 6


def notes(epochs):
    """What was computed or taken for granted, and for how many recordings; that nothing was."""
    if not epochs.notes:
        return Markdown("The nights were read as they are: no channel was computed or resampled, and every hypnogram has times "
                        "of its own.")
    parts = [f"{plain(note)} (in {number:,} recording{'s' * (number > 1)})" for note, number in epochs.notes.items()]
    return Markdown(f"On reading, {'; '.join(parts)}.")


def covariates(cohort, epochs):
    """What the regression holds against what, and what it leaves out because a covariate is not known.

    cohort : `helpers.data.cohort.Cohort`. epochs : table of all kept epochs, with `recording`.
    """
    names = list(cohort.covariates)
    if not names:
        return Markdown("Nothing is known of these sleepers, so there is nothing to regress shares on.")
    whole = complete(cohort.table, names)
    parts = [_contrast(cohort.table.loc[whole, name], cohort.reference.get(name)) for name in names]
    terms = f"The regression takes {joined(parts)} together. "
    if whole.all():
        return Markdown(terms + "All of it is known of every recording.")
    left = cohort.table.loc[~whole, "recording"].astype(str).tolist()
    lost = int(epochs["recording"].astype(str).isin(left).sum())
    named = [plain(name) for name in left[:NAMED]] + [f"{len(left) - NAMED} more"] * (len(left) > NAMED)
    return Markdown(f"{terms}Something of it is not known of **{len(left)} of {len(whole)} recordings** ({joined(named)}): "
                    f"their **{lost:,} epochs** are left out of the regression, and of nothing else.")


def _contrast(column, reference):
    """`medication (temazepam against placebo)`, `age (a number, 18 to 79)`."""
    if is_number(column):
        return f"{plain(column.name)} (a number, {column.min():g} to {column.max():g})"
    against, *others = levels(column, reference)
    return f"{plain(column.name)} ({joined([plain(level) for level in others])} against {plain(against)})"


def source(module):
    """The source of a module of this package as a block of code, without its docstring."""
    import ast
    from importlib import import_module
    from pathlib import Path

    text = Path(import_module(f"helpers.{module}").__file__).read_text()
    lines = text.splitlines()[ast.parse(text).body[0].end_lineno:]
    return Markdown("```python\n" + "\n".join(lines).strip() + "\n```")
