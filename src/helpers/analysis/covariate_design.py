"""What is known of the sleepers as a design: covariates per recording come in; terms, their columns and the order of nights go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy
import pandas

from ..data.covariates import PERIOD, complete, is_number, levels
from ..errors import InputError
from .linear_model import reason_against


@dataclass(frozen=True)
class Term:
    """A column of the design. level, reference : "" for numbers."""

    covariate: str
    level: str
    reference: str


@dataclass(frozen=True)
class Moved:
    """values : (subjects, columns). design : (subjects, terms), the tested term first. flipped : whether signs are flipped, else
    subjects are permuted. subjects : their names.
    """

    values: numpy.ndarray
    design: numpy.ndarray
    flipped: bool
    subjects: list


@dataclass(frozen=True)
class Design:
    """subjects : by recording. covariates : their values by recording, only recordings of which all are known. matrix : by
    recording, the intercept and a column for each term. terms : their meaning. period : by recording, or None.
    """

    subjects: pandas.Series
    covariates: pandas.DataFrame
    matrix: pandas.DataFrame
    terms: tuple
    period: pandas.Series | None

    def of(self, recordings, with_period=False):
        """(recordings, columns) of the matrix, with the order of nights as last column where that is known and not the same."""
        x = self.matrix.loc[recordings].to_numpy()
        if not with_period or self.period is None or not len(x):
            return x
        more = numpy.column_stack([x, self.period.loc[recordings]])
        return more if numpy.linalg.matrix_rank(more) > numpy.linalg.matrix_rank(x) else x

    @cached_property
    def _within(self):
        """Covariates that differ between nights of a subject."""
        return {name for name in self.covariates if (self.covariates[name].groupby(self.subjects).nunique() > 1).any()}

    def is_within(self, term):
        """Whether a term's covariate differs between nights of a subject."""
        return term.covariate in self._within

    def tested(self, term, recordings, values):
        """What a permutation test of a term moves.

        Parameters
        ----------
        recordings : nights that there are. values : (nights, columns), a response per night.

        Returns
        -------
        (`Moved`, ""), or (None, why there is none). Within subjects: the mean at the level minus that at the reference, with the
        difference in the order of nights as the other term. Between them: means of nights from which what medication and the
        like do within subjects was taken away, with the other terms that differ between subjects.
        """
        nights = pandas.DataFrame(values, index=list(recordings))
        of_nights = self.matrix.loc[nights.index].iloc[:, 1:]
        if self.period is not None:
            of_nights = of_nights.assign(**{PERIOD: self.period.loc[nights.index]})
        subjects = self.subjects.loc[nights.index].to_numpy()
        if not self.is_within(term):
            x = of_nights.groupby(subjects).mean()
            at = self.terms.index(term)
            differs = [self.is_within(other) for other in self.terms] + [True] * (of_nights.shape[1] - len(self.terms))
            columns = [x.iloc[:, at], numpy.ones(len(x)), *(x.iloc[:, other] for other in range(x.shape[1])
                                                            if other != at and not differs[other])]
            alike = _without_changes(nights, of_nights.loc[:, differs], subjects)
            moved = Moved(alike.groupby(subjects).mean().to_numpy(), _independent(columns), False, list(x.index))
        elif not term.level:
            return None, f"{term.covariate} is a number that differs between nights of a subject"
        else:
            level = self.covariates.loc[nights.index, term.covariate].astype(str).to_numpy()
            both = nights.join(of_nights.filter([PERIOD]))
            one, other = (both[level == name].groupby(subjects[level == name]).mean() for name in (term.level, term.reference))
            change = (one - other).dropna()
            columns = [numpy.ones(len(change)), *(change[name] for name in of_nights.columns if name == PERIOD)]
            moved = Moved(change[nights.columns].to_numpy(), _independent(columns), True, list(change.index))
        reason = reason_against(moved.design, numpy.array(moved.subjects), len(moved.subjects))
        return (None, reason) if reason else (moved, "")


def _without_changes(nights, changing, subjects):
    """Nights' responses less what changing columns do within subjects, so that a subject with a night missing is like others."""
    around = [table - table.groupby(subjects).transform("mean") for table in (nights, changing)]
    effects = numpy.linalg.lstsq(around[1].to_numpy(float), around[0].to_numpy(float), rcond=None)[0]
    return nights - (changing - changing.mean()).to_numpy(float) @ effects


def _independent(columns):
    """The columns, without those after the first that add no rank."""
    chosen = [numpy.asarray(columns[0], float)]
    for column in columns[1:]:
        more = numpy.column_stack([*chosen, column])
        if len(more) and numpy.linalg.matrix_rank(more) == more.shape[1]:
            chosen.append(column)
    return numpy.column_stack(chosen)


def design_of(covariates, reference=None, period=None):
    """The `Design` of a table of recording, subject, then covariates.

    Parameters
    ----------
    covariates : numbers as they are, categories against a reference level; NaN where one is not known: such recordings are
        left out, since a model takes all covariates together.
    reference : category → its reference level; by default the first in the alphabet.
    period : recording → which of the subject's nights it is, or None.

    Raises
    ------
    InputError
        For a covariate with one level, or a reference level that does not occur.
    """
    table = covariates[complete(covariates, covariates.columns)].set_index("recording")
    subjects = table.pop("subject").astype(str)
    columns, terms = {"intercept": numpy.ones(len(table))}, []
    for name in table:
        if table[name].nunique() < 2:
            level = ", ".join(map(str, table[name].unique())) or "none"
            raise InputError(f"covariate {name}: has one level ({level}) in all recordings of which every covariate is "
                             "known, so nothing can be said of it; leave it out")
        if is_number(table[name]):
            columns[name] = table[name].astype(float)
            terms.append(Term(name, "", ""))
            continue
        against, *others = levels(table[name], (reference or {}).get(name))
        if (reference or {}).get(name, against) != against:
            raise InputError(f"covariate {name}: its reference {reference[name]} does not occur; it is "
                             f"{', '.join(sorted([against, *others]))}")
        for level in others:
            columns[f"{name} {level}"] = (table[name].astype(str) == level).astype(float)
            terms.append(Term(name, level, against))
    order = None if period is None else pandas.Series(period, dtype=float).reindex(table.index)
    if order is not None and (order.isna().any() or order.nunique() < 2):
        order = None
    return Design(subjects, table, pandas.DataFrame(columns, index=table.index), tuple(terms), order)
