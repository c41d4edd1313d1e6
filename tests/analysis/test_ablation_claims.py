"""What the papers on ablation say, held against recall that is lost by exchange: tables made by hand."""

import numpy
import pytest

from helpers.analysis.findings import Findings
from helpers.constants import STAGES

from . import worlds
from .worlds import judged

NREM = ("N1", "N2", "N3")


def _lost(**by_modality):
    """(stage, modality) → recall lost, the same in every stage."""
    return {(stage, name): value for name, value in by_modality.items() for stage in STAGES}


#: claim → exchange in which it holds, then some in each of which one part of it is the other way round.
WORLDS = {
    "8a": (_lost(EEG=.3), *({**_lost(EEG=-.05), **{(stage, "EEG"): .3 for stage in stages}} for stages in (("W", "N2"), ("REM",)))),
    "8b": (_lost(EEG=.3, EOG=.2, EMG=.1), *({**_lost(EEG=.3, EOG=.2, EMG=.1), (stage, name): .4}
                                            for stage in ("W", "N2", "N3", "REM") for name in ("EOG", "EMG"))),
    "8c": (_lost(EOG=.2), *({**_lost(EOG=.2), (stage, "EOG"): -.1} for stage in (*NREM, "REM"))),
    "8d": (_lost(EMG=.047, EEG=.5), *({**_lost(EEG=.5), (stage, "EMG"): value} for stage in STAGES for value in (.053, -.053))),
}


@pytest.mark.parametrize("claim", WORLDS)
def test_what_ablation_says_is_judged_by_exchange(claim):
    first, *others = WORLDS[claim]
    assert judged(claim, of_exchange=worlds.exchange(first))[0]["verdict"] == "holds"
    for other in others:
        row, specifications = judged(claim, of_exchange=worlds.exchange(other))
        assert row["verdict"] == "fails", (other, row["found"])
        assert row["combinations"] == len(specifications) == 1 and row["choice"] == "nothing to choose"
    for table in (worlds.exchange(first, spread=.5), worlds.exchange(first, folds=2)):
        assert judged(claim, of_exchange=table)[0]["verdict"] == "undecided"
    assert judged(claim, of_exchange=None)[0]["verdict"] == "not applicable"
    assert judged(claim, worlds.equal_shares().query("modality == 'EOG'"))[0]["verdict"] == "not applicable" or claim == "8c"


def test_eeg_may_matter_least_in_nrem1():
    exchange = worlds.exchange({**_lost(EEG=.3, EOG=.2, EMG=.1), ("N1", "EEG"): 0})
    assert judged("8b", of_exchange=exchange)[0]["verdict"] == "holds"


@pytest.mark.parametrize("lost, verdict", [(_lost(EEG=.3, EOG=.05, EMG=.05), "holds"), (_lost(EEG=.1, EOG=.4, EMG=.05), "fails"),
                                           (_lost(EEG=.1, EOG=.05, EMG=.4), "fails")])
def test_relevance_gives_eog_and_emg_more_than_exchange_does(lost, verdict):
    """A third of relevance each, against these parts of what exchange costs."""
    row, specifications = judged("8e", of_exchange=worlds.exchange(lost, folds=4))
    assert row["verdict"] == verdict, row["found"]
    assert len(specifications) == 6 and set(specifications["averaging"]) == {"mean", "pooled"}


def test_relevance_against_exchange_is_undecided_with_folds_that_disagree_and_not_applicable_without():
    assert judged("8e", of_exchange=worlds.exchange(_lost(EEG=.2, EOG=.1, EMG=.1), 4, .1))[0]["verdict"] == "undecided"
    assert judged("8e", of_exchange=None)[0]["verdict"] == "not applicable"


def test_an_interval_over_folds_allows_for_what_they_share():
    """Nadeau and Bengio's variance, (1/F + 0.18) s², by hand; t with 4 degrees of freedom is 2.776 at 97.5 %."""
    settings = {**worlds.CONTENT["settings"], "draws": 10}
    findings = Findings(worlds.equal_shares(), None, None, worlds.EPOCHS, None, False, settings)
    interval = findings.over_folds([1, 2, 3, 4, numpy.nan, 5])
    assert interval.value == 3 and interval.high - 3 == pytest.approx(2.7764 * (2.5 * (1 / 5 + 0.18)) ** 0.5, rel=1e-4)
    assert interval.inner_high - 3 == pytest.approx(2.1318 * (2.5 * (1 / 5 + 0.18)) ** 0.5, rel=1e-4)
