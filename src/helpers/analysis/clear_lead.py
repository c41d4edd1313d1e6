"""Shares of several folds or subjects come in; the modality with the largest share goes out, and whether it leads clearly."""

from __future__ import annotations

from typing import NamedTuple

import numpy
from scipy import stats

from ..constants import ALPHA


class Lead(NamedTuple):
    """The modality whose median share is the largest, and whether it leads: see `clear_lead`."""

    modality: str
    is_clear: bool


def clear_lead(table, unit="fold"):
    """The modality with the largest median share over units, and whether it leads each other modality beyond chance.

    It leads where the 95 % interval of the mean difference within units excludes 0 against every other modality (paired t interval:
    mean ± t(n − 1) · SD / √n). Fewer than two units lead to no clear lead.

    Parameters
    ----------
    table : rows of modality, share and the column `unit`, "fold" or "subject", one row each. Missing shares are left out by unit.

    Returns
    -------
    `Lead`, or None where no unit has a share of every modality.
    """
    wide = table.pivot(index=unit, columns="modality", values="share").dropna()
    if wide.empty:
        return None
    first = wide.median().idxmax()
    differences = wide.drop(columns=first).rsub(wide[first], axis=0).to_numpy()
    if len(wide) < 2:
        return Lead(first, False)
    reach = stats.t.ppf(1 - ALPHA / 2, len(wide) - 1) * differences.std(axis=0, ddof=1) / numpy.sqrt(len(wide))
    return Lead(first, bool((differences.mean(axis=0) > reach).all()))
